"""The functions of whole arrays, as plain Python that reads and writes slices of the vector.

A slice is given by its first slot and its length; `out` is the first slot of the result. The
functions run for several members at once, so a choice that depends on values selects between
values: which slot is read or written, and how often a loop turns, never depends on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from simdistrict.engine.helpers.primitives import Vector
from simdistrict.model.expr import NA


def pick(v: Sequence[float], place: int, k: float) -> float:
    """The number in the slot `place` + k; k is a whole number."""
    return v[place + int(k)]


def vector_rank(v: Vector, out: int, a: int, n: int, direction: float) -> None:
    """The rank of each number among n, from 1; equal ones rank in their order."""
    sign = 1.0 if direction > 0.0 else -1.0
    for i in range(n):
        rank = 1.0
        x = sign * v[a + i]
        for j in range(i):
            rank = rank + (1.0 if sign * v[a + j] <= x else 0.0)
        for j in range(i + 1, n):
            rank = rank + (1.0 if sign * v[a + j] < x else 0.0)
        v[out + i] = rank


def vector_sort_order(v: Vector, out: int, a: int, n: int, direction: float) -> None:
    """The numbers of the labels, from 0, in the order of their values."""
    sign = 1.0 if direction > 0.0 else -1.0
    for i in range(n):
        v[out + i] = 0.0
    for i in range(n):
        rank = 0.0
        x = sign * v[a + i]
        for j in range(i):
            rank = rank + (1.0 if sign * v[a + j] <= x else 0.0)
        for j in range(i + 1, n):
            rank = rank + (1.0 if sign * v[a + j] < x else 0.0)
        for k in range(n):
            v[out + k] = float(i) if rank == float(k) else v[out + k]


def vector_reorder(v: Vector, out: int, a: int, n: int, b: int, m: int) -> None:
    """The values in an order: the k-th is the one whose number, from 0, stands k-th in it."""
    for k in range(m):
        wanted = v[b + k]
        found = math.nan
        for i in range(n):
            found = v[a + i] if wanted == float(i) else found
        v[out + k] = found


def invert_matrix(v: Vector, out: int, a: int, n: int) -> None:
    """The inverse of n rows of n numbers, by Gauss and Jordan with the largest pivot.

    The matrix itself, which is a copy, serves as the place to work in. A singular one gives NaN.
    """
    for i in range(n):
        for j in range(n):
            v[out + i * n + j] = 1.0 if i == j else 0.0
    for c in range(n):
        # swap the largest number of the column up, row by row
        for r in range(c + 1, n):
            bigger = abs(v[a + r * n + c]) > abs(v[a + c * n + c])
            for j in range(n):
                x = v[a + c * n + j]
                y = v[a + r * n + j]
                v[a + c * n + j] = y if bigger else x
                v[a + r * n + j] = x if bigger else y
                x = v[out + c * n + j]
                y = v[out + r * n + j]
                v[out + c * n + j] = y if bigger else x
                v[out + r * n + j] = x if bigger else y
        pivot = v[a + c * n + c]
        over = 1.0 / (pivot if pivot != 0.0 else math.nan)
        for j in range(n):
            v[a + c * n + j] = v[a + c * n + j] * over
            v[out + c * n + j] = v[out + c * n + j] * over
        for r in range(n):
            if r != c:
                factor = v[a + r * n + c]
                for j in range(n):
                    v[a + r * n + j] = v[a + r * n + j] - factor * v[a + c * n + j]
                    v[out + r * n + j] = v[out + r * n + j] - factor * v[out + c * n + j]


def element(v: Vector, first: int, n: int, place: int, offset: float) -> float:
    """The number `offset` slots after `place`, one of n slots; :NA: outside of them."""
    # NaN lies outside
    step = offset if abs(offset) < 1e15 else -1e15
    at = place - first + math.floor(step + 0.5)
    inside = at >= 0.0 and at < float(n)
    found = pick(v, first, at if inside else 0.0)
    return found if inside else NA


def vector_lookup(
    v: Vector, a: int, n: int, x: float, low: float, high: float, mode: float
) -> float:
    """The function whose n values stand at equal distances between low and high, or its inverse.

    mode: 0 a lookup, 1 its area from low, 2 backward, 3 extrapolated, 4 forward, 5 the inverse,
    6 the slope; 7, 8, 9 are 1, 5, 6 extrapolated.
    """
    wide = (high - low) / (n - 1.0) if high > low and float(n) > 1.0 else math.nan
    # where x lies, in intervals, and the interval that it is in
    exact = (x - low) / wide
    at = exact if exact == exact else 0.0
    inside = max(min(at, n - 1.0), 0.0)
    k = min(math.floor(inside), n - 2.0)
    here = pick(v, a, k if k >= 0.0 else 0.0)
    there = pick(v, a, k + 1.0 if k >= 0.0 else 0.0)
    rise = there - here
    last = v[a + n - 1]
    area = 0.0
    for i in range(n - 1):
        part = max(min(inside - i, 1.0), 0.0)
        area = area + part * (v[a + i] + 0.5 * part * (v[a + i + 1] - v[a + i]))
    # what lies beyond the ends: under a level line, or under the line of the last interval
    beyond = at - inside
    level = area + beyond * (v[a] if beyond < 0.0 else last)
    sloping = level + 0.5 * beyond * beyond * rise
    result = here + (inside - k) * rise
    result = level * wide if mode == 1.0 else result
    result = (there if inside == k + 1.0 else here) if mode == 2.0 else result
    result = here + (at - k) * rise if mode == 3.0 else result
    result = (here if inside == k else there) if mode == 4.0 else result
    steep = rise / wide
    # at a point: halfway between the slopes on both sides
    before = pick(v, a, k - 1.0 if k >= 1.0 else 0.0)
    corner = (there - before) / (2.0 * wide) if inside == k and k >= 1.0 else steep
    result = corner if mode == 6.0 or mode == 9.0 else result
    result = 0.0 if mode == 6.0 and beyond != 0.0 else result
    result = sloping * wide if mode == 7.0 else result
    if mode == 5.0:
        result = inverse(v, a, n, x, 0.0) * wide + low
    if mode == 8.0:
        result = inverse(v, a, n, x, 1.0) * wide + low
    # a number that is none of these, and an x that is none
    result = result if mode >= 0.0 and mode <= 9.0 and mode == math.floor(mode) else math.nan
    return result if exact == exact else math.nan


def inverse(v: Vector, a: int, n: int, y: float, beyond: float) -> float:
    """Where, in intervals, n values first reach y; the ends outside, or their lines continued."""
    rises = v[a + n - 1] >= v[a]
    result = n - 1.0
    for i in range(n - 1):
        k = n - 2 - i
        gap = v[a + k + 1] - v[a + k]
        reached = v[a + k + 1] >= y if rises else v[a + k + 1] <= y
        share = (y - v[a + k]) / (gap if gap != 0.0 else 1.0)
        carried = float(i) == 0.0 and beyond > 0.0 and gap != 0.0
        result = k + share if reached or carried else result
    before = v[a] >= y if rises else v[a] <= y
    first = v[a + min(1, n - 1)] - v[a]
    ahead = (y - v[a]) / (first if first != 0.0 else 1.0) if beyond > 0.0 else 0.0
    return ahead if before else result


HELPERS: dict[str, Callable[..., object]] = {
    "element": element,
    "vector_lookup": vector_lookup,
    "vector_rank": vector_rank,
    "vector_sort_order": vector_sort_order,
    "vector_reorder": vector_reorder,
    "invert_matrix": invert_matrix,
}
