"""Interpolation of lookups and other functions of their points, as plain scalar Python.

The x of n points are in v from slot a on, followed by their y and by the slopes between each point
and the next one. Every function but `lookup`, which compilers replace, visits all points, because
members that run side by side may be at different points.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, MutableSequence, Sequence

from simdistrict.model.expr import NA


def slopes(v: MutableSequence[float], a: int, n: int) -> None:
    """Compute the slopes; zero where the line jumps, which is never read."""
    for k in range(a, a + n - 1):
        gap = v[k + 1] - v[k]
        v[k + 2 * n] = (v[k + 1 + n] - v[k + n]) / gap if gap > 0.0 else 0.0


def lookup(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The line through n points."""
    b = a + n - 1
    if x <= v[a]:
        return v[a + n]
    if x >= v[b]:
        return v[b + n]
    k = bisect_right(v, x, a, b) - 1
    return v[k + n] + (x - v[k]) * v[k + 2 * n]


def lookup_forward(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The y of the first point that is not before x; the last one after all points."""
    last = a + n - 1
    result = v[last + n]
    for k in range(n):
        result = v[last - k + n] if v[last - k] >= x else result
    return result


def lookup_backward(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The y of the last point that is not after x; the first one before all points."""
    result = v[a + n]
    for k in range(a, a + n):
        result = v[k + n] if v[k] <= x else result
    return result


def lookup_extrapolate(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The line through the points, its first and its last piece continued beyond them."""
    if n < 2:
        return v[a + n]
    low = v[a]
    high = v[a + 1]
    low_y = v[a + n]
    high_y = v[a + 1 + n]
    for k in range(a + 1, a + n - 1):
        behind = x >= v[k]
        low = v[k] if behind else low
        low_y = v[k + n] if behind else low_y
        high = v[k + 1] if behind else high
        high_y = v[k + 1 + n] if behind else high_y
    return low_y + (x - low) * (high_y - low_y) / (high - low) if high > low else low_y


def lookup_invert(v: Sequence[float], a: int, n: int, y: float) -> float:
    """The x at which the line through the points first has the value y; the ends beyond them.

    The line rises throughout, or falls throughout.
    """
    last = a + n - 1
    rises = v[last + n] >= v[a + n]
    result = v[last]
    for k in range(n - 1):
        high = v[last - k]
        high_y = v[last - k + n]
        low = v[last - k - 1]
        low_y = v[last - k - 1 + n]
        gap = high_y - low_y
        here = low + (high - low) * (y - low_y) / gap if gap != 0.0 else low
        reached = high_y >= y if rises else high_y <= y
        result = here if reached else result
    before = v[a + n] >= y if rises else v[a + n] <= y
    return v[a] if before else result


def area_until(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The area under the line from its first point to x; below the first one it is negative."""
    last = a + n - 1
    total = min(x - v[a], 0.0) * v[a + n] + max(x - v[last], 0.0) * v[last + n]
    for k in range(a, last):
        wide = v[k + 1] - v[k]
        part = max(min(x - v[k], wide), 0.0)
        rise = (v[k + 1 + n] - v[k + n]) * part / (wide if wide > 0.0 else 1.0)
        total = total + part * (v[k + n] + 0.5 * rise)
    return total


def lookup_area(v: Sequence[float], a: int, n: int, x: float, stop: float) -> float:
    """The area under the line between two x; the ends are held beyond the points."""
    return area_until(v, a, n, stop) - area_until(v, a, n, x)


def lookup_slope(v: Sequence[float], a: int, n: int, x: float, mode: float) -> float:
    """The slope of the line at x; at a point the mean of the slopes on both sides.

    mode: beyond the points 0 for none, 1 for that of the nearest piece, -1 for :NA:.
    """
    last = a + n - 1
    inside = math.nan
    before = math.nan
    after = math.nan
    first_slope = math.nan
    same = 0.0
    for k in range(a, a + n):
        same = same + (1.0 if v[k] == x else 0.0)
    for k in range(a, last):
        wide = v[k + 1] - v[k]
        slope = (v[k + 1 + n] - v[k + n]) / (wide if wide > 0.0 else math.nan)
        first_slope = slope if v[k] == v[a] else first_slope
        inside = slope if x > v[k] and x < v[k + 1] else inside
        after = slope if x == v[k] else after
        before = slope if x == v[k + 1] else before
        nearest = first_slope if x < v[a] else slope
        beyond = 0.0 if mode == 0.0 else (nearest if mode == 1.0 else NA)
        inside = beyond if x < v[a] or x > v[last] else inside
    corner = before if after != after else (after if before != before else 0.5 * (before + after))
    corner = corner if same < 1.5 else NA
    return corner if same > 0.5 else inside


# below, 1e-9: a time of the grid and the same time in a file may differ in their last digits


def data_forward(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The y of the first point that is not before x; the last one after all points."""
    return lookup_forward(v, a, n, x - 1e-9 * (1.0 + abs(x)))


def data_backward(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The y of the last point that is not after x; the first one before all points."""
    return lookup_backward(v, a, n, x + 1e-9 * (1.0 + abs(x)))


def data_raw(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The y of the point at x, and Vensim's :NA: where there is none."""
    result = -6.490371073168535e32
    for k in range(a, a + n):
        result = v[k + n] if abs(v[k] - x) <= 1e-9 * (1.0 + abs(x)) else result
    return result


def data_between(
    v: Sequence[float], a: int, n: int, x: float, mode: float, start: float, step: float
) -> float:
    """The value at a time by a mode: on the line (0), the next (1) or the one before (-1).

    As Vensim's published results have it (the model getdata of SDEverywhere): the last two count
    in whole time steps, and the one before is another one than that at the time itself. Outside
    the points: :NA:.
    """
    near = 1e-9 * (1.0 + abs(x))
    steps = (x - start) / step + 1e-6
    steps = float(math.floor(steps)) if math.isfinite(steps) else steps
    at = x if abs(mode) < 0.5 else start + steps * step
    last = a + n - 1
    low_x = v[a]
    low_y = v[a + n]
    high_x = v[last]
    high_y = v[last + n]
    for k in range(a, a + n):
        before = v[k] < at - near
        low_x = v[k] if before else low_x
        low_y = v[k + n] if before else low_y
    for k in range(n):
        behind = v[last - k] >= at - near
        high_x = v[last - k] if behind else high_x
        high_y = v[last - k + n] if behind else high_y
    span = high_x - low_x if high_x > low_x else 1.0
    line = low_y + (at - low_x) * (high_y - low_y) / span
    value = line if abs(mode) < 0.5 else (high_y if mode > 0.0 else low_y)
    inside = x >= v[a] - near and x <= v[last] + near
    return value if inside else -6.490371073168535e32


def data_first_time(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The x of the first point."""
    return v[a]


def data_last_time(v: Sequence[float], a: int, n: int, x: float) -> float:
    """The x of the last point."""
    return v[a + n - 1]


def data_points(v: Sequence[float], a: int, n: int, x: float) -> float:
    """How many points there are."""
    result = 0.0
    for _ in range(n):
        result = result + 1.0
    return result


# helpers whose result jumps where a point is passed
STEPWISE = frozenset({"data_forward", "data_backward", "data_raw"})

HELPERS: dict[str, Callable[..., object]] = {
    "slopes": slopes,
    "lookup": lookup,
    "lookup_forward": lookup_forward,
    "lookup_backward": lookup_backward,
    "lookup_extrapolate": lookup_extrapolate,
    "lookup_invert": lookup_invert,
    "lookup_area": lookup_area,
    "lookup_slope": lookup_slope,
    "data_forward": data_forward,
    "data_backward": data_backward,
    "data_raw": data_raw,
    "data_between": data_between,
    "data_first_time": data_first_time,
    "data_last_time": data_last_time,
    "data_points": data_points,
}
