"""Allocation by supply and demand, as plain Python on slices of the vector.

A priority profile is a row of at least three numbers: the kind of a curve, its middle and its
width. The curve gives the share of a quantity that is demanded at a price. Kinds (help
page "Specifying the Curves"): 0 a fixed quantity, 1 to 4 the integral of a rectangle, a triangle,
a normal distribution and an exponential one on both sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from simdistrict.engine.helpers.primitives import Vector


def normal_tail(z: float) -> float:
    """The share of a standard normal distribution above z.

    Abramowitz and Stegun 7.1.6 (a series) near the middle, 7.1.14 (a continued fraction) beyond.
    """
    x = abs(z) * 0.7071067811865476
    near = min(x, 3.0)
    term = near
    total = near
    for n in range(60):
        term = term * 2.0 * near * near / (2.0 * n + 3.0)
        total = total + term
    inner = 1.0 - 1.1283791670955126 * math.exp(-near * near) * total
    far = max(min(x, 40.0), 3.0)
    fraction = far
    for n in range(50):
        fraction = far + (50 - n) * 0.5 / fraction
    outer = 0.5641895835477563 * math.exp(-far * far) / fraction
    tail = 0.5 * (inner if x < 3.0 else outer)
    return tail if z >= 0.0 else 1.0 - tail


def portion(kind: float, middle: float, width: float, price: float) -> float:
    """The share of a quantity that is demanded at a price, from one down to none."""
    wide = width if width > 0.0 else math.nan
    away = (price - middle) / wide
    edge = max(min(away + 0.5, 1.0), 0.0)
    outside = 0.5 * math.exp(-min(abs(away), 700.0))
    if kind == 0.0:
        return 1.0
    if kind == 1.0:
        return 1.0 - edge if away == away else math.nan
    if kind == 2.0:
        rest = 1.0 - edge
        result = 1.0 - 2.0 * edge * edge if edge < 0.5 else 2.0 * rest * rest
        return result if away == away else math.nan
    if kind == 3.0:
        return normal_tail(away)
    if kind == 4.0:
        return 1.0 - outside if away < 0.0 else outside
    return math.nan


def reach(kind: float, width: float, normal: float, exponential: float) -> float:
    """The distance from the middle at which a curve ends; of unbounded ones, so many widths."""
    if kind == 0.0:
        return 0.0
    if kind == 3.0:
        return normal * width
    if kind == 4.0:
        return exponential * width
    return 0.5 * width


def demanded(v: Vector, a: int, n: int, p: int, k: int, price: float) -> float:
    """The demand of n demanders at a price."""
    total = 0.0
    for i in range(n):
        part = portion(v[p + i * k], v[p + i * k + 1], v[p + i * k + 2], price)
        total = total + max(v[a + i], 0.0) * part
    return total


def supplied(v: Vector, a: int, n: int, p: int, k: int, price: float) -> float:
    """The supply of n suppliers at a price: the curves of demand, mirrored."""
    total = 0.0
    for i in range(n):
        middle = v[p + i * k + 1]
        part = portion(v[p + i * k], middle, v[p + i * k + 2], 2.0 * middle - price)
        total = total + max(v[a + i], 0.0) * part
    return total


def allocate_available(
    v: Vector, out: int, a: int, n: int, p: int, k: int, available: float
) -> None:
    """Allocate what is available to n requests: all, or their demand at the clearing price."""
    total = 0.0
    low = math.inf
    high = -math.inf
    for i in range(n):
        total = total + max(v[a + i], 0.0)
        far = reach(v[p + i * k], v[p + i * k + 2], 40.0, 700.0)
        low = min(low, v[p + i * k + 1] - far)
        high = max(high, v[p + i * k + 1] + far)
    for _ in range(100):
        price = 0.5 * low + 0.5 * high
        more = demanded(v, a, n, p, k, price) > available
        low = price if more else low
        high = high if more else price
    given = demanded(v, a, n, p, k, high)
    # the fixed quantities alone may be more than there is
    scale = available / given if given > available and available > 0.0 else 1.0
    for i in range(n):
        part = portion(v[p + i * k], v[p + i * k + 1], v[p + i * k + 2], high)
        request = max(v[a + i], 0.0)
        rationed = request * part * scale if available > 0.0 else 0.0
        v[out + i] = request if available >= total else rationed


def allocate_by_priority(
    v: Vector, out: int, a: int, n: int, b: int, m: int, width: float, available: float
) -> None:
    """The same where all curves are integrals of rectangles of one width, in the order of b."""
    total = 0.0
    low = math.inf
    high = -math.inf
    for i in range(n):
        total = total + max(v[a + i], 0.0)
        low = min(low, v[b + i] - width)
        high = max(high, v[b + i] + width)
    for _ in range(100):
        price = 0.5 * low + 0.5 * high
        taken = 0.0
        for i in range(n):
            taken = taken + max(v[a + i], 0.0) * portion(1.0, v[b + i], width, price)
        more = taken > available
        low = price if more else low
        high = high if more else price
    for i in range(n):
        request = max(v[a + i], 0.0)
        part = portion(1.0, v[b + i], width, high)
        rationed = request * part if available > 0.0 else 0.0
        v[out + i] = request if available >= total else rationed


def find_market_price(
    v: Vector, a: int, n: int, p: int, k: int, b: int, m: int, q: int, j: int
) -> float:
    """The price at which the demand of n demanders equals the supply of m suppliers.

    Where they never meet, an end of the curves: 5 standard deviations of a normal one from its
    middle, 10 widths of an exponential one, which is how Vensim's output has it.
    """
    low = math.inf
    high = -math.inf
    for i in range(n):
        far = reach(v[p + i * k], v[p + i * k + 2], 5.0, 10.0)
        low = min(low, v[p + i * k + 1] - far)
        high = max(high, v[p + i * k + 1] + far)
    for i in range(m):
        far = reach(v[q + i * j], v[q + i * j + 2], 5.0, 10.0)
        low = min(low, v[q + i * j + 1] - far)
        high = max(high, v[q + i * j + 1] + far)
    start = low
    for _ in range(100):
        price = 0.5 * low + 0.5 * high
        wanted = demanded(v, a, n, p, k, price)
        more = wanted > supplied(v, b, m, q, j, price)
        low = price if more else low
        high = high if more else price
    lowest = demanded(v, a, n, p, k, start) <= supplied(v, b, m, q, j, start)
    return start if lowest else high


def demand_at_price(
    quantity: float, kind: float, middle: float, width: float, price: float
) -> float:
    """The demand for a quantity at a price."""
    return quantity * portion(kind, middle, width, price)


def supply_at_price(
    quantity: float, kind: float, middle: float, width: float, price: float
) -> float:
    """The supply of a quantity at a price."""
    return quantity * portion(kind, middle, width, 2.0 * middle - price)


HELPERS: dict[str, Callable[..., object]] = {
    "allocate_available": allocate_available,
    "allocate_by_priority": allocate_by_priority,
    "find_market_price": find_market_price,
    "demand_at_price": demand_at_price,
    "supply_at_price": supply_at_price,
}
