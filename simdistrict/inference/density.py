"""The density that samplers draw from, without what it is made of.

Coordinates are independent standard normal scores under the prior, so a sampler needs the log
likelihood only: the log posterior of a score vector u is log_likelihood(u) - u.u / 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.errors import Problem


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


@runtime_checkable
class Sloped(Density, Protocol):
    """A density that knows its gradient."""

    @property
    def without_slopes(self) -> Sequence[Problem]:
        """What has no gradient, each with the reason; empty where all have."""
        ...

    @property
    def runs_of_slopes(self) -> int:
        """How many runs of the model a gradient counts for."""
        ...

    def with_slopes(self, scores: Reals, workers: int | None = None) -> tuple[Reals, Reals]:
        """The log likelihood of each member and its gradient, (members,) and (members, size).

        The gradient is finite, and zero where the likelihood is.
        """
        ...
