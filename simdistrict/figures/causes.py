"""Causes strips: an element above each of its direct causes, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem, ScenarioError, did_you_mean
from simdistrict.exchange.models import read_model_text
from simdistrict.figures.choice import Cell, Wanted, chosen_cells, chosen_runs, uneven
from simdistrict.figures.layout import begins_at_zero, time_of, x_range
from simdistrict.figures.palette import baseline_of, label_of, note_of, styles_of
from simdistrict.figures.series import lines_panel, single
from simdistrict.figures.source import Quantity, Run, element_of, quantities
from simdistrict.figures.units import scale_for
from simdistrict.model.expr import fold
from simdistrict.model.model import Constant, Lookup, Model
from simdistrict.plot import COLUMN, PAGE, Block, Panel, Sheet, limits

_MOST_CAUSES, _MOST_COLUMNS = 10, 4
_TALL, _WIDE = 0.62, 150.0  # inches; mm


def causes_sheet(data: object, name: str, wanted: Wanted) -> Sheet:
    """A row for the element and one for each cause that varies in time, in the model's order.

    A column for each label, or the few that differ most.
    """
    runs = single(chosen_runs(data, wanted))
    model = model_of(runs[0])
    (item,) = quantities(runs, [name])
    notes: list[str] = []
    most = _MOST_COLUMNS if (wanted.width or PAGE) >= _WIDE else _MOST_COLUMNS // 2
    columns = chosen_cells(item, runs, notes, wanted.labels, most)
    causes = _causes(runs, model, item, notes)
    baseline = baseline_of(runs, wanted.baseline) if len(runs) > 1 else None
    styles = styles_of(runs, baseline, wanted.known)
    width = wanted.width or (COLUMN if len(columns) <= 1 else PAGE)
    panels: list[Panel] = []
    labels = {run.name: label_of(run, baseline) if len(runs) > 1 else "" for run in runs}
    for row in [item, *causes]:
        own = _row(row, item, runs, columns, notes)
        over = labels[baseline.name] if baseline else ""
        panels += [
            replace(
                lines_panel(
                    label if row is item else "",
                    [(run.times, v, labels[run.name], styles[run.name]) for run, v in lines],
                    over,
                ),
                y_label=y_label,
                y_range=y_range,
                heading=heading,
            )
            for (_, label), (lines, y_label, y_range, heading) in zip(columns, own, strict=True)
        ]
    if not panels:
        raise ScenarioError(Problem(runs[0].source.where, " ".join(notes), "name another element"))
    notes += note_of(runs)
    block = Block(
        tuple(panels),
        len(columns),
        time_of(runs),
        "",
        x_range=x_range(runs),
        own_y=True,
        tall=_TALL,
    )
    return Sheet((block,), width, " ".join(notes))


# lines of a panel, label and range of its y axis, heading of its row
_Strip = tuple[list[tuple[Run, Any]], str, tuple[float, float], str]


def _row(
    row: Quantity, item: Quantity, runs: Sequence[Run], columns: Sequence[Cell], notes: list[str]
) -> list[_Strip]:
    """The panels of an element, one for each column; none where it has no numbers."""
    series = [[_series(row, item, run, place) for run in runs] for place, _ in columns]
    flat = [values for column in series for values in column]
    if not any(np.isfinite(values).any() for values in flat):
        notes.append(f"{row.name} has no numbers.")
        return []
    rest = [dim for dim in row.dims if dim not in item.dims]
    mean = f", mean over {' and '.join(rest)}" if rest else ""
    heading = row.name if row is item else f"caused by {row.name}{mean}"
    apart = uneven([np.concatenate(column) for column in series], row.unit)
    found: list[_Strip] = []
    for k, column in enumerate(series):
        shown = column if apart else flat
        scale = scale_for(shown, row.unit)
        ends = limits(
            np.concatenate([scale.of(v) for v in shown]),
            0.06,
            from_zero=begins_at_zero(shown, row.unit),
        )
        lines = [(run, scale.of(values)) for run, values in zip(runs, column, strict=True)]
        found.append((lines, scale.label if apart or not k else "", ends, "" if k else heading))
    return found


def model_of(run: Run) -> Model:
    """The model that a result records. Raises ExchangeError where it records none."""
    attrs = run.source.attrs
    if "model_text" not in attrs:
        what = "it does not record its model, which says what causes what"
        raise ExchangeError(Problem(run.source.where, what, "was it written by simdistrict?"))
    record = str(attrs.get("external_data", ""))
    return read_model_text(
        str(attrs["model_text"]), str(attrs.get("model_name", "model")), run.source.where, record
    )


def _causes(runs: Sequence[Run], model: Model, item: Quantity, notes: list[str]) -> list[Quantity]:
    """The direct causes that vary in time and that the result holds."""
    own = model.by_name.get(fold(item.name))
    if own is None:
        hint = did_you_mean(item.name, [e.name for e in model])
        raise ScenarioError(Problem(runs[0].source.where, f'"{item.name}" is no element', hint))
    elements = [model.by_name[c] for c in model.causes(own) if c in model.by_name]
    kept, lacking = [], []
    for element in elements:
        if isinstance(element, Constant | Lookup) or fold(element.name) == fold(own.name):
            continue
        if any(element_of(run.source, element.name)[0] is None for run in runs):
            lacking.append(element.name)
            continue
        (found,) = quantities(runs, [element.name])
        if not found.constant:
            kept.append(found)
    if lacking:
        notes.append(f"Not saved: {', '.join(lacking[:5])}{' and more' * (len(lacking) > 5)}.")
    if len(kept) > _MOST_CAUSES:
        notes.append(f"The first {_MOST_CAUSES} of {len(kept)} causes.")
    if not kept:
        notes.append(f"{item.name} has no cause that varies in time.")
    return kept[:_MOST_CAUSES]


def _series(row: Quantity, item: Quantity, run: Run, place: tuple[int, ...]) -> Any:
    """The series of a cause at the labels of a column; other dimensions are averaged over."""
    values, dims = row.blocks[run.name], list(row.dims)
    for dim, labels, k in zip(item.dims, item.labels, place, strict=True):
        if dim in dims:
            own = row.labels[row.dims.index(dim)]
            at = own.index(labels[k]) if labels[k] in own else 0
            values = values.take(at, axis=1 + dims.index(dim))
            dims.remove(dim)
    flat = values.reshape(len(values), -1)
    good = np.isfinite(flat).any(axis=1)
    found = np.full(len(flat), np.nan)
    found[good] = np.nanmean(flat[good], axis=1)
    return found
