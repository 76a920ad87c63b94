"""Quantities to blocks of panels: titles, units, columns and where the y axis begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.figures.choice import Cell, Wanted, chosen_cells, uneven
from simdistrict.figures.source import Quantity, Run
from simdistrict.figures.units import Scale, is_plain, scale_for, time_label
from simdistrict.plot import COLUMN, Block, Panel, Sheet

# panels of a place: from its title, and from a function that scales numbers
Draws = Callable[[Quantity, tuple[int, ...], str, Callable[[Any], Any]], Panel]
_FLAT = 0.15  # a smaller part of its largest value is not seen on an axis from 0


@dataclass(frozen=True, slots=True)
class Look:
    """What a kind of figure draws. shown: numbers of a place that the axis must hold.

    prefix: what the axis shows if not the element; zero: a line there; unit: in place of the
    element's own; since: where the time axis begins, if not with the first time.
    """

    panel: Draws
    shown: Callable[[Quantity, tuple[int, ...]], Sequence[Any]]
    prefix: str = ""
    zero: bool = False
    unit: str | None = None
    since: float | None = None


def sheet_of(
    items: Sequence[Quantity], runs: Sequence[Run], look: Look, wanted: Wanted, notes: list[str]
) -> Sheet:
    """Small multiples over labels, one block for each labelled quantity; others share a block.

    Raises ScenarioError where there is no number to draw.
    """
    places = [(item, chosen_cells(item, runs, notes, wanted.labels)) for item in items]
    # a difference may have no number where the runs have some
    places = [(item, [c for c in cells if _some(look.shown(item, c[0]))]) for item, cells in places]
    places = [(item, cells) for item, cells in places if cells]
    panels = sum(len(cells) for _, cells in places)
    if not panels:
        what = "; ".join(notes).rstrip(".") or "there is no number to draw"
        raise ScenarioError(Problem(runs[0].source.where, what, "name other elements"))
    width = wanted.width_for(panels)
    frame = _Frame(runs, look, width, time_of(runs), [])
    blocks: list[Block] = []
    alone: list[_Place] = []
    for item, cells in [*places, (None, [])]:
        if item is not None and len(cells) == 1:
            words = f"{item.name}, {cells[0][1]}" if cells[0][1] else item.name
            alone.append((item, cells[0][0], words))
            continue
        if alone:
            blocks.append(frame.each_axis(alone, "", min(columns_for(len(alone), width), 3)))
            alone = []
        if item is not None:
            blocks.append(frame.block(item, cells))
    if frame.raised:
        one = len(frame.raised) == 1
        axes, verb = ("The axis", "does") if one else ("The axes", "do")
        notes.append(f"{axes} of {_listed(frame.raised)} {verb} not begin at 0.")
    return Sheet(tuple(blocks), width, " ".join(notes))


_Place = tuple[Quantity, tuple[int, ...], str]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Makes blocks of one sheet. raised: axes of ratios that do not begin at 0, for a note."""

    runs: Sequence[Run]
    look: Look
    width: float
    x_label: str
    raised: list[str]

    def block(self, item: Quantity, cells: Sequence[Cell]) -> Block:
        """The labels of a quantity, with one y axis unless they differ much in size."""
        places = [self.look.shown(item, place) for place, _ in cells]
        shown = [values for place in places for values in place]
        if uneven([np.concatenate([*map(np.ravel, place)]) for place in places], self._unit(item)):
            columns = min(columns_for(len(cells), self.width), 4)
            each = [(item, place, words) for place, words in cells]
            return self.each_axis(each, item.name, columns)
        scale, zero = self._axis(item, shown, item.name)
        return Block(
            tuple(self._panel(item, place, words, scale.of) for place, words in cells),
            columns_for(len(cells), self.width),
            self.x_label,
            scale.label,
            heading=item.name,
            from_zero=zero,
            x_range=x_range(self.runs, self.look.since),
            rule=0.0 if self.look.zero else None,
        )

    def each_axis(self, places: Sequence[_Place], heading: str, columns: int) -> Block:
        """Panels, each with its y axis."""
        panels = []
        for item, place, words in places:
            scale, zero = self._axis(item, self.look.shown(item, place), words)
            panel = self._panel(item, place, words, scale.of)
            panels.append(replace(panel, y_label=scale.label, from_zero=zero))
        return Block(
            tuple(panels),
            columns,
            self.x_label,
            "",
            heading=heading,
            own_y=True,
            x_range=x_range(self.runs, self.look.since),
            rule=0.0 if self.look.zero else None,
        )

    def _unit(self, item: Quantity) -> str:
        return item.unit if self.look.unit is None else self.look.unit

    def _axis(self, item: Quantity, shown: Sequence[Any], words: str) -> tuple[Scale, bool]:
        """The scale of an axis, and whether it begins at 0."""
        unit = self._unit(item)
        zero = begins_at_zero(shown, unit) and not self.look.zero
        if not zero and not self.look.zero and is_plain(unit) and _ends(shown)[0] > 0:
            self.raised.append(words)
        return scale_for(shown, unit, self.look.prefix), zero

    def _panel(self, item: Quantity, place: Any, words: str, scaled: Any) -> Panel:
        return trimmed(self.look.panel(item, place, words, scaled), self.look.since)


def time_of(runs: Sequence[Run]) -> str:
    """The label of the time axis."""
    attrs = runs[0].source.coords["time"].attrs if len(runs[0].times) else {}
    return time_label(str(attrs.get("vensim_units", "")), runs[0].times)


def trimmed(panel: Panel, since: float | None) -> Panel:
    """A panel without what is earlier."""
    if since is None:
        return panel
    lines = []
    for line in panel.lines:
        keep = np.asarray(line.x) >= since
        lines.append(replace(line, x=np.asarray(line.x)[keep], y=np.asarray(line.y)[keep]))
    bands = []
    for band in panel.bands:
        keep = np.asarray(band.x) >= since
        x, low, high = (np.asarray(v)[keep] for v in (band.x, band.low, band.high))
        bands.append(replace(band, x=x, low=low, high=high))
    return replace(panel, lines=tuple(lines), bands=tuple(bands))


def x_range(runs: Sequence[Run], since: float | None = None) -> tuple[float, float] | None:
    """The range of the time axis; None where there is one time."""
    times = np.concatenate([run.times for run in runs])
    low, high = float(times.min()), float(times.max())
    low = low if since is None else since
    return (low, high) if high > low else None


def columns_for(panels: int, width: float) -> int:
    """Up to five panels side by side on a page, two in a column: few rows and few gaps."""
    most = 5 if width >= 170 else (3 if width > 1.4 * COLUMN else 2)
    if panels <= min(most, 4):
        return panels
    return min(range(most, max(most - 3, 1), -1), key=lambda c: -panels % c + -(-panels // c))


def begins_at_zero(shown: Sequence[Any], unit: str) -> bool:
    """Whether an axis begins at 0: nothing is below, and what happens is seen from there."""
    low, high = _ends(shown)
    if not (math.isfinite(low) and low >= 0):
        return False
    if high == low:
        return True
    return high - low >= (_FLAT if is_plain(unit) else 0.25) * high


def _some(shown: Sequence[Any]) -> bool:
    return any(np.isfinite(values).any() for values in shown)


def _ends(shown: Sequence[Any]) -> tuple[float, float]:
    good = [v[np.isfinite(v)] for v in map(np.asarray, shown)]
    good = [v for v in good if len(v)]
    if not good:
        return math.nan, math.nan
    return min(float(v.min()) for v in good), max(float(v.max()) for v in good)


def _listed(names: Sequence[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
