"""Numbers of constants and their independent standard normal scores.

A score vector with independent standard normal coordinates gives numbers with the distribution of
the priors, so a sampler in scores has N(0, I) as its prior and never leaves a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.ensemble.coupling import Coupling
from simdistrict.ensemble.distributions import (
    Quantiles,
    level,
    normal_density,
    normal_level,
    normal_score,
)
from simdistrict.ensemble.prior import Prior


@dataclass(frozen=True)
class PriorScores:
    """Between scores and the numbers of constants; picklable.

    >>> import numpy as np
    >>> from simdistrict.ensemble.prior import Prior
    >>> rate = Prior("rate", (0,), 0.5, 0.0, 1.0, "uniform")
    >>> PriorScores((rate,)).numbers(np.array([[0.0]]))
    array([[0.5]])
    """

    priors: tuple[Prior, ...]

    @cached_property
    def coupling(self) -> Coupling:
        """How the priors depend on each other."""
        return Coupling(self.priors)

    @cached_property
    def _quantiles(self) -> Quantiles:
        return Quantiles(self.priors)

    @property
    def size(self) -> int:
        """The length of a score vector: the priors, and two more for each pooled constant."""
        return self.coupling.size

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates."""
        return self.coupling.names

    def numbers(self, scores: Reals) -> Reals:
        """The numbers at scores, (members, size) -> (members, priors)."""
        return self._quantiles(normal_level(self.coupling.coupled(scores)))

    def slopes(self, scores: Reals) -> Reals:
        """The derivatives of `numbers`, (members, size) -> (members, priors, size)."""
        coupled = self.coupling.coupled(scores)
        by_score = self._quantiles.slopes(normal_level(coupled)) * normal_density(coupled)
        # a density of zero times the infinite slope at the end of a range
        by_score = np.nan_to_num(by_score, posinf=0.0)
        found: Reals = by_score[:, :, None] * self.coupling.slopes(scores)
        return found

    def scores(self, numbers: Reals) -> Reals:
        """The scores of numbers, (members, priors) -> (members, size); the inverse of `numbers`.

        A number at or beyond an end of its range has an infinite score. Raises EngineError where
        constants are pooled: their scores are not determined.
        """
        found = np.empty_like(numbers, dtype=float)
        for k, prior in enumerate(self.priors):
            found[:, k] = normal_score(level(prior, numbers[:, k]))
        return self.coupling.uncoupled(found)
