"""Times that a model computes, and constants that decide how many stocks it has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict import simulate
from simdistrict.base.errors import EngineError, ModelError
from simdistrict.calibration import calibrate
from simdistrict.calibration.data import data_from_text
from simdistrict.ensemble.members import ensemble_of
from simdistrict.ensemble.prior import read_prior
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.model.model import Model
from simdistrict.run.plan import plans_for
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
