"""The committed figures are there, and those of committed tables show what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.plot import Figure, Ranges
from simdistrict.tables import Study
from simdistrict.tables.compare import number, rows_of
from simdistrict.tables.shown import describe
from tests.study import definition, module

ONE, CLASSES = module("least_policy").ONE, module("regime_figures").CLASSES
ENDS = module("regimes").ENDS
FIGURES, style_of = definition().file.figures, definition().palette.of
ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results" / "district"


@pytest.fixture(scope="module")
def study() -> Study:
    return Study("district")


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_committed_in_both_kinds(name: str) -> None:
    for suffix in ("svg", "png"):
        assert (ROOT / "docs" / "images" / f"{name}.{suffix}").is_file(), "run `make results`"


def test_a_bar_is_the_row_of_its_table(study: Study) -> None:
    figure = describe("policy_jobs", study, RESULTS)
    assert isinstance(figure, Ranges)
    assert len(figure.panels) == 10
    (row,) = (
        row
        for row in rows_of(RESULTS, "policies")
        if row["scenario"] == "district_renaissance"
        and (row["district"], row["indicator"], row["year"]) == ("Prato", "jobs, all", "2060")
    )
    (bar,) = (bar for bar in figure.panels[0].rows if bar.label == "district renaissance")
    assert bar.middle == number(row["change median"])
    assert (bar.low, bar.high) == (number(row["change 5%"]), number(row["change 95%"]))
    assert bar.style == style_of("district_renaissance")


def test_bands_lie_in_each_other(study: Study) -> None:
    figure = describe("fan_home", study, RESULTS)
    assert isinstance(figure, Figure)
    for panel in figure.panels:
        wide, narrow = panel.bands
        for low, inner, outer, high in zip(
            wide.low, narrow.low, narrow.high, wide.high, strict=True
        ):
            assert low <= inner <= outer <= high


def test_claims_that_fail_are_marked_and_none_is_left_out(study: Study) -> None:
    figure = describe("claims", study, RESULTS)
    assert isinstance(figure, Ranges)
    whole = [r for r in rows_of(RESULTS, "claims_prior") if r["what"] == "all of its numbers"]
    bars = [bar for panel in figure.panels for bar in panel.rows]
    assert sorted(bar.label for bar in bars) == sorted(row["claim"] for row in whole)
    failing = {row["claim"] for row in whole if row["calibrated"] == "FAILS"}
    assert {bar.label for bar in bars if bar.style.marker == "X"} == failing


def test_classes_and_shares_of_variance_are_those_of_their_tables(study: Study) -> None:
    figure = describe("worlds", study, RESULTS)
    assert isinstance(figure, Ranges)
    for panel in figure.panels:
        assert [bar.label for bar in panel.rows] == list(CLASSES)
        assert sum(bar.middle for bar in panel.rows) == pytest.approx(1.0, abs=0.01)
    figure = describe("technology", study, RESULTS)
    assert isinstance(figure, Ranges)
    bars = [bar for panel in figure.panels for bar in panel.rows]
    told = [number(row["first"]) for row in rows_of(RESULTS, "technology") if row["first"]]
    assert [bar.middle for bar in bars] == told


def test_every_series_that_is_no_rank_is_in_the_picture_of_the_fit(study: Study) -> None:
    figure = describe("calibration", study, RESULTS)
    assert isinstance(figure, Ranges)
    series = {row["series"] for row in rows_of(RESULTS, "calibration")}
    for panel in figure.panels:
        names = {bar.label for bar in panel.rows}
        assert names == {name for name in series if not name.startswith("rank: ")}
        assert all(not bar.middle > 0.5 for bar in panel.rows), "beyond the axis"


@pytest.mark.slow
def test_worlds_end_in_the_picture_where_they_end_in_the_table(study: Study) -> None:
    figure = describe("branches_renaissance", study, RESULTS)
    assert isinstance(figure, Figure)
    drawn = [round(float(x), 3) for panel in figure.panels for p in panel.points for x in p.x]
    rows = [
        row for row in rows_of(RESULTS, "regimes") if row["along"] == "share of the renaissance"
    ]
    assert drawn == [number(row["at"]) for row in rows if row["note"] == ENDS]
    assert len(drawn) > 1


def test_a_district_with_one_world_is_said_to_have_one_by_both_tables() -> None:
    stable: dict[str, int] = {}
    for row in rows_of(RESULTS, "regimes"):
        if row["what"] == "world":
            stable[row["district"]] = int(row["stable worlds"])
    assert len(stable) == 10
    for row in rows_of(RESULTS, "least_policy"):
        if not row["begins in"].endswith("by runs"):
            assert (row["verdict"] == ONE) == (stable[row["district"]] == 1)
