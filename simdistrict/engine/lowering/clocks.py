"""Clocks: values that run with Time, such as `Time - start` or the months of the present year.

A clock meets a number that lies on the time grid only up to rounding errors, so such comparisons
allow for them (see `program.Program`). How much they allow follows from the rate of the clock:
units of its value per unit of time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence, Set

from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.nodes import HeldTime, Load, Time
from simdistrict.engine.lowering.order import depends_on_time
from simdistrict.engine.lowering.statements import Statement, loads
from simdistrict.model.expr import Binary, Call, Chain, Expr, Number, Unary

ONE = Number(1.0)
# of a clock whose rate is not known where it is read
UNKNOWN = Number(math.nan)
# calls that run with their first argument, or with either of the last two
_FIRST = frozenset({"MODULO", "QUANTUM", "INTEGER", "ABS"})
_EITHER = frozenset({"MAX", "MIN", "IF THEN ELSE"})


class Clocks:
    """The rates of clocks.

    statements: of a program, causes first; constant: the symbols that depend on constants alone.
    """

    def __init__(self, statements: Sequence[Statement], constant: Set[Symbol]) -> None:
        self.constant = constant
        self.rates: dict[Symbol, Expr] = {}
        for statement in statements:
            rate = self.rate(statement.expr)
            if rate is not None:
                # labels may have rates of their own, which another equation cannot name
                known = not any(load.axes for load in loads(rate))
                self.rates.setdefault(statement.target.symbol, rate if known else UNKNOWN)

    def rate(self, expr: Expr) -> Expr | None:
        """The rate of an expression, in constants; None for what is no clock."""
        match expr:
            case Time() | HeldTime():
                return ONE
            case Load(symbol):
                return self.rates.get(symbol)
            case Unary("-", operand):
                return self.rate(operand)
            case Binary("+" | "-", left, right):
                return self.first((left, right))
            case Chain(("+" | "-", *_), terms):
                return self.first(terms)
            case Binary("*" | "/" as op, left, right):
                return self.scaled((op,), (left, right))
            case Chain(("*" | "/", *_) as ops, terms):
                return self.scaled(ops, terms)
            case Call(function, args) if function in _FIRST:
                return self.rate(args[0])
            case Call(function, args) if function in _EITHER:
                return self.first(args[-2:])
        return None

    def first(self, exprs: Iterable[Expr]) -> Expr | None:
        """The rate of the first one that is a clock."""
        return next((rate for rate in map(self.rate, exprs) if rate is not None), None)

    def scaled(self, ops: Sequence[str], terms: Sequence[Expr]) -> Expr | None:
        """The rate of a clock that is multiplied or divided by constants."""
        found: Expr | None = None
        factors = list(zip(("*", *ops), terms, strict=True))
        for op, term in factors:
            rate = self.rate(term)
            if rate is None and self.is_constant(term):
                continue
            if rate is None or found is not None or op == "/":
                return None
            found = rate
        if found is None:
            return None
        for op, term in factors:
            if self.rate(term) is None and found is not UNKNOWN:
                found = Binary(op, found, term)
        return found

    def is_constant(self, expr: Expr) -> bool:
        """Whether an expression depends on constants alone."""
        reads = (load.symbol in self.constant for load in loads(expr))
        return not depends_on_time(expr) and all(reads)
