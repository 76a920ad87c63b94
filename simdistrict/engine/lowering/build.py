"""From a model to the Program that every backend runs: the parts of the lowering in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from simdistrict.base.errors import ModelError
from simdistrict.engine.layout import Layout, Symbol
from simdistrict.engine.lowering.beginning import Beginning
from simdistrict.engine.lowering.definitions import Definition
from simdistrict.engine.lowering.emit import Emitter
from simdistrict.engine.lowering.expand import expand
from simdistrict.engine.lowering.fuse import fuse, with_rates_last
from simdistrict.engine.lowering.lay_out import lay_out
from simdistrict.engine.lowering.lower import lower
from simdistrict.engine.lowering.nodes import (
    Draw,
    Interpolate,
    Loop,
    Record,
    Reduce,
    Switch,
    Time,
)
from simdistrict.engine.lowering.order import (
    Phases,
    constant_symbols,
    depends_on_time,
    order,
    settled_symbols,
)
from simdistrict.engine.lowering.statements import Statement
from simdistrict.engine.lowering.trees import loads, parts, walk
from simdistrict.engine.lowering.verify import verify
from simdistrict.engine.program import Program
from simdistrict.model.expr import COMPARISONS, Binary, Expr, fold
from simdistrict.model.model import Model


def build(model: Model, more: Sequence[Definition] = ()) -> Program:
    """Lower a model. Raises ModelError for what the engine does not support.

    more: symbols to compute beside the elements of the model.
    """
    if model.external.problems:
        raise ModelError(model.external.problems)
    beginning = Beginning(model, build)
    definitions = expand(model, beginning, more)
    placed = lay_out(model, definitions)
    statements = lower(model, definitions, placed)
    phases = order(statements, placed, model.name)
    constant = constant_symbols(phases, placed)
    layout, located = placed.layout, located_by(constant)
    once, start, settle = map(fuse, (phases.once, phases.start, phases.settle))
    derive = with_rates_last(phases.derive, layout)
    verify(once, start, settle, derive, placed)
    emitter = Emitter(layout, located)
    emitter.function("once", once, slopes=True)
    emitter.function("start", start)
    emitter.function("settle", settle)
    emitter.function("derive", derive)
    has_switches = _switches(emitter, phases.derive, constant)
    _margins(emitter, statements.conditions)
    return Program(
        layout,
        emitter.source(),
        _causes_first(phases, layout),
        emitter.origin,
        _names(constant),
        _names(settled_symbols(phases, placed)),
        frozenset(beginning.shaping),
        next((s.label for s in phases.derive if _is_stepwise(s.expr)), ""),
        tuple(s.label for s in statements.conditions if _has_equality(s.expr, located)),
        bool(statements.conditions),
        has_switches,
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


def located_by(constant: frozenset[Symbol]) -> Callable[[Expr], bool]:
    """Says of a switch whether its dates depend on constants alone."""

    def located(expr: Expr) -> bool:
        return all(_is_constant(date, constant) for date in _dates(expr)) and bool(_dates(expr))

    return located


def _dates(expr: Expr) -> tuple[Expr, ...]:
    """The expressions on which the dates of a switch depend; empty for anything else."""
    match expr:
        case Binary(op, Time(), date) if op in COMPARISONS:
            return (date,)
        case Binary(op, date, Time()) if op in COMPARISONS:
            return (date,)
        case Switch():
            return expr.dates
    return ()


def _is_stepwise(expr: Expr) -> bool:
    return any(isinstance(node, Record | Draw) for node in walk(expr))


def _is_constant(expr: Expr, constant: frozenset[Symbol]) -> bool:
    return not depends_on_time(expr) and all(load.symbol in constant for load in loads(expr))


def _has_equality(expr: Expr, located: object) -> bool:
    assert callable(located)
    return any(
        isinstance(node, Binary) and node.op in ("=", "<>") and not located(node)
        for node in walk(expr)
    )


def _switches(
    emitter: Emitter, statements: Sequence[Statement], constant: frozenset[Symbol]
) -> bool:
    """Print `switches`; whether there are any."""
    found: dict[tuple[tuple[Loop, ...], Expr], None] = {}
    kinks: dict[tuple[int, int], None] = {}
    for statement in statements:
        if isinstance(statement.expr, Interpolate) and isinstance(statement.expr.x, Time):
            kinks.update(dict.fromkeys(_tables(statement.expr, emitter.layout)))
        for loops, node in _with_loops(statement.expr, statement.loops):
            dates = _dates(node)
            if dates and all(_is_constant(date, constant) for date in dates):
                moving = {axis.loop for d in dates for lo in loads(d) for axis in lo.axes}
                found[tuple(lo for lo in loops if lo.id in moving), node] = None
    emitter.begin("switches", [])
    for first, count in kinks:
        emitter.put(f"out.extend(v[{first}:{first + count}])")
    for loops, node in found:
        depth = emitter.depth
        dates = _dates(node)
        emitter.nest(loops, dates)
        texts = [emitter.number(date) for date in dates]
        match node:
            case Switch("PULSE"):
                start, width, step = texts
                lasts = f"({width} if {width} > 0.0 else {step})"
                emitter.put(f"out.extend(train_times({start}, {lasts}, 0.0, inf, 0.0, stop))")
            case Switch("PULSE TRAIN"):
                emitter.put(f"out.extend(train_times({', '.join(texts)}, stop))")
            case _:
                for text in texts:
                    emitter.put(f"out.append({text})")
        emitter.depth = depth
    emitter.end()
    return bool(found) or bool(kinks)


def _tables(read: Interpolate, layout: Layout) -> list[tuple[int, int]]:
    """Where the points are that a statement reads, and how many: start and number of each table."""
    numbers = [read.first]
    for axis in read.axes:
        numbers = [n + p * axis.stride for n in numbers for p in axis.positions]
    return [layout.tables[n] for n in numbers]


def _with_loops(expr: Expr, loops: tuple[Loop, ...]) -> Sequence[tuple[tuple[Loop, ...], Expr]]:
    """Every node with the loops that surround it."""
    inner = (*loops, *expr.loops) if isinstance(expr, Reduce) else loops
    found = [(loops, expr)]
    for node in parts(expr):
        found.extend(_with_loops(node, inner))
    return found


def _margins(emitter: Emitter, conditions: Sequence[Statement]) -> None:
    emitter.begin("margins", [s.expr for s in conditions])
    for condition in conditions:
        depth = emitter.depth
        emitter.nest(condition.loops, [condition.expr])
        emitter.put(f"out.append({emitter.margin(condition.expr)})")
        emitter.depth = depth
    emitter.end()
