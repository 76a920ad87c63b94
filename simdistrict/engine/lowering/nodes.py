"""Statements: equations whose names have become places in the flat vector of a run.

Expressions keep the nodes of `simdistrict.model.expr`; only references to elements are replaced by
the nodes below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from simdistrict.model.expr import Expr, Number, children, rebuild


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
class Record(Expr):
    """An argument that is the first place of a record, followed by how far its rows lie apart.

    What stands there belongs to earlier points, so it is no `Load` of a present value.
    """

    name: str
    base: int
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Interpolate(Expr):
    """The lookup table numbered `first` plus what the axes add, read at x by a helper.

    more: what else the helper takes, behind x.
    """

    name: str
    first: int
    axes: tuple[Axis, ...]
    x: Expr
    helper: str = "lookup"
    more: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice(Expr):
    """An argument that is a place itself, followed by `size` where that is not zero.

    The load stands for all places of its axes that move with no loop; size: the length of the
    last one.
    """

    load: Load
    size: int = 0


@dataclass(frozen=True, slots=True)
class Whole(Expr):
    """A helper that works on slices or records.

    fills: it writes its result into the slice of the target.
    """

    helper: str
    args: tuple[Expr, ...]
    fills: bool = False


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
        case Interpolate(x=x, more=more):
            return (x, *more)
        case Latch(_, condition):
            return (condition,)
        case Slice(load):
            return (load,)
        case Whole(_, args):
            return args
    return children(expr)


def with_parts(expr: Expr, nodes: tuple[Expr, ...]) -> Expr:
    """The same node above other ones."""
    match expr:
        case Reduce():
            return replace(expr, body=nodes[0])
        case Interpolate():
            return replace(expr, x=nodes[0], more=nodes[1:])
        case Latch():
            return replace(expr, condition=nodes[0])
        case Slice():
            load = nodes[0]
            assert isinstance(load, Load)
            return replace(expr, load=load)
        case Whole():
            return replace(expr, args=nodes)
    return rebuild(expr, nodes)


# what most nodes are: nothing is below them
_LEAVES = (Load, Number)


def walk_all(expr: Expr) -> Iterator[Expr]:
    """Every node, of both kinds, the node itself first."""
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        yield node
        if type(node) not in _LEAVES:
            waiting += reversed(parts(node))


def height_of(expr: Expr) -> int:
    """The number of nodes from the top to the deepest leaf."""
    level, height = [expr], 0
    while level:
        height += 1
        level = [node for above in level for node in parts(above)]
    return height


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
        case Load() | Interpolate() | Record():
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
