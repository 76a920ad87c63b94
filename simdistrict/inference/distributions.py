"""Probability distributions, from scipy: the door of this room to it."""

from __future__ import annotations

import math

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.random_numbers import key_of, uniform

_LOG_TAU = math.log(2 * math.pi)


def cdf(x: Reals) -> Reals:
    """The standard normal distribution function."""
    from scipy.special import ndtr

    return np.asarray(ndtr(x))


def quantile(p: Reals) -> Reals:
    """The inverse of `cdf`."""
    from scipy.special import ndtri

    return np.asarray(ndtri(p))


def log_cdf(x: Reals) -> Reals:
    """The logarithm of `cdf`, precise far in the lower tail."""
    from scipy.special import log_ndtr

    return np.asarray(log_ndtr(x))


def log_density(x: Reals) -> Reals:
    """The logarithm of the density of the standard normal."""
    return np.asarray(-0.5 * (x**2 + _LOG_TAU), float)


def log_inside(low: Reals, high: Reals, freedom: float | None = None) -> Reals:
    """The log probability between two numbers; freedom: of Student's t, None for the normal."""
    # in the lower tail, where the distribution function keeps its digits
    turned = low + high > 0
    low, high = np.where(turned, -high, low), np.where(turned, -low, high)
    if freedom is not None:
        return np.asarray(np.log(student_cdf(high, freedom) - student_cdf(low, freedom)))
    above, below = log_cdf(high), log_cdf(low)
    return np.asarray(above + np.log(-np.expm1(below - above)))


def student_log_density(x: Reals, freedom: float) -> Reals:
    """The logarithm of the density of Student's t."""
    log = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    log -= math.log(freedom * math.pi) / 2
    return np.asarray(log - (freedom + 1) / 2 * np.log1p(np.square(x) / freedom))


def student_cdf(x: Reals, freedom: float) -> Reals:
    """The distribution function of Student's t."""
    from scipy.special import stdtr

    return np.asarray(stdtr(freedom, x))


def student_quantile(p: Reals, freedom: float) -> Reals:
    """The inverse of `student_cdf`."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, p))


def chi2_quantile(p: Reals, freedom: float) -> Reals:
    """The quantile function of a chi-squared number."""
    from scipy.special import gammaincinv

    return np.asarray(2 * gammaincinv(freedom / 2, p), float)


def chi2_tail(x: float, freedom: float) -> float:
    """The probability that a chi-squared number exceeds x."""
    from scipy.special import chdtrc

    return float(chdtrc(freedom, x))


def beta_quantile(p: float, first: float, second: float) -> float:
    """The quantile of the beta distribution with these two shapes."""
    from scipy.special import betaincinv

    return float(betaincinv(first, second, p))


def draws_of_uniform(rows: int, columns: int, *key: int) -> Reals:
    """Uniform numbers inside (0, 1), (rows, columns), each from its key, row and column alone."""
    words = np.arange(rows, dtype=np.uint64)
    found = np.empty((rows, columns))
    for k in range(columns):
        found[:, k] = uniform(words, key_of(*key, k))
    return found + 2.0**-54


def draws_of_normal(rows: int, columns: int, *key: int) -> Reals:
    """Standard normal numbers, as `draws_of_uniform`."""
    return quantile(draws_of_uniform(rows, columns, *key))
