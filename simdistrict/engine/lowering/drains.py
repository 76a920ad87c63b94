"""What stocks lose of themselves: the terms `stock * factor / time` of their net flows.

Delays and smooths are chains of such stocks; in a model of one's own it is an outflow like
`stock / time constant`, or the adjustment `(goal - stock) / time`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from simdistrict.engine.layout import Slot, Symbol
from simdistrict.engine.lowering.calls import Helper
from simdistrict.engine.lowering.lay_out import PlacedSymbols
from simdistrict.engine.lowering.lower import ModelStatements
from simdistrict.engine.lowering.nodes import Load
from simdistrict.engine.lowering.statements import Statement, loads
from simdistrict.model.expr import Binary, Chain, Expr, Number, Unary, signed_terms

_ONE = Number(1.0)


@dataclass(frozen=True, eq=False, slots=True)
class Share:
    """A term sign * stock * factor / time in the net flow of a stock.

    statement: the equation that it stands in, of the stock or of one of its flows; factor, time:
    of constants; stock: its name; group: its number; delay: the function that it is a stage of,
    empty for a stock of the model.
    """

    statement: Statement
    sign: int
    factor: Expr
    time: Expr
    stock: str = ""
    group: int = 0
    delay: str = ""


def drains(
    statements: ModelStatements, placed: PlacedSymbols, constant: Callable[[Expr], bool]
) -> list[Share]:
    """The shares that stocks lose of themselves, or gain, as far as constants decide them.

    constant: whether an expression depends on constants alone.
    """
    stocks = {slot.symbol: placed.slots[symbol] for symbol, slot in placed.rates.items()}
    written: dict[Symbol, list[Statement]] = {}
    for statement in statements.run:
        written.setdefault(statement.target.symbol, []).append(statement)
    found = []
    for number, (rate, stock) in enumerate(stocks.items()):
        delay = _function(stock.symbol)
        if delay is None:
            continue
        for statement in written.get(rate, ()):
            for share in _of_rate(statement, stock, written, placed, constant):
                found.append(replace(share, stock=stock.symbol.name, group=number, delay=delay))
    for statement in statements.initial:
        match statement.expr:
            # the stages of a DELAY N, fewer where they would be shorter than a time step
            case Helper("order", (_, time, _)) if constant(time):
                group, name = len(stocks) + len(found), statement.target.symbol.name
                found.append(Share(statement, -1, _ONE, time, name, group, "DELAY N"))
    return found


def _function(stock: Symbol) -> str | None:
    """The function whose only or first stage a stock is; None for a later stage."""
    if stock.role == "trend average":
        return "TREND or FORECAST"
    function, _, stage = stock.role.rpartition(" ")
    if not function:
        return ""
    return function.upper() if stage == "1" else None


def _of_rate(
    rate: Statement,
    stock: Slot,
    written: dict[Symbol, list[Statement]],
    placed: PlacedSymbols,
    constant: Callable[[Expr], bool],
) -> Iterator[Share]:
    """The shares in a net flow, and in the flows that it adds or subtracts label by label."""
    own = Load(stock.symbol, stock.offset, rate.target.axes)
    yield from _shares(rate, rate.expr, own, 1, constant)
    for sign, term in signed_terms(rate.expr):
        if not isinstance(term, Load) or term.axes != rate.target.axes or term == own:
            continue
        if term.symbol not in placed.slots or placed.slots[term.symbol].shape != stock.shape:
            continue
        for flow in written.get(term.symbol, ()):
            own = Load(stock.symbol, stock.offset, flow.target.axes)
            yield from _shares(flow, flow.expr, own, sign, constant)


def _shares(
    statement: Statement, expr: Expr, own: Load, sign: int, constant: Callable[[Expr], bool]
) -> Iterator[Share]:
    """The terms of an expression that are proportional to a stock."""
    for s, factor, time in _terms(expr, own, sign, constant):
        yield Share(statement, s, factor, time)


def _terms(
    expr: Expr, own: Load, sign: int, constant: Callable[[Expr], bool]
) -> Iterator[tuple[int, Expr, Expr]]:
    """Sign, factor and time of the terms that are proportional to a stock."""
    match expr:
        case Load():
            if expr == own:
                yield sign, _ONE, _ONE
        case Unary("-", operand):
            yield from _terms(operand, own, -sign, constant)
        case Binary("+" | "-" as op, left, right):
            yield from _terms(left, own, sign, constant)
            yield from _terms(right, own, sign if op == "+" else -sign, constant)
        case Chain(("+" | "-", *_)):
            for s, term in signed_terms(expr, sign):
                yield from _terms(term, own, s, constant)
        case Binary("/", above, below) if constant(below) and own in loads(above):
            for s, factor, time in _terms(above, own, sign, constant):
                yield s, factor, below if time is _ONE else Binary("*", time, below)
        case Binary("*", left, right) if constant(right) or constant(left):
            inner, other = (left, right) if constant(right) else (right, left)
            for s, factor, time in _terms(inner, own, sign, constant):
                yield s, other if factor is _ONE else Binary("*", factor, other), time
