"""What `expand` makes of the functions of a model, before names become slots.

Symbols with their definitions, kinds of elements and nodes; `Maker` adds them for one equation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.nodes import HelperCall, Node
from simdistrict.model.expr import Call, Expr, Number, Ref
from simdistrict.model.model import Auxiliary, Element, Equation, Model, Stock


@dataclass(frozen=True, eq=False, slots=True)
class SymbolDefinition:
    """A symbol with its equations.

    element: of the model, or one like it that the lowering made, with the name of the element that
    it was made for.
    """

    symbol: Symbol
    element: Element


class Held(Element):
    """Computed once, when the run starts: INITIAL."""


class Sampled(Element):
    """Follows its input while a condition is true and holds it otherwise: SAMPLE IF TRUE.

    The expression is Call("SAMPLE IF TRUE", (condition, input, initial)).
    """


class Recorded(Element):
    """Kept at every point of the grid, for a DELAY FIXED and its like."""


class Limit(Element):
    """A number that the loop sets: whether a flow is held during a step, or at which rate."""


class Amount(Stock):
    """How much flows in one step; the loop sets it to zero before each."""


class Filled(Element):
    """Written by one call for all labels of its last dimensions; its expression is an ArrayCall."""


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
class PastCall(HelperCall):
    """A helper that reads records of symbols, and numbers."""

    records: tuple[SymbolRef, ...]


@dataclass(frozen=True, slots=True)
class ArrayCall(HelperCall):
    """A helper that works on whole arrays, in each round of the first `own` dimensions.

    An argument that is a symbol of more than `own` dimensions is an array; all others are numbers.
    """

    own: int


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


@dataclass(frozen=True)
class Maker:
    """Adds what one equation needs to `definitions`."""

    model: Model
    owner: Element
    equation: Equation
    definitions: list[SymbolDefinition]

    def error(self, what: str, hint: str = "") -> ModelError:
        """A complaint about the equation."""
        where = f"model {self.model.name}, line {self.equation.line}"
        return ModelError(Problem(where, f'"{self.owner.name}" {what}', hint))

    def new(self, role: str) -> SymbolRef:
        """A symbol over the labels of the equation, to be defined yet."""
        return SymbolRef(Symbol(self.owner.name, role), self.equation.subscripts)

    def define(
        self,
        ref: SymbolRef,
        kind: type[Element],
        expression: Expr,
        initial: Expr | None = None,
        dims: tuple[str, ...] | None = None,
    ) -> SymbolRef:
        """Define a new symbol. dims: its dimensions where they are not those of the owner."""
        equation = replace(
            self.equation, expression=expression, initial=initial, subscripts=ref.subscripts
        )
        dims = self.owner.dims if dims is None else dims
        element = kind(name=self.owner.name, equations=(equation,), dims=dims)
        self.definitions.append(SymbolDefinition(ref.symbol, element))
        return ref

    def add(
        self, kind: type[Element], role: str, expression: Expr, initial: Expr | None = None
    ) -> SymbolRef:
        """A new symbol with its definition."""
        return self.define(self.new(role), kind, expression, initial)

    def stock(self, ref: SymbolRef, flow: Expr, initial: Expr) -> SymbolRef:
        """Define a new stock, whose flow may read it."""
        return self.define(ref, Stock, flow, initial)

    def value(self, role: str, expression: Expr) -> Expr:
        """The expression where it is a name or a number, else a new auxiliary for it."""
        if isinstance(expression, Ref | SymbolRef | Number):
            return expression
        return self.add(Auxiliary, role, expression)
