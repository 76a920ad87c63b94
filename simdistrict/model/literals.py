"""Literal numbers in equations: no scenario can change them, and they state no source.

Reads equations only; runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from simdistrict.model.expr import Binary, Call, Expr, Number, Unary, children
from simdistrict.model.model import Constant, Element, Lookup, Model

# functions whose last argument is the order of a delay
_COUNTS = frozenset({"DELAY N", "SMOOTH N"})
# numbers this large stand for no bound
NO_BOUND = 1e30


def magic_numbers(model: Model) -> Iterator[tuple[Element, int, float]]:
    """Every literal that should be a constant: element, line and number.

    Not counted: 0, 1 and -1; 2 and 0.5 as an exponent (a square, a root); LN(2), which turns a
    half-life into a rate; the order of a delay; a number alone as the initial value of a stock,
    which has the stock's unit and source; the points of a lookup; 1e30 and beyond (no bound).
    """
    for element in model:
        if isinstance(element, Constant | Lookup):
            continue
        for equation in element.equations:
            found = list(_literals(equation.expression))
            if equation.initial is not None and not is_bare(equation.initial):
                found += _literals(equation.initial)
            yield from ((element, equation.line, number) for number in found)


def is_bare(expr: Expr) -> bool:
    """Whether an expression is a literal number, possibly negated."""
    return isinstance(expr.operand if isinstance(expr, Unary) else expr, Number)


def _literals(expr: Expr) -> Iterator[float]:
    match expr:
        case Number(value):
            if abs(value) not in (0.0, 1.0) and abs(value) < NO_BOUND:
                yield value
            return
        case Binary("^", base, exponent) if _plain_exponent(exponent):
            yield from _literals(base)
            return
        case Call("LN", (Number(2.0),)):
            return
        case Call(function, (*args, _)) if function in _COUNTS:
            nodes: tuple[Expr, ...] = tuple(args)
        case _:
            nodes = children(expr)
    for node in nodes:
        yield from _literals(node)


def _plain_exponent(expr: Expr) -> bool:
    value = expr.operand if isinstance(expr, Unary) and expr.op == "-" else expr
    return isinstance(value, Number) and abs(value.value) in (2.0, 0.5)
