"""Equations to statements: names become slots, subscripts become loops.

Everything that the engine does not support is refused here, by name and with its line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.layout import Slot
from simdistrict.engine.lowering.lay_out import PlacedSymbols
from simdistrict.engine.lowering.made import (
    ArrayCall,
    Filled,
    Held,
    Limit,
    Sampled,
    SymbolDefinition,
)
from simdistrict.engine.lowering.nodes import (
    Axis,
    Interpolate,
    Latch,
    Load,
    Loop,
    Time,
)
from simdistrict.engine.lowering.read import EquationReader
from simdistrict.engine.lowering.statements import Statement
from simdistrict.engine.lowering.subscripts import Scope
from simdistrict.model.expr import Array, Call, Expr, Number, Tables, fold
from simdistrict.model.model import Constant, Element, Equation, Lookup, Model, Stock

# how data are read between their points
READERS = {
    "interpolate": "lookup",
    "hold backward": "data_backward",
    "look forward": "data_forward",
    "raw": "data_raw",
}
NO_NUMBERS = (
    "is a data variable without numbers",
    "give the file that has them: --data FILE (a .nc, .tab, .csv or .dat file)",
)


@dataclass(frozen=True)
class ModelStatements:
    """The statements of a model by the phase that they belong to.

    run: evaluated at every time, in any order, with those that depend on constants alone;
    initial: evaluated once at the start; start_values: replace a run statement at the start
    (ACTIVE INITIAL); conditions: of each SAMPLE IF TRUE, by target.
    """

    run: tuple[Statement, ...]
    initial: tuple[Statement, ...]
    start_values: tuple[Statement, ...]
    conditions: tuple[Statement, ...]


def lower(
    model: Model, definitions: Sequence[SymbolDefinition], placed: PlacedSymbols
) -> ModelStatements:
    """All statements of the expanded definitions. Raises ModelError with every problem found."""
    work = _Lowering(model, definitions, placed)
    for definition in definitions:
        if not isinstance(definition.element, Constant | Lookup | Limit):
            try:
                work.definition(definition)
            except ModelError as error:
                work.problems += error.problems
    if work.problems:
        raise ModelError(list(dict.fromkeys(work.problems)))
    return ModelStatements(
        tuple(work.run), tuple(work.initial), tuple(work.start_values), tuple(work.conditions)
    )


class _Lowering(EquationReader):
    def __init__(
        self, model: Model, definitions: Sequence[SymbolDefinition], placed: PlacedSymbols
    ) -> None:
        super().__init__(model, definitions, placed)
        self.problems: list[Problem] = []
        self.run: list[Statement] = []
        self.initial: list[Statement] = []
        self.start_values: list[Statement] = []
        self.conditions: list[Statement] = []

    def definition(self, definition: SymbolDefinition) -> None:
        """Add the statements of all equations of a definition."""
        self.owner = element = definition.element
        for equation in without_lists(self.model, element):
            self.line = equation.line
            if isinstance(equation.expression, Tables) and not equation.expression.points:
                raise self.error(*NO_NUMBERS)
            for box in _boxes(list(self.model.positions(element, equation))):
                self.statements(definition, equation, box)

    def statements(
        self, definition: SymbolDefinition, equation: Equation, box: tuple[tuple[int, ...], ...]
    ) -> None:
        """Add the statements of one equation over one box of its element's positions."""
        element, placed = definition.element, self.placed
        slot = placed.slots[definition.symbol]
        scope, axes, loops = self.left_side(element, equation, slot, box)
        label = element.name
        if equation.subscripts:
            label += f"[{','.join(equation.subscripts)}]"

        def statement(target: Slot, expr: Expr) -> Statement:
            load = Load(target.symbol, target.offset, axes)
            return Statement(load, expr, loops, label, equation.line)

        def read(target: Slot, expr: Expr) -> Statement:
            return statement(target, self.expr(expr, scope))

        expression, initial = equation.expression, equation.initial
        if isinstance(element, Stock):
            assert initial is not None
            self.run.append(read(placed.rates[definition.symbol], expression))
            self.initial.append(read(slot, initial))
        elif isinstance(element, Held):
            self.initial.append(read(slot, expression))
        elif isinstance(element, Sampled):
            assert isinstance(expression, Call)
            condition, source, first = expression.args
            before, follows = (
                placed.before[definition.symbol],
                placed.conditions[definition.symbol],
            )
            own = Load(follows.symbol, follows.offset, axes)
            held = Load(before.symbol, before.offset, axes)
            self.initial.append(read(before, first))
            self.run.append(statement(follows, Latch(own, self.expr(condition, scope))))
            choice = Call("IF THEN ELSE", (own, self.expr(source, scope), held))
            self.run.append(statement(slot, choice))
            self.conditions.append(read(slot, condition))
        elif isinstance(expression, Tables):
            table = placed.tables[definition.symbol]
            now = Interpolate(table, axes, Time(), READERS[expression.between])
            self.run.append(statement(slot, now))
        else:
            self.run.append(read(slot, expression))
            if initial is not None:
                self.start_values.append(read(slot, initial))

    def left_side(
        self, element: Element, equation: Equation, slot: Slot, box: tuple[tuple[int, ...], ...]
    ) -> tuple[Scope, tuple[Axis, ...], tuple[Loop, ...]]:
        """What the subscripts of a left-hand side mean, and the loops over them."""
        scope = Scope()
        axes: list[Axis] = []
        loops: list[Loop] = []
        rows = zip(equation.subscripts, box, slot.strides, self.model.labels(element), strict=True)
        looped = _looped(element, equation)
        for subscript, positions, stride, labels in rows:
            loop = -1
            if len(axes) >= looped:
                # written by one call for all labels
                axes.append(Axis(stride, positions))
                continue
            if len(positions) > 1:
                loop = scope.loop()
                loops.append(Loop(loop, len(positions)))
            axes.append(Axis(stride, positions, loop))
            if subscript in self.positions:
                scope.ranges[subscript] = (tuple(fold(labels[p]) for p in positions), loop)
        return scope, tuple(axes), tuple(loops)


def _looped(element: Element, equation: Equation) -> int:
    """How many dimensions of an element its statements loop over: not those that a call fills."""
    match equation.expression:
        case ArrayCall(own=own) if isinstance(element, Filled):
            return own
    return len(element.dims)


def without_lists(model: Model, element: Element) -> Iterator[Equation]:
    """The equations, with a list of numbers next to formulas split into single numbers."""
    for equation in element.equations:
        if not isinstance(equation.expression, Array):
            yield equation
            continue
        labels = model.labels(element)
        places = model.positions(element, equation)
        for place, value in zip(places, equation.expression.values, strict=True):
            names = tuple(fold(axis[k]) for axis, k in zip(labels, place, strict=True))
            yield replace(equation, expression=Number(value), subscripts=names, exceptions=())


def _boxes(places: list[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Split a set of positions into boxes, each a list of positions per axis."""
    if not places:
        return
    rank = len(places[0])
    axes = tuple(tuple(dict.fromkeys(p[k] for p in places)) for k in range(rank))
    if len(places) == math.prod(map(len, axes)):
        yield axes
        return
    rests: dict[int, list[tuple[int, ...]]] = {}
    for place in places:
        rests.setdefault(place[0], []).append(place[1:])
    alike: dict[tuple[tuple[int, ...], ...], list[int]] = {}
    for head, rest in rests.items():
        alike.setdefault(tuple(rest), []).append(head)
    for rest_places, heads in alike.items():
        for box in _boxes(list(rest_places)):
            yield (tuple(heads), *box)
