"""The functions of a program that tell when its right-hand side changes abruptly.

`switches` appends dates that are known before the run, `margins` numbers that pass zero when the
condition of a SAMPLE IF TRUE changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simdistrict.engine.layout import Layout, Symbol
from simdistrict.engine.lowering.calls import Switch
from simdistrict.engine.lowering.emit import Emitter
from simdistrict.engine.lowering.nodes import Interpolate, Loop, Reduce, Time
from simdistrict.engine.lowering.order import depends_on_time
from simdistrict.engine.lowering.statements import Statement, loads, parts, walk
from simdistrict.model.expr import COMPARISONS, Binary, Expr


def located_by(constant: frozenset[Symbol]) -> Callable[[Expr], bool]:
    """A function that says whether the dates of a switch depend on constants alone."""

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


def _is_constant(expr: Expr, constant: frozenset[Symbol]) -> bool:
    return not depends_on_time(expr) and all(load.symbol in constant for load in loads(expr))


def has_equality(expr: Expr, located: Callable[[Expr], bool]) -> bool:
    """Whether a condition tests an equality, which has no margin."""
    return any(
        isinstance(node, Binary) and node.op in ("=", "<>") and not located(node)
        for node in walk(expr)
    )


def emit_switches(
    emitter: Emitter, statements: Sequence[Statement], constant: frozenset[Symbol]
) -> bool:
    """Print `switches`; returns whether it has any dates."""
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
    """The tables that a node reads: start and number of points of each."""
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


def emit_margins(emitter: Emitter, conditions: Sequence[Statement]) -> None:
    """Print `margins`."""
    emitter.begin("margins", [s.expr for s in conditions])
    for condition in conditions:
        depth = emitter.depth
        emitter.nest(condition.loops, [condition.expr])
        emitter.put(f"out.append({emitter.margin(condition.expr)})")
        emitter.depth = depth
    emitter.end()
