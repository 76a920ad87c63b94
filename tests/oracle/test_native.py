"""Compiled runs against CPython's: every model of the register, to the last bit.

The witnesses judge the interpreted backend; a compiled run that has its bits is judged too.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import EngineError, SimdistrictError
from simdistrict.base.library import find_model
from simdistrict.engine.integrators.fixed import fixed_steps
from simdistrict.engine.native.batch import LANES
from simdistrict.engine.outcome import Outcome
from simdistrict.model.model import CONTROL, TimeGrid
from simdistrict.result.dataset import Run
from simdistrict.run.plan import Prepared, lowered, plan_run
from simdistrict.run.simulate import run_one, simulate
from simdistrict.scenario import RunSettings, Scenario, bare_scenario, load_scenario, resolve
from tests.members import run_members
from tests.oracle.test_functions import MODELS, each_model, each_time_step
from tests.oracle.test_public_models import CASES, Case, needs_files
from tests.reading import read_model
from tests.thinned import thinned

# models whose adaptive run ends at its limit of evaluations, in a sliding mode
SLIDING = {"comparison", "logic"}
# models that count steps of equal length, and so are none for adaptive steps
STEPWISE = {
    "delay_fixed",
    "delay_material",
    "delay_n",
    "depreciate_straightline",
    "random",
    "random_counts",
    "random_other",
    "subscripted_memory",
}


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal numbers, and NaN wherever the other is NaN; a zero's sign counts as well."""
    nan = np.isnan(a) & np.isnan(b)
    return bool((nan | ((a == b) & (np.signbit(a) == np.signbit(b)))).all())


@cache
def ready(path: Path) -> Prepared:
    """A model that is read and lowered once for all tests."""
    return lowered(read_model(path))


def both(path: Path, scenario: Scenario, **settings: float | str) -> tuple[Run, Run]:
    """The run by CPython and the compiled one."""
    given = ready(path)
    resolved = resolve(scenario, given.model, run=RunSettings(**settings))  # type: ignore[arg-type]
    plans = [plan_run(given, resolved, backend) for backend in ("interpreted", "native")]
    assert [plan.backend for plan in plans] == ["interpreted", "native"]
    return run_one(plans[0]), run_one(plans[1])


def assert_same_bits(ours: Run, compiled: Run) -> None:
    assert ours.ending == compiled.ending
    assert ours.values.keys() == compiled.values.keys()
    for name, values in ours.values.items():
        assert same_bits(values, compiled.values[name]), name


def prepared(stem: str, time_step: float) -> tuple[Prepared, TimeGrid, list[float]]:
    """A model with a grid of that time step, and its vector before a run."""
    given = ready(MODELS[stem])
    program = given.program
    vector = list(program.layout.template)
    slots = program.layout.slots
    for name, value in (("time step", time_step), ("saveper", 1.0)):
        vector[slots[name].offset] = value
    start, stop = (vector[slots[name].offset] for name in CONTROL[:2])
    return given, TimeGrid.of(start, stop, time_step, 1.0), vector


@each_time_step
@each_model
@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_a_compiled_run_has_the_bits_of_cpython(
    stem: str, time_step: float, integrator: str
) -> None:
    bare = bare_scenario(MODELS[stem])
    assert_same_bits(
        *both(MODELS[stem], bare, time_step=time_step, save_step=1.0, integrator=integrator)
    )


@needs_files
@pytest.mark.parametrize("case", thinned(CASES, 4), ids=[case.name for case in CASES])
def test_a_public_model_has_the_bits_of_cpython(case: Case) -> None:
    try:
        given = lowered(read_model(case.model))
        plan = plan_run(given, resolve(bare_scenario(case.model), given.model), "interpreted")
    except SimdistrictError as error:
        pytest.skip(error.problems[0].what)
    if plan.integrator == "adaptive":
        plan = replace(plan, integrator="rk4")
    assert_same_bits(*(run_one(replace(plan, backend=b)) for b in ("interpreted", "native")))


@pytest.mark.parametrize("stem", thinned(MODELS, 2))
@pytest.mark.parametrize("integrator", thinned(["euler", "rk4"], 2))
def test_a_member_has_the_bits_of_its_own_run(stem: str, integrator: str) -> None:
    given, grid, vector = prepared(stem, 0.125)
    program = given.program
    layout = program.layout
    # constants that the model has and, where it has none, where its stocks begin
    wanted = [
        place
        for name, slot in layout.slots.items()
        if slot.kind == "constant" and name not in CONTROL
        for place in range(slot.offset, slot.offset + slot.size)
    ]
    count = 2 * LANES + 3
    factors = np.random.default_rng(4).uniform(0.5, 1.5, (count, len(wanted)))
    numbers = np.array([vector[place] for place in wanted]) * factors
    places = range(layout.values)
    members = run_members(
        program, grid, vector, wanted, numbers, places=places, integrator=integrator, threads=2
    )
    for k in (0, 1, LANES - 1, LANES, count - 1):
        own = list(vector)
        for place, number in zip(wanted, numbers[k], strict=True):
            own[place] = float(number)
        path = fixed_steps(program, grid, own, integrator=integrator)
        done = len(path.rows)
        assert same_bits(np.array(path.rows), members.values[k, :done]), k
        assert np.isnan(members.values[k, done:]).all()


@pytest.mark.parametrize("stem", thinned(sorted(set(MODELS) - SLIDING - STEPWISE), 6))
def test_adaptive_steps_have_the_bits_of_cpython(stem: str) -> None:
    bare = bare_scenario(MODELS[stem])
    ours, compiled = both(MODELS[stem], bare, time_step=0.125, save_step=1.0, integrator="adaptive")
    assert ours.ending.outcome is Outcome.completed
    assert ours.values
    assert_same_bits(ours, compiled)


@pytest.mark.parametrize("backend", ["interpreted", "native"])
@pytest.mark.parametrize("stem", sorted(STEPWISE))
def test_adaptive_steps_are_refused_where_steps_are_counted(stem: str, backend: str) -> None:
    for integrator in ("adaptive", "stiff"):
        with pytest.raises(EngineError, match="counts steps of equal length"):
            simulate(read_model(MODELS[stem]), integrator=integrator, backend=backend)


@pytest.mark.parametrize("integrator", thinned(["euler", "rk4"], 2))
@pytest.mark.parametrize("scenario", thinned(["security_tariffs", "neoliberal_globalisation"], 2))
def test_district_has_the_same_bits_with_every_policy_at_work(
    scenario: str, integrator: str
) -> None:
    read = load_scenario(scenario)
    assert_same_bits(*both(find_model("district"), read, integrator=integrator))
