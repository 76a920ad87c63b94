"""Probability distributions, from scipy: the door of this room to it."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals


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


def beta_quantile(p: float, first: float, second: float) -> float:
    """The quantile of the beta distribution with these two shapes."""
    from scipy.special import betaincinv

    return float(betaincinv(first, second, p))
