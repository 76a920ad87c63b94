"""The committed figures are there, and those of committed tables show what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.plot import Panel, Row, RowsPanel, Sheet, painted
from simdistrict.tables import Study
from simdistrict.tables.compare import number, rows_of
from simdistrict.tables.shown import describe
from tests.pictures import faults
from tests.study import definition, module

pytestmark = pytest.mark.one_python

ONE = module("least_policy").ONE
ENDS = module("regimes").ENDS
short = module("common").short
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


def panels_of(name: str, study: Study) -> list[Panel | RowsPanel]:
    figure = describe(name, study, RESULTS)
    assert isinstance(figure, Sheet)
    return [panel for block in figure.blocks for panel in block.panels]


def rows_in(panel: Panel | RowsPanel) -> dict[str, Row]:
    assert isinstance(panel, RowsPanel)
    return {row.label: row for row in panel.rows}


# equilibria take minutes
SLOW = [n for n in FIGURES if n.startswith("branches_") or n == "lasting_output"]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in FIGURES]
)
def test_nothing_in_a_figure_overlaps_or_is_cut(study: Study, name: str) -> None:
    drawn = painted(describe(name, study, RESULTS))
    assert [str(fault) for fault in faults(drawn)] == []
    assert drawn.get_size_inches()[0] <= (11 if name == "model_map" else 7.1)


def test_a_bar_is_the_row_of_its_table(study: Study) -> None:
    panels = panels_of("policy_jobs", study)
    assert len(panels) == 10
    (row,) = (
        row
        for row in rows_of(RESULTS, "policies_posterior")
        if row["scenario"] == "carbon_social_tariffs"
        and (row["district"], row["indicator"], row["year"]) == ("Brenta", "jobs, all", "2060")
    )
    shown = rows_in(panels[1])["carbon and social charges"]
    (bar,), (mark,) = shown.bars, shown.marks
    assert mark.at == number(row["posterior change median"])
    assert (bar.low, bar.high) == tuple(number(row[f"posterior change {q}"]) for q in ("5%", "95%"))
    assert bar.style.colour == style_of("carbon_social_tariffs").colour


def test_bands_lie_in_each_other(study: Study) -> None:
    for panel in panels_of("fan_home", study):
        assert isinstance(panel, Panel)
        wide, narrow = panel.bands
        for low, inner, outer, high in zip(
            wide.low, narrow.low, narrow.high, wide.high, strict=True
        ):
            assert low <= inner <= outer <= high


def test_claims_are_words_and_none_is_left_out(study: Study) -> None:
    (panel,) = panels_of("claims", study)
    rows = rows_in(panel)
    whole = [r for r in rows_of(RESULTS, "claims_posterior") if r["what"] == "all of its numbers"]
    codes = {label.rpartition(" ")[2].strip("()"): row for label, row in rows.items()}
    assert sorted(codes) == sorted(row["claim"] for row in whole)
    assert all(len(label.split()) > 3 for label in rows)
    failing = {row["claim"] for row in whole if row["calibrated"] == "FAILS"}
    assert {code for code, row in codes.items() if row.marks[-1].style.marker == "X"} == failing
    for row in whole:
        before, given = (mark.at for mark in codes[row["claim"]].marks)
        assert before == number(row["prior, share"])
        assert given == pytest.approx(number(row["posterior, share"]), abs=0.001)


def test_stacked_bars_fill_the_whole(study: Study) -> None:
    for name, parts in (("survival", 2), ("worlds", 3)):
        given, before = map(rows_in, panels_of(name, study))
        assert list(given) == list(before)
        for row in (*given.values(), *before.values()):
            assert len(row.bars) == parts
            assert row.bars[0].low == 0
            assert row.bars[-1].high == pytest.approx(100, abs=0.2)
            for one, after in zip(row.bars, row.bars[1:], strict=False):
                assert one.high == after.low
        told = {r["district"]: r for r in rows_of(RESULTS, "survival_posterior")}
        for over, rows in (("posterior", given), ("prior", before)):
            for district, row in told.items():
                share = number(row[f"{over}, share"])
                assert rows[short(district)].bars[0].high == pytest.approx(100 * share), district


def test_shares_of_variance_are_those_of_their_table(study: Study) -> None:
    shown = [
        mark.at
        for panel in panels_of("technology", study)
        for row in rows_in(panel).values()
        for mark in row.marks
    ]
    told = [number(row["first"]) for row in rows_of(RESULTS, "technology") if row["first"]]
    assert sorted(shown) == sorted(told)


def test_every_series_that_is_no_rank_is_in_the_picture_of_the_fit(study: Study) -> None:
    series = {row["series"] for row in rows_of(RESULTS, "calibration")}
    for panel in panels_of("calibration", study):
        rows = rows_in(panel)
        assert set(rows) == {name for name in series if not name.startswith("rank: ")}
        marks = [mark.at for row in rows.values() for mark in row.marks]
        assert max(marks) < 0.52, "beyond the axis"


def test_figures_of_jobs_say_whom_they_count(study: Study) -> None:
    labels = {}
    for name in ("fan_jobs", "policy_jobs", "jobs_record"):
        figure = describe(name, study, RESULTS)
        assert isinstance(figure, Sheet)
        (block,) = figure.blocks
        labels[name] = f"{block.y_label} {block.x_label}"
    assert "low-cost entrants included" in labels["fan_jobs"]
    assert "low-cost entrants included" in labels["policy_jobs"]
    assert "jobs with incumbents" in labels["jobs_record"]


@pytest.mark.slow
def test_worlds_end_in_the_picture_where_they_end_in_the_table(study: Study) -> None:
    panels = [p for p in panels_of("branches_renaissance", study) if isinstance(p, Panel)]
    drawn = [round(float(x), 3) for panel in panels for p in panel.points for x in p.x]
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


@pytest.mark.parametrize("name", ["fan_home_posterior", "fan_jobs_posterior"])
def test_a_fan_given_the_record_lies_on_that_of_the_prior(name: str, tmp_path: Path) -> None:
    levels = ("5%", "25%", "50%", "75%", "95%")
    heads = ["scenario", "district", "indicator", "year"]
    heads += [f"{over} {q}" for over in ("prior", "posterior") for q in levels]
    lines = ["# simdistrict tables fans_posterior: a test", ",".join(heads)]
    for row in rows_of(RESULTS, "fans"):
        middle = number(row["50%"])
        inner = [middle + (number(row[q]) - middle) / 3 for q in levels]
        cells = [row[key] for key in heads[:4]]
        cells[2] = f'"{cells[2]}"'
        lines.append(",".join([*cells, *(row[q] for q in levels), *map(str, inner)]))
    (tmp_path / "fans_posterior.csv").write_text("\n".join(lines) + "\n")
    figure = getattr(module("ensemble_figures"), name)(tmp_path)
    panels = [panel for block in figure.blocks for panel in block.panels]
    assert len(panels) == 10
    for panel in panels:
        outer, inner_band = panel.bands
        assert (outer.low <= inner_band.low).all()
        assert (inner_band.high <= outer.high).all()
    assert [str(fault) for fault in faults(painted(figure))] == []
