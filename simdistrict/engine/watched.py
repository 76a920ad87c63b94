"""Parts of equations that may do what nobody means, and the numbers that tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Watched:
    """A part of an equation whose numbers tell whether it does anything sensible in a run.

    kind: `comparison` of Time with a date, `switch` (STEP and its like), `lookup`, `data`, `drain`
    (a stock loses a share of itself) or `lag` (DELAY FIXED and its like).
    what: the operator, the function, the lookup or the stock; empty for points in an equation.
    element: in the model's spelling; line: in the model file; constant: its numbers do not depend
    on time; rounds, width: how many groups of how many numbers it has; stock, delay: of a drain,
    one number for each stock, and the function that the stock is a stage of.

    A group begins with the slot of the label within the element, and with 1 where the part can
    have an effect, 0 where constants or the time switch it off. The rest by kind:
    comparison: the date with which Time is compared, and the slope of what stands for Time; twice
    where two must hold together, with both operators in `what`.
    switch: the arguments, NaN where they change during a run.
    lookup, data: the number of the table and what it is read at.
    drain: sign, factor and time of the share, sign * factor / time.
    lag: the delay.
    """

    kind: str
    what: str
    element: str
    line: int
    rounds: int
    width: int
    constant: bool = True
    stock: int = 0
    delay: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """All watched parts of a program.

    source: functions of the vector v as in a `Program`: once(v); foreseen(v, out) appends the
    numbers that depend on constants and the time alone, seen(v, out) those of lookups that are
    read at anything else. foreseen, seen: the parts, in the order of their numbers.
    """

    source: str = ""
    foreseen: tuple[Watched, ...] = ()
    seen: tuple[Watched, ...] = ()


NOTHING = Watch()
