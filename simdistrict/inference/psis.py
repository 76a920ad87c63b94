"""Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao and Gabry 2024).

Importance weights estimate one posterior from the draws of another. The largest weights are
replaced by quantiles of a generalised Pareto distribution fitted to them. Its shape k says whether
the estimate can be trusted: up to 0.7 it can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals

# Vehtari et al. (2024): above it, the estimate needs too many draws
TRUSTED = 0.7
_SMALLEST = float(np.log(np.finfo(float).tiny))
# a tail of fewer weights is not fitted
_FEWEST = 5


@dataclass(frozen=True, eq=False, slots=True)
class Smoothed:
    """Smoothed importance weights.

    log_weights: (draws,), normalised: their exponentials sum to 1; k: the shape of the tail, inf
    where the weights have no tail to fit.
    """

    log_weights: Reals
    k: float

    @property
    def weights(self) -> Reals:
        return np.asarray(np.exp(self.log_weights), float)

    @property
    def effective(self) -> float:
        """The effective number of independent draws, 1 / sum of squared weights."""
        return float(1 / np.sum(self.weights**2))

    @property
    def trusted(self) -> bool:
        return self.k <= TRUSTED


def smoothed(log_weights: Reals, efficiency: float = 1.0) -> Smoothed:
    """Smooth importance weights.

    log_weights: (draws,), up to a constant; -inf for a weight of zero. efficiency: effective over
    actual number of draws. Raises ValueError where no weight is positive or one is NaN.
    """
    x = np.array(log_weights, float)
    top = float(np.max(x, initial=-np.inf))
    if not np.isfinite(top):
        raise ValueError("importance weights need a positive, finite maximum")
    x -= top
    count = len(x)
    size = int(np.ceil(min(count / 5.0, 3 * (count / efficiency) ** 0.5)))
    order = np.argsort(x, kind="stable")
    cut = max(float(x[order[max(count - size - 1, 0)]]), _SMALLEST)
    (tail,) = np.where(x > cut)
    k = np.inf
    if len(tail) >= _FEWEST:
        rising = tail[np.argsort(x[tail], kind="stable")]
        excess = np.exp(x[rising]) - np.exp(cut)
        k, scale = _fitted(excess)
        if np.isfinite(k) and scale > 0:
            level = np.arange(0.5, len(tail)) / len(tail)
            x[rising] = np.log(_pareto_quantile(level, k, scale) + np.exp(cut))
            x = np.minimum(x, 0.0)
    x -= _log_sum(x)
    return Smoothed(x, float(k))


def _fitted(excess: Reals) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution; excess: ascending, positive.

    The empirical Bayes estimate of Zhang and Stephens (2009), with a weak prior towards k = 0.5.
    """
    n = len(excess)
    count = 30 + int(n**0.5)
    b = 1 - np.sqrt(count / (np.arange(1, count + 1) - 0.5))
    b /= 3 * excess[int(n / 4 + 0.5) - 1]
    b += 1 / excess[-1]
    shape = np.log1p(-b[:, None] * excess).mean(axis=1)
    profile = n * (np.log(-(b / shape)) - shape - 1)
    with np.errstate(over="ignore"):
        weight = 1 / np.exp(profile - profile[:, None]).sum(axis=1)
    known = weight >= 10 * np.finfo(float).eps
    weight, b = weight[known] / weight[known].sum(), b[known]
    middle = float(np.sum(b * weight))
    k = float(np.log1p(-middle * excess).mean())
    scale = -k / middle
    return (n * k + 5) / (n + 10), scale


def _pareto_quantile(level: Reals, k: float, scale: float) -> Reals:
    if abs(k) < np.finfo(float).eps:
        return np.asarray(-scale * np.log1p(-level), float)
    return np.asarray(scale * np.expm1(-k * np.log1p(-level)) / k, float)


def log_mean(values: Reals, log_weights: Reals) -> float:
    """The logarithm of the weighted mean of exp(values); the weights are normalised."""
    return _log_sum(np.asarray(values, float) + log_weights)


def _log_sum(x: Reals) -> float:
    top = float(np.max(x))
    return top + float(np.log(np.sum(np.exp(x - top)))) if np.isfinite(top) else top
