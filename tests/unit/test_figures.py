"""Pictures of any run: nothing overlaps, is cut or empty; axes have units; what is said is true."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import simdistrict as sd
from simdistrict.base.errors import ExchangeError, ScenarioError
from simdistrict.cli.main import main
from simdistrict.figures import (
    Wanted,
    causes_sheet,
    differences_sheet,
    fan_sheet,
    ranking_sheet,
    series_sheet,
)
from simdistrict.figures.fan import sign_words
from simdistrict.figures.palette import BASELINE
from simdistrict.plot import Panel, RowsPanel, is_ours
from simdistrict.result.netcdf import read_netcdf
from tests.pictures import faults
from tests.program import call
from tests.small import mdl

SCENARIOS = ("neoliberal_globalisation", "security_tariffs", "district_renaissance")
SAVED = "home share,completeness,capacity,output,product demand,stage capacity"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def made(folder: Path) -> Callable[..., Path]:
    """Results by the name of a file, made once each by the command line."""

    def make(name: str, *words: object) -> Path:
        file = folder / name
        if not file.exists():
            arguments = ["simdistrict", *map(str, words), "-q", "-o", str(file)]
            with patch.object(sys, "argv", arguments), pytest.raises(SystemExit) as done:
                main()
            assert done.value.code in (0, None)
        return file

    return make


@pytest.fixture(scope="module")
def core(made: Callable[..., Path]) -> Path:
    return made("core.nc", "run", "core")


@pytest.fixture(scope="module")
def tariff(made: Callable[..., Path]) -> Path:
    return made("tariff.nc", "run", "core", "--set", "tariff=0.4")


@pytest.fixture(scope="module")
def three(made: Callable[..., Path]) -> Path:
    return made("three.nc", "run", *SCENARIOS, "--save", SAVED)


@pytest.fixture(scope="module")
def members(made: Callable[..., Path]) -> Path:
    return made(
        "members.nc", "ensemble", *SCENARIOS[:2], "--members", 24, "--save", "home share",
        "--times", "1980,2020,2025,2030,2040,2050,2060",
    )  # fmt: skip


@pytest.fixture(scope="module")
def ends(made: Callable[..., Path]) -> Path:
    return made("ends.nc", "ensemble", *SCENARIOS[:2], "--members", 60, "--save", "home share")


@pytest.fixture(scope="module")
def pawn(made: Callable[..., Path], ends: Path) -> Path:
    return made(
        "pawn.nc", "sensitivity", ends, "--method", "pawn", "--indicator", "home share[Prato]",
        "--scenario", SCENARIOS[1],
    )  # fmt: skip


KINDS: dict[str, tuple[str, Callable[[Any], sd.Picture]]] = {
    "series": ("three", lambda d: sd.plot_series(d, "home share")),
    "series, one": ("core", sd.plot_series),
    "series, sizes apart": ("three", lambda d: sd.plot_series(d, ["output", "capacity"])),
    "series, column": ("three", lambda d: sd.plot_series(d, "home share", width=90)),
    "differences": ("three", lambda d: sd.plot_differences(d, ["home share", "output[Prato]"])),
    "percent": ("three", lambda d: sd.plot_differences(d, "output", percent=True, width=90)),
    "fan": ("members", lambda d: sd.plot_fan(d, "home share")),
    "fan, levels": ("members", lambda d: sd.plot_fan(d, paired=False, width=90)),
    "fan, rows": ("ends", sd.plot_fan),
    "causes": ("three", lambda d: sd.plot_causes(d, "output")),
    "causes, one": ("core", lambda d: sd.plot_causes(d, "home experience")),
    "tornado": ("pawn", sd.plot_tornado),
    "tornado, page": ("pawn", lambda d: sd.plot_tornado(d, most=30, width=180)),
    "phase": ("three", lambda d: sd.plot_phase(d, "home share", "completeness")),
    "phase, one": ("core", lambda d: sd.plot_phase(d, "home experience", "home share")),
    "ranking": ("three", lambda d: sd.plot_ranking(d, "home share", since=1995, time=2050)),
    "ranking, sizes apart": ("three", lambda d: sd.plot_ranking(d, "output", width=180)),
    "regimes": ("three", lambda d: sd.plot_regimes(d, ["hollow: home share < 0.7"])),
    "regimes, one": ("core", lambda d: sd.plot_regimes(d, ["high: home share >= 0.8"])),
}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_overlaps_is_cut_or_empty(kind: str, request: pytest.FixtureRequest) -> None:
    data, plot = KINDS[kind]
    picture = plot(request.getfixturevalue(data))
    assert not faults(picture.figure)
    width = picture.figure.get_size_inches()[0] * 25.4
    assert width == pytest.approx(90) or width == pytest.approx(180)
    assert all(axis.get_visible() for axis in picture.figure.axes if axis.lines)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_the_same_picture_is_the_same_bytes(three: Path, tmp_path: Path, suffix: str) -> None:
    first, again = (
        sd.plot_differences(three, "output").save(tmp_path / f"{name}{suffix}") for name in "ab"
    )
    assert first.read_bytes() == again.read_bytes()
    assert is_ours(first)


def panels_of(sheet: Any) -> list[Any]:
    return [panel for block in sheet.blocks for panel in block.panels]


def test_the_baseline_is_grey_and_dashed_and_each_run_has_one_style(three: Path) -> None:
    sheet = series_sheet(three, Wanted(("home share", "output")))
    styles: dict[str, set[Any]] = {}
    for panel in panels_of(sheet):
        for line in panel.lines:
            styles.setdefault(line.label, set()).add(line.style)
    assert len(styles) == 3
    assert all(len(of_one) == 1 for of_one in styles.values())
    (baseline,) = (name for name in styles if "baseline" in name)
    assert styles[baseline] == {BASELINE}
    other = series_sheet(three, Wanted(("home share",), baseline="security_tariffs"))
    named = {line.style: line.label for line in panels_of(other)[0].lines}
    assert named[BASELINE].startswith("Security tariffs")


def test_lines_are_the_numbers_of_the_result(three: Path) -> None:
    data = read_netcdf(three)
    values = np.asarray(data.variables["output"].values)
    sheet = series_sheet(three, Wanted(("output[Prato]",)))
    (panel,) = panels_of(sheet)
    assert panel.y_label == "million su/Year"
    shown = {line.label: line.y for line in panel.lines}
    district = [str(x) for x in data.coords["district"].values].index("Prato")
    np.testing.assert_allclose(shown["Security tariffs from 2025"], values[1, :, district] / 1e6)
    sheet = differences_sheet(three, Wanted(("output[Prato]",)), percent=True)
    (panel,) = panels_of(sheet)
    change = 100 * (values[1, :, district] / values[0, :, district] - 1)
    shown = {line.label: line for line in panel.lines}
    line = shown["Security tariffs from 2025"]
    np.testing.assert_allclose(line.y, change[-len(line.y) :], atol=1e-9)
    # from a little before the first difference, which the axis shows
    first = np.flatnonzero(change)[0]
    assert 0 < len(change) - len(line.y) < first


def test_fans_are_paired_and_the_sign_is_counted(members: Path) -> None:
    data = read_netcdf(members)
    values = np.asarray(data.variables["home_share"].values)
    change = values[1] - values[0]
    sheet = fan_sheet(members, Wanted())
    for number, panel in enumerate(panels_of(sheet)):
        own = change[:, -1, number]
        assert [words for words, _ in panel.remarks] == [sign_words(own, 1e-6)]
        (line,) = panel.lines
        assert line.y[-1] == pytest.approx(np.median(own))
        wide, narrow = panel.bands
        assert (np.asarray(wide.low) <= narrow.low).all()
        assert (np.asarray(narrow.high) <= wide.high).all()
        assert wide.high[-1] == pytest.approx(np.quantile(own, 0.95))


def test_signs_are_said_as_they_are() -> None:
    assert sign_words(np.array([1.0, 2.0, -1.0, np.nan]), 1e-6) == "more in 2 of 3"
    less = "less in 2 of 5, no difference in 2"
    assert sign_words(np.array([-1.0, -2.0, 1.0, 0.0, 1e-9]), 1e-6) == less
    assert sign_words(np.array([0.0, 1e-9, -1e-9]), 1e-6) == "no difference in 3 of 3"


def test_a_percentage_of_nothing_is_said_and_not_drawn(core: Path) -> None:
    one, two = sd.open(core), sd.open(core)
    two["home_share"] = two["home_share"] + 1
    two["home_experience"] = two["home_experience"] + 1
    one["home_share"] = one["home_share"] * 0
    names = ("home share", "home experience")
    sheet = differences_sheet([one, two], Wanted(names), percent=True)
    assert [panel.title for panel in panels_of(sheet)] == ["home experience"]
    assert "No percentage where the baseline is 0: home share." in sheet.note
    with pytest.raises(ScenarioError, match="No percentage where the baseline is 0"):
        sd.plot_differences([one, two], "home share", percent=True)


def test_differences_of_rounding_are_none(members: Path) -> None:
    data = sd.open(members)
    base = data["home_share"].isel(scenario=0)
    data["home_share"] = data["home_share"] * 0 + base + 1e-10
    data["home_share"][{"scenario": 0}] = base
    words = [w for panel in panels_of(fan_sheet(data, Wanted())) for w, _ in panel.remarks]
    assert set(words) == {"no difference in 24 of 24"}


def test_one_member_is_drawn_as_a_run(members: Path) -> None:
    data = sd.open(members).isel(scenario=1, member=3)
    sheet = series_sheet(data, Wanted(("home share[Prato]",)))
    ((line,),) = [panel.lines for panel in panels_of(sheet)]
    np.testing.assert_array_equal(line.y, data["home_share"].sel(district="Prato").values)


PICKS = """
    site: here, there ~ ~ |
    stock[site] = INTEG(rate[site], 0) ~ m ~ |
    rate[here] = 1 ~ m/Year ~ |
    rate[there] = 3 ~ m/Year ~ |
    picked = 2 * stock[there] - stock[here] ~ m ~ |
    whole[site] = SUM(stock[site!]) + stock[site] ~ m ~ |
    crossed[here] = stock[there] ~ m ~ |
    crossed[there] = stock[here] ~ m ~ |
"""


def test_causes_are_those_labels_that_the_equation_reads(tmp_path: Path) -> None:
    blocks = [" ".join(block.split()) + " |" for block in PICKS.split("|")[:-1]]
    file = tmp_path / "picks.mdl"
    file.write_text(mdl("\n".join(blocks)), encoding="utf-8")
    run = sd.load(file).run()
    here, there = (run["stock"].sel(site=label).values for label in ("here", "there"))

    def rows(name: str) -> list[tuple[str, str, Any]]:
        (block,) = causes_sheet(run, name, Wanted()).blocks
        shown = [p for p in block.panels if isinstance(p, Panel)][block.columns :]
        return [(p.heading, p.title, p.lines[0].y) for p in shown]

    def same(found: Any, expected: list[tuple[str, str, Any]]) -> None:
        assert [part[:2] for part in found] == [part[:2] for part in expected]
        for (*_, values), (*_, true) in zip(found, expected, strict=True):
            np.testing.assert_allclose(values, true)

    same(
        rows("picked"),
        [("caused by stock, there", "", there), ("caused by stock, here", "", here)],
    )
    mean = (here + there) / 2
    same(
        rows("whole"),
        [
            ("caused by stock, mean over site", "", mean),
            ("", "", mean),
            ("caused by stock", "", here),
            ("", "", there),
        ],
    )
    same(rows("crossed"), [("caused by stock", "there", there), ("", "here", here)])


def test_districts_are_ranked_by_the_baseline(three: Path) -> None:
    sheet = ranking_sheet(three, "home share", Wanted(), time=2050)
    ((panel,),) = (block.panels for block in sheet.blocks)
    assert isinstance(panel, RowsPanel)
    marks = [next(m.at for m in row.marks if "baseline" in m.label) for row in panel.rows]
    assert marks == sorted(marks, reverse=True)
    assert len(panel.rows) == 10
    with pytest.raises(ScenarioError, match=r"2050\.5 is no saved time"):
        ranking_sheet(three, "home share", Wanted(), time=2050.5)


def test_regimes_stand_in_the_legend_in_the_order_of_the_rules(core: Path) -> None:
    rules = ["never: home share > 2", "low: home share < 0.8", "high: home share >= 0.8"]
    (legend,) = sd.plot_regimes(core, rules).figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["low", "high"]


def test_of_many_labels_the_twelve_that_differ_most_are_drawn(three: Path) -> None:
    sheet = series_sheet(three, Wanted(("capacity",)))
    assert len(panels_of(sheet)) == 12
    assert "the 12 of 90 that differ most between the scenarios" in sheet.note
    few = series_sheet(three, Wanted(("capacity",), labels=("Prato",)))
    assert all(panel.title.startswith("Prato") for panel in panels_of(few))


def test_a_note_names_the_run_unless_it_is_the_model_without_changes() -> None:
    model = sd.load("core")
    bare = model.run()
    named = model.run(model.scenario().named("core", title="Prices as it is"))
    assert series_sheet(bare, Wanted()).note == ""
    assert series_sheet(named, Wanted()).note == "Prices as it is."


def test_several_files_are_several_scenarios(core: Path, tariff: Path) -> None:
    sheet = series_sheet([core, tariff], Wanted(("home share",)))
    (panel,) = panels_of(sheet)
    assert isinstance(panel, Panel)
    labels = [line.label for line in panel.lines]
    assert len(set(labels)) == 2
    assert any("tariff" in label for label in labels)


def test_a_dataset_and_its_file_give_the_same_figure(core: Path, tmp_path: Path) -> None:
    data = sd.load("core").run()
    one = sd.plot_series(data).save(tmp_path / "a.svg").read_bytes()
    assert one == sd.plot_series(core).save(tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda d: sd.plot_series(d, "hom shar"), 'did you mean "home share"'),
        (lambda d: sd.plot_series(d, "output[Prado]"), 'has no label "Prado"'),
        (lambda d: sd.plot_series(d, "output", labels="Prado"), 'has no label "Prado"'),
        (lambda d: sd.plot_series(d, baseline="nothing"), 'no scenario called "nothing"'),
        (lambda d: sd.plot_series(d, scenarios="nothing"), 'no scenario "nothing"'),
        (lambda d: sd.plot_series(d, width=10), "60 to 1000 mm"),
        (lambda d: sd.plot_differences(d, scenarios=SCENARIOS[:1]), "one scenario"),
        (sd.plot_fan, "no ensemble"),
        (sd.plot_tornado, "no analysis of sensitivity"),
        (sd.plot_regimes, "no rules of regimes"),
        (lambda d: sd.plot_regimes(d, "high"), "is no rule"),
    ],
)
def test_a_wrong_request_says_what_to_do(three: Path, draw: Any, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        draw(three)


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="int is no kind of result"):
        sd.plot_series(3)  # type: ignore[arg-type]
    with pytest.raises(ExchangeError, match="no such file"):
        sd.plot_series(tmp_path / "no.nc")


# ---------------------------------------------------------------------- the command line


def test_the_command_draws_by_what_the_file_holds(
    three: Path, members: Path, pawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (three, members, pawn):
        answer = call(capsys, "plot", file, "-o", tmp_path)
        assert answer.code == 0, answer.err
        assert answer.out == f"wrote {tmp_path / file.stem}.svg and .png\n"
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{f.stem}{s}" for f in (three, members, pawn) for s in (".svg", ".png")}


def test_the_command_and_the_library_draw_the_same(
    three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.svg"
    given = ["--kind", "differences", "--name", "output[Prato],home share", "--percent"]
    assert call(capsys, "plot", three, *given, "--width", 180, "-o", file).code == 0
    picture = sd.plot_differences(three, ["output[Prato]", "home share"], percent=True, width=180)
    assert file.read_bytes() == picture.save(tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--at", 2000], "--at is of ranking, and this is series"),
        (["--at", 0], "--at is of ranking, and this is series"),
        (["--kind", "phase", "--name", "output"], "--name X,Y"),
        (["--kind", "causes"], "--name NAME"),
        (["-o", "picture.jpg/x.gif", "--kind", "ranking"], "needs one element"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    three: Path, capsys: pytest.CaptureFixture[str], words: list[Any], said: str
) -> None:
    answer = call(capsys, "plot", three, *words)
    assert answer.code == 2
    assert said in answer.err


def test_options_of_results_need_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    answer = call(capsys, "plot", "home_share", "--kind", "fan")
    assert answer.code == 2
    assert "name its file" in answer.err


def test_a_foreign_picture_is_kept(
    core: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.svg"
    mine.write_text("mine")
    answer = call(capsys, "plot", core, "-o", mine)
    assert answer.code == 3
    assert "--force" in answer.err
    assert mine.read_text() == "mine"
    assert call(capsys, "plot", core, "-o", mine, "--force").code == 0
    assert is_ours(mine)


# ---------------------------------------------------------------------- any model

ODD = {
    "many labels": """
        place: (place1-place150) ~ ~ |
        level[place] = INTEG(level[place] * rate[place], 1) ~ Person ~ |
        rate[place] = SIN(place) / 20 ~ 1/Year ~ |
    """,
    "money": """
        "US$ per $, a share of $" = INTEG(gain $, 5) ~ $/Year ~ |
        gain $ = 3 ~ $/(Year*Year) ~ |
    """,
    "huge": """
        large = INTEG(large * 40, 1e150) ~ kg ~ |
        tiny = INTEG(tiny * 0.1, 1e-30) ~ kg ~ |
        near = INTEG(0, 1e9) + Time / 1e6 ~ m ~ |
    """,
    "constant": """
        still = INTEG(0, 7) ~ m ~ |
        zero = INTEG(0, 0) ~ ~ |
        below = INTEG(-1, -3) ~ m ~ |
    """,
    "no numbers": """
        sound = INTEG(1, 0) ~ m ~ |
        broken = INTEG(0 / 0 * zero, 0) ~ m ~ |
        zero = 0 ~ m/Year ~ |
    """,
    "long names": """
        "a name of so many letters that nobody would write it into an equation of a model" =
            INTEG(1, 0) ~ Thousand Tons of Carbon Dioxide Equivalent per Capita and Year ~ |
        Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft =
            INTEG(2, 0) ~ Stück ~ |
        在庫 = INTEG(1, 0) ~ 個 ~ |
    """,
}


@pytest.fixture(scope="module", params=ODD)
def odd(request: pytest.FixtureRequest, folder: Path) -> Any:
    blocks = [" ".join(block.split()) + " |" for block in ODD[request.param].split("|")[:-1]]
    file = folder / f"{request.param}.mdl"
    file.write_text(mdl("\n".join(blocks)), encoding="utf-8")
    return sd.load(file).run()


def stocks_of(data: Any) -> list[str]:
    return [a.attrs["vensim_name"] for a in data.values() if a.attrs.get("kind") == "stock"]


@pytest.mark.filterwarnings("ignore:Glyph")
def test_any_model_gives_sound_pictures(odd: Any) -> None:
    stocks = stocks_of(odd)
    pictures = [
        sd.plot_series(odd, width=90),
        sd.plot_causes(odd, stocks[0], width=90),
        sd.plot_phase(odd, stocks[-1], stocks[0]),
        sd.plot_differences([odd, odd]),
    ]
    for picture in pictures:
        assert not faults(picture.figure), picture


def test_one_time_is_drawn_as_marks(three: Path) -> None:
    import xarray as xr

    with xr.open_dataset(three) as data:
        last = data.isel(time=[-1]).load()
    assert not faults(sd.plot_series(last, "home share").figure)
    assert not faults(sd.plot_ranking(last, "home share").figure)
    assert not faults(sd.plot_phase(last, "home share", "completeness").figure)


def test_members_of_two_files_are_paired_only_where_they_have_the_same_draws(
    made: Callable[..., Path], members: Path
) -> None:
    words = ["--members", 24, "--save", "home share", "--times", "1980,2020,2025,2030,2040,2060"]
    one = made("one.nc", "ensemble", SCENARIOS[0], *words)
    two = made("two.nc", "ensemble", SCENARIOS[1], *words)
    other = made("other.nc", "ensemble", SCENARIOS[1], *words, "--seed", 1)
    in_one = panels_of(fan_sheet(members, Wanted()))
    in_two = panels_of(fan_sheet([one, two], Wanted()))
    assert [panel.remarks for panel in in_one] == [panel.remarks for panel in in_two]
    with pytest.raises(ScenarioError, match="other draws"):
        fan_sheet([one, other], Wanted())


def test_cells_are_parted_along_their_sides() -> None:
    from simdistrict.plot.cells import edges_of

    kinds = np.array([[0, 1], [0, 0]])
    found = edges_of(kinds, np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]))
    assert found == [((1, 0), (1, 1)), ((1, 1), (2, 1))]
