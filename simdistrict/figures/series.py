"""Time series of runs, differences to the baseline, and fans of ensembles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.figures.choice import Wanted, chosen_quantities, chosen_runs
from simdistrict.figures.layout import Look, sheet_of
from simdistrict.figures.palette import baseline_of, label_of, note_of, styles_of
from simdistrict.figures.source import Quantity, Run
from simdistrict.plot import Line, Markers, Panel, Sheet, Style

Scaled = Callable[[Any], Any]
Place = tuple[int, ...]


def series_sheet(data: object, wanted: Wanted) -> Sheet:
    """Lines over time, one per run; the baseline grey and dashed."""
    runs = single(chosen_runs(data, wanted))
    items, notes = chosen_quantities(runs, wanted)
    if len(runs) == 1 and wanted.baseline is None:
        baseline, labels = None, {runs[0].name: ""}
        notes += note_of(runs)
    else:
        baseline = baseline_of(runs, wanted.baseline)
        labels = {run.name: label_of(run, baseline) for run in runs}
    styles = styles_of(runs, baseline, wanted.known)
    ordered = [run for run in runs if run is not baseline]
    ordered = ordered if baseline is None else [baseline, *ordered]

    def panel(item: Quantity, place: Place, title: str, scaled: Scaled) -> Panel:
        parts = [
            (run.times, scaled(item.of(run.name, place)), labels[run.name], styles[run.name])
            for run in ordered
        ]
        return lines_panel(title, parts, over=labels[baseline.name] if baseline else "")

    def shown(item: Quantity, place: Place) -> list[Any]:
        return [item.of(run.name, place) for run in runs]

    return sheet_of(items, runs, Look(panel, shown), wanted, notes)


def lines_panel(title: str, parts: Sequence[tuple[Any, Any, str, Style]], over: str = "") -> Panel:
    """A panel of lines; a series with a single number is a mark. over: the label of the top one."""
    lines, points = [], []
    for times, values, label, style in parts:
        good = np.isfinite(values)
        if good.sum() > 1:
            lines.append(Line(times, values, label, style, bool(label) and label == over))
        elif good.any():
            points.append(Markers(times[good], values[good], label, style))
    return Panel(title, tuple(lines), tuple(points))


def differences_sheet(data: object, wanted: Wanted, *, percent: bool = False) -> Sheet:
    """Differences of every run to the baseline over time; percent: relative to it."""
    runs = single(chosen_runs(data, wanted))
    baseline = baseline_of(runs, wanted.baseline)
    others = [run for run in runs if run is not baseline]
    if not others:
        what = "there is one scenario, and a difference needs two"
        hint = "give several scenarios or files; the first is the baseline unless you name one"
        raise ScenarioError(Problem(runs[0].source.where, what, hint))
    items, notes = chosen_quantities(runs, wanted)
    styles = styles_of(runs, baseline, wanted.known)
    pairs = {run.name: common_times(run, baseline) for run in others}
    notes.append(f"Difference to {label_of(baseline)}.")
    if percent:
        notes += note_of_zeros(items, baseline)

    def change(item: Quantity, run: Run, place: Place) -> Any:
        own, base = pairs[run.name][1:]
        one, two = item.of(run.name, place)[own], item.of(baseline.name, place)[base]
        return difference(one, two, percent=percent)

    def panel(item: Quantity, place: Place, title: str, scaled: Scaled) -> Panel:
        parts = [
            (pairs[run.name][0], scaled(change(item, run, place)), label_of(run), styles[run.name])
            for run in others
        ]
        return lines_panel(title, parts)

    def shown(item: Quantity, place: Place) -> list[Any]:
        return [change(item, run, place) for run in others]

    every = [
        (pairs[run.name][0], change(item, run, place))
        for run in others
        for item in items
        for place, _ in item.cells()
    ]
    look = Look(panel, shown, "difference", True, "%" if percent else None, parting(every))
    return sheet_of(items, [baseline, *others], look, wanted, notes)


def parting(series: Sequence[tuple[Any, Any]]) -> float | None:
    """A little before the first time at which a difference is not zero; None where there is none.

    series: times, and differences with time as their last axis.
    """
    first = [
        float(times[np.flatnonzero(moved)[0]])
        for times, values in series
        if (moved := (np.nan_to_num(values) != 0).reshape(-1, len(times)).any(axis=0)).any()
    ]
    if not first:
        return None
    start, end = float(series[0][0][0]), max(float(times[-1]) for times, _ in series)
    early = [
        float(t) for times, _ in series for t in times if t <= min(first) - 0.1 * (end - min(first))
    ]
    return max(early, default=start)


def difference(values: Any, base: Any, *, percent: bool) -> Any:
    """Values less those of the baseline; NaN where a percentage has no sense."""
    with np.errstate(all="ignore"):
        found = values - base
        if percent:
            found = np.where(base == 0, np.nan, 100 * found / np.abs(base))
    return np.where(np.isfinite(found), found, np.nan)


def note_of_zeros(items: Sequence[Quantity], baseline: Run) -> list[str]:
    """Where the baseline is zero, so that there is no percentage of it."""
    names = [
        f"{item.name}, {words}" if words else item.name
        for item in items
        for place, words in item.cells()
        if (item.of(baseline.name, place) == 0).any()
    ]
    few = "; ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return [f"No percentage where the baseline is 0: {few}."] if names else []


def common_times(one: Run, other: Run) -> tuple[Any, Any, Any]:
    """The times that both runs have, and where each has them. Raises ScenarioError for none."""
    times, own, base = np.intersect1d(
        np.round(one.times, 9), np.round(other.times, 9), return_indices=True
    )
    if not len(times):
        what = f"{one.name} and {other.name} have no time in common"
        raise ScenarioError(Problem(one.source.where, what, "save both at the same times"))
    return times, own, base


def single(runs: list[Run]) -> list[Run]:
    """Runs that are no ensemble."""
    for run in runs:
        if run.source.is_ensemble:
            what = "this is an ensemble, which is drawn as a fan"
            raise ScenarioError(Problem(run.source.where, what, "use plot_fan (--kind fan)"))
        if not len(run.times):
            what = "it holds no times"
            hint = "give a file that simdistrict run wrote"
            raise ScenarioError(Problem(run.source.where, what, hint))
    return runs
