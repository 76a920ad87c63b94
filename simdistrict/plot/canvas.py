"""Writes a figure as .svg and .png with the same name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simdistrict.base import inputs
from simdistrict.base.atomic import replacing_all, writable_target
from simdistrict.base.errors import EngineError, Problem
from simdistrict.plot.diagram import Diagram, fill_diagram
from simdistrict.plot.panels import Figure, fill_panels
from simdistrict.plot.ranges import Ranges, fill_ranges
from simdistrict.plot.style import SETTINGS

Drawable = Figure | Ranges | Diagram
KINDS = {
    # suffix: the metadata, and the mark of our files
    ".svg": ({"Date": None, "Creator": "simdistrict"}, b"<dc:title>simdistrict</dc:title>"),
    ".png": ({"Software": "simdistrict"}, b"tEXtSoftware\0simdistrict"),
}
_HEAD = 4096  # the mark is within these bytes


def is_ours(path: Path) -> bool:
    """Whether simdistrict drew the figure in this file."""
    head = inputs.head(path, _HEAD)
    return any(mark in head for _, mark in KINDS.values())


def check_targets(path: Path, *, force: bool = False) -> None:
    """Raise what `draw` would raise for this target; call it before computing."""
    for suffix in KINDS:
        writable_target(path.with_suffix(suffix), ours=is_ours, force=force)


def draw(figure: Drawable, path: Path, *, force: bool = False) -> list[Path]:
    """Write a figure as .svg and .png with the same name; raises as `draw_all` does."""
    return draw_all({path: figure}, force=force)


def draw_all(figures: Mapping[Path, Drawable], *, force: bool = False) -> list[Path]:
    """Write figures, each as .svg and .png with the same name; all files appear as one set.

    Raises EngineError where matplotlib is not installed, ExchangeError where the files cannot be
    written, or where one exists that is not a figure of ours and `force` is not set.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as NewCanvas
    except ModuleNotFoundError:
        what = "matplotlib is not installed, and figures need it"
        hint = "pip install 'simdistrict[plot]'"
        raise EngineError(Problem("figures", what, hint)) from None

    settings: Any = {**mpl.rcParamsDefault, **SETTINGS, "backend": "agg"}  # ignore the user's style
    with mpl.rc_context(settings):
        targets = [path.with_suffix(suffix) for path in figures for suffix in KINDS]
        with replacing_all(targets, ours=is_ours, force=force) as parts:
            left = iter(parts)
            for figure in figures.values():
                canvas = NewCanvas()
                if isinstance(figure, Figure):
                    fill_panels(canvas, figure)
                elif isinstance(figure, Ranges):
                    fill_ranges(canvas, figure)
                else:
                    fill_diagram(canvas, figure)
                for suffix, (facts, _) in KINDS.items():
                    canvas.savefig(next(left), format=suffix[1:], dpi=150, metadata=facts)
    return targets
