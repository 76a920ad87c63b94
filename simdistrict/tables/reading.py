"""Statistics for measures of claims, over members: sums, means, extremes, first times."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from simdistrict.base.arrays import Flags, Reals


def first_year(reached: Flags, first: int) -> Reals:
    """The first year in which a condition holds, over members; inf if it never does.

    reached: members by years, from the year `first` on.
    """
    return np.where(reached.any(axis=-1), first + reached.argmax(axis=-1), np.inf)


def stacked(values: Iterable[Reals]) -> Reals:
    """Stack arrays over members: members by cases."""
    return np.stack(list(values), axis=-1)


def summed(values: Reals) -> Reals:
    """The sum along the last axis."""
    return np.asarray(values.sum(axis=-1))


def mean(values: Reals) -> Reals:
    """The mean of the finite values along the last axis; NaN if there are none."""
    finite = np.isfinite(values)
    sums = np.where(finite, values, 0).sum(axis=-1)
    return np.where(finite.any(axis=-1), sums / np.maximum(finite.sum(axis=-1), 1), np.nan)


def least(values: Reals) -> Reals:
    """The smallest value along the last axis, ignoring NaN; NaN if there is none."""
    smallest = np.where(np.isnan(values), np.inf, values).min(axis=-1)
    return np.where(np.isnan(values).all(axis=-1), np.nan, smallest)


def most(values: Reals) -> Reals:
    """The largest value, likewise."""
    return -least(-values)
