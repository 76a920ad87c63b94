"""Statements: equations whose names have become places in the flat vector of a run.

Expressions keep the nodes of `simdistrict.expr`; only references to elements are replaced by
the nodes below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from simdistrict.expr import Expr, children, rebuild


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop over `size` labels; `id` is unique within a statement."""

    id: int
    size: int


@dataclass(frozen=True, slots=True)
class Axis:
    """Where one subscript points: positions[k] in round k of its loop, or one fixed position."""

    stride: int
    positions: tuple[int, ...]
    loop: int = -1

    @property
    def fixed(self) -> bool:
        """Whether the axis does not move with a loop."""
        return self.loop < 0

    @property
    def offset(self) -> int | None:
        """The first position when the positions are consecutive, else None."""
        first = self.positions[0]
        consecutive = self.positions == tuple(range(first, first + len(self.positions)))
        return first if consecutive else None

    def at(self, values: Mapping[int, int]) -> Axis:
        """The axis with its loop, where listed, replaced by one round of it."""
        if self.loop not in values:
            return self
        return Axis(self.stride, (self.positions[values[self.loop]],))


@dataclass(frozen=True, slots=True)
class Load(Expr):
    """A place in the vector: base plus what the axes add. `name` is the folded element."""

    name: str
    base: int
    axes: tuple[Axis, ...] = ()

    @property
    def first(self) -> int:
        """The place in the first round of all loops."""
        return self.base + sum(axis.stride * axis.positions[0] for axis in self.axes)


@dataclass(frozen=True, slots=True)
class Time(Expr):
    """The time of the evaluation."""


@dataclass(frozen=True, slots=True)
class Place(Expr):
    """The number of the present label of a range, counted from one."""

    axis: Axis


@dataclass(frozen=True, slots=True)
class Reduce(Expr):
    """op is SUM, PROD, VMIN or VMAX of the body over all rounds of the loops."""

    op: str
    loops: tuple[Loop, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Latch(Expr):
    """Whether a condition held when it was last asked: v[SAMPLING] says when to ask again."""

    own: Load
    condition: Expr


@dataclass(frozen=True, slots=True)
class Past(Expr):
    """What stood at a recorded place `lag` points ago, and `first` before the run had as many."""

    name: str
    base: int
    axes: tuple[Axis, ...]
    lag: Expr
    first: Expr


@dataclass(frozen=True, slots=True)
class Interpolate(Expr):
    """The lookup table numbered `first` plus what the axes add, read at x by a helper.

    rest: further arguments of the helper.
    """

    name: str
    first: int
    axes: tuple[Axis, ...]
    x: Expr
    helper: str = "lookup"
    rest: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One assignment, repeated over its loops.

    label: the element with its subscripts, for comments and messages; line: in the model file.
    """

    target: Load
    expr: Expr
    loops: tuple[Loop, ...]
    label: str
    line: int


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The nodes directly below, of both kinds of node."""
    match expr:
        case Reduce(_, _, body):
            return (body,)
        case Interpolate(x=x, rest=rest):
            return (x, *rest)
        case Latch(_, condition):
            return (condition,)
        case Past(_, _, _, lag, first):
            return (lag, first)
    return children(expr)


def with_parts(expr: Expr, nodes: tuple[Expr, ...]) -> Expr:
    """The same node above other ones."""
    match expr:
        case Reduce():
            return replace(expr, body=nodes[0])
        case Interpolate():
            return replace(expr, x=nodes[0], rest=nodes[1:])
        case Latch():
            return replace(expr, condition=nodes[0])
        case Past():
            return replace(expr, lag=nodes[0], first=nodes[1])
    return rebuild(expr, nodes)


def walk_all(expr: Expr) -> Iterator[Expr]:
    """Every node, of both kinds."""
    yield expr
    for node in parts(expr):
        yield from walk_all(node)


def loads(expr: Expr) -> Iterator[Load]:
    """Every place that an expression reads."""
    return (node for node in walk_all(expr) if isinstance(node, Load))


def unrolled(statement: Statement) -> Iterator[Statement]:
    """The statement as one scalar statement per round of its loops."""
    rounds: list[dict[int, int]] = [{}]
    for loop in statement.loops:
        rounds = [{**r, loop.id: k} for r in rounds for k in range(loop.size)]
    for values in rounds:
        target = fixed(statement.target, values)
        assert isinstance(target, Load)
        yield replace(statement, target=target, expr=fixed(statement.expr, values), loops=())


def fixed(expr: Expr, values: Mapping[int, int]) -> Expr:
    """The expression in one round of some loops: values has the round by the loop's id."""
    nodes = parts(expr)
    if nodes:
        expr = with_parts(expr, tuple(fixed(node, values) for node in nodes))
    match expr:
        case Load() | Interpolate() | Past():
            return replace(expr, axes=tuple(axis.at(values) for axis in expr.axes))
        case Place(axis):
            return Place(axis.at(values))
        case Latch(own, condition):
            placed = replace(own, axes=tuple(axis.at(values) for axis in own.axes))
            return Latch(placed, condition)
    return expr


def overlap(read: Load, written: Load) -> bool:
    """Whether a read touches what a statement writes; axes are compared one by one."""
    if read.base != written.base:
        return False
    return all(
        not set(a.positions).isdisjoint(b.positions)
        for a, b in zip(read.axes, written.axes, strict=True)
    )
