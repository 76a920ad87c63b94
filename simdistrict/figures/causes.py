"""Causes strips: an element above each of its direct causes, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem, ScenarioError, did_you_mean
from simdistrict.exchange.models import read_model_text
from simdistrict.figures.choice import Cell, Wanted, chosen_cells, chosen_runs, uneven
from simdistrict.figures.layout import begins_at_zero, time_of, x_range
from simdistrict.figures.palette import baseline_of, label_of, note_of, styles_of
from simdistrict.figures.readings import Reading, readings
from simdistrict.figures.series import lines_panel, single
from simdistrict.figures.source import Quantity, Run, element_of, quantities
from simdistrict.figures.units import scale_for
from simdistrict.model.expr import fold
from simdistrict.model.model import Constant, Lookup, Model
from simdistrict.plot import PAGE, Block, Panel, Sheet, limits

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
    rows = _rows(_causes(runs, model, item, notes), model, item, columns, notes)
    baseline = baseline_of(runs, wanted.baseline) if len(runs) > 1 else None
    styles = styles_of(runs, baseline, wanted.known)
    width = wanted.width_for(len(columns))
    panels: list[Panel] = []
    labels = {run.name: label_of(run, baseline) if len(runs) > 1 else "" for run in runs}
    for row in [_itself(item, columns), *rows]:
        own = _row(row, runs, notes)
        over = labels[baseline.name] if baseline else ""
        panels += [
            replace(
                lines_panel(
                    title,
                    [(run.times, v, labels[run.name], styles[run.name]) for run, v in lines],
                    over,
                ),
                y_label=y_label,
                y_range=y_range,
                heading=heading,
            )
            for title, lines, y_label, y_range, heading in own
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


# title and lines of a panel, label and range of its y axis, heading of its row
_Strip = tuple[str, list[tuple[Run, Any]], str, tuple[float, float], str]


@dataclass(frozen=True, slots=True)
class _Row:
    """An element, and for each column the title and the labels along each of its dimensions."""

    item: Quantity
    heading: str
    titles: tuple[str, ...]
    parts: tuple[Reading, ...]


def _itself(item: Quantity, columns: Sequence[Cell]) -> _Row:
    parts = [tuple((words,) for words in _labels(item, place)) for place, _ in columns]
    return _Row(item, item.name, tuple(title for _, title in columns), tuple(parts))


def _labels(item: Quantity, place: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(names[k] for names, k in zip(item.labels, place, strict=True))


def _rows(
    causes: Sequence[Quantity],
    model: Model,
    item: Quantity,
    columns: Sequence[Cell],
    notes: list[str],
) -> list[_Row]:
    """A row for each reading of a cause: for the label that the equation picks, if it picks one."""
    found: list[_Row] = []
    for cause in causes:
        parts = [_readings(model, item, place, cause) for place, _ in columns]
        for number in range(max(map(len, parts), default=0)):
            # a column whose equation reads the cause less often shows its last reading
            own = tuple(part[min(number, len(part) - 1)] for part in parts)
            words = [
                _words(cause, part, _labels(item, place))
                for part, (place, _) in zip(own, columns, strict=True)
            ]
            same = len(set(words)) == 1
            heading = f"caused by {cause.name}" + (f", {words[0]}" if same and words[0] else "")
            titles = ("",) * len(words) if same else tuple(words)
            found.append(_Row(cause, heading, titles, own))
    if len(found) > _MOST_CAUSES:
        notes.append(f"The first {_MOST_CAUSES} of {len(found)} causes.")
    return found[:_MOST_CAUSES]


def _readings(
    model: Model, item: Quantity, place: tuple[int, ...], cause: Quantity
) -> list[Reading]:
    """The readings of a cause; where the data lack a dimension, its labels of the same names."""
    own, other = model.by_name[fold(item.name)], model.by_name[fold(cause.name)]
    labels = _labels(item, place)
    if len(own.dims) == len(labels) and len(other.dims) == len(cause.labels):
        return readings(model, own, labels, other) or [cause.labels]
    known = dict(zip(item.dims, labels, strict=True))
    return [
        tuple(
            (known[dim],) if known.get(dim) in names else names
            for dim, names in zip(cause.dims, cause.labels, strict=True)
        )
    ]


def _words(cause: Quantity, part: Reading, labels: Sequence[str]) -> str:
    """What is shown of a cause beyond the labels of the column."""
    own = {fold(label) for label in labels}
    picked: list[str] = []
    means: list[str] = []
    for dim, names, read in zip(cause.dims, cause.labels, part, strict=True):
        if len(read) == 1:
            picked += [] if fold(read[0]) in own else read
        elif len(read) > 1:
            some = "" if len(read) >= len(names) else f"{len(read)} labels of "
            means.append(f"{some}{dim.replace('_', ' ')}")
    mean = [f"mean over {' and '.join(means)}"] if means else []
    return ", ".join([*picked, *mean])


def _row(row: _Row, runs: Sequence[Run], notes: list[str]) -> list[_Strip]:
    """The panels of an element, one for each column; none where it has no numbers."""
    item = row.item
    series = [[_series(item, run, part) for run in runs] for part in row.parts]
    flat = [values for column in series for values in column]
    if not any(np.isfinite(values).any() for values in flat):
        notes.append(f"{item.name} has no numbers.")
        return []
    apart = uneven([np.concatenate(column) for column in series], item.unit)
    found: list[_Strip] = []
    for k, column in enumerate(series):
        shown = column if apart else flat
        scale = scale_for(shown, item.unit)
        ends = limits(
            np.concatenate([scale.of(v) for v in shown]),
            0.06,
            from_zero=begins_at_zero(shown, item.unit),
        )
        lines = [(run, scale.of(values)) for run, values in zip(runs, column, strict=True)]
        y_label, heading = scale.label if apart or not k else "", "" if k else row.heading
        found.append((row.titles[k], lines, y_label, ends, heading))
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
    if not kept:
        notes.append(f"{item.name} has no cause that varies in time.")
    return kept


def _series(item: Quantity, run: Run, part: Reading) -> Any:
    """The mean over some labels along each dimension; over one, its own series."""
    values = item.blocks[run.name]
    for axis, (names, read) in enumerate(zip(item.labels, part, strict=True), 1):
        wanted = {fold(label) for label in read}
        places = [k for k, label in enumerate(names) if fold(label) in wanted]
        values = values.take(places, axis=axis)
    flat = values.reshape(len(values), -1)
    good = np.isfinite(flat).any(axis=1)
    found = np.full(len(flat), np.nan)
    found[good] = np.nanmean(flat[good], axis=1)
    return found
