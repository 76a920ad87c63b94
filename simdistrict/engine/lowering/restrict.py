"""A program for some stocks alone: only what leads from them to their own net flows.

Everything else keeps the values of the last full evaluation.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from simdistrict.engine.layout import Layout, Slot, Symbol
from simdistrict.engine.lowering.beginning import Beginning
from simdistrict.engine.lowering.build import build
from simdistrict.engine.lowering.clocks import Clocks
from simdistrict.engine.lowering.emit import Emitter
from simdistrict.engine.lowering.expand import expand
from simdistrict.engine.lowering.fuse import with_rates_last
from simdistrict.engine.lowering.lay_out import PlacedSymbols, lay_out
from simdistrict.engine.lowering.lower import lower
from simdistrict.engine.lowering.nodes import Axis, Load
from simdistrict.engine.lowering.order import constant_symbols, order
from simdistrict.engine.lowering.statements import Statement, fixed
from simdistrict.engine.lowering.switches import located_by
from simdistrict.engine.lowering.verify import verify_part
from simdistrict.engine.program import Program
from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Model


@dataclass(frozen=True)
class Causes:
    """The statements of a program's right-hand side.

    steady: those that depend on constants, or on values held since the start, alone; placed: where
    their symbols are, as in the program; elements: by symbol, with the internal stocks of delays
    and smooths; constant: the symbols that depend on constants alone.
    """

    model: Model
    program: Program
    statements: tuple[Statement, ...]
    steady: tuple[Statement, ...]
    placed: PlacedSymbols
    elements: dict[Symbol, Element]
    constant: frozenset[Symbol]

    @property
    def stocks(self) -> list[Slot]:
        """The slots of all stocks, those inside functions too."""
        return [slot for slot in self.placed.slots.values() if slot.kind == "stock"]


def causes_of(model: Model, program: Program) -> Causes:
    """The statements that become `derive` in the program of a model."""
    definitions = expand(model, Beginning(model, build))
    placed = lay_out(model, definitions)
    phases = order(lower(model, definitions, placed), placed, model.name)
    steady = (*phases.once, *phases.settle)
    elements = {d.symbol: d.element for d in definitions}
    for parts in (placed.rates, placed.before, placed.conditions):
        elements |= {slot.symbol: elements[owner] for owner, slot in parts.items()}
    constant = constant_symbols(phases, placed)
    return Causes(model, program, phases.derive, steady, placed, elements, constant)


def upstream(causes: Causes, stock: Symbol) -> set[Symbol]:
    """The stocks on which the net flow of a stock depends, itself included if so."""
    placed = causes.placed
    queue = [placed.rates[stock].symbol]
    needed = set(queue)
    by_symbol: dict[Symbol, list[Statement]] = {}
    for statement in causes.statements:
        by_symbol.setdefault(statement.target.symbol, []).append(statement)
    while queue:
        for statement in by_symbol.get(queue.pop(), ()):
            found = {load.symbol for load in statement.reads} - needed
            needed |= found
            queue += found
    return {symbol for symbol in needed if placed.slots[symbol].kind == "stock"}


def restricted(
    causes: Causes,
    stocks: Collection[int],
    constants: Collection[int] = (),
    dimension: str = "",
    position: int = 0,
) -> Program:
    """The program with a `derive` for the net flows of some stocks only.

    stocks, constants: indices of what changes between evaluations; dimension, position: a label to
    which the statements are confined, where there is one; what other labels contribute keeps the
    values of the last full evaluation.
    """
    layout = causes.program.layout
    statements = [*causes.steady, *causes.statements]
    if dimension:
        confined = (_confine(s, causes, fold(dimension), position) for s in statements)
        statements = [s for s in confined if s is not None]
    moved, reading = {*stocks, *constants}, []
    for statement in statements:
        if any(not moved.isdisjoint(places_of(load)) for load in statement.reads):
            moved |= places_of(statement.target)
            reading.append(statement)
    needed, kept = {_rate_of(layout, place) for place in stocks}, []
    for statement in reversed(reading):
        if not needed.isdisjoint(places_of(statement.target)):
            needed |= {p for load in statement.reads for p in places_of(load)}
            kept.append(statement)
    source = _source(causes, kept[::-1])
    return replace(causes.program, source=source, has_margins=False)


def places_of(load: Load) -> set[int]:
    """Every index that a load or a target has in any round of its loops."""
    offsets = [[axis.stride * p for p in axis.positions] for axis in load.axes]
    return {load.base + sum(parts) for parts in itertools.product(*offsets)}


def _source(causes: Causes, statements: Sequence[Statement]) -> str:
    layout = causes.program.layout
    clocks = Clocks((*causes.steady, *causes.statements), causes.constant)
    emitter = Emitter(layout, located_by(causes.constant), clocks)
    for name in ("once", "start", "settle", "switches", "margins"):
        emitter.function(name)
    derive = with_rates_last(statements, layout)
    verify_part(derive, causes.placed)
    emitter.function("derive", derive)
    return emitter.source()


def _confine(
    statement: Statement, causes: Causes, dimension: str, position: int
) -> Statement | None:
    """The statement in the rounds of one label; None when it does not concern the label."""
    dims = [fold(d) for d in causes.elements[statement.target.symbol].dims]
    if dimension not in dims:
        return statement
    axis: Axis = statement.target.axes[dims.index(dimension)]
    if position not in axis.positions:
        return None
    if axis.fixed:
        return statement
    rounds = {axis.loop: axis.positions.index(position)}
    target = statement.target.at(rounds)
    left = tuple(loop for loop in statement.loops if loop.id != axis.loop)
    return replace(statement, target=target, expr=fixed(statement.expr, rounds), loops=left)


def _rate_of(layout: Layout, place: int) -> int:
    return layout.rates.start + place - layout.stocks.start
