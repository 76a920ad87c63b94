"""Distributions of probability: the standard normal, and chi-squared. The door to scipy.

Numbers in, numbers out.
"""

from __future__ import annotations

import math

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.random_numbers import key_of, uniform

_LOG_TAU = math.log(2 * math.pi)


def cdf(x: Reals) -> Reals:
    """The distribution function of the standard normal."""
    from scipy.special import ndtr

    return np.asarray(ndtr(x), float)


def quantile(level: Reals) -> Reals:
    """The inverse of `cdf`; -inf at 0, inf at 1."""
    from scipy.special import ndtri

    return np.asarray(ndtri(level), float)


def log_density(x: Reals) -> Reals:
    """The logarithm of the density of the standard normal."""
    return np.asarray(-0.5 * (x**2 + _LOG_TAU), float)


def chi2_tail(x: float, freedom: float) -> float:
    """The probability that a chi-squared number exceeds x."""
    from scipy.special import chdtrc

    return float(chdtrc(freedom, x))


def student_quantile(level: Reals, freedom: float) -> Reals:
    """The quantile function of Student's t."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, level), float)


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
