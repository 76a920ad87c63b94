"""Derivatives of log densities of errors, and the information that they hold on their centre.

Members stand in the first axis and rows of a series in the last. The centre is the model, or its
logarithm; residuals are centre - data. Scales are (rows,), or (members, 1) where one is estimated.
Of covariances: Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, chapter 5.4.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.inference.distributions import log_density, log_inside, student_log_density


def of_values(
    residuals: Reals, scale: Reals, powers: Reals, freedom: float | None
) -> tuple[Reals, Reals]:
    """By the centre, (members, rows), and by a common scale, (members,).

    freedom: of Student's t, None for normal errors; powers: (rows,), of the likelihood.
    """
    z = residuals / scale
    pull = _pull(z, freedom)
    by_scale = powers * (pull * z - 1) / scale
    return -powers * pull / scale, np.asarray(by_scale.sum(axis=1))


def of_bands(
    low: Reals, high: Reals, scale: Reals, powers: Reals, freedom: float | None
) -> tuple[Reals, Reals]:
    """As `of_values`, for bands; low, high: their ends less the centre, in scales."""
    at_low, at_high = _at_ends(low, high, freedom)
    by_centre = powers * (at_low - at_high) / scale
    by_scale = powers * (_moment(low, at_low) - _moment(high, at_high)) / scale
    return by_centre, np.asarray(by_scale.sum(axis=1))


def of_covariance(
    residuals: Reals, covariance: Reals, changes: Sequence[Reals]
) -> tuple[Reals, list[Reals]]:
    """By the centre, (members, rows), and by each number of the covariance, (members,).

    covariance: (rows, rows), or with members before; changes: its derivatives by the numbers.
    """
    inverse = np.linalg.inv(covariance)
    solved = (inverse @ residuals[..., None])[..., 0]
    half = 0.5 * (solved[..., :, None] * solved[..., None, :] - inverse)
    return -solved, [np.asarray((half * change).sum(axis=(-2, -1))) for change in changes]


def information_of_values(scale: Reals, freedom: float | None) -> Reals:
    """The Fisher information of each row on its centre."""
    share = 1.0 if freedom is None else (freedom + 1) / (freedom + 3)
    return share / np.square(scale)


def information_of_bands(low: Reals, high: Reals, scale: Reals, freedom: float | None) -> Reals:
    """The observed information of each band on its centre; zero where it is negative."""
    at_low, at_high = _at_ends(low, high, freedom)
    pulls = _moment(_pull(high, freedom), at_high) - _moment(_pull(low, freedom), at_low)
    found = (at_low - at_high) ** 2 + pulls
    return np.asarray(np.maximum(found, 0.0) / np.square(scale))


def _pull(z: Reals, freedom: float | None) -> Reals:
    """Minus the derivative of the log density."""
    return z if freedom is None else (freedom + 1) * z / (freedom + z * z)


def _at_ends(low: Reals, high: Reals, freedom: float | None) -> tuple[Reals, Reals]:
    """The density at both ends over the probability between them."""
    inside = log_inside(low, high, freedom)
    if freedom is None:
        return np.exp(log_density(low) - inside), np.exp(log_density(high) - inside)
    ends = (student_log_density(end, freedom) for end in (low, high))
    one, other = (np.exp(end - inside) for end in ends)
    return one, other


def _moment(z: Reals, density: Reals) -> Reals:
    """z times the density; nothing at an end that is infinite."""
    return np.where(np.isfinite(z), z, 0.0) * density
