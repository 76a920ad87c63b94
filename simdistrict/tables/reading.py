"""What measures of claims read from runs, over members: sums, means, extremes, first times."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from simdistrict.base.arrays import Flags, Reals


def first_year(reached: Flags, first: int) -> Reals:
    """The first year in which something is so, over members; inf where it never is.

    reached: members by years, from the year `first` on.
    """
    return np.where(reached.any(axis=-1), first + reached.argmax(axis=-1), np.inf)


def stacked(values: Iterable[Reals]) -> Reals:
    """Arrays over members as members by cases."""
    return np.stack(list(values), axis=-1)


def summed(values: Reals) -> Reals:
    """The sum along the last axis."""
    return np.asarray(values.sum(axis=-1))


def mean(values: Reals) -> Reals:
    """The mean along the last axis of what is finite; NaN where nothing is."""
    finite = np.isfinite(values)
    sums = np.where(finite, values, 0).sum(axis=-1)
    return np.where(finite.any(axis=-1), sums / np.maximum(finite.sum(axis=-1), 1), np.nan)


def least(values: Reals) -> Reals:
    """The smallest along the last axis of what is no NaN; NaN where nothing is."""
    smallest = np.where(np.isnan(values), np.inf, values).min(axis=-1)
    return np.where(np.isnan(values).all(axis=-1), np.nan, smallest)


def most(values: Reals) -> Reals:
    """The largest, likewise."""
    return -least(-values)
