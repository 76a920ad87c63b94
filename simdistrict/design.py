"""Designs: which numbers the members of an ensemble get, any part of them at any time.

Every number depends on the seed, its member and its column alone, so a design has the same
numbers in whatever pieces it is made, and takes no memory as a whole. The second door to scipy.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.prior import Prior

METHODS = ("lhs", "sobol", "random")
# low and high of a normal or lognormal band are this many standard deviations apart
_WIDE = 4.0

Reals = NDArray[np.float64]
_Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Design:
    """Members x priors.

    method: `lhs` (Latin hypercube: each column has one member in each of `members` slices of
    equal probability), `sobol` (scrambled, scipy's), `random`.
    """

    priors: tuple[Prior, ...]
    members: int
    seed: int = 0
    method: str = "lhs"

    def rows(self, first: int, last: int) -> Reals:
        """The numbers of the members from `first` up to, not with, `last`."""
        shares = self.shares(first, last)
        for k, prior in enumerate(self.priors):
            shares[:, k] = quantile(prior, shares[:, k])
        return shares

    def shares(self, first: int, last: int) -> Reals:
        """The same as shares of probability, between 0 and 1."""
        if self.method == "sobol":
            return self._sobol(first, last)
        member = np.arange(first, last, dtype=np.uint64)
        found = np.empty((len(member), len(self.priors)))
        for k in range(len(self.priors)):
            inside = _uniform(_hash(member, _key(self.seed, k, 0)))
            if self.method == "random":
                found[:, k] = inside
            else:
                slices = _shuffled(member, self.members, self.seed, k)
                found[:, k] = (slices + inside) / self.members
        return found

    def _sobol(self, first: int, last: int) -> Reals:
        sequence = self._sequence
        if sequence.num_generated != first:
            sequence.reset()
            if first:
                sequence.fast_forward(first)
        with warnings.catch_warnings():
            # that a part of the design is not balanced by itself is no news
            warnings.simplefilter("ignore", UserWarning)
            return np.asarray(sequence.random(last - first), float)

    @cached_property
    def _sequence(self) -> Any:
        from scipy.stats import qmc

        return qmc.Sobol(len(self.priors), scramble=True, seed=self.seed)


# ---------------------------------------------------------------------- distributions


def quantile(prior: Prior, share: Reals) -> Reals:
    """The number below which a share of the probability lies; always inside the band."""
    number = _QUANTILES[prior.distribution](prior, share)
    return np.clip(number, prior.low, prior.high)


def _uniform_band(prior: Prior, share: Reals) -> Reals:
    return prior.low + share * (prior.high - prior.low)


def _triangular(prior: Prior, share: Reals) -> Reals:
    """The mode is the prior's value."""
    low, mode, high = prior.low, prior.value, prior.high
    left = (mode - low) / (high - low)
    rising = low + np.sqrt(share * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - share) * (high - low) * (high - mode))
    return np.where(share < left, rising, falling)


def _normal(prior: Prior, share: Reals) -> Reals:
    """Around the prior's value, a quarter of the band wide, cut off at both ends."""
    return _cut_normal(prior.value, prior.low, prior.high, share)


def _lognormal(prior: Prior, share: Reals) -> Reals:
    """A normal distribution of the logarithm, in the same way."""
    value, low, high = (math.log(x) for x in (prior.value, prior.low, prior.high))
    return np.asarray(np.exp(_cut_normal(value, low, high, share)))


def _cut_normal(middle: float, low: float, high: float, share: Reals) -> Reals:
    from scipy.special import ndtr, ndtri

    width = (high - low) / _WIDE
    below, above = ndtr((low - middle) / width), ndtr((high - middle) / width)
    return np.asarray(middle + width * ndtri(below + share * (above - below)))


_QUANTILES: dict[str, Callable[[Prior, Reals], Reals]] = {
    "uniform": _uniform_band,
    "triangular": _triangular,
    "normal": _normal,
    "lognormal": _lognormal,
}

# ---------------------------------------------------------------------- counted random numbers

_MASK = (1 << 64) - 1


def _key(*numbers: int) -> int:
    """One key of 64 bits from whole numbers."""
    key = 0x9E3779B97F4A7C15
    for number in numbers:
        key = int(_hash(np.array([number & _MASK], np.uint64), key)[0])
    return key


def _hash(words: _Words, key: int, rounds: int = 2) -> _Words:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014) on words and a key."""
    with np.errstate(over="ignore"):
        x = words * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
        for _ in range(rounds):
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            x = x ^ (x >> np.uint64(31))
    return x


def _uniform(words: _Words) -> Reals:
    """53 bits of each word as a number of [0, 1)."""
    return np.asarray((words >> np.uint64(11)) * 2.0**-53, np.float64)


def _shuffled(member: _Words, count: int, seed: int, column: int) -> Reals:
    """A permutation of 0 to count - 1, computed for any member by itself.

    A Feistel network over a few bits more than needed; what falls outside goes round again.
    """
    half = max(1, -(-max(count - 1, 1).bit_length() // 2))
    mask = np.uint64((1 << half) - 1)
    shift = np.uint64(half)
    keys = [_key(seed, column, step) for step in range(1, 7)]
    x = member.copy()
    outside = np.ones(len(x), bool)
    while outside.any():
        part = x[outside]
        left, right = part >> shift, part & mask
        for key in keys:
            left, right = right, left ^ (_hash(right, key, 1) & mask)
        x[outside] = (left << shift) | right
        outside = x >= np.uint64(count)
    return x.astype(float)


def columns(design: Design, kept: Sequence[int]) -> tuple[list[int], list[int]]:
    """The places in a run's vector that priors fill, and the design's column for each.

    kept: places whose number is given otherwise, and stays.
    """
    given = set(kept)
    places, column = [], []
    for k, prior in enumerate(design.priors):
        for place in prior.places:
            if place not in given:
                places.append(place)
                column.append(k)
    return places, column
