"""Small multiples of lines, bands and points over one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.plot.cells import Cells, draw_cells
from simdistrict.plot.style import PLAIN, RULE, SHADE, Style, small_print

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Coordinates = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel; an empty label is left out of the legend. over: above all others."""

    x: Coordinates
    y: Coordinates
    label: str = ""
    style: Style = PLAIN
    over: bool = False


@dataclass(frozen=True, slots=True)
class Markers:
    """Observed values; hollow for low confidence."""

    x: Coordinates
    y: Coordinates
    label: str = ""
    style: Style = PLAIN
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """The area between two lines; depth: opacity, from 0 to 1."""

    x: Coordinates
    low: Coordinates
    high: Coordinates
    label: str = ""
    style: Style = PLAIN
    depth: float = 0.2


@dataclass(frozen=True, slots=True)
class Span:
    """A range at the right of the axis: a bar with a mark at its middle."""

    low: float
    middle: float
    high: float
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; note: one line of small print inside it; spans: drawn at the right.

    y_label, from_zero: of this panel, where it has a y axis of its own. remarks: lines of small
    print below the title, each with its colour. heading: above the title and all panels of the
    row. y_range: of this panel; without a y_label its numbers are left out.
    """

    title: str
    lines: tuple[Line, ...]
    points: tuple[Markers, ...] = ()
    note: str = ""
    bands: tuple[Band, ...] = ()
    spans: tuple[Span, ...] = ()
    y_label: str = ""
    cells: Cells | None = None
    from_zero: bool = False
    remarks: tuple[tuple[str, str], ...] = ()
    heading: str = ""
    y_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """Panels on one grid with a common x axis.

    y_range: of all panels; None where each has its own. x_range, ticks: of the x axis, ticks are
    automatic where empty; x_label: below the lowest panels; size: of one panel, in inches;
    shade_from: start of a shaded span, rule: a horizontal line, each with a label in the legend;
    log: logarithmic y axis.
    """

    panels: tuple[Panel, ...]
    columns: int
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float] | None
    ticks: tuple[float, ...]
    shade_from: float | None = None
    shade_label: str = ""
    rule: float | None = None
    rule_label: str = ""
    log: bool = False
    x_label: str = ""
    size: tuple[float, float] = (2.0, 1.75)


def fill_panels(canvas: Canvas, figure: Figure) -> None:
    """Draw on an empty canvas."""
    rows = -(-len(figure.panels) // figure.columns)
    shared = figure.y_range is not None
    wide, tall = figure.size
    canvas.set_size_inches(wide * figure.columns + 0.4, tall * rows + 0.5)
    grid = canvas.subplots(rows, figure.columns, sharex=True, sharey=shared, squeeze=False)
    handles: dict[str, Any] = {}
    for axis, panel in zip(grid.flat, figure.panels, strict=False):
        _panel(axis, figure, panel, handles)
    for axis in list(grid.flat)[len(figure.panels) :]:
        axis.set_visible(False)
    if figure.y_label:
        for axis in grid[:, 0]:
            axis.set_ylabel(figure.y_label)
    if figure.x_label:
        for axis in list(grid.flat)[: len(figure.panels)][-figure.columns :]:
            axis.set_xlabel(figure.x_label)
    several = max(1, min(5, int(figure.columns * wide / 1.6)))
    columns = max(min(len(handles), several), 1)
    canvas.legend(
        list(handles.values()),
        list(handles),
        loc="lower center",
        ncols=columns,
        frameon=False,
        handlelength=3,
    )
    lines = -(-len(handles) // columns)
    bottom = (0.06 + 0.2 * lines) / canvas.get_size_inches()[1]
    canvas.tight_layout(rect=(0, bottom, 1, 1))


def _panel(axis: Axes, figure: Figure, panel: Panel, handles: dict[str, Any]) -> None:
    _ground(axis, figure, handles)
    draw_panel(axis, panel, handles)
    _spans(axis, figure, panel.spans)
    axis.set_title(panel.title)
    axis.set_xlim(*figure.x_range)
    if figure.log:
        axis.set_yscale("log")
    if figure.y_range is not None:
        axis.set_ylim(*figure.y_range)
    if panel.y_label:
        axis.set_ylabel(panel.y_label, fontsize=7)
    if figure.ticks:
        axis.set_xticks(list(figure.ticks))
    axis.tick_params(length=2, width=0.6)
    if figure.y_range is None:
        _own_range(axis, panel)
    if panel.note:
        small_print(axis, panel.note)
    handles.pop("", None)


def _own_range(axis: Axes, panel: Panel) -> None:
    """A y range that contains the lines, and zero where it is near; short tick labels."""
    from matplotlib.ticker import EngFormatter, MaxNLocator

    ys = np.concatenate([np.asarray(line.y, float) for line in panel.lines])
    low, high = float(np.nanmin(ys)), float(np.nanmax(ys))
    if 0 < low < high / 2:
        low = 0.0
    room = 0.06 * (high - low) or max(abs(high), 1.0)
    axis.set_ylim(low - room * (low != 0), high + room)
    axis.yaxis.set_major_locator(MaxNLocator(3))
    if high >= 1000:
        axis.yaxis.set_major_formatter(EngFormatter(sep=""))
    axis.tick_params(axis="y", labelsize=6.5)


def _ground(axis: Axes, figure: Figure, handles: dict[str, Any]) -> None:
    """Draw shading and rule, below the lines."""
    if figure.shade_from is not None:
        shade = axis.axvspan(figure.shade_from, figure.x_range[1], color=SHADE, lw=0, zorder=0)
        handles.setdefault(figure.shade_label, shade)
    if figure.rule is not None:
        rule = axis.axhline(figure.rule, color=RULE, lw=0.8, ls=(0, (1, 1)), zorder=1)
        handles.setdefault(figure.rule_label, rule)


def _spans(axis: Axes, figure: Figure, spans: tuple[Span, ...]) -> None:
    """Draw spans side by side at the right of the axis."""
    width = figure.x_range[1] - figure.x_range[0]
    for k, span in enumerate(spans):
        at = figure.x_range[1] + width * (0.03 + 0.035 * k)
        style = span.style
        whole: Any = {"color": style.colour, "clip_on": False, "zorder": 5}
        axis.plot([at, at], [span.low, span.high], lw=1.4, **whole)
        axis.plot([at], [span.middle], style.marker, ms=2.6, **whole)


def draw_panel(axis: Axes, panel: Panel, handles: dict[str, Any]) -> None:
    """Draw what a panel shows, and add to the legend what has a label."""
    if panel.cells is not None:
        draw_cells(axis, panel.cells, handles)
    for band in panel.bands:
        drawn: Any = axis.fill_between(
            list(band.x),
            list(band.low),
            list(band.high),
            color=band.style.colour,
            alpha=band.depth,
            lw=0,
            zorder=2,
        )
        handles.setdefault(band.label, drawn)
    for line in panel.lines:
        style = line.style
        look: Any = {"color": style.colour, "ls": style.dash, "lw": style.width}
        (drawn,) = axis.plot(line.x, line.y, zorder=3.5 if line.over else 3, **look)
        handles.setdefault(line.label, drawn)
    for points in panel.points:
        (drawn,) = axis.plot(
            points.x,
            points.y,
            points.style.marker,
            color=points.style.colour,
            mfc="white" if points.hollow else points.style.colour,
            ms=3.2,
            mew=0.9,
            zorder=4,
        )
        handles.setdefault(points.label, drawn)
