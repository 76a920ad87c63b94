"""Members on a GPU against CPython's: every model of the register, and policies at work.

Without a GPU in numba's simulator, which runs a kernel in CPython, so every bit must be the same;
`test_all_of_this_on_a_gpu` runs this file again where there is one, to the tolerances below.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from simdistrict.engine.alone import InterpretedBatch
from simdistrict.engine.cuda.batch import CudaBatch
from simdistrict.engine.integrators.schedule import Move
from simdistrict.engine.native.batch import Batch, Members
from simdistrict.engine.outcome import Outcome
from simdistrict.engine.over_time import REDUCTIONS
from simdistrict.engine.program import Program
from simdistrict.model.model import CONTROL, TimeGrid
from simdistrict.run.plan import constants_of, lowered, moves_of, plans_for
from simdistrict.scenario import RunSettings
from tests.limited import RIVER
from tests.oracle.test_functions import MODELS, each_model
from tests.oracle.test_native import prepared, same_bits
from tests.small import small
from tests.xmile_text import small as xmile_of

ON_GPU = os.environ.get("SIMDISTRICT_TEST_GPU") == "1"
if not ON_GPU:
    os.environ["NUMBA_ENABLE_CUDASIM"] = "1"  # read when numba is first imported
pytest.importorskip("numba.cuda", reason="numba-cuda is not installed")

FIELDS = ("values", "reduced", "time", "outcome")
TRANSCENDENTAL = re.compile(
    r"\b(exp|log|pow|sin|cos|tan|a?sin|a?cos|atan|\w+h|random_\w+|gamma_ln)\("
)
# more members than stand side by side, and two blocks of threads that are not full
MANY = 70


def assert_same(found: Members, wanted: Members, program: Program) -> None:
    for name in FIELDS:
        a, b = getattr(found, name), getattr(wanted, name)
        assert a.shape == b.shape, name
        if not ON_GPU:
            assert same_bits(a.astype(float), b.astype(float)), name
            continue
        rtol = 1e-9 if TRANSCENDENTAL.search(program.source) else 1e-12
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol, err_msg=name)


def constants(program: Program) -> list[int]:
    """The places of the model's own constants."""
    return [
        place
        for name, slot in program.layout.slots.items()
        if slot.kind == "constant" and name not in CONTROL
        for place in range(slot.offset, slot.offset + slot.size)
    ]


def draws(vector: list[float], places: list[int], count: int) -> np.ndarray:
    factors = np.random.default_rng(4).uniform(0.5, 1.5, (count, len(places)))
    return np.array([vector[place] for place in places]) * factors


@each_model
@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_members_have_the_numbers_of_cpython(stem: str, integrator: str) -> None:
    ready, grid, vector = prepared(stem, 0.5)
    program = ready.program
    sampled = constants(program)
    given = (program, grid, vector, sampled, range(program.layout.values), [1, grid.steps])
    batches = [
        kind(*given, integrator=integrator, reduce=list(REDUCTIONS))
        for kind in (CudaBatch, InterpretedBatch)
    ]
    found, wanted = (batch.run(draws(vector, sampled, 2)) for batch in batches)
    assert_same(found, wanted, program)


DIVERGING = """
    place: north, south ~ ~ |
    stock[place] = INTEG(stock[place] * stock[place] * rate, level[place])
    level[place] = 1, 2
    rate = 0.1
    tax = 1
    late = DELAY FIXED(SUM(stock[place!]), 2, 0)
    curve = path(late) * tax
    path((0,0),(1,2),(5,3),(50,1))
"""


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_many_members_of_which_some_diverge(integrator: str) -> None:
    program = lowered(small(DIVERGING)).program
    layout = program.layout
    rate, tax = (layout.slots[name].offset for name in ("rate", "tax"))
    moves = [Move(tax, 3.0, 2.0, 7.0, 1.5), Move(tax, 0.5, 4.0), Move(rate, 0.02, 1.0, 2.0)]
    grid = TimeGrid.of(0, 100, 0.5, 1)
    # a square grows beyond all bounds in a time that the rate decides
    numbers = np.geomspace(1e-4, 1, MANY).reshape(-1, 1)
    given = (program, grid, list(layout.template), [rate], range(layout.values), [3, 200], moves)
    found, wanted = (
        kind(*given, integrator=integrator, reduce=["max", "time_of_max", "mean"]).run(numbers)
        for kind in (CudaBatch, InterpretedBatch)
    )
    assert set(found.outcome) == {Outcome.completed, Outcome.diverged}
    assert np.isnan(found.reduced[found.outcome == Outcome.diverged]).all()
    assert_same(found, wanted, program)


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_members_with_non_negative_stocks(integrator: str) -> None:
    program = lowered(xmile_of(RIVER)).program
    layout = program.layout
    spill = layout.slots["spill"].offset
    grid = TimeGrid.of(0, 4, 0.5, 0.5)
    given = (program, grid, list(layout.template), [spill], range(layout.values), [*range(9)])
    found, wanted = (
        kind(*given, integrator=integrator).run(np.array([[0.0], [1.5], [4.0]]))
        for kind in (CudaBatch, InterpretedBatch)
    )
    assert_same(found, wanted, program)


def test_members_without_numbers_of_their_own_and_without_stocks() -> None:
    program = lowered(small("x = Time * 2")).program
    grid = TimeGrid.of(0, 4, 1, 1)
    given = (program, grid, list(program.layout.template), [], [program.layout.slots["x"].offset])
    found = CudaBatch(*given, [4]).run(np.zeros((3, 0)))
    np.testing.assert_array_equal(found.values, np.full((3, 1, 1), 8.0))


def test_members_that_do_not_fit_at_once_run_one_part_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from simdistrict.engine.cuda import device

    program = lowered(small(DIVERGING)).program
    layout = program.layout
    rate = layout.slots["rate"].offset
    numbers = np.linspace(0.001, 0.01, MANY).reshape(-1, 1)
    given = (program, TimeGrid.of(0, 10, 1, 1), list(layout.template), [rate], range(8, 16), [10])
    whole = CudaBatch(*given).run(numbers)
    launched = []
    launch = device.launch
    monkeypatch.setattr(device, "launch", lambda k, a, n: (launched.append(n), launch(k, a, n)))
    monkeypatch.setattr(device, "free_memory", lambda: 25_000)
    parts = CudaBatch(*given).run(numbers)
    assert launched == [32, 32, 6]
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_district_with_policies_at_work(integrator: str) -> None:
    settings = RunSettings(2024.0, 2026.0, 0.5, 0.5, integrator)
    plan = plans_for(["security_tariffs"], run=settings)[0]
    program = plan.prepared.program
    vector, moves = constants_of(plan), moves_of(plan)
    assert moves
    # of the middle of the constants, where they are numbers of districts and industries
    sampled = constants(program)[200:203]
    places = range(program.layout.values)
    given = (program, plan.grid, vector, sampled, places, [0, plan.grid.steps], moves, integrator)
    found, wanted = (
        kind(*given).run(draws(vector, sampled, 2)) for kind in (CudaBatch, InterpretedBatch)
    )
    assert_same(found, wanted, program)


@pytest.mark.parametrize("integrator", ["euler", "rk4", "adaptive", "stiff", "bdf", "radau"])
def test_native_members_reduce_as_interpreted_ones(integrator: str) -> None:
    ready, grid, vector = prepared("smooth", 0.5)
    program = ready.program
    sampled = constants(program)
    places = range(6, program.layout.values)
    found, wanted = (
        kind(
            program, grid, vector, sampled, places, [0], integrator=integrator, reduce=[*REDUCTIONS]
        )
        for kind in (Batch, InterpretedBatch)
    )
    numbers = draws(vector, sampled, 11)
    a, b = found.run(numbers), wanted.run(numbers)
    for name in FIELDS:
        if integrator in ("euler", "rk4", "adaptive"):
            assert same_bits(getattr(a, name).astype(float), getattr(b, name).astype(float)), name
        elif name in ("values", "outcome"):
            np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-6, atol=1e-6)


def test_every_model_of_the_register_is_here() -> None:
    assert len(MODELS) > 60


@pytest.mark.skipif(ON_GPU, reason="this is that run")
def test_all_of_this_on_a_gpu() -> None:
    environment = {**os.environ, "SIMDISTRICT_TEST_GPU": "1", "NUMBA_ENABLE_CUDASIM": "0"}
    ask = "import sys; from numba import cuda; sys.exit(not cuda.is_available())"
    if subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True).returncode:
        pytest.skip("there is no GPU here")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
