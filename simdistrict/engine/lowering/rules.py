"""What a statement of a lowered program must be.

What it reads and writes lies in the slot of its symbol; loops are bound and as long as the axes
that follow them; functions and helpers get as many arguments as they take.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from simdistrict.engine.helpers.runtime import HELPERS
from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.calls import (
    Helper,
    Past,
    RandomDraw,
    Record,
    Shifted,
    Slice,
    Switch,
    Whole,
)
from simdistrict.engine.lowering.functions import FUNCTIONS, SWITCHES
from simdistrict.engine.lowering.lay_out import PlacedSymbols
from simdistrict.engine.lowering.nodes import (
    Axis,
    HeldTime,
    Interpolate,
    Latch,
    Load,
    Loop,
    Place,
    Reduce,
    Time,
    WrittenOut,
)
from simdistrict.engine.lowering.statements import Statement
from simdistrict.model.expr import COMPARISONS, Binary, Call, Chain, Expr, Number, Unary

# the loops around a node: id -> size
Open = Mapping[int, int]


class ProgramError(Exception):
    """The lowering broke a rule of its own: a fault of simdistrict, not of the model."""


class Rules:
    """The rules for one statement after the other; nodes are checked with the loops around them.

    name: the function that is checked; target: the symbol of the statement at hand.
    """

    def __init__(self, placed: PlacedSymbols) -> None:
        self.placed = placed
        self.slots = {
            symbol: (slot.offset, tuple(zip(slot.shape, slot.strides, strict=True)))
            for symbol, slot in placed.slots.items()
        }
        self.name = ""
        self.target = Symbol("")

    def fault(self, what: str) -> ProgramError:
        """A broken rule in the statement at hand."""
        return ProgramError(f'{self.name}: the statement of "{self.target}" {what}')

    def statement(self, statement: Statement) -> None:
        """Check what a statement writes, and every node."""
        loops = self.opened({}, statement.loops)
        fills = isinstance(statement.expr, Whole) and statement.expr.fills
        self.load(statement.target, loops, whole=fills)
        self.nodes(statement.expr, loops)

    def nodes(self, expr: Expr, loops: Open) -> None:
        """Check an expression inside some loops, node by node."""
        waiting = [expr]
        while waiting:
            node = waiting.pop()
            kind = type(node)
            if kind is Number:
                continue
            check = _CHECKS.get(kind)
            if check is None:
                raise self.fault(f"has a node out of its place: {kind.__name__}")
            waiting += check(self, node, loops)

    def opened(self, around: Open, loops: Iterable[Loop]) -> dict[int, int]:
        """Loops by id with their size, some more open than before."""
        found = dict(around)
        for loop in loops:
            if loop.id in found:
                raise self.fault("opens a loop inside itself")
            found[loop.id] = loop.size
        return found

    def load(self, load: Load | Record, loops: Open, *, whole: bool = False) -> None:
        """A load lies in the slot of its symbol. whole: axes may stand for several positions."""
        if load.symbol not in self.slots:
            raise self.fault(f'names "{load.symbol}", which has no slot')
        offset, dims = self.slots[load.symbol]
        if load.base != offset or len(load.axes) != len(dims):
            raise self.fault(f'names "{load.symbol}" outside its slot')
        for axis, (size, stride) in zip(load.axes, dims, strict=True):
            positions = axis.positions
            if axis.stride != stride or max(positions) >= size or min(positions) < 0:
                raise self.fault(f'names "{load.symbol}" outside its slot')
            if axis.loop >= 0 or (len(positions) != 1 and not whole):
                self.axis(axis, loops)

    def axis(self, axis: Axis, loops: Open) -> None:
        """An axis has one position in each round of its loop."""
        if axis.loop >= 0 and axis.loop not in loops:
            raise self.fault("follows a loop that is not open")
        if len(axis.positions) != loops.get(axis.loop, 1):
            raise self.fault("has an axis of other length than its loop")

    def takes(self, helper: str, count: int) -> None:
        """A helper exists and takes so many arguments."""
        if helper not in HELPERS:
            raise self.fault(f"calls {helper}, which is no helper")
        wanted = _arity(helper)
        if wanted is not None and wanted != count:
            raise self.fault(f"gives {helper} {count} arguments, not {wanted}")


# ---------------------------------------------------------------------- what each node must be


def _time(work: Rules, node: Time | HeldTime, loops: Open) -> Sequence[Expr]:
    return ()


def _load(work: Rules, node: Load, loops: Open) -> Sequence[Expr]:
    work.load(node, loops)
    return ()


def _place(work: Rules, node: Place, loops: Open) -> Sequence[Expr]:
    work.axis(node.axis, loops)
    return ()


def _operator(work: Rules, node: Unary | Binary | Chain, loops: Open) -> Sequence[Expr]:
    ops = node.ops if isinstance(node, Chain) else (node.op,)
    if not _OPERATORS[type(node)].issuperset(ops):
        raise work.fault(f"has an operator that there is not, among {' '.join(ops)}")
    if isinstance(node, Chain):
        if len(ops) != len(node.terms) - 1:
            raise work.fault("has a chain with a term too many or too few")
        return node.terms
    return (node.left, node.right) if isinstance(node, Binary) else (node.operand,)


def _call(work: Rules, node: Call, loops: Open) -> Sequence[Expr]:
    known = FUNCTIONS.get(node.function)
    if known is None or known.kind not in ("scalar", "condition"):
        raise work.fault(f"calls {node.function}, which is no function of numbers")
    if len(node.args) not in known.arity:
        raise work.fault(f"gives {node.function} {len(node.args)} arguments")
    return node.args


def _switch(work: Rules, node: Switch, loops: Open) -> Sequence[Expr]:
    if len(node.args) != SWITCHES[node.function].arity:
        raise work.fault(f"gives {node.function} {len(node.args)} arguments")
    return node.args


def _reduce(work: Rules, node: Reduce, loops: Open) -> Sequence[Expr]:
    if node.op not in _REDUCTIONS or not node.loops:
        raise work.fault(f"reduces by {node.op} over {len(node.loops)} loops")
    work.nodes(node.body, work.opened(loops, node.loops))
    return ()


def _written_out(work: Rules, node: WrittenOut, loops: Open) -> Sequence[Expr]:
    if node.op not in _REDUCTIONS or not node.terms:
        raise work.fault(f"reduces {len(node.terms)} terms by {node.op}")
    return node.terms


def _latch(work: Rules, node: Latch, loops: Open) -> Sequence[Expr]:
    work.load(node.own, loops)
    return (node.condition,)


def _helper(work: Rules, node: Helper, loops: Open) -> Sequence[Expr]:
    work.takes(node.helper, len(node.args))
    return node.args


def _draw(work: Rules, node: RandomDraw, loops: Open) -> Sequence[Expr]:
    below = node.parts()
    work.takes(node.helper, len(below) + 1)
    return below


def _interpolate(work: Rules, node: Interpolate, loops: Open) -> Sequence[Expr]:
    last = node.first
    for axis in node.axes:
        work.axis(axis, loops)
        last += axis.stride * max(axis.positions)
    if not 0 <= node.first <= last < len(work.placed.layout.tables):
        raise work.fault("reads a table that there is not")
    work.takes(node.helper, 4 + len(node.more))
    return node.parts()


def _past(work: Rules, node: Past, loops: Open) -> Sequence[Expr]:
    for record in node.records:
        work.load(record, loops)
        if work.placed.slots[record.symbol].kind != "recorded":
            raise work.fault(f'reads the past of "{record.symbol}", which has no record')
    work.takes(node.helper, 1 + 2 * len(node.records) + len(node.args))
    return node.args


def _whole(work: Rules, node: Whole, loops: Open) -> Sequence[Expr]:
    slices = [arg for arg in node.args if isinstance(arg, Slice)]
    for arg in slices:
        work.load(arg.load, loops, whole=True)
        if arg.size != work.placed.slots[arg.load.symbol].shape[-1]:
            raise work.fault(f'takes "{arg.load.symbol}" for longer or shorter than it is')
    of_vector = 1 if slices or node.fills else 0
    work.takes(node.helper, of_vector + int(node.fills) + len(node.args) + len(slices))
    return [arg for arg in node.args if not isinstance(arg, Slice)]


def _shifted(work: Rules, node: Shifted, loops: Open) -> Sequence[Expr]:
    work.load(node.array.load, loops, whole=True)
    work.load(node.own, loops)
    if node.array.size != work.placed.slots[node.own.symbol].size:
        raise work.fault(f'takes "{node.own.symbol}" for longer or shorter than it is')
    return (node.offset,)


_REDUCTIONS = frozenset({"SUM", "PROD", "VMIN", "VMAX"})
_LOGIC = frozenset({":AND:", ":OR:"})
_OPERATORS = {
    Unary: frozenset({"-", ":NOT:"}),
    Binary: frozenset({*"+-*/^", *COMPARISONS, *_LOGIC}),
    Chain: frozenset({*"+-*/", *_LOGIC}),
}
_CHECKS: dict[type[Expr], Callable[[Rules, Any, Open], Sequence[Expr]]] = {
    Time: _time,
    HeldTime: _time,
    Load: _load,
    Place: _place,
    Unary: _operator,
    Binary: _operator,
    Chain: _operator,
    Call: _call,
    Switch: _switch,
    Reduce: _reduce,
    WrittenOut: _written_out,
    Latch: _latch,
    Helper: _helper,
    RandomDraw: _draw,
    Interpolate: _interpolate,
    Past: _past,
    Whole: _whole,
    Shifted: _shifted,
}


@cache
def _arity(helper: str) -> int | None:
    """How many arguments a helper takes; None where Python cannot tell."""
    try:
        return len(inspect.signature(HELPERS[helper]).parameters)
    except ValueError:
        return None
