"""Fans of ensembles: medians with intervals of 50 and 90%, also of paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.figures.choice import Wanted, chosen_quantities, chosen_runs, with_labels
from simdistrict.figures.layout import Look, sheet_of
from simdistrict.figures.palette import baseline_of, label_of, styles_of
from simdistrict.figures.series import (
    Place,
    Scaled,
    common_times,
    difference,
    note_of_zeros,
    parting,
)
from simdistrict.figures.source import Quantity, Run
from simdistrict.figures.units import scale_for
from simdistrict.plot import Band, Bar, Block, Line, Mark, Panel, Row, RowsPanel, Sheet, Style

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_OUTER, _INNER = 0.18, 0.32
_MOST_ROWS = 40
# a smaller difference, as a share of the largest number of the baseline, is one of rounding
_ROUNDING = 1e-6


def fan_sheet(
    data: object, wanted: Wanted, *, paired: bool | None = None, percent: bool = False
) -> Sheet:
    """Intervals of 50 and 90% over time, or rows of them where one time is saved.

    paired: differences member by member to the baseline; None: where there are several scenarios.
    """
    runs = chosen_runs(data, wanted)
    for run in runs:
        if not run.source.is_ensemble:
            what = "this is no ensemble, and a fan needs one"
            hint = "make one with m.ensemble(...) or `simdistrict ensemble`"
            raise ScenarioError(Problem(run.source.where, what, hint))
    paired = len(runs) > 1 if paired is None else paired
    items, notes = chosen_quantities(runs, wanted)
    notes.append("Line: median. Bands: 50 and 90% of the members.")
    baseline = baseline_of(runs, wanted.baseline) if paired or len(runs) > 1 else None
    styles = styles_of(runs, baseline, wanted.known)
    if paired:
        assert baseline is not None
        shown_runs = [run for run in runs if run is not baseline]
        if not shown_runs:
            what = "there is one scenario, and a paired difference needs two"
            raise ScenarioError(Problem(runs[0].source.where, what, "leave paired out"))
        notes.append(f"Difference to {label_of(baseline)}, member by member.")
    else:
        shown_runs = runs
    draws = _Draws(runs, baseline if paired else None, percent=percent)
    if paired and percent and baseline is not None:
        notes += note_of_zeros(items, baseline)
    _note_failed(items, shown_runs, draws, notes)
    unit = "%" if paired and percent else None
    if max(len(run.times) for run in shown_runs) <= 1:
        return _rows(items, shown_runs, draws, styles, paired, unit, wanted, notes)
    order = shown_runs if not paired else [runs[0] if baseline is None else baseline, *shown_runs]
    since = None
    if paired:
        ends = [
            (draws.times(run), draws.quantiles(item, run, place))
            for run in shown_runs
            for item in items
            for place, _ in item.cells()
        ]
        since = parting(ends)
    look = replace(_look(shown_runs, draws, styles, paired, unit), since=since)
    return sheet_of(items, order, look, wanted, notes)


class _Draws:
    """The members of runs, or their differences to those of the baseline, and quantiles of them."""

    def __init__(self, runs: Sequence[Run], baseline: Run | None, *, percent: bool) -> None:
        self._baseline, self._percent = baseline, percent
        self._known: dict[tuple[str, str, Place], Any] = {}
        self._common = {}
        for run in runs:
            if baseline is not None and run is not baseline:
                _check_paired(run, baseline)
                self._common[run.name] = common_times(run, baseline)

    def times(self, run: Run) -> Any:
        """The times of the members."""
        return self._common[run.name][0] if run.name in self._common else run.times

    def of(self, item: Quantity, run: Run, place: Place) -> Any:
        """(members, times)."""
        if self._baseline is None:
            return item.of(run.name, place)
        _, own, base = self._common[run.name]
        one, two = item.of(run.name, place), item.of(self._baseline.name, place)
        return difference(one[:, own], two[:, base], percent=self._percent)

    def sign(self, item: Quantity, run: Run, place: Place) -> str:
        """In how many members the last difference is more, less or none, in words."""
        assert self._baseline is not None
        levels = np.abs(item.of(self._baseline.name, place))
        size = 100.0 if self._percent else float(np.nanmax(levels, initial=0.0))
        return sign_words(self.of(item, run, place)[:, -1], _ROUNDING * size)

    def quantiles(self, item: Quantity, run: Run, place: Place) -> Any:
        """(5, times); computed once."""
        key = item.name, run.name, place
        if key not in self._known:
            self._known[key] = quantiles_of(self.of(item, run, place))
        return self._known[key]


def _check_paired(run: Run, baseline: Run) -> None:
    """Raise ScenarioError where members of two files have other draws."""
    if run.source is baseline.source:
        return
    one, two = _design(run), _design(baseline)
    shared = [name for name in one if name in two]
    if not shared or any(not np.array_equal(one[n], two[n], equal_nan=True) for n in shared):
        what = f"its members have other draws than those of {baseline.source.where}"
        hint = "run both scenarios in one ensemble, or with the same seed, method and members"
        raise ScenarioError(Problem(run.source.where, what, hint))


def _design(run: Run) -> dict[str, Any]:
    """The draws of every sampled number."""
    if "design" not in run.source.about:
        return {}
    design = run.source.read(["design"])["design"]
    values = np.moveaxis(np.asarray(design.values), design.dims.index("sampled"), 0)
    names = run.source.coords["sampled"].values
    return {str(name): own for name, own in zip(names, values, strict=True)}


def _look(
    runs: Sequence[Run],
    draws: _Draws,
    styles: Any,
    paired: bool,
    unit: str | None,
) -> Look:
    def panel(item: Quantity, place: Place, title: str, scaled: Scaled) -> Panel:
        bands: list[Band] = []
        lines: list[Line] = []
        remarks: list[tuple[str, str]] = []
        for run in runs:
            style, times = styles[run.name], draws.times(run)
            low, lower, middle, upper, high = scaled(draws.quantiles(item, run, place))
            bands.append(Band(times, low, high, "", style, _OUTER))
            bands.append(Band(times, lower, upper, "", style, _INNER))
            lines.append(
                Line(times, middle, label_of(run) if len(runs) > 1 or paired else "", style)
            )
            if paired:
                colour = style.colour if len(runs) > 1 else "#333333"
                remarks.append((draws.sign(item, run, place), colour))
        return Panel(title, tuple(lines), bands=tuple(bands), remarks=tuple(remarks))

    def shown(item: Quantity, place: Place) -> list[Any]:
        return [draws.quantiles(item, run, place) for run in runs]

    return Look(panel, shown, "difference" if paired else "", paired, unit)


def quantiles_of(values: Any) -> Any:
    """(5, times) of (members, times); NaN at times at which all members failed."""
    found = np.full((len(QUANTILES), values.shape[1]), np.nan)
    some = np.isfinite(values).any(axis=0)
    if some.any():
        found[:, some] = np.nanquantile(values[:, some], QUANTILES, axis=0)
    return found


def sign_words(values: Any, rounding: float) -> str:
    """In how many members the last difference is above zero, or below where that is more.

    rounding: a difference that is not larger is none.
    """
    good = values[np.isfinite(values)]
    more, less = int((good > rounding).sum()), int((good < -rounding).sum())
    none = len(good) - more - less
    if none == len(good):
        return f"no difference in {none} of {none}"
    word, count = ("more", more) if more >= less else ("less", less)
    return f"{word} in {count} of {len(good)}" + (f", no difference in {none}" if none else "")


def _note_failed(
    items: Sequence[Quantity], runs: Sequence[Run], draws: _Draws, notes: list[str]
) -> None:
    """Say how many members have no number at the end."""
    lost = total = 0
    for run in runs:
        item = items[0]
        places = [place for place, _ in item.cells()]
        ends = np.array([draws.of(item, run, place)[:, -1] for place in places])
        lost = max(lost, int((~np.isfinite(ends)).all(axis=0).sum()))
        total = ends.shape[1]
    if lost and lost < total:
        notes.append(f"{lost} of {total} members have no number at the end and are left out.")


def _rows(
    items: Sequence[Quantity],
    runs: Sequence[Run],
    draws: _Draws,
    styles: Any,
    paired: bool,
    unit: str | None,
    wanted: Wanted,
    notes: list[str],
) -> Sheet:
    """A row for each label, with its interval at the only time."""
    blocks = []
    step = 1.0 / len(runs)
    when = f" in {runs[0].times[-1]:g}" if len(runs[0].times) else ""
    for item in items:
        cells = with_labels(item, wanted.labels)
        if len(cells) > _MOST_ROWS:
            notes.append(f"{item.name}: the first {_MOST_ROWS} of {len(cells)} labels.")
            cells = cells[:_MOST_ROWS]
        ends = {
            (run.name, place): draws.quantiles(item, run, place)[:, -1]
            for run in runs
            for place, _ in cells
        }
        own = item.unit if unit is None else unit
        scale = scale_for(list(ends.values()), own, "difference" if paired else "")
        rows = []
        for place, words in cells:
            bars: list[Bar] = []
            marks: list[Mark] = []
            for k, run in enumerate(runs):
                found = scale.of(ends[run.name, place])
                if not np.isfinite(found).all():
                    continue
                label = label_of(run) if len(runs) > 1 or paired else ""
                bars += _bars(found, styles[run.name], step, (k + 0.5) * step - 0.5)
                lift = (k + 0.5) * step - 0.5
                marks.append(Mark(float(found[2]), styles[run.name], label, lift=lift))
            # a row has room for the sign alone
            one = paired and len(runs) == 1
            note = draws.sign(item, runs[0], place).partition(",")[0] if one else ""
            if marks:
                rows.append(Row(words or item.name, tuple(bars), tuple(marks), note))
        if not rows:
            notes.append(f"{item.name} has no numbers.")
            continue
        panel = RowsPanel("", tuple(rows), 0.0 if paired else None)
        tall = 0.165 * max(1.0, 0.7 * len(runs))
        heading = f"{item.name}{when}"
        blocks.append(Block((panel,), 1, scale.label, "", heading, tall=tall))
    if not blocks:
        raise ScenarioError(Problem(runs[0].source.where, " ".join(notes), "name other elements"))
    return Sheet(tuple(blocks), wanted.width_for(1), " ".join(notes))


def _bars(found: Any, style: Style, step: float, lift: float) -> list[Bar]:
    low, lower, _, upper, high = map(float, found)
    return [
        Bar(low, high, style, "", 0.28 * step, 0.4, lift),
        Bar(lower, upper, style, "", 0.55 * step, 0.6, lift),
    ]
