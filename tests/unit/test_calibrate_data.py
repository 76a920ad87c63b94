"""Data files: what is read, and every flaw with its line and the nearest names."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from simdistrict.base.errors import ExchangeError, ScenarioError
from simdistrict.calibration.data import (
    ErrorModel,
    Estimated,
    Observations,
    data_from_text,
    read_data,
)
from tests.small import small

MODEL = small("""
region: north, south ~ ~ |
side: left, right ~ ~ |
rate = 0.1
stock[region] = INTEG(rate * stock[region], 1)
both[region,side] = stock[region] * 2
table((0,0),(1,1))
""")
HEAD = "series,element,relative_to,year,value,weight,scale,group,source,confidence\n"


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(ScenarioError) as caught:
        data_from_text(text, MODEL, "d.csv")
    assert caught.value.exit_code == 3
    return [(p.where, f"{p.what} {p.hint}") for p in caught.value.problems]


def test_rows_become_series_in_order_of_the_years() -> None:
    data = data_from_text(
        HEAD
        + "a,STOCK[South],2,5,1.5,0.5,10%,g,A book,high\n"
        + "a,stock[south],2,4,1.4,,0.2,g,,\n"
        + 'b,"both[north,right]",,1,2,,,,,\n',
        MODEL,
    )
    a, b = data.series
    assert (a.name, a.element, a.key, a.place) == ("a", "stock[south]", "stock", 1)
    assert (a.relative_to, a.group) == (2, "g")
    assert [(r.year, r.value, r.weight, r.scale) for r in a.rows] == [
        (4, 1.4, 1, 0.2),
        (5, 1.5, 0.5, pytest.approx(0.15)),
    ]
    assert (a.rows[1].source, a.rows[1].confidence, a.rows[1].line) == ("A book", "high", 2)
    assert (b.element, b.place, b.relative_to) == ("both[north,right]", 1, None)


def test_only_four_columns_are_needed_and_their_order_is_free() -> None:
    data = data_from_text("year,value,element,series\n1,2,stock[north],a\n", MODEL)
    assert [(r.year, r.value, r.weight, r.scale) for r in data.series[0].rows] == [(1, 2, 1, None)]


def test_a_quoted_cell_over_two_lines_keeps_the_count_of_lines() -> None:
    found = problems(
        'series,element,year,value,source\na,stock[north],1,2,"two\nlines"\na,stok[north],2,2,x\n'
    )
    assert [where for where, _ in found] == ["d.csv:4"]


def test_all_flaws_are_reported_at_once_with_line_and_neighbours() -> None:
    found = problems(
        HEAD
        + "a,stok[north],,1,1,,,,,\n"
        + "b,stock[nort],,1,1,,,,,\n"
        + "c,stock,,1,1,,,,,\n"
        + "d,stock[north],,x,y,,,,,\n"
        + "e,stock[north],,1,1,-2,-5%,,,\n"
        + "f,stock[north],1,1,1,,,,,\n"
        + "g,stock[north],,1,1,,,,,\n"
        + "g,stock[south],,2,1,,,,,\n"
        + "g,stock[north],,1,3,,,,,\n"
        + "h,both[north,left],,1,1,,,,,\n"
        + "i,table,,1,1,,,,,\n"
        + ",stock[north],,1,1,,,,,\n"
    )
    said = {where: [what for w, what in found if w == where] for where, _ in found}
    assert 'did you mean "stock"' in said["d.csv:2"][0]
    assert 'did you mean "north"' in said["d.csv:3"][0]
    assert "stock[north]" in said["d.csv:4"][0]
    assert [what.split(":")[0] for what in said["d.csv:5"]] == ["year", "value"]
    assert "weight -2" in said["d.csv:6"][0]
    assert "not positive" in said["d.csv:6"][1]
    assert "leave the row out" in said["d.csv:7"][0]
    assert "line 8" in said["d.csv:9"][0]
    assert "line 8 too" in said["d.csv:10"][0]
    assert "quotes" in said["d.csv:11"][0]
    assert "lookup" in said["d.csv:12"][0]
    assert "no name" in said["d.csv:13"][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'the column "series" is missing'),
        ("series,element,year\n", 'the column "value" is missing'),
        (HEAD.replace("weight", "wieght"), 'did you mean "weight"'),
        ("series,element,year,value,year\n", 'the column "year" is there twice'),
        ("series,element,year,value\n", "has no rows"),
        ('series,element,year,value\n"a,stock[north],1,2\n', "not CSV"),
    ],
)
def test_what_is_no_data_file(text: str, said: str) -> None:
    assert any(said in what for _, what in problems(text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="there is no such file"):
        read_data(tmp_path / "none.csv", MODEL)
    with pytest.raises(ExchangeError, match="folder"):
        read_data(tmp_path, MODEL)
    (tmp_path / "latin.csv").write_bytes("séries".encode("latin-1"))
    with pytest.raises(ScenarioError, match="séries"):
        read_data(tmp_path / "latin.csv", MODEL)


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    text = HEAD + "a,stock[north],,1,1.5,,,,,\n"
    (tmp_path / "d.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    data = read_data(tmp_path / "d.csv", MODEL)
    assert isinstance(data, Observations)
    assert data.series[0].rows[0].value == 1.5
    assert data.name == "d.csv"


ERRORS = (
    "series,element,year,value,relative_to,scale,error,correlation,discrepancy,base_error,mean_over"
)


def errors(row: str) -> list[str]:
    return [what for _, what in problems(f"{ERRORS}\n{row}\n")]


def test_the_error_model_of_a_series() -> None:
    rows = [
        "a,stock[north],2,1.5,1,?,student(4),?,?0.1,5%,1",
        "b,stock[north],2,1.5,,0.2,,,,,",
        "c,stock[north],2,1.5,,10%,lognormal,0.5,0.2,,",
        "d,stock[north],2,?,,,,,,,".replace("?", "-1..3"),
        "e,stock[north],2,1.5,,?0.05,,,,,",
    ]
    a, b, c, d, e = data_from_text("\n".join([ERRORS, *rows]), MODEL).series
    assert a.error == ErrorModel("student", 4.0, Estimated(), Estimated(), Estimated(0.1), 5.0, 1.0)
    assert (b.error, b.rows[0].scale) == (ErrorModel(), 0.2)
    # of the logarithm, so that percent are a share
    assert (c.error, c.rows[0].scale) == (
        ErrorModel("lognormal", correlation=0.5, discrepancy=0.2),
        pytest.approx(0.1),
    )
    assert (d.rows[0].value, d.rows[0].band) == (1.0, (-1.0, 3.0))
    assert (e.error.scale, e.rows[0].scale) == (Estimated(0.05), None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,stock[north],2,1,,1,studnet(4),,,,", 'did you mean "student"'),
        ("a,stock[north],2,1,,1,student,,,,", "degrees of freedom"),
        ("a,stock[north],2,1,,1,student(0),,,,", "degrees of freedom"),
        ("a,stock[north],2,1,,1,normal(3),,,,", "there is no error model"),
        ("a,stock[north],2,0,,1,lognormal,,,,", "is not positive"),
        ("a,stock[north],2,0..1,,1,lognormal,,,,", "is not positive"),
        ("a,stock[north],2,3..1,,1,,,,,", "encloses nothing"),
        ("a,stock[north],2,3..,,1,,,,,", "a number is missing"),
        ("a,stock[north],2,1,,?x,,,,,", "for a prior of that size"),
        ("a,stock[north],2,1,,1,,1,,,", "from 0 to below 1"),
        ("a,stock[north],2,1,,1,,?0.5,,,", "uniform from 0 to 0.95"),
        ("a,stock[north],2,1,,1,,,-1,,", "of 0 or more"),
        ("a,stock[north],2,1,1,1,,,,5,", "with the sign"),
        ("a,stock[north],2,1,,1,,,,5%,", "relative to no year"),
        ("a,stock[north],2,1,,1,,,,,-1", "of 0 or more"),
    ],
)
def test_an_error_model_that_is_none(row: str, said: str) -> None:
    assert any(said in what for what in errors(row)), errors(row)


def test_the_rows_of_a_series_have_one_error_model() -> None:
    found = errors("a,stock[north],2,1,,?,,,,,1\na,stock[north],3,1,,0.1,student(4),,,,")
    heads = {what.split(" of ")[0] for what in found}
    assert heads == {"scale", "error", "mean_over"}
    assert any("is no ? here and ? in line 2" in what for what in found)


def test_a_model_inside_a_band_has_no_distance_and_lognormal_errors_are_ratios() -> None:
    from simdistrict.calibration import assess

    def payoff(value: str, error: str) -> float:
        row = f"a,stock[north],1,{value},,0.5,{error},,,,"
        return assess(MODEL, data_from_text(f"{ERRORS}\n{row}\n", MODEL)).payoff

    assert payoff("1..2", "") == 0
    assert payoff("0..1", "") == pytest.approx((0.1 / 0.5) ** 2)
    assert payoff("1.2..2", "") == pytest.approx((0.1 / 0.5) ** 2)
    assert payoff("2.2", "lognormal") == pytest.approx((math.log(2) / 0.5) ** 2)
    assert payoff("2.2..3", "lognormal") == pytest.approx((math.log(2) / 0.5) ** 2)


UNITS = small("""
jobs = INTEG(hired, 1000) ~ jobs ~ A stock. |
hired = 0 ~ jobs/Year ~ A flow. |
bare = 1 ~ ~ No unit. |
""")
UNIT_HEAD = "series,element,year,value,unit,relative_to\n"


@pytest.mark.parametrize(
    "row",
    [
        "a,jobs,1,2,Jobs,",
        "a,hired,1,2,jobs/Years,",
        "a,jobs,1,2,,",
        "a,bare,1,2,Person,",
        "a,jobs,1,1.1,Dmnl,0",
    ],
)
def test_the_unit_of_the_data_is_that_of_the_model(row: str) -> None:
    assert data_from_text(UNIT_HEAD + row + "\n", UNITS).series


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,jobs,1,2,thousand jobs,", 'in "thousand jobs", and "jobs" is in "jobs"'),
        ("a,hired,1,2,jobs,", 'is in "jobs/Year"'),
        ("a,jobs,1,2,jobs/,", "unit: "),
        ("a,jobs,1,2,jobs,0", "a ratio to a year has no unit"),
    ],
)
def test_data_in_another_unit(row: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        data_from_text(UNIT_HEAD + row + "\n", UNITS)
    assert said in str(caught.value), caught.value


def test_data_of_another_order_of_magnitude_draw_a_warning() -> None:
    from simdistrict.calibration import assess
    from simdistrict.calibration.report import doubts

    def said(value: float) -> list[str]:
        rows = "".join(f"a,jobs,{k},{value},,\n" for k in (1, 2, 3))
        return doubts(assess(UNITS, data_from_text(UNIT_HEAD + rows, UNITS)))

    assert said(500) == []
    assert "about 1e+03 times the data" in said(1)[0]
    assert "about 1/1e+03 of the data" in said(1e6)[0]


def test_missing_values_are_left_out_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    rows = "a,jobs,1,,,\na,jobs,2,NA,,\na,jobs,3,5,,\nb,jobs,4,:NA:,,\nb,jobs,5,1,,\n"
    with caplog.at_level("WARNING"):
        data = data_from_text(UNIT_HEAD + rows, UNITS)
    assert [(s.name, [r.year for r in s.rows]) for s in data.series] == [("a", [3]), ("b", [5])]
    assert caplog.messages == [
        'data | 2 of the 3 values of "a" are missing and left out',
        'data | 1 of the 2 values of "b" are missing and left out',
    ]


def test_a_series_at_times_of_another_calendar_is_one_problem() -> None:
    from simdistrict.calibration import assess

    rows = "".join(f"a,jobs,{k},1,,\n" for k in (1990, 1991, 1992))
    with pytest.raises(ScenarioError) as caught:
        assess(UNITS, data_from_text(UNIT_HEAD + rows, UNITS, "d.csv"))
    (problem,) = caught.value.problems
    assert problem.where == "d.csv:2"
    assert "1990 to 1992, are outside the run, 0 to 10" in problem.what
