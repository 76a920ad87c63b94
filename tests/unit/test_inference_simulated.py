"""Data simulated with a model: they have the errors that the data file states."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.calibration.data import data_from_text
from simdistrict.calibration.statements import statements_from_text
from simdistrict.ensemble.prior import read_prior
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.inference.simulated import TargetSimulator, measure_of
from simdistrict.inference.target import Target, target_of
from simdistrict.run.plan import lowered, plan_run
from simdistrict.scenario import resolve, scenario_from_text
from tests.small import mdl

PRIOR = "element,label,value,low,high,distribution\nheight,,0,-1,1,uniform\n"
DATA = "series,element,year,value,scale\na,seen,1,3,0.5\na,seen,2,3,0.5\nb,seen,3,3,2\n"
SAID = "statement,kind,elements,year,value,trust\nhigh,between,seen,4,0..9,0.8\n"


def target(data: str = DATA, said: str = "", likelihood: str = "series") -> Target:
    model = read_mdl_text(mdl("height = 0\nseen = height"), "flat")
    prepared = lowered(model)
    plan = plan_run(prepared, resolve(scenario_from_text("title: x\n", "x"), model), "native")
    priors = read_prior(PRIOR, "prior", model, prepared.program)
    read = data_from_text(data, model)
    more = {"statements": statements_from_text(said, model)} if said else {}
    return target_of(plan, priors, read, likelihood=likelihood, **more)


def observed(made: Target) -> np.ndarray:
    return np.concatenate([part.data for part in made.likelihood.parts])  # type: ignore[union-attr]


def test_errors_have_the_stated_scales_and_a_seed_repeats_them() -> None:
    simulator = TargetSimulator(target())
    errors = []
    for seed in range(300):
        truth, density = simulator.simulated(seed)
        numbers = simulator.target.numbers(truth[None])[0]
        assert isinstance(density, Target)
        errors.append(observed(density) - numbers[0])
    spread = np.std(errors, axis=0)
    assert spread == pytest.approx([0.5, 0.5, 2.0], rel=0.15)
    assert abs(np.mean(errors, axis=0) / spread).max() < 0.25
    again = pickle.loads(pickle.dumps(simulator)).simulated(7)
    assert np.array_equal(observed(again[1]), observed(simulator.simulated(7)[1]))


def test_sources_are_right_as_often_as_they_are_trusted() -> None:
    simulator = TargetSimulator(target(said=SAID))
    right = 0
    for seed in range(300):
        truth, density = simulator.simulated(seed)
        high = simulator.target.numbers(truth[None])[0, 0] >= 0
        right += density.statements.said[0] == high  # type: ignore[attr-defined]
    assert right / 300 == pytest.approx(0.8, abs=0.07)


def test_a_weighted_posterior_has_no_data_to_simulate() -> None:
    with pytest.raises(ScenarioError, match="no density of the data"):
        TargetSimulator(target(likelihood="payoff"))
    weighted = DATA.replace("scale\n", "scale,weight\n").replace("0.5\n", "0.5,2\n")
    with pytest.raises(ScenarioError, match="has a weight other than 1"):
        TargetSimulator(target(weighted.replace(",2\nb", ",2\nb").replace("3,2\n", "3,2,1\n")))


def test_departures_are_the_largest_of_each_series() -> None:
    made = target()
    scores = np.zeros((1, 1))
    assert measure_of(made)(scores) == pytest.approx(np.array([[6.0, 1.5]]), abs=1e-9)
