"""Figures of small multiples, as SVG and PNG: the one door to matplotlib.

Knows lines, points and panels, and nothing of models. Colours are told apart by the colour-blind
(Okabe and Ito) and line styles in black and white; the same figure is the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.atomic import replacing, writable_target
from simdistrict.errors import EngineError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Values = Sequence[float] | NDArray[np.float64]

STYLES = (("#444444", "-"), ("#D55E00", "--"), ("#0072B2", "-."), ("#009E73", ":"))
MARKERS = ("o", "s", "^", "D")
# kinds of cells, each of another brightness
FILLS = ("#FFFFFF", "#56B4E9", "#D55E00", "#444444", "#CC79A7", "#009E73")
KINDS = {
    # suffix: the metadata, and the words by which a file shows that it is ours
    ".svg": ({"Date": None, "Creator": "simdistrict"}, b"<dc:title>simdistrict</dc:title>"),
    ".png": ({"Software": "simdistrict"}, b"tEXtSoftware\0simdistrict"),
}
_HEAD = 4096  # where those words stand
SHADE, RULE = "#E6E6E6", "#666666"
SETTINGS = {
    "svg.hashsalt": "simdistrict",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel; style: its place in STYLES; an empty label is not told."""

    x: Values
    y: Values
    label: str = ""
    style: int = 0


@dataclass(frozen=True, slots=True)
class Points:
    """Observed values; marker: its place in MARKERS. Hollow ones are of low confidence."""

    x: Values
    y: Values
    label: str = ""
    marker: int = 0
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """What lies between two lines, shaded in the colour of a line's style."""

    x: Values
    low: Values
    high: Values
    style: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A plane of kinds: kinds[j, i] at x[i], y[j], a place in FILLS, told by labels[kind].

    x, y: middles of the cells, evenly spaced and ascending. Lines part kinds from each other.
    """

    x: Values
    y: Values
    kinds: NDArray[np.int64]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One small picture; note: one line of small print inside it."""

    title: str
    lines: tuple[Line, ...]
    points: tuple[Points, ...] = ()
    note: str = ""
    bands: tuple[Band, ...] = ()
    cells: Cells | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """Panels on one grid with common axes.

    x_range, y_range: the axes; ticks: of the x axis, chosen where there are none; x_label: below
    the lowest panels; size: of one panel, in inches; shade_from: shaded from here on, with words
    in the legend; rule: a horizontal line, with words in the legend.
    """

    panels: tuple[Panel, ...]
    columns: int
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    ticks: tuple[float, ...]
    shade_from: float | None = None
    shade_label: str = ""
    rule: float | None = None
    rule_label: str = ""
    x_label: str = ""
    size: tuple[float, float] = (2.0, 1.75)


def is_ours(path: Path) -> bool:
    """Whether simdistrict drew the figure in this file."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return any(mark in head for _, mark in KINDS.values())


def check_targets(path: Path, *, force: bool = False) -> None:
    """Raise, before anything is computed, what `draw` would raise for this place."""
    for suffix in KINDS:
        writable_target(path.with_suffix(suffix), ours=is_ours, force=force)


def draw(figure: Figure, path: Path, *, force: bool = False) -> list[Path]:
    """Write a figure as .svg and .png beside each other.

    Raises EngineError where matplotlib is not installed, ExchangeError where nothing can be
    written, or where a file stands that is not a figure of ours and `force` is not set.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as NewCanvas
    except ModuleNotFoundError:
        what = "matplotlib is not installed, and figures need it"
        hint = "pip install 'simdistrict[plot]'"
        raise EngineError(Problem("figures", what, hint)) from None

    rows = -(-len(figure.panels) // figure.columns)
    settings: Any = {**mpl.rcParamsDefault, **SETTINGS, "backend": "agg"}  # no user's own style
    with mpl.rc_context(settings):
        wide, tall = figure.size
        canvas = NewCanvas(figsize=(wide * figure.columns + 0.4, tall * rows + 0.5))
        _fill(canvas, figure, rows)
        written = []
        for suffix, (facts, _) in KINDS.items():
            target = path.with_suffix(suffix)
            with replacing(target, ours=is_ours, force=force) as part:
                canvas.savefig(part, format=suffix[1:], dpi=150, metadata=facts)
            written.append(target)
    return written


def _fill(canvas: Canvas, figure: Figure, rows: int) -> None:
    grid = canvas.subplots(rows, figure.columns, sharex=True, sharey=True, squeeze=False)
    handles: dict[str, Any] = {}
    for axis, panel in zip(grid.flat, figure.panels, strict=False):
        _panel(axis, figure, panel, handles)
    for axis in list(grid.flat)[len(figure.panels) :]:
        axis.set_visible(False)
    for axis in grid[:, 0]:
        axis.set_ylabel(figure.y_label)
    if figure.x_label:
        for axis in list(grid.flat)[: len(figure.panels)][-figure.columns :]:
            axis.set_xlabel(figure.x_label)
    several = max(1, min(5, int(figure.columns * figure.size[0] / 1.6)))
    canvas.legend(
        list(handles.values()),
        list(handles),
        loc="lower center",
        ncols=min(len(handles), several),
        frameon=False,
        handlelength=3,
    )
    lines = -(-len(handles) // several)
    inches = 0.16 * 1.75 + 0.14 * max(lines - 1, 0)
    canvas.tight_layout(rect=(0, inches / figure.size[1] / rows, 1, 1))


def _panel(axis: Axes, figure: Figure, panel: Panel, handles: dict[str, Any]) -> None:
    if figure.shade_from is not None:
        shade = axis.axvspan(figure.shade_from, figure.x_range[1], color=SHADE, lw=0, zorder=0)
        handles.setdefault(figure.shade_label, shade)
    if figure.rule is not None:
        rule = axis.axhline(figure.rule, color=RULE, lw=0.8, ls=(0, (1, 1)), zorder=1)
        handles.setdefault(figure.rule_label, rule)
    if panel.cells is not None:
        _cells(axis, panel.cells, handles)
    for band in panel.bands:
        colour = STYLES[band.style][0]
        axis.fill_between(band.x, band.low, band.high, color=colour, alpha=0.2, lw=0, zorder=2)
    for line in panel.lines:
        colour, style = STYLES[line.style]
        width = 1.2 if style == "-" else 1.5
        (drawn,) = axis.plot(line.x, line.y, color=colour, ls=style, lw=width, zorder=3)
        handles.setdefault(line.label, drawn)
    for points in panel.points:
        colour = STYLES[(points.marker + 1) % len(STYLES)][0]
        (drawn,) = axis.plot(
            points.x,
            points.y,
            MARKERS[points.marker],
            color=colour,
            mfc="white" if points.hollow else colour,
            ms=3.2,
            mew=0.9,
            zorder=4,
        )
        handles.setdefault(points.label, drawn)
    axis.set_title(panel.title)
    axis.set_xlim(*figure.x_range)
    axis.set_ylim(*figure.y_range)
    if figure.ticks:
        axis.set_xticks(list(figure.ticks))
    axis.tick_params(length=2, width=0.6)
    if panel.note:
        axis.text(0.03, 0.04, panel.note, transform=axis.transAxes, fontsize=6.5, color="#555555")
    handles.pop("", None)


def _cells(axis: Axes, cells: Cells, handles: dict[str, Any]) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    x, y = (np.asarray(v, float) for v in (cells.x, cells.y))
    colours = np.array([to_rgb(c) for c in FILLS[: len(cells.labels)]])
    halves = [(v[-1] - v[0]) / max(2 * (len(v) - 1), 1) for v in (x, y)]
    extent = (x[0] - halves[0], x[-1] + halves[0], y[0] - halves[1], y[-1] + halves[1])
    axis.imshow(
        colours[cells.kinds],
        extent=extent,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        zorder=1,
    )
    for kind, label in enumerate(cells.labels):
        own = cells.kinds == kind
        if own.any():
            patch = Patch(facecolor=FILLS[kind], edgecolor="#000000", lw=0.6)
            handles.setdefault(label, patch)
        if own.any() and not own.all():
            axis.contour(x, y, own, levels=[0.5], colors="#000000", linewidths=0.5, zorder=2)
