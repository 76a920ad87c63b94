"""Priors that depend on each other: groups with a correlation, and constants pooled over labels.

The priors follow from independent standard normal scores, one each, and two more for each pool. In
a group the scores are multiplied by the Cholesky factor of a matrix with one correlation (Gaussian
copula). In a pool the score of a label is sqrt(rho) common + sqrt(1 - rho) own with rho ~ Beta(2,
2): one of the extra scores is common, the other gives rho. Marginal distributions stay in both.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.ensemble.distributions import (
    beta22,
    normal_density,
    normal_level,
    normal_score,
)
from simdistrict.ensemble.prior import Prior

# streams of random numbers of pools lie beyond those of priors
_STREAMS = 1 << 40
# the smallest level, and its distance from 1 of the largest, so that no score is infinite
_LEAST = 2.0**-53


@dataclass(frozen=True)
class Coupling:
    """The dependence between some priors."""

    priors: tuple[Prior, ...]

    @cached_property
    def groups(self) -> tuple[tuple[tuple[int, ...], float], ...]:
        """The indices of the priors of each group, two or more, and the correlation."""
        found: dict[str, list[int]] = {}
        for k, prior in enumerate(self.priors):
            if prior.group:
                found.setdefault(prior.group, []).append(k)
        return tuple(
            (tuple(own), self.priors[own[0]].correlation)
            for own in found.values()
            if len(own) > 1 and self.priors[own[0]].correlation
        )

    @cached_property
    def pools(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The name of each pool, and the indices of its priors."""
        found: dict[str, list[int]] = {}
        for k, prior in enumerate(self.priors):
            if prior.pool:
                found.setdefault(prior.pool, []).append(k)
        return tuple((name, tuple(own)) for name, own in found.items())

    @property
    def independent(self) -> bool:
        """Whether no prior depends on another one."""
        return not self.groups and not self.pools

    @property
    def size(self) -> int:
        """The number of independent scores: the priors', then two of each pool."""
        return len(self.priors) + 2 * len(self.pools)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the scores."""
        extra = [word for name, _ in self.pools for word in _extra(name)]
        return (*(prior.name for prior in self.priors), *extra)

    def streams(self, own: Sequence[int]) -> tuple[int, ...]:
        """The streams of random numbers of all scores. own: of the priors."""
        extra = [word for name, _ in self.pools for word in _extra(name)]
        return (*own, *(_STREAMS + zlib.crc32(word.encode()) for word in extra))

    def coupled(self, scores: Reals) -> Reals:
        """Independent scores to those of the priors, (members, size) -> (members, priors)."""
        count = len(self.priors)
        found: Reals = np.array(scores[:, :count])
        for own, correlation in self.groups:
            before = np.zeros(len(scores))
            for k, (below, on) in zip(own, _cholesky(correlation, len(own)), strict=True):
                found[:, k] = before + on * scores[:, k]
                before += below * scores[:, k]
        for at, (_, own) in enumerate(self.pools):
            common, rho = scores[:, count + 2 * at], scores[:, count + 2 * at + 1]
            shared = beta22(normal_level(rho))
            for k in own:
                found[:, k] = np.sqrt(shared) * common + np.sqrt(1 - shared) * scores[:, k]
        return found

    def slopes(self, scores: Reals) -> Reals:
        """The derivatives of `coupled`, (members, size) -> (members, priors, size)."""
        count = len(self.priors)
        found = np.zeros((len(scores), count, self.size))
        found[:, range(count), range(count)] = 1.0
        for own, correlation in self.groups:
            columns = _cholesky(correlation, len(own))
            for at, (k, (_, on)) in enumerate(zip(own, columns, strict=True)):
                found[:, k, k] = on
                for before, (below, _) in zip(own[:at], columns[:at], strict=True):
                    found[:, k, before] = below
        for at, (_, own) in enumerate(self.pools):
            common, rho = count + 2 * at, count + 2 * at + 1
            shared = beta22(normal_level(scores[:, rho]))
            # the density of Beta(2, 2) is 6 x (1 - x)
            moving = normal_density(scores[:, rho]) / (6 * shared * (1 - shared))
            one, other = np.sqrt(shared), np.sqrt(1 - shared)
            for k in own:
                found[:, k, common] = one
                found[:, k, k] = other
                turned = scores[:, common] / one - scores[:, k] / other
                found[:, k, rho] = 0.5 * turned * moving
        return found

    def uncoupled(self, scores: Reals) -> Reals:
        """The inverse of `coupled`. Raises EngineError where constants are pooled."""
        if self.pools:
            name, _ = self.pools[0]
            what = f"{name} is pooled: many independent scores give the same numbers"
            raise EngineError(Problem("prior", what))
        found: Reals = np.array(scores)
        for own, correlation in self.groups:
            before = np.zeros(len(scores))
            for k, (below, on) in zip(own, _cholesky(correlation, len(own)), strict=True):
                found[:, k] = (scores[:, k] - before) / on
                before += below * found[:, k]
        return found

    def levels(self, shares: Reals) -> Reals:
        """Independent levels to those of the priors, (members, size) -> (members, priors).

        The levels of priors that depend on no other one are unchanged.
        """
        if self.independent:
            return shares
        found: Reals = np.array(shares[:, : len(self.priors)])
        bound = sorted({k for own, _ in (*self.groups, *self._pooled) for k in own})
        inside = np.clip(shares, _LEAST, 1 - _LEAST)
        coupled = self.coupled(normal_score(inside))
        found[:, bound] = normal_level(coupled[:, bound])
        return found

    @property
    def _pooled(self) -> list[tuple[tuple[int, ...], float]]:
        return [(own, 0.0) for _, own in self.pools]


def _extra(name: str) -> tuple[str, str]:
    return f"common score of {name}", f"pooling of {name}"


def _cholesky(correlation: float, count: int) -> list[tuple[float, float]]:
    """The Cholesky factor of a matrix with one correlation off its diagonal.

    Each column has one number below the diagonal, and one on it.
    """
    found, used = [], 0.0
    for _ in range(count):
        on = math.sqrt(1 - used)
        below = (correlation - used) / on
        found.append((below, on))
        used += below**2
    return found
