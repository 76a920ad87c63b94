"""Simulators of the Python library: values, states, replaced elements, batches."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import simdistrict as sd
from tests.limited import RIVER
from tests.small import mdl
from tests.xmile_text import xmile

EQUATIONS = """
    place: north, south ~~|
    stock[place] = INTEG(inflow[place] - outflow[place], first[place] * 10)
    first[place] = 1, 2
    inflow[place] = demand[place] + RANDOM UNIFORM(0, 1, 3) + late[place]
    outflow[place] = stock[place] / life * effort
    demand[place] = base * (1 + 0.1 * Time) / (1 + total / 100)
    base = 2
    life = 4
    effort = 1
    late[place] = DELAY FIXED(outflow[place], life, 0.25)
    smooth = SMOOTH3(total, 2)
    total = SUM(stock[place!])
    kept = SAMPLE IF TRUE(total > 40, total, 0)
    begun[place] = INITIAL(stock[place])
    share = total / begun[north]
"""
BACKENDS = ("interpreted", "native")


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("stepped") / "workshop.mdl"
    found.write_text(mdl(EQUATIONS, stop=8, time_step=0.25, save_step=0.5), encoding="utf-8")
    return found


@pytest.fixture(scope="session")
def model(path: Path) -> sd.LoadedModel:
    return sd.load(path)


@cache
def wanted(name: str, scenario: str, integrator: str) -> xr.Dataset:
    """A whole run."""
    found: xr.Dataset = sd.load(name).run(scenario or None, integrator=integrator)
    return found


def at(run: xr.Dataset, name: str, time: float) -> Any:
    """The values of a variable of a run at a saved time."""
    found = run[name]
    return (found.sel(time=time) if "time" in found.dims else found).values


# ---------------------------------------------------------------------- the bits of a run


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("integrator", ["euler", "rk4"])
@settings(max_examples=10)
@given(data=st.data())
def test_a_run_in_pieces_is_identical_to_a_run(
    path: Path, backend: str, integrator: str, data: st.DataObject
) -> None:
    check(str(path), "", backend, integrator, data)


@pytest.mark.parametrize("scenario", ["", "core"])
@settings(max_examples=5, phases=[Phase.generate])
@given(data=st.data())
def test_a_run_of_the_core_model_in_pieces_is_identical(scenario: str, data: st.DataObject) -> None:
    check("core", scenario, data.draw(st.sampled_from(BACKENDS)), "rk4", data)


@settings(max_examples=3, phases=[Phase.generate])
@given(data=st.data())
def test_a_run_of_the_district_model_in_pieces_is_identical(data: st.DataObject) -> None:
    check("district", "security_tariffs", "native", "euler", data)


def check(name: str, scenario: str, backend: str, integrator: str, data: st.DataObject) -> None:
    """Step through a run in pieces drawn at random, with reads, and states that are restored."""
    m, whole = sd.load(name), wanted(name, scenario, integrator)
    s = m.start(scenario or None, integrator=integrator, backend=backend)
    names = {v.attrs["vensim_name"]: k for k, v in whole.items() if "vensim_name" in v.attrs}
    first = None
    while not s.done:
        if data.draw(st.booleans(), "read"):
            read = data.draw(st.sampled_from(sorted(names)), "name")
            found = np.asarray(s[read])
            if s.time in whole.time:
                np.testing.assert_array_equal(found, at(whole, names[read], s.time))
        if data.draw(st.booleans(), "restore"):
            first = s.time
            s = m.start(state=s.state, backend=backend)
        left = round((whole.time.values[-1] - s.time) / whole.attrs["time_step"])
        s.step(data.draw(st.integers(1, left), "steps"))
    if first is None:
        assert s.results.identical(whole)
    else:
        found = s.results
        later = whole.sel(time=slice(first, None))
        assert found.time.equals(later.time)
        for name, values in found.items():
            # what a policy has changed before is constant in the rest
            np.testing.assert_array_equal(*xr.broadcast(values, later[name]))


def test_results_so_far_end_at_the_present_time(model: sd.LoadedModel) -> None:
    s = model.start(save=["total", "stock[north]"])
    s.run_to(1.25)
    assert s.results.time.values.tolist() == [0.0, 0.5, 1.0]
    s.step()
    found, whole = s.results, model.run(save=["total", "stock[north]"])
    assert found.time.values.tolist() == [0.0, 0.5, 1.0, 1.5]
    assert found.attrs["stepped"] == "stops at 1.5"
    assert found.drop_vars(["outcome_time"]).equals(
        whole.sel(time=found.time).drop_vars(["outcome_time"])
    )
    assert model.start(save=[]).step(3) == 0.75
    with pytest.raises(sd.EngineError, match="no results are kept"):
        _ = model.start(save=[]).results


# ---------------------------------------------------------------------- values


def test_values_are_read_and_set_with_labels(model: sd.LoadedModel) -> None:
    s = model.start()
    assert s["first"].to_series().to_dict() == {"north": 1.0, "south": 2.0}
    assert s["stock[south]"] == 20.0
    s["first"] = xr.DataArray([7.0, 5.0], {"place": ["south", "north"]})
    assert s["first[north]"] == 5.0
    s["stock"] = pd.Series({"south": 3.0, "north": 4.0})
    assert s["stock"].values.tolist() == [4.0, 3.0]
    s["stock[north]"] = 9
    assert s["total"] == 12.0
    assert s["begun"].values.tolist() == [10.0, 20.0]
    s["base"] = 0.0
    assert s["demand[south]"] == 0.0
    assert "stock[north]" in s
    assert "stocks" not in s


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_constant_set_at_a_time_point_is_a_policy_from_there(
    model: sd.LoadedModel, backend: str
) -> None:
    changed = {"life": pd.Series([6.0], pd.Index([2.0], name="time"))}
    whole = model.run(params=changed, integrator="rk4")
    s = model.start(backend=backend, integrator="rk4")
    s.run_to(2)
    s["life"] = 6
    s.run_to(8)
    assert s.results.equals(whole)
    assert s.results.attrs["stepped"] == 'sets "life"'
    with pytest.raises(sd.ExchangeError, match="that a program stepped"):
        sd.rerun(s.results)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("stok", 1, 'there is no element called "stok".*\n.*did you mean "stock"'),
        ("stock[east]", 1, '"east" is no label of place'),
        ("total", 1, "it is an auxiliary, and only constants and stocks.*\n.*replace"),
        ("TIME STEP", 1, "it is a setting of the run"),
        ("stock", [1, 2, 3], "needs 2"),
        ("stock", "many", "is text, not a number"),
        ("life", float("nan"), "not a finite number"),
        ("first", xr.DataArray([1.0, 2.0], {"place": ["north", "west"]}), "west"),
    ],
)
def test_what_cannot_be_set_is_said(
    model: sd.LoadedModel, name: str, value: Any, message: str
) -> None:
    s = model.start()
    with pytest.raises(sd.ScenarioError, match=message):
        s[name] = value


def test_steps_and_times_that_do_not_exist_are_said(model: sd.LoadedModel) -> None:
    s = model.start()
    with pytest.raises(sd.EngineError, match=r"the run ends at 8, 32 steps from now, and 33 are"):
        s.step(33)
    with pytest.raises(sd.EngineError, match=r"1\.3 is no time point.*\n.*use 1\.25 or 1\.5"):
        s.run_to(1.3)
    s.run_to(1.25)
    with pytest.raises(sd.EngineError, match=r"1 has passed: the present time is 1\.25"):
        s.run_to(1)
    with pytest.raises(sd.EngineError, match="lead back"):
        s.step(-1)
    with pytest.raises(sd.EngineError, match=r"the run ends at 8"):
        s.run_to(9)
    with pytest.raises(sd.EngineError, match="adaptive chooses its own steps"):
        sd.load("core").start(integrator="adaptive")


def test_a_run_that_diverges_is_data(tmp_path: Path) -> None:
    file = tmp_path / "grows.mdl"
    file.write_text(mdl("x = INTEG(x * x * rate, 3)\nrate = 10\ny = x + 1", stop=20))
    m = sd.load(file)
    whole = m.run()
    s = m.start()
    while not s.done:
        s.step()
    assert s.outcome == "diverged"
    assert np.isnan(s["y"])
    time = s.time
    assert s.step(5) == time == s.run_to(20)
    assert s.results.identical(whole)
    s.reset()
    assert (s.time, s.done, s.outcome) == (0.0, False, "completed")


def test_a_whole_run_is_run_again_from_its_record(model: sd.LoadedModel) -> None:
    s = model.start(params={"base": 3})
    s.step(5)
    s.run_to(8)
    assert sd.rerun(s.results).same


def test_a_reset_run_is_a_new_run(model: sd.LoadedModel) -> None:
    s = model.start()
    s.run_to(3)
    s["life"] = 9
    s["stock"] = 1
    s.reset()
    s.run_to(8)
    assert s.results.identical(model.run())


def test_an_interrupted_step_is_said(
    model: sd.LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = model.start()

    def interrupted(count: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(s._run.stepper, "step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            s.step()
    for work in (s.step, lambda: s["total"], lambda: s.state):
        with pytest.raises(sd.EngineError, match="a step was interrupted"):
            work()
    s.reset()
    assert s.run_to(8) == 8.0
    assert s.results.identical(model.run())


def test_more_members_than_fit_into_memory_are_refused(model: sd.LoadedModel) -> None:
    with pytest.raises(sd.EngineError, match=r"members are .*; half of the memory is"):
        model.start_batch(10**9)


# ---------------------------------------------------------------------- replaced elements


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_with_the_equation_of_an_element_gives_the_same_bits(
    model: sd.LoadedModel, backend: str
) -> None:
    s = model.start(backend=backend)
    s.run_to(2)
    calls: list[float] = []

    def demand(s: sd.Simulator) -> Any:
        calls.append(s.time)
        return s["base"] * (1 + 0.1 * s.time) / (1 + s["total"] / 100)

    s.replace("demand", demand)
    for _ in range(4):
        assert s["smooth"] > 0
        assert s["demand[north]"] == s["demand[south]"]
        s.step(2)
    s = continued(model, s, demand, backend)
    s.run_to(8)
    assert calls == [2 + 0.25 * k for k in range(24)]
    found = s.results
    assert found.equals(model.run().sel(time=found.time))
    s.reset()
    assert s["inflow[north]"] > 0
    assert calls[-1] == 0.0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["late", "kept", "smooth", "stock", "life"])
def test_an_element_with_a_memory_is_replaced_by_its_own_values(
    model: sd.LoadedModel, backend: str, name: str
) -> None:
    whole = model.run(save_step=0.25, integrator="rk4" if name == "life" else None)
    s = model.start(save_step=0.25, backend=backend, integrator=whole.attrs["integrator"])
    s.step(6)
    s.replace(name, lambda s: at(whole, name, s.time))
    s.run_to(8)
    for key, values in s.results.items():
        # nothing else of the run differs
        np.testing.assert_array_equal(*xr.broadcast(values, whole[key]), err_msg=str(key))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("method", ["Euler", "RK4"])
@pytest.mark.parametrize("start", [0, 3])
def test_a_flow_of_non_negative_stocks_is_replaced(
    backend: str, method: str, start: int, tmp_path: Path
) -> None:
    specs = f'<sim_specs method="{method}"><start>0</start><stop>4</stop><dt>0.5</dt></sim_specs>'
    file = tmp_path / "river.stmx"
    file.write_text(xmile(RIVER, specs=specs))
    m = sd.load(file)
    whole = m.run()
    s = m.start(backend=backend)
    s.step(start)
    s.replace("ab", lambda s: 5)
    if method == "Euler":
        s.replace("bc", lambda s: s["b"] / 2 + 1)
    s.step(8 - start)
    for key, values in s.results.items():
        np.testing.assert_array_equal(*xr.broadcast(values, whole[key]), err_msg=str(key))


def continued(model: sd.LoadedModel, s: sd.Simulator, function: Any, backend: str) -> sd.Simulator:
    """The same run after a save: a function is no part of a state."""
    assert s["total"] > 0
    again = model.start(state=s.state, backend=backend)
    with pytest.raises(sd.EngineError, match="its function is not part of a saved state"):
        again.step()
    again.replace("demand", function)
    return again


def test_a_function_may_not_read_what_depends_on_its_element(model: sd.LoadedModel) -> None:
    s = model.start()
    s.replace("demand", lambda s: s["inflow"])
    with pytest.raises(sd.EngineError, match=r"depends on .demand. within the same"):
        s.step()
    s.replace("demand", lambda s: s.step())
    with pytest.raises(sd.EngineError, match="it calls step"):
        s.step()
    s.replace("demand", lambda s: [1.0, 2.0, 3.0])
    with pytest.raises(sd.ScenarioError, match='the function of "demand"'):
        s.step()
    s.replace("demand", lambda s: 1.0)
    assert s.step() == 0.25
    for name, what in (("demand[north]", "all labels"), ("TIME STEP", "time grid")):
        with pytest.raises(sd.ScenarioError, match=what):
            s.replace(name, lambda s: 1.0)
    s.replace("demand[place]", lambda s: [3.0, 4.0])
    assert s["demand"].values.tolist() == [3.0, 4.0]


def test_two_functions_are_called_in_the_order_of_their_causes(model: sd.LoadedModel) -> None:
    s = model.start()
    s.replace("inflow", lambda s: s["demand"] * 2)
    s.replace("demand", lambda s: 3.0)
    s.replace("life", lambda s: 2.0 + s["total"] / 30)
    s.step()
    assert s["inflow"].values.tolist() == [6.0, 6.0]
    assert s["life"] == 2 + s["total"] / 30


# ---------------------------------------------------------------------- states


def test_a_state_is_restored_in_another_process(path: Path, tmp_path: Path) -> None:
    m = sd.load(path)
    s = m.start(params={"base": 3}, integrator="rk4")
    s.run_to(2.75)
    s["life"] = 5
    file = tmp_path / "state.nc"
    s.state.to_netcdf(file)
    s.run_to(8)
    code = (
        "import simdistrict as sd, sys\n"
        "s = sd.load(sys.argv[1]).start(state=sd.open(sys.argv[2]), backend='native')\n"
        "s.run_to(8)\n"
        "print(s['stock'].values.tolist(), s['smooth'], s['late'].values.tolist())"
    )
    command = [sys.executable, "-c", code, path, file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = f"{s['stock'].values.tolist()} {s['smooth']} {s['late'].values.tolist()}"
    assert done.stdout.strip() == expected


def test_changed_stocks_of_a_state_take_effect(model: sd.LoadedModel) -> None:
    state = model.start().state
    state["stock"] = state["stock"] * 2
    assert model.start(state=state)["stock[south]"] == 40.0


def damaged() -> dict[str, Any]:
    """Changes of a state, by what the message says."""
    return {
        "no state of a simulator": lambda d: d.assign_attrs(state_format="another"),
        "another model": lambda d: d.assign_attrs(model_sha256="0" * 64),
        "another program": lambda d: d.assign_attrs(program_sha256="0" * 64),
        "point is no whole number": lambda d: d.assign_attrs(point=99),
        "ended is no whole number": lambda d: d.assign_attrs(ended="never"),
        "replaced is no list": lambda d: d.assign_attrs(replaced="{]"),
        "the model does not have": lambda d: d.assign_attrs(replaced='["nothing"]'),
        "lacks all__values": lambda d: d.drop_vars("all__values"),
        "all__values does not hold": lambda d: d.assign(all__values=("x", [1.0])),
        "all__records does not hold": lambda d: d.assign(all__records=("y", [1.0])),
        "set__slots is no list": lambda d: d.assign(set__slots=("z", ["a"])),
        "names slots that are no": lambda d: d.assign(set__slots=("z", [10_000])),
        "set__values does not hold": lambda d: d.assign(set__values=("w", [1.0, 2.0])),
        "stock does not hold": lambda d: d.drop_vars("stock").assign(stock=("v", [1.0])),
        "the labels of place": lambda d: d.isel(place=[1, 0]),
        "does not record scenario_yaml": lambda d: d.assign_attrs(scenario_yaml=3),
    }


@pytest.mark.parametrize("what", damaged())
def test_a_damaged_state_is_refused(model: sd.LoadedModel, what: str) -> None:
    s = model.start()
    s.step(3)
    with pytest.raises(sd.ExchangeError, match=what):
        model.start(state=damaged()[what](s.state))


def test_a_state_goes_alone(model: sd.LoadedModel) -> None:
    with pytest.raises(sd.ScenarioError, match="the state holds its own scenario"):
        model.start(state=model.start().state, params={"life": 2})


# ---------------------------------------------------------------------- batches


@pytest.mark.parametrize("backend", BACKENDS)
def test_members_of_a_batch_are_single_runs(model: sd.LoadedModel, backend: str) -> None:
    lives = np.linspace(2, 6, 11)
    first = xr.DataArray(
        np.arange(22.0).reshape(2, 11), {"place": ["south", "north"]}, ("place", "member")
    )
    b = model.start_batch(11, params={"life": lives, "first": first, "base": 3}, backend=backend)
    b.step(5)
    b["effort"] = lives / 4
    b["stock[north]"] = b["stock[north]"] * 1.5
    b.run_to(8)
    assert b["stock"].dims == ("member", "place")
    for k in (0, 7, 10):
        own = first.isel(member=k)
        s = model.start(params={"life": lives[k], "first": own, "base": 3}, backend="interpreted")
        s.step(5)
        s["effort"] = lives[k] / 4
        s["stock[north]"] = s["stock[north]"] * 1.5
        s.run_to(8)
        for name in ("stock", "smooth", "kept", "late", "inflow"):
            np.testing.assert_array_equal(b[name].values[k], np.asarray(s[name]))
    whole = b["smooth"].values.tolist()
    b.reset()
    assert b.time == 0.0
    assert b["effort"].values.tolist() == [1.0] * 11
    b.run_to(8)
    assert b["smooth"].values.tolist() != whole
    b.reset()
    assert b["stock"].sel(place="south").values[3] == 30.0


def test_faults_of_a_batch_are_said(model: sd.LoadedModel) -> None:
    with pytest.raises(sd.ScenarioError, match="0 members are too few"):
        model.start_batch(0)
    with pytest.raises(sd.ScenarioError, match="a setting of the run"):
        model.start_batch(2, params={"TIME STEP": [0.5, 0.25]})
    with pytest.raises(sd.ScenarioError, match="only constants can be set"):
        model.start_batch(2, params={"total": [1.0, 2.0]})
    b = model.start_batch(3)
    with pytest.raises(sd.ScenarioError, match="it has 2 members, and the batch has 3"):
        b["life"] = xr.DataArray([1.0, 2.0], dims="member")
    with pytest.raises(sd.ScenarioError, match="needs one number"):
        b["life"] = [1.0, 2.0]
    assert b.ended.tolist() == [False] * 3
