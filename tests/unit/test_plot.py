"""Figures: the same bytes twice, every panel filled, a sentence where matplotlib is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simdistrict.errors import EngineError, ExchangeError
from simdistrict.plot import (
    Band,
    Diagram,
    Figure,
    Line,
    Link,
    Node,
    Panel,
    Pipe,
    Points,
    Ranges,
    RangesPanel,
    Row,
    Span,
    draw,
    is_ours,
)
from tests.program import call

PANELS = tuple(
    Panel(name, (Line([0, 1], [0, 1], "model"),), (Points([1], [0.5], "record"),), "small print")
    for name in ("north", "south", "west")
)
FIGURE = Figure(PANELS, 2, "share", (0, 1), (0, 1), (0.0, 1.0), 0.5, "prediction", 0.8, "limit")
FAN = Figure(
    (
        Panel(
            "north",
            (Line([0, 1], [1, 2], "median"),),
            bands=(Band([0, 1], [0.5, 1], [2, 4], "most"),),
            spans=(Span(1, 2, 4),),
        ),
    ),
    1,
    "jobs",
    (0, 1),
    (0.1, 10),
    (),
    log=True,
)
STRIP = Figure((Panel("", (Line([0, 1], [5e6, 6e6]),), y_label="output"),), 1, "", (0, 1), None, ())
ROWS = (Row("near", -1, 0.5, 2), Row("far", -9, -8, 0.1, second=0.0))
RANGES = Ranges((RangesPanel("north", ROWS),), 1, "points", (-2, 2), note="small print")
DIAGRAM = Diagram(
    (Node("tank", 2, 1), Node("basin", 5, 1), Node("rain", 2, 2, stock=False)),
    (Pipe("inflow", None, "tank"), Pipe("overflow", "tank", "basin")),
    (Link("rain", "tank"),),
    (7, 3),
    "small print",
)
KINDS = {"panels": FIGURE, "fan": FAN, "strip": STRIP, "ranges": RANGES, "diagram": DIAGRAM}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_figure_is_the_same_bytes(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("matplotlib")
    first = draw(KINDS[kind], tmp_path / "a" / "picture")
    second = draw(KINDS[kind], tmp_path / "b" / "picture")
    assert [p.name for p in first] == ["picture.svg", "picture.png"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_without_matplotlib_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EngineError, match=r"pip install 'simdistrict\[plot\]'"):
        draw(FIGURE, tmp_path / "picture")


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_figure_that_is_not_ours_is_kept_unless_forced(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure as Canvas

    foreign = tmp_path / f"picture{suffix}"
    Canvas().savefig(foreign)
    before = foreign.read_bytes()
    with pytest.raises(ExchangeError, match="not written by simdistrict"):
        draw(FIGURE, tmp_path / "picture")
    assert foreign.read_bytes() == before
    draw(FIGURE, tmp_path / "picture", force=True)
    assert foreign.read_bytes() != before
    draw(FIGURE, tmp_path / "picture")


def test_the_command_keeps_a_foreign_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    mine = tmp_path / "home_share.png"
    mine.write_text("mine")
    answer = call(capsys, "plot", "home_share", "-o", tmp_path)
    assert answer.code == 3
    assert str(mine) in answer.err
    assert "--force" in answer.err
    assert [p.name for p in tmp_path.iterdir()] == ["home_share.png"]
    assert mine.read_text() == "mine"


def test_the_committed_figures_are_ours() -> None:
    images = Path(__file__).parents[2] / "docs" / "images"
    figures = [p for p in images.iterdir() if p.suffix in (".svg", ".png")]
    assert figures
    assert all(is_ours(p) for p in figures)
