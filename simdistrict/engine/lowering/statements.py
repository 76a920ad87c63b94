"""Statements: equations of a model as assignments to slots, in loops over labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from simdistrict.engine.lowering.nodes import Load, Loop
from simdistrict.engine.lowering.trees import fixed, loads
from simdistrict.model.expr import Expr


@dataclass(frozen=True, eq=False)
class Statement:
    """One assignment, repeated over its loops; it equals itself alone.

    label: the element with its subscripts, for comments and messages; line: in the model file.
    """

    target: Load
    expr: Expr
    loops: tuple[Loop, ...]
    label: str
    line: int

    @cached_property
    def reads(self) -> tuple[Load, ...]:
        """Every slot that it reads."""
        return tuple(loads(self.expr))


def unrolled(statement: Statement) -> Iterator[Statement]:
    """The statement as one scalar statement per round of its loops."""
    rounds: list[dict[int, int]] = [{}]
    for loop in statement.loops:
        rounds = [{**r, loop.id: k} for r in rounds for k in range(loop.size)]
    for values in rounds:
        target, expr = statement.target.at(values), fixed(statement.expr, values)
        yield replace(statement, target=target, expr=expr, loops=())


def overlap(read: Load, written: Load) -> bool:
    """Whether a read touches what a statement writes; axes are compared one by one."""
    if read.base != written.base:
        return False
    return all(
        not set(a.positions).isdisjoint(b.positions)
        for a, b in zip(read.axes, written.axes, strict=True)
    )
