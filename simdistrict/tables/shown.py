"""Figures of a study, and the tables and figures of elements that its file states as data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.figures.units import time_label, unit_words
from simdistrict.plot import Block, CausalMap, Line, Panel, Sheet
from simdistrict.result.dataset import time_units
from simdistrict.scenario.places import find_element, find_places
from simdistrict.tables.modules import KindError, function
from simdistrict.tables.study import Simulated, Study
from simdistrict.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from simdistrict.tables.schema import ShownFile, TableEntry

COLUMNS = 3


def describe(name: str, study: Study, tables: Path) -> Sheet | CausalMap:
    """One figure, ready to be drawn; tables: the folder of the committed ones."""
    definition = study.definition
    written = definition.file.figures[name]
    if written.lines is not None:
        return lines_figure(study, written.lines)
    key = "of_tables" if written.of_tables else "of_runs"
    place = definition.place("figures", name, key)
    made = function(definition.folder, getattr(written, key), place, _figure, "a figure")
    return made(tables if written.of_tables else study)


def _figure(returned: Any, _: Any) -> Sheet | CausalMap:
    if not isinstance(returned, Sheet | CausalMap):
        raise KindError
    return returned


def rows_table(study: Study, name: str, written: TableEntry) -> Table:
    """One row per element and label, one column per scenario and time."""
    assert written.rows is not None
    shown = written.rows
    runs = _runs(study, shown)
    digits = shown.decimals
    columns = [
        Column(f"{_words(scenario)} {at:g}", digits, 3 if digits is None else None)
        for scenario in runs
        for at in shown.at
    ]
    rows: list[tuple[Cell, ...]] = []
    for element, label, column in _places(study, shown):
        found = [_series(run, element, column) for run in runs.values()]
        values = [
            float(series[run.point(at, study.definition.place("tables", name, "rows", "at", k))])
            for run, series in zip(runs.values(), found, strict=True)
            for k, at in enumerate(shown.at)
        ]
        rows.append((label, study.model[element].units, *values))
    head = (Column("element"), Column("unit"), *columns)
    return Table(name, written.heading or written.title, head, tuple(rows), written.note)


def lines_figure(study: Study, shown: ShownFile) -> Sheet:
    """One panel per element and label, one line per scenario."""
    runs = _runs(study, shown)
    panels = tuple(
        Panel(
            label,
            tuple(
                Line(
                    run.years,
                    _series(run, element, column),
                    _words(scenario),
                    study.definition.palette.of(scenario),
                )
                for scenario, run in runs.items()
            ),
            y_label=unit_words(study.model[element].units),
        )
        for element, label, column in _places(study, shown)
    )
    times = next(iter(runs.values())).years
    ends = float(times[0]), float(times[-1])
    label = time_label(time_units(study.model), times)
    columns = min(COLUMNS, len(panels))
    return Sheet((Block(panels, columns, label, "", x_range=ends, own_y=True),))


def _runs(study: Study, shown: ShownFile) -> dict[str, Simulated]:
    names = shown.scenarios or [study.definition.file.baseline]
    return {name: study.run(name) for name in names}


def _places(study: Study, shown: ShownFile) -> Iterator[tuple[str, str, int]]:
    """For each element and label: the element, its title, its column in the flat array."""
    model = study.model
    for text in shown.elements:
        element, subscripts = find_element(model, text)
        assert element is not None
        places = find_places(model, element, subscripts, text)
        assert isinstance(places, tuple)
        shape = model.shape(element)
        names = model.labels(element)
        for column in places[0]:
            spot = np.unravel_index(column, shape) if shape else ()
            own = [labels[k] for labels, k in zip(names, spot, strict=True)]
            yield element.name, f"{element.name}[{','.join(own)}]" if own else element.name, column


def _series(run: Simulated, element: str, column: int) -> Reals:
    values = run.series(element)
    return values.reshape(len(values), -1)[:, column]


def _words(scenario: str) -> str:
    return scenario.replace("_", " ")
