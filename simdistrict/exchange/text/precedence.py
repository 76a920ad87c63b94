"""Precedence climbing, for the parsers of both equation languages."""

from __future__ import annotations

from abc import ABC, abstractmethod

from simdistrict.model.expr import Expr, joined

# a long sequence of these is one node, see `joined`
_CHAINED = frozenset({"+", "-", "*", "/", ":AND:", ":OR:"})


class PrecedenceParser(ABC):
    """Parses binary operators by their strength; a language adds its operands."""

    depth = 0

    @abstractmethod
    def operand(self) -> Expr:
        """Everything that binds tighter than the binary operators."""

    @abstractmethod
    def operator(self) -> tuple[str, int] | None:
        """Name and strength of the binary operator at the current token, if it is one."""

    @abstractmethod
    def step(self) -> object:
        """Advance to the next token."""

    @abstractmethod
    def too_deep(self) -> Exception | None:
        """The error if `depth` is beyond the limit."""

    def applied(self, op: str, left: Expr, right: Expr) -> tuple[list[Expr], list[str]]:
        """Terms and operators for an operator; some languages have other nodes for some."""
        return [left, right], [op]

    def expression(self, bind: int = 0) -> Expr:
        """An expression up to the first operator that binds no tighter than `bind`."""
        self.depth += 1
        if error := self.too_deep():
            raise error
        # operands and operators of equal strength so far
        terms: list[Expr] = [self.operand()]
        ops: list[str] = []
        strength = 0
        while (found := self.operator()) is not None and found[1] > bind:
            op, own = found
            self.step()
            # powers are right-associative, all other operators left-associative
            right = self.expression(own - 1 if op == "^" else own)
            if own == strength and op in _CHAINED:
                ops.append(op)
                terms.append(right)
            else:
                terms, ops = self.applied(op, joined(ops, terms), right)
                strength = own
        self.depth -= 1
        return joined(ops, terms)
