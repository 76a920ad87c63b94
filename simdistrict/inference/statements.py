"""The likelihood of statements: the probability that their sources are right.

A statement with the trust t has the likelihood t where a run agrees with it, and 1 - t where not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.calibration.statements import BETWEEN, ORDER, RANK, Statement


@dataclass(frozen=True, eq=False)
class StatementLikelihood:
    """The log likelihood of statements, for many members at once.

    counts: whether each statement counts; points stand for those that count, in their order. said:
    what the source says, True for the statement itself.
    """

    statements: tuple[Statement, ...]
    counts: tuple[bool, ...]
    said: tuple[bool, ...]

    def agreement(self, points: Reals) -> Flags:
        """Whether each run agrees with each statement, (members, points) -> (members, statements).

        False for a number that is not defined, and for statements that do not count.
        """
        found = np.zeros((len(points), len(self.statements)), bool)
        for k, here in self._slices:
            found[:, k] = _agrees(self.statements[k], points[:, here])
        return found

    def series(self, points: Reals) -> Reals:
        """The log likelihood of each statement, (members, statements); 0 if it does not count."""
        right = self.agreement(points) == np.array(self.said, bool)
        found = np.where(right, *self._logs)
        found[:, ~np.array(self.counts, bool)] = 0.0
        return found

    def simulate(self, points: Reals, shares: Reals) -> Flags:
        """What sources would say about one run, (points,) -> (statements,); shares: uniform."""
        right = shares < np.array([one.trust for one in self.statements])
        return np.asarray(self.agreement(points[None])[0] == right)

    def saying(self, said: Sequence[bool]) -> StatementLikelihood:
        """The same with sources that say something else."""
        return replace(self, said=tuple(bool(one) for one in said))

    @cached_property
    def _logs(self) -> tuple[Reals, Reals]:
        trust = np.array([one.trust for one in self.statements])
        with np.errstate(divide="ignore"):
            return np.log(trust), np.log1p(-trust)

    @cached_property
    def _slices(self) -> list[tuple[int, slice]]:
        found, at = [], 0
        for k, (one, counts) in enumerate(zip(self.statements, self.counts, strict=True)):
            if counts:
                size = len(one.series)
                found.append((k, slice(at, at + size)))
                at += size
        return found


def _agrees(one: Statement, values: Reals) -> Flags:
    """Whether runs agree with a statement; values: (members, numbers)."""
    defined = np.isfinite(values).all(axis=1)
    first = values[:, 0]
    if one.kind == RANK:
        found = 1 + (values[:, 1:] > first[:, None]).sum(axis=1) == one.value
    elif one.kind == ORDER:
        found = (values[:, :-1] > values[:, 1:]).all(axis=1)
    elif one.kind == BETWEEN:
        found = (first >= one.band[0]) & (first <= one.band[1])
    else:
        found = one.value * (first - values[:, 1] if values.shape[1] > 1 else first) > 0
    return np.asarray(found & defined)
