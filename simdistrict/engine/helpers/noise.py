"""Random numbers for the RANDOM functions, as plain scalar Python without state.

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
    """Uniform between zero and one, exclusive; seeds and stream are whole numbers."""
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
    """The number, cut off at the bounds."""
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


# above this a count is drawn from the normal distribution; below, so many terms suffice
LARGE = 200.0
TERMS = 500


def settled(x: float) -> float:
    """The number, NaN if it is too large for a count."""
    return x if abs(x) < 1e15 else math.nan


def drawn_count(
    first: float, ratio: float, slope: float, stream: float, seed: float, noise: float, point: float
) -> float:
    """A count by inversion.

    The chance of none is first, that of k + 1 is that of k times (ratio - slope k) / (k + 1).
    """
    u = uniform(stream, seed, noise, point)
    chance = first
    total = first
    result = 0.0
    for k in range(TERMS):
        result = result + (1.0 if u > total else 0.0)
        chance = chance * max(ratio - slope * k, 0.0) / (k + 1.0)
        total = total + chance
    return result if u == u else math.nan


def around(
    mean: float, variance: float, stream: float, seed: float, noise: float, point: float
) -> float:
    """A whole number, not below zero, of the normal distribution."""
    drawn = mean + math.sqrt(abs(variance)) * normal(stream, seed, noise, point)
    return max(math.floor(settled(drawn) + 0.5), 0.0) if abs(drawn) < 1e15 else math.nan


def poisson(mean: float, stream: float, seed: float, noise: float, point: float) -> float:
    """A count with that mean, by inversion up to 200 and normal beyond."""
    low = min(max(mean, 0.0), LARGE)
    few = drawn_count(math.exp(-low), low, 0.0, stream, seed, noise, point)
    many = around(mean, mean, stream, seed, noise, point)
    return (few if mean <= LARGE else many) if mean >= 0.0 else math.nan


def gamma(order: float, stream: float, seed: float, noise: float, point: float) -> float:
    """Gamma distributed with that order (Marsaglia and Tsang 2000), by eight attempts at most.

    All eight fail less than once in 10^10 numbers; the middle of the distribution stands for them.
    An order below one is drawn one higher, times a power of a uniform number.
    """
    small = order < 1.0
    raised = order + 1.0 if small else order
    d = (raised if abs(raised) < 1e15 else 1.0) - 1.0 / 3.0
    d = d if d > 0.0 else 1.0
    c = 1.0 / math.sqrt(9.0 * d)
    result = d
    found = 0.0
    for k in range(8):
        x = normal(stream + k * 15485863.0, seed, noise, point)
        u = uniform(stream + k * 15485863.0 + 32452843.0, seed, noise, point)
        side = 1.0 + c * x
        v = side * side * side
        positive = v if v > 0.0 else 1.0
        right = math.log(u) < 0.5 * x * x + d - d * v + d * math.log(positive)
        taken = v > 0.0 and right and found < 0.5
        result = d * v if taken else result
        found = 1.0 if taken else found
    u = uniform(stream + 49979687.0, seed, noise, point)
    exponent = 1.0 / order if small and order > 1e-3 else 0.0
    result = result * math.exp(math.log(u) * exponent)
    return result if order > 1e-3 and order < 1e15 else math.nan


def random_poisson(
    low: float,
    high: float,
    mean: float,
    shift: float,
    stretch: float,
    stream: float,
    seed: float,
    noise: float,
    point: float,
) -> float:
    """Poisson with that mean before it is stretched, shifted and cut off."""
    return within(low, high, shift + stretch * poisson(mean, stream, seed, noise, point))


def random_binomial(
    low: float,
    high: float,
    chance: float,
    trials: float,
    shift: float,
    stretch: float,
    stream: float,
    seed: float,
    noise: float,
    point: float,
) -> float:
    """How many of the trials, a whole number of them, succeed; stretched, shifted and cut off."""
    possible = chance >= 0.0 and chance <= 1.0 and trials >= 0.0 and trials < 1e15
    n = math.floor((trials if possible else 0.0) + 0.5)
    p = (chance if chance <= 0.5 else 1.0 - chance) if possible else 0.0
    odds = p / (1.0 - p)
    variance = n * p * (1.0 - p)
    none = math.exp(n * math.log(1.0 - p)) if variance <= LARGE else 0.0
    few = drawn_count(none, n * odds, odds, stream, seed, noise, point)
    many = min(around(n * p, variance, stream, seed, noise, point), n)
    drawn = few if variance <= LARGE else many
    drawn = drawn if chance <= 0.5 else n - drawn
    return within(low, high, shift + stretch * drawn) if possible else math.nan


def random_negative_binomial(
    low: float,
    high: float,
    chance: float,
    successes: float,
    shift: float,
    stretch: float,
    stream: float,
    seed: float,
    noise: float,
    point: float,
) -> float:
    """How many trials it takes to succeed so often: a Poisson number with a gamma mean."""
    possible = chance > 0.0 and chance <= 1.0 and successes > 0.5 and successes < 1e15
    n = math.floor((successes if possible else 1.0) + 0.5)
    p = chance if possible else 1.0
    mean = gamma(n, stream + 67867967.0, seed, noise, point) * (1.0 - p) / p
    drawn = n + poisson(mean, stream, seed, noise, point)
    return within(low, high, shift + stretch * drawn) if possible else math.nan


def random_gamma(
    low: float,
    high: float,
    order: float,
    shift: float,
    stretch: float,
    stream: float,
    seed: float,
    noise: float,
    point: float,
) -> float:
    """Gamma of that order, at least one, before it is stretched, shifted and cut off."""
    drawn = gamma(max(order, 1.0), stream, seed, noise, point)
    return within(low, high, shift + stretch * drawn)


def random_beta(
    low: float,
    high: float,
    one: float,
    other: float,
    shift: float,
    stretch: float,
    stream: float,
    seed: float,
    noise: float,
    point: float,
) -> float:
    """Beta from two gamma numbers before it is stretched, shifted and cut off."""
    x = gamma(one, stream, seed, noise, point)
    y = gamma(other, stream + 86028121.0, seed, noise, point)
    total = x + y
    return within(low, high, shift + stretch * (x / (total if total > 0.0 else math.nan)))


HELPERS: dict[str, Callable[..., float]] = {
    "random_0_1": random_0_1,
    "random_uniform": random_uniform,
    "random_normal": random_normal,
    "random_exponential": random_exponential,
    "random_weibull": random_weibull,
    "random_triangular": random_triangular,
    "random_poisson": random_poisson,
    "random_binomial": random_binomial,
    "random_negative_binomial": random_negative_binomial,
    "random_gamma": random_gamma,
    "random_beta": random_beta,
}
