"""Checks that a lowered program keeps its own rules, before it is printed.

Each symbol has one slot and is defined once and before it is read; what a statement reads and
writes lies in the slot of its symbol; loops are bound and as long as the axes that follow them;
functions and helpers get as many arguments as they take. Runs for every program.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise, product
from typing import Any

from simdistrict.engine.helpers.runtime import HELPERS
from simdistrict.engine.layout import FIRST, Symbol
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.lowering.lay_out import Placed
from simdistrict.engine.lowering.nodes import (
    Axis,
    Draw,
    Helper,
    Interpolate,
    Latch,
    Load,
    Loop,
    Past,
    Place,
    Record,
    Reduce,
    Shifted,
    Slice,
    Switch,
    Time,
    Whole,
    WrittenOut,
)
from simdistrict.engine.lowering.statements import Statement, overlap
from simdistrict.model.expr import COMPARISONS, Binary, Call, Chain, Expr, Number, Unary, children

Groups = Sequence[Sequence[Statement]]
# the loops around a node: id -> size
Open = Mapping[int, int]
# how many arguments a switch has once its defaults are filled in
_SWITCHES = {"STEP": 2, "RAMP": 3, "PULSE": 3, "PULSE TRAIN": 5}
# what `start` computes for good
_KEPT = ("stock", "held", "value before")


class ProgramError(Exception):
    """The lowering broke a rule of its own: a fault of simdistrict, not of the model."""


def verify(once: Groups, start: Groups, settle: Groups, derive: Groups, placed: Placed) -> None:
    """Check a program. Raises ProgramError naming the first symbol that breaks a rule.

    For the district model this takes about a fourteenth of the time of its lowering.
    """
    _verify_slots(placed)
    constants = {symbol for symbol, slot in placed.slots.items() if slot.kind == "constant"}
    first, begun, settled = _targets(once), _targets(start), _targets(settle)
    kept = constants | first | {s for s in begun if placed.slots[s].kind in _KEPT}
    work = _Program(placed)
    work.phase("once", once, constants)
    work.phase("start", start, constants | first)
    work.phase("settle", settle, kept)
    work.phase("derive", derive, kept | settled)
    work.defined_once([*once, *settle, *derive])
    written = kept | settled | begun | _targets(derive)
    for symbol in placed.slots:
        if symbol not in written:
            raise ProgramError(f'"{symbol}" is never defined')


def verify_part(derive: Groups, placed: Placed) -> None:
    """Check the statements of a program for some stocks alone; all else has its values already."""
    _Program(placed).phase("derive", derive, set(placed.slots))


def _verify_slots(placed: Placed) -> None:
    """Slots lie side by side in their blocks, none over another."""
    layout = placed.layout
    blocks = {
        "constant": layout.constants,
        "stock": layout.stocks,
        "net flow": layout.rates,
        "sampled": layout.sampled,
        "value before": layout.held_samples,
        "condition": layout.conditions,
        "recorded": layout.recorded,
    }
    slots = sorted(placed.slots.values(), key=lambda slot: slot.offset)
    for one, other in pairwise(slots):
        if one.offset + one.size > other.offset:
            raise ProgramError(f'"{one.symbol}" and "{other.symbol}" share a slot')
    for symbol, slot in placed.slots.items():
        if slot.symbol is not symbol:
            raise ProgramError(f'"{symbol}" has the slot of "{slot.symbol}"')
        block = blocks.get(slot.kind)
        start, stop = (block.start, block.stop) if block else (FIRST, layout.values)
        if slot.offset < start or slot.offset + slot.size > stop:
            raise ProgramError(f'"{symbol}" lies outside the block of its kind, {slot.kind}')


def _targets(groups: Groups) -> set[Symbol]:
    return {statement.target.symbol for group in groups for statement in group}


class _Program:
    """Statements, phase by phase; nodes are checked with the loops that are open around them."""

    def __init__(self, placed: Placed) -> None:
        self.placed = placed
        self.name = ""
        self.target = Symbol("")
        self.seen: set[Statement] = set()

    def fault(self, what: str) -> ProgramError:
        return ProgramError(f'{self.name}: the statement of "{self.target}" {what}')

    def phase(self, name: str, groups: Groups, ready: set[Symbol]) -> None:
        """Check one function. ready: symbols that have their values before it."""
        self.name = name
        self.defined_once(groups)
        writers: dict[Symbol, list[tuple[int, int, Load]]] = {}
        for g, group in enumerate(groups):
            for k, statement in enumerate(group):
                self.target = statement.target.symbol
                if statement.loops != group[0].loops:
                    raise self.fault("is in the loops of others")
                writers.setdefault(self.target, []).append((g, k, statement.target))
        for g, group in enumerate(groups):
            for k, statement in enumerate(group):
                self.target = statement.target.symbol
                if statement not in self.seen:
                    self.statement(statement)
                for load in statement.reads:
                    if load.symbol in writers:
                        self.after(load, (g, k), writers[load.symbol])
                    elif load.symbol not in ready:
                        raise self.fault(f'reads "{load.symbol}", which has no value yet')

    def after(
        self, load: Load, here: tuple[int, int], writers: Sequence[tuple[int, int, Load]]
    ) -> None:
        """What a statement reads is written before it; in one nest of loops, in the same round."""
        for g, k, target in writers:
            late = (g, k) >= here
            looped = g == here[0] and any(axis.loop >= 0 for axis in target.axes)
            if (late or (looped and load.axes != target.axes)) and overlap(load, target):
                raise self.fault(f'reads "{load.symbol}" before it is defined')

    def defined_once(self, groups: Groups) -> None:
        """No two statements write one slot."""
        targets: dict[Symbol, list[Load]] = {}
        for group in groups:
            for statement in group:
                targets.setdefault(statement.target.symbol, []).append(statement.target)
        for symbol, found in targets.items():
            places: set[tuple[int, ...]] = set()
            for target in found if len(found) > 1 else ():
                own = set(product(*(axis.positions for axis in target.axes)))
                if not places.isdisjoint(own):
                    raise ProgramError(f'{self.name}: "{symbol}" is defined twice')
                places |= own

    def statement(self, statement: Statement) -> None:
        """Check what a statement writes, and every node."""
        self.seen.add(statement)
        loops = self.opened({}, statement.loops)
        fills = isinstance(statement.expr, Whole) and statement.expr.fills
        self.load(statement.target, loops, whole=fills)
        waiting: list[tuple[Expr, Open]] = [(statement.expr, loops)]
        while waiting:
            node, around = waiting.pop()
            check = _CHECKS.get(type(node))
            if check is None:
                raise self.fault(f"has a node out of its place: {type(node).__name__}")
            below = check(self, node, around)
            if below:
                if type(node) is Reduce:
                    around = self.opened(around, node.loops)
                waiting += [(part, around) for part in below]

    def opened(self, around: Open, loops: Iterable[Loop]) -> dict[int, int]:
        """Loops by id with their size, some more open than before."""
        found = dict(around)
        for loop in loops:
            if loop.id in found:
                raise self.fault("opens a loop inside itself")
            found[loop.id] = loop.size
        return found

    def load(self, load: Load | Record, loops: Open, *, whole: bool = False) -> None:
        """A load lies in the slot of its symbol. whole: axes may stand for several places."""
        slot = self.placed.slots.get(load.symbol)
        if slot is None:
            raise self.fault(f'names "{load.symbol}", which has no slot')
        if load.base != slot.offset or len(load.axes) != len(slot.shape):
            raise self.fault(f'names "{load.symbol}" outside its slot')
        if not load.axes:
            return
        for axis, size, stride in zip(load.axes, slot.shape, slot.strides, strict=True):
            if axis.stride != stride or max(axis.positions) >= size or min(axis.positions) < 0:
                raise self.fault(f'names "{load.symbol}" outside its slot')
            if axis.loop >= 0 or not whole:
                self.axis(axis, loops)

    def array(self, array: Slice, loops: Open) -> None:
        """An array as an argument."""
        self.load(array.load, loops, whole=True)

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


def _leaf(work: _Program, node: Number | Time, loops: Open) -> Sequence[Expr]:
    return ()


def _load(work: _Program, node: Load, loops: Open) -> Sequence[Expr]:
    work.load(node, loops)
    return ()


def _place(work: _Program, node: Place, loops: Open) -> Sequence[Expr]:
    work.axis(node.axis, loops)
    return ()


def _operator(work: _Program, node: Unary | Binary | Chain, loops: Open) -> Sequence[Expr]:
    below = children(node)
    ops = node.ops if isinstance(node, Chain) else (node.op,)
    if isinstance(node, Chain) and len(ops) != len(below) - 1:
        raise work.fault("has a chain with a term too many or too few")
    if not _OPERATORS[type(node)].issuperset(ops):
        raise work.fault(f"has an operator that there is not, among {' '.join(ops)}")
    return below


def _call(work: _Program, node: Call, loops: Open) -> Sequence[Expr]:
    known = FUNCTIONS.get(node.function)
    if known is None or known.kind not in ("scalar", "condition"):
        raise work.fault(f"calls {node.function}, which is no function of numbers")
    if len(node.args) not in known.arity:
        raise work.fault(f"gives {node.function} {len(node.args)} arguments")
    return node.args


def _switch(work: _Program, node: Switch, loops: Open) -> Sequence[Expr]:
    if _SWITCHES.get(node.function) != len(node.args):
        raise work.fault(f"gives {node.function} {len(node.args)} arguments")
    return node.args


def _reduce(work: _Program, node: Reduce, loops: Open) -> Sequence[Expr]:
    if node.op not in _REDUCTIONS or not node.loops:
        raise work.fault(f"reduces by {node.op} over {len(node.loops)} loops")
    return (node.body,)


def _written_out(work: _Program, node: WrittenOut, loops: Open) -> Sequence[Expr]:
    if node.op not in _REDUCTIONS or not node.terms:
        raise work.fault(f"reduces {len(node.terms)} terms by {node.op}")
    return node.terms


def _latch(work: _Program, node: Latch, loops: Open) -> Sequence[Expr]:
    work.load(node.own, loops)
    return (node.condition,)


def _helper(work: _Program, node: Helper, loops: Open) -> Sequence[Expr]:
    work.takes(node.helper, len(node.args))
    return node.args


def _draw(work: _Program, node: Draw, loops: Open) -> Sequence[Expr]:
    below = node.parts()
    work.takes(node.helper, len(below) + 1)
    return below


def _interpolate(work: _Program, node: Interpolate, loops: Open) -> Sequence[Expr]:
    last = node.first
    for axis in node.axes:
        work.axis(axis, loops)
        last += axis.stride * max(axis.positions)
    if not 0 <= node.first <= last < len(work.placed.layout.tables):
        raise work.fault("reads a table that there is not")
    work.takes(node.helper, 4 + len(node.more))
    return node.parts()


def _past(work: _Program, node: Past, loops: Open) -> Sequence[Expr]:
    for record in node.records:
        work.load(record, loops)
        if work.placed.slots[record.symbol].kind != "recorded":
            raise work.fault(f'reads the past of "{record.symbol}", which has no record')
    work.takes(node.helper, 1 + 2 * len(node.records) + len(node.args))
    return node.args


def _whole(work: _Program, node: Whole, loops: Open) -> Sequence[Expr]:
    slices = [arg for arg in node.args if isinstance(arg, Slice)]
    for arg in slices:
        work.array(arg, loops)
        if arg.size != work.placed.slots[arg.load.symbol].shape[-1]:
            raise work.fault(f'takes "{arg.load.symbol}" for longer or shorter than it is')
    of_vector = 1 if slices or node.fills else 0
    work.takes(node.helper, of_vector + int(node.fills) + len(node.args) + len(slices))
    return [arg for arg in node.args if not isinstance(arg, Slice)]


def _shifted(work: _Program, node: Shifted, loops: Open) -> Sequence[Expr]:
    work.array(node.array, loops)
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
_CHECKS: dict[type[Expr], Callable[[_Program, Any, Open], Sequence[Expr]]] = {
    Number: _leaf,
    Time: _leaf,
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
    Draw: _draw,
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
