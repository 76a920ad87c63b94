"""Functions that stand for an expression of other functions, as Vensim's help pages print them.

A function with a memory gets its stocks from a `Maker`.
"""

from __future__ import annotations

import math

from simdistrict.engine.lowering.made import Maker
from simdistrict.model.expr import NA, Binary, Call, Expr, Number, Ref

TIME_STEP = Ref("time step")
# the actions of VECTOR SELECT are the numbers below
ACTIONS = 11


def rewritten(call: Call) -> Expr:
    """The expression that a function without a memory stands for; other calls unchanged."""
    match call.function, call.args:
        case ":NA:", ():
            return Number(NA)
        case "GAME", (value,):
            return value  # no run is played as a game
        case "GET TIME VALUE", (Number(0.0 | 1.0 as whose), offset, Number(0.0)):
            # in units of Time; other measures need the calendar of the model's settings
            return plus(Ref("initial time" if whose else "time"), offset)
        case "LOG", (value, base):
            return divided(Call("LN", (value,)), Call("LN", (base,)))
        case "VECTOR SELECT", (selection, values, missing, Number(action), _):
            return _selected(selection, values, missing, int(action)) or call
        case "VECTOR SELECT", (selection, values, missing, action, _):
            return _selected_by(selection, values, missing, action)
    return call


def _selected_by(selection: Expr, values: Expr, missing: Expr, action: Expr) -> Expr:
    """VECTOR SELECT with a computed action; NaN for one that the help page does not list."""
    found: Expr = Number(math.nan)
    for number in range(ACTIONS):
        chosen = _selected(selection, values, missing, number)
        assert chosen is not None
        here = Binary("=", Call("INTEGER", (action,)), Number(float(number)))
        found = Call("IF THEN ELSE", (here, chosen, found))
    return found


def _selected(selection: Expr, values: Expr, missing: Expr, action: int) -> Expr | None:
    """What VECTOR SELECT makes of the values whose selection is not zero.

    None for an action that the help page does not list. Its error action is ignored: a run that
    selects too much or nothing continues.
    """

    def over(function: str, value: Expr, otherwise: float) -> Call:
        here = Binary("<>", selection, Number(0.0))
        return Call(function, (Call("IF THEN ELSE", (here, value, Number(otherwise))),))

    count = over("SUM", Number(1.0), 0.0)
    weighted = times(selection, values)
    found: Expr
    match action:
        case 0 | 6:
            found = over("SUM", values if action else weighted, 0.0)
        case 1 | 7:
            found = over("PROD", values if action > 1 else weighted, 1.0)
        case 2 | 8:
            found = over("VMIN", values if action > 2 else weighted, math.inf)
        case 3 | 9:
            found = over("VMAX", values if action > 3 else weighted, -math.inf)
        case 4 | 10:
            found = Call("ZIDZ", (over("SUM", values if action > 4 else weighted, 0.0), count))
        case 5:
            found = over("PROD", Binary("^", values, selection), 1.0)
        case _:
            return None
    return Call("IF THEN ELSE", (Binary("=", count, Number(0.0)), missing, found))


def remembered(call: Call, maker: Maker) -> Expr:
    """The expression that TREND, FORECAST or NPV stands for; other calls unchanged."""
    match call.function, call.args:
        case "TREND", (source, interval, initial):
            return _trend(maker, source, interval, initial)
        case "FORECAST", (source, interval, horizon, *rest):
            source = maker.value("forecast input", source)
            initial = rest[0] if rest else Number(0.0)
            gap, interval, average = _growing(maker, source, interval, initial)
            # its help page has the average itself where that of TREND has its magnitude
            trend = Call("ZIDZ", (gap, times(interval, average)))
            growth = plus(Number(1.0), times(trend, horizon))
            return times(source, growth)
        case "NPV" | "NPVE", (stream, rate, initial, factor):
            return _present_value(maker, stream, rate, initial, factor, call.function == "NPVE")
    return call


def _trend(maker: Maker, source: Expr, interval: Expr, initial: Expr) -> Expr:
    """The rate of growth of the input over its own smoothed past."""
    gap, interval, average = _growing(maker, source, interval, initial)
    return Call("ZIDZ", (gap, times(interval, Call("ABS", (average,)))))


def _growing(maker: Maker, source: Expr, interval: Expr, initial: Expr) -> tuple[Expr, Expr, Expr]:
    """What the input is beyond its smoothed past, the time of the smoothing, and that past."""
    source = maker.value("trend input", source)
    interval = maker.value("trend time", interval)
    growth = plus(Number(1.0), times(initial, interval))
    average = maker.new("trend average")
    gap = minus(source, average)
    maker.stock(average, divided(gap, interval), divided(source, growth))
    return gap, interval, average


def _present_value(
    maker: Maker, stream: Expr, rate: Expr, initial: Expr, factor: Expr, at_end: bool
) -> Expr:
    """A stream discounted to the start; at_end: valued at the end of each time step."""
    stream = maker.value("stream", stream)
    rate = maker.value("discount rate", rate)
    one = Number(1.0)
    step = plus(one, times(rate, TIME_STEP))
    discount = maker.new("discount factor")
    loss = minus(Number(0.0), divided(times(discount, rate), step))
    maker.stock(discount, loss, divided(one, step) if at_end else one)
    so_far = maker.stock(maker.new("present value"), times(stream, discount), initial)
    return times(plus(so_far, times(times(stream, TIME_STEP), discount)), factor)


def plus(left: Expr, right: Expr) -> Expr:
    """left + right."""
    return Binary("+", left, right)


def minus(left: Expr, right: Expr) -> Expr:
    """left - right."""
    return Binary("-", left, right)


def times(left: Expr, right: Expr) -> Expr:
    """left * right."""
    return Binary("*", left, right)


def divided(left: Expr, right: Expr) -> Expr:
    """left / right."""
    return Binary("/", left, right)
