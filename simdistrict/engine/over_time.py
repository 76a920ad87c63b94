"""Reductions of a series over a run: maximum, minimum, mean, and the times of the extremes.

Taken over the saved points of a run, while runs are made, so that nobody keeps their series. Point
after point in the order of time, so that every backend gives the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError, did_you_mean


@dataclass(frozen=True, slots=True)
class Reduction:
    """One reduction of a series to a number.

    words: what it is; cell_method: CF's word for it, empty where there is none; is_time: whether
    the number is a time, in the model's time unit.
    """

    words: str
    cell_method: str = ""
    is_time: bool = False


REDUCTIONS = {
    "max": Reduction("largest value over the run", "maximum"),
    "min": Reduction("smallest value over the run", "minimum"),
    "mean": Reduction("mean over the run", "mean"),
    "time_of_max": Reduction("time at which it is largest, the first one", is_time=True),
    "time_of_min": Reduction("time at which it is smallest, the first one", is_time=True),
}


def reductions(text: str) -> tuple[str, ...]:
    """The names in a comma-separated text. Raises ScenarioError for an unknown one."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    problems = [
        Problem(
            "--reduce",
            f'there is no "{name}"',
            did_you_mean(name, REDUCTIONS) or f"use {', '.join(REDUCTIONS)}",
        )
        for name in names
        if name not in REDUCTIONS
    ]
    if problems:
        raise ScenarioError(problems)
    return names


def reduced(rows: Reals, times: Sequence[float], names: Sequence[str]) -> Reals:
    """(members, reductions, places) of rows, (members, points, places).

    NaN where any point is NaN, as in a member that ended early.
    """
    found = np.empty((rows.shape[0], len(names), rows.shape[2]))
    for k, name in enumerate(names):
        if name == "mean":
            found[:, k] = _mean(rows)
        else:
            sign = 1.0 if name.endswith("max") else -1.0
            found[:, k] = _extreme(rows, times, sign)[1 if REDUCTIONS[name].is_time else 0]
    return found


def _mean(rows: Reals) -> Reals:
    total = rows[:, 0].copy()
    for point in range(1, rows.shape[1]):
        total += rows[:, point]
    return np.asarray(total / rows.shape[1])


def _extreme(rows: Reals, times: Sequence[float], sign: float) -> tuple[Reals, Reals]:
    """The maximum, or the minimum where the sign is negative, and its time."""
    best = rows[:, 0].copy()
    when = np.where(np.isnan(best), np.nan, times[0])
    for point in range(1, rows.shape[1]):
        here = rows[:, point]
        beyond = sign * here > sign * best
        unknown = np.isnan(here)
        np.copyto(best, here, where=beyond | unknown)
        when[beyond] = times[point]
        when[unknown] = np.nan
    return best, when
