"""`m.run` from Python: values of any kind, over time, initial values, repeats, files."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import simdistrict as sd
from simdistrict.result.netcdf import read_netcdf
from tests.program import call
from tests.small import mdl

EQUATIONS = """
    place: north, south, east ~~|
    coast: south, east ~~|
    kind: old, new ~~|
    stock[place] = INTEG(SUM(flow[place,kind!]), level) ~ ton ~|
    flow[place,kind] = rate[place] * share[place,kind] * stock[place] ~ ton/Year ~|
    rate[place] = 0.1, 0.2, 0.3 ~ 1/Year ~ How fast. ~|
    share[north,kind] = 0.5, 0.25 ~~|
    share[coast,kind] = 1 ~~|
    level = 2 ~ ton [0,10] ~|
    moved = level * 3 ~~|
"""
PLACES = ["north", "south", "east"]
SCENARIO = """
title: A change
model: small.mdl
policies:
  less: {start: 4, set: {level: 1}}
report: [moved]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("library")
    (found / "small.mdl").write_text(mdl(EQUATIONS))
    (found / "less.yaml").write_text(SCENARIO)
    return found


@pytest.fixture(scope="module")
def m(folder: Path) -> sd.LoadedModel:
    return sd.load(folder / "small.mdl")


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def same(a: xr.Dataset, b: xr.Dataset) -> None:
    xr.testing.assert_identical(a, b)


numbers = st.floats(-10, 10, allow_subnormal=False)


@settings(deadline=None, max_examples=25)
@given(st.lists(numbers, min_size=3, max_size=3), st.permutations(range(3)))
def test_every_kind_of_array_gives_the_same_bits(
    m: sd.LoadedModel, values: list[float], order: list[int]
) -> None:
    one = {"rate[north]": values[0], "rate[south]": values[1], "rate[east]": values[2]}
    wanted = m.run(params=one)
    labels = [PLACES[k].upper() for k in order]
    mixed = [values[k] for k in order]
    for value in (
        values,
        tuple(values),
        np.array(values),
        pd.Series(mixed, index=labels),
        xr.DataArray(mixed, coords={"place": labels}),
        xr.DataArray(mixed, coords={"Place": labels}, dims="Place"),
    ):
        found = m.run(params={"Rate": value})
        np.testing.assert_array_equal(found["stock"], wanted["stock"])
        assert found.attrs["scenario_sha256"] == wanted.attrs["scenario_sha256"]


@settings(deadline=None, max_examples=10)
@given(st.lists(numbers, min_size=6, max_size=6), st.permutations(range(3)), st.booleans())
def test_two_dimensions_in_any_order(
    m: sd.LoadedModel, values: list[float], order: list[int], turned: bool
) -> None:
    table = np.array(values).reshape(3, 2)
    array = xr.DataArray(table, coords={"place": PLACES, "kind": ["old", "new"]})
    array = array.isel(place=order, kind=[1, 0])
    found = m.run(params={"share": array.T if turned else array})
    same(found, m.run(params={"share": table}))
    np.testing.assert_array_equal(found["share"], table)


def test_a_number_is_for_all_labels(m: sd.LoadedModel) -> None:
    same(m.run(params={"rate": 0.25}), m.run(params={"rate": np.full(3, 0.25)}))
    same(m.run(params={"rate": np.float32(0.25)}), m.run(params={"rate": xr.DataArray(0.25)}))


def test_a_part_of_an_array(m: sd.LoadedModel) -> None:
    found = m.run(params={"rate[coast]": pd.Series({"east": 5.0, "south": 4.0})})
    np.testing.assert_array_equal(found["rate"], [0.1, 4, 5])
    found = m.run(params={"share[north,kind]": [3, 4], "share[coast,new]": 7})
    np.testing.assert_array_equal(found["share"], [[3, 4], [1, 7], [1, 7]])
    of_result = m.run()["rate"].sel(place=["east", "south"]) * 2
    assert m.run(params={"rate[coast]": of_result})["rate"].values.tolist() == [0.1, 0.4, 0.6]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"rat": 1}, 'params\\["rat"\\] .* no constant called "rat" in the model small'),
        ({"rate[west]": 1}, '"west" is no label of place'),
        ({"rate": [1, 2]}, "needs 3, and this has the shape"),
        ({"rate": pd.Series({"north": 1, "south": 2})}, "east of place: not given"),
        ({"rate": pd.Series({"north": 1, "south": 2, "easte": 2})}, 'easte: .*\n.*mean "east"'),
        ({"rate": xr.DataArray([1, 2, 3], dims="place")}, "has no labels along place"),
        ({"rate": xr.DataArray([1, 2, 3], coords={"x": PLACES})}, "lacks the dimension place"),
        (
            {"rate": xr.DataArray(np.ones((3, 1)), coords={"place": PLACES, "y": [1]})},
            "has the dimension y, which the element lacks",
        ),
        ({"rate": pd.Series([1, 2, 3], index=["north", "south", "south"])}, "south.*given twice"),
        ({"level": "2"}, '"2" is text, not a number'),
        ({"level": True}, "bool is no value"),
        ({"level": None}, "NoneType is no value"),
        ({"level": float("nan")}, "nan is not a finite number"),
        ({"level": [1]}, "needs one number"),
        ({"rate": [1, np.inf, 2]}, r"inf for rate\[south\] is not a finite number"),
        ({"rate": np.array(["a", "b", "c"])}, "ndarray is no value"),
        ({"stock": 2}, '"stock" is a stock, .*\n.*initial='),
        ({"moved": 2}, '"moved" is an auxiliary, and only constants can be set'),
        ({"share": pd.Series({"old": 1, "new": 2})}, "has 2 dimensions"),
        ({"level": pd.Series({"a": 1})}, "is one number"),
        ({"level": pd.Series([1], index=pd.to_datetime(["2020-01-01"]).rename("time"))}, "times"),
        ({"level": pd.Series([1, 2], index=[3, 3])}, "the time 3 twice"),
        ({"more: level": 2}, 'the scenario has no policy "more"'),
        ({"FINAL TIME": 2}, "is a setting of the run"),
        ([1], "params is a list"),
    ],
)
def test_what_does_not_fit_is_said(m: sd.LoadedModel, params: object, message: str) -> None:
    with pytest.raises(sd.ScenarioError, match=message.replace(" .* ", r"(?s:.*)")):
        m.run(params=params)  # type: ignore[arg-type]


def test_all_faults_are_said_at_once(m: sd.LoadedModel) -> None:
    with pytest.raises(sd.ScenarioError) as raised:
        m.run(params={"rat": 1, "level": "x", "rate": [1]})
    assert len(raised.value.problems) == 3


# ---------------------------------------------------------------------- over time


def test_a_series_holds_until_the_next_time(m: sd.LoadedModel) -> None:
    found = m.run(params={"level": pd.Series([5.0, 6.0, 6.0, 7.0], index=[8, 3, 5, 9])})
    wanted = [2, 2, 2, 6, 6, 6, 6, 6, 5, 7, 7]
    assert found.attrs["scenario_yaml"].count("start:") == 3
    np.testing.assert_array_equal(found["level"], wanted)
    array = xr.DataArray([6.0, 5.0, 7.0], coords={"time": [3, 8, 9]})
    np.testing.assert_array_equal(m.run(params={"level": array})["level"], wanted)


def test_labels_over_time(m: sd.LoadedModel) -> None:
    frame = pd.DataFrame({"south": [1.0, 2], "north": [3.0, 4], "east": [5.0, 6]}, index=[2, 6])
    array = xr.DataArray(frame.values.T, coords={"place": list(frame.columns), "time": [2, 6]})
    found = m.run(params={"rate": frame})
    np.testing.assert_array_equal(found["rate"].sel(time=5), [3, 1, 5])
    np.testing.assert_array_equal(found["rate"].sel(time=6), [4, 2, 6])
    same(found, m.run(params={"rate": array}))
    for_all = pd.Series([1.0, 2], index=pd.Index([2, 6], name="time"))
    assert (m.run(params={"rate": for_all})["rate"].sel(time=[2, 6]).T == [1, 2]).all()


def test_a_series_does_not_hide_a_policy(m: sd.LoadedModel, inside: None) -> None:
    series = pd.Series([5.0], index=[3])
    with pytest.raises(sd.ScenarioError, match='"level" is changed by the policy "less"'):
        m.run("less.yaml", params={"level": series})
    with pytest.raises(sd.ScenarioError, match="this is a value over time"):
        m.run("less.yaml", params={"less: level": series})


def test_a_policy_is_changed(m: sd.LoadedModel, inside: None) -> None:
    found = m.run("less.yaml", params={"less: level": 7, "less: start": 6, "less: end": None})
    np.testing.assert_array_equal(found["level"], [2] * 6 + [7] * 5)


# ---------------------------------------------------------------------- what a result is


@pytest.mark.parametrize("backend", ["interpreted", "native"])
def test_a_result_repeats_itself(
    m: sd.LoadedModel,
    folder: Path,
    inside: None,
    capsys: pytest.CaptureFixture[str],
    backend: str,
) -> None:
    ds = m.run(
        params={"level": pd.Series([5.0, 0.1], index=[3, 5.5]), "rate": [0.1, 0.3, 1 / 3]},
        initial={"stock": xr.DataArray([3, 2, 1], coords={"place": PLACES[::-1]})},
        final_time=20,
        backend=backend,
    )
    assert ds["stock"][0].values.tolist() == [1, 2, 3]
    ds.to_netcdf("made.nc")
    assert call(capsys, "rerun", "made.nc").code == 0
    with xr.open_dataset("made.nc") as read:
        np.testing.assert_array_equal(read["stock"], ds["stock"])
    changed = ds.copy(deep=True)
    changed["stock"][3] += 1e-15
    changed.to_netcdf("changed.nc")
    assert call(capsys, "rerun", "changed.nc").code != 0


@pytest.mark.usefixtures("inside")
def test_python_and_the_command_line_agree(
    m: sd.LoadedModel, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(capsys, "run", "less.yaml", "--set", "rate[east]=0.5", "-o", "c.nc").code == 0
    ds = m.run("less.yaml", params={"rate[east]": 0.5})
    ds.to_netcdf("p.nc")
    assert call(capsys, "compare", "c.nc", "p.nc").code == 0
    one, other = read_netcdf("c.nc"), read_netcdf("p.nc")
    assert dict(one.attrs) == dict(other.attrs)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(numbers, st.floats(0, 9).map(lambda x: round(x, 1))), max_size=3))
def test_a_repeated_run_is_as_the_first(m: sd.LoadedModel, runs: list[tuple[float, float]]) -> None:
    for level, start in runs:
        what = {"level": level, "rate": pd.Series([start / 10], index=pd.Index([3], name="time"))}
        fresh = sd.load(m._path)
        same(m.run(params=what), fresh.run(params=what))
        assert m.run(params=what).attrs == fresh.run(params=what).attrs


def test_results_do_not_share_their_numbers(m: sd.LoadedModel) -> None:
    first = m.run()
    kept = first.copy(deep=True)
    second, third = m.run(), m.run()
    # nor keep what is not saved
    for run in (m.run(save="stocks"), m.run(save="stocks"), second):
        values = run["stock"].values
        assert values.base is None or values.base.size == values.size
    second["stock"][:] = 0
    second["stock"].attrs["units"] = "changed"
    second.attrs["title"] = "changed"
    same(first, kept)
    same(third, kept)
    same(m.run(), kept)


def test_a_run_that_diverges_is_data(m: sd.LoadedModel) -> None:
    good = m.run(params={"rate": 0.1})
    bad = m.run(params={"rate": 1e200})
    assert (int(good["outcome"]), int(bad["outcome"])) == (0, 1)
    assert "diverged" in bad.attrs["summary"]
    assert np.isnan(bad["stock"][-1]).all()
    same(m.run(params={"rate": 0.1}), good)


def test_what_is_saved(m: sd.LoadedModel, inside: None) -> None:
    assert set(m.run(save="stocks").data_vars) == {
        "stock", "outcome", "outcome_time", "outcome_message",
    }  # fmt: skip
    assert "moved" in m.run("less.yaml", save="indicators")
    ds = m.run(save=["rate[coast]", "stock[coast]"], times=[10, 0])
    assert ds["stock"].dims == ("time", "place")
    assert ds["rate"]["place"].values.tolist() == ["south", "east"]
    assert ds["time"].values.tolist() == [0, 10]
    assert m.run(times="final").sizes["time"] == 1
    with pytest.raises(sd.ScenarioError, match="no point of the time grid"):
        m.run(times=[0.5])
    with pytest.raises(sd.ScenarioError, match="no saved time"):
        m.run(times=[0.5], time_step=0.5)


def test_some_times_are_repeated(
    m: sd.LoadedModel, inside: None, capsys: pytest.CaptureFixture[str]
) -> None:
    m.run(times=[2, 7]).to_netcdf("times.nc")
    assert call(capsys, "rerun", "times.nc").code == 0
    m.run(times="final").to_netcdf("final.nc")
    assert call(capsys, "rerun", "final.nc").code == 0


def test_several_scenarios(m: sd.LoadedModel, inside: None) -> None:
    ds = m.run([m.scenario().named("plain"), "less.yaml"])
    assert ds["scenario"].values.tolist() == ["plain", "less"]
    assert ds["stock"].dims == ("scenario", "time", "place")
    with pytest.raises(sd.ScenarioError, match="no scenario in the list"):
        m.run([])


def test_a_changed_scenario_file_is_read_again(m: sd.LoadedModel, inside: None) -> None:
    Path("edited.yaml").write_text(SCENARIO)
    assert m.run("edited.yaml")["level"][-1] == 1
    Path("edited.yaml").write_text(SCENARIO.replace("level: 1}", "level: 0.5}"))
    assert m.run("edited.yaml")["level"][-1] == 0.5


def test_a_warning_is_said_once(m: sd.LoadedModel, caplog: pytest.LogCaptureFixture) -> None:
    fresh = sd.load(m._path)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            fresh.run(params={"level": 11})
        assert caplog.text.count("outside the range") == 1
        fresh.run(params={"level": 12})
    assert caplog.text.count("outside the range") == 2
    with pytest.raises(sd.ScenarioError, match="outside the range"):
        fresh.run(params={"level": 11}, strict=True)


def test_a_scenario_of_another_model() -> None:
    with pytest.raises(sd.ScenarioError) as raised:
        sd.load("core").run("security_tariffs")
    assert "is of the model district, and this is core" in str(raised.value.problems[0])


def test_another_process_has_the_same_model(m: sd.LoadedModel) -> None:
    m.run()
    text = pickle.dumps(m)
    same(pickle.loads(text).run(params={"level": 3}), m.run(params={"level": 3}))


def test_what_a_policy_sets_is_not_set_plainly(m: sd.LoadedModel, inside: None) -> None:
    with pytest.raises(sd.ScenarioError, match=r'params=\{"less: level": 3.0\}'):
        m.run("less.yaml", params={"level": 3})
    ds = m.run(m.scenario("less.yaml").set("level", 3))
    assert ds["level"].values.tolist() == [3] * 4 + [1] * 7


def test_nothing_is_printed(m: sd.LoadedModel, capsys: pytest.CaptureFixture[str]) -> None:
    m.run(params={"level": 3})
    assert capsys.readouterr() == ("", "")


# ---------------------------------------------------------------------- scenarios


@settings(deadline=None, max_examples=15)
@given(
    st.dictionaries(st.sampled_from(["level", "rate[east]", "share[north,old]"]), numbers),
    st.lists(st.tuples(numbers, st.integers(1, 9)), max_size=2, unique_by=lambda p: p[1]),
    numbers,
)
def test_a_built_scenario_is_the_file_that_it_writes(
    m: sd.LoadedModel,
    folder: Path,
    values: dict[str, float],
    policies: list[tuple[float, int]],
    start: float,
) -> None:
    s = m.scenario().named("built", title='Made of: "quotes" & é').set(values)
    for k, (value, date) in enumerate(policies):
        s = s.policy(f"p {k}", {"rate[coast]": value}, start=date, ramp=k, end=date + 3)
    s = s.initial({"stock[south]": start}).settings(final_time=12)
    text = s.to_yaml(folder / "built.yaml", force=True)
    again = m.scenario(folder / "built.yaml")
    assert again.to_yaml(folder / "again.yaml", force=True) == text
    same(m.run(s), m.run(again))


@pytest.mark.usefixtures("inside")
def test_the_command_line_runs_it(m: sd.LoadedModel, capsys: pytest.CaptureFixture[str]) -> None:
    s = m.scenario("less.yaml").named("mine").set("rate", pd.Series(dict.fromkeys(PLACES, 0.3)))
    s = s.set({"less: level": 0.25})
    s.to_yaml("mine.yaml")
    assert call(capsys, "run", "mine.yaml", "-o", "mine.nc").code == 0
    m.run(s).to_netcdf("built.nc")
    assert call(capsys, "compare", "mine.nc", "built.nc").code == 0
    with pytest.raises(sd.ExchangeError):
        s.to_yaml("mine.yaml")


def test_a_builder_does_not_change(m: sd.LoadedModel) -> None:
    s = m.scenario()
    s.set("level", 3).policy("p", {"level": 4}, start=2)
    assert s == m.scenario()
    assert repr(s) == "<scenario small of small: no change>"
    with pytest.raises(AttributeError):
        s.other = 1  # type: ignore[attr-defined]


def test_later_values_win(m: sd.LoadedModel) -> None:
    s = m.scenario().set("level", 3).set("level", 4).set("rate", 1).set("rate[east]", 2)
    ds = m.run(s)
    assert ds["level"] == 4
    assert ds["rate"].values.tolist() == [1, 1, 2]
    again = s.set("level", pd.Series([1.0], index=[2])).set("level", pd.Series([5.0], index=[2]))
    assert m.run(again)["level"][-1] == 5


def test_a_builder_says_what_does_not_fit(m: sd.LoadedModel) -> None:
    s = m.scenario()
    with pytest.raises(sd.ScenarioError, match=r'policy\("p"\)\["levle"\] .*'):
        s.policy("p", {"levle": 4}, start=2)
    with pytest.raises(sd.ScenarioError, match="not after its start"):
        s.policy("p", {"level": 4}, start=2, end=1)
    with pytest.raises(sd.ScenarioError, match="no policy"):
        s.without("p")
    with pytest.raises(sd.ScenarioError, match="only stocks have an initial value"):
        s.initial({"level": 2})
    with pytest.raises(sd.ScenarioError, match="cannot be the name"):
        s.named("a/b")


def test_html_is_escaped(m: sd.LoadedModel) -> None:
    s = m.scenario().named("x", title="<script>alert(1)</script>").set("level", 3)
    shown = s._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "level = 3" in shown


GRID = """
    last = 6 ~~|
    height = INTEG(1, begin) ~~|
    begin = 0 ~~|
    x = last + Time ~~|
"""


@pytest.mark.parametrize(
    ("end", "params", "initial", "wanted"),
    [
        ("last", {"last": 8}, {}, 8),
        ("IF THEN ELSE(height >= last, Time, Time + 1)", {"last": 8}, {}, 8),
        ("IF THEN ELSE(height >= last, Time, Time + 1)", {}, {"height": 3}, 3),
        ("INITIAL(height) + last", {}, {"height": 3}, 9),
        ("INITIAL(height) + last", {"begin": 1}, {}, 7),
        ("10 ~~|\nINITIAL TIME = INITIAL(height)", {}, {"height": 3}, 10),
    ],
)
def test_a_plan_is_not_kept_for_another_time_grid(
    tmp_path: Path, end: str, params: dict[str, float], initial: dict[str, float], wanted: float
) -> None:
    path = tmp_path / "grid.mdl"
    text = mdl(GRID).replace("FINAL TIME = 10", f"FINAL TIME = {end}")
    if "INITIAL TIME =" in end:
        text = text.replace("INITIAL TIME = 0 ~ Year ~ Control. |", "")
    assert end in text
    path.write_text(text)
    m = sd.load(path)
    other = {name: value + 1 for name, value in params.items()}
    begun = {name: value + 1 for name, value in initial.items()}
    m.run(params=other, initial=begun)
    found = m.run(params=params, initial=initial)
    assert found["time"].values[-1] == wanted
    same(found, sd.load(path).run(params=params, initial=initial))


def test_a_changed_scenario_does_not_claim_what_its_parent_does() -> None:
    m = sd.load("district")
    parent = m.scenario("security_tariffs")
    assert "C39" in parent.to_yaml()
    changed = parent.named("mine", title="Another tariff").set("required return", 0.06)
    assert "C39" not in changed.to_yaml()
    assert "why:" not in changed.to_yaml().partition("policies:")[0]
