"""Designs: the table of sampled values, members x priors, computed in parts.

Every number depends only on the seed, its member and its column, so a design is independent of
how it is split, and is never held in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals, Words
from simdistrict.base.random_numbers import key_of, shuffled, uniform
from simdistrict.ensemble.blocks import BLOCKED, Shape, morris, saltelli, sobol_part, sobol_sequence
from simdistrict.ensemble.coupling import Coupling
from simdistrict.ensemble.distributions import quantile
from simdistrict.ensemble.prior import Prior

# methods without blocks
PLAIN = ("lhs", "sobol", "random")
METHODS = (*PLAIN, *BLOCKED)


@dataclass(frozen=True)
class Design:
    """Members x priors.

    method: `lhs` (Latin hypercube: each column has one member in each of `members` slices of
    equal probability), `sobol` (scipy's, scrambled), `random`; `saltelli` and `morris` come in
    blocks, see `blocks`. shape: of a design in blocks. streams: for lhs and random, the number of
    the random stream of each prior, default its index; so a prior keeps its draws when others
    are left out.
    """

    priors: tuple[Prior, ...]
    members: int
    seed: int = 0
    method: str = "lhs"
    shape: Shape = Shape()
    streams: tuple[int, ...] = ()

    def rows(self, first: int, last: int) -> Reals:
        """The values of the members `first` to `last`, exclusive."""
        return self._numbers(self.shares(first, last))

    def rows_of(self, members: Sequence[int]) -> Reals:
        """The values of any members, at least one."""
        if self.method in ("lhs", "random"):
            return self._numbers(self._counted(np.asarray(members, np.uint64)))
        return self._numbers(np.concatenate([self.shares(k, k + 1) for k in members]))

    def _numbers(self, shares: Reals) -> Reals:
        shares = self.coupling.levels(shares)
        for k, prior in enumerate(self.priors):
            shares[:, k] = quantile(prior, shares[:, k])
        return shares

    def shares(self, first: int, last: int) -> Reals:
        """Independent quantile levels of the members `first` to `last`, exclusive, from 0 to 1.

        (members, `coupling.size`): those of the priors, then two of each pool.
        """
        if self.method == "sobol":
            return sobol_part(self._sequence, first, last)
        if self.method in BLOCKED:
            return self._blocked(first, last)
        return self._counted(np.arange(first, last, dtype=np.uint64))

    def _counted(self, member: Words) -> Reals:
        streams = self.coupling.streams(self.streams or range(len(self.priors)))
        found = np.empty((len(member), len(streams)))
        for k, stream in enumerate(streams):
            inside = uniform(member, key_of(self.seed, stream, 0))
            if self.method == "random":
                found[:, k] = inside
            else:
                slices = shuffled(member, self.members, self.seed, stream)
                found[:, k] = (slices + inside) / self.members
        return found

    def _blocked(self, first: int, last: int) -> Reals:
        count, size = len(self.priors), self.block
        blocks = first // size, -(-last // size)
        if self.method == "saltelli":
            found = saltelli(self._sequence, count, self.shape.order, *blocks)
        else:
            found = morris(self.seed, count, self.shape.levels, *blocks)
        begin = first - blocks[0] * size
        return found[begin : begin + last - first].copy()

    @cached_property
    def coupling(self) -> Coupling:
        """How the priors depend on each other; not at all in designs in blocks."""
        return Coupling(self.priors)

    @property
    def block(self) -> int:
        """Members per block; 1 for a design without blocks."""
        return self.shape.block(self.method, len(self.priors))

    @cached_property
    def _sequence(self) -> Any:
        points = 2 if self.method == "saltelli" else 1
        return sobol_sequence(points * self.coupling.size, self.seed)


def columns(priors: Sequence[Prior], kept: Sequence[int]) -> tuple[list[int], list[int]]:
    """The slots of a run's vector that priors set, and the design's column for each.

    kept: slots that the scenario sets.
    """
    given = set(kept)
    places, column = [], []
    for k, prior in enumerate(priors):
        for place in prior.places:
            if place not in given:
                places.append(place)
                column.append(k)
    return places, column
