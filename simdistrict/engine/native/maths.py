"""Powers for members side by side, in the part of Python that `translate` takes.

A logarithm and an exponential by their series, the first in twice the digits of a float, so that
a power is right to one unit in its last digit. The C library has powers one by one only; three
of these take as long as one of those. `exponent`, `mantissa` and `scaled` handle the bits of a
float, `exact_pow` is the C library's. Read as text and never called.
"""

# mypy: ignore-errors
# ruff: noqa: F821
from __future__ import annotations


def fast_pow(x: float, y: float) -> float:
    """x to the power y, for ordinary numbers; others go to the C library."""
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
    e = y * log
    e_low = fma(y, log, -e) + y * log_low
    n = rint(e * 1.4426950408889634)
    r_high = fma(-n, 0.693147180559890330187045037746429443359375, e)
    rest = fma(-n, 5.497923018708371174712471e-14, e_low)
    r = r_high + rest
    r_low = (r_high - r) + rest
    r2 = r * r
    r4 = r2 * r2
    g = fma(r, 1.0 / 6.0, 0.5) + r2 * fma(r, 1.0 / 120.0, 1.0 / 24.0)
    h = fma(r, 1.0 / 5040.0, 1.0 / 720.0) + r2 * fma(r, 1.0 / 362880.0, 1.0 / 40320.0)
    i = fma(r, 1.0 / 39916800.0, 1.0 / 3628800.0)
    j = fma(r, 1.0 / 6227020800.0, 1.0 / 479001600.0) + r2 * (1.0 / 87178291200.0)
    tail = r2 * (g + r4 * h + r4 * r4 * (i + r2 * j))
    sum = 1.0 + r
    sum_low = (1.0 - sum + r) + (fma(r_low, sum, tail))
    power = scaled(sum + sum_low, n)
    ordinary = x >= 2.2250738585072014e-308 and x < inf and abs(e) < 700.0
    if all(ordinary):
        return power
    return exact_pow(x, y)
