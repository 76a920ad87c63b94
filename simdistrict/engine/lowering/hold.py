"""Comparisons of clocks with constants, which hold through a step as those of bare Time do.

A method with stages evaluates a step at several times. What compares Time with a date reads the
beginning of the step there (see `program.Program`), so a comparison of `Time - start` or of an
element that stands for it reads its clock at that time too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace

from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.clocks import Clocks
from simdistrict.engine.lowering.nodes import Axis, HeldTime, Load, Node, Time
from simdistrict.engine.lowering.statements import Statement, parts, walk, with_parts
from simdistrict.model.expr import COMPARISONS, Binary, Expr

# the most nodes of a clock that is written out
_MOST = 200


def hold(
    statements: Sequence[Statement],
    constant: Set[Symbol],
    located: Callable[[Expr], bool],
    clocks: Clocks,
) -> list[Statement]:
    """The statements of `derive`, whose comparisons of clocks read the time that is held."""
    work = _Holding(statements, constant, located, clocks)
    return [work.statement(statement) for statement in statements]


class _NotHeldError(Exception):
    """A clock that is not held: it depends on more than constants, or is very long."""


class _Holding:
    def __init__(
        self,
        statements: Iterable[Statement],
        constant: Set[Symbol],
        located: Callable[[Expr], bool],
        clocks: Clocks,
    ) -> None:
        self.constant = constant
        self.located = located
        self.clocks = clocks
        self.left = 0
        self.writers: dict[Symbol, list[Statement]] = {}
        for statement in statements:
            self.writers.setdefault(statement.target.symbol, []).append(statement)

    def statement(self, statement: Statement) -> Statement:
        """The statement with its comparisons held."""
        if not any(map(self.is_of_clock, walk(statement.expr))):
            return statement
        return replace(statement, expr=self.within(statement.expr))

    def is_of_clock(self, expr: Expr) -> bool:
        """Whether an expression compares a clock, other than Time with a fixed date."""
        if not isinstance(expr, Binary) or expr.op not in COMPARISONS or self.located(expr):
            return False
        return self.clocks.first((expr.left, expr.right)) is not None

    def within(self, expr: Expr) -> Expr:
        """The expression with its comparisons held."""
        if self.is_of_clock(expr):
            self.left = _MOST
            try:
                return with_parts(expr, tuple(self.held(node, {}) for node in parts(expr)))
            except _NotHeldError:
                return expr
        nodes = parts(expr)
        return with_parts(expr, tuple(map(self.within, nodes))) if nodes else expr

    def held(self, expr: Expr, moved: Mapping[int, Axis]) -> Expr:
        """A clock at the time that is held.

        moved: by the loops of the statement that it comes from, how the reader runs through them.
        """
        self.left -= 1
        if self.left < 0:
            raise _NotHeldError
        match expr:
            case Time():
                return HeldTime()
            case Load(symbol, base, axes):
                load = Load(symbol, base, tuple(_along(axis, moved) for axis in axes))
                return load if symbol in self.constant else self.written(load)
            case Node():
                raise _NotHeldError
        if self.located(expr):
            # a comparison of Time, which is held already
            return with_parts(expr, tuple(_date(node, moved) for node in parts(expr)))
        nodes = parts(expr)
        return with_parts(expr, tuple(self.held(n, moved) for n in nodes)) if nodes else expr

    def written(self, load: Load) -> Expr:
        """What a load of a clock stands for, where one statement writes all of its labels."""
        for statement in self.writers.get(load.symbol, ()):
            target = statement.target
            if load.base != target.base:
                continue
            pairs = list(zip(load.axes, target.axes, strict=True))
            if all(set(read.positions) <= set(written.positions) for read, written in pairs):
                return self.held(
                    statement.expr,
                    {
                        # the rounds of the writer that the reader meets
                        written.loop: replace(
                            read, positions=tuple(map(written.positions.index, read.positions))
                        )
                        for read, written in pairs
                        if not written.fixed
                    },
                )
        raise _NotHeldError


def _date(expr: Expr, moved: Mapping[int, Axis]) -> Expr:
    """A side of a comparison of Time with a date, as its reader runs through its labels."""
    match expr:
        case Load(symbol, base, axes):
            return Load(symbol, base, tuple(_along(axis, moved) for axis in axes))
        case Node() if not isinstance(expr, Time):
            raise _NotHeldError
    nodes = parts(expr)
    return with_parts(expr, tuple(_date(node, moved) for node in nodes)) if nodes else expr


def _along(axis: Axis, moved: Mapping[int, Axis]) -> Axis:
    """An axis of a writer as its reader runs through it."""
    if axis.fixed or axis.loop not in moved:
        return axis
    rounds = moved[axis.loop]
    return Axis(axis.stride, tuple(axis.positions[k] for k in rounds.positions), rounds.loop)
