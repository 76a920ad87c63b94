"""Balanced growth as an equilibrium: net flows relative to the growth of a trend.

A model whose demand grows has no equilibrium, but often a path on which everything grows at the
same rate. Such a model has a scaling symmetry: multiply the trend and every stock by their own
powers of one number, and all net flows are multiplied by those of their stocks. Where the symmetry
is found, the net flow is taken relative to growth,

    f(x) - degree * growth rate * x,

with the trend held. Where none is found, the trend is held and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.native.kernel import NativeKernel
from simdistrict.regimes.frozen import Frozen

# largest residual of the identity, relative to the largest net flow of each stock
_TOLERANCE = 1e-5
_STEP = 1e-5
_STATES = 3


@dataclass(frozen=True, eq=False)
class Growth:
    """The dilution of every free stock by growth, per time unit and unit of the stock.

    trends: of every held trend the name, the growth rate, and whether a symmetry was found.
    """

    dilution: Reals
    trends: tuple[tuple[str, float, bool], ...]


def growth_of(frozen: Frozen, kernel: NativeKernel, trends: Sequence[int], scale: Reals) -> Growth:
    """Find a symmetry for each trend in turn, if need be with later trends scaling along.

    A trend that has scaled along with an earlier one is held relative to it.
    """
    layout = frozen.causes.program.layout
    dilution = np.zeros(len(frozen.free))
    found: list[tuple[str, float, bool]] = []
    base = np.array(frozen.vector)
    kernel.derive(base)
    shift = layout.rates.start - layout.stocks.start
    used: set[int] = set()
    for k, place in enumerate(trends):
        rate = float(base[place + shift] / base[place]) if base[place] else 0.0
        degrees = None
        if place not in used and rate:
            # scaling along comes second: alone, the powers are unambiguous
            along: list[int] = []
            degrees = _degrees(frozen, kernel, place, along, scale)
            if degrees is None:
                along = [t for t in trends[k + 1 :] if t not in used]
                degrees = _degrees(frozen, kernel, place, along, scale) if along else None
        if degrees is not None:
            dilution += rate * degrees[: len(frozen.free)]
            moved = np.abs(degrees[len(frozen.free) :]) > 1e-3
            used |= {t for t, m in zip(along, moved, strict=True) if m}
        found.append((str(frozen.trends[k].symbol), rate, degrees is not None or place in used))
    return Growth(dilution, tuple(found))


def _degrees(
    frozen: Frozen, kernel: NativeKernel, trend: int, along: Sequence[int], scale: Reals
) -> Reals | None:
    """The powers of the free stocks, then those of the trends that scale along; None if none.

    Euler's identity for every net flow f_i, linear in the powers d:
    sum_j d_j x_j df_i/dx_j - d_i f_i = - T df_i/dT.
    """
    layout = frozen.causes.program.layout
    shift = layout.rates.start - layout.stocks.start
    moving = [*frozen.free, *along, trend]
    n = len(frozen.free)
    rates = [p + shift for p in frozen.free]
    draw = np.random.default_rng(1)
    rows, sides = [], []
    for _ in range(_STATES):
        v = np.array(frozen.vector)
        for place, s in zip(frozen.free, scale, strict=True):
            v[place] = abs(float(v[place]) * draw.uniform(0.8, 1.25) + 0.02 * s)
        # other sizes of the trends too: at one size a wrong power can fit as well
        for place in (*along, trend):
            v[place] *= draw.uniform(0.5, 2.0)
        here = [v[p] for p in moving]
        kernel.derive(v)
        flows = np.array([v[r] for r in rates])
        slopes = np.empty((n, len(moving)))
        for j, place in enumerate(moving):
            ends = []
            for factor in (1 + _STEP, 1 - _STEP):
                v[place] = here[j] * factor
                kernel.derive(v)
                ends.append(np.array([v[r] for r in rates]))
            v[place] = here[j]
            slopes[:, j] = (ends[0] - ends[1]) / (2 * _STEP)
        block = slopes[:, :-1].copy()
        block[np.arange(n), np.arange(n)] -= flows
        size = np.abs(slopes).sum(axis=1) + np.abs(flows)
        size[size == 0] = 1.0
        rows.append(block / size[:, None])
        sides.append(-slopes[:, -1] / size)
    matrix, side = np.concatenate(rows), np.concatenate(sides)
    if not (np.isfinite(matrix).all() and np.isfinite(side).all()):
        return None
    degrees: Reals = np.linalg.lstsq(matrix, side, rcond=1e-9)[0]
    left = np.abs(matrix @ degrees - side).max(initial=0.0)
    if left > _TOLERANCE:
        return None
    # the powers are simple numbers; the rest is the error of finite differences
    rounded: Reals = np.round(degrees * 12) / 12
    return rounded if np.abs(rounded - degrees).max() < 1e-3 else degrees
