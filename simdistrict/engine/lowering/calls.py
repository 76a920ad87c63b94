"""Nodes that call a helper, or a function of the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.functions import SWITCHES
from simdistrict.engine.lowering.nodes import Axis, HelperCall, Load, Node, axes_at
from simdistrict.model.expr import Expr


@dataclass(frozen=True, slots=True)
class Switch(Node):
    """STEP, RAMP, PULSE or PULSE TRAIN with all of its arguments, dates last."""

    function: str
    args: tuple[Expr, ...]

    @property
    def dates(self) -> tuple[Expr, ...]:
        """What decides when it switches."""
        return self.args[SWITCHES[self.function].first_date :]

    def parts(self) -> tuple[Expr, ...]:
        return self.args

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        return replace(self, args=nodes)


@dataclass(frozen=True, slots=True)
class Helper(HelperCall):
    """A helper of numbers that is no function of Vensim."""


@dataclass(frozen=True, slots=True)
class RandomDraw(Node):
    """A random number: the arguments, its stream, the seed of the call and that of the run."""

    helper: str
    args: tuple[Expr, ...]
    stream: Expr
    seed: Expr
    noise: Expr

    def parts(self) -> tuple[Expr, ...]:
        return (*self.args, self.stream, self.seed, self.noise)

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        *args, stream, seed, noise = nodes
        return RandomDraw(self.helper, tuple(args), stream, seed, noise)


@dataclass(frozen=True, slots=True)
class Record(Node):
    """An argument of `Past`: the record of a symbol, at earlier points of the grid.

    It is no `Load`, because it reads no present value.
    """

    symbol: Symbol
    base: int
    axes: tuple[Axis, ...]

    def at(self, values: Mapping[int, int]) -> Expr:
        return replace(self, axes=axes_at(self.axes, values))


@dataclass(frozen=True, slots=True)
class Past(Node):
    """A helper that reads records, and numbers."""

    helper: str
    records: tuple[Record, ...]
    args: tuple[Expr, ...]

    def parts(self) -> tuple[Expr, ...]:
        return (*self.records, *self.args)

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        count = len(self.records)
        records = tuple(node for node in nodes[:count] if isinstance(node, Record))
        return Past(self.helper, records, nodes[count:])


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """An array as an argument: its first slot, and the length of its last dimension.

    The load stands for all slots of its axes that move with no loop.
    """

    load: Load
    size: int

    def parts(self) -> tuple[Expr, ...]:
        return (self.load,)

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        load = nodes[0]
        assert isinstance(load, Load)
        return replace(self, load=load)


@dataclass(frozen=True, slots=True)
class Whole(HelperCall):
    """A helper that works on arrays: slices and numbers.

    fills: it writes its result into the slots of the target.
    """

    fills: bool


@dataclass(frozen=True, slots=True)
class Shifted(Node):
    """The number of an array that is `offset` slots after one of its own."""

    array: Slice
    own: Load
    offset: Expr

    def parts(self) -> tuple[Expr, ...]:
        return self.array, self.own, self.offset

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        array, own, offset = nodes
        assert isinstance(array, Slice)
        assert isinstance(own, Load)
        return Shifted(array, own, offset)
