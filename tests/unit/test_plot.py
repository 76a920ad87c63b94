"""Figures: the same bytes twice, every panel filled, a sentence where matplotlib is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simdistrict.errors import EngineError
from simdistrict.plot import Figure, Line, Panel, Points, draw

PANELS = tuple(
    Panel(name, (Line([0, 1], [0, 1], "model"),), (Points([1], [0.5], "record"),), "small print")
    for name in ("north", "south", "west")
)
FIGURE = Figure(PANELS, 2, "share", (0, 1), (0, 1), (0.0, 1.0), 0.5, "prediction", 0.8, "limit")


def test_the_same_figure_is_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    first = draw(FIGURE, tmp_path / "a" / "picture")
    second = draw(FIGURE, tmp_path / "b" / "picture")
    assert [p.name for p in first] == ["picture.svg", "picture.png"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_without_matplotlib_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EngineError, match=r"pip install 'simdistrict\[plot\]'"):
        draw(FIGURE, tmp_path / "picture")
