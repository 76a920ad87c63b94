"""Intersections of segments with segments and boxes, vectorised."""

from __future__ import annotations

from typing import Any

import numpy as np

from simdistrict.base.arrays import Flags, Reals


def crossings(a: Reals, b: Reals, c: Reals, d: Reals) -> Flags:
    """Which segments a-b (rows) cross which segments c-d (columns); shared ends do not count."""
    a, b = a[:, None, :], b[:, None, :]
    c, d = c[None, :, :], d[None, :, :]
    ab, cd = b - a, d - c
    left: Any = _side(ab, c - a) * _side(ab, d - a)
    right: Any = _side(cd, a - c) * _side(cd, b - c)
    found: Flags = (left < 0) & (right < 0)
    return found


def hits(a: Reals, b: Reals, centre: Reals, half: Reals) -> Flags:
    """Which segments a-b (rows) touch which boxes (columns)."""
    start = a[:, None, :]
    # avoids a division by zero for a segment along an axis
    step = b[:, None, :] - start + 1e-3
    low: Any = (centre - half - start) / step
    high: Any = (centre + half - start) / step
    enter = np.minimum(low, high).max(axis=2)
    leave = np.maximum(low, high).min(axis=2)
    found: Flags = (enter < leave) & (leave > 0) & (enter < 1)
    return found


def _side(along: Reals, to: Reals) -> Any:
    return along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]
