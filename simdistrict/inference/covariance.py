"""Normal errors that are correlated along a series, for many members at once.

Members stand in the first axis and rows of the series in the last. What is the same for all
members may have no first axis. A member has the same bits whatever the others are: all loops run
over rows, and each operation is elementwise over members.
"""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals

HALF_LOG_TAU = 0.5 * float(np.log(2 * np.pi))
# length of the discrepancy, as a share of the span of the series
LENGTH = 1 / 3


def whitened(residuals: Reals, gaps: Reals, phi: Reals | float) -> tuple[Reals, Reals]:
    """Independent standard residuals of an AR(1) process, and the log of their scales summed.

    residuals: (members, rows), with standard deviation 1 each and correlation phi ** gap between
    neighbours; gaps: (rows - 1,), in units of time; phi: one number, or (members, 1).
    """
    carried = phi**gaps
    width = np.sqrt(1 - carried * carried)
    found = residuals.copy()
    found[:, 1:] -= carried * residuals[:, :-1]
    found[:, 1:] /= width
    return found, np.asarray(np.log(width).sum(axis=-1))


def correlated(independent: Reals, gaps: Reals, phi: Reals | float) -> Reals:
    """The inverse of `whitened`: an AR(1) process from independent standard normal numbers."""
    carried = np.broadcast_to(phi**gaps, (len(independent), len(gaps)))
    found = independent.copy()
    width = np.sqrt(1 - carried * carried)
    for k in range(len(gaps)):
        found[:, k + 1] = carried[:, k] * found[:, k] + width[:, k] * independent[:, k + 1]
    return found


def autocorrelation(times: Reals, phi: Reals | float) -> Reals:
    """(..., rows, rows): phi ** gap; phi: one number, or (members, 1)."""
    gaps = np.abs(times[:, None] - times)
    return np.asarray(phi[..., None] ** gaps if isinstance(phi, np.ndarray) else phi**gaps)


def length(times: Reals) -> float:
    """The length of the discrepancy of a series: a third of the span of its times."""
    span = float(times[-1] - times[0]) if len(times) else 0.0
    return LENGTH * (span or 1.0)


def autocorrelation_slope(times: Reals, phi: Reals | float) -> Reals:
    """The derivative of `autocorrelation` by phi."""
    gaps = np.abs(times[:, None] - times)
    base = phi[..., None] if isinstance(phi, np.ndarray) else np.float64(phi)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gaps > 0, gaps * base ** (gaps - 1), 0.0)


def smoothness(times: Reals, length: float) -> Reals:
    """(rows, rows): the correlation of the discrepancy.

    A squared exponential kernel (Rasmussen and Williams 2006, equation 4.9).
    """
    gaps = (times[:, None] - times) / length
    return np.asarray(np.exp(-0.5 * gaps * gaps))


def factor(covariance: Reals) -> Reals:
    """The lower Cholesky factor of each covariance, (..., rows, rows).

    NaN for a member whose covariance is not positive definite in double precision.
    """
    try:
        return np.asarray(np.linalg.cholesky(covariance), float)
    except np.linalg.LinAlgError:
        if covariance.ndim == 2:
            return np.full_like(covariance, np.nan)
        return np.stack([factor(one) for one in covariance])


def solved(lower: Reals, residuals: Reals) -> Reals:
    """Independent standard residuals: the solution of lower @ x = residuals, by members."""
    found = residuals.copy()
    for k in range(found.shape[1]):
        found[:, k] /= lower[..., k, k]
        found[:, k + 1 :] -= lower[..., k + 1 :, k] * found[:, k, None]
    return found


def multiplied(lower: Reals, independent: Reals) -> Reals:
    """The inverse of `solved`: lower @ independent, by members."""
    found = np.zeros_like(independent)
    for k in range(found.shape[1]):
        found[:, k:] += lower[..., k:, k] * independent[:, k, None]
    return found


def log_diagonal(lower: Reals) -> Reals:
    """The sum of the logarithms of the diagonal: half the log determinant of the covariance."""
    return np.asarray(np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum(axis=-1))
