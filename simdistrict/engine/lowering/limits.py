"""Flows that non-negative stocks limit: their symbols, and the tables that a loop works with.

A flow of such a stock is what its equation requests, unless the loop holds it at a rate for the
present step. What flows in a step is the change of an internal stock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from simdistrict.engine.layout import Limits, Symbol
from simdistrict.engine.lowering.lay_out import PlacedSymbols
from simdistrict.engine.lowering.levels import levels
from simdistrict.engine.lowering.lower import ModelStatements, without_lists
from simdistrict.engine.lowering.made import Amount, Limit, SymbolDefinition, SymbolRef
from simdistrict.engine.lowering.nodes import Load
from simdistrict.engine.lowering.statements import parts, unrolled, with_parts
from simdistrict.model.expr import Call, Expr, Number, Ref, fold, named_terms, signed_terms
from simdistrict.model.model import Auxiliary, Constant, Element, Equation, Flow, Model, Stock

_HELD, _RATE, _AMOUNT, ACTUAL = "held", "held rate", "amount in a step", "actual flow"


def with_limits(model: Model, definitions: list[SymbolDefinition]) -> list[SymbolDefinition]:
    """The definitions with those that limit the flows of non-negative stocks.

    A constant that is such a flow keeps its symbol; another one holds what flows, and stands for
    it in all equations.
    """
    names = _limited_names(model)
    if not names:
        return definitions
    actual = {
        fold(d.symbol.name): Symbol(d.symbol.name, ACTUAL)
        for d in definitions
        if isinstance(d.element, Constant) and not d.symbol.internal
        if fold(d.symbol.name) in names
    }
    found: list[SymbolDefinition] = []
    for definition in definitions:
        element, name = definition.element, fold(definition.symbol.name)
        if actual and not isinstance(element, Constant):
            element = replace(element, equations=tuple(_reading(element.equations, actual)))
        if definition.symbol.internal or name not in names:
            found.append(replace(definition, element=element))
            continue
        symbol = definition.symbol
        flow = element
        if name in actual:
            found.append(definition)
            symbol = actual[name]
            one = element.equations[0].subscripts
            whole = Equation(Ref(name, one), None, one, (), element.line)
            flow = Auxiliary(name=element.name, equations=(whole,), dims=element.dims)
        found += _limited(model, symbol, flow)
    return found


def _limited_names(model: Model) -> set[str]:
    """Folded names of the flows of all non-negative stocks."""
    names = {
        name
        for stock in model
        if isinstance(stock, Stock) and stock.non_negative
        for equation in stock.equations
        for _, name in named_terms(equation.expression)
    }
    return {n for n in names if isinstance(model.by_name.get(n), Flow | Auxiliary | Constant)}


def _limited(model: Model, symbol: Symbol, flow: Element) -> Iterator[SymbolDefinition]:
    """A flow that can be held at a rate, and its amount in a step."""
    held, rate, amount = (Symbol(flow.name, role) for role in (_HELD, _RATE, _AMOUNT))
    equations = list(without_lists(model, flow))

    def chosen(old: Equation) -> Equation:
        places = (SymbolRef(held, old.subscripts), SymbolRef(rate, old.subscripts))
        return replace(old, expression=Call("IF THEN ELSE", (*places, old.expression)))

    yield SymbolDefinition(symbol, replace(flow, equations=tuple(map(chosen, equations))))
    for state in (held, rate):
        own = tuple(replace(e, expression=Number(0.0), initial=None) for e in equations)
        yield SymbolDefinition(state, Limit(name=flow.name, equations=own, dims=flow.dims))
    own = tuple(
        replace(e, expression=SymbolRef(symbol, e.subscripts), initial=Number(0.0))
        for e in equations
    )
    yield SymbolDefinition(amount, Amount(name=flow.name, equations=own, dims=flow.dims))


def _reading(equations: Sequence[Equation], actual: dict[str, Symbol]) -> Iterator[Equation]:
    """Equations that read what flows where they name a limited constant."""
    for equation in equations:
        initial = equation.initial
        if initial is not None:
            initial = _renamed(initial, actual)
        yield replace(equation, expression=_renamed(equation.expression, actual), initial=initial)


def _renamed(expr: Expr, actual: dict[str, Symbol]) -> Expr:
    if isinstance(expr, Ref):
        symbol = actual.get(expr.name)
        return expr if symbol is None else SymbolRef(symbol, expr.subscripts)
    nodes = parts(expr)
    new = tuple(_renamed(node, actual) for node in nodes)
    same = all(a is b for a, b in zip(nodes, new, strict=True))
    return expr if same else with_parts(expr, new)


def limits_of(model: Model, placed: PlacedSymbols, statements: ModelStatements) -> Limits:
    """The tables of the non-negative stocks of a program, one entry per label."""
    made: dict[str, dict[str, Symbol]] = {}
    for symbol in placed.slots:
        if symbol.role in (_HELD, _RATE, _AMOUNT, ACTUAL):
            made.setdefault(fold(symbol.name), {})[symbol.role] = symbol
    if not made:
        return Limits()
    offsets: list[tuple[int, int, int]] = []
    numbers: dict[int, int] = {}
    shown = {}
    limited: list[Symbol] = []
    for name, roles in made.items():
        held, rate, amount = (placed.slots[roles[role]] for role in (_HELD, _RATE, _AMOUNT))
        flow = placed.layout.slots[name]
        if ACTUAL in roles:
            flow = shown[name] = placed.slots[roles[ACTUAL]]
        for k in range(flow.size):
            numbers[flow.offset + k] = len(offsets)
            limited.append(flow.symbol)
            offsets.append((held.offset + k, rate.offset + k, amount.offset + k))
    stocks, first, flows, signs, forced = [], [0], [], [], []
    owned: list[list[tuple[int, int]]] = []
    ends = list(_ends(model, placed, statements, numbers))
    counts = Counter(end for _, _, own in ends for end in own)
    for stock, non_negative, own in ends:
        if not non_negative:
            continue
        alone = [end for end in own if counts[end] == 1]
        stocks.append(stock)
        owned.append(alone)
        flows += [number for number, _ in alone]
        signs += [sign for _, sign in alone]
        forced.append(int(len(alone) < len(own)))
        first.append(len(flows))
    held_slots, rates, amounts = zip(*offsets, strict=True)
    return Limits(
        tuple(stocks),
        tuple(first),
        tuple(flows),
        tuple(signs),
        held_slots,
        rates,
        amounts,
        tuple(forced),
        *levels(placed, statements, stocks, owned, limited),
        shown,
    )


def _ends(
    model: Model, placed: PlacedSymbols, statements: ModelStatements, numbers: Mapping[int, int]
) -> Iterator[tuple[int, bool, list[tuple[int, int]]]]:
    """Of each label of a stock its slot, whether it is non-negative, and its flows with signs.

    numbers: of the flows of non-negative stocks, by slot.
    """
    owners = {
        slot.symbol: (placed.slots[symbol].offset, stock.non_negative)
        for symbol, slot in placed.rates.items()
        if isinstance(stock := model.by_name.get(fold(symbol.name)), Stock) and not symbol.internal
    }
    for statement in statements.run:
        symbol = statement.target.symbol
        if symbol not in owners:
            continue
        offset, non_negative = owners[symbol]
        for scalar in unrolled(statement):
            own = [
                (numbers[term.first], sign)
                for sign, term in signed_terms(scalar.expr)
                if isinstance(term, Load) and term.first in numbers
            ]
            yield offset + scalar.target.first - placed.slots[symbol].offset, non_negative, own
