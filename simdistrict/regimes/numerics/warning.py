"""Early warnings in a series: variance and lag-1 autocorrelation in a rolling window.

As the field computes them (Dakos et al. 2012, PLoS ONE 7, e41010, and the R package
earlywarnings): the trend is removed with a Gaussian smoother, both are computed in a window that
rolls along the residuals, and Kendall's tau says whether they rise. They are made for noise around
a state; in a run without noise they only show how the trend bends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals

# R's ksmooth: quartiles of the kernel at a quarter of the bandwidth, cut at four deviations
_DEVIATION = 0.3706506
_CUT = 4.0
# residuals below this fraction of the series are rounding errors
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Warnings:
    """times: ends of the windows; variance, autocorrelation: in each; taus: of both.

    residual_share: standard deviation of the residuals over that of the series.
    """

    times: Reals
    variance: Reals
    autocorrelation: Reals
    variance_tau: float
    autocorrelation_tau: float
    residual_share: float


def early_warnings(
    times: Sequence[float] | Reals,
    values: Sequence[float] | Reals,
    window: float = 0.5,
    bandwidth: float = 0.1,
) -> Warnings:
    """Indicators of one evenly spaced series.

    window: its length as a share of the series; bandwidth: of the smoother, as a share of the
    series; 0 leaves the trend in.
    """
    t, x = np.asarray(times, float), np.asarray(values, float)
    rest = x - smoothed(x, bandwidth * len(x)) if bandwidth > 0 else x.copy()
    if np.abs(rest).max(initial=0.0) <= _ROUNDING * np.abs(x).max(initial=0.0):
        rest = np.zeros_like(rest)
    size = max(3, round(window * len(x)))
    parts = [rest[k : k + size] for k in range(len(x) - size + 1)]
    variance = np.array([float(np.var(p, ddof=1)) for p in parts])
    correlation = np.array([lag_one(p) for p in parts])
    spread = float(np.std(x))
    return Warnings(
        t[size - 1 :],
        variance,
        correlation,
        kendall_tau(variance),
        kendall_tau(correlation),
        float(np.std(rest)) / spread if spread > 0 else 0.0,
    )


def smoothed(values: Reals, bandwidth: float) -> Reals:
    """The Gaussian kernel smoother of R's ksmooth; bandwidth in points."""
    n = len(values)
    deviation = max(_DEVIATION * bandwidth, 1e-12)
    apart = np.arange(n)[:, None] - np.arange(n)[None, :]
    weights = np.exp(-0.5 * (apart / deviation) ** 2) * (np.abs(apart) <= _CUT * deviation)
    total: Reals = weights @ values / weights.sum(axis=1)
    return total


def lag_one(values: Reals) -> float:
    """The autocorrelation at lag one, about the mean; NaN for a constant series."""
    about = values - values.mean()
    square = float(about @ about)
    return float(about[:-1] @ about[1:]) / square if square > 0 else float("nan")


def kendall_tau(values: Reals) -> float:
    """Kendall's tau-b of a series with time; NaN where it is constant or too short."""
    kept = values[np.isfinite(values)]
    n = len(kept)
    if n < 2:
        return float("nan")
    signs = np.sign(kept[None, :] - kept[:, None])[np.triu_indices(n, 1)]
    pairs = n * (n - 1) / 2
    untied = int(np.count_nonzero(signs))
    return float(signs.sum() / np.sqrt(pairs * untied)) if untied else float("nan")
