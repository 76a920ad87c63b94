"""The order in which statements are evaluated, and how often each is due.

A statement that only seems to depend on itself, because it reads other labels of its own
element, is taken apart into scalars; what then still depends on itself is an algebraic loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.calls import RandomDraw, Record, Switch
from simdistrict.engine.lowering.graph import components, shortest_ring
from simdistrict.engine.lowering.lay_out import PlacedSymbols
from simdistrict.engine.lowering.lower import ModelStatements
from simdistrict.engine.lowering.nodes import Load, Reduce, Time, WrittenOut
from simdistrict.engine.lowering.statements import (
    Statement,
    overlap,
    parts,
    unrolled,
    walk,
    with_parts,
)
from simdistrict.model.expr import Expr

# what is wrong with a loop, and what to do
_ALGEBRAIC = "an algebraic loop", "put a stock, or a SMOOTH or DELAY, somewhere in the loop"
_OF_INITIAL_VALUES = (
    "a loop of initial values",
    "give one of them an initial value of its own (ACTIVE INITIAL, SMOOTHI, DELAY1I)",
)


@dataclass(frozen=True)
class Phases:
    """Statements in order.

    once: what depends on constants alone; start: initial values; settle: what depends on
    constants and on values held since the start; derive: the rest, at every evaluation.
    """

    once: tuple[Statement, ...]
    start: tuple[Statement, ...]
    settle: tuple[Statement, ...]
    derive: tuple[Statement, ...]


def order(statements: ModelStatements, placed: PlacedSymbols, where: str) -> Phases:
    """Sort the statements. Raises ModelError naming the elements of an algebraic loop."""
    run = _sorted(statements.run, where, _ALGEBRAIC)
    replaced = {s.target.symbol for s in statements.start_values}
    rates = {slot.symbol for slot in placed.rates.values()}
    first = [s for s in run if s.target.symbol not in replaced and s.target.symbol not in rates]
    initial = [*statements.initial, *statements.start_values]
    start = _sorted([*initial, *_needed(initial, first)], where, _OF_INITIAL_VALUES)
    levels = _levels(run, placed, replaced)
    once, settle, derive = (
        tuple(s for s, level in zip(run, levels, strict=True) if level == wanted)
        for wanted in (0, 1, 2)
    )
    constant = set(once)
    return Phases(once, tuple(s for s in start if s not in constant), settle, derive)


def depends_on_time(expr: Expr) -> bool:
    """Whether an expression itself reads the time, or the number of the present point."""
    return any(isinstance(node, Time | Record | Switch | RandomDraw) for node in walk(expr))


# kinds of slots that change during a run
_MOVING = ("stock", "sampled", "value before", "condition", "limit")


def _levels(run: Sequence[Statement], placed: PlacedSymbols, replaced: set[Symbol]) -> list[int]:
    """For every statement, causes first, how often it is due: 0 once, 1 after the start, 2 always.

    replaced: symbols with another value at the start, which must be computed again after it.
    """
    edges = _edges(run)
    levels: list[int] = []
    for statement, causes in zip(run, edges, strict=True):
        level = max((levels[j] for j in causes), default=0)
        if statement.target.symbol in replaced or depends_on_time(statement.expr):
            level = 2
        for load in statement.reads:
            kind = placed.slots[load.symbol].kind
            if kind in _MOVING:
                level = 2
            elif kind == "held":
                level = max(level, 1)
        levels.append(level)
    return levels


def constant_symbols(phases: Phases, placed: PlacedSymbols) -> frozenset[Symbol]:
    """What depends on constants alone, the constants included."""
    later = {s.target.symbol for s in (*phases.settle, *phases.derive)}
    found = {s.target.symbol for s in phases.once} - later
    found.update(symbol for symbol, slot in placed.slots.items() if slot.kind == "constant")
    return frozenset(found)


def settled_symbols(phases: Phases, placed: PlacedSymbols) -> frozenset[Symbol]:
    """What never changes after the start; see `constant_symbols`."""
    later = {s.target.symbol for s in phases.derive}
    return constant_symbols(phases, placed) | {s.target.symbol for s in phases.settle} - later


def _needed(roots: Iterable[Statement], pool: Sequence[Statement]) -> list[Statement]:
    """The statements of the pool that the roots read, directly or through others."""
    writers: dict[Symbol, list[Statement]] = {}
    for statement in pool:
        writers.setdefault(statement.target.symbol, []).append(statement)
    found: dict[Statement, None] = {}
    todo = list(roots)
    while todo:
        for load in todo.pop().reads:
            for writer in writers.get(load.symbol, ()):
                if writer not in found and overlap(load, writer.target):
                    found[writer] = None
                    todo.append(writer)
    return [s for s in pool if s in found]


def _edges(statements: Sequence[Statement]) -> list[list[int]]:
    """For every statement the ones it reads, in order of appearance."""
    writers: dict[tuple[Symbol, int], list[int]] = {}
    for i, statement in enumerate(statements):
        target = statement.target
        writers.setdefault((target.symbol, target.base), []).append(i)
    return [
        list(
            dict.fromkeys(
                j
                for load in statement.reads
                for j in writers.get((load.symbol, load.base), ())
                if overlap(load, statements[j].target)
            )
        )
        for statement in statements
    ]


def _sorted(
    statements: Sequence[Statement], where: str, complaint: tuple[str, str]
) -> list[Statement]:
    """The statements, causes first. complaint: about statements that depend on each other."""
    current = list(statements)
    for attempt in (1, 2):
        edges = _edges(current)
        found = components(edges)
        cycles = [c for c in found if len(c) > 1 or c[0] in edges[c[0]]]
        if not cycles:
            return [current[c[0]] for c in found]
        if attempt == 2:
            rings = [shortest_ring(cycle, edges) for cycle in cycles]
            raise ModelError([_loop_problem(ring, current, where, complaint) for ring in rings])
        tied = {i for cycle in cycles for i in cycle}
        current = [
            piece
            for i, statement in enumerate(current)
            for piece in (_scalars(statement) if i in tied else (statement,))
        ]
    raise AssertionError("unreachable")


def _scalars(statement: Statement) -> list[Statement]:
    """A statement split into scalars, its sums into terms, so that each label stands alone.

    A scalar without sums is returned as the same object.
    """
    found = [replace(s, expr=_written_out(s.expr)) for s in unrolled(statement)]
    return [statement] if [s.expr for s in found] == [statement.expr] else found


def _written_out(expr: Expr) -> Expr:
    nodes = tuple(_written_out(n) for n in parts(expr))
    if nodes:
        expr = with_parts(expr, nodes)
    if isinstance(expr, Reduce):
        target = Load(Symbol(""), 0)
        terms = unrolled(Statement(target, expr.body, expr.loops, "", 0))
        return WrittenOut(expr.op, tuple(term.expr for term in terms))
    return expr


def _loop_problem(
    ring: list[int], statements: Sequence[Statement], where: str, complaint: tuple[str, str]
) -> Problem:
    """The complaint about statements that depend on each other."""
    names = [statements[i].label for i in [*ring, ring[0]]]
    lines = ", ".join(str(line) for line in dict.fromkeys(statements[i].line for i in ring))
    what, hint = complaint
    return Problem(f"model {where}, line {lines}", f"{what}: " + " uses ".join(names), hint)
