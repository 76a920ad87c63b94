"""Groups of neighbouring statements over the same labels.

A group is printed in one nest of loops. The order of evaluation stays valid: a statement joins a
group only if it reads from the group the very numbers that the same round has written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

from simdistrict.engine.layout import Layout
from simdistrict.engine.lowering.nodes import Load, Reduce
from simdistrict.engine.lowering.statements import Statement, loads, overlap, walk


def fuse(statements: Sequence[Statement]) -> list[list[Statement]]:
    """Group statements that are in a valid order; the result is in a valid order too."""
    causes = _causes(statements)
    waiting = [len(c) for c in causes]
    effects: list[list[int]] = [[] for _ in statements]
    for i, before in enumerate(causes):
        for j in before:
            effects[j].append(i)
    ready = [i for i, n in enumerate(waiting) if n == 0]  # ascending, hence a heap
    groups: list[list[Statement]] = []
    while ready:
        shape = _best(ready, statements)
        group: dict[int, None] = {}
        # the earliest first; a statement that does not join a group cannot join it later
        left: list[int] = []
        while ready:
            chosen = heappop(ready)
            if not _joins(chosen, group, shape, statements, causes):
                left.append(chosen)
                continue
            group[chosen] = None
            for effect in effects[chosen]:
                waiting[effect] -= 1
                if waiting[effect] == 0:
                    heappush(ready, effect)
        ready = sorted(left)
        groups.append([statements[i] for i in group])
    assert sum(map(len, groups)) == len(statements), "statements were not in a valid order"
    return groups


def with_rates_last(derive: Sequence[Statement], layout: Layout) -> list[list[Statement]]:
    """The groups of `derive`, with the net flows of scalar stocks as the last group.

    Nothing reads a net flow in the same evaluation; side by side and in the order of the vector, a
    compiler divides several of them at once.
    """
    rates = layout.rates
    alone = [s for s in derive if not s.loops and rates.start <= s.target.base < rates.stop]
    apart = set(map(id, alone))
    groups = fuse([s for s in derive if id(s) not in apart])
    if alone:
        groups.append(sorted(alone, key=lambda s: s.target.first))
    return groups


def _shape(statement: Statement) -> tuple[tuple[int, int], ...]:
    return tuple((loop.id, loop.size) for loop in statement.loops)


def _best(ready: Sequence[int], statements: Sequence[Statement]) -> tuple[tuple[int, int], ...]:
    """The shape that most of the waiting statements have; the earliest where several tie."""
    counts: dict[tuple[tuple[int, int], ...], int] = {}
    for i in ready:
        shape = _shape(statements[i])
        counts[shape] = counts.get(shape, 0) + 1
    return max(counts, key=lambda shape: counts[shape])


def _causes(statements: Sequence[Statement]) -> list[set[int]]:
    """For every statement the earlier ones whose target it may read."""
    writers: dict[int, list[int]] = {}
    for i, statement in enumerate(statements):
        writers.setdefault(statement.target.base, []).append(i)
    return [
        {
            j
            for load in s.reads
            for j in writers.get(load.base, ())
            if j != i and overlap(load, statements[j].target)
        }
        for i, s in enumerate(statements)
    ]


def _joins(
    i: int,
    group: Mapping[int, None],
    shape: tuple[tuple[int, int], ...],
    statements: Sequence[Statement],
    causes: list[set[int]],
) -> bool:
    statement = statements[i]
    if _shape(statement) != shape:
        return False
    inside = [j for j in causes[i] if j in group]
    if not inside or not statement.loops:
        return True
    reduced = {
        load
        for node in walk(statement.expr)
        if isinstance(node, Reduce)
        for load in loads(node.body)
    }
    return all(
        _same_place(load, statements[j].target) and load not in reduced
        for load in statement.reads
        for j in inside
        if load.base == statements[j].target.base
    )


def _same_place(read: Load, written: Load) -> bool:
    return read.base == written.base and read.axes == written.axes
