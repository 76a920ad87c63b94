"""What stands for the primitives that copy and sum a block of numbers in compiled code."""

from __future__ import annotations

from simdistrict.engine.helpers.primitives import Vector


def copy(to: Vector, at: int, source: Vector, first: int, count: int) -> None:
    """See `primitives.copy`."""
    for k in range(count):
        to[at + k] = source[first + k]


def total(v: Vector, first: int, count: int) -> float:
    """See `primitives.total`; four sums that do not wait for each other."""
    one = 0.0
    two = 0.0
    three = 0.0
    four = 0.0
    for k in range(count // 4):
        one = one + v[first + 4 * k]
        two = two + v[first + 4 * k + 1]
        three = three + v[first + 4 * k + 2]
        four = four + v[first + 4 * k + 3]
    for k in range(count // 4 * 4, count):
        one = one + v[first + k]
    return one + two + (three + four)
