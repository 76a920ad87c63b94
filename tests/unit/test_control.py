"""Times that a model computes, and constants that decide how many stocks it has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import EngineError, ModelError, ScenarioError
from simdistrict.calibration import calibrate
from simdistrict.calibration.data import data_from_text
from simdistrict.ensemble.members import ensemble_of
from simdistrict.ensemble.prior import read_prior
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.model.model import Model
from simdistrict.run.plan import plans_for
from simdistrict.run.simulate import simulate
from simdistrict.scenario import RunSettings, scenario_from_text
from tests.small import mdl, small


def timed(equations: str, **control: str) -> Model:
    """A model whose control values are formulas."""
    text = mdl(equations)
    for name, formula in control.items():
        name = name.replace("_", " ").upper()
        head, _, rest = text.partition(f"{name} = ")
        text = f"{head}{name} = {formula} ~{rest.partition('~')[2]}"
    return read_mdl_text(text, "timed")


GROWING = "x = INTEG(1, 0)\nlimit = 7"


@pytest.mark.parametrize("backend", ["interpreted", "native"])
def test_a_run_ends_where_time_reaches_a_final_time_that_moves(backend: str) -> None:
    model = timed(GROWING, final_time="IF THEN ELSE(x > limit, Time, 100)")
    result = simulate(model, backend=backend)
    assert result["time"].values[-1] == 8
    assert result["final_time"].values[-1] == 8
    assert result["x"].values.tolist() == list(range(9))
    assert simulate(model, sets=["limit=3"], backend=backend)["time"].values[-1] == 4
    assert simulate(model, final_time=5.0, backend=backend)["time"].values[-1] == 5


def test_a_final_time_may_move_away_from_the_run() -> None:
    model = timed(GROWING, final_time="IF THEN ELSE(Time < 5, 10, 50)")
    assert simulate(model)["time"].values[-1] == 50


def test_an_end_that_is_never_reached_is_refused() -> None:
    model = timed(GROWING, final_time="Time + 1")
    with pytest.raises(ModelError, match="does not reach FINAL TIME within"):
        simulate(model)


@pytest.mark.parametrize(
    ("formula", "start"),
    [("IF THEN ELSE(Time < 3, 2, 5)", 2), ("limit - 4", 3), ("IF THEN ELSE(x > 1, 6, 4)", 4)],
)
def test_an_initial_time_may_be_computed(formula: str, start: float) -> None:
    result = simulate(timed(GROWING, initial_time=formula))
    assert result["time"].values[0] == start
    assert np.isfinite(result["initial_time"].values).all()


def test_an_initial_time_that_moves_with_time_itself_is_refused() -> None:
    with pytest.raises(ModelError, match="no time to start at"):
        simulate(timed(GROWING, initial_time="Time + 1"))


@pytest.mark.parametrize("name", ["time_step", "saveper"])
def test_steps_that_change_are_refused(name: str) -> None:
    with pytest.raises(ModelError, match="changes during the run"):
        simulate(timed(GROWING, **{name: "IF THEN ELSE(Time < 3, 1, 0.5)"}))


def test_members_of_an_ensemble_end_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = timed(GROWING, final_time="IF THEN ELSE(x > limit, Time, 100)")
    Path("timed.mdl").write_text(model.text)
    prior = "element,label,unit,value,low,high,distribution\nlimit,,1,7,5,9,uniform\n"
    plans = plans_for(["timed.mdl"])
    priors = read_prior(prior, "prior.csv", plans[0].prepared.model, plans[0].prepared.program)
    with pytest.raises(EngineError, match="different times"):
        ensemble_of(plans, priors, prior, 8)


DELAYED = """
    stages = 3
    y = DELAY N(Time, 4, 0, stages)
    other = 2
    z = INTEG(y * other, 0)
"""
PRIOR = """element,label,unit,value,low,high,distribution
{},,1,3,1,4,uniform
"""


def test_what_decides_the_order_of_a_delay_is_no_number_to_draw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(DELAYED))
    plans = plans_for(["small.mdl"])
    prepared = plans[0].prepared
    for name in ("other", "stages"):
        text = PRIOR.format(name)
        priors = read_prior(text, "prior.csv", prepared.model, prepared.program)
        if name == "other":
            assert ensemble_of(plans, priors, text, 8).design.members == 8
            continue
        with pytest.raises(EngineError, match='depends on "stages"'):
            ensemble_of(plans, priors, text, 8)
    with pytest.raises(EngineError, match='depends on "stages"'):
        simulate(small(DELAYED), sets=["stages=2"])


def test_what_a_selection_does_is_named_by_a_constant_that_stays() -> None:
    model = small("""
    place : a, b
    height[place] = 2, 5
    largest = 3
    fixed = VECTOR SELECT(height[place!], height[place!], -1, largest, 0)
    """)
    assert float(simulate(model)["fixed"]) == 25
    with pytest.raises(EngineError, match='VECTOR SELECT depends on "largest"'):
        simulate(model, sets=["largest=2"])


def test_what_decides_the_order_of_a_delay_is_nothing_to_fit() -> None:
    model = small(DELAYED)
    rows = "series,element,year,value,weight,group\ny,y,5,1,,\ny,y,9,5,,\n"
    data = data_from_text(rows, model)
    with pytest.raises(EngineError, match='depends on "stages"'):
        calibrate(model, data, {"stages": (1, 5)})


# ---------------------------------------------------------------------- constants of the grid

GRID = {
    "initial_time": "first",
    "final_time": "first + years",
    "time_step": "1 / fine",
    "saveper": "months / 12",
}
OF_GRID = "first = 0\nyears = 4\nfine = 2\nmonths = 12\nx = INTEG(1, 0)"
CASES = [
    ("first=2", [2, 3, 4, 5, 6]),
    ("years=2", [0, 1, 2]),
    ("months=24", [0, 2, 4]),
    ("fine=3", [0, 1, 2, 3, 4]),
]


@pytest.mark.parametrize(("change", "times"), CASES)
def test_the_grid_follows_the_constants_that_decide_it(change: str, times: list[float]) -> None:
    model = timed(OF_GRID, **GRID)
    for backend in ("interpreted", "native"):
        found = simulate(model, sets=[change], backend=backend)
        assert found["time"].values.tolist() == times
        assert found["x"].values == pytest.approx([t - times[0] for t in times])
        name, value = change.split("=")
        assert float(found[name]) == float(value)
    assert float(simulate(model, sets=["fine=3"])["time_step"]) == 1 / 3


def test_scenarios_and_changes_files_move_the_grid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("grid.mdl").write_text(timed(OF_GRID, **GRID).text)
    Path("few.yaml").write_text("title: few\nmodel: grid.mdl\nassume: {years: 3}\n")
    Path("few.cin").write_text("years = 1\n")
    assert plans_for(["few.yaml"])[0].grid.stop == 3
    assert plans_for(["grid.mdl"], changes=[Path("few.cin")])[0].grid.stop == 1
    assert plans_for(["few.yaml"], changes=[Path("few.cin")])[0].grid.stop == 1
    assert plans_for(["few.yaml"], ["years=2"], changes=[Path("few.cin")])[0].grid.stop == 2


def test_the_order_in_which_ends_of_a_run_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("grid.mdl").write_text(timed(OF_GRID, **GRID).text)
    Path("s.yaml").write_text("title: s\nmodel: grid.mdl\nassume: {years: 3}\n")
    Path("t.yaml").write_text("title: t\nbase: s.yaml\nrun: {final time: 5}\n")
    Path("c.cin").write_text("FINAL TIME = 6\nyears = 2\n")
    changes = [Path("c.cin")]
    assert plans_for(["s.yaml"])[0].grid.stop == 3
    assert plans_for(["t.yaml"], ["years=1"])[0].grid.stop == 5
    assert plans_for(["t.yaml"], ["years=1"], changes=changes)[0].grid.stop == 6
    last = RunSettings(final_time=7.0)
    assert plans_for(["t.yaml"], ["years=1"], last, changes=changes)[0].grid.stop == 7


def test_a_control_element_that_is_set_wins_over_its_constants(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = timed(OF_GRID, **GRID)
    assert simulate(model, sets=["years=2"], final_time=3.0)["time"].values[-1] == 3
    assert "years = 2 does not move FINAL TIME" in caplog.text
    with pytest.raises(ScenarioError, match="does not move FINAL TIME"):
        simulate(model, sets=["years=2"], final_time=3.0, strict=True)
    caplog.clear()
    simulate(model, sets=["years=2"], save_step=1.0)
    assert not caplog.text


def test_a_policy_does_not_move_the_grid_during_a_run() -> None:
    model = timed(OF_GRID, **GRID)
    text = "title: x\nmodel: timed\npolicies:\n  late: {start: 1, set: {fine: 4}}\n"
    scenario = scenario_from_text(text, "late.yaml")
    with pytest.raises(ScenarioError, match='changes "fine", on which TIME STEP depends'):
        simulate(model, scenario)
    # given as a number it depends on nothing
    assert simulate(model, scenario, time_step=0.5)["time"].values[-1] == 4


def test_runs_that_share_a_grid_do_not_draw_its_constants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = timed(OF_GRID, **GRID)
    Path("timed.mdl").write_text(model.text)
    prior = "element,label,unit,value,low,high,distribution\nyears,,1,4,2,5,uniform\n"
    for settings, refused in ((RunSettings(), True), (RunSettings(final_time=4.0), False)):
        plans = plans_for(["timed.mdl"], run=settings)
        priors = read_prior(prior, "prior.csv", plans[0].prepared.model, plans[0].prepared.program)
        if refused:
            with pytest.raises(EngineError, match='FINAL TIME depends on "years"'):
                ensemble_of(plans, priors, prior, 8)
        else:
            assert ensemble_of(plans, priors, prior, 8).design.members == 8
    rows = "series,element,year,value,weight,group\nx,x,1,5,,\nx,x,2,5,,\n"
    data = data_from_text(rows, model)
    with pytest.raises(EngineError, match='TIME STEP depends on "fine"'):
        calibrate(model, data, {"fine": (1, 5)})
