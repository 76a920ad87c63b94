"""Statements: equations of a model as assignments to slots, in loops over labels.

Also walks through expressions of both kinds of node: those of a model and those of the lowering.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from simdistrict.engine.lowering.nodes import Load, Loop, Node
from simdistrict.model.expr import Expr, Number, children, rebuild

# what most nodes are: nothing is below them
_LEAVES = (Load, Number)


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


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The nodes directly below."""
    return expr.parts() if isinstance(expr, Node) else children(expr)


def with_parts(expr: Expr, nodes: tuple[Expr, ...]) -> Expr:
    """The same node above other parts."""
    return expr.with_parts(nodes) if isinstance(expr, Node) else rebuild(expr, nodes)


def walk(expr: Expr) -> Iterator[Expr]:
    """Every node, the node itself first."""
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        yield node
        if type(node) not in _LEAVES:
            waiting += reversed(parts(node))


def loads(expr: Expr) -> Iterator[Load]:
    """Every slot that an expression reads."""
    return (node for node in walk(expr) if isinstance(node, Load))


def fixed(expr: Expr, values: Mapping[int, int]) -> Expr:
    """The expression in one round of some loops, by their ids."""
    nodes = parts(expr)
    if nodes:
        expr = with_parts(expr, tuple(fixed(node, values) for node in nodes))
    return expr.at(values) if isinstance(expr, Node) else expr
