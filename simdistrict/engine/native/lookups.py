"""What stands for `curves.lookup` in compiled code: the line through the points of a lookup."""

from __future__ import annotations

from typing import Final

from simdistrict.engine.helpers.primitives import Vector, anywhere, everywhere

# a table with more points than this is searched first
FEW: Final = 16


def lookup_in_lanes(v: Vector, a: int, n: int, x: float) -> float:
    """The line through n points, for members side by side: all lanes ask the same points.

    Of a long table only the points between the lanes are asked.
    """
    b = a + n - 1
    first = a + 1
    last = b
    if n > FEW:
        while first < last:
            middle = (first + last) // 2
            if everywhere(x >= v[middle]):
                first = middle + 1
            else:
                last = middle
        low = first
        last = b
        while low < last:
            middle = (low + last) // 2
            if anywhere(x >= v[middle]):
                low = middle + 1
            else:
                last = middle
    from_x = v[first - 1]
    from_y = v[first - 1 + n]
    slope = v[first - 1 + 2 * n]
    for k in range(first, last):
        behind = x >= v[k]
        from_x = v[k] if behind else from_x
        from_y = v[k + n] if behind else from_y
        slope = v[k + 2 * n] if behind else slope
    between = from_y + (x - from_x) * slope
    return v[a + n] if x <= v[a] else (v[b + n] if x >= v[b] else between)


def lookup_alone(v: Vector, a: int, n: int, x: float) -> float:
    """The line through n points for one member, by bisection."""
    b = a + n - 1
    if x <= v[a]:
        return v[a + n]
    if x >= v[b]:
        return v[b + n]
    low = a
    high = b
    while low < high:
        middle = (low + high) // 2
        if x < v[middle]:
            high = middle
        else:
            low = middle + 1
    k = low - 1
    return v[k + n] + (x - v[k]) * v[k + 2 * n]
