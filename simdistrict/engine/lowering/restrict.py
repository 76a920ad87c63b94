"""A program for some stocks alone: only what lies between them and their own rates.

Everything else keeps the values that a full evaluation left in the vector.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from simdistrict.engine.layout import Layout
from simdistrict.engine.lowering.beginning import Beginning
from simdistrict.engine.lowering.build import build, located_by
from simdistrict.engine.lowering.emit import Emitter
from simdistrict.engine.lowering.expand import expand
from simdistrict.engine.lowering.fuse import with_rates_last
from simdistrict.engine.lowering.lower import lower
from simdistrict.engine.lowering.nodes import Axis, Load, Statement, fixed, loads
from simdistrict.engine.lowering.order import order
from simdistrict.engine.program import Program
from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Model


@dataclass(frozen=True)
class Causes:
    """The statements of a program's right-hand side, ready to be cut.

    steady: those that depend on constants, or on values held since the start, alone; elements:
    by folded name, with the internal stocks of delays and smooths.
    """

    model: Model
    program: Program
    statements: tuple[Statement, ...]
    steady: tuple[Statement, ...]
    elements: dict[str, Element]


def causes_of(model: Model, program: Program) -> Causes:
    """The statements behind `derive` of a model's program."""
    elements = expand(model, Beginning(model, build))
    statements = lower(model, elements, program.layout)
    phases = order(statements, program.layout, model.name)
    steady = (*phases.once, *phases.settle)
    return Causes(model, program, phases.derive, steady, {fold(e.name): e for e in elements})


def upstream(causes: Causes, name: str) -> frozenset[str]:
    """Folded names of the stocks on which the rate of a stock depends, itself included if so."""
    layout = causes.program.layout
    stocks = {s.offset: n for n, s in layout.slots.items() if _inside(s.offset, layout)}
    needed = {_rate_of(layout, layout.slots[name].offset)}
    found: set[str] = set()
    by_base: dict[int, list[Statement]] = {}
    for statement in causes.statements:
        by_base.setdefault(_slot_base(statement.target, layout), []).append(statement)
    queue = list(needed)
    while queue:
        for statement in by_base.get(queue.pop(), ()):
            for load in loads(statement.expr):
                base = _slot_base(load, layout)
                if base in stocks:
                    found.add(stocks[base])
                elif base not in needed:
                    needed.add(base)
                    queue.append(base)
    return frozenset(found)


def restricted(
    causes: Causes,
    stocks: Collection[int],
    constants: Collection[int] = (),
    dimension: str = "",
    position: int = 0,
) -> Program:
    """The program with a `derive` that gives the rates of some stocks only.

    stocks, constants: places of what moves between evaluations; dimension, position: a label to
    which the statements are confined, where one is given; what other labels contribute stays as
    the last full evaluation left it.
    """
    layout = causes.program.layout
    statements = [*causes.steady, *causes.statements]
    if dimension:
        confined = (_confine(s, causes, fold(dimension), position) for s in statements)
        statements = [s for s in confined if s is not None]
    moved, reading = {*stocks, *constants}, []
    for statement in statements:
        if any(not moved.isdisjoint(places_of(load)) for load in loads(statement.expr)):
            moved |= places_of(statement.target)
            reading.append(statement)
    needed, kept = {_rate_of(layout, place) for place in stocks}, []
    for statement in reversed(reading):
        if not needed.isdisjoint(places_of(statement.target)):
            needed |= {p for load in loads(statement.expr) for p in places_of(load)}
            kept.append(statement)
    source = _source(causes.program, kept[::-1])
    return replace(causes.program, source=source, has_margins=False)


def places_of(load: Load) -> set[int]:
    """Every place that a load or a target can mean in any round of its loops."""
    offsets = [[axis.stride * p for p in axis.positions] for axis in load.axes]
    return {load.base + sum(parts) for parts in itertools.product(*offsets)}


def _source(program: Program, statements: Sequence[Statement]) -> str:
    emitter = Emitter(program.layout, located_by(program.constant))
    for name in ("once", "start", "settle", "switches", "margins"):
        emitter.function(name)
    emitter.function("derive", with_rates_last(statements, program.layout))
    return emitter.source()


def _confine(
    statement: Statement, causes: Causes, dimension: str, position: int
) -> Statement | None:
    """The statement in the rounds of one label; None when it has nothing to say of the label."""
    element = causes.elements.get(statement.target.name)
    dims = [fold(d) for d in element.dims] if element is not None else []
    if dimension not in dims or len(dims) != len(statement.target.axes):
        return statement
    axis: Axis = statement.target.axes[dims.index(dimension)]
    if position not in axis.positions:
        return None
    if axis.fixed:
        return statement
    rounds = {axis.loop: axis.positions.index(position)}
    target = fixed(statement.target, rounds)
    assert isinstance(target, Load)
    left = tuple(loop for loop in statement.loops if loop.id != axis.loop)
    return replace(statement, target=target, expr=fixed(statement.expr, rounds), loops=left)


def _inside(place: int, layout: Layout) -> bool:
    return layout.stocks.start <= place < layout.stocks.stop


def _rate_of(layout: Layout, place: int) -> int:
    return layout.rates.start + place - layout.stocks.start


def _slot_base(load: Load, layout: Layout) -> int:
    """The first place of what a load or a target belongs to; a rate's is that of its block."""
    slot = layout.slots[load.name]
    first = min(places_of(load))
    if layout.rates.start <= first < layout.rates.stop:
        return _rate_of(layout, slot.offset)
    return slot.offset
