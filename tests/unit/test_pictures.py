"""The checker of pictures finds each kind of fault, and none in a sound picture."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("matplotlib")

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.pictures import faults


def picture() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(3, 2), layout="constrained")
    axis = figure.subplots()
    axis.plot([0, 1, 2], [0, 1, 4])
    axis.set_xlabel("Time (Year)")
    axis.set_ylabel("m")
    return figure, axis


def test_a_sound_picture_has_no_fault() -> None:
    figure, _ = picture()
    assert not faults(figure)


def two_texts(figure: Figure, axis: Axes) -> None:
    axis.text(0.2, 3, "one")
    axis.text(0.21, 3, "other")


def text_on_a_line(figure: Figure, axis: Axes) -> None:
    axis.text(0.9, 0.9, "word")


def title_over_another_panel(figure: Figure, axis: Axes) -> None:
    figure.set_layout_engine("none")
    other = figure.add_axes((0.1, 0.2, 0.2, 0.2))
    axis.set_position((0.5, 0.2, 0.4, 0.6))
    other.plot([0, 1], [0, 1])
    other.set_title("a title that is much too long for it", loc="left")


def text_beyond_the_canvas(figure: Figure, axis: Axes) -> None:
    figure.text(0.9, 0.98, "beyond the edge of the picture")


def cut_mark(figure: Figure, axis: Axes) -> None:
    axis.plot([2], [4], "o", ms=8)
    axis.set_ylim(0, 4)


def line_out_of_its_panel(figure: Figure, axis: Axes) -> None:
    axis.set_ylim(0, 2)


def empty_panel(figure: Figure, axis: Axes) -> None:
    axis.lines[0].set_ydata([float("nan")] * 3)


def no_unit(figure: Figure, axis: Axes) -> None:
    axis.set_ylabel("")


def small(figure: Figure, axis: Axes) -> None:
    axis.text(0.2, 3, "one", fontsize=4)


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (two_texts, "overlap"),
        (text_on_a_line, "overlap"),
        (title_over_another_panel, "overlap"),
        (text_beyond_the_canvas, "outside"),
        (cut_mark, "cut"),
        (line_out_of_its_panel, "cut"),
        (empty_panel, "empty"),
        (no_unit, "label"),
        (small, "small"),
    ],
)
def test_every_fault_is_found(spoil: Callable[[Figure, Axes], None], kind: str) -> None:
    figure, axis = picture()
    spoil(figure, axis)
    found = faults(figure)
    assert kind in [fault.kind for fault in found], found
    assert not [fault for fault in faults(figure, ignore=[kind]) if fault.kind == kind]
