"""The payoff that a fit makes small: weighted squared distances from the data, series by series.

payoff = sum over series of (1 / n) * sum over its n points of weight * ((model - data) / scale)^2

n counts the points with a weight, so that a long series does not drown a short one. scale is
what the data file states for the row, else the mean absolute value of the series' points, so
that series in different units can be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.calibration.data import Data
from simdistrict.calibration.evaluation import FIT, Array, Point, Target
from simdistrict.errors import Problem, ScenarioError

# what a point costs that the run did not reach, in scales; no reached point costs more, so that
# a run that fails later is the better one
FAR = 1e3


@dataclass(frozen=True)
class Payoff:
    """The payoff of the free constants of a target whose points are all to be fitted.

    factors: per point, the residual of one unit of difference.
    """

    target: Target
    factors: Array

    def residuals(self, values: Sequence[float]) -> Array:
        """One number per point, whose squares sum to the payoff; always finite."""
        model, _ = self.target.at(values)
        return residuals(model, self.target.points, self.factors)


def residuals(model: Array, points: Sequence[Point], factors: Array) -> Array:
    """The residuals of simulated values at points."""
    data = np.array([p.value for p in points])
    weights = np.array([p.weight for p in points])
    counts = np.array(_counts(points))
    farthest = FAR * np.sqrt(weights / counts)
    found = (model - data) * factors
    found = np.where(np.isfinite(found), found, farthest)
    clipped: Array = np.clip(found, -farthest, farthest)
    return clipped


def fitted_points(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points that a fit looks at."""
    return tuple(p for p in points if p.period == FIT and p.weight > 0)


def factors(points: Sequence[Point], data: Data) -> Array:
    """sqrt(weight / n) / scale for each of the points that a fit looks at.

    Raises ScenarioError for a series of zeros without a scale, whose size is not known.
    """
    found, problems = [], {}
    means = {
        k: float(np.mean([abs(p.value) for p in points if p.series == k]))
        for k in {p.series for p in points}
    }
    for point, n in zip(points, _counts(points), strict=True):
        scale = point.scale or means[point.series]
        if scale == 0:
            series = data.series[point.series]
            what = f'all values of "{series.name}" are zero, so that no size of errors is known'
            place = f"{data.where}:{series.rows[0].line}"
            problems[series.name] = Problem(place, what, "give the rows a scale")
            continue
        found.append((point.weight / n) ** 0.5 / scale)
    if problems:
        raise ScenarioError(list(problems.values()))
    return np.array(found)


def _counts(points: Sequence[Point]) -> list[int]:
    """For each point how many points its series has among them."""
    series = [p.series for p in points]
    return [series.count(k) for k in series]
