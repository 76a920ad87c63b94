"""The likelihood exp(-payoff / 2) of the payoff that `calibrate` minimises.

It is no density of the data: a series of n points has the weight of one point. What a sampler draws
from it is called a weighted posterior.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.calibration.data import Observations
from simdistrict.calibration.evaluation import DataPoint
from simdistrict.calibration.payoff import Distance, distance
from simdistrict.inference.nuisance import Nuisance


@dataclass(frozen=True, eq=False)
class PayoffLikelihood:
    """-payoff / 2 of each series. numbers: of the series of each point."""

    distance: Distance
    numbers: tuple[int, ...]
    count: int

    nuisance: tuple[Nuisance, ...] = ()
    jumping: tuple[str, ...] = ()

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """The points of each series."""
        ends = np.searchsorted(self.numbers, np.arange(self.count + 1)).tolist()
        return tuple(slice(ends[k], ends[k + 1]) for k in range(self.count))

    def series(self, points: Reals, nuisance: Reals) -> Reals:
        """(members, points) -> (members, series); nuisance: nothing, (members, 0)."""
        squares = self.distance.residuals(points) ** 2
        found = np.empty((len(points), self.count))
        for k, here in enumerate(self.slices):
            found[:, k] = -0.5 * np.ascontiguousarray(squares[:, here]).sum(axis=1)
        return found

    def slopes(self, points: Reals, nuisance: Reals) -> tuple[Reals, Reals]:
        """The derivatives of the sum, by (members, points) and by nothing, (members, 0)."""
        by_points = -self.distance.residuals(points) * self.distance.rates(points)
        return by_points, np.empty_like(nuisance)

    def information(self, points: Reals, nuisance: Reals) -> Reals:
        """The curvature of half the payoff, (points, points); points: (points,)."""
        return np.diag(self.distance.rates(points) ** 2)


def payoff_likelihood(data: Observations, points: tuple[DataPoint, ...]) -> PayoffLikelihood:
    """The likelihood of fitted points. Raises ScenarioError as `payoff.distance` does."""
    numbers = tuple(point.series for point in points)
    return PayoffLikelihood(distance(points, data), numbers, len(data.series))
