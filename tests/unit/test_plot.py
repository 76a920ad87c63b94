"""Figures: the same bytes twice, every panel filled, a sentence where matplotlib is missing."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simdistrict.base.errors import EngineError, ExchangeError
from simdistrict.plot import (
    FILLS,
    Band,
    Bar,
    Block,
    CausalMap,
    Line,
    Markers,
    Panel,
    Picture,
    Row,
    RowsPanel,
    Sheet,
    draw,
    interval_row,
    is_ours,
)
from simdistrict.plot.causal.values import MapArrow, MapLoop, MapNode, MapSector
from simdistrict.plot.words import fitted, width_of
from simdistrict.regimes import figure_of
from simdistrict.regimes.studies.drawing import filled
from simdistrict.regimes.studies.register import study_class
from simdistrict.result.dataset import Result
from simdistrict.result.netcdf import read_netcdf
from tests.program import call

PANELS = tuple(
    Panel(name, (Line([0, 1], [0.1, 1], "model"),), (Markers([1], [0.5], "record"),))
    for name in ("north", "south", "west")
)
BLOCK = Block(
    PANELS, 2, "year", "share", x_range=(-0.1, 1.1), y_range=(0, 1.1), rule=0.8, rule_label="limit",
    shade_from=0.5, shade_label="prediction",
)  # fmt: skip
FIGURE = Sheet((BLOCK,))
BANDS = Panel(
    "north", (Line([0, 1], [1, 2], "median"),), bands=(Band([0, 1], [0.5, 1], [2, 4], "most"),)
)
ENDS = (-2.0, 2.0)
ROWS = RowsPanel(
    "north", (interval_row("near", (-1, 0.5, 2), ENDS), interval_row("far", (-9, -8, 0), ENDS))
)
LISTED = Block((ROWS, ROWS), 2, "points", "", x_range=ENDS)
STACKED = RowsPanel("", (Row("a", (Bar(0, 40, label="yes"), Bar(40, 100, label="no"))),))
MAP = CausalMap(
    (MapNode("tank", "tank", 1, 1, stock=True), MapNode("rain", "rain", 3, 1)),
    (MapArrow("rain", "tank", "+"), MapArrow("tank", "rain", "-")),
    (MapLoop("filling", "B", 2, 1),),
    (MapSector("all", (0.1, 0.1), (3.9, 1.9)),),
    (4, 2),
)
SHEETS: dict[str, Block] = {
    "panels": BLOCK,
    "fan": Block((BANDS,), 1, "year", "jobs", y_range=(0.1, 10), log_y=True),
    "rows": LISTED,
    "stacked": Block((STACKED,), 1, "%", "", x_range=(0, 100)),
}
KINDS: dict[str, Any] = {**{name: Sheet((block,)) for name, block in SHEETS.items()}, "map": MAP}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_figure_is_the_same_bytes(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("matplotlib")
    first = draw(KINDS[kind], tmp_path / "a" / "picture")
    second = draw(KINDS[kind], tmp_path / "b" / "picture")
    assert [p.name for p in first] == ["picture.svg", "picture.png"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("fan", {"log_y": False}),
        ("fan", {"x_label": "other"}),
        ("panels", {"rule": 0.7}),
        ("panels", {"shade_from": 0.7}),
        ("panels", {"shade_from": None}),
        ("rows", {"x_range": (-3, 3)}),
        ("rows", {"own_labels": True}),
        ("stacked", {"tall": 0.5}),
    ],
)
def test_what_is_said_shows(tmp_path: Path, kind: str, change: dict[str, Any]) -> None:
    pytest.importorskip("matplotlib")
    _, first = draw(Sheet((SHEETS[kind],)), tmp_path / "a" / "picture")
    _, other = draw(Sheet((replace(SHEETS[kind], **change),)), tmp_path / "b" / "picture")
    assert first.read_bytes() != other.read_bytes()


def test_an_interval_beyond_the_axis_ends_in_an_arrow() -> None:
    inside, cut = ROWS.rows
    assert [mark.style.marker for mark in inside.marks] == ["o"]
    assert [mark.style.marker for mark in cut.marks] == ["<"]
    assert (cut.bars[0].low, cut.bars[0].high) == (-2, 0)
    assert interval_row("none", (float("nan"),) * 3, ENDS).bars == ()


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


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_a_picture_is_saved_by_its_name_the_same_twice(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    first = Picture(FIGURE).save(tmp_path / f"a{suffix}")
    again = Picture(FIGURE).save(tmp_path / f"b{suffix}")
    assert first.read_bytes() == again.read_bytes()
    assert is_ours(first)
    Picture(MAP).save(first)
    assert first.read_bytes() != again.read_bytes()
    first.write_text("mine")
    with pytest.raises(ExchangeError, match="not written by simdistrict"):
        Picture(MAP).save(first)
    assert first.read_text() == "mine"


def test_a_picture_shows_itself_in_a_notebook() -> None:
    pytest.importorskip("matplotlib")
    picture = Picture(FIGURE, "three panels")
    assert repr(picture) == "<simdistrict picture: three panels>"
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert "<svg" in picture._repr_svg_()
    with pytest.raises(ExchangeError, match=r"\.svg, \.png, \.pdf"):
        picture.save("picture.jpg")


def test_a_picture_without_matplotlib_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EngineError, match=r"pip install 'simdistrict\[plot\]'"):
        Picture(FIGURE).figure  # noqa: B018


def test_the_committed_figures_are_ours() -> None:
    images = Path(__file__).parents[2] / "docs" / "images"
    figures = [p for p in images.iterdir() if p.suffix in (".svg", ".png")]
    assert figures
    assert all(is_ours(p) for p in figures)


# ---------------------------------------------------------------------- studies of regimes

TARIFF = ["--parameter", "tariff", "--from", 0, "--to", 2]
STUDIES = {
    "branch": ["branch", "core", *TARIFF],
    "folds": ["branch", "core", *TARIFF, "--second", "experience exponent=0.1:0.6"],
    "hysteresis": ["hysteresis", "core", *TARIFF, "--duration", 40, "--slower", 10],
    "along": [
        *["basins", "core", "--initial", "home experience=0.01:1", "--members", 40],
        *["--along", "tariff=0.4:1.2:5"],
    ],
    "map": ["map", "core", "--along", "tariff=0:2:9", "--along", "cost ratio=1:2:5"],
    "policy": ["policy", "core", *TARIFF, "--longest", 60, "--doses", 4, "--durations", 3],
}


def study(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, *more: object) -> Path:
    file = tmp_path / f"{name}.nc"
    said = call(capsys, "regimes", *STUDIES[name], *more, "-o", file)
    assert said.code == 0, said.err
    return file


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_drawn_beside_its_file_the_same_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    pytest.importorskip("matplotlib")
    file = study(capsys, tmp_path, name)
    assert call(capsys, "plot", file).code == 0
    drawn = [file.with_suffix(s) for s in (".svg", ".png")]
    assert all(is_ours(path) for path in drawn)
    assert call(capsys, "plot", file, "-o", tmp_path / "again").code == 0
    for path in drawn:
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def the_panel(result: Result, file: Path) -> Panel:
    (block,) = figure_of(result, str(file)).blocks
    (panel,) = block.panels
    assert isinstance(panel, Panel)
    return panel


def test_stable_pieces_are_solid_the_others_dashed_and_folds_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study(capsys, tmp_path, "branch", "--output", "home share")
    figure = figure_of(read_netcdf(file), str(file))
    (block,) = figure.blocks
    (panel,) = block.panels
    assert isinstance(panel, Panel)
    assert block.x_label == "tariff (dimensionless)"
    assert block.y_label == "home share (dimensionless)"
    assert [(line.label, line.style.dash) for line in panel.lines] == [
        ("stable", "-"),
        ("unstable", "--"),
        ("stable", "-"),
    ]
    # no gap between a stable and an unstable piece
    for one, other in itertools.pairwise(panel.lines):
        assert (one.x[-1], one.y[-1]) == (other.x[0], other.y[0])
    (folds,) = panel.points
    assert folds.label == "fold"
    assert sorted(folds.x) == pytest.approx([0.694546, 1.02291], abs=1e-5)
    # the middle piece goes from fold to fold
    assert sorted([panel.lines[1].x[0], panel.lines[1].x[-1]]) == pytest.approx(
        sorted(folds.x), abs=0.01
    )


def test_a_map_has_the_kinds_of_its_worlds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study(capsys, tmp_path, "map", "--where", "home share >= 0.5")
    result = read_netcdf(file)
    panel = the_panel(result, file)
    cells = panel.cells
    assert cells is not None
    # along x the first constant, along y the second
    assert cells.kinds.shape == (5, 9)
    told = [[cells.labels[kind] for kind in row] for row in cells.kinds]
    assert told[0][0] == "home share >= 0.5: in no equilibrium"
    assert told[0][-1] == "in every equilibrium"
    held, worlds = result.variables["held"].values, result.variables["worlds"].values
    some = (held > 0) & (held < worlds)
    assert [[x == "in some equilibria" for x in row] for row in told] == some.T.tolist()
    file = study(capsys, tmp_path, "policy")
    panel = the_panel(read_netcdf(file), file)
    assert panel.cells is not None
    assert panel.cells.kinds.shape == (4, 3)
    # without a tariff the separatrix is crossed within 20 years
    assert panel.cells.kinds[0].tolist() == [3, 3, 3]
    assert panel.cells.kinds[-1].tolist() == [0, 0, 0]


def test_the_share_of_each_attractor_has_its_band(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study(capsys, tmp_path, "along")
    panel = the_panel(read_netcdf(file), file)
    assert [line.label for line in panel.lines] == ["attractor 0", "attractor 1"]
    for line, band in zip(panel.lines, panel.bands, strict=True):
        there = [k for k, y in enumerate(line.y) if y == y]
        assert there
        assert all(band.low[k] <= line.y[k] <= band.high[k] for k in there)
    # where an attractor is not, nothing is drawn
    assert panel.lines[1].y[0] != panel.lines[1].y[0]


def test_few_undecided_cells_are_told_and_leave_no_stray_mark() -> None:
    kinds = np.zeros((20, 20), int)
    kinds[:, 10:] = 3
    kinds[4, 4] = 2
    lost = kinds == 2
    assert filled(kinds, lost)[4, 4] == 0
    assert (filled(kinds, lost)[~lost] == kinds[~lost]).all()


def test_fills_are_told_apart_in_black_and_white() -> None:
    def brightness(colour: str) -> float:
        red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    levels = sorted(brightness(c) for c in FILLS[:4])
    assert min(b - a for a, b in itertools.pairwise(levels)) > 0.15


def test_what_has_no_figure_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "found.nc"
    assert call(capsys, "regimes", "equilibria", "core", "-o", file).code == 0
    said = call(capsys, "plot", file)
    assert said.code == 3
    assert "a study of the kind equilibria has no figure" in said.err


def test_a_study_that_found_nothing_is_not_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "found.nc"
    assert call(capsys, "regimes", "equilibria", "core", "-o", file).code == 0
    empty = Sheet((Block((Panel("", ()),), 1, "", ""),))
    monkeypatch.setattr(study_class("equilibria"), "figure", lambda *_: empty)
    said = call(capsys, "plot", file)
    assert said.code == 3
    assert "found nothing to draw" in said.err
    assert not file.with_suffix(".svg").exists()


def test_drawing_leaves_the_backend_of_a_notebook() -> None:
    code = (
        "import matplotlib as mpl; from simdistrict.plot.canvas import settings\n"
        "with settings(): pass\n"
        "print(dict.__getitem__(mpl.rcParams, 'backend'))"
    )
    environment = {**os.environ, "MPLBACKEND": "svg"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "svg"


def test_a_long_name_is_cut_between_words_and_keeps_its_end() -> None:
    name = "relative productivity of agricultural machinery at home and abroad, deflated"
    for width in np.linspace(1.3, 3.0, 18):
        head, cut, last = fitted(name, float(width), 8, most=1).partition("\N{HORIZONTAL ELLIPSIS}")
        assert cut
        assert name.startswith(f"{head} ")
        assert last == "deflated"
    long = "x" * 60
    whole = fitted(long, 1.5, 8, most=1)
    assert whole.startswith("xx")
    assert width_of(whole, 8) < 1.6
