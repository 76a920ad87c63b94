"""Lines against lines and lines against boxes, many at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from simdistrict.base.arrays import Flags, Reals


def crossings(a: Reals, b: Reals, c: Reals, d: Reals) -> Flags:
    """Which segments a-b cross which segments c-d; rows a, columns c. A shared end is none."""
    a, b = a[:, None, :], b[:, None, :]
    c, d = c[None, :, :], d[None, :, :]
    ab, cd = b - a, d - c
    left: Any = _side(ab, c - a) * _side(ab, d - a)
    right: Any = _side(cd, a - c) * _side(cd, b - c)
    found: Flags = (left < 0) & (right < 0)
    return found


def hits(a: Reals, b: Reals, centre: Reals, half: Reals) -> Flags:
    """Which segments a-b touch which boxes; rows segments, columns boxes."""
    start = a[:, None, :]
    # a segment along an axis would divide by zero; a thousandth of a pixel decides nothing
    step = b[:, None, :] - start + 1e-3
    low: Any = (centre - half - start) / step
    high: Any = (centre + half - start) / step
    enter = np.minimum(low, high).max(axis=2)
    leave = np.maximum(low, high).min(axis=2)
    found: Flags = (enter < leave) & (leave > 0) & (enter < 1)
    return found


def _side(along: Reals, to: Reals) -> Any:
    return along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]
