"""Gives every element of a model its places in the flat vector, see `layout`."""

from __future__ import annotations

import math

from simdistrict.engine.helpers.curves import slopes
from simdistrict.engine.layout import FIRST, Block, Layout, Slot, flat
from simdistrict.engine.lowering.expand import Recorded, Sampled, is_internal
from simdistrict.model.expr import Points, fold
from simdistrict.model.model import Constant, Data, Element, Lookup, Model, Stock, constant_values
from simdistrict.model.model import lookup_points as points_of


def lay_out(model: Model, elements: list[Element], inline: list[Points]) -> Layout:
    """Give every element its places.

    elements: the expanded elements; inline: the points written inside equations, which become
    the last tables.
    """
    groups: dict[str, list[Element]] = {
        k: [] for k in ("constant", "stock", "sampled", "recorded", "other")
    }
    lookups: list[Element] = []
    for element in elements:
        if isinstance(element, Lookup | Data):
            lookups.append(element)
        if not isinstance(element, Lookup):
            groups[_group(element)].append(element)
    slots: dict[str, Slot] = {}
    at = FIRST

    def place(group: list[Element]) -> Block:
        nonlocal at
        start = at
        for element in group:
            name = fold(element.name)
            kind = "internal" if is_internal(name) else element.kind
            shape = model.shape(element)
            slots[name] = Slot(name, kind, at, shape, _defined(model, element, shape))
            at += math.prod(shape)
        return Block(start, at - start)

    constants = place(groups["constant"])
    stocks = place(groups["stock"])
    rates = Block(at, stocks.size)
    at += stocks.size
    sampled = place(groups["sampled"])
    held = Block(at, sampled.size)
    conditions = Block(held.stop, sampled.size)
    at = conditions.stop
    recorded = place(groups["recorded"])
    place(groups["other"])
    values = at
    template = [0.0] * values
    for element in groups["constant"]:
        slot = slots[fold(element.name)]
        for position, value in constant_values(model, element).items():
            template[slot.offset + flat(position, slot.strides)] = value
    tables, first_table = _tables(model, lookups, inline, template)
    return Layout(
        slots,
        constants,
        stocks,
        rates,
        sampled,
        held,
        conditions,
        recorded,
        values,
        tables,
        first_table,
        tuple(template),
    )


def _group(element: Element) -> str:
    if isinstance(element, Constant):
        return "constant"
    if isinstance(element, Stock):
        return "stock"
    if isinstance(element, Recorded):
        return "recorded"
    return "sampled" if isinstance(element, Sampled) else "other"


def _defined(model: Model, element: Element, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    strides = tuple(math.prod(shape[k + 1 :]) for k in range(len(shape)))
    if len(element.equations) == 1 and not element.equations[0].exceptions:
        # one equation for all places, as most have it
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


def _tables(
    model: Model, lookups: list[Element], inline: list[Points], vector: list[float]
) -> tuple[tuple[tuple[int, int], ...], dict[str, int]]:
    """Append the points of all tables to the vector; where each table stands."""
    tables: list[tuple[int, int]] = []
    first: dict[str, int] = {}

    def append(points: Points) -> None:
        start, count = len(vector), len(points.x)
        tables.append((start, count))
        vector.extend((*points.x, *points.y, *[0.0] * count))
        slopes(vector, start, count)

    for element in lookups:
        first[fold(element.name)] = len(tables)
        shape = model.shape(element)
        strides = tuple(math.prod(shape[k + 1 :]) for k in range(len(shape)))
        found = {flat(p, strides): points for p, points in points_of(model, element).items()}
        for place in range(math.prod(shape)):
            append(found.get(place, Points((0.0,), (math.nan,))))
    for points in inline:
        append(points)
    return tuple(tables), first
