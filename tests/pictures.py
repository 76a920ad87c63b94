"""What is wrong with a picture: overlapping texts, cut marks, empty panels, axes without a label.

`faults` draws a matplotlib figure once and looks at the texts that were really drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

KINDS = ("overlap", "outside", "cut", "empty", "label", "small")
SMALLEST = 5.0  # points
SLACK = 1.0  # pixels


@dataclass(frozen=True, slots=True)
class Fault:
    """kind: one of KINDS; what: names the texts or the panel."""

    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A text as it was drawn, with its box in pixels."""

    artist: Text
    box: Bbox

    @property
    def words(self) -> str:
        return " ".join(self.artist.get_text().split())


def faults(figure: Figure, ignore: Sequence[str] = ()) -> list[Fault]:
    """Everything that is wrong with a figure, but the kinds to ignore.

    overlap: two texts, a text and a line of its panel, or a text and another panel; outside: of
    the canvas; cut: a mark or a line that its panel cuts; empty: a panel without data; label: an
    axis with numbers and no label; small: a text below 5 points.
    """
    drawn = texts(figure)
    found = [
        *_overlaps(figure, drawn),
        *_outside(figure, drawn),
        *_marks(figure),
        *_empty(figure),
        *_labels(figure, drawn),
        *(Fault("small", d.words) for d in drawn if d.artist.get_fontsize() < SMALLEST),
    ]
    return [fault for fault in dict.fromkeys(found) if fault.kind not in ignore]


def texts(figure: Figure) -> list[Drawn]:
    """The texts that a figure really draws: ticks out of sight are none of them."""
    canvas = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    seen: list[Text] = []
    plain = Text.draw

    def noted(self: Text, *args: Any, **named: Any) -> None:
        seen.append(self)
        plain(self, *args, **named)

    canvas.draw()  # a layout moves things when it is first drawn
    with mock.patch.object(Text, "draw", noted):
        canvas.draw()
    kept = [t for t in dict.fromkeys(seen) if t.get_visible() and t.get_text().strip()]
    return [Drawn(text, text.get_window_extent(renderer)) for text in kept]


def panels(figure: Figure) -> list[Axes]:
    """The visible axes."""
    return [axis for axis in figure.get_axes() if axis.get_visible()]


def _overlaps(figure: Figure, drawn: Sequence[Drawn]) -> Iterator[Fault]:
    for one, other in itertools.combinations(drawn, 2):
        if _meet(one.box, other.box):
            yield Fault("overlap", f'"{one.words}" and "{other.words}"')
    for text in drawn:
        for number, axis in enumerate(panels(figure)):
            inner = text.artist in axis.texts
            if inner and _on_line(text, axis):
                yield Fault("overlap", f'"{text.words}" and a line of panel {number}')
            foreign = text.artist.axes is not None and text.artist.axes is not axis
            over = foreign and not _is_inset(text.artist.axes, axis) and axis.axison
            if over and _meet(text.box, axis.bbox):
                yield Fault("overlap", f'"{text.words}" and panel {number}')


def _meet(one: Bbox, other: Any) -> bool:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    tall = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(wide > SLACK and tall > SLACK)


def _is_inset(one: Axes | None, other: Axes) -> bool:
    return one is not None and _meet(one.bbox, other.bbox)


def _on_line(text: Drawn, axis: Axes) -> bool:
    if text.artist.get_bbox_patch() is not None:
        return False
    inner = Bbox.from_extents(
        text.box.x0 + SLACK, text.box.y0 + SLACK, text.box.x1 - SLACK, text.box.y1 - SLACK
    )
    for line in axis.lines:
        if not _has_data(line, axis) or line.get_linestyle() in ("None", ""):
            continue
        path = line.get_transform().transform_path(line.get_path())
        if path.intersects_bbox(inner, filled=False):
            return True
    return False


def _outside(figure: Figure, drawn: Sequence[Drawn]) -> Iterator[Fault]:
    page = figure.bbox
    for text in drawn:
        box = text.box
        if (
            box.x0 < page.x0 - SLACK
            or box.y0 < page.y0 - SLACK
            or box.x1 > page.x1 + SLACK
            or box.y1 > page.y1 + SLACK
        ):
            yield Fault("outside", f'"{text.words}"')


def _points(line: Line2D) -> Any:
    points = line.get_transform().transform(np.column_stack(line.get_data(orig=False)))
    return points[np.isfinite(points).all(axis=1)]


def _marks(figure: Figure) -> Iterator[Fault]:
    dots = figure.dpi / 72
    for number, axis in enumerate(panels(figure)):
        for line in axis.lines:
            if not _has_data(line, axis):
                continue
            points = _points(line)
            marked = line.get_marker() not in ("None", "", None)
            half = line.get_markersize() / 2 * dots if marked else 0.0
            # marks such as bars of a rug may touch the edge
            box = axis.bbox if line.get_clip_on() else figure.bbox
            room = SLACK + (0.0 if marked else line.get_linewidth() * dots)
            low, high = points.min(axis=0) - half, points.max(axis=0) + half
            if (
                low[0] < box.x0 - room
                or low[1] < box.y0 - room
                or high[0] > box.x1 + room
                or high[1] > box.y1 + room
            ):
                what = "mark" if marked else "line"
                yield Fault("cut", f"a {what} of panel {number} ({_name(axis)})")


def _has_data(line: Line2D, axis: Axes) -> bool:
    """Whether a line shows finite data, and is no rule across the panel."""
    own = line.get_transform().contains_branch_seperately(axis.transData)
    return bool(line.get_visible() and all(own) and len(_points(line)))


def _empty(figure: Figure) -> Iterator[Fault]:
    for number, axis in enumerate(panels(figure)):
        lines = any(_has_data(line, axis) and _seen(line, axis) for line in axis.lines)
        areas = any(c.get_visible() and len(c.get_paths()) for c in axis.collections)
        if lines or areas or axis.images or axis.patches or (axis.texts and not axis.axison):
            continue
        yield Fault("empty", f"panel {number} ({_name(axis)})")


def _seen(line: Line2D, axis: Axes) -> bool:
    points, box = _points(line), axis.bbox
    within = (points[:, 0] >= box.x0 - 1) & (points[:, 0] <= box.x1 + 1)
    within &= (points[:, 1] >= box.y0 - 1) & (points[:, 1] <= box.y1 + 1)
    return bool(within.any()) or not line.get_clip_on()


def _name(axis: Axes) -> str:
    return axis.get_title("left") or axis.get_title() or axis.get_ylabel() or "no title"


def _labels(figure: Figure, drawn: Sequence[Drawn]) -> Iterator[Fault]:
    """An axis with numbers needs a label: its own, or one beside it or of the figure."""
    shown = {id(d.artist) for d in drawn}
    whole = [d for d in drawn if d.artist.axes is None]
    axes = panels(figure)
    for number, axis in enumerate(axes):
        for side in ("x", "y"):
            own = getattr(axis, f"{side}axis")
            ticks = [t for t in own.get_ticklabels() if id(t) in shown]
            if not any(_is_number(t.get_text()) for t in ticks) or own.label.get_text().strip():
                continue
            near = [other for other in axes if _beside(axis, other, side)]
            if any(getattr(o, f"{side}axis").label.get_text().strip() for o in near):
                continue
            if any(_along(d, axis, side) for d in whole):
                continue
            yield Fault("label", f"{side} axis of panel {number} ({_name(axis)})")


def _is_number(text: str) -> bool:
    text = text.replace("\N{MINUS SIGN}", "-").strip("%kMG $")
    try:
        float(text)
    except ValueError:
        return False
    return True


def _beside(axis: Axes, other: Axes, side: str) -> bool:
    """Whether another panel is below this one (x), or left of it (y)."""
    one, two = axis.bbox, other.bbox
    if side == "x":
        return bool(abs(one.x0 - two.x0) < 2 and two.y0 < one.y0)
    return bool(abs(one.y0 - two.y0) < 2 and two.x0 < one.x0)


def _along(text: Drawn, axis: Axes, side: str) -> bool:
    """Whether a text of the figure stands below (x) or left of (y) a panel, as a label does."""
    box, own = text.box, axis.bbox
    if side == "x":
        return bool(box.y1 < own.y0 and text.artist.get_rotation() == 0)
    return bool(box.x1 < own.x0 and text.artist.get_rotation() == 90)
