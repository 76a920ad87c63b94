"""Makes internal symbols for one equation of an element, where a function needs them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.definitions import SymbolDefinition
from simdistrict.engine.lowering.made import SymbolRef
from simdistrict.model.expr import Expr, Number, Ref
from simdistrict.model.model import Auxiliary, Element, Equation, Model, Stock


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
