"""The committed figures are there, and those of committed tables show what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.plot import Figure, Ranges
from simdistrict.tables import Study
from simdistrict.tables.committed import number, rows_of
from simdistrict.tables.figures import FIGURES, describe
from simdistrict.tables.palette import style_of

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
