"""Coordinates of a posterior that belong to the errors, not to the model: scales and correlations.

Like the constants of a model they have standard normal scores under their prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.ensemble.distributions import quantile as quantile_of
from simdistrict.ensemble.prior import Prior
from simdistrict.inference.distributions import cdf, quantile

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

    def numbers(self, scores: Reals) -> Reals:
        """The numbers of standard normal scores."""
        if self.prior is not None:
            found = quantile_of(self.prior, cdf(scores))
        elif self.kind == CORRELATION:
            found = MOST_CORRELATED * cdf(scores)
        else:
            # of |x| with x normal, from the upper tail, which keeps its digits
            found = -self.size * quantile(0.5 * cdf(-scores))
        if self.kind == CORRELATION:
            return found
        return np.maximum(found, _LEAST * self.size)

    def described(self) -> str:
        """The prior in words."""
        if self.prior is not None:
            return f"{self.prior.distribution} from {self.prior.low:g} to {self.prior.high:g}"
        if self.kind == CORRELATION:
            return f"uniform from 0 to {MOST_CORRELATED:g}"
        return f"half-normal of size {self.size:g}"
