"""Gives every symbol its slots in the flat vector, see `layout`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simdistrict.engine.helpers.curves import slopes
from simdistrict.engine.layout import FIRST, Block, Layout, Slot, Symbol, flat, strides_of
from simdistrict.engine.lowering.made import Recorded, Sampled, SymbolDefinition
from simdistrict.engine.lowering.statements import walk
from simdistrict.model.expr import Points, WithLookup, fold
from simdistrict.model.model import Constant, Data, Element, Lookup, Model, Stock, constant_values
from simdistrict.model.model import lookup_points as points_of


@dataclass(frozen=True)
class PlacedSymbols:
    """A layout, and where each symbol is in it.

    rates: the net flow of each stock; before, conditions: of each sample what it held before and
    whether it follows its input; tables: the first table of each lookup; inline: the table of
    points that are written inside equations.
    """

    layout: Layout
    slots: Mapping[Symbol, Slot]
    rates: Mapping[Symbol, Slot]
    before: Mapping[Symbol, Slot]
    conditions: Mapping[Symbol, Slot]
    tables: Mapping[Symbol, int]
    inline: Mapping[Points, int]


class _Places:
    """Slots so far, in the order of the vector."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.slots: dict[Symbol, Slot] = {}
        self.at = FIRST

    def block(self, group: Iterable[SymbolDefinition]) -> Block:
        """The slots of some definitions."""
        start = self.at
        for definition in group:
            element = definition.element
            shape = self.model.shape(element)
            defined = _defined(self.model, element, shape)
            slot = Slot(definition.symbol, element.kind, self.at, shape, defined)
            self.slots[definition.symbol] = slot
            self.at += slot.size
        return Block(start, self.at - start)

    def again(self, block: Block, kind: str) -> tuple[Block, dict[Symbol, Slot]]:
        """A second slot for each symbol of a block, in the same order."""
        start, found = self.at, {}
        for slot in list(self.slots.values()):
            if block.start <= slot.offset < block.stop:
                role = f"{kind} of {slot.symbol.role}" if slot.symbol.internal else kind
                symbol = Symbol(slot.symbol.name, role)
                new = Slot(symbol, kind, self.at, slot.shape, slot.defined)
                found[slot.symbol] = self.slots[symbol] = new
                self.at += slot.size
        return Block(start, self.at - start), found


def lay_out(model: Model, definitions: Sequence[SymbolDefinition]) -> PlacedSymbols:
    """Give every symbol its slots; points written inside equations are the last tables."""
    groups: dict[str, list[SymbolDefinition]] = {
        k: [] for k in ("constant", "stock", "sampled", "recorded", "other")
    }
    for definition in definitions:
        if not isinstance(definition.element, Lookup):
            groups[_group(definition.element)].append(definition)
    places = _Places(model)
    constants = places.block(groups["constant"])
    stocks = places.block(groups["stock"])
    rates, rate_slots = places.again(stocks, "net flow")
    sampled = places.block(groups["sampled"])
    held, before = places.again(sampled, "value before")
    conditions, follows = places.again(sampled, "condition")
    recorded = places.block(groups["recorded"])
    places.block(groups["other"])
    slots = places.slots
    template = [0.0] * places.at
    for definition in groups["constant"]:
        slot = slots[definition.symbol]
        for position, value in constant_values(model, definition.element).items():
            template[slot.offset + flat(position, slot.strides)] = value
    tables = _LookupTables(model, template)
    for definition in definitions:
        if isinstance(definition.element, Lookup | Data):
            tables.add(definition)
    inline = {points: tables.append(points) for points in _inline_points(definitions)}
    layout = Layout(
        {fold(symbol.name): slot for symbol, slot in slots.items() if not symbol.internal},
        {symbol: slot for symbol, slot in slots.items() if symbol.internal},
        constants,
        stocks,
        rates,
        sampled,
        held,
        conditions,
        recorded,
        places.at,
        tuple(tables.places),
        {fold(symbol.name): number for symbol, number in tables.first.items()},
        tuple(template),
    )
    return PlacedSymbols(layout, slots, rate_slots, before, follows, tables.first, inline)


def _inline_points(definitions: Sequence[SymbolDefinition]) -> list[Points]:
    """The points written inside equations, each once, in order of appearance."""
    found: dict[Points, None] = {}
    for definition in definitions:
        for equation in definition.element.equations:
            for expr in (equation.expression, equation.initial):
                if expr is not None:
                    nodes = (node for node in walk(expr) if isinstance(node, WithLookup))
                    found.update((node.points, None) for node in nodes)
    return list(found)


def _group(element: Element) -> str:
    if isinstance(element, Constant):
        return "constant"
    if isinstance(element, Stock):
        return "stock"
    if isinstance(element, Recorded):
        return "recorded"
    return "sampled" if isinstance(element, Sampled) else "other"


def _defined(model: Model, element: Element, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    strides = strides_of(shape)
    if len(element.equations) == 1 and not element.equations[0].exceptions:
        # one equation for all labels, as in most elements
        axes = zip(element.equations[0].subscripts, element.dims, strict=True)
        sizes = [len(model.subscript_positions(subscript, dim)) for subscript, dim in axes]
        if math.prod(sizes) == math.prod(shape):
            return None
    places = sorted(
        flat(position, strides)
        for equation in element.equations
        for position in model.positions(element, equation)
    )
    return None if len(places) == math.prod(shape) else tuple(places)


class _LookupTables:
    """Tables of points, appended to a vector.

    places: the start of each and its number of points; first: the first one of each lookup.
    """

    def __init__(self, model: Model, vector: list[float]) -> None:
        self.model = model
        self.vector = vector
        self.places: list[tuple[int, int]] = []
        self.first: dict[Symbol, int] = {}

    def add(self, definition: SymbolDefinition) -> None:
        """The tables of a lookup or of data, one for each label."""
        element = definition.element
        self.first[definition.symbol] = len(self.places)
        shape = self.model.shape(element)
        strides = strides_of(shape)
        found = {flat(p, strides): points for p, points in points_of(self.model, element).items()}
        for place in range(math.prod(shape)):
            self.append(found.get(place, Points((0.0,), (math.nan,))))

    def append(self, points: Points) -> int:
        """One table; its number."""
        start, count = len(self.vector), len(points.x)
        self.places.append((start, count))
        self.vector.extend((*points.x, *points.y, *[0.0] * count))
        slopes(self.vector, start, count)
        return len(self.places) - 1
