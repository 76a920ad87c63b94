"""Goodness of fit of two series: errors, Theil's decomposition, rank correlation.

Numbers in, numbers out; undefined statistics are None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals


@dataclass(frozen=True, slots=True)
class Statistics:
    """The fit of a simulated to an observed series.

    r2: 1 - sum of squared errors / sum of squares of the data around their mean; mape: in
    percent of the data. um, us, uc: the shares of the mean squared error that are bias, unequal
    variation and unequal covariation (Theil 1966; Sterman 1984); u: Theil's inequality
    coefficient, rmse / (root mean square of the model + that of the data), from 0 to 1.
    None where undefined: r2 and the shares below two points, r2 for constant data, the shares
    without any error, mape where a datum is zero; after a failed run, everything except n.
    """

    n: int
    r2: float | None = None
    mae: float | None = None
    mape: float | None = None
    rmse: float | None = None
    um: float | None = None
    us: float | None = None
    uc: float | None = None
    u: float | None = None


def statistics(model: Sequence[float] | Reals, data: Sequence[float] | Reals) -> Statistics:
    """The statistics of simulated against observed values at the same times."""
    m, d = np.asarray(model, float), np.asarray(data, float)
    n = len(d)
    if n == 0 or not np.isfinite(m).all():
        return Statistics(n)
    error = m - d
    mse = float(np.mean(error**2))
    rmse = mse**0.5
    around = float(np.sum((d - d.mean()) ** 2))
    sizes = float(np.sqrt(np.mean(m**2)) + np.sqrt(np.mean(d**2)))
    um, us, uc = _theil(m, d) if n >= 2 else (None, None, None)
    return Statistics(
        n=n,
        r2=1 - n * mse / around if n >= 2 and around > 0 else None,
        mae=float(np.mean(np.abs(error))),
        mape=float(100 * np.mean(np.abs(error / d))) if (d != 0).all() else None,
        rmse=rmse,
        um=um,
        us=us,
        uc=uc,
        u=rmse / sizes if sizes > 0 else None,
    )


def _theil(m: Reals, d: Reals) -> tuple[float, float, float] | tuple[None, None, None]:
    """Bias, unequal variation, unequal covariation; they sum to one."""
    # scaled by the common size, so that squares of tiny or huge numbers are safe
    size = float(np.max(np.abs(m - d)))
    if size == 0:
        return None, None, None
    m_mean, d_mean = m.mean(), d.mean()
    x, y = (m - m_mean) / size, (d - d_mean) / size
    bias = float(((m_mean - d_mean) / size) ** 2)
    # avoids cancellation in sd(x) - sd(y) and r - 1 where the series differ little
    sx, sy = float(np.sqrt(np.mean(x**2))), float(np.sqrt(np.mean(y**2)))
    both = sx + sy
    variation = float(np.mean((x - y) * (x + y)) / both) ** 2 if both > 0 else 0.0
    covariation = max(float(np.mean((x - y) ** 2)) - variation, 0.0)
    total = bias + variation + covariation
    return bias / total, variation / total, covariation / total


def spearman(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Spearman's rank correlation, ties at their mean rank.

    None below three pairs, for values that are not finite, and where one side is constant.
    """
    if len(a) < 3 or not np.isfinite([*a, *b]).all():
        return None
    x, y = _ranks(a), _ranks(b)
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt(np.sum(x**2) * np.sum(y**2)))
    return float(np.sum(x * y)) / size if size > 0 else None


def _ranks(values: Sequence[float]) -> Reals:
    v = np.asarray(values, float)
    below = (v[None, :] < v[:, None]).sum(axis=1)
    same = (v[None, :] == v[:, None]).sum(axis=1)
    ranks: Reals = below + (same + 1) / 2
    return ranks
