"""Powers of all lanes at once, in the compiled subset of Python.

The C library computes one power per call. Here a series computes a power to some 62 binary digits,
of which a float has 53. A result that is not close to the middle between two floats rounds to the
same float for every method with a small error, and the error of the C library is known (`machine.
rounds_well`). Only the rest, one number in twenty-five, needs a call of the C library, and every
lane has its bits.

The compiler replaces the functions named in `INTRINSICS` by operations on the bits of a float, or
by one instruction.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

INTRINSICS = ("exponent", "mantissa", "scaled", "fma", "rint", "settled_pow")
# The largest distance to the float, in units of the last digit, at which the float is that of the C
# library: half a unit less its excess error (0.011) and the error here (0.006, and 0.00025 |e|).
SURE: Final = 0.48
# the least float with all its digits
LEAST: Final = 2.2250738585072014e-308
# the square root of 1/2, where mantissas begin
_ROOT = 0.7071067811865476


def exponent(x: float) -> float:
    """The k of x = m * 2 ** k, m between the square roots of 1/2 and of 2."""
    m, k = math.frexp(x)
    return float(k if m >= _ROOT else k - 1)


def mantissa(x: float) -> float:
    """The m of x = m * 2 ** k."""
    m, _ = math.frexp(x)
    return m if m >= _ROOT else 2.0 * m


def scaled(x: float, n: float) -> float:
    """x * 2 ** n, for a result in the ordinary range."""
    return math.ldexp(x, int(n))


def fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once."""
    return float(Fraction(x) * Fraction(y) + Fraction(z))


def rint(x: float) -> float:
    """The whole number next to x, the even one of two."""
    return float(round(x))


def settled_pow(found: float, settled: bool, x: float, y: float) -> float:
    """A power that was found, or that of the C library where it is not settled."""
    return found if settled else math.pow(x, y)


def logarithm(x: float, part: int) -> float:
    """log(x) of an ordinary positive number as a sum of two floats: part 0, and part 1."""
    k = exponent(x)
    f = mantissa(x) - 1.0
    # s = f / (2 + f) as a sum of two floats, so that log(1 + f) = 2 atanh(s)
    d = 2.0 + f
    d_low = f - (d - 2.0)
    over = 1.0 / d
    s = f * over
    s_low = (fma(-s, d, f) - s * d_low) * over
    p = s * s
    p_low = fma(s, s, -p) + 2.0 * s * s_low
    # p (2/5 + 2/7 p + ...), in pairs so that many are computed at once
    p2 = p * p
    p4 = p2 * p2
    p8 = p4 * p4
    a = fma(p, 2.0 / 7.0, 2.0 / 5.0) + p2 * fma(p, 2.0 / 11.0, 2.0 / 9.0)
    b = fma(p, 2.0 / 15.0, 2.0 / 13.0) + p2 * fma(p, 2.0 / 19.0, 2.0 / 17.0)
    c = fma(p, 2.0 / 23.0, 2.0 / 21.0) + p2 * fma(p, 2.0 / 27.0, 2.0 / 25.0)
    q = p * (a + p4 * b + p8 * c)
    # 2/3 + q; the second number is what 2/3 lacks as a float
    t = 2.0 / 3.0 + q
    t_low = (2.0 / 3.0 - t + q) + 3.700743415417188e-17
    u = p * t
    u_low = fma(p, t, -u) + (p * t_low + p_low * t)
    w = s * u
    w_low = fma(s, u, -w) + (s * u_low + s_low * u)
    low = 2.0 * s + w
    low_low = (2.0 * s - low + w) + (2.0 * s_low + w_low)
    # k log(2): the first part has zeros at its end, so that the product is exact
    whole = k * 0.693147180559890330187045037746429443359375
    log = whole + low
    log_low = (whole - log + low) + (k * 5.497923018708371174712471e-14 + low_low)
    high = log + log_low
    return high if part == 0 else (log - high) + log_low


def exponential(e: float, e_low: float, part: int) -> float:
    """exp(e + e_low), rounded (part 0), and the rounding error in ulp (part 1)."""
    n = rint(e * 1.4426950408889634)
    r_high = fma(-n, 0.693147180559890330187045037746429443359375, e)
    r_rest = fma(-n, 5.497923018708371174712471e-14, e_low)
    r = r_high + r_rest
    r_low = (r_high - r) + r_rest
    r2 = r * r
    r2_low = fma(r, r, -r2)
    # r^3 / 6 in two floats as well; the second number is what 1/6 lacks as a float
    c = r2 * r
    c_low = fma(r2, r, -c) + r2_low * r
    cubic = c * (1.0 / 6.0)
    cubic_low = fma(c, 1.0 / 6.0, -cubic) + (c * 9.25185853854297e-18 + c_low * (1.0 / 6.0))
    r4 = r2 * r2
    # r^4 (1/24 + r/120 + ...), again in pairs
    g = fma(r, 1.0 / 120.0, 1.0 / 24.0) + r2 * fma(r, 1.0 / 5040.0, 1.0 / 720.0)
    h = fma(r, 1.0 / 362880.0, 1.0 / 40320.0) + r2 * fma(r, 1.0 / 39916800.0, 1.0 / 3628800.0)
    i = fma(r, 1.0 / 6227020800.0, 1.0 / 479001600.0) + r2 * (1.0 / 87178291200.0)
    rest = r4 * (g + r4 * h + r4 * r4 * i)
    one = 1.0 + r
    one_low = (1.0 - one) + r
    two = one + 0.5 * r2
    two_low = (one - two) + 0.5 * r2
    three = two + cubic
    three_low = (two - three) + cubic
    four = three + rest
    four_low = (three - four) + rest
    lacking = (one_low + two_low) + (three_low + four_low)
    lacking = lacking + (0.5 * r2_low + (cubic_low + r_low * three))
    sum = four + lacking
    digit = 2.220446049250313e-16 if sum > 1.0 else 1.1102230246251565e-16
    return scaled(sum, n) if part == 0 else ((four - sum) + lacking) / digit


def lane_pow(x: float, y: float) -> float:
    """x to the power y, with the bits of the C library."""
    log = logarithm(x, 0)
    log_low = logarithm(x, 1)
    e = y * log
    e_low = fma(y, log, -e) + y * log_low
    power = exponential(e, e_low, 0)
    ordinary = x >= LEAST and x < math.inf and abs(e) < 700.0
    # the error of the logarithm counts as often as e is large
    sure = abs(exponential(e, e_low, 1)) < SURE - 0.0005 * abs(e)
    return settled_pow(power, ordinary and sure, x, y)


def fast_pow(x: float, y: float) -> float:
    """x to the power y, to one unit in the last digit."""
    log = logarithm(x, 0)
    e = y * log
    power = exponential(e, fma(y, log, -e) + y * logarithm(x, 1), 0)
    return settled_pow(power, x >= LEAST and x < math.inf and abs(e) < 700.0, x, y)
