"""Uncertainty of PAWN indices: intervals, and the level of a number without influence.

The index of SALib (Pianosi and Wagener 2018), vectorised to be computed many times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals

# half the 95% interval of a normal distribution, in standard deviations
_NORMAL = 1.959963984540054


def medians(design: Reals, values: Reals, slides: int) -> Reals:
    """The median over slides of the Kolmogorov-Smirnov distance, for each column of a design."""
    order = np.argsort(values, kind="stable")
    # the distribution steps after the last of equal values
    steps = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    whole = (steps + 1) / len(values)
    return np.array(
        [np.nanmedian(_distances(column[order], slides, steps, whole)) for column in design.T]
    )


def half_widths(design: Reals, values: Reals, slides: int, resamples: int, seed: int) -> Reals:
    """Half the 95% interval for each column, by bootstrap over members.

    From the standard deviation of the resampled indices, as in SALib's other methods, not from
    their quantiles: repeated members increase every distance.
    """
    draw = np.random.default_rng(seed)
    found = np.empty((resamples, design.shape[1]))
    for k in range(resamples):
        rows = draw.integers(len(values), size=len(values))
        found[k] = medians(design[rows], values[rows], slides)
    return np.asarray(_NORMAL * found.std(axis=0, ddof=1), float)


def without_influence(values: Reals, slides: int, resamples: int, seed: int) -> float:
    """The level that the index of a number without influence exceeds in 5 of 100 cases."""
    draw = np.random.default_rng((seed, 1))
    columns = draw.random((len(values), resamples))
    return float(np.quantile(medians(columns, values, slides), 0.95))


def _distances(
    column: Reals, slides: int, steps: NDArray[np.intp], whole: Reals
) -> NDArray[np.float64]:
    """The distance in each slide; column: sorted by the values of the indicator."""
    edges = np.quantile(column, np.linspace(0, 1, slides + 1))
    found = np.full(slides, np.nan)
    for k in range(slides):
        # the largest number belongs to no slide, as in SALib
        inside = (column >= edges[k]) & (column < edges[k + 1])
        count = int(inside.sum())
        if count:
            found[k] = np.abs(np.cumsum(inside)[steps] / count - whole).max()
    return found
