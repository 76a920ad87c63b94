"""The helpers that emitted source calls, as plain scalar Python.

Each is defined as in Vensim; `v` is the flat vector of a run.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from simdistrict.engine.helpers import arrays, curves, market, noise, pasts

# Vensim treats a denominator of smaller magnitude as zero (ZIDZ and XIDZ, reference manual)
SMALL = 1e-6


def integer(x: float) -> float:
    """The whole number towards zero."""
    return float(math.trunc(x)) if math.isfinite(x) else x


def modulo(x: float, y: float) -> float:
    """The remainder of x / y with the sign of x."""
    return math.fmod(x, y)


def quantum(x: float, y: float) -> float:
    """The multiple of y next to x, towards zero; x itself where y is not positive."""
    return x if y <= 0.0 else y * integer(x / y)


# The three below are of a clock, a value that runs with Time (see `lowering.clocks`): within e of a
# number at which the result jumps, it is that number.


def integer_near(x: float, e: float) -> float:
    """`integer` of a clock."""
    near = float(math.floor(x + 0.5)) if math.isfinite(x) else x
    return near if abs(x - near) <= e else integer(x)


def modulo_near(x: float, y: float, e: float) -> float:
    """`modulo` of a clock."""
    rest = modulo(x, y)
    return 0.0 if abs(rest) <= e or abs(y) - abs(rest) <= e else rest


def quantum_near(x: float, y: float, e: float) -> float:
    """`quantum` of a clock."""
    return x if y <= 0.0 else y * integer_near(x / y, e / y)


def gamma_ln(x: float) -> float:
    """The logarithm of the gamma function of a positive number.

    Stirling's series from ten on (Abramowitz and Stegun 6.1.41), the recurrence below.
    """
    product = 1.0
    z = x
    for _ in range(10):
        small = z < 10.0
        product = product * z if small else product
        z = z + 1.0 if small else z
    over = 1.0 / (z * z)
    series = 1.0 / 1188.0 - over * (691.0 / 360360.0)
    series = 1.0 / 1260.0 - over * (1.0 / 1680.0 - over * series)
    series = (1.0 / 12.0 - over * (1.0 / 360.0 - over * series)) / z
    whole = (z - 0.5) * math.log(z) - z + 0.9189385332046727 + series
    return whole - math.log(product) if x > 0.0 else math.nan


def xidz(x: float, y: float, otherwise: float) -> float:
    """x / y, or `otherwise` where y is next to zero."""
    return otherwise if abs(y) < SMALL else x / y


def zidz(x: float, y: float) -> float:
    """x / y, or zero where y is next to zero."""
    return 0.0 if abs(y) < SMALL else x / y


def step(s: float, height: float, start: float) -> float:
    """`height` from the start on; s is the switch time (see `program.Program`)."""
    return height if s > start else 0.0


def pulse(s: float, e: float, start: float, width: float, time_step: float) -> float:
    """One during `width` from the start on; during one time step when width is zero.

    The reference manual: Time + TIME STEP/2 lies between start and start + width, and is neither.
    """
    lasts = width if width > e else time_step
    return 1.0 if s - start > 0.0 and s - start + 2.0 * e < lasts else 0.0


def pulse_train(
    s: float,
    u: float,
    e: float,
    start: float,
    width: float,
    interval: float,
    end: float,
    time_step: float,
) -> float:
    """Pulses of `width` that begin at start, start + interval, ... until `end`, which is included.

    Each begins and ends as that of `pulse` does, but one whose width is a whole number of time
    steps lasts so many, wherever it begins. u: the time at which comparisons with the end are read
    (see `program.Program`).
    """
    if not (start < s and u - end <= e):
        return 0.0
    since = s - start
    if interval > 0.0:
        since -= math.floor(since / interval) * interval
    # the reference manual: a width of at most TIME STEP lasts one time step
    lasts = max(width, time_step)
    steps = lasts / time_step
    whole = abs(steps - math.floor(steps + 0.5)) <= SMALL
    return 1.0 if since < (lasts if whole else lasts - 2.0 * e) else 0.0


def ramp(t: float, slope: float, start: float, end: float) -> float:
    """A line of `slope` per time unit from start to end, held after."""
    if t <= start:
        return 0.0
    return slope * ((t if t < end else end) - start)


def order(asked: float, delay: float, time_step: float) -> float:
    """The number of stages of a delay, none of which is shorter than a time step."""
    whole = integer(asked)
    room = integer(delay / time_step + SMALL)
    return max(room if room < whole else whole, 1.0)


def train_times(
    start: float, width: float, interval: float, end: float, time_step: float, stop: float
) -> list[float]:
    """The times at which a pulse train switches, up to `stop`."""
    last = min(end, stop)
    times = [end]
    width = max(width, time_step)
    count = int((last - start) / interval) + 1 if interval > 0.0 and last > start else 1
    # a run cannot resolve more switches than these
    for k in range(min(count, 100_000)):
        times += (start + k * interval, start + k * interval + width)
    return times


HELPERS: dict[str, Callable[..., object]] = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "pow": math.pow,
    "integer": integer,
    "modulo": modulo,
    "xidz": xidz,
    "zidz": zidz,
    "step": step,
    "pulse": pulse,
    "pulse_train": pulse_train,
    "ramp": ramp,
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "quantum": quantum,
    "integer_near": integer_near,
    "modulo_near": modulo_near,
    "quantum_near": quantum_near,
    "gamma_ln": gamma_ln,
    "order": order,
    **arrays.HELPERS,
    **curves.HELPERS,
    **market.HELPERS,
    **noise.HELPERS,
    **pasts.HELPERS,
    "train_times": train_times,
}


def divide(x: float, y: float) -> float:
    """x / y as IEEE 754 has it, where CPython would raise."""
    try:
        return x / y
    except ZeroDivisionError:
        if x == 0.0 or x != x:
            return math.nan
        return math.copysign(math.inf, x) * math.copysign(1.0, y)


def _ieee(function: Callable[..., float], overflow: float = math.inf) -> Callable[..., float]:
    """The function with NaN for an undefined value and infinity for one too large."""

    def guarded(*args: float) -> float:
        try:
            return function(*args)
        except OverflowError:
            return overflow
        except (ValueError, ZeroDivisionError):
            return math.nan

    return guarded


def _log(x: float) -> float:
    if x == 0.0:
        return -math.inf
    return math.log(x) if x > 0.0 else math.nan


def _sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def _power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        odd = x < 0.0 and math.fmod(y, 2.0) != 0.0
        return -math.inf if odd else math.inf
    except ValueError:
        if x == 0.0 and y < 0.0:
            # an odd power keeps the sign of a zero
            return math.copysign(math.inf, x) if math.fmod(y, 2.0) == -1.0 else math.inf
        return math.nan


GUARDED: dict[str, Callable[..., object]] = {
    **HELPERS,
    "divide": divide,
    "exp": _ieee(math.exp),
    "log": _log,
    "sqrt": _ieee(math.sqrt),
    "sin": _ieee(math.sin),
    "cos": _ieee(math.cos),
    "tan": _ieee(math.tan),
    "pow": _power,
    "acos": _ieee(math.acos),
    "asin": _ieee(math.asin),
    "sinh": _sinh,
    "cosh": _ieee(math.cosh),
    "modulo": _ieee(modulo),
    "modulo_near": _ieee(modulo_near),
    "gamma_ln": _ieee(gamma_ln),
    **{name: _ieee(drawn, math.nan) for name, drawn in noise.HELPERS.items()},
    "depreciation": _ieee(pasts.depreciation, math.nan),
    "vector_lookup": _ieee(arrays.vector_lookup),
    "lookup": lambda v, a, n, x: math.nan if x != x else curves.lookup(v, a, n, x),
}
