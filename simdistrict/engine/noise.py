"""The numbers of the RANDOM functions, as plain scalar Python that needs no state.

A number depends on the stream of its call, on its seeds and on the point of the grid: a Feistel
network of twelve rounds over two numbers of 26 bits, whose rounds square, add and take the middle
of the result, all exact in floats. So every backend, every member and every order of evaluation
gives the same numbers, and a run can be repeated from its seeds. They are not Vensim's numbers,
whose generator is not published.
"""

from __future__ import annotations

import math
from collections.abc import Callable

HALF = 67108864.0  # 2 ** 26


def mixed(x: float, key: float) -> float:
    """A number of 26 bits from two others: the middle of (x + key) squared plus x."""
    total = x + key
    total = total - HALF * math.floor(total / HALF)
    square = total * (total + 1.0) + x
    middle = math.floor(square / 8192.0)
    return middle - HALF * math.floor(middle / HALF)


def uniform(stream: float, seed: float, noise: float, point: float) -> float:
    """A number between zero and one, neither of them; seeds and stream are whole numbers."""
    left = point + 7919.0 * stream
    right = math.floor(seed) + 104729.0 * math.floor(noise)
    left = left - HALF * math.floor(left / HALF)
    right = right - HALF * math.floor(right / HALF)
    key = 40503.0 * stream + 2654435.0
    for _ in range(12):
        key = key + 41474641.0
        key = key - HALF * math.floor(key / HALF)
        total = left + mixed(right, key)
        left = right
        right = total - HALF * math.floor(total / HALF)
    return (left * HALF + right + 0.5) / (HALF * HALF)


def normal(stream: float, seed: float, noise: float, point: float) -> float:
    """A number of the standard normal distribution, from two uniform ones (Box and Muller)."""
    first = uniform(stream, seed, noise, point)
    second = uniform(stream + 499979.0, seed, noise, point)
    return math.sqrt(-2.0 * math.log(first)) * math.cos(6.283185307179586 * second)


def within(low: float, high: float, x: float) -> float:
    """The number, or the bound that it is beyond."""
    return low if x < low else (high if x > high else x)


def random_0_1(stream: float, seed: float, noise: float, point: float) -> float:
    """Uniform between 0 and 1."""
    return uniform(stream, seed, noise, point)


def random_uniform(
    low: float, high: float, stream: float, seed: float, noise: float, point: float
) -> float:
    """Uniform between low and high."""
    return low + (high - low) * uniform(stream, seed, noise, point)


def random_normal(
    low: float,
    high: float,
    mean: float,
    spread: float,
    stream: float,
    seed: float,
    noise: float,
    point: float,
) -> float:
    """Normal; a number beyond the bounds is drawn again, four times, and then cut off."""
    result = mean + spread * normal(stream, seed, noise, point)
    for k in range(1, 5):
        outside = result < low or result > high
        again = mean + spread * normal(stream + k * 15485863.0, seed, noise, point)
        result = again if outside else result
    return within(low, high, result)


def random_exponential(
    low: float,
    high: float,
    shift: float,
    stretch: float,
    stream: float,
    seed: float,
    noise: float,
    point: float,
) -> float:
    """Exponential with mean 1 before it is stretched, shifted and cut off."""
    drawn = -math.log(uniform(stream, seed, noise, point))
    return within(low, high, shift + stretch * drawn)


def random_weibull(
    low: float,
    high: float,
    shape: float,
    shift: float,
    stretch: float,
    stream: float,
    seed: float,
    noise: float,
    point: float,
) -> float:
    """Weibull with that shape, at least 0.01, before it is stretched, shifted and cut off."""
    exponent = 1.0 / shape if shape >= 0.01 else math.nan
    u = uniform(stream, seed, noise, point)
    # the power zero of a NaN is one
    drawn = math.pow(-math.log(u), exponent) if u == u else math.nan
    return within(low, high, shift + stretch * drawn)


def random_triangular(
    low: float,
    high: float,
    start: float,
    peak: float,
    stop: float,
    stream: float,
    seed: float,
    noise: float,
    point: float,
) -> float:
    """Triangular from start over peak to stop, cut off."""
    u = uniform(stream, seed, noise, point)
    left = start + math.sqrt(abs(u * (stop - start) * (peak - start)))
    right = stop - math.sqrt(abs((1.0 - u) * (stop - start) * (stop - peak)))
    return within(low, high, left if u * (stop - start) < peak - start else right)


HELPERS: dict[str, Callable[..., float]] = {
    "random_0_1": random_0_1,
    "random_uniform": random_uniform,
    "random_normal": random_normal,
    "random_exponential": random_exponential,
    "random_weibull": random_weibull,
    "random_triangular": random_triangular,
}
