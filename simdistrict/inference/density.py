"""The density that samplers draw from, without what it is made of.

Coordinates are independent standard normal scores under the prior, so a sampler needs the log
likelihood only: the log posterior of a score vector u is log_likelihood(u) - u.u / 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simdistrict.base.arrays import Flags, Reals


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The likelihood of several members, with its parts.

    likelihood: (members,), the log likelihood of all data; -inf where it is zero or the run
    failed. series: (members, series), the log likelihood of each series, then of each statement,
    before their powers; points: (members, points), the model at the data's points, NaN where the
    run did not reach one; failed: (members,), runs that did not reach all points.
    """

    likelihood: Reals
    series: Reals
    points: Reals
    failed: Flags


class Density(Protocol):
    """A log likelihood of independent standard normal scores; picklable."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates: constants, then what the likelihood estimates."""
        ...

    def log_likelihood(self, scores: Reals, workers: int | None = None) -> Reals:
        """The log likelihood of each member, (members, size) -> (members,).

        Never NaN; -inf for a member whose run fails. A member has the same bits whatever the
        others are. workers: cores to use, default all.
        """
        ...
