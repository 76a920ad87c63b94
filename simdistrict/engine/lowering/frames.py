"""The frame of emitted functions: lines, loops, and the positions that loops run through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from simdistrict.engine.lowering.calls import Record
from simdistrict.engine.lowering.names import PrintedNames
from simdistrict.engine.lowering.nodes import Axis, Interpolate, Load, Loop
from simdistrict.engine.lowering.statements import walk
from simdistrict.model.expr import Expr

Pattern = tuple[tuple[int, int, tuple[int, ...]], ...]
SlotKey = tuple[int, Pattern]


class Frames:
    """Lines printed so far, and what is open at this line.

    patterns: the position at hand for each pattern of moving axes; known: the local that holds a
    slot's value.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names = PrintedNames()
        self.depth = 1
        self.patterns: dict[Pattern, str] = {}
        self.known: dict[SlotKey, str] = {}
        self._positions: dict[Pattern, str] = {}

    def put(self, text: str) -> None:
        """Print a line at the present depth."""
        self.lines.append("    " * self.depth + text)

    def head(self, name: str, takes: str) -> None:
        """Print the head of a function."""
        self.lines.append(f"def {name}({takes}) -> None:")
        self.names.begin()
        self.known = {}
        self._positions = {}

    def end(self) -> None:
        """End a function; one without a body does nothing."""
        if self.lines[-1].startswith("def "):
            self.put("pass")
        self.lines += ["", ""]

    def temporary(self, text: str, kind: str = "float") -> str:
        """A new local that holds a text, printed before the statement."""
        name = self.names.local("a0")
        self.put(f"{name}: {kind} = {text}")
        return name

    # ------------------------------------------------------------------ loops and positions

    def nest(self, loops: tuple[Loop, ...], exprs: Sequence[Expr]) -> None:
        """Open the loops; compute each position in the outermost loop possible."""
        self.patterns = {}
        self.known = {k: n for k, n in self.known.items() if not k[1]}
        self.open(loops, exprs, set())

    def open(self, loops: Sequence[Loop], exprs: Sequence[Expr], around: set[int]) -> None:
        """Open loops inside those that are open already."""
        wanted = [pattern_of(n.axes) for e in exprs for n in walk(e) if _moves(n)]
        for loop in loops:
            self.put(f"for {self.names.loop(loop.id)} in range({loop.size}):")
            self.depth += 1
            around = {*around, loop.id}
            for pattern in dict.fromkeys(wanted):
                complete = tuple(term for term in pattern if term[0] in around)
                if any(term[0] == loop.id for term in complete):
                    self.position(complete, loop.id)

    def position(self, pattern: Pattern, newest: int) -> None:
        """Compute the position of a pattern, once its newest loop is open."""
        if pattern in self.patterns:
            return
        if len(pattern) == 1 and pattern[0][1] == 1 and not pattern[0][2]:
            self.patterns[pattern] = self.names.loop(newest)
            return
        outer = tuple(term for term in pattern if term[0] != newest)
        here = [self.term(term) for term in pattern if term[0] == newest]
        parts = ([self.patterns[outer]] if outer else []) + here
        if pattern not in self._positions:
            self._positions[pattern] = self.names.local(f"p{len(self._positions)}")
        name = self._positions[pattern]
        self.put(f"{name}: int = {' + '.join(parts)}")
        self.patterns[pattern] = name

    def term(self, term: tuple[int, int, tuple[int, ...]]) -> str:
        """What one moving axis adds to a position."""
        loop, stride, table = term
        name = self.names.loop(loop)
        if table:
            return f"{self.names.table(table)}[{name}]"
        return name if stride == 1 else f"{name} * {stride}"

    # ------------------------------------------------------------------ slots

    def place(self, base: int, axes: Sequence[Axis]) -> str:
        """The slot as an item of the vector."""
        return f"v[{self.address(base, axes)}]"

    def address(self, base: int, axes: Sequence[Axis]) -> str:
        """The index of a slot, of the first one where the axes stand for several at once."""
        constant = base + sum(map(constant_of, axes))
        pattern = pattern_of(axes)
        return f"{constant} + {self.patterns[pattern]}" if pattern else str(constant)


def _moves(node: Expr) -> TypeGuard[Load | Interpolate | Record]:
    return isinstance(node, Load | Interpolate | Record)


def pattern_of(axes: Sequence[Axis]) -> Pattern:
    """How an index moves: (loop, stride, table) per moving axis; equal patterns share a local."""
    terms = []
    for axis in axes:
        if axis.fixed:
            continue
        table = () if axis.offset is not None else tuple(p * axis.stride for p in axis.positions)
        terms.append((axis.loop, 0 if table else axis.stride, table))
    return tuple(sorted(terms))


def constant_of(axis: Axis) -> int:
    """What an axis adds to the base in every round."""
    if axis.fixed:
        return axis.positions[0] * axis.stride
    return (axis.offset or 0) * axis.stride


def key_of(load: Load) -> SlotKey:
    """Equal for two loads exactly when they read one slot in every round."""
    return load.base + sum(map(constant_of, load.axes)), pattern_of(load.axes)
