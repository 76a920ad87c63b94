"""XMILE's functions in terms of Vensim's, which the engine knows.

A function that Vensim does not have is built from others. An unknown name is kept in capitals; the
engine refuses it if it does not know it either.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from simdistrict.model.expr import (
    Binary,
    Call,
    Expr,
    Number,
    Ref,
    capitals,
    children,
    fold,
    rebuild,
)

Args = tuple[Expr, ...]
TIME_STEP = Ref("time step")
ZERO, ONE = Number(0.0), Number(1.0)
# bounds of Vensim's random functions where XMILE's have none
ENDLESS = 1e30

# names without arguments
VALUES: dict[str, Expr] = {
    "time": Ref("time"),
    "dt": TIME_STEP,
    "starttime": Ref("initial time"),
    "stoptime": Ref("final time"),
    "pi": Number(math.pi),
    "inf": Number(math.inf),
    "nan": Number(math.nan),
}
# functions of an array
REDUCTIONS = {"SUM": "SUM", "PROD": "PROD", "MIN": "VMIN", "MAX": "VMAX", "MEAN": "MEAN"}
# functions of one argument with the same name in both languages
SAME = frozenset("ABS ARCCOS ARCSIN ARCTAN COS COSH EXP LN SIN SINH SQRT STEP TAN TANH".split())


@dataclass(frozen=True, slots=True)
class XmileCall(Call):
    """A function that Vensim does not have: INT, MOD or PREVIOUS SELF of XMILE.

    Used only while an equation is read or written; `settled` replaces it by Vensim's functions.
    """


@dataclass(frozen=True, slots=True)
class XmileFunction:
    """How to read a function of XMILE.

    arity: possible numbers of arguments; make: its expression from the arguments.
    vensim: replaces `make` in files written by Vensim, which uses some names with its own meaning.
    """

    arity: tuple[int, ...]
    make: Callable[[Args], Expr]
    vensim: Callable[[Args], Expr] | None = None


def call(name: str) -> Callable[[Args], Expr]:
    """A function of Vensim with the same arguments in the same order."""
    return lambda args: Call(name, args)


def _either(plain: str, with_initial: str, count: int) -> Callable[[Args], Expr]:
    """A function of Vensim that has another name with an initial value."""
    return lambda args: Call(plain if len(args) == count else with_initial, args)


def _floor(args: Args) -> Expr:
    """The floor of a number; Vensim's INTEGER rounds towards zero."""
    (x,) = args
    if isinstance(x, Number) and math.isfinite(x.value):
        return Number(float(math.floor(x.value)))
    whole = Call("INTEGER", (x,))
    return Call("IF THEN ELSE", (Binary("<", x, whole), Binary("-", whole, ONE), whole))


def _floored_modulo(args: Args) -> Expr:
    """The remainder with the sign of the divisor; Vensim's MODULO has that of the dividend."""
    y = args[1]
    rest = Call("MODULO", args)
    opposite = Binary("<", Binary("*", rest, y), ZERO)
    return Call("IF THEN ELSE", (opposite, Binary("+", rest, y), rest))


def _order(family: str) -> Callable[[Args], Expr]:
    """SMTHN and DELAYN: input, time, order, initial value; in Vensim the order is last."""

    def make(args: Args) -> Expr:
        source, interval, order = args[:3]
        first = args[3] if len(args) == 4 else None
        return Call(f"{family} N", (source, interval, first or source, order))

    return make


def _pulse(args: Args) -> Expr:
    """A volume within one time step, at a time and, with three arguments, periodically."""
    start = args[1] if len(args) > 1 else Ref("initial time")
    if len(args) == 2:
        on: Expr = Call("PULSE", (start, TIME_STEP))
    else:
        interval = args[2] if len(args) == 3 else TIME_STEP
        end = Binary("+", Ref("final time"), TIME_STEP)
        on = Call("PULSE TRAIN", (start, TIME_STEP, interval, end))
    return Binary("/", Binary("*", args[0], on), TIME_STEP)


def _nested(name: str) -> Callable[[Args], Expr]:
    def make(args: Args) -> Expr:
        result = args[0]
        for arg in args[1:]:
            result = Call(name, (result, arg))
        return result

    return make


def _mean(args: Args) -> Expr:
    """The mean of single numbers; for an array see `REDUCTIONS`."""
    total = args[0]
    for arg in args[1:]:
        total = Binary("+", total, arg)
    return Binary("/", total, Number(float(len(args))))


def _round(args: Args) -> Expr:
    return XmileCall("INT", (Binary("+", args[0], Number(0.5)),))


def _random(name: str, arity: int, make: Callable[[Args], Args]) -> XmileFunction:
    """A random function of Vensim.

    arity: of XMILE's function without its optional seed; make: Vensim's arguments without the
    seed, from XMILE's.
    """
    return XmileFunction(
        (arity, arity + 1),
        lambda a: Call(name, (*make(a[:arity]), a[arity] if a[arity:] else ZERO)),
    )


def _normal(args: Args) -> Expr:
    """Mean, deviation, seed, minimum, maximum; in Vensim the bounds are first."""
    mean, deviation = args[:2]
    seed = args[2] if args[2:] else ZERO
    low, high = args[3:] if args[3:] else (Number(-ENDLESS), Number(ENDLESS))
    return Call("RANDOM NORMAL", (low, high, mean, deviation, seed))


def _lognormal(args: Args) -> Expr:
    """Mean and deviation of the draws, not of their logarithms."""
    mean, deviation = args[:2]
    ratio = Binary("^", Binary("/", deviation, mean), Number(2.0))
    variance = Call("LN", (Binary("+", ONE, ratio),))
    middle = Binary("-", Call("LN", (mean,)), Binary("/", variance, Number(2.0)))
    return Call("EXP", (_normal((middle, Call("SQRT", (variance,)), *args[2:])),))


def settled(expr: Expr) -> Expr:
    """The expression with INT and MOD in terms of Vensim's functions."""
    nodes = tuple(map(settled, children(expr)))
    expr = rebuild(expr, nodes) if nodes else expr
    match expr:
        case XmileCall("INT", args):
            return _floor(args)
        case XmileCall("MOD", args):
            return _floored_modulo(args)
    return expr


FUNCTIONS: dict[str, XmileFunction] = {
    **{name: XmileFunction((2,) if name == "STEP" else (1,), call(name)) for name in SAME},
    "DELAY": XmileFunction(
        (2, 3), lambda a: Call("DELAY FIXED", (*a[:2], a[2] if a[2:] else a[0]))
    ),
    "DELAY1": XmileFunction((2, 3), _either("DELAY1", "DELAY1I", 2)),
    "DELAY3": XmileFunction((2, 3), _either("DELAY3", "DELAY3I", 2)),
    "DELAYN": XmileFunction((3, 4), _order("DELAY")),
    "EXPRND": _random("RANDOM EXPONENTIAL", 1, lambda a: (ZERO, Number(ENDLESS), ZERO, *a)),
    "FORCST": XmileFunction((3, 4), call("FORECAST")),
    "IF THEN ELSE": XmileFunction((3,), call("IF THEN ELSE")),
    "INIT": XmileFunction((1,), call("INITIAL")),
    "INT": XmileFunction((1,), lambda a: XmileCall("INT", a), call("INTEGER")),
    "LOGNORMAL": XmileFunction((2, 3), _lognormal),
    "LOG10": XmileFunction((1,), lambda a: Binary("/", Call("LN", a), Call("LN", (Number(10.0),)))),
    "MAX": XmileFunction(tuple(range(1, 20)), _nested("MAX")),
    "MEAN": XmileFunction(tuple(range(1, 20)), _mean),
    "MIN": XmileFunction(tuple(range(1, 20)), _nested("MIN")),
    "MOD": XmileFunction((2,), lambda a: XmileCall("MOD", a), call("MODULO")),
    "NORMAL": XmileFunction((2, 3, 5), _normal),
    "POISSON": _random("RANDOM POISSON", 1, lambda a: (ZERO, Number(ENDLESS), *a, ZERO, ONE)),
    "PREVIOUS": XmileFunction(
        (1, 2), lambda a: Call("DELAY FIXED", (a[0], TIME_STEP, a[1] if a[1:] else ZERO))
    ),
    "PULSE": XmileFunction((1, 2, 3), _pulse),
    "RAMP": XmileFunction((2, 3), call("RAMP")),
    "RANDOM": _random("RANDOM UNIFORM", 2, lambda a: a),
    "ROUND": XmileFunction((1,), _round),
    "SAFEDIV": XmileFunction((2, 3), _either("ZIDZ", "XIDZ", 2)),
    "SMTH1": XmileFunction((2, 3), _either("SMOOTH", "SMOOTHI", 2)),
    "SMTH3": XmileFunction((2, 3), _either("SMOOTH3", "SMOOTH3I", 2)),
    "SMTHN": XmileFunction((3, 4), _order("SMOOTH")),
    "TREND": XmileFunction((2, 3), lambda a: Call("TREND", (*a[:2], a[2] if a[2:] else ZERO))),
    "UNIFORM": _random("RANDOM UNIFORM", 2, lambda a: a),
}


def readable(name: str) -> str:
    """The name of a function as in the tables: capitals, blanks for underscores."""
    return capitals(fold(name))


# functions of Vensim that XMILE does not have, not even as an expression
VENSIMS_OWN = frozenset(
    (
        "ALLOCATE AVAILABLE|ALLOCATE BY PRIORITY|DELAY INFORMATION|DELAY MATERIAL|DEMAND AT PRICE|"
        "DEPRECIATE STRAIGHTLINE|FIND MARKET PRICE|GET TIME VALUE|INVERT MATRIX|LOOKUP AREA|"
        "LOOKUP SLOPE|RANDOM BETA|RANDOM BINOMIAL|RANDOM GAMMA|RANDOM NEGATIVE BINOMIAL|"
        "RANDOM POISSON|SUPPLY AT PRICE|VECTOR ELM MAP|VECTOR LOOKUP|VECTOR RANK|VECTOR REORDER|"
        "VECTOR SELECT|VECTOR SORT ORDER"
    ).split("|")
)
