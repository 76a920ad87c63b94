"""Powers for members side by side, in the part of Python that `translate` takes.

The C library has powers one by one only. Here a power is computed by series in some 62 binary
digits, of which a float has 53. What is not next to the middle between two floats is rounded to the
same float by everybody whose error is small, and that of the C library is known (`machine.
rounds_well`). So only the rest, one number in twenty-five, is asked of the C library, and every
lane has its bits.

`exponent`, `mantissa` and `scaled` handle the bits of a float; `settled_pow` is its first argument
in the lanes where the second holds, and the C library's power in the others. Read as text and never
called.
"""

# mypy: ignore-errors
# ruff: noqa: F821
from __future__ import annotations

# How much of the last digit may lie between what is found and a float, so that the float is the C
# library's: half a digit less its error beyond half a digit (0.011), ours (0.006, and 0.00025 |e|).
SURE = 0.48


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
    """exp(e + e_low), rounded (part 0), and what that lacks in units of its last digit (part 1)."""
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
    """x to the power y. FAST: without asking the C library where it is not sure."""
    log = logarithm(x, 0)
    log_low = logarithm(x, 1)
    e = y * log
    e_low = fma(y, log, -e) + y * log_low
    power = exponential(e, e_low, 0)
    # the error of the logarithm counts as often as e is large
    sure = abs(exponential(e, e_low, 1)) < SURE - 0.0005 * abs(e)
    ordinary = x >= 2.2250738585072014e-308 and x < inf and abs(e) < 700.0
    settled = ordinary if FAST > 0 else ordinary and sure
    return settled_pow(power, settled, x, y)
