"""Phase portraits: one element against another along each run."""

from __future__ import annotations

from typing import Any

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.figures.choice import Wanted, chosen_cells, chosen_runs
from simdistrict.figures.layout import columns_for
from simdistrict.figures.palette import baseline_of, label_of, styles_of
from simdistrict.figures.series import single
from simdistrict.figures.source import Quantity, quantities
from simdistrict.figures.units import scale_for
from simdistrict.plot import Block, Line, Markers, Panel, Sheet

_ROOM = 0.06


def phase_sheet(data: object, x: str, y: str, wanted: Wanted) -> Sheet:
    """A panel for each label that both elements have; hollow marks at the start of each run."""
    runs = single(chosen_runs(data, wanted))
    across, up = quantities(runs, [x, y])
    baseline = baseline_of(runs, wanted.baseline) if len(runs) > 1 else None
    styles = styles_of(runs, baseline, wanted.known)
    times = runs[0].times
    notes = [f"Hollow mark: {times[0]:g}. Filled mark: {times[-1]:g}."]
    leading = up if len(up.labels) >= len(across.labels) else across
    cells = chosen_cells(leading, runs, notes, wanted.labels)
    pairs = [(_place(across, leading, p), _place(up, leading, p), words) for p, words in cells]
    pairs = [
        (one, other, words)
        for one, other, words in pairs
        if any(
            (np.isfinite(across.of(r.name, one)) & np.isfinite(up.of(r.name, other))).any()
            for r in runs
        )
    ]
    xs = [across.of(run.name, p) for p, _, _ in pairs for run in runs]
    ys = [up.of(run.name, p) for _, p, _ in pairs for run in runs]
    if not pairs:
        what = f"{across.name} and {up.name} have no numbers to draw"
        raise ScenarioError(Problem(runs[0].source.where, what, "name other elements"))
    x_scale, y_scale = scale_for(xs, across.unit), scale_for(ys, up.unit)
    panels = []
    for one, other, words in pairs:
        lines, points = [], []
        for run in runs:
            u, v = x_scale.of(across.of(run.name, one)), y_scale.of(up.of(run.name, other))
            label = label_of(run, baseline) if len(runs) > 1 else ""
            style, good = styles[run.name], np.flatnonzero(np.isfinite(u) & np.isfinite(v))
            lines.append(Line(u, v, label, style, run is baseline))
            if len(good):
                first, last = good[0], good[-1]
                points.append(Markers([u[first]], [v[first]], "", style, True))
                points.append(Markers([u[last]], [v[last]], "", style))
        panels.append(Panel(words, tuple(lines), tuple(points)))
    width = wanted.width_for(len(panels))
    block = Block(
        tuple(panels),
        min(columns_for(len(panels), width), 4),
        f"{across.name} ({x_scale.label})",
        f"{up.name} ({y_scale.label})",
        x_range=_range(xs, x_scale.of),
        y_range=_range(ys, y_scale.of),
    )
    return Sheet((block,), width, " ".join(notes))


def _place(item: Quantity, leading: Quantity, place: tuple[int, ...]) -> tuple[int, ...]:
    """The place in an item of the labels of a place in the leading one."""
    if item is leading or item.labels == leading.labels:
        return place
    found = []
    for dim, labels in zip(item.dims, item.labels, strict=True):
        if dim not in leading.dims:
            if len(labels) > 1:
                what = f'"{item.name}" varies over {dim}, and "{leading.name}" does not'
                raise ScenarioError(Problem(item.name, what, f"name one label of {dim}"))
            found.append(0)
            continue
        own = leading.labels[leading.dims.index(dim)][place[leading.dims.index(dim)]]
        if own not in labels:
            what = f'"{item.name}" is drawn without the label "{own}"'
            raise ScenarioError(Problem(item.name, what, "name the same labels for both"))
        found.append(labels.index(own))
    return tuple(found)


def _range(values: list[Any], scaled: Any) -> tuple[float, float]:
    good = np.concatenate([v[np.isfinite(v)] for v in map(scaled, values)])
    low, high = float(good.min()), float(good.max())
    room = _ROOM * (high - low) or 0.05 * abs(high) or 0.5
    return low - room, high + room
