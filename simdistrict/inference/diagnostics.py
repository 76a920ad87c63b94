"""Whether chains agree, and how many independent draws they are worth.

Draws are arrays (chain, draw, size); a result has one number for each coordinate. Rank-normalised
split R-hat, bulk and tail effective sample size and Monte-Carlo errors follow Vehtari, Gelman,
Simpson, Carpenter and Buerkner (2021, Bayesian Analysis 16), as ArviZ computes them; nested R-hat
follows Margossian et al. (2024, Bayesian Analysis). All coordinates go through one Fourier
transform.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.inference.distributions import beta_quantile, quantile

# the quantiles that tails are measured by
_TAILS = (0.05, 0.95)
# one standard deviation of a normal, as probabilities
_ONE_SD = (0.1586553, 0.8413447)
_LEAST = 4  # draws of a chain
# numbers of one transform, which bounds the memory of a long result
_AT_ONCE = 1 << 23


def rhat(draws: Reals) -> Reals:
    """Rank-normalised split R-hat, the larger of those of location and of spread.

    NaN where a coordinate is not finite or never changes, or there are too few draws.
    """
    if draws.shape[1] < _LEAST:
        return np.full(draws.shape[2], np.nan)
    halves = _split(draws)
    return np.fmax(_rhat(normal_scores(halves)), _rhat(normal_scores(_folded(halves))))


def nested_rhat(draws: Reals, population: NDArray[np.intp]) -> Reals:
    """Nested R-hat of independent populations of chains, rank-normalised.

    population: (chain,), the population of each chain; at least two, all of one size. The chains
    of a population may depend on each other, and may be short: what is compared is the means of
    populations. The larger of those of location and of spread.
    """
    labels = np.unique(population)
    groups = np.stack([np.flatnonzero(population == label) for label in labels])
    return np.fmax(
        _nested(normal_scores(draws)[groups]), _nested(normal_scores(_folded(draws))[groups])
    )


def ess_bulk(draws: Reals) -> Reals:
    """The effective number of draws for the location: of the normal scores of split chains."""
    return _ess(normal_scores(_split(draws)))


def ess_tail(draws: Reals) -> Reals:
    """The smaller of the effective numbers of draws for the 5% and the 95% quantile."""
    low, high = (ess_quantile(draws, share) for share in _TAILS)
    return np.asarray(np.minimum(low, high), float)


def ess_mean(draws: Reals) -> Reals:
    """The effective number of draws for the mean."""
    return _ess(_split(draws))


def ess_quantile(draws: Reals, share: float) -> Reals:
    """The effective number of draws for a quantile, share: between 0 and 1."""
    bound = np.quantile(draws, share, axis=(0, 1))
    found = _ess(_split((draws <= bound).astype(float)))
    return np.where(np.isnan(bound), np.nan, found)


def mcse_mean(draws: Reals) -> Reals:
    """The Monte-Carlo standard error of the mean, in the units of the draws."""
    return np.asarray(draws.std(axis=(0, 1), ddof=1) / np.sqrt(ess_mean(draws)), float)


def mcse_sd(draws: Reals) -> Reals:
    """The Monte-Carlo standard error of the standard deviation, in the units of the draws."""
    squares = (draws - draws.mean(axis=(0, 1))) ** 2
    variance = squares.mean(axis=(0, 1))
    of_variance = ((squares**2).mean(axis=(0, 1)) - variance**2) / ess_mean(squares)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(of_variance / variance / 4), float)


def mcse_quantile(draws: Reals, share: float) -> Reals:
    """The Monte-Carlo standard error of a quantile, share: between 0 and 1."""
    effective = ess_quantile(draws, share)
    ordered = np.sort(draws.reshape(-1, draws.shape[2]), axis=0)
    size = len(ordered)
    found = []
    for column, worth in zip(ordered.T, effective, strict=True):
        if not np.isfinite(worth):
            found.append(np.nan)
            continue
        low, high = (
            float(beta_quantile(p, worth * share + 1, worth * (1 - share) + 1)) for p in _ONE_SD
        )
        first = column[int(np.floor(max(low * size - 1, 0)))]
        last = column[int(np.ceil(min(high * size - 1, size - 1)))]
        found.append((last - first) / 2)
    return np.asarray(found, float)


def autocovariance(draws: Reals) -> Reals:
    """The autocovariance at every lag, a mean over chains: (draws, size)."""
    chains, count, size = draws.shape
    length = _fast(2 * count)
    found = np.empty((count, size))
    step = max(_AT_ONCE // (chains * length), 1)
    for first in range(0, size, step):
        part = draws[:, :, first : first + step].transpose(2, 0, 1)
        part = part - part.mean(axis=2, keepdims=True)
        waves = np.fft.rfft(part, n=length, axis=2)
        power = (waves.real**2 + waves.imag**2).mean(axis=1)
        found[:, first : first + step] = np.fft.irfft(power, n=length, axis=1)[:, :count].T / count
    return found


def normal_scores(draws: Reals) -> Reals:
    """Normal quantiles of the ranks among all draws of a coordinate; equal draws share a rank."""
    chains, count, size = draws.shape
    flat = draws.reshape(-1, size).T
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    # runs of equal numbers, over all coordinates in one row
    first = np.ones(ordered.shape, bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    begins = np.flatnonzero(first.ravel())
    ends = np.append(begins[1:], first.size)
    within = np.repeat((begins + ends - 1) / 2, ends - begins).reshape(ordered.shape)
    within -= np.arange(size)[:, None] * ordered.shape[1]
    ranks = np.empty_like(within)
    np.put_along_axis(ranks, order, within + 1, axis=1)
    scores = quantile((ranks - 3 / 8) / (ordered.shape[1] + 1 / 4))
    scores[np.isnan(flat).any(axis=1)] = np.nan
    return scores.T.reshape(chains, count, size)


def _split(draws: Reals) -> Reals:
    """The halves of chains as chains; the middle draw of an odd number is left out."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, draws.shape[1] - half :]])


def _folded(draws: Reals) -> Reals:
    return np.asarray(np.abs(draws - np.median(draws, axis=(0, 1))), float)


def _rhat(draws: Reals) -> Reals:
    count = draws.shape[1]
    between = count * draws.mean(axis=1).var(axis=0, ddof=1)
    within = draws.var(axis=1, ddof=1).mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt((between / within + count - 1) / count), float)


def _nested(draws: Reals) -> Reals:
    """Of draws (population, chain, draw, size)."""
    _, chains, count, _ = draws.shape
    means = draws.mean(axis=2)
    within = np.zeros(means.shape[0::2])
    if chains > 1:
        within = within + means.var(axis=1, ddof=1)
    if count > 1:
        within = within + draws.var(axis=2, ddof=1).mean(axis=1)
    between = means.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(1 + between / within.mean(axis=0)), float)


def _ess(draws: Reals) -> Reals:
    """The effective number of draws, by Geyer's initial monotone sequence."""
    chains, count, size = draws.shape
    if count < 2:
        return np.full(size, np.nan)
    covariance = autocovariance(draws)
    inside = covariance[0] * count / (count - 1)
    total = inside * (count - 1) / count
    if chains > 1:
        total = total + draws.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = 1 - (inside - covariance) / total
    correlation[0] = 1.0
    found = np.array([_effective(column, chains * count) for column in correlation.T])
    still = np.ptp(draws, axis=(0, 1)) < np.finfo(float).resolution
    return np.where(still, float(chains * count), found)


def _effective(correlation: Reals, draws: int) -> float:
    """The effective number of draws, given the autocorrelation at every lag."""
    if not np.isfinite(correlation).all():
        return float("nan")
    last = max((len(correlation) - 1) // 2 - 1, 0)
    pairs = correlation[: 2 * last + 2].reshape(-1, 2).sum(axis=1)
    # the first pair of lags whose sum is not positive ends the sequence
    ends = np.flatnonzero(pairs <= 0)
    end = int(ends[0]) if len(ends) else last
    time = -1 + 2 * float(np.minimum.accumulate(pairs[:end]).sum()) if end else -1.0
    lone = float(correlation[2 * end])
    time += lone if lone > 0 or pairs[end] >= 0 else 0.0
    return float(draws / max(time, 1 / np.log10(draws)))


def _fast(least: int) -> int:
    """The smallest number of at least `least` without prime factors above 5."""
    best = 1 << (least - 1).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            two = max(-(-least // three) - 1, 0).bit_length()
            best = min(best, three << two)
            three *= 3
        five *= 5
    return best
