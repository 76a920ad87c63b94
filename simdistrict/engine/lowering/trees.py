"""Walks through expressions of both kinds of node: those of a model and those of the lowering."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simdistrict.engine.lowering.nodes import Load, Node
from simdistrict.model.expr import Expr, Number, children, rebuild

# what most nodes are: nothing is below them
_LEAVES = (Load, Number)


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
