"""The payoff that a fit minimises: weighted squared distances from the data, by series.

payoff = sum over series of (1 / n) * sum over its n points of weight * ((model - data) / scale)^2

n counts the points with a weight, so that a long series does not dominate a short one. scale is
that of the row, else the mean absolute value of the series' points, so that series in different
units can be added. A lognormal error counts by its logarithm, with 1 as scale; a model inside a
band has no distance from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.calibration.data import Observations
from simdistrict.calibration.error_model import LOGNORMAL
from simdistrict.calibration.evaluation import FIT, DataPoint, FitTarget

# the distance, in scales, of a point that the run did not reach; no other point exceeds it, so
# that a run that fails later has a smaller payoff
FAR = 1e3


@dataclass(frozen=True, eq=False)
class Distance:
    """Distances from the data at the fitted points.

    low, high: the observed values, or the ends of their bands; logarithmic: where the errors are
    lognormal; factors: sqrt(weight / n) / scale; farthest: the residual of a point that the run
    did not reach.
    """

    low: Reals
    high: Reals
    logarithmic: Flags
    factors: Reals
    farthest: Reals

    def residuals(self, model: Reals) -> Reals:
        """One number per point, whose squares sum to the payoff; always finite."""
        data = np.clip(model, self.low, self.high)
        error = model - data
        if self.logarithmic.any():
            logs = self.logarithmic
            with np.errstate(divide="ignore", invalid="ignore"):
                error[..., logs] = np.log(model[..., logs]) - np.log(data[..., logs])
        found = error * self.factors
        found = np.where(np.isfinite(found), found, self.farthest)
        clipped: Reals = np.clip(found, -self.farthest, self.farthest)
        return clipped

    def slopes(self, model: Reals, slopes: Reals) -> Reals:
        """The derivatives of the residuals, (points, directions); zero where they are cut off.

        model: (points,); slopes: of the model, (points, directions).
        """
        rates = self.rates(model)[:, None]
        made: Reals = np.where(rates != 0, slopes * rates, 0.0)
        return made

    def rates(self, model: Reals) -> Reals:
        """The derivative of each residual by the model there, (..., points)."""
        moving = np.isfinite(model) & (
            (model < self.low) | (model > self.high) | (self.low == self.high)
        )
        found = self.residuals(model)
        moving &= np.abs(found) < self.farthest
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = self.factors / np.where(self.logarithmic, model, 1.0)
        return np.where(moving, factors, 0.0)


@dataclass(frozen=True, eq=False)
class Payoff:
    """The payoff of the free constants of a target; all its points are fitted."""

    target: FitTarget
    distance: Distance

    def residuals(self, values: Sequence[float]) -> Reals:
        """The residuals with these values of the free constants."""
        return self.distance.residuals(self.target.at(values)[0])

    def with_slopes(self, values: Sequence[float]) -> tuple[Reals, Reals]:
        """The residuals, and their derivatives by the free constants, (points, free)."""
        model, slopes = self.target.slopes(values)
        return self.distance.residuals(model), self.distance.slopes(model, slopes)


def is_fitted(point: DataPoint) -> bool:
    """Whether a point is fitted."""
    return point.period == FIT and point.weight > 0


def distance(points: Sequence[DataPoint], data: Observations) -> Distance:
    """The distance of a run from fitted points.

    Raises ScenarioError for a series of zeros without a scale.
    """
    sizes: dict[int, list[float]] = {}
    for point in points:
        sizes.setdefault(point.series, []).append(abs(point.value))
    scales: list[float] = []
    logs: list[bool] = []
    problems: dict[str, Problem] = {}
    for point in points:
        own = sizes[point.series]
        series = data.series[point.series]
        logs.append(series.error.kind == LOGNORMAL)
        scale = point.scale or (1.0 if logs[-1] else sum(own) / len(own))
        if scale == 0:
            what = f'all values of "{series.name}" are zero, so that no size of errors is known'
            place = f"{data.where}:{series.rows[0].line}"
            problems[series.name] = Problem(place, what, "give the rows a scale")
        scales.append(scale)
    if problems:
        raise ScenarioError(list(problems.values()))
    shares = np.sqrt([p.weight / len(sizes[p.series]) for p in points])
    low, high = np.array([p.band or (p.value, p.value) for p in points]).reshape(-1, 2).T
    return Distance(low, high, np.array(logs, bool), shares / np.array(scales), FAR * shares)
