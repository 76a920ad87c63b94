"""Designs: the table of sampled values, members x priors, computed in parts.

Every number depends only on the seed, its member and its column, so a design is independent of
how it is split, and is never held in memory as a whole. scipy has the normal distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals, Words
from simdistrict.base.random_numbers import key_of, shuffled, uniform
from simdistrict.ensemble.blocks import BLOCKED, Shape, morris, saltelli, sobol_part, sobol_sequence
from simdistrict.ensemble.prior import Prior

# methods without blocks
PLAIN = ("lhs", "sobol", "random")
METHODS = (*PLAIN, *BLOCKED)
# width of a normal or lognormal range in standard deviations
_WIDE = 4.0


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
        for k, prior in enumerate(self.priors):
            shares[:, k] = quantile(prior, shares[:, k])
        return shares

    def shares(self, first: int, last: int) -> Reals:
        """The quantile levels of the members `first` to `last`, exclusive, between 0 and 1."""
        if self.method == "sobol":
            return sobol_part(self._sequence, first, last)
        if self.method in BLOCKED:
            return self._blocked(first, last)
        return self._counted(np.arange(first, last, dtype=np.uint64))

    def _counted(self, member: Words) -> Reals:
        found = np.empty((len(member), len(self.priors)))
        for k, stream in enumerate(self.streams or range(len(self.priors))):
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

    @property
    def block(self) -> int:
        """Members per block; 1 for a design without blocks."""
        return self.shape.block(self.method, len(self.priors))

    @cached_property
    def _sequence(self) -> Any:
        points = 2 if self.method == "saltelli" else 1
        return sobol_sequence(points * len(self.priors), self.seed)


# ---------------------------------------------------------------------- distributions


def quantile(prior: Prior, share: Reals) -> Reals:
    """The quantile of a prior at a level; always inside its range."""
    number = _QUANTILES[prior.distribution](prior, share)
    return np.clip(number, prior.low, prior.high)


def _uniform(prior: Prior, share: Reals) -> Reals:
    return prior.low + share * (prior.high - prior.low)


def _triangular(prior: Prior, share: Reals) -> Reals:
    """The mode is the prior's value."""
    low, mode, high = prior.low, prior.value, prior.high
    left = (mode - low) / (high - low)
    rising = low + np.sqrt(share * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - share) * (high - low) * (high - mode))
    return np.where(share < left, rising, falling)


def _normal(prior: Prior, share: Reals) -> Reals:
    """Truncated normal around the value; standard deviation: spread or a quarter of the range."""
    width = prior.spread or (prior.high - prior.low) / _WIDE
    return _cut_normal(prior.value, prior.low, prior.high, width, share)


def _lognormal(prior: Prior, share: Reals) -> Reals:
    """A truncated normal distribution of the logarithm."""
    value, low, high = (math.log(x) for x in (prior.value, prior.low, prior.high))
    return np.asarray(np.exp(_cut_normal(value, low, high, (high - low) / _WIDE, share)))


def _cut_normal(middle: float, low: float, high: float, width: float, share: Reals) -> Reals:
    from scipy.special import ndtr, ndtri

    below, above = ndtr((low - middle) / width), ndtr((high - middle) / width)
    return np.asarray(middle + width * ndtri(below + share * (above - below)))


_QUANTILES: dict[str, Callable[[Prior, Reals], Reals]] = {
    "uniform": _uniform,
    "triangular": _triangular,
    "normal": _normal,
    "lognormal": _lognormal,
}


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
