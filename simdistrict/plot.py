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
class Panel:
    """One small picture; note: one line of small print inside it."""

    title: str
    lines: tuple[Line, ...]
    points: tuple[Points, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """Panels on one grid with common axes.

    x_range, y_range: the axes; ticks: of the x axis; shade_from: shaded from here on, with words
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
        canvas = NewCanvas(figsize=(2.0 * figure.columns + 0.4, 1.75 * rows + 0.5))
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
    canvas.legend(
        list(handles.values()),
        list(handles),
        loc="lower center",
        ncols=min(len(handles), 5),
        frameon=False,
        handlelength=3,
    )
    bottom = 0.24 if len(handles) > 5 else 0.16
    canvas.tight_layout(rect=(0, bottom / rows, 1, 1))


def _panel(axis: Axes, figure: Figure, panel: Panel, handles: dict[str, Any]) -> None:
    if figure.shade_from is not None:
        shade = axis.axvspan(figure.shade_from, figure.x_range[1], color=SHADE, lw=0, zorder=0)
        handles.setdefault(figure.shade_label, shade)
    if figure.rule is not None:
        rule = axis.axhline(figure.rule, color=RULE, lw=0.8, ls=(0, (1, 1)), zorder=1)
        handles.setdefault(figure.rule_label, rule)
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
    axis.set_xticks(list(figure.ticks))
    axis.tick_params(length=2, width=0.6)
    if panel.note:
        axis.text(0.03, 0.04, panel.note, transform=axis.transAxes, fontsize=6.5, color="#555555")
    handles.pop("", None)
