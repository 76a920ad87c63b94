"""Ranges: rows with a mark and a bar from low to high, in panels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simdistrict.plot.style import INK, PALE, PLAIN, RULE, Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

ROW = 0.155  # inches


@dataclass(frozen=True, slots=True)
class RangeRow:
    """One row: its label and range; second: another mark, shown as a thin upright line."""

    label: str
    low: float
    middle: float
    high: float
    style: Style = PLAIN
    second: float | None = None


@dataclass(frozen=True, slots=True)
class RangesPanel:
    """Rows from top to bottom. x_range: where it differs from the figure's."""

    title: str
    rows: tuple[RangeRow, ...]
    x_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Ranges:
    """Panels on one grid.

    x_range: of all panels; None where each fits its rows. alike: all panels have the same rows,
    labelled once at the left. rule: a vertical line. width: of a panel in inches. A bar beyond
    the range ends in an arrow.
    """

    panels: tuple[RangesPanel, ...]
    columns: int
    x_label: str
    x_range: tuple[float, float] | None
    rule: float | None = 0.0
    alike: bool = True
    width: float = 1.7
    note: str = ""


def fill_ranges(canvas: Canvas, figure: Ranges) -> None:
    """Draw on an empty canvas."""
    rows = -(-len(figure.panels) // figure.columns)
    most = max(len(panel.rows) for panel in figure.panels)
    longest = max(len(row.label) for panel in figure.panels for row in panel.rows)
    labels = 0.058 * longest
    width = figure.width * figure.columns + labels * (1 if figure.alike else figure.columns)
    foot = 0.2 if figure.note else 0.04
    canvas.set_size_inches(width + 0.3, rows * (ROW * most + 0.5) + 0.2 + foot)
    grid = canvas.subplots(rows, figure.columns, sharey=figure.alike, squeeze=False)
    for axis, panel in zip(grid.flat, figure.panels, strict=False):
        _panel(axis, figure, panel)
    for axis in list(grid.flat)[len(figure.panels) :]:
        axis.set_visible(False)
    height = canvas.get_size_inches()[1]
    canvas.supxlabel(figure.x_label, fontsize=8, y=foot / height, va="bottom")
    if figure.note:
        canvas.text(0.5, 0.05 / height, figure.note, fontsize=7, color=INK, ha="center")
    canvas.tight_layout(rect=(0, (foot - 0.02) / height, 1, 1))


def _panel(axis: Axes, figure: Ranges, panel: RangesPanel) -> None:
    limits = panel.x_range or figure.x_range or _around(panel, figure.rule)
    if figure.rule is not None:
        axis.axvline(figure.rule, color=RULE, lw=0.8, ls=(0, (1, 1)), zorder=1)
    for k, row in enumerate(panel.rows):
        low, high = (min(max(x, limits[0]), limits[1]) for x in (row.low, row.high))
        style: Any = {"color": row.style.colour, "zorder": 3}
        axis.plot([low, high], [k, k], lw=1.6, solid_capstyle="butt", **style)
        if limits[0] <= row.middle <= limits[1]:
            axis.plot([row.middle], [k], row.style.marker, ms=4.2, mew=0.6, **style)
        for end, mark in ((row.low, "<"), (row.high, ">")):
            if end < limits[0] or end > limits[1]:
                axis.plot([min(max(end, limits[0]), limits[1])], [k], mark, ms=3, **style)
        if row.second is not None and limits[0] <= row.second <= limits[1]:
            axis.plot([row.second], [k], "|", ms=6, mew=1.4, color=INK, zorder=4)
    axis.set_title(panel.title)
    axis.set_xlim(*limits)
    axis.set_ylim(len(panel.rows) - 0.5, -0.5)
    axis.set_yticks(range(len(panel.rows)), [row.label for row in panel.rows], fontsize=7)
    axis.tick_params(length=2, width=0.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", color=PALE, lw=0.2, zorder=0)
    axis.locator_params(axis="x", nbins=4)


def _around(panel: RangesPanel, rule: float | None) -> tuple[float, float]:
    ends = [x for row in panel.rows for x in (row.low, row.middle, row.high)]
    ends += [] if rule is None else [rule]
    low, high = min(ends), max(ends)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room
