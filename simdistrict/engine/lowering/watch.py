"""Finds the parts of a program that may do what nobody means, and prints their numbers.

See `watched.Watched` for the kinds. Nothing here decides what is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.calls import (
    Helper,
    Past,
    RandomDraw,
    Record,
    Shifted,
    Switch,
    Whole,
)
from simdistrict.engine.lowering.drains import Share, drains
from simdistrict.engine.lowering.emit import Emitter
from simdistrict.engine.lowering.lay_out import PlacedSymbols
from simdistrict.engine.lowering.lines import Lines
from simdistrict.engine.lowering.lower import ModelStatements
from simdistrict.engine.lowering.nodes import Interpolate, Latch, Load, Loop, Reduce, Time
from simdistrict.engine.lowering.order import depends_on_time
from simdistrict.engine.lowering.statements import Statement, parts, walk
from simdistrict.engine.watched import NOTHING, Watch, Watched
from simdistrict.model.expr import COMPARISONS, Binary, Call, Chain, Expr, Number, Unary

# lookups that hold their first and last value beyond their points
_HOLDING = ("lookup", "lookup_backward", "lookup_forward")
# nodes that a vector of one time does not suffice for
_MORE = (Past, RandomDraw, Record, Shifted, Whole, Latch)
_NAN = Number(math.nan)


@dataclass(frozen=True, eq=False, slots=True)
class _Site:
    """One watched part before it is printed.

    guards: conditions on constants and the time under which it has an effect; table: the lookup
    that it reads; group, delay: of a drain, see `drains.Share`.
    """

    kind: str
    what: str
    statement: Statement
    loops: tuple[Loop, ...]
    guards: tuple[Expr, ...]
    numbers: tuple[Expr, ...]
    table: Interpolate | None = None
    group: int = 0
    delay: str = ""


def watch(
    statements: ModelStatements,
    once: Sequence[Sequence[Statement]],
    placed: PlacedSymbols,
    constant: frozenset[Symbol],
    emitter: Emitter,
) -> Watch:
    """The watched parts of a program. emitter: a fresh one; once: what depends on constants."""
    work = _Search(statements.run, placed, constant)
    for statement in (*statements.run, *statements.initial):
        work.statement(statement)
    work.shares(drains(statements, placed, work.is_constant))
    if not work.foreseen and not work.seen:
        return NOTHING
    emitter.function("once", once)
    foreseen = _printed(emitter, "foreseen", work.foreseen)
    seen = _printed(emitter, "seen", work.seen)
    return Watch(emitter.source(), foreseen, seen)


class _Search:
    def __init__(
        self, run: Sequence[Statement], placed: PlacedSymbols, constant: frozenset[Symbol]
    ) -> None:
        self.placed = placed
        self.constant = constant
        self.lines = Lines(run, self.is_constant)
        self.foreseen: list[_Site] = []
        self.seen: list[_Site] = []
        self.tables = {first: symbol.name for symbol, first in placed.tables.items()}

    def is_constant(self, expr: Expr) -> bool:
        """Whether an expression depends on constants alone."""
        return not depends_on_time(expr) and self.of_constants(expr)

    def of_constants(self, expr: Expr) -> bool:
        """Whether an expression depends on constants, and perhaps on the time."""
        return all(
            node.symbol in self.constant if isinstance(node, Load) else not isinstance(node, _MORE)
            for node in walk(expr)
        )

    def statement(self, statement: Statement) -> None:
        """Add the parts of one statement."""
        expr = statement.expr
        if (
            isinstance(expr, Interpolate)
            and self.placed.slots[statement.target.symbol].kind == "data"
        ):
            name = statement.target.symbol.name
            site = _Site("data", name, statement, statement.loops, (), (Time(),), expr)
            self.foreseen.append(site)
            return
        if not any(map(_is_watched, walk(expr))):
            return
        for loops, guards, node in self.nodes(expr, statement.loops, ()):
            self.node(statement, loops, guards, node)

    def node(
        self, statement: Statement, loops: tuple[Loop, ...], guards: tuple[Expr, ...], node: Expr
    ) -> None:
        """Add a node where it is of a kind that is watched."""
        match node:
            case Binary(":AND:", left, right):
                both = self.lines.comparison(left), self.lines.comparison(right)
                if both[0] is not None and both[1] is not None:
                    what = f"{both[0].op} {both[1].op}"
                    dates = both[0].date, both[0].slope, both[1].date, both[1].slope
                    self.foreseen.append(_Site("comparison", what, statement, loops, guards, dates))
            case Binary() if (found := self.lines.comparison(node)) is not None:
                date = found.date, found.slope
                self.foreseen.append(_Site("comparison", found.op, statement, loops, guards, date))
            case Switch(function, args):
                known = tuple(a if self.is_constant(a) else _NAN for a in args)
                self.foreseen.append(_Site("switch", function, statement, loops, guards, known))
            case Interpolate(x=x, helper=helper) if helper in _HOLDING:
                name = self.tables.get(node.first, "")
                site = _Site("lookup", name, statement, loops, guards, (x,), node)
                if self.of_constants(x):
                    self.foreseen.append(site)
                elif not any(isinstance(inner, _MORE) for inner in walk(x)):
                    self.seen.append(site)
            case Helper("lag", (delay, _)) if self.is_constant(delay):
                self.foreseen.append(_Site("lag", "", statement, loops, (), (delay,)))

    def nodes(
        self, expr: Expr, loops: tuple[Loop, ...], guards: tuple[Expr, ...]
    ) -> Iterator[tuple[tuple[Loop, ...], tuple[Expr, ...], Expr]]:
        """Every node with the loops around it and the conditions under which it matters."""
        yield loops, guards, expr
        inner = (*loops, *expr.loops) if isinstance(expr, Reduce) else loops
        below: list[tuple[Expr, tuple[Expr, ...]]] = []
        match expr:
            case Binary("+", _, Binary("*", Number(), Call("MIN" | "MAX", (_, Number(0.0))))):
                return  # a lookup that extrapolates, as XMILE is read
            case Call("IF THEN ELSE", (condition, yes, no)) if self.of_constants(condition):
                yield from self.nodes(condition, inner, guards)
                below = [(yes, (*guards, condition)), (no, (*guards, Unary(":NOT:", condition)))]
            case Binary("*", left, right):
                below = self.factors((left, right), guards)
            case Chain(("*" | "/", *_), terms):
                below = self.factors(terms, guards)
            case _:
                below = [(node, guards) for node in parts(expr)]
        for node, more in below:
            yield from self.nodes(node, inner, more)

    def factors(
        self, terms: Sequence[Expr], guards: tuple[Expr, ...]
    ) -> list[tuple[Expr, tuple[Expr, ...]]]:
        """The terms of a product; a constant that is zero switches the others off."""
        known = tuple(term for term in terms if self.is_constant(term))
        return [
            (term, (*guards, *(other for other in known if other is not term))) for term in terms
        ]

    def shares(self, found: Sequence[Share]) -> None:
        """Add what stocks lose of themselves."""
        for share in found:
            numbers = (Number(float(share.sign)), share.factor, share.time)
            own, group, delay = share.statement, share.group, share.delay
            site = _Site("drain", share.stock, own, own.loops, (), numbers, None, group, delay)
            self.foreseen.append(site)


def _is_watched(node: Expr) -> bool:
    """Whether a node may be of a kind that is watched."""
    return isinstance(node, Switch | Interpolate | Helper) or (
        isinstance(node, Binary) and node.op in COMPARISONS
    )


def _printed(emitter: Emitter, name: str, sites: Sequence[_Site]) -> tuple[Watched, ...]:
    """Print a function that appends the numbers of some parts."""
    emitter.begin(name, [n for site in sites for n in (*site.guards, *site.numbers)])
    found = tuple(_print(emitter, site) for site in sites)
    emitter.end()
    return found


def _print(emitter: Emitter, site: _Site) -> Watched:
    """Print the numbers of one part, in loops over the labels on which they depend."""
    target = site.statement.target
    exprs = (*site.guards, *site.numbers, *((site.table,) if site.table else ()))
    moving = {
        axis.loop
        for expr in exprs
        for node in walk(expr)
        if isinstance(node, Load | Interpolate)
        for axis in node.axes
    }
    if site.kind == "drain":
        moving |= {axis.loop for axis in target.axes}
    loops = tuple(loop for loop in site.loops if loop.id in moving)
    still = {loop.id: 0 for loop in site.loops if loop.id not in moving}
    own = target.at(still)
    depth = emitter.depth
    emitter.nest(loops, (own, *exprs))
    texts = [f"{emitter.address(own.base, own.axes)} - {own.base}"]
    guards = [emitter.condition(guard) for guard in site.guards]
    texts.append(f"1.0 if {' and '.join(guards)} else 0.0" if guards else "1.0")
    if site.table is not None:
        texts.append(emitter.address(site.table.first, site.table.axes))
    texts += [emitter.number(number) for number in site.numbers]
    emitter.put(f"out.extend(({', '.join(texts)}))")
    emitter.depth = depth
    rounds = math.prod(loop.size for loop in loops)
    constant = not any(depends_on_time(expr) for expr in (*site.guards, *site.numbers))
    name, line = target.symbol.name, site.statement.line
    sizes = rounds, len(texts)
    return Watched(site.kind, site.what, name, line, *sizes, constant, site.group, site.delay)
