"""Functions of Vensim that XMILE does not have, as equivalent expressions.

The writer writes the expression; the reader recognises it. So the engine switches exactly at the
date with every integrator, and the next file is the same as this one.
"""

from __future__ import annotations

from dataclasses import dataclass

from simdistrict.exchange.xmile.functions import ONE, TIME_STEP, ZERO, XmileCall
from simdistrict.model.expr import Binary, Call, Expr, Number, Ref, Unary, children, rebuild


@dataclass(frozen=True, slots=True)
class Hole(Expr):
    """The place of an argument in a pattern, by its index."""

    index: int


def _if(condition: Expr, yes: Expr, no: Expr) -> Expr:
    return Call("IF THEN ELSE", (condition, yes, no))


def _both(left: Expr, right: Expr) -> Expr:
    return Binary(":AND:", left, right)


def _minus(x: Expr) -> Expr:
    return Unary("-", x)


def _floor(x: Expr) -> Expr:
    return XmileCall("INT", (x,))


def _idioms() -> dict[tuple[str, int], Expr]:
    a, b, c, d = map(Hole, range(4))
    # Vensim switches when Time + TIME STEP/2 passes a date
    now = Binary("+", Ref("time"), Binary("/", TIME_STEP, Number(2.0)))
    since = Binary("-", now, a)
    rounds = Binary("*", _floor(Binary("/", since, c)), c)
    width = _if(Binary(">", b, ZERO), b, TIME_STEP)
    within = _both(Binary(">", now, a), Binary("<", now, d))
    short = Binary("<", Binary("-", since, rounds), Call("MAX", (b, TIME_STEP)))
    size = Call("ABS", (b,))
    return {
        ("PULSE", 2): _if(_both(Binary(">", since, ZERO), Binary("<", since, width)), ONE, ZERO),
        ("PULSE TRAIN", 4): _if(_both(within, short), ONE, ZERO),
        ("RAMP", 3): Binary("-", Call("RAMP", (a, b)), Call("RAMP", (a, c))),
        ("INTEGER", 1): _if(Binary("<", a, ZERO), _minus(_floor(_minus(a))), _floor(a)),
        ("MODULO", 2): _if(
            Binary("<", a, ZERO),
            _minus(XmileCall("MOD", (_minus(a), size))),
            XmileCall("MOD", (a, size)),
        ),
    }


IDIOMS = _idioms()


def spelled_out(call: Call) -> Expr | None:
    """The expression equivalent to a function; None for a function of XMILE."""
    pattern = IDIOMS.get((call.function, len(call.args)))
    return None if pattern is None else _filled(pattern, call.args)


def recognised(expr: Expr) -> Expr:
    """The function that an expression is equivalent to; else the expression itself."""
    if not isinstance(expr, Call | Binary):
        return expr
    for (name, count), pattern in IDIOMS.items():
        found: dict[int, Expr] = {}
        if _matches(pattern, expr, found) and len(found) == count:
            return Call(name, tuple(found[k] for k in range(count)))
    return expr


def _filled(pattern: Expr, args: tuple[Expr, ...]) -> Expr:
    if isinstance(pattern, Hole):
        return args[pattern.index]
    nodes = children(pattern)
    return rebuild(pattern, tuple(_filled(n, args) for n in nodes)) if nodes else pattern


def _matches(pattern: Expr, expr: Expr, found: dict[int, Expr]) -> bool:
    match pattern, expr:
        case Hole(k), _:
            return found.setdefault(k, expr) == expr
        case ((Number() | Ref()), _):
            return pattern == expr
        case Unary(op, inner), Unary(other, theirs):
            return op == other and _matches(inner, theirs, found)
        case Unary("-", Hole(k)), Number(value):
            # a negative number is one node
            return found.setdefault(k, Number(-value)) == Number(-value)
        case Binary(op, left, right), Binary(other, x, y):
            return op == other and _matches(left, x, found) and _matches(right, y, found)
        case Call(function, args), Call(other, theirs):
            return (
                type(pattern) is type(expr)
                and function == other
                and len(args) == len(theirs)
                and all(_matches(p, e, found) for p, e in zip(args, theirs, strict=True))
            )
    return False
