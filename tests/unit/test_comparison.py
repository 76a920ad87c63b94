"""Two results part where they really do, and are the same only when they are."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from click.testing import Result as Answer
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.base.errors import ExchangeError
from simdistrict.cli.compare import command
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.vensim.series import ElementSeries, SeriesFile, element_key
from simdistrict.result.comparison import Difference, compare, match_times, model_order
from simdistrict.result.dataset import Result, Run, Variable, build_result, text
from simdistrict.result.netcdf import write_netcdf
from simdistrict.result.series_file import load, series_of

TIME = (0.0, 1.0, 2.0)


def series(
    values: Mapping[str, Sequence[float] | float], time: Sequence[float] = TIME, where: str = "a"
) -> SeriesFile:
    axis = np.array(time, float)
    records = {}
    for name, given_values in values.items():
        key, element = element_key(name)
        constant = isinstance(given_values, int | float)
        numbers = np.atleast_1d(np.array(given_values, float))
        own = axis[:1] if constant else axis
        records[key] = ElementSeries(name, element, own, numbers, constant)
    return SeriesFile(where, records)


A = {"Stock": [1, 2, 3], "Flow[x]": [10, 20, 30], "c": 5.0}


# ------------------------------------------------------------------------------- numbers


def test_a_result_is_the_same_as_itself() -> None:
    found = compare(series(A), series(A), rtol=0, atol=0)
    assert found.same
    assert found.largest is None
    assert (found.elements, found.points, found.times) == (3, 7, 3)
    assert (found.differing_elements, found.differing_points) == (0, 0)
    assert found.complete


def test_the_first_and_the_largest_difference() -> None:
    other = {"Stock": [1, 2.1, 3], "Flow[x]": [10, 20, 60], "c": 5.0}
    found = compare(series(A), series(other), rtol=1e-6, atol=0)
    assert found.first == Difference("Stock", 1, 2, 2.1)
    assert found.largest is not None
    assert found.largest.worst == Difference("Flow[x]", 2, 30, 60)
    assert (found.differing_elements, found.differing_points) == (2, 2)
    assert found.together == ("Stock",)


def test_the_largest_difference_is_measured_against_its_element() -> None:
    a, b = (
        {"people": [1e9, 1e9], "share": [0.5, 0.5]},
        {"people": [1e9, 1e9 + 1], "share": [0.5, 0.6]},
    )
    found = compare(series(a, (0, 1)), series(b, (0, 1)), rtol=0, atol=0)
    assert found.largest is not None
    assert found.largest.title == "share"


def test_the_order_decides_among_elements_that_differ_together() -> None:
    a, b = {"z": [1, 1], "y[q]": [1, 1], "x": [1, 1]}, {"z": [1, 2], "y[q]": [1, 2], "x": [1, 2]}
    both = series(a, (0, 1)), series(b, (0, 1))
    assert compare(*both, rtol=0, atol=0).together == ("z", "y[q]", "x")
    found = compare(*both, rtol=0, atol=0, order=["x", "y"])
    assert found.together == ("x", "y[q]", "z")
    assert found.first == Difference("x", 1, 1, 2)


def test_an_earlier_difference_wins_over_one_upstream() -> None:
    a, b = {"x": [1, 1], "y": [1, 1]}, {"x": [1, 2], "y": [2, 1]}
    found = compare(series(a, (0, 1)), series(b, (0, 1)), rtol=0, atol=0, order=["x", "y"])
    assert found.first == Difference("y", 0, 1, 2)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (1.0, 1.0 + 1e-7, True),
        (1.0, 1.0 + 1e-5, False),
        (0.0, 1e-10, True),
        (0.0, 1e-8, False),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
        (math.inf, 1e300, False),
        (-0.0, 0.0, True),
        (1e308, -1e308, False),
    ],
)
def test_when_two_values_are_the_same(a: float, b: float, same: bool) -> None:
    left, right = series({"x": [a]}, (0,)), series({"x": [b]}, (0,))
    assert compare(left, right, rtol=1e-6, atol=1e-9).same is same
    assert compare(right, left, rtol=1e-6, atol=1e-9).same is same


def test_a_number_against_none_is_the_largest_difference() -> None:
    found = compare(
        series({"x": [1, 2, 3], "y": [1, 2, 3]}),
        series({"x": [1, 2, math.nan], "y": [1, 2, 9e9]}),
        rtol=0,
        atol=0,
    )
    assert found.largest is not None
    assert found.largest.title == "x"


def test_a_constant_holds_at_all_times_of_the_other_file() -> None:
    assert compare(series({"c": 5.0}), series({"c": [5, 5, 5]}), rtol=0, atol=0).points == 3
    found = compare(series({"c": [5, 5, 6]}), series({"c": 5.0}), rtol=0, atol=0)
    assert found.first == Difference("c", 2, 6, 5)
    found = compare(series({"c": 5.0}), series({"c": 6.0}), rtol=0, atol=0)
    assert found.first == Difference("c", 0, 5, 6)


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=6),
    st.integers(0, 5),
    st.floats(1e-3, 1e3),
)
def test_one_moved_value_is_found_where_it_is(values: list[float], place: int, by: float) -> None:
    place %= len(values)
    moved = list(values)
    moved[place] = (values[place] if math.isfinite(values[place]) else 0.0) * 2 + by
    time = range(len(values))
    found = compare(series({"x": values}, time), series({"x": moved}, time), rtol=1e-9, atol=1e-9)
    if moved[place] == values[place]:
        assert found.same
        return
    assert found.first is not None
    assert found.first.time == place
    assert found.differing_points == 1
    assert found.largest is not None
    assert found.largest.worst == found.first or math.isnan(found.first.a)


# ------------------------------------------------------------------------------- times, names


def test_other_times_are_compared_where_they_coincide() -> None:
    fine = series({"x": [0, 5, 10, 15, 20]}, (0, 0.5, 1, 1.5, 2))
    found = compare(fine, series({"x": [0, 10, 21]}), rtol=0, atol=0)
    assert (found.times, found.axis_a.count, found.axis_b.count) == (3, 5, 3)
    assert (found.left_a.values, found.left_b.values) == (2, 0)
    assert found.first == Difference("x", 2, 20, 21)


def test_times_of_six_digits_are_recognised() -> None:
    exact = 1990 + np.arange(9) / 8
    six = np.array([float(f"{t:.6g}") for t in exact])
    assert not np.array_equal(exact, six), "the test is about rounded times"
    i, j = match_times(exact, six)
    assert i.tolist() == j.tolist() == list(range(9))


def test_close_times_of_a_fine_grid_are_not_confused() -> None:
    a = 2000 + np.arange(5) / 1000
    i, j = match_times(a, a + 0.0005)
    assert len(i) == len(j) == 0
    i, j = match_times(a[::2], a)
    assert j.tolist() == [0, 2, 4]


@given(st.lists(st.integers(0, 50), unique=True), st.lists(st.integers(0, 50), unique=True))
def test_common_times_are_the_intersection(a: list[int], b: list[int]) -> None:
    left, right = np.array(sorted(a), float), np.array(sorted(b), float)
    i, j = match_times(left, right)
    assert left[i].tolist() == right[j].tolist() == sorted(set(a) & set(b))


def test_nothing_in_common_is_an_error() -> None:
    with pytest.raises(ExchangeError, match="no element in common") as caught:
        compare(series({"x": [1]}, (0,)), series({"y": [1]}, (0,), "b"), rtol=0, atol=0)
    assert '"x"' in str(caught.value)
    with pytest.raises(ExchangeError, match="no time in common") as caught:
        compare(series({"x": [1]}, (0,)), series({"x": [1]}, (9,), "b"), rtol=0, atol=0)
    assert "from 9 to 9" in str(caught.value)


def test_names_in_one_file_only_are_listed() -> None:
    found = compare(series({"x": 1.0, "Y": 2.0}), series({"X": 1.0, "z": 2.0}), rtol=0, atol=0)
    assert (found.agrees, found.complete, found.same) == (True, False, False)
    assert (found.left_a.elements, found.left_b.elements) == (("Y",), ("z",))


# ------------------------------------------------------------------------------- files

MDL = """{UTF-8}
downstream = upstream * 2
	~	Dmnl
	~	 |
upstream = stock * rate
	~	Dmnl
	~	 |
stock = INTEG(upstream, 1)
	~	Dmnl
	~	 |
rate = 0.1
	~	1/Year
	~	 |
INITIAL TIME = 0
	~	Year
	~	 |
FINAL TIME = 2
	~	Year
	~	 |
TIME STEP = 1
	~	Year
	~	 |
SAVEPER = 1
	~	Year
	~	 |
"""


def run(name: str = "base", *, rate: float = 0.1) -> Run:
    stock = np.array([1.0, 1 + rate, (1 + rate) ** 2])
    values = {
        "stock": stock,
        "upstream": stock * rate,
        "downstream": stock * rate * 2,
        "rate": np.array([0.1, rate, rate]),
    }
    values["upstream"][0], values["downstream"][0] = 0.1, 0.2
    return Run(name, "", np.array(TIME), values, Ending(Outcome.completed, 2.0))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def write_file(name: str, *runs: Run, model_text: str = MDL) -> str:
        readable = model_text.startswith("{UTF-8}")
        model = read_mdl_text(model_text if readable else MDL, "m")
        provenance = {"simdistrict_version": "1", "model_text": model_text}
        write_netcdf(build_result(model, runs, provenance), tmp_path / name)
        return str(tmp_path / name)

    return write_file


def answer(*args: str, code: int) -> Answer:
    given_answer = CliRunner().invoke(command, list(args))
    assert given_answer.exit_code == code, given_answer.output
    return given_answer


def test_the_order_comes_from_the_model_text() -> None:
    order = model_order({"model_text": MDL})
    assert order is not None
    assert order.index("rate") < order.index("upstream") < order.index("downstream")
    assert order.index("rate") < order.index("stock") < order.index("upstream")
    assert model_order({}) is None
    assert model_order({"model_text": "no model at all"}) is None


def test_the_command_names_the_element_upstream(write: Callable[..., str]) -> None:
    a, b = write("a.nc", run()), write("b.nc", run(rate=0.2))
    said = answer(a, b, code=5).output
    assert 'first difference: "rate" at time 1: 0.1 against 0.2' in said.splitlines()[0]
    assert '"downstream"' in said
    assert "largest relative difference:" in said


def test_brackets_that_belong_to_a_name_do_not_hide_the_cause(
    write: Callable[..., str],
) -> None:
    text = MDL.replace("rate", '"rate [c]"')

    def renamed(rate: float) -> Run:
        found = run(rate=rate)
        values = {("rate [c]" if n == "rate" else n): v for n, v in found.values.items()}
        return replace(found, values=values)

    a, b = (write(f"{r}.nc", renamed(r), model_text=text) for r in (0.1, 0.2))
    assert 'first difference: "rate [c]" at time 1' in answer(a, b, code=5).output


def test_without_a_readable_model_the_order_of_the_file_decides(write: Callable[..., str]) -> None:
    a = write("a.nc", run(), model_text="not a model")
    b = write("b.nc", run(rate=0.2), model_text="not a model")
    assert 'first difference: "downstream" at time 1' in answer(a, b, code=5).output


def test_the_same_files(write: Callable[..., str]) -> None:
    a = write("a.nc", run())
    said = answer(a, a, code=0).output
    assert said.startswith("the same: 4 elements at 3 times, 12 values (tolerance: 1e-06 relative")
    assert len(said.splitlines()) == 3
    assert f"B: {a}: model m, run base, 3 times from 0 to 2" in said


def test_scenarios_are_compared_by_name(write: Callable[..., str]) -> None:
    a = write("a.nc", run("base"), run("free"))
    b = write("b.nc", run("base"), run("free", rate=0.2))
    said = answer(a, b, code=5).output
    assert 'first difference: "free: rate" at time 1' in said
    assert "differing: 4 of 4 elements, 8 of 24 values" in said
    assert "compared: 4 elements in 2 runs at 3 times, 24 values" in said


def test_one_scenario_is_found_among_several(write: Callable[..., str]) -> None:
    many = write("many.nc", run("base"), run("free", rate=0.2))
    free, other = write("free.nc", run("free", rate=0.2)), write("other.nc", run("other"))
    for pair, side in (((many, free), "A"), ((free, many), "B")):
        said = answer(*pair, code=0).output
        assert said.startswith("no values differ among those that both have: 4 elements")
        assert f'only in {side}: 1 run: "base"' in said
        assert "the same" not in said
    with pytest.raises(ExchangeError, match="no run in common"):
        compare(load(many), load(other), rtol=0, atol=0)


def test_text_against_netcdf(write: Callable[..., str], tmp_path: Path) -> None:
    a = write("a.nc", run())
    (tmp_path / "b.tab").write_text("Time\tStock\tRate\tother\n0\t1\t.1\t3\n2\t1.21001\t\t4\n")
    said = answer(a, str(tmp_path / "b.tab"), code=5).output
    assert 'first difference: "stock" at time 2: 1.21 against 1.21001' in said
    assert "try --rtol 0.0001" in said
    assert "compared: 2 elements at 2 times, 5 values" in said
    assert 'only in A: "downstream", "upstream"' in said
    assert "only in A: 1 value at times that the other does not have" in said
    assert "B: " in said.splitlines()[-1]
    assert said.splitlines()[-1].endswith("b.tab: 2 times from 0 to 2")
    assert 'only in B: "other"' in said
    said = answer(a, str(tmp_path / "b.tab"), "--rtol", "1e-4", code=0).output
    assert "largest relative difference, within tolerance" in said


def test_one_json_document(write: Callable[..., str]) -> None:
    a, b = write("a.nc", run()), write("b.nc", run(rate=0.2))
    found = json.loads(answer(a, b, "--json", code=5).output)
    assert found["same"] is False
    assert found["first"] == {"element": "rate", "time": 1, "a": 0.1, "b": 0.2, "difference": 0.1}
    assert found["differ_first"][0] == "rate"
    assert found["times"] == {"common": 3, "a": 3, "b": 3}
    assert json.loads(answer(a, a, "--json", code=0).output)["first"] is None


def test_json_has_null_for_what_is_no_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Time,x\n0,1\n1,:NA:\n")
    (tmp_path / "b.csv").write_text("Time,x\n0,1\n1,2\n")
    found = json.loads(
        answer(str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "--json", code=5).output
    )
    assert found["first"] == {"element": "x", "time": 1, "a": None, "b": 2, "difference": None}


@pytest.mark.parametrize("options", [("--rtol", "-1"), ("--atol", "nan"), ("--rtol", "inf")])
def test_what_is_no_tolerance_is_refused(
    options: tuple[str, str], write: Callable[..., str]
) -> None:
    a = write("a.nc", run())
    assert f"Invalid value for '{options[0]}'" in answer(a, a, *options, code=2).output


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="series are not read from files of the kind"):
        load(tmp_path / "x.xlsx")
    with pytest.raises(ExchangeError, match="a run or dataset of Vensim"):
        load(tmp_path / "x.vdf")
    with pytest.raises(ExchangeError, match="there is no such file"):
        load(tmp_path / "x.nc")


def test_a_netcdf_file_of_others() -> None:
    coords = {
        "Time": Variable(("Time",), np.array([2.0, 1.0])),
        "member": Variable(("member",), np.array([7, 8])),
        "place": Variable(("place",), text(["Prato", "Biella"])),
    }
    variables = {
        "x": Variable(("member", "Time", "place"), np.arange(8.0).reshape(2, 2, 2)),
        "k": Variable(("row",), np.array([1, 2])),
        "name": Variable((), text(["who"]).reshape(())),
    }
    found = series_of(Result(coords, variables, {}), "o.nc")
    assert list(found.records)[:2] == ["member 7: x[prato]", "member 7: x[biella]"]
    record = found.records["member 8: x[biella]"]
    assert (record.time.tolist(), record.values.tolist()) == ([1, 2], [7, 5])
    assert found.records["k[1]"].constant
    assert "name" not in found.records
    with pytest.raises(ExchangeError, match="nothing in this file varies in time"):
        series_of(Result({}, variables, {}), "o.nc")
    with pytest.raises(ExchangeError, match="no time series"):
        series_of(Result(coords, {}, {}), "o.nc")
