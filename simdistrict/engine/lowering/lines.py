"""Values that are straight lines of Time, such as `Time - start`, and the dates they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.nodes import Load, Time
from simdistrict.engine.lowering.statements import Statement, loads
from simdistrict.model.expr import COMPARISONS, Binary, Expr, Number, Unary, fold
from simdistrict.model.model import CONTROL

_ZERO, _ONE = Number(0.0), Number(1.0)
# a comparison read from right to left
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


@dataclass(frozen=True, slots=True)
class Line:
    """slope * Time + offset, of constants."""

    slope: Expr
    offset: Expr


@dataclass(frozen=True, slots=True)
class Comparison:
    """Time compared with a date; where the slope is negative, the other way round."""

    op: str
    date: Expr
    slope: Expr


class Lines:
    """The lines among the expressions of a program.

    constant: whether an expression depends on constants alone.
    """

    def __init__(self, statements: Iterable[Statement], constant: Callable[[Expr], bool]) -> None:
        self.constant = constant
        self.known: dict[Symbol, Line | None] = {}
        self.written: dict[Symbol, Statement | None] = {}
        for statement in statements:
            symbol = statement.target.symbol
            # a line that differs between labels is not followed
            alone = symbol not in self.written and not statement.loops
            self.written[symbol] = statement if alone and not statement.target.axes else None

    def line(self, expr: Expr) -> Line | None:
        """The line that an expression is; None where it is none, or does not move."""
        match expr:
            case Time():
                return Line(_ONE, _ZERO)
            case Load(symbol):
                return self.of(symbol)
            case Unary("-", operand):
                found = self.line(operand)
                return found and Line(Unary("-", found.slope), Unary("-", found.offset))
            case Binary("+", left, right) if self.constant(right):
                return self.moved(left, "+", right)
            case Binary("-", left, right) if self.constant(right):
                return self.moved(left, "-", right)
            case Binary("+", left, right) if self.constant(left):
                return self.moved(right, "+", left)
            case Binary("-", left, right) if self.constant(left):
                return self.moved(Unary("-", right), "+", left)
            case Binary("*" | "/" as op, left, right) if self.constant(right):
                return self.scaled(left, op, right)
            case Binary("*", left, right) if self.constant(left):
                return self.scaled(right, "*", left)
        return None

    def of(self, symbol: Symbol) -> Line | None:
        """The line that an element without labels is."""
        if symbol not in self.known:
            self.known[symbol] = None  # while it is looked at
            statement = self.written.get(symbol)
            if statement is not None:
                self.known[symbol] = self.line(statement.expr)
        return self.known[symbol]

    def moved(self, expr: Expr, op: str, by: Expr) -> Line | None:
        found = self.line(expr)
        return found and Line(found.slope, Binary(op, found.offset, by))

    def scaled(self, expr: Expr, op: str, by: Expr) -> Line | None:
        found = self.line(expr)
        return found and Line(Binary(op, found.slope, by), Binary(op, found.offset, by))

    def comparison(self, expr: Expr) -> Comparison | None:
        """The comparison of Time that an expression is.

        None for one with control elements alone: who writes Time > FINAL TIME means it.
        """
        if not isinstance(expr, Binary) or expr.op not in COMPARISONS:
            return None
        for time, number, op in (
            (expr.left, expr.right, expr.op),
            (expr.right, expr.left, _TURNED[expr.op]),
        ):
            line = self.line(time) if self.constant(number) else None
            if line is None:
                continue
            names = [fold(load.symbol.name) for load in loads(number)]
            if names and all(name in CONTROL for name in names):
                return None
            plain = line == Line(_ONE, _ZERO)
            date = number if plain else Binary("-", number, line.offset)
            if line.slope is not _ONE:
                date = Binary("/", date, line.slope)
            return Comparison(op, date, line.slope)
        return None
