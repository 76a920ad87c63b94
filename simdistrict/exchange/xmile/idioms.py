"""Functions of Vensim that XMILE has not, as the expressions that say the same.

They are written so, and what was written so is known again when it is read: the engine then
switches at the date itself, with every integrator, and the next file is the same as this one.
"""

from __future__ import annotations

from simdistrict.exchange.xmile.functions import FLOOR, FLOORED_MODULO, ONE, TIME_STEP, ZERO
from simdistrict.model.expr import Binary, Call, Expr, Number, Ref, Unary, children, rebuild

# an argument of the function, by its number, within a pattern
_HOLE = "#"


def _if(condition: Expr, yes: Expr, no: Expr) -> Expr:
    return Call("IF THEN ELSE", (condition, yes, no))


def _both(left: Expr, right: Expr) -> Expr:
    return Binary(":AND:", left, right)


def _minus(x: Expr) -> Expr:
    return Unary("-", x)


def _idioms() -> dict[tuple[str, int], Expr]:
    a, b, c, d = (Ref(f"{_HOLE}{k}") for k in range(4))
    # Vensim switches where Time + TIME STEP/2 passes a date
    now = Binary("+", Ref("time"), Binary("/", TIME_STEP, Number(2.0)))
    since = Binary("-", now, a)
    rounds = Binary("*", Call(FLOOR, (Binary("/", since, c),)), c)
    width = _if(Binary(">", b, ZERO), b, TIME_STEP)
    within = _both(Binary(">", now, a), Binary("<", now, d))
    short = Binary("<", Binary("-", since, rounds), Call("MAX", (b, TIME_STEP)))
    size = Call("ABS", (b,))
    return {
        ("PULSE", 2): _if(_both(Binary(">", since, ZERO), Binary("<", since, width)), ONE, ZERO),
        ("PULSE TRAIN", 4): _if(_both(within, short), ONE, ZERO),
        ("RAMP", 3): Binary("-", Call("RAMP", (a, b)), Call("RAMP", (a, c))),
        ("INTEGER", 1): _if(
            Binary("<", a, ZERO), _minus(Call(FLOOR, (_minus(a),))), Call(FLOOR, (a,))
        ),
        ("MODULO", 2): _if(
            Binary("<", a, ZERO),
            _minus(Call(FLOORED_MODULO, (_minus(a), size))),
            Call(FLOORED_MODULO, (a, size)),
        ),
    }


IDIOMS = _idioms()


def spelled_out(call: Call) -> Expr | None:
    """The expression that says what a function says; None where XMILE has the function."""
    pattern = IDIOMS.get((call.function, len(call.args)))
    return None if pattern is None else _filled(pattern, call.args)


def recognised(expr: Expr) -> Expr:
    """The function that an expression spells out; the expression itself where it is none."""
    if not isinstance(expr, Call | Binary):
        return expr
    for (name, count), pattern in IDIOMS.items():
        found: dict[int, Expr] = {}
        if _matches(pattern, expr, found) and len(found) == count:
            return Call(name, tuple(found[k] for k in range(count)))
    return expr


def _filled(pattern: Expr, args: tuple[Expr, ...]) -> Expr:
    if isinstance(pattern, Ref) and pattern.name.startswith(_HOLE):
        return args[int(pattern.name[1:])]
    nodes = children(pattern)
    return rebuild(pattern, tuple(_filled(n, args) for n in nodes)) if nodes else pattern


def _matches(pattern: Expr, expr: Expr, found: dict[int, Expr]) -> bool:
    match pattern, expr:
        case Ref(name, ()), _ if name.startswith(_HOLE):
            return found.setdefault(int(name[1:]), expr) == expr
        case ((Number() | Ref()), _):
            return pattern == expr
        case Unary(op, inner), Unary(other, theirs):
            return op == other and _matches(inner, theirs, found)
        case Unary("-", Ref(name)), Number(value) if name.startswith(_HOLE):
            # the sign of a number is its own
            return found.setdefault(int(name[1:]), Number(-value)) == Number(-value)
        case Binary(op, left, right), Binary(other, x, y):
            return op == other and _matches(left, x, found) and _matches(right, y, found)
        case Call(function, args), Call(other, theirs):
            return (
                function == other
                and len(args) == len(theirs)
                and all(_matches(p, e, found) for p, e in zip(args, theirs, strict=True))
            )
    return False
