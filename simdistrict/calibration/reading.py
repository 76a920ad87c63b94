"""The model's values at the points of the data, from the values of a run at its time steps.

A mean over a period is the sum over the time steps in [year, year + period) over their number:
with Euler's method a flow over the period is exactly this sum times the time step. The base of a
ratio is averaged over a period of the same length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.calibration.data import Observations
from simdistrict.model.model import TimeGrid


class Point(Protocol):
    """Where a model is read: a `DataPoint`."""

    @property
    def series(self) -> int: ...
    @property
    def year(self) -> float: ...
    @property
    def base_year(self) -> float | None: ...


@dataclass(frozen=True, eq=False)
class Reading:
    """Which values of a run the points of data need, and how they follow from them.

    steps: the time steps, ascending; columns: folded name and flat index of each number. windows:
    (windows, 3), each the index of a column, of its first time step and the number of time steps
    to average. tops: (points,), the window of each point; bases: that of the base year, -1 for
    none.
    """

    steps: tuple[int, ...]
    columns: tuple[tuple[str, int], ...]
    windows: NDArray[np.int64]
    tops: NDArray[np.int64]
    bases: NDArray[np.int64]

    def points(self, values: Reals) -> Reals:
        """The model at each point, (..., steps, columns) -> (..., points).

        NaN where the base of a ratio is zero. Each member has the bits of a single run.
        """
        found = self._at(values, self.tops)
        ratios = self._ratios
        if len(ratios):
            base = self._at(values, self.bases[ratios])
            with np.errstate(divide="ignore", invalid="ignore"):
                found[..., ratios] = np.where(base != 0, found[..., ratios] / base, np.nan)
        return found

    def slopes(self, values: Reals, slopes: Reals) -> Reals:
        """The derivatives of the points.

        slopes: (..., steps, columns, directions), values: (..., steps, columns) of the same runs;
        gives (..., points, directions), NaN as in `points`.
        """
        moved = np.moveaxis(slopes, -1, 0)
        found = self._at(moved, self.tops)
        ratios = self._ratios
        if len(ratios):
            tops, bases = self.tops[ratios], self.bases[ratios]
            base = self._at(values, bases)
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(base != 0, self._at(values, tops) / base, np.nan)
                lost = ratio * self._at(moved, bases)
                found[..., ratios] = (found[..., ratios] - lost) / base
        return np.moveaxis(found, 0, -1)

    def _at(self, values: Reals, windows: NDArray[np.int64]) -> Reals:
        """The means over some windows."""
        column, first, counts = self.windows[windows].T
        width = len(self.columns)
        flat = values.reshape(*values.shape[:-2], -1)
        # one step after the other: numpy's own sum depends on the layout of the array
        found: Reals = np.take(flat, first * width + column, axis=-1)
        for k in range(1, self._longest):
            more = np.flatnonzero(counts > k)
            found[..., more] += np.take(flat, (first[more] + k) * width + column[more], axis=-1)
        if self._longest > 1:
            found /= counts
        return found

    @cached_property
    def _ratios(self) -> NDArray[np.int64]:
        """The points that are ratios."""
        return np.flatnonzero(self.bases >= 0)

    @cached_property
    def _longest(self) -> int:
        """The most time steps of a window."""
        return int(self.windows[:, 2].max(initial=1))


def reading_of(data: Observations, points: Sequence[Point], grid: TimeGrid) -> Reading:
    """The reading of points of data in runs over a grid.

    Their times are time steps of the grid, as `evaluation.target` checks.
    """
    columns: dict[tuple[str, int], int] = {}
    windows: dict[tuple[int, int, int], int] = {}
    tops, bases = [], []
    for point in points:
        series = data.series[point.series]
        column = columns.setdefault((series.key, series.place), len(columns))
        count = steps_of(series.error.mean_over, grid)
        pair = []
        for year in (point.year, point.base_year):
            window = (column, 0 if year is None else step_of(grid, year), count)
            pair.append(-1 if year is None else windows.setdefault(window, len(windows)))
        tops.append(pair[0])
        bases.append(pair[1])
    steps = sorted({first + k for _, first, count in windows for k in range(count)})
    row = {step: k for k, step in enumerate(steps)}
    places = [(column, row[first], count) for column, first, count in windows]
    return Reading(
        tuple(steps),
        tuple(columns),
        np.array(places, dtype=np.int64).reshape(-1, 3),
        np.array(tops, dtype=np.int64),
        np.array(bases, dtype=np.int64),
    )


def step_of(grid: TimeGrid, year: float) -> int:
    """The time step nearest to a time."""
    return round((year - grid.start) / grid.time_step)


def steps_of(period: float, grid: TimeGrid) -> int:
    """The number of time steps of a period, 1 for none: the value at its time."""
    return max(round(period / grid.time_step), 1)
