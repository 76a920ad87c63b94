"""A plane of categories, as coloured cells with lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.plot.style import FILLS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A plane of categories: kinds[j, i] at x[i], y[j] is an index into FILLS and labels.

    x, y: centres of the cells, evenly spaced and ascending. Lines separate the categories.
    """

    x: Sequence[float] | NDArray[np.float64]
    y: Sequence[float] | NDArray[np.float64]
    kinds: NDArray[np.int64]
    labels: tuple[str, ...]


def draw_cells(axis: Axes, cells: Cells, handles: dict[str, Any]) -> None:
    """Draw the cells below everything else, and add their categories to the legend."""
    from matplotlib.collections import LineCollection
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
        if (cells.kinds == kind).any():
            patch = Patch(facecolor=FILLS[kind], edgecolor="#000000", lw=0.6)
            handles.setdefault(label, patch)
    across = np.linspace(extent[0], extent[1], len(x) + 1)
    edges = edges_of(cells.kinds, across, np.linspace(extent[2], extent[3], len(y) + 1))
    axis.add_collection(LineCollection(edges, colors="#000000", linewidths=0.5, zorder=2))


def edges_of(kinds: NDArray[np.int64], x: Any, y: Any) -> list[Any]:
    """The sides between cells of different categories; x, y: the corners of the cells."""
    upright = [
        ((x[i + 1], y[j]), (x[i + 1], y[j + 1])) for j, i in np.argwhere(np.diff(kinds, axis=1))
    ]
    level = [
        ((x[i], y[j + 1]), (x[i + 1], y[j + 1])) for j, i in np.argwhere(np.diff(kinds, axis=0))
    ]
    return [*upright, *level]
