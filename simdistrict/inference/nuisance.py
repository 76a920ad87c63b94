"""Coordinates of a posterior that belong to the errors, not to the model: scales and correlations.

Like the constants of a model they have standard normal scores under their prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.ensemble.distributions import Quantiles
from simdistrict.ensemble.prior import Prior
from simdistrict.inference.distributions import cdf, log_density, quantile

SCALE, CORRELATION, DISCREPANCY = "scale", "correlation", "discrepancy"
KINDS = (SCALE, CORRELATION, DISCREPANCY)
# the largest autocorrelation that is estimated: at 1 a series says nothing of the level
MOST_CORRELATED = 0.95
# a scale below this share of the size of its prior counts as this share, so that densities stay
# finite where a model meets the data exactly
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Nuisance:
    """One estimated number of the errors of a series.

    name: `scale of SERIES`, as in a prior table; kind: one of `KINDS`; size: of a half-normal
    prior, unused for a correlation, which is uniform from 0 to .95; prior: from
    the prior table, instead of these.
    """

    name: str
    kind: str
    size: float
    prior: Prior | None = None

    def described(self) -> str:
        """The prior in words."""
        if self.prior is not None:
            return f"{self.prior.distribution} from {self.prior.low:g} to {self.prior.high:g}"
        if self.kind == CORRELATION:
            return f"uniform from 0 to {MOST_CORRELATED:g}"
        return f"half-normal of size {self.size:g}"


@dataclass(frozen=True)
class NuisanceScores:
    """Between standard normal scores and the numbers of the errors."""

    nuisance: tuple[Nuisance, ...]

    def numbers(self, scores: Reals) -> Reals:
        """The numbers, (members, nuisance) -> (members, nuisance)."""
        found = np.empty_like(scores)
        correlated, halves, stated = self._kinds
        if stated:
            found[:, stated] = self._quantiles(cdf(scores[:, stated]))
        if halves:
            # of |x| with x normal, from the upper tail, which keeps its digits
            found[:, halves] = -self._sizes * quantile(0.5 * cdf(-scores[:, halves]))
        np.maximum(found, self._least, out=found)
        if correlated:
            found[:, correlated] = MOST_CORRELATED * cdf(scores[:, correlated])
        return found

    def slopes(self, scores: Reals) -> Reals:
        """The derivative of each number by its score, (members, nuisance)."""
        found = np.empty_like(scores)
        correlated, halves, stated = self._kinds
        density = np.exp(log_density(scores))
        if stated:
            found[:, stated] = self._quantiles.slopes(cdf(scores[:, stated])) * density[:, stated]
        if halves:
            own = quantile(0.5 * cdf(-scores[:, halves]))
            found[:, halves] = 0.5 * self._sizes * density[:, halves] / np.exp(log_density(own))
        found[self.numbers(scores) <= self._least] = 0.0
        if correlated:
            found[:, correlated] = MOST_CORRELATED * density[:, correlated]
        return found

    @cached_property
    def _kinds(self) -> tuple[list[int], list[int], list[int]]:
        """The columns with a uniform, a half-normal and another prior."""
        kinds: tuple[list[int], list[int], list[int]] = ([], [], [])
        for k, one in enumerate(self.nuisance):
            kinds[2 if one.prior else 0 if one.kind == CORRELATION else 1].append(k)
        return kinds

    @cached_property
    def _quantiles(self) -> Quantiles:
        return Quantiles(tuple(one.prior for one in self.nuisance if one.prior))

    @cached_property
    def _sizes(self) -> Reals:
        return np.array([self.nuisance[k].size for k in self._kinds[1]])

    @cached_property
    def _least(self) -> Reals:
        """The smallest numbers: none of correlations."""
        return np.array([0 if n.kind == CORRELATION else _LEAST * n.size for n in self.nuisance])
