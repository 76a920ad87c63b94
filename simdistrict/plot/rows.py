"""Labelled rows along a common x axis: bars, ranges and marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simdistrict.plot.style import INK, PALE, PLAIN, RULE, Style
from simdistrict.plot.words import fitted, verbatim, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Bar:
    """From low to high; thick: as a share of the row's height; depth: opacity, from 0 to 1.

    lift: of its middle, from -0.5 (upper edge of the row) to 0.5.
    """

    low: float
    high: float
    style: Style = PLAIN
    label: str = ""
    thick: float = 0.6
    depth: float = 1.0
    lift: float = 0.0
    hatch: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark at a number; lift: as in `Bar`."""

    at: float
    style: Style = PLAIN
    label: str = ""
    hollow: bool = False
    lift: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row; note: at its right."""

    label: str
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class RowsPanel:
    """Rows from top to bottom; rule: a vertical line with its label in the legend."""

    title: str
    rows: tuple[Row, ...]
    rule: float | None = None
    rule_label: str = ""


def interval_row(
    label: str,
    numbers: tuple[float, float, float],
    ends: tuple[float, float],
    style: Style = PLAIN,
    words: tuple[str, str] = ("", ""),
) -> Row:
    """A mark with a bar around it, cut at the ends of the axis, where an arrow says so.

    numbers: low, middle, high; words: of the bar and the mark in the legend. NaN is left out.
    """
    low, middle, high = numbers
    if not low <= high:
        return Row(label)
    first, last = ends
    room = 0.02 * (last - first)
    bars: tuple[Bar, ...] = ()
    if high >= first and low <= last:
        bars = (Bar(max(low, first), min(high, last), style, words[0], 0.2),)
    marks = []
    if first <= middle <= last:
        marks.append(Mark(min(max(middle, first + room), last - room), style, words[1]))
    arrow = Style(style.colour, "-", "<"), Style(style.colour, "-", ">")
    marks += [Mark(first + room, arrow[0])] if low < first else []
    marks += [Mark(last - room, arrow[1])] if high > last else []
    return Row(label, bars, tuple(marks))


LABEL, NOTE = 7.0, 6.5  # points
_THIN = 0.2  # a bar that looks like a line


def margins(panel: RowsPanel, width: float) -> float:
    """The width of the labels and notes of the rows, where a figure has this width."""
    labels = max((width_of(row.label, LABEL) for row in panel.rows), default=0.0)
    notes = max((width_of(row.note, NOTE) for row in panel.rows), default=0.0)
    return min(labels, 0.42 * width) + notes + 0.15


def draw_rows(axis: Axes, panel: RowsPanel, handles: dict[str, Any], width: float) -> None:
    """Draw on an empty axis; width: of the figure in inches, 0 to leave the labels out."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch, Rectangle

    if panel.rule is not None:
        rule = axis.axvline(panel.rule, color=RULE, lw=0.8, ls=(0, (1, 1)), zorder=1)
        handles.setdefault(panel.rule_label, rule)
    for k, row in enumerate(panel.rows):
        for bar in row.bars:
            look: Any = {"fc": bar.style.colour, "alpha": bar.depth, "lw": 0, "ec": "white"}
            look |= {"hatch": bar.hatch} if bar.hatch else {}
            corner = (bar.low, k + bar.lift - bar.thick / 2)
            box = Rectangle(corner, bar.high - bar.low, bar.thick, zorder=2, **look)
            axis.add_patch(box)
            thin = Line2D([], [], color=bar.style.colour, lw=1.6)
            handles.setdefault(bar.label, thin if bar.thick < _THIN else Patch(**look))
        for mark in row.marks:
            style = mark.style
            face = "white" if mark.hollow else style.colour
            (drawn,) = axis.plot(
                [mark.at],
                [k + mark.lift],
                style.marker,
                color=style.colour,
                mfc=face,
                ms=3.6,
                mew=0.9,
                zorder=4,
            )
            handles.setdefault(mark.label, drawn)
        if row.note:
            axis.annotate(
                verbatim(row.note),
                (1.0, k),
                (3, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                fontsize=NOTE,
                color=INK,
                va="center",
            )
    labels = [fitted(row.label, 0.42 * width, LABEL) if width else "" for row in panel.rows]
    axis.set_yticks(range(len(panel.rows)), labels, fontsize=LABEL)
    axis.set_ylim(len(panel.rows) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", color=PALE, lw=0.2, zorder=0)
    axis.spines["left"].set_visible(False)


def row_ends(panel: RowsPanel) -> list[float]:
    """Every number that the panel shows."""
    found = [x for row in panel.rows for bar in row.bars for x in (bar.low, bar.high)]
    found += [mark.at for row in panel.rows for mark in row.marks]
    return found if panel.rule is None else [*found, panel.rule]
