"""The interpreted backend: a Program's source as CPython runs it."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

from simdistrict.engine.helpers.primitives import IntTable, Vector
from simdistrict.engine.helpers.runtime import GUARDED, HELPERS

if TYPE_CHECKING:
    from simdistrict.engine.program import Program


class Numbers:
    """The numbers of `loop.LoopEquations`: where the blocks of a program's vector begin."""

    def __init__(self, program: Program) -> None:
        layout = program.layout
        self.size = len(layout.template)
        self.stocks, self.n_stocks = layout.stocks.start, layout.stocks.size
        self.rates = layout.rates.start
        self.sampled, self.n_sampled = layout.sampled.start, layout.sampled.size
        self.held = layout.held_samples.start
        self.recorded, self.n_recorded = layout.recorded.start, layout.recorded.size
        limits = program.limits
        self.n_bounded, self.n_limited = len(limits.stocks), len(limits.held)
        self.bounded: IntTable = limits.stocks
        self.bounded_first: IntTable = limits.first
        self.bounded_flows: IntTable = limits.flows
        self.bounded_signs: IntTable = limits.signs
        self.flow_held: IntTable = limits.held
        self.flow_rates: IntTable = limits.rates
        self.flow_amounts: IntTable = limits.amounts
        self.bounded_forced: IntTable = limits.forced
        self.bounded_levels: IntTable = limits.levels
        self.bounded_last: IntTable = limits.last
        self.n_levels = len(set(limits.levels))
        # at most one per sampled slot
        self.n_margins = layout.sampled.size if program.has_margins else 0


class Kernel(Numbers):
    """A program as `loop.LoopEquations`: its functions on a vector held in a list.

    CPython raises where IEEE 754 has an infinity or NaN. The first such event switches the run
    to the same source with divisions and powers guarded, so that a run always ends as data.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._functions = bind(program.source, guarded=False)
        self._guarded = False

    def once(self, v: Vector) -> None:
        """Compute what depends on constants alone."""
        self._call("once", v)

    def start(self, v: Vector) -> None:
        """Compute initial values."""
        self._call("start", v)

    def settle(self, v: Vector) -> None:
        """Compute what depends on constants and on values held since the start."""
        self._call("settle", v)

    def derive(self, v: Vector) -> None:
        """Compute all values and rates at the times in v[0:4]."""
        try:
            self._functions["derive"](v)
        except (ArithmeticError, ValueError):
            self._call("derive", v)

    def switches(self, v: Vector, stop: float) -> list[float]:
        """The dates up to `stop` at which the right-hand side is discontinuous."""
        out: list[float] = []
        self._call("switches", v, out, stop)
        return out

    def margins(self, v: Vector, out: Vector) -> None:
        """Compute a number per sampled condition; it passes zero where the condition changes."""
        found: list[float] = []
        self._call("margins", v, found)
        out[: len(found)] = found

    def conditions(self, v: Vector) -> int:
        """The number of sampled conditions: fewer than slots if some have none."""
        found: list[float] = []
        self._call("margins", v, found)
        return len(found)

    def _call(self, name: str, *args: Any) -> None:
        try:
            self._functions[name](*args)
        except (ArithmeticError, ValueError):
            if self._guarded:
                raise
            self._guarded = True
            self._functions = bind(self._program.source, guarded=True)
            self._functions[name](*args)


class _Guard(ast.NodeTransformer):
    """Replaces divisions by calls of `divide`."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        name = ast.Name("divide", ast.Load())
        return ast.copy_location(ast.Call(name, [node.left, node.right], []), node)


def bind(source: str, *, guarded: bool) -> dict[str, Callable[..., None]]:
    """The functions of a source; guarded: with IEEE 754 results where CPython would raise."""
    names: dict[str, Any] = dict(GUARDED if guarded else HELPERS)
    names |= {"inf": math.inf, "nan": math.nan}
    exec(_compiled(source, guarded), names)
    return names


@lru_cache(32)
def _compiled(source: str, guarded: bool) -> CodeType:
    if not guarded:
        return compile(source, "<program>", "exec")
    tree = ast.fix_missing_locations(_Guard().visit(ast.parse(source)))
    return compile(tree, "<program>", "exec")
