"""The distributions of priors: quantile functions and their inverses. scipy has the normal one.

Each number depends on its own argument alone, so that a member has the same bits in any block.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.ensemble.prior import Prior

# width of a normal or lognormal range in standard deviations, where no spread is stated
_WIDE = 4.0


def quantile(prior: Prior, share: Reals) -> Reals:
    """The quantile of a prior at a level; always inside its range."""
    number = _QUANTILES[prior.distribution](_shape([prior]), share)
    return np.clip(number, prior.low, prior.high)


@dataclass(frozen=True)
class Quantiles:
    """`quantile` of several priors, all of a distribution at once."""

    priors: tuple[Prior, ...]

    def __call__(self, shares: Reals) -> Reals:
        """The numbers at levels, both (members, priors)."""
        found = np.empty_like(shares)
        for kind, own, shape in self._kinds:
            found[:, own] = _QUANTILES[kind](shape, shares[:, own])
        return np.clip(found, *self._ends)

    def slopes(self, shares: Reals) -> Reals:
        """The derivatives of the numbers by the levels; zero where a number is cut off."""
        found = np.empty_like(shares)
        for kind, own, shape in self._kinds:
            found[:, own] = _SLOPES[kind](shape, shares[:, own])
        return found

    @cached_property
    def _kinds(self) -> list[tuple[str, list[int], _Shape]]:
        """The columns of each distribution, and their numbers."""
        found = []
        for kind in dict.fromkeys(prior.distribution for prior in self.priors):
            own = [k for k, prior in enumerate(self.priors) if prior.distribution == kind]
            found.append((kind, own, _shape([self.priors[k] for k in own])))
        return found

    @cached_property
    def _ends(self) -> tuple[Reals, Reals]:
        return np.array([p.low for p in self.priors]), np.array([p.high for p in self.priors])


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


def normal_density(score: Reals) -> Reals:
    """The standard normal density, the derivative of `normal_level`."""
    return np.asarray(np.exp(-0.5 * score * score) / math.sqrt(2 * math.pi))


def beta22(share: Reals) -> Reals:
    """The quantile function of Beta(2, 2), the root of 3 x^2 - 2 x^3 = share in [0, 1]."""
    return np.asarray(0.5 - np.sin(np.arcsin(1 - 2 * share) / 3))


# ---------------------------------------------------------------------- quantiles


class _Shape(NamedTuple):
    """The numbers of one prior, or of several of one distribution, each (priors,).

    width: the standard deviation of a normal or of the logarithm of a lognormal before truncation,
    the scale of a Cauchy distribution.
    """

    value: Reals
    low: Reals
    high: Reals
    width: Reals


def _shape(priors: Sequence[Prior]) -> _Shape:
    """The numbers of priors of one distribution; their logarithms for a lognormal."""
    rows = [(p.value, p.low, p.high) for p in priors]
    if priors[0].distribution == "lognormal":
        rows = [(math.log(value), math.log(low), math.log(high)) for value, low, high in rows]
    widths = [
        prior.spread or (high - low) / _WIDE
        for prior, (_, low, high) in zip(priors, rows, strict=True)
    ]
    value, low, high = np.array(rows).T
    return _Shape(value, low, high, np.array(widths))


def _uniform(shape: _Shape, share: Reals) -> Reals:
    return shape.low + share * (shape.high - shape.low)


def _triangular(shape: _Shape, share: Reals) -> Reals:
    """The mode is the prior's value."""
    mode, low, high, _ = shape
    left = (mode - low) / (high - low)
    rising = low + np.sqrt(share * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - share) * (high - low) * (high - mode))
    return np.where(share < left, rising, falling)


def _normal(shape: _Shape, share: Reals) -> Reals:
    """Truncated normal around the value."""
    from scipy.special import ndtr, ndtri

    middle, low, high, width = shape
    below, above = ndtr((low - middle) / width), ndtr((high - middle) / width)
    return np.asarray(middle + width * ndtri(below + share * (above - below)))


def _lognormal(shape: _Shape, share: Reals) -> Reals:
    """A truncated normal distribution of the logarithm."""
    return np.asarray(np.exp(_normal(shape, share)))


def _cauchy(shape: _Shape, share: Reals) -> Reals:
    """A truncated Cauchy distribution around the value."""
    middle, low, high, width = shape
    below, above = np.arctan((low - middle) / width), np.arctan((high - middle) / width)
    return np.asarray(middle + width * np.tan(below + share * (above - below)))


_QUANTILES: dict[str, Callable[[_Shape, Reals], Reals]] = {
    "uniform": _uniform,
    "triangular": _triangular,
    "normal": _normal,
    "lognormal": _lognormal,
    "cauchy": _cauchy,
}


# ---------------------------------------------------------------------- slopes of quantiles


def _uniform_slope(shape: _Shape, share: Reals) -> Reals:
    return np.broadcast_to(shape.high - shape.low, share.shape)


def _triangular_slope(shape: _Shape, share: Reals) -> Reals:
    mode, low, high, _ = shape
    left = (mode - low) / (high - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = 0.5 * np.sqrt((high - low) * (mode - low) / share)
        falling = 0.5 * np.sqrt((high - low) * (high - mode) / (1 - share))
    return np.where(share < left, rising, falling)


def _normal_slope(shape: _Shape, share: Reals) -> Reals:
    from scipy.special import ndtr, ndtri

    middle, low, high, width = shape
    below, above = ndtr((low - middle) / width), ndtr((high - middle) / width)
    score = ndtri(below + share * (above - below))
    with np.errstate(divide="ignore", over="ignore"):
        found = width * (above - below) / normal_density(score)
    return np.where(np.isfinite(score), found, 0.0)


def _lognormal_slope(shape: _Shape, share: Reals) -> Reals:
    return _lognormal(shape, share) * _normal_slope(shape, share)


def _cauchy_slope(shape: _Shape, share: Reals) -> Reals:
    middle, low, high, width = shape
    below, above = np.arctan((low - middle) / width), np.arctan((high - middle) / width)
    angle = below + share * (above - below)
    return np.asarray(width * (above - below) / np.cos(angle) ** 2)


_SLOPES: dict[str, Callable[[_Shape, Reals], Reals]] = {
    "uniform": _uniform_slope,
    "triangular": _triangular_slope,
    "normal": _normal_slope,
    "lognormal": _lognormal_slope,
    "cauchy": _cauchy_slope,
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
    from scipy.special import ndtr

    middle, low, high, width = _shape([prior])
    if prior.distribution == "lognormal":
        number = np.log(number)
    below, above = ndtr((low - middle) / width), ndtr((high - middle) / width)
    return np.asarray((ndtr((number - middle) / width) - below) / (above - below))


def _cauchy_level(prior: Prior, number: Reals) -> Reals:
    middle, low, high, width = _shape([prior])
    below, above = np.arctan((low - middle) / width), np.arctan((high - middle) / width)
    return np.asarray((np.arctan((number - middle) / width) - below) / (above - below))


_LEVELS: dict[str, Callable[[Prior, Reals], Reals]] = {
    "uniform": _uniform_level,
    "triangular": _triangular_level,
    "normal": _normal_level,
    "lognormal": _normal_level,
    "cauchy": _cauchy_level,
}
