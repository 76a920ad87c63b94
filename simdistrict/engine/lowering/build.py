"""From a model to the Program that every backend runs: the parts of the lowering in their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from simdistrict.base.errors import ModelError
from simdistrict.engine.layout import Layout, Symbol
from simdistrict.engine.lowering.beginning import Beginning
from simdistrict.engine.lowering.calls import RandomDraw, Record
from simdistrict.engine.lowering.clocks import Clocks
from simdistrict.engine.lowering.emit import Emitter
from simdistrict.engine.lowering.expand import expand
from simdistrict.engine.lowering.fuse import fuse, with_rates_last
from simdistrict.engine.lowering.hold import hold
from simdistrict.engine.lowering.lay_out import lay_out
from simdistrict.engine.lowering.limits import limits_of
from simdistrict.engine.lowering.lower import lower
from simdistrict.engine.lowering.made import SymbolDefinition
from simdistrict.engine.lowering.order import Phases, constant_symbols, order, settled_symbols
from simdistrict.engine.lowering.statements import Statement, walk
from simdistrict.engine.lowering.switches import (
    emit_margins,
    emit_switches,
    has_equality,
    located_by,
)
from simdistrict.engine.lowering.verify import verify
from simdistrict.engine.lowering.watch import watch
from simdistrict.engine.program import Program
from simdistrict.model.expr import Expr, fold
from simdistrict.model.model import Model, Stock


def build(
    model: Model, more: Sequence[SymbolDefinition] = (), initial: Collection[str] = ()
) -> Program:
    """Lower a model. Raises ModelError for what the engine does not support.

    more: symbols to compute besides the elements of the model; initial: folded names of stocks
    whose initial values a run may give (`layout.GIVEN`).
    """
    if model.external.problems:
        raise ModelError(model.external.problems)
    beginning = Beginning(model, build)
    definitions = expand(model, beginning, more, initial)
    placed = lay_out(model, definitions)
    statements = lower(model, definitions, placed)
    phases = order(statements, placed, model.name)
    constant = constant_symbols(phases, placed)
    layout, located = placed.layout, located_by(constant)
    once, start, settle = map(fuse, (phases.once, phases.start, phases.settle))
    clocks = Clocks((*phases.settle, *phases.derive), constant)
    derive = with_rates_last(hold(phases.derive, constant, located, clocks), layout)
    verify(once, start, settle, derive, placed)
    emitter = Emitter(layout, located, clocks)
    emitter.function("once", once, slopes=True)
    emitter.function("start", start)
    emitter.function("settle", settle)
    emitter.function("derive", derive)
    limits = limits_of(model, placed, statements)
    has_switches = emit_switches(emitter, phases.derive, constant)
    emit_margins(emitter, statements.conditions)
    return Program(
        layout,
        emitter.source(),
        _causes_first(phases, layout),
        emitter.origin,
        _names(constant) - set(limits.shown),
        _names(settled_symbols(phases, placed)) - set(limits.shown),
        frozenset(beginning.shaping),
        next((s.label for s in phases.derive if _is_stepwise(s.expr)), ""),
        tuple(s.label for s in statements.conditions if has_equality(s.expr, located)),
        bool(statements.conditions),
        has_switches,
        watch(statements, once, placed, constant, Emitter(layout, located, clocks)),
        limits,
        next((s.label for s in statements.run if _is_limited(model, s)), "")
        if limits.flows
        else "",
    )


def _causes_first(phases: Phases, layout: Layout) -> tuple[str, ...]:
    """Folded names of all elements: constants, stocks, then all others in order of evaluation."""
    constants = [n for n, slot in layout.slots.items() if slot.kind == "constant"]
    stocks = sorted(n for n, slot in layout.slots.items() if slot.kind == "stock")
    targets = [s.target.symbol for s in (*phases.once, *phases.settle, *phases.derive)]
    computed = [fold(symbol.name) for symbol in targets if not symbol.internal]
    return tuple(dict.fromkeys([*constants, *stocks, *computed]))


def _names(symbols: Iterable[Symbol]) -> frozenset[str]:
    """Folded names of the model's elements among some symbols."""
    return frozenset(fold(symbol.name) for symbol in symbols if not symbol.internal)


def _is_limited(model: Model, statement: Statement) -> bool:
    """Whether a statement computes the net flow of a non-negative stock."""
    stock = model.by_name.get(fold(statement.target.symbol.name))
    return isinstance(stock, Stock) and stock.non_negative


def _is_stepwise(expr: Expr) -> bool:
    return any(isinstance(node, Record | RandomDraw) for node in walk(expr))
