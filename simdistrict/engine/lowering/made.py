"""Nodes for what `expand` makes of the functions of a model, before names become slots."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.nodes import Node
from simdistrict.model.expr import Call, Expr, Ref


@dataclass(frozen=True, slots=True)
class SymbolRef(Node):
    """The value of an internal symbol; subscripts as those of a `Ref`."""

    symbol: Symbol
    subscripts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Before(Node):
    """What a SAMPLE IF TRUE held before: the meaning of its own name in its arguments."""

    symbol: Symbol
    subscripts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RandomCall(Node):
    """A random number with the number of its stream."""

    call: Call
    stream: int

    def parts(self) -> tuple[Expr, ...]:
        return self.call.args

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        return replace(self, call=Call(self.call.function, nodes))


@dataclass(frozen=True, slots=True)
class PastCall(Node):
    """A helper that reads records of symbols, and numbers."""

    helper: str
    records: tuple[SymbolRef, ...]
    args: tuple[Expr, ...]

    def parts(self) -> tuple[Expr, ...]:
        return self.args

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        return replace(self, args=nodes)


@dataclass(frozen=True, slots=True)
class ArrayCall(Node):
    """A helper that works on whole arrays, in each round of the first `own` dimensions.

    An argument that is a symbol of more than `own` dimensions is an array; all others are numbers.
    """

    helper: str
    own: int
    args: tuple[Expr, ...]

    def parts(self) -> tuple[Expr, ...]:
        return self.args

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        return replace(self, args=nodes)


@dataclass(frozen=True, slots=True)
class ElementMap(Node):
    """VECTOR ELM MAP: the number of an array that is so many slots after another one."""

    source: Ref
    offset: Expr

    def parts(self) -> tuple[Expr, ...]:
        return self.source, self.offset

    def with_parts(self, nodes: tuple[Expr, ...]) -> Expr:
        source, offset = nodes
        assert isinstance(source, Ref)
        return ElementMap(source, offset)
