"""What `compare` says it compared, left out, and found: one small file for each case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from simdistrict.result.dataset import Result, Variable, text
from simdistrict.result.netcdf import write_netcdf
from tests.program import Answer, call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
MODEL = mdl(
    """
    place: north, south ~ ~ |
    stock[place] = INTEG(stock[place] * rate, 1)
    rate = 0.5
""",
    stop=4,
)
PRIOR = "element,label,unit,value,low,high,distribution\nrate,,1,0.5,0.1,0.9,uniform\n"
SCENARIO = "title: A test\nmodel: m.mdl\nassume:\n  rate: {rate}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def nc(name: str, variables: Mapping[str, Variable], **attrs: object) -> str:
    """A file of another program: times 0, 1, 2 and some variables."""
    coords = {"time": Variable(("time",), np.arange(3.0))}
    for variable in variables.values():
        for dim, size in zip(variable.dims, np.shape(variable.values), strict=True):
            coords.setdefault(dim, Variable((dim,), text("abcdef"[:size])))
    write_netcdf(Result(coords, variables, attrs), Path(name))
    return name


def along(*values: float, units: str = "") -> Variable:
    return Variable(("time",), np.array(values), {"vensim_units": units} if units else {})


def said(capsys: Capsys, *words: object, code: int) -> str:
    quiet = ("-q",) if "-q" in words else ()
    answer: Answer = call(capsys, *quiet, "compare", *(w for w in words if w != "-q"))
    assert answer.code == code, answer.out + answer.err
    return answer.out + answer.err


def test_the_worst_in_proportion_and_in_amount_are_both_named(capsys: Capsys) -> None:
    Path("a.csv").write_text("Time,tiny,huge,equal\n0,2,5e6,1\n1,2,5e6,1\n")
    Path("b.csv").write_text("Time,tiny,huge,equal\n0,2,5e6,1\n1,3,6e6,1\n")
    lines = said(capsys, "a.csv", "b.csv", "--rtol", "1e-4", "--atol", "1e-7", code=5).splitlines()
    assert 'largest relative difference: "tiny" at time 1: 2 against 3' in lines[2]
    assert lines[2].endswith(", 33.3% of its largest value")
    assert 'largest absolute difference: "huge" at time 1: 5000000 against 6000000' in lines[3]
    assert lines[4].split() == "element differing time A B absolute relative".split()
    assert lines[5].split() == ["tiny", "1", "of", "2", "1", "2", "3", "1", "33.3%"]
    assert lines[6].split()[-2:] == ["1e+06", "16.7%"]
    assert "differing: 2 of 3 elements, 2 of 6 values (tolerance: 0.0001 relative" in lines[7]
    assert "1e-07 absolute" in lines[7]


def test_the_table_has_a_row_per_element_with_its_worst_label(capsys: Capsys) -> None:
    Path("a.csv").write_text("Time,x[n],x[s]\n0,1,1\n1,1,1\n")
    Path("b.csv").write_text("Time,x[n],x[s]\n0,1,1\n1,1.1,2\n")
    rows = [line.split() for line in said(capsys, "a.csv", "b.csv", code=5).splitlines()]
    assert [row[:4] for row in rows if row[0].startswith("x[")] == [["x[s]", "2", "of", "4"]]


@pytest.fixture
def scenarios(capsys: Capsys) -> None:
    """Runs of two scenarios and of their ensemble, in both formats."""
    Path("m.mdl").write_text(MODEL)
    Path("prior.csv").write_text(PRIOR)
    for name, rate in (("slow", 0.1), ("fast", 0.2), ("fastest", 0.3)):
        Path(f"{name}.yaml").write_text(SCENARIO.format(rate=rate))
    assert call(capsys, "run", "slow.yaml", "fast.yaml", "fastest.yaml", "-o", "all.nc").code == 0
    assert call(capsys, "run", "fast.yaml", "-o", "fast.nc").code == 0


@pytest.mark.usefixtures("scenarios")
def test_two_scenarios_of_one_file(capsys: Capsys) -> None:
    found = said(capsys, "all.nc", "all.nc", "--scenario", "slow", "--scenario", "fast", code=5)
    assert 'first difference: "rate" at time 0: 0.1 against 0.2' in found
    assert "A: all.nc: model m, run slow, 5 times from 0 to 4" in found
    assert "B: all.nc: model m, run fast, 5 times from 0 to 4" in found
    same = said(capsys, "all.nc", "fast.nc", "--scenario", "fast", code=0)
    assert same.startswith("the same: ")
    unknown = said(capsys, "all.nc", "fast.nc", "--scenario", "fas", code=3)
    assert 'all.nc | there is no scenario "fas"' in unknown
    assert "slow, fast, fastest" in unknown
    said(capsys, "all.nc", "all.nc", *["--scenario", "slow"] * 3, code=2)


@pytest.mark.usefixtures("scenarios")
def test_scenarios_of_one_file_only_are_named(capsys: Capsys) -> None:
    found = said(capsys, "fast.nc", "all.nc", code=0)
    assert found.startswith("no values differ among those that both have")
    assert 'only in B: 2 runs: "slow", "fastest"' in found
    assert "the same" not in found
    document = json.loads(said(capsys, "fast.nc", "all.nc", "--json", code=0))
    assert (document["same"], document["agree"], document["complete"]) == (False, True, False)
    assert document["only_b"]["runs"] == ["slow", "fastest"]
    assert document["runs"] == [{"a": "fast", "b": "fast"}]


@pytest.mark.usefixtures("scenarios")
def test_a_table_holds_no_names_of_scenarios(capsys: Capsys) -> None:
    assert call(capsys, "convert", "fast.nc", "fast.tab").code == 0
    assert said(capsys, "all.nc", "fast.tab", "--scenario", "fast", code=0).startswith("the same")
    found = said(capsys, "all.nc", "fast.tab", code=3)
    assert "no run in common" in found
    assert "--scenario" in found
    found = said(capsys, "fast.tab", "fast.tab", "--scenario", "fast", code=3)
    assert "it does not name its scenarios: leave it out" in found


@pytest.mark.usefixtures("scenarios")
def test_members_of_an_ensemble_in_both_formats(capsys: Capsys) -> None:
    words = ["ensemble", "slow.yaml", "m.mdl", "--prior", "prior.csv", "--members", 3]
    words += ["--save", "stock", "--times", "all", "--reduce", "max"]
    for name, seed in (("a.nc", 1), ("a.zarr", 1), ("b.nc", 2)):
        assert call(capsys, *words, "--seed", seed, "-o", name).code == 0
    same = said(capsys, "a.nc", "a.zarr", code=0)
    assert same.startswith("the same: ")
    assert "in 6 runs" in same
    assert "stock_max" in said(capsys, "a.nc", "b.nc", code=5)
    found = said(capsys, "a.nc", "a.zarr", "--scenario", "m", "--member", 0, "--member", 2, code=5)
    assert "A: a.nc: model m, run m: member 0" in found
    assert "B: a.zarr: model m, run m: member 2" in found
    found = said(capsys, "a.nc", "a.nc", "--scenario", "m", "--scenario", "slow", code=5)
    assert "in 3 runs" in found
    assert "there is no member 7" in said(capsys, "a.nc", "a.nc", "--member", 7, code=3)


@pytest.mark.usefixtures("scenarios")
def test_other_settings_and_other_code_are_mentioned_where_numbers_differ(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["run", "fast.yaml", "--integrator", "rk4", "-o", "rk4.nc"]
    with monkeypatch.context() as patch:
        patch.setattr("simdistrict.base.identity.sources_sha256", lambda: "0123456789abcdef" * 4)
        assert call(capsys, *words).code == 0
    found = said(capsys, "fast.nc", "rk4.nc", code=5)
    assert "made with another integrator: euler in A, rk4 in B" in found
    assert "made with another code: simdistrict " in found
    assert "(sources 0123456789ab) in B" in found
    settings = json.loads(said(capsys, "fast.nc", "rk4.nc", "--json", code=5))["settings"]
    assert settings["integrator"] == ["euler", "rk4"]


def test_labels_of_one_file_only_are_named(capsys: Capsys) -> None:
    Path("a.csv").write_text("Time,x[n],x[s]\n0,1,1\n1,1,1\n")
    Path("b.csv").write_text("Time,x[N],x[w]\n0,1,1\n1,1,1\n")
    found = said(capsys, "a.csv", "b.csv", code=0)
    assert "the same" not in found
    assert 'only in A: "x[s]"' in found
    assert 'only in B: "x[w]"' in found


def test_no_number_against_a_number_is_a_difference(capsys: Capsys) -> None:
    a, b = nc("a.nc", {"x": along(1, np.nan, 3)}), nc("b.nc", {"x": along(1, 2, 3)})
    found = said(capsys, a, b, "--rtol", 1e9, "--atol", 1e9, code=5)
    assert 'first difference: "x" at time 1: nan against 2' in found
    assert "no share" in found
    assert said(capsys, a, a, code=0).startswith("the same: 1 element at 3 times, 3 values")
    first = json.loads(said(capsys, a, b, "--json", code=5))["largest"]["relative"]
    assert (first["a"], first["b"], first["difference"], first["relative"]) == (None, 2, None, None)


def test_infinite_values_are_equal_to_their_like_only(capsys: Capsys) -> None:
    a = nc("a.nc", {"x": along(1, np.inf, -np.inf), "y": along(1, 1, 1)})
    b = nc("b.nc", {"x": along(1, np.inf, np.inf), "y": along(1, 1, 1.5)})
    assert said(capsys, a, a, code=0).startswith("the same")
    rows = said(capsys, a, b, "--rtol", 1, code=5).splitlines()
    assert "differing: 1 of 2 elements, 1 of 6 values" in "\n".join(rows)
    assert ["x", "1", "of", "3", "2", "-inf", "inf", "inf", "no", "share"] in [
        row.split() for row in rows
    ]


def test_other_units_are_a_difference(capsys: Capsys) -> None:
    a = nc("a.nc", {"x": along(1, 2, 3, units="km"), "y": along(1, 1, 1, units="Year")})
    b = nc("b.nc", {"x": along(1, 2, 3, units="mile"), "y": along(1, 1, 1, units="year")})
    found = said(capsys, a, b, code=5)
    assert 'other units: "x" is in km in A and in mile in B' in found
    assert '"y"' not in found
    assert "the same" not in found
    assert json.loads(said(capsys, a, b, "--json", code=5))["units"][0]["b"] == "mile"


def test_texts_that_differ_are_named(capsys: Capsys) -> None:
    words = {name: Variable(("row",), text([name, "c"])) for name in "ab"}
    a = nc("a.nc", {"x": along(1, 2, 3), "note": words["a"]})
    b = nc("b.nc", {"x": along(1, 2, 3), "note": words["b"]})
    assert said(capsys, a, a, code=0).startswith("the same")
    found = said(capsys, a, b, code=0)
    assert found.startswith("no values differ")
    assert 'other variables that differ: "note"' in found


def test_a_dimension_without_labels_holds_nothing(capsys: Capsys) -> None:
    none = Variable(("time", "row"), np.zeros((3, 0)))
    a = nc("a.nc", {"x": along(1, 2, 3), "y": none})
    b = nc("b.nc", {"x": along(1, 2, 3), "y": Variable(("time", "row"), np.zeros((3, 1)))})
    assert said(capsys, a, a, code=0).startswith("the same: 1 element at 3 times, 3 values")
    assert 'only in B: "y[a]"' in said(capsys, a, b, code=0)


def test_other_grids_are_said(capsys: Capsys) -> None:
    Path("a.csv").write_text("Time,x\n0,1\n0.5,1\n1,1\n")
    Path("b.csv").write_text("Time,x\n0,1\n1,1\n2,9\n")
    found = said(capsys, "a.csv", "b.csv", code=0)
    assert found.startswith("no values differ among those that both have: 1 element at 2 times")
    assert "only in A: 1 value at times that the other does not have" in found
    assert "only in B: 1 value at times that the other does not have" in found
    assert "A: a.csv: 3 times from 0 to 1" in found


def test_elements_without_a_common_time_are_named(capsys: Capsys) -> None:
    Path("a.dat").write_text("x\n0 1\n1 1\ny\n0 1\n1 2\n")
    Path("b.dat").write_text("x\n0 1\n1 1\ny\n5 1\n6 2\n")
    found = said(capsys, "a.dat", "b.dat", code=0)
    assert "the same" not in found
    assert 'at no common time: "y"' in found
    assert "no values differ among those that both have: 1 element at 2 times, 2 values" in found


def test_small_differences_within_tolerance_are_said(capsys: Capsys) -> None:
    Path("a.tab").write_text("Time\tx\n0\t100000\n1\t100000\n")
    Path("b.tab").write_text("Time\tx\n0\t100000\n1\t100000.01\n")
    found = said(capsys, "a.tab", "b.tab", code=0)
    assert found.startswith("the same: ")
    assert "largest relative difference, within tolerance: " in found
    assert ", 1e-05% of its largest value" in found
    assert "largest absolute difference, within tolerance:" in found
    assert said(capsys, "a.tab", "b.tab", "-q", code=0) == ""
    assert said(capsys, "a.tab", "b.tab", "--rtol", 0, "--atol", 0.02, code=0).startswith("the sa")
    said(capsys, "a.tab", "b.tab", "--rtol", 0, "--atol", 0.001, code=5)


def test_quiet_does_not_hide_what_was_left_out(capsys: Capsys) -> None:
    Path("a.csv").write_text("Time,x,y\n0,1,1\n1,2,1\n")
    Path("b.csv").write_text("Time,x\n0,1\n1,2\n")
    assert 'only in A: "y"' in said(capsys, "a.csv", "b.csv", "-q", code=0)


def test_values_shared_by_all_runs_count_in_each(capsys: Capsys) -> None:
    runs = {"scenario": Variable(("scenario",), text(["one", "two"]))}
    own = Variable(("scenario", "time"), np.array([[1.0, 2, 3], [1, 2, 3]]))
    time = {"time": Variable(("time",), np.arange(3.0))}
    write_netcdf(Result({**runs, **time}, {"x": own, "c": along(5, 5, 5)}, {}), Path("a.nc"))
    each = Variable(("scenario", "time"), np.array([[5.0, 5, 5], [5, 5, 6]]))
    write_netcdf(Result({**runs, **time}, {"x": own, "c": each}, {}), Path("b.nc"))
    found = said(capsys, "a.nc", "b.nc", code=5)
    assert 'first difference: "two: c" at time 2: 5 against 6' in found
    assert "compared: 2 elements in 2 runs at 3 times, 12 values" in found
