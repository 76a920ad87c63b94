"""What a figure shows where nothing is named: which runs, elements and labels, and how many."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.figures.palette import Known, checked_count, no_palette
from simdistrict.figures.source import Quantity, Run, quantities, runs_of, sources_of
from simdistrict.figures.units import is_plain
from simdistrict.model.expr import fold
from simdistrict.plot import COLUMN, PAGE

# the place of a label in the array of a quantity, and its name
Cell = tuple[tuple[int, ...], str]
MOST_PANELS, MOST_LABELS, MOST_NAMES = 24, 12, 12
_UNEVEN = 0.15


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user asks of any figure.

    names: of elements, also with labels; labels: of any dimension; scenarios: of those in the
    data; baseline: its name; width: in mm; known: styles of a study.
    """

    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    baseline: str | None = None
    width: float | None = None
    known: Known = field(default=no_palette)

    def width_for(self, panels: int) -> float:
        """The width in mm: that of a column for one panel, else that of a page."""
        return self.width or (COLUMN if panels == 1 else PAGE)


def chosen_runs(data: object, wanted: Wanted) -> list[Run]:
    """The runs of the data, or the named ones of them; raises ScenarioError for others."""
    runs = runs_of(sources_of(data))
    if wanted.scenarios:
        by_name = {fold(run.name): run for run in runs}
        missing = [name for name in wanted.scenarios if fold(name) not in by_name]
        if missing:
            hint = f"there are {', '.join(run.name for run in runs[:8])}"
            raise ScenarioError(
                [Problem("scenarios", f'there is no scenario "{name}"', hint) for name in missing]
            )
        runs = [by_name[fold(name)] for name in wanted.scenarios]
    checked_count(runs)
    return runs


def chosen_quantities(runs: Sequence[Run], wanted: Wanted) -> tuple[list[Quantity], list[str]]:
    """The named elements, else those that the scenario reports, else the stocks; with notes."""
    if wanted.names:
        return quantities(runs, wanted.names), []
    groups = list(_default_names(runs))
    for names, what in groups:
        found = _varying(runs, names)
        if found:
            left = len(names) - len(found)
            return found, [f"{len(found)} of {counted(len(names), what)}."] if left else []
    what = "nothing in it varies in time" if groups else "it holds no element of a model"
    raise ScenarioError(Problem(runs[0].source.where, what, "name the elements to draw"))


def _varying(runs: Sequence[Run], names: Sequence[str]) -> list[Quantity]:
    """The first of the named elements that vary in time, as many as a page has room for."""
    found: list[Quantity] = []
    panels = 0
    for name in names:
        (one,) = quantities(runs, [name])
        count = min(math.prod(map(len, one.labels)), MOST_LABELS)
        if one.constant or not count:
            continue
        if found and (panels + count > MOST_PANELS or len(found) == MOST_NAMES):
            break
        found.append(one)
        panels += count
    return found


def _default_names(runs: Sequence[Run]) -> Iterator[tuple[list[str], str]]:
    """Names that all runs hold, and what they are: reported ones, stocks, others."""
    source = runs[0].source
    reported = [name for s in source.scenarios() for name in s.report or ()]
    kinds = [
        (str(a["vensim_name"]), a.get("kind")) for a in source.about.values() if "vensim_name" in a
    ]
    groups = (
        (list(dict.fromkeys(reported)), "reported element"),
        ([name for name, kind in kinds if kind == "stock"], "stock"),
        ([name for name, kind in kinds if kind not in ("stock", "constant", "lookup")], "element"),
    )
    for names, what in groups:
        kept = [name for name in names if all(_holds(run, name) for run in runs)]
        if kept:
            yield kept, what


def _holds(run: Run, name: str) -> bool:
    return run.source.variable(name) is not None


def chosen_cells(
    quantity: Quantity,
    runs: Sequence[Run],
    notes: list[str],
    labels: Sequence[str] = (),
    most: int = MOST_LABELS,
) -> list[Cell]:
    """The places of a quantity to draw: all, or the few that differ most, which is noted.

    labels: only places with one of them. Places without any number are left out, which is noted
    too. Raises ScenarioError for labels that no place has.
    """
    cells = with_labels(quantity, labels)
    series = [[quantity.of(run.name, place) for run in runs] for place, _ in cells]
    relative = uneven([np.concatenate([*map(np.ravel, own)]) for own in series], quantity.unit)
    spreads = [_spread(own, relative=relative) for own in series]
    empty = [cell[1] for cell, spread in zip(cells, spreads, strict=True) if math.isnan(spread)]
    if len(empty) == len(cells):
        notes.append(f"{quantity.name} has no numbers.")
        return []
    if empty:
        few = ", ".join(empty[:4]) + (f" and {len(empty) - 4} more" if len(empty) > 4 else "")
        notes.append(f"{quantity.name} has no numbers for {few}.")
    keep = [k for k, spread in enumerate(spreads) if not math.isnan(spread)]
    if len(keep) > most and not labels:
        why = "differ most between the scenarios" if len(runs) > 1 else "change most"
        notes.append(f"{quantity.name}: the {most} of {len(keep)} that {why}.")
        keep = sorted(sorted(keep, key=lambda k: -spreads[k])[:most])
    return [cells[k] for k in keep]


def with_labels(quantity: Quantity, labels: Sequence[str]) -> list[Cell]:
    """The places that have one of the labels, or all. Raises ScenarioError for unknown labels."""
    cells = list(quantity.cells())
    own = {fold(label): label for names in quantity.labels for label in names}
    known = {**own, **{fold(words): words for _, words in cells}}
    missing = [label for label in labels if fold(label) not in known]
    if missing and own:
        few = ", ".join(list(own.values())[:6])
        raise ScenarioError(
            [
                Problem(
                    quantity.name,
                    f'it has no label "{label}"',
                    did_you_mean(label, known.values()) or f"it has {few}",
                )
                for label in missing
            ]
        )
    if not labels or not own:
        return cells
    wanted = {fold(label) for label in labels}
    whole = [cell for cell in cells if fold(cell[1]) in wanted]
    return whole or [
        (place, words)
        for place, words in cells
        if any(fold(names[k]) in wanted for names, k in zip(quantity.labels, place, strict=True))
    ]


def uneven(places: Sequence[Any], unit: str) -> bool:
    """Whether places differ so much in size that some would be flat on a common axis."""
    if is_plain(unit):
        return False
    sizes = [float(np.nanmax(np.abs(v))) for v in places if np.isfinite(v).any()]
    return len(sizes) > 1 and 0 < min(sizes) < _UNEVEN * max(sizes)


def _spread(series: Sequence[Any], *, relative: bool) -> float:
    """How far runs part, or how far one run moves; NaN where there is no number at all.

    relative: to the largest number, where places differ in size.
    """
    if not any(np.isfinite(s).any() for s in series):
        return math.nan
    with np.errstate(all="ignore"):
        largest = max(float(np.nanmax(np.abs(s))) for s in series if np.isfinite(s).any())
        size_of = largest if relative and largest > 0 else 1.0
        if len(series) == 1:
            return float(np.nanmax(series[0]) - np.nanmin(series[0])) / size_of
        middles = [np.nanmedian(s, axis=0) if s.ndim > 1 else s for s in map(_filled, series)]
        size = min(map(len, middles))
        parts = [np.abs(m[:size] - middles[0][:size]) for m in middles[1:]]
        found = [float(np.nanmax(p)) for p in parts if np.isfinite(p).any()]
    return max(found, default=0.0) / size_of


def _filled(series: Any) -> Any:
    """Members x times without times at which all members fail, of which numpy would warn."""
    if series.ndim == 1:
        return series
    return np.where(np.isfinite(series).any(axis=0), series, 0.0)
