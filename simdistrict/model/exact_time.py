"""Time counted in whole steps: the start and the step of a grid as fractions of one denominator.

The time of each point is then one division of two whole numbers. So it is the float nearest to the
true time, as is a number that a file spells in decimals: with steps of 0.1 the third point lies at
the float 0.3, where 3 * 0.1 lies beside it.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from sys import float_info

# denominators of steps such as 1/3 or 1/12, and of decimals as people type them
SIMPLE, TYPED = 10_000, 10**12
# a float holds whole numbers up to here exactly, and their halves up to half of it
EXACT = 2.0**52
# Numbers of the grid that a model computes (0.1 + 0.2, start + 3 * TIME STEP) are off by some
# rounding errors: 1e-10 steps in a run of a million steps. Numbers that somebody meant to lie
# between two points are farther from both than a millionth of a step.
SLACK = 1e-6


@lru_cache(256)
def whole_numbers(start: float, time_step: float, steps: int) -> tuple[float, float, float]:
    """Numbers first, pace and parts: step i is at (first + i * pace) / parts, in floats.

    They are whole where start and time step are simple fractions; else the start, the time step
    and 1.
    """
    one, other = simple(start), simple(time_step)
    if one is not None and other is not None:
        parts = math.lcm(one.denominator, other.denominator)
        first, pace = int(one * parts), int(other * parts)
        if max(abs(first) + (steps + 1) * pace, parts) < EXACT:
            return float(first), float(pace), float(parts)
    return start, time_step, 1.0


def simple(x: float) -> Fraction | None:
    """The simple fraction whose nearest float is x; None if there is none."""
    if not math.isfinite(x):
        return None
    near = Fraction(x).limit_denominator(SIMPLE)
    if float(near) == x:
        return near
    typed = Fraction(repr(x))
    return typed if typed.denominator <= TYPED else None


def slack(start: float, stop: float, time_step: float) -> float:
    """How far a number may be from a point of the grid and still mean it, in units of time."""
    rounding = 8.0 * float_info.epsilon * max(abs(start), abs(stop))
    return min(max(SLACK * time_step, rounding), time_step / 8.0)
