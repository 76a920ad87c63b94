"""The payoff that a fit minimises: weighted squared distances from the data, by series.

payoff = sum over series of (1 / n) * sum over its n points of weight * ((model - data) / scale)^2

n counts the points with a weight, so that a long series does not dominate a short one. scale is
that of the row, else the mean absolute value of the series' points, so that series in different
units can be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.calibration.data import Observations
from simdistrict.calibration.evaluation import FIT, DataPoint, FitTarget

# the distance, in scales, of a point that the run did not reach; no other point exceeds it, so
# that a run that fails later has a smaller payoff
FAR = 1e3


@dataclass(frozen=True, eq=False)
class Distance:
    """Distances from the data at the fitted points.

    data: the observed values; factors: sqrt(weight / n) / scale; farthest: the residual of a
    point that the run did not reach.
    """

    data: Reals
    factors: Reals
    farthest: Reals

    def residuals(self, model: Reals) -> Reals:
        """One number per point, whose squares sum to the payoff; always finite."""
        found = (model - self.data) * self.factors
        found = np.where(np.isfinite(found), found, self.farthest)
        clipped: Reals = np.clip(found, -self.farthest, self.farthest)
        return clipped


@dataclass(frozen=True, eq=False)
class Payoff:
    """The payoff of the free constants of a target; all its points are fitted."""

    target: FitTarget
    distance: Distance

    def residuals(self, values: Sequence[float]) -> Reals:
        """The residuals with these values of the free constants."""
        return self.distance.residuals(self.target.at(values)[0])


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
    scales, problems = [], {}
    for point in points:
        own = sizes[point.series]
        scale = point.scale or sum(own) / len(own)
        if scale == 0:
            series = data.series[point.series]
            what = f'all values of "{series.name}" are zero, so that no size of errors is known'
            place = f"{data.where}:{series.rows[0].line}"
            problems[series.name] = Problem(place, what, "give the rows a scale")
        scales.append(scale)
    if problems:
        raise ScenarioError(list(problems.values()))
    shares = np.sqrt([p.weight / len(sizes[p.series]) for p in points])
    return Distance(np.array([p.value for p in points]), shares / np.array(scales), FAR * shares)
