"""Derivatives of runs: the bits of the run, and the differences of runs, on every model there is.

Central differences of fourth order are the witness. They say nothing where a step of the difference
crosses a kink: there the differences of two lengths do not agree, and nothing is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, SimdistrictError
from simdistrict.base.library import find_model
from simdistrict.engine.integrators.schedule import Move
from simdistrict.engine.program import Program
from simdistrict.engine.tangents import Tangents, obstacles
from simdistrict.model.model import CONTROL, TimeGrid
from simdistrict.run.plan import constants_of, moves_of, plan_run
from simdistrict.scenario import bare_scenario, load_scenario, resolve
from tests.members import run_members
from tests.oracle.test_functions import each_model
from tests.oracle.test_native import prepared, ready, same_bits
from tests.oracle.test_public_models import CASES, Case, needs_files

pytestmark = pytest.mark.one_python

CLOSE = 1e-6  # of the larger of the derivative and of the number itself, per relative step
LENGTH = 1e-4  # of the constant
# Time divided by the first, and compared with the second, stands just at a date: a kink on each
# side within a millionth of a step, which a difference steps over
DATES = {"one year", "last year of history"}


def sampled_places(program: Program) -> list[int]:
    """The slots of constants that a run may change."""
    return [
        place
        for name, slot in program.layout.slots.items()
        if slot.kind == "constant" and name not in CONTROL and name not in program.shaping | DATES
        for place in range(slot.offset, slot.offset + slot.size)
    ]


def compared(
    program: Program,
    grid: TimeGrid,
    vector: Sequence[float],
    integrator: str,
    moves: Sequence[Move] = (),
) -> tuple[int, int]:
    """How many derivatives agree with differences, and how many there are; others fail."""
    moved = {move.place for move in moves}
    sampled = [place for place in sampled_places(program) if place not in moved]
    places, points = range(program.layout.values), sorted({0, grid.steps // 2, grid.steps})
    base = np.array([vector[place] for place in sampled])
    # three random directions: each constant moves by up to its own size; zeros stay, because
    # equations ask for them (`IF x = 0`), and an equality has no derivative that a branch knows
    ways = np.random.default_rng(5).uniform(-1, 1, (3, len(sampled))) * np.abs(base)
    given = (program, grid, vector, sampled, places, points, moves, integrator)
    found = Tangents(*given).run(base[None], ways)
    ours = np.moveaxis(found.slopes[0], -1, 0)
    here, fine, smooth = differences(given, base, ways, LENGTH)
    assert same_bits(found.values[0], here[0])
    _, finer, _ = differences(given, base, ways, LENGTH / 5)
    # the last term: what cancelling numbers of the model's usual size leave in a difference
    size = np.maximum(np.abs(fine), np.abs(here)) + 1e-5 * max(1.0, np.nanmax(np.abs(here)))
    smooth = (smooth < 1e-7 * size) & (np.abs(finer - fine) < CLOSE * size)
    wrong = smooth & ~(np.abs(ours - fine) <= CLOSE * size)
    assert not wrong.any(), [
        (int(p), names_at(program, int(p)), ours[w, t, p], fine[w, t, p])
        for w, t, p in np.argwhere(wrong)[:5]
    ]
    return int(smooth.sum()), int(np.isfinite(here).sum())


def differences(
    given: tuple[Any, ...], base: Reals, ways: Reals, length: float
) -> tuple[Reals, Reals, Reals]:
    """The numbers of the base, their central differences, and what a kink adds to those."""
    program, grid, vector, sampled, places, points, moves, integrator = given
    steps = length * np.array([0.0, 1.0, -1.0, 2.0, -2.0])
    numbers = (base + steps[:, None, None] * ways).transpose(1, 0, 2).reshape(-1, len(sampled))
    how = {"places": places, "points": points, "moves": moves, "integrator": integrator}
    runs = run_members(program, grid, list(vector), sampled, numbers, **how)
    here, up, down, far_up, far_down = runs.values.reshape(len(ways), 5, len(points), -1).swapaxes(
        0, 1
    )
    # where a function is smooth, its second difference grows with the square of the step
    kink = np.abs((far_up + far_down - 2 * here) - 4 * (up + down - 2 * here)) / length
    return here, (8 * (up - down) - (far_up - far_down)) / (12 * length), kink


def names_at(program: Program, place: int) -> list[str]:
    """The elements that hold a slot."""
    slots = program.layout.slots.items()
    return [name for name, s in slots if s.offset <= place < s.offset + s.size]


RK4_SLOW = pytest.param("rk4", marks=pytest.mark.slow)


@each_model
@pytest.mark.parametrize("integrator", ["euler", RK4_SLOW])
def test_derivatives_are_those_of_differences(stem: str, integrator: str) -> None:
    given, grid, vector = prepared(stem, 0.125)
    if obstacles(given.program):
        with pytest.raises(EngineError, match="has no derivative"):
            Tangents(given.program, grid, vector, [], [], [], (), integrator)
        return
    compared(given.program, grid, vector, integrator)


@pytest.mark.parametrize("name", ["core", "district"])
@pytest.mark.parametrize("integrator", ["euler", RK4_SLOW])
def test_shipped_models_have_exact_derivatives(name: str, integrator: str) -> None:
    path = find_model(name)
    given = ready(path)
    plan = plan_run(given, resolve(bare_scenario(path), given.model), "native")
    found, there = compared(given.program, plan.grid, constants_of(plan), integrator)
    assert found > 0.9 * there


def test_policies_have_exact_derivatives() -> None:
    scenario = load_scenario("security_tariffs")
    given = ready(find_model("district"))
    plan = plan_run(given, resolve(scenario, given.model), "native")
    assert moves_of(plan)
    found, there = compared(
        given.program, plan.grid, constants_of(plan), "euler", list(moves_of(plan))
    )
    assert found > 0.9 * there


@pytest.mark.slow
@needs_files
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_public_models_have_exact_derivatives(case: Case) -> None:
    try:
        given = ready(Path(case.model))
        plan = plan_run(given, resolve(bare_scenario(case.model), given.model), "native")
    except SimdistrictError as error:
        pytest.skip(error.problems[0].what)
    if obstacles(given.program):
        pytest.skip("it has no derivative")
    integrator = plan.integrator if plan.integrator in ("euler", "rk4") else "rk4"
    compared(given.program, plan.grid, constants_of(plan), integrator)
