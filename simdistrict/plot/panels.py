"""A panel of lines, bands and points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.plot.cells import Cells, draw_cells
from simdistrict.plot.style import PLAIN, Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
class Panel:
    """One panel of lines, bands and points.

    y_label, from_zero: of this panel, where panels do not share their y axis. remarks: lines of
    small print below the title, each with its colour. heading: above the title and all panels of
    the row. y_range: of this panel; without a y_label its numbers are left out.
    """

    title: str
    lines: tuple[Line, ...]
    points: tuple[Markers, ...] = ()
    bands: tuple[Band, ...] = ()
    y_label: str = ""
    cells: Cells | None = None
    from_zero: bool = False
    remarks: tuple[tuple[str, str], ...] = ()
    heading: str = ""
    y_range: tuple[float, float] | None = None


def draw_panel(axis: Axes, panel: Panel, handles: dict[str, Any]) -> None:
    """Draw what a panel shows, and add to the legend what has a label."""
    from matplotlib.patches import Patch

    if panel.cells is not None:
        draw_cells(axis, panel.cells, handles)
    look: Any
    for band in panel.bands:
        look = {"color": band.style.colour, "alpha": band.depth, "lw": 0}
        axis.fill_between(list(band.x), list(band.low), list(band.high), zorder=2, **look)
        # a patch in its place: older versions of matplotlib take no area into a figure's legend
        handles.setdefault(band.label, Patch(**look))
    for line in panel.lines:
        style = line.style
        look = {"color": style.colour, "ls": style.dash, "lw": style.width}
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
