"""Nodes of expressions whose names have become slots in the flat vector of a run.

They keep the nodes of `simdistrict.model.expr`, less names, lookups and functions with a
memory; the classes below stand in their place. `statements` walks both kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from simdistrict.engine.layout import Symbol
from simdistrict.model.expr import Expr


class Node(Expr):
    """A node that the lowering makes; it knows its own parts."""

    __slots__ = ()

    def parts(self) -> tuple[Expr, ...]:
        """The nodes directly below."""
        return ()

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        """The same node above other parts."""
        assert not nodes
        return self

    def at(self, values: Mapping[int, int]) -> Expr:
        """The node in one round of some loops, by their ids; its parts are there already."""
        return self


@dataclass(frozen=True, slots=True)
class HelperCall(Node):
    """A call of a helper; subclasses say of which kind."""

    helper: str
    args: tuple[Expr, ...]

    def parts(self) -> tuple[Expr, ...]:
        return self.args

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        return replace(self, args=nodes)


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


def axes_at(axes: tuple[Axis, ...], values: Mapping[int, int]) -> tuple[Axis, ...]:
    """The axes in one round of some loops."""
    return tuple(axis.at(values) for axis in axes)


@dataclass(frozen=True, slots=True)
class Load(Node):
    """A slot of a symbol in the vector: base plus what the axes add."""

    symbol: Symbol
    base: int
    axes: tuple[Axis, ...] = ()

    @property
    def first(self) -> int:
        """The slot in the first round of all loops."""
        return self.base + sum(axis.stride * axis.positions[0] for axis in self.axes)

    def at(self, values: Mapping[int, int]) -> Load:
        return replace(self, axes=axes_at(self.axes, values)) if self.axes else self


@dataclass(frozen=True, slots=True)
class Time(Node):
    """The time of the evaluation."""


@dataclass(frozen=True, slots=True)
class HeldTime(Node):
    """The beginning of the step on a time grid; else the time of the evaluation. See `hold`."""


@dataclass(frozen=True, slots=True)
class Place(Node):
    """The number of the present label of a range, counted from one."""

    axis: Axis

    def at(self, values: Mapping[int, int]) -> Expr:
        return Place(self.axis.at(values))


@dataclass(frozen=True, slots=True)
class Reduce(Node):
    """op is SUM, PROD, VMIN or VMAX of the body over all rounds of the loops."""

    op: str
    loops: tuple[Loop, ...]
    body: Expr

    def parts(self) -> tuple[Expr, ...]:
        return (self.body,)

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        return replace(self, body=nodes[0])


@dataclass(frozen=True, slots=True)
class WrittenOut(Node):
    """The op of a `Reduce` over terms that stand one by one."""

    op: str
    terms: tuple[Expr, ...]

    def parts(self) -> tuple[Expr, ...]:
        return self.terms

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        return replace(self, terms=nodes)


@dataclass(frozen=True, slots=True)
class Latch(Node):
    """Whether a condition held when it was last evaluated: v[SAMPLING] says when to do it again."""

    own: Load
    condition: Expr

    def parts(self) -> tuple[Expr, ...]:
        return (self.condition,)

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        return replace(self, condition=nodes[0])

    def at(self, values: Mapping[int, int]) -> Expr:
        return replace(self, own=self.own.at(values))


@dataclass(frozen=True, slots=True)
class Interpolate(Node):
    """The lookup table numbered `first` plus what the axes add, read at x by a helper.

    more: what else the helper takes, after x.
    """

    first: int
    axes: tuple[Axis, ...]
    x: Expr
    helper: str = "lookup"
    more: tuple[Expr, ...] = ()

    def parts(self) -> tuple[Expr, ...]:
        return (self.x, *self.more)

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        return replace(self, x=nodes[0], more=nodes[1:])

    def at(self, values: Mapping[int, int]) -> Expr:
        return replace(self, axes=axes_at(self.axes, values))
