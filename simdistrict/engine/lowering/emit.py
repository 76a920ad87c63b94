"""Statements as plain Python source: declared types, one loop per dimension, one flat vector.

The source runs unchanged under CPython, and every backend reads it. Its form:
- `def derive(v: Vector) -> None:`: each argument and each result has its type; `Vector` is the
  flat vector, or a list that grows.
- `name: float = ...` at the first assignment of a local; the types are float, int (an index) and
  bool. The variable of `for i in range(n)` is an int. Later assignments of the local have none.
- `PLACES_0: tuple[int, ...] = (...)` for a table of indices.
Neighbouring statements over the same labels share their loops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simdistrict.engine.layout import HELD_TIME, MOVING_TIME, SLACK, SWITCH_TIME, TIME, Layout
from simdistrict.engine.lowering.calls import Switch, Whole
from simdistrict.engine.lowering.clocks import Clocks
from simdistrict.engine.lowering.frames import SlotKey, key_of
from simdistrict.engine.lowering.nodes import HeldTime, Load, Time
from simdistrict.engine.lowering.spell import MAX_NESTING, ExpressionPrinter
from simdistrict.engine.lowering.statements import Statement, parts, walk
from simdistrict.model.expr import Expr, height

# the times that a function reads from the vector; their meaning is in program.Program
_TIMES = {"t": TIME, "u": HELD_TIME, "s": SWITCH_TIME, "m": MOVING_TIME, "e": SLACK}
# what the functions of a program take
_TAKES = {
    **dict.fromkeys(("once", "start", "settle", "derive"), "v: Vector"),
    "switches": "v: Vector, out: Vector, stop: float",
    **dict.fromkeys(("margins", "foreseen", "seen"), "v: Vector, out: Vector"),
}


class Emitter(ExpressionPrinter):
    """Prints functions. origin: line of source -> label of the statement that it belongs to."""

    def __init__(self, layout: Layout, located: Callable[[Expr], bool], clocks: Clocks) -> None:
        super().__init__(layout, located, clocks)
        self.lines = ["from __future__ import annotations", "", ""]
        self.origin: dict[int, str] = {}
        self.read_later: frozenset[SlotKey] = frozenset()

    def function(
        self, name: str, groups: Sequence[Sequence[Statement]] = (), *, slopes: bool = False
    ) -> None:
        """A function of the vector, each group of statements in one nest of loops.

        slopes: compute first the slopes between the points of all tables, some of which a run
        may have changed.
        """
        statements = [s for group in groups for s in group]
        self.begin(name, [s.expr for s in statements])
        if slopes and self.layout.tables:
            i = self.names.loop(0)
            self.put(f"for {i} in range({len(self.layout.tables)}):")
            self.put(f"    slopes(v, TABLE_START[{i}], TABLE_SIZE[{i}])")
        self.read_later = frozenset(
            key_of(load) for s in statements for load in s.reads if not load.axes
        )
        for group in groups:
            depth = self.depth
            self.nest(group[0].loops, [e for s in group for e in (s.target, s.expr)])
            inside = frozenset(key_of(load) for s in group for load in s.reads)
            for statement in group:
                self.statement(statement, inside)
            self.depth = depth
        self.end()

    def begin(self, name: str, exprs: Sequence[Expr]) -> None:
        """The head of a function, and the times that its expressions read."""
        self.head(name, _TAKES[name])
        if any(self.is_timed(node) for expr in exprs for node in walk(expr)):
            for time, place in _TIMES.items():
                self.put(f"{time}: float = v[{place}]")

    def is_timed(self, node: Expr) -> bool:
        """Whether a node reads the times."""
        clock = isinstance(node, Load) and node.symbol in self.clocks.rates
        return clock or isinstance(node, Time | HeldTime | Switch)

    def statement(self, statement: Statement, inside: frozenset[SlotKey]) -> None:
        """One assignment; its value stays in a local where it is read again.

        inside: what the statements in the same nest of loops read.
        """
        first = len(self.lines)
        target, key = statement.target, key_of(statement.target)
        self.deep = height(statement.expr, parts) > MAX_NESTING // 2
        if isinstance(statement.expr, Whole) and statement.expr.fills:
            self.put(self.whole(statement.expr, target))
        else:
            text = self.number(statement.expr)
            if key in (inside if statement.loops else self.read_later):
                name = self.names.local(str(target.symbol))
                self.put(f"{name}: float = {text}")
                self.known[key] = text = name
            self.put(f"{self.place(target.base, target.axes)} = {text}")
        label = "".join(c if c.isprintable() else " " for c in statement.label)
        self.lines[-1] += f"  # {label}"
        self.origin.update((line + 1, statement.label) for line in range(first, len(self.lines)))

    def source(self) -> str:
        """Everything emitted so far, with the tables that it reads."""
        tables = {name: table for table, name in self.names.tables.items()}
        tables["TABLE_START"] = tuple(start for start, _ in self.layout.tables)
        tables["TABLE_SIZE"] = tuple(size for _, size in self.layout.tables)
        tail = [f"{name}: tuple[int, ...] = {table!r}" for name, table in tables.items()]
        return "\n".join([*self.lines, *tail, ""])
