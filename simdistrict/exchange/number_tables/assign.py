"""Rows of tables of constants matched with the elements of a model.

Checks names, labels, units and ranges; does not edit the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simdistrict.base.errors import ModelError, Problem, did_you_mean
from simdistrict.exchange.mdl.literals import NumberSlot
from simdistrict.exchange.number_tables.tables import (
    COLUMNS,
    ConstantRow,
    ConstantTable,
    out_of_band,
    shown,
)
from simdistrict.model.expr import Array, Number, Points, fold
from simdistrict.model.model import Element, Lookup, Model, Range, Stock

AssignedRows = Mapping[str, Mapping[NumberSlot, ConstantRow]]


@dataclass(frozen=True, slots=True)
class _Slots:
    """The slots of an element that hold numbers."""

    element: Element
    slots: frozenset[NumberSlot]


def assigned(model: Model, tables: Iterable[ConstantTable]) -> AssignedRows:
    """Folded element name -> slot -> the row with its value.

    Raises ModelError with every row without a slot, every slot without a row, and every unit,
    range or value that the model does not allow.
    """
    problems: list[Problem] = []
    found: dict[str, dict[NumberSlot, ConstantRow]] = {}
    skipped: set[str] = set()
    targets = {name: _target(model, element) for name, element in model.by_name.items()}
    for table in tables:
        problems += _unknown_columns(model, table)
        for row in table.rows:
            name = fold(row.element)
            try:
                slot = _slot(model, targets.get(name), row)
            except ModelError as error:
                problems += error.problems
                skipped.add(name)
                continue
            problems += _against_model(targets[name].element, row)
            first = found.setdefault(name, {}).setdefault(slot, row)
            if first is not row:
                what = f"{slot_name(model, targets[name].element, slot)} is also in {first.where}"
                problems.append(Problem(row.where, what, "delete one of the two rows"))
    for name, rows in found.items():
        # a row with a problem is not reported as a missing row again
        if name not in skipped:
            problems += _left_out(model, targets[name], rows)
    if problems:
        raise ModelError(problems)
    return found


def _target(model: Model, element: Element) -> _Slots:
    slots: set[NumberSlot] = set()
    if not isinstance(element, Stock):
        for equation in element.equations:
            match equation.expression:
                case Number() | Array():
                    slots.update((p, None) for p in model.positions(element, equation))
                case Points(x, _, _):
                    slots.update((p, v) for p in model.positions(element, equation) for v in x)
    return _Slots(element, frozenset(slots))


def _unknown_columns(model: Model, table: ConstantTable) -> list[Problem]:
    problems = []
    for column in table.dimensions:
        if fold(column) not in model.dims_by_name:
            known = (*COLUMNS, *(d.name for d in model.dimensions))
            hint = did_you_mean(column, known) or f"the columns can be {', '.join(known)}"
            what = f'the column "{column}" is not a dimension of the model {model.name}'
            problems.append(Problem(f"{table.where}:1", what, hint))
    return problems


def _slot(model: Model, target: _Slots | None, row: ConstantRow) -> NumberSlot:
    if target is None:
        unknown = model.unknown(row.element)
        raise ModelError(Problem(row.where, unknown.what, unknown.hint))
    element = target.element
    if not target.slots:
        what = f'"{element.name}" is computed (line {element.line} of the model): it has no numbers'
        hint = "a table has constants and lookups; delete the row, or make it a constant"
        raise ModelError(Problem(row.where, what, hint))
    labels, x = _labels(model, element, row)
    position = tuple(
        _position(label, known, dim, element, row)
        for label, known, dim in zip(labels, model.labels(element), element.dims, strict=True)
    )
    if (position, x) in target.slots:
        return position, x
    if x is None:
        what = f"{shown(element.name, labels)} is computed by a formula of the model"
        raise ModelError(Problem(row.where, what, "delete the row, or make it a constant"))
    points = sorted(v for p, v in target.slots if p == position and v is not None)
    nearby = sorted(points, key=lambda v: abs(v - x))[:2]
    what = f"the lookup {shown(element.name, labels)} has no point at {x:.12g}"
    hint = (
        f"the nearest are {' and '.join(f'{v:.12g}' for v in sorted(nearby))}; " if nearby else ""
    )
    raise ModelError(Problem(row.where, what, f"{hint}add the point to the model first"))


def _labels(
    model: Model, element: Element, row: ConstantRow
) -> tuple[tuple[str, ...], float | None]:
    """The label along each dimension of the element, and the x of a lookup."""
    given: dict[int, str] = {}
    for column, label in row.columns:
        if fold(column) not in model.dims_by_name:
            raise ModelError(())  # the column is reported once, for the whole table
        axis = _axis(model, element, column, given)
        if axis is None:
            spans = ", ".join(element.dims) or "no dimension"
            what = f'"{element.name}" has no dimension {column} (it spans {spans})'
            raise ModelError(Problem(row.where, what, f"leave the column {column} empty"))
        given[axis] = label
    rest = [dim for k, dim in enumerate(element.dims) if k not in given]
    if is_lookup := isinstance(element, Lookup):
        rest.append("x")
    if len(row.labels) != len(rest):
        wanted = f"{len(rest)} ({';'.join(rest)})" if rest else "none"
        has = ";".join(row.labels) or "none"
        what = f'"{element.name}" needs {wanted} in the column label; the row has {has}'
        raise ModelError(Problem(row.where, what, 'two labels are written "making;far"'))
    own = list(row.labels)
    x: float | None = None
    if is_lookup:
        try:
            x = float(own.pop())
        except ValueError:
            what = f'the label of the lookup "{element.name}" is {row.labels[-1]}, not a number'
            raise ModelError(Problem(row.where, what, "write the x of a point")) from None
    left = iter(own)
    return tuple(given[k] if k in given else next(left) for k in range(len(element.dims))), x


def _axis(model: Model, element: Element, column: str, taken: Mapping[int, str]) -> int | None:
    """The axis for the dimension of a column: the same dimension, or one that shares labels."""
    free = [k for k in range(len(element.dims)) if k not in taken]
    for k in free:
        if fold(element.dims[k]) == fold(column):
            return k
    labels = set(map(fold, model.dims_by_name[fold(column)].labels))
    for k in free:
        if labels & set(map(fold, model.labels(element)[k])):
            return k
    return None


def _position(
    label: str, known: Sequence[str], dim: str, element: Element, row: ConstantRow
) -> int:
    folded = [fold(k) for k in known]
    if fold(label) in folded:
        return folded.index(fold(label))
    what = f'"{label}" is not a label of {dim}, a dimension of "{element.name}"'
    hint = did_you_mean(label, known) or f"its labels are {', '.join(known)}"
    raise ModelError(Problem(row.where, what, hint))


def _against_model(element: Element, row: ConstantRow) -> list[Problem]:
    problems = []
    if row.unit is not None and row.unit != element.units:
        here, there = row.unit or "no unit", element.units or "no unit"
        what = f'the unit of "{element.name}" is {here} here and {there} in the model'
        problems.append(Problem(row.where, what, f"see line {element.line} of the model"))
    if band := out_of_band(row, row.value):
        problems.append(band)
    for column, number in (("value", row.value), ("low", row.low), ("high", row.high)):
        if number is not None and element.range != Range() and number not in element.range:
            what = (
                f'{column} of "{element.name}" is {number:.12g}, '
                f"outside the range {element.range} of the model"
            )
            hint = f"change it, or the range in line {element.line} of the model"
            problems.append(Problem(row.where, what, hint))
    return problems


def _left_out(
    model: Model, target: _Slots, rows: Mapping[NumberSlot, ConstantRow]
) -> list[Problem]:
    gone = sorted(target.slots - rows.keys(), key=lambda p: (p[0], p[1] or 0.0))
    if not gone:
        return []
    last = max(rows.values(), key=lambda r: r.where.rpartition(":")[::2])
    names = [slot_name(model, target.element, slot) for slot in gone[:3]]
    more = f" and {len(gone) - 3} more" if len(gone) > 3 else ""
    what = f'"{target.element.name}" has no row for {", ".join(names)}{more}'
    hint = "a table has all numbers of an element or none; add the rows"
    return [Problem(last.where, what, hint)]


def slot_name(model: Model, element: Element, slot: NumberSlot) -> str:
    """An element with the labels of a slot, for messages."""
    position, x = slot
    labels = model.labels_at(element, position)
    return shown(element.name, labels if x is None else [*labels, f"{x:.12g}"])
