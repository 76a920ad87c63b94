"""The order in which statements are evaluated, and what can be evaluated how often.

A statement that only seems to depend on itself, because it reads other labels of its own
element, is taken apart into scalars; what then still depends on itself is an algebraic loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.layout import Block, Layout
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.lowering.lower import Statements
from simdistrict.engine.lowering.nodes import (
    Load,
    Record,
    Reduce,
    Statement,
    Time,
    loads,
    overlap,
    parts,
    unrolled,
    walk_all,
    with_parts,
)
from simdistrict.model.expr import Call, Expr


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


def order(statements: Statements, layout: Layout, where: str) -> Phases:
    """Sort the statements. Raises ModelError naming the elements of an algebraic loop."""
    run = _sorted(statements.run, where, "an algebraic loop")
    replaced = {s.target.name for s in statements.start_values}
    first = [s for s in run if s.target.name not in replaced or _is_rate(s, layout)]
    initial = [*statements.initial, *statements.start_values]
    needed = _needed(initial, [s for s in first if not _is_rate(s, layout)])
    start = _sorted([*initial, *needed], where, "a loop of initial values")
    levels = _levels(run, layout, replaced)
    once, settle, derive = (
        tuple(s for s, level in zip(run, levels, strict=True) if level == wanted)
        for wanted in (0, 1, 2)
    )
    constant = set(once)
    return Phases(once, tuple(s for s in start if s not in constant), settle, derive)


def _is_rate(statement: Statement, layout: Layout) -> bool:
    base = statement.target.base
    return layout.rates.start <= base < layout.rates.stop


def depends_on_time(expr: Expr) -> bool:
    """Whether an expression itself reads the time, or the number of the present point."""
    return any(
        isinstance(node, Time | Record)
        or (
            isinstance(node, Call)
            and node.function in FUNCTIONS
            and FUNCTIONS[node.function].kind in ("switch", "random")
        )
        for node in walk_all(expr)
    )


def _levels(run: Sequence[Statement], layout: Layout, replaced: set[str]) -> list[int]:
    """For every statement, causes first, how often it is due: 0 once, 1 after the start, 2 always.

    replaced: names with another value at the start, which must be computed again after it.
    """
    edges = _edges(run)
    levels: list[int] = []
    for statement, causes in zip(run, edges, strict=True):
        level = max((levels[j] for j in causes), default=0)
        if statement.target.name in replaced or depends_on_time(statement.expr):
            level = 2
        for load in loads(statement.expr):
            slot = layout.slots[load.name]
            if _inside(slot.offset, layout.stocks) or _inside(slot.offset, layout.sampled):
                level = 2
            elif load.name.startswith("#initial"):
                level = max(level, 1)
        levels.append(level)
    return levels


def _inside(place: int, block: Block) -> bool:
    return block.start <= place < block.stop


def constant_names(phases: Phases, layout: Layout) -> frozenset[str]:
    """Folded names of elements that depend on constants alone, the constants included."""
    later = {s.target.name for s in (*phases.settle, *phases.derive)}
    names = {s.target.name for s in phases.once} - later - _stocks(layout)
    names.update(n for n, slot in layout.slots.items() if _inside(slot.offset, layout.constants))
    return frozenset(names)


def settled_names(phases: Phases, layout: Layout) -> frozenset[str]:
    """Folded names of elements that stay as they are from the start on; see `constant_names`."""
    later = {s.target.name for s in phases.derive}
    settled = {s.target.name for s in phases.settle} - later - _stocks(layout)
    return constant_names(phases, layout) | settled


def _stocks(layout: Layout) -> set[str]:
    """Stocks move even where their rates do not."""
    return {n for n, slot in layout.slots.items() if _inside(slot.offset, layout.stocks)}


def _needed(roots: Iterable[Statement], pool: Sequence[Statement]) -> list[Statement]:
    """The statements of the pool that the roots read, directly or through others."""
    writers: dict[str, list[Statement]] = {}
    for statement in pool:
        writers.setdefault(statement.target.name, []).append(statement)
    found: dict[Statement, None] = {}
    todo = list(roots)
    while todo:
        for load in loads(todo.pop().expr):
            for writer in writers.get(load.name, ()):
                if writer not in found and overlap(load, writer.target):
                    found[writer] = None
                    todo.append(writer)
    return [s for s in pool if s in found]


def _edges(statements: Sequence[Statement]) -> list[list[int]]:
    """For every statement the ones it reads, in order of appearance."""
    writers: dict[tuple[str, int], list[int]] = {}
    for i, statement in enumerate(statements):
        target = statement.target
        writers.setdefault((target.name, target.base), []).append(i)
    return [
        list(
            dict.fromkeys(
                j
                for load in loads(statement.expr)
                for j in writers.get((load.name, load.base), ())
                if overlap(load, statements[j].target)
            )
        )
        for statement in statements
    ]


def _sorted(statements: Sequence[Statement], where: str, what: str) -> list[Statement]:
    current = list(statements)
    for attempt in (1, 2):
        edges = _edges(current)
        components = _components(edges)
        knots = [c for c in components if len(c) > 1 or c[0] in edges[c[0]]]
        if not knots:
            return [current[c[0]] for c in components]
        if attempt == 2:
            raise ModelError([_loop_problem(knot, edges, current, where, what) for knot in knots])
        tied = {i for knot in knots for i in knot}
        current = [
            piece
            for i, statement in enumerate(current)
            for piece in (_scalars(statement) if i in tied else (statement,))
        ]
    raise AssertionError("unreachable")


def _scalars(statement: Statement) -> Iterable[Statement]:
    """A statement taken apart, with sums written out so that single labels can be told apart."""
    for scalar in unrolled(statement):
        yield replace(scalar, expr=_written_out(scalar.expr))


def _written_out(expr: Expr) -> Expr:
    nodes = tuple(_written_out(n) for n in parts(expr))
    if nodes:
        expr = with_parts(expr, nodes)
    if isinstance(expr, Reduce):
        target = Load("", 0)
        terms = unrolled(Statement(target, expr.body, expr.loops, "", 0))
        return Call(f"#{expr.op}", tuple(t.expr for t in terms))
    return expr


def _components(edges: list[list[int]]) -> list[list[int]]:
    """Strongly connected components, causes first (Tarjan 1972, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    result: list[list[int]] = []
    for root in range(len(edges)):
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            advanced = False
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(edges[other])))
                    advanced = True
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            if advanced:
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                component = []
                while True:
                    other = stack.pop()
                    on_stack.discard(other)
                    component.append(other)
                    if other == node:
                        break
                result.append(sorted(component))
    return result


def _loop_problem(
    knot: list[int], edges: list[list[int]], statements: Sequence[Statement], where: str, what: str
) -> Problem:
    """The shortest way round from the first statement of a knot back to itself."""
    start, inside = knot[0], set(knot)
    paths = {start: [start]}
    todo = [start]
    ring = [start]
    while todo:
        node = todo.pop(0)
        if start in edges[node]:
            ring = paths[node]
            break
        for other in edges[node]:
            if other in inside and other not in paths:
                paths[other] = [*paths[node], other]
                todo.append(other)
    names = [statements[i].label for i in [*ring, start]]
    lines = ", ".join(str(line) for line in dict.fromkeys(statements[i].line for i in ring))
    return Problem(
        f"model {where}, line {lines}",
        f"{what}: " + " uses ".join(names),
        "put a stock, or a SMOOTH or DELAY, somewhere in the loop"
        if "algebraic" in what
        else "give one of them an initial value of its own (ACTIVE INITIAL, SMOOTHI, DELAY1I)",
    )
