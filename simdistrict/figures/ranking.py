"""Rankings: the labels of an element by its value at a date, and the change since another."""

from __future__ import annotations

from typing import Any

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.figures.choice import Wanted, chosen_runs, with_labels
from simdistrict.figures.palette import baseline_of, label_of, styles_of
from simdistrict.figures.series import single
from simdistrict.figures.source import Run, quantities
from simdistrict.figures.units import scale_for
from simdistrict.plot import Bar, Block, Mark, Row, RowsPanel, Sheet, Style

_MOST = 40
_LOG = 50  # largest over smallest value
_CONNECT = Style("#B5BBC2")


def ranking_sheet(
    data: object,
    name: str,
    wanted: Wanted,
    *,
    time: float | None = None,
    since: float | None = None,
) -> Sheet:
    """Labels from the largest value to the smallest; hollow marks at the earlier date.

    time: default the last; since: default the first. Several scenarios have a mark each.
    """
    runs = single(chosen_runs(data, wanted))
    (item,) = quantities(runs, [name])
    baseline = baseline_of(runs, wanted.baseline) if len(runs) > 1 else None
    leading = baseline or runs[0]
    styles = styles_of(runs, baseline, wanted.known)
    ends = {run.name: (index_of(run, since, 0), index_of(run, time, -1)) for run in runs}
    cells = with_labels(item, wanted.labels)
    if len(cells) < 2:
        what = f'"{item.name}" has no labels to rank'
        raise ScenarioError(Problem(leading.source.where, what, "name an element with labels"))
    start, stop = ends[leading.name]
    values = {
        (run.name, place): (item.of(run.name, place)[a], item.of(run.name, place)[b])
        for run in runs
        for place, _ in cells
        for a, b in [ends[run.name]]
    }
    order = sorted(
        (cell for cell in cells if np.isfinite(values[leading.name, cell[0]][1])),
        key=lambda cell: -values[leading.name, cell[0]][1],
    )
    if not order:
        what = f"{item.name} has no numbers at {leading.times[stop]:g}"
        raise ScenarioError(Problem(leading.source.where, what, "choose another time"))
    early, late = f"{leading.times[start]:g}", f"{leading.times[stop]:g}"
    notes = [
        f"Ranked by the values of {late}."
        if len(runs) == 1
        else f"Ranked by {label_of(leading)}, values of {late}."
    ]
    if len(order) < len(cells):
        notes.append(f"{len(cells) - len(order)} labels have no number.")
    if len(order) > _MOST:
        notes.append(f"The {_MOST} largest of {len(order)}.")
        order = order[:_MOST]
    scale = scale_for([np.array(list(values.values()), float).ravel()], item.unit)
    moved = start != stop
    rows = []
    for place, words in order:
        marks, shown = [], [scale.of(values[run.name, place]) for run in runs]
        if moved:
            first = float(scale.of(values[leading.name, place][0]))
            style = styles[leading.name] if len(runs) == 1 else Style("#444444", "-", "o")
            marks += [Mark(first, style, early, hollow=True)] if np.isfinite(first) else []
        for run, own in zip(runs, shown, strict=True):
            label = late if len(runs) == 1 else f"{label_of(run, baseline)}, {late}"
            marks += [Mark(float(own[1]), styles[run.name], label)] if np.isfinite(own[1]) else []
        at = [mark.at for mark in marks]
        line = Bar(min(at), max(at), _CONNECT, "", 0.16)
        rows.append(Row(words, (line,), tuple(marks)))
    heading = f"{item.name}, {early} to {late}" if moved else f"{item.name}, {late}"
    every = [mark.at for row in rows for mark in row.marks]
    log = min(every) > 0 and max(every) > _LOG * min(every)
    notes += ["Logarithmic axis."] if log else []
    block = Block((RowsPanel("", tuple(rows)),), 1, scale.label, "", heading, log_x=log)
    return Sheet((block,), wanted.width_for(1), " ".join(notes))


def index_of(run: Run, time: float | None, default: int) -> int:
    """The position of a saved time. Raises ScenarioError for others."""
    times: Any = run.times
    if time is None:
        return default % len(times)
    near = int(np.argmin(np.abs(times - time)))
    step = float(np.min(np.diff(times))) if len(times) > 1 else 1.0
    if abs(times[near] - time) > 1e-6 * max(step, abs(time)):
        what = f"{time:g} is no saved time of {run.name}"
        hint = f"the nearest is {times[near]:g}; times are {times[0]:g} to {times[-1]:g}"
        raise ScenarioError(Problem(run.source.where, what, hint))
    return near
