"""How far PAWN indices are chance: their intervals, and what a number without influence gets.

The index of SALib (Pianosi and Wagener 2018), written so that it can be computed many times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals

# of a normal distribution, 95% lie within this many standard deviations
_NORMAL = 1.959963984540054


def medians(design: Reals, values: Reals, slides: int) -> Reals:
    """The median over slides of the Kolmogorov-Smirnov distance, for each column of a design."""
    order = np.argsort(values, kind="stable")
    # distances are taken where the distribution steps: behind the last of equal values
    steps = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    whole = (steps + 1) / len(values)
    return np.array(
        [np.nanmedian(_distances(column[order], slides, steps, whole)) for column in design.T]
    )


def half_widths(design: Reals, values: Reals, slides: int, resamples: int, seed: int) -> Reals:
    """Half of an interval of 95% for each column, from members drawn again.

    From the spread of the resampled indices, as SALib does for the others, not from their
    quantiles: members that come twice make every distance larger.
    """
    draw = np.random.default_rng(seed)
    found = np.empty((resamples, design.shape[1]))
    for k in range(resamples):
        rows = draw.integers(len(values), size=len(values))
        found[k] = medians(design[rows], values[rows], slides)
    return np.asarray(_NORMAL * found.std(axis=0, ddof=1), float)


def without_influence(values: Reals, slides: int, resamples: int, seed: int) -> float:
    """What a number that does not act on the indicator exceeds in 5 of 100 cases."""
    draw = np.random.default_rng((seed, 1))
    columns = draw.random((len(values), resamples))
    return float(np.quantile(medians(columns, values, slides), 0.95))


def _distances(
    column: Reals, slides: int, steps: NDArray[np.intp], whole: Reals
) -> NDArray[np.float64]:
    """The distance in each slide; the column is in the order of the values."""
    edges = np.quantile(column, np.linspace(0, 1, slides + 1))
    found = np.full(slides, np.nan)
    for k in range(slides):
        # the largest number belongs to no slide, as in SALib
        inside = (column >= edges[k]) & (column < edges[k + 1])
        count = int(inside.sum())
        if count:
            found[k] = np.abs(np.cumsum(inside)[steps] / count - whole).max()
    return found
