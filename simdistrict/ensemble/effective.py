"""Effective draws of a mean over draws of Markov chains, and shares with their Monte-Carlo error.

The estimator is that of Stan (Vehtari et al. 2021, without ranks): chains are split in half, and
autocorrelations are summed by Geyer's initial monotone sequence. What it covers is the error of a
finite number of draws. It says nothing about errors of the model, the data or the prior.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.wilson import wilson
from simdistrict.ensemble.given import GivenDesign

# draws of half a chain without which nothing is said of autocorrelations
_FEWEST = 4
COVERS = "Monte-Carlo error of the draws, not the uncertainty about the world"


@dataclass(frozen=True, eq=False)
class Effective:
    """How much a set of draws is worth.

    members: number of draws; chain: (members,), of draws from Markov chains, None for independent
    ones; least: effective draws of the worst constant as the file of the draws states it, NaN
    where nothing is stated.
    """

    members: int
    chain: NDArray[np.int64] | None = None
    least: float = math.nan

    @cached_property
    def _rows(self) -> NDArray[np.intp] | None:
        """The members of each chain, all of one length: (chains, draws)."""
        if self.chain is None:
            return None
        own = [np.flatnonzero(self.chain == one) for one in np.unique(self.chain)]
        length = min(map(len, own))
        return np.stack([rows[:length] for rows in own])

    @property
    def words(self) -> str:
        """How an interval counts the draws."""
        if self.chain is None:
            return f"{self.members} independent draws"
        return f"{self.members} draws of Markov chains, by their effective number"

    def of(self, values: NDArray[Any]) -> Reals:
        """The effective draws of the mean of each column, from values (members, ...)."""
        flat = np.asarray(values, float).reshape(len(values), -1)
        found = np.full(flat.shape[1], float(len(flat)))
        if self._rows is not None and len(flat) == self.members:
            known = self.least if math.isfinite(self.least) else math.inf
            worst = min(float(self.members), known)
            if self._rows.shape[1] >= 2 * _FEWEST:
                # a column that never varies tells nothing of its autocorrelation
                found = np.minimum(ess_of_means(flat[self._rows]), self.members)
                found = np.where(np.isnan(found), worst, found)
            else:
                found[:] = worst
        return found.reshape(np.shape(values)[1:])

    def shares(self, flags: NDArray[Any]) -> Reals:
        """Shares of flags (members, ...): (..., 4) with the 95% interval and its standard error.

        The interval is Wilson's of the effective number of draws. A flag that is NaN is left out.
        """
        values = np.asarray(flags, float)
        good = np.isfinite(values)
        known = good.sum(axis=0)
        total = np.where(good, values, 0.0).sum(axis=0)
        means = np.where(known, total / np.maximum(known, 1), 0.0)
        count = self.of(np.where(good, values, means)) * known / max(len(values), 1)
        rows = []
        for share, own in zip(means.ravel(), count.ravel(), strict=True):
            error = math.sqrt(share * (1 - share) / own) if own else math.nan
            rows.append((share, *wilson(share * own, own), error))
        return np.array(rows).reshape(*means.shape, 4)


def effective_of(design: object) -> Effective:
    """What the draws of a design are worth."""
    members = int(getattr(design, "members", 0))
    if not isinstance(design, GivenDesign) or design.origin is None:
        return Effective(members)
    return Effective(members, design.chain, design.origin.ess)


def ess_of_means(chains: Reals) -> Reals:
    """Effective draws of the mean of each column, from (chains, draws, columns).

    NaN for a column without variance, or with a value that is not finite.
    """
    half = chains.shape[1] // 2
    split = np.concatenate([chains[:, :half], chains[:, -half:]])
    count, length = split.shape[:2]
    centred = split - split.mean(axis=1, keepdims=True)
    size = 2 ** math.ceil(math.log2(2 * length))
    spectrum = np.fft.rfft(centred, size, axis=1)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), size, axis=1)[:, :length] / length
    within = covariance[:, 0].mean(axis=0) * length / (length - 1)
    total = within * (length - 1) / length
    if count > 1:
        total = total + split.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = 1 - (within - covariance.mean(axis=0)) / total
    rho[0] = 1.0
    found = np.array([_from_autocorrelation(column, count * length) for column in rho.T])
    return np.where(np.isfinite(total) & (total > 0), found, np.nan)


def _from_autocorrelation(rho: Reals, draws: int) -> float:
    """Effective draws from autocorrelations, by Geyer's initial monotone sequence."""
    kept = [1.0, float(rho[1])]
    even, odd = kept
    while len(kept) < len(rho) - 2 and even + odd > 0:
        even, odd = float(rho[len(kept)]), float(rho[len(kept) + 1])
        if even + odd < 0:
            break
        # no pair is larger than the one before it
        excess = even + odd > kept[-2] + kept[-1]
        kept += [(kept[-2] + kept[-1]) / 2] * 2 if excess else [even, odd]
    # of the last pair, the even part counts once
    ended = len(kept) > 2 and even + odd >= 0
    time = -1 + 2 * sum(kept[:-2] if ended else kept) + (even if ended else max(even, 0.0))
    return draws / max(time, 1 / math.log10(draws))
