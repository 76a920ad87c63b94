"""The distributions of priors: quantile functions and their inverses. scipy has the normal one.

Each number depends on its own argument alone, so that a member has the same bits in any block.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.ensemble.prior import Prior

# width of a normal or lognormal range in standard deviations, where no spread is stated
_WIDE = 4.0


def quantile(prior: Prior, share: Reals) -> Reals:
    """The quantile of a prior at a level; always inside its range."""
    number = _QUANTILES[prior.distribution](prior, share)
    return np.clip(number, prior.low, prior.high)


def level(prior: Prior, number: Reals) -> Reals:
    """The probability that a prior gives to what is below a number: the inverse of `quantile`."""
    share = _LEVELS[prior.distribution](prior, np.clip(number, prior.low, prior.high))
    return np.clip(share, 0.0, 1.0)


def normal_level(score: Reals) -> Reals:
    """The standard normal distribution function."""
    from scipy.special import ndtr

    return np.asarray(ndtr(score))


def normal_score(share: Reals) -> Reals:
    """The standard normal quantile function; infinite at 0 and 1."""
    from scipy.special import ndtri

    return np.asarray(ndtri(share))


def beta22(share: Reals) -> Reals:
    """The quantile function of Beta(2, 2), the root of 3 x^2 - 2 x^3 = share in [0, 1]."""
    return np.asarray(0.5 - np.sin(np.arcsin(1 - 2 * share) / 3))


# ---------------------------------------------------------------------- quantiles


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
    value, low, high = _logs(prior)
    width = prior.spread or (high - low) / _WIDE
    return np.asarray(np.exp(_cut_normal(value, low, high, width, share)))


def _cut_normal(middle: float, low: float, high: float, width: float, share: Reals) -> Reals:
    from scipy.special import ndtr, ndtri

    below, above = ndtr((low - middle) / width), ndtr((high - middle) / width)
    return np.asarray(middle + width * ndtri(below + share * (above - below)))


def _cauchy(prior: Prior, share: Reals) -> Reals:
    """A truncated Cauchy distribution around the value; spread: its scale."""
    below, above = (_angle(prior, np.asarray(end)) for end in (prior.low, prior.high))
    assert prior.spread is not None
    return np.asarray(prior.value + prior.spread * np.tan(below + share * (above - below)))


def _angle(prior: Prior, number: Reals) -> Reals:
    """The level of a Cauchy distribution as an angle, from -pi/2 to pi/2."""
    assert prior.spread is not None
    return np.asarray(np.arctan((number - prior.value) / prior.spread))


def _logs(prior: Prior) -> tuple[float, float, float]:
    return math.log(prior.value), math.log(prior.low), math.log(prior.high)


_QUANTILES: dict[str, Callable[[Prior, Reals], Reals]] = {
    "uniform": _uniform,
    "triangular": _triangular,
    "normal": _normal,
    "lognormal": _lognormal,
    "cauchy": _cauchy,
}


# ---------------------------------------------------------------------- levels


def _uniform_level(prior: Prior, number: Reals) -> Reals:
    return (number - prior.low) / (prior.high - prior.low)


def _triangular_level(prior: Prior, number: Reals) -> Reals:
    low, mode, high = prior.low, prior.value, prior.high
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = (number - low) ** 2 / ((high - low) * (mode - low))
        falling = 1 - (high - number) ** 2 / ((high - low) * (high - mode))
    return np.where(number < mode, rising, np.where(mode < high, falling, 1.0))


def _normal_level(prior: Prior, number: Reals) -> Reals:
    width = prior.spread or (prior.high - prior.low) / _WIDE
    return _cut_level(prior.value, prior.low, prior.high, width, number)


def _lognormal_level(prior: Prior, number: Reals) -> Reals:
    value, low, high = _logs(prior)
    width = prior.spread or (high - low) / _WIDE
    return _cut_level(value, low, high, width, np.log(number))


def _cut_level(middle: float, low: float, high: float, width: float, number: Reals) -> Reals:
    from scipy.special import ndtr

    below, above = ndtr((low - middle) / width), ndtr((high - middle) / width)
    return np.asarray((ndtr((number - middle) / width) - below) / (above - below))


def _cauchy_level(prior: Prior, number: Reals) -> Reals:
    below, above = (_angle(prior, np.asarray(end)) for end in (prior.low, prior.high))
    return np.asarray((_angle(prior, number) - below) / (above - below))


_LEVELS: dict[str, Callable[[Prior, Reals], Reals]] = {
    "uniform": _uniform_level,
    "triangular": _triangular_level,
    "normal": _normal_level,
    "lognormal": _lognormal_level,
    "cauchy": _cauchy_level,
}
