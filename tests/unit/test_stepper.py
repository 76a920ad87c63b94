"""Steppers of the engine: pieces of a run with the bits of the whole, on both backends."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.base.arrays import Reals
from simdistrict.engine.integrators.fixed import fixed_steps
from simdistrict.engine.integrators.schedule import Move
from simdistrict.engine.integrators.stepper import Course, Stepper
from simdistrict.engine.lowering.build import build
from simdistrict.engine.native.stepper import NativeStepper
from simdistrict.model.model import Model, TimeGrid
from tests.limited import RIVER
from tests.small import small
from tests.xmile_text import small as small_xmile

SPECS = '<sim_specs method="Euler"><start>0</start><stop>4</stop><dt>0.5</dt></sim_specs>'
MODELS = {
    "memories": small(
        """
        level = INTEG(inflow - outflow, first * 10)
        first = 1.5
        inflow = 2 + RANDOM UNIFORM(0, 1, 3) + late
        outflow = level / delay
        delay = 4
        late = DELAY FIXED(outflow, delay, 0.25)
        smooth = SMOOTH3(level, 2)
        kept = SAMPLE IF TRUE(level > 12, level, first)
        counted = SAMPLE IF TRUE(Time > 2, counted + 1, 0)
        begun = INITIAL(level)
        share = level / begun + STEP(first, 4)
        """,
        stop=8,
        time_step=0.25,
        save_step=1,
    ),
    "arrays": small(
        """
        place: north, south ~~|
        stock[place] = INTEG(rate[place] - stock[place] / life, start[place])
        start[place] = 1, 2
        rate[place] = 0.5, 0.25
        life = 3
        total = SUM(stock[place!])
        index[place] = INITIAL(rate[place]) * total
        """,
        stop=6,
        time_step=0.5,
        save_step=1.5,
    ),
    "limited": small_xmile(RIVER, specs=SPECS),
    "diverges": small("x = INTEG(x * x * rate, 3)\nrate = 10\ny = x + 1", stop=20),
}
# folded name of a constant that a policy changes from 1.0 on, to this value
POLICIES = {"memories": ("first", 2.5), "arrays": ("life", 2.0), "diverges": ("rate", 20.0)}


@cache
def course(name: str, integrator: str) -> Course:
    model: Model = MODELS[name]
    program = build(model)
    values = {k: program.layout.template[s.offset] for k, s in program.layout.slots.items()}
    control = [values[k] for k in ("initial time", "final time", "time step")]
    save_step = values.get("saveper") or control[2]
    moves = ()
    if name in POLICIES:
        element, target = POLICIES[name]
        moves = (Move(program.layout.slots[element].offset, target, 1.0, 3.0, 0.6),)
    grid = TimeGrid.of(*control, save_step)
    kept = range(program.layout.values)
    return Course(program, grid, program.layout.template, moves, integrator, kept)


@cache
def whole(name: str, integrator: str) -> Reals:
    """Every point of an uninterrupted run; NaN after it has ended."""
    c = course(name, integrator)
    every = TimeGrid(c.grid.start, c.grid.steps, c.grid.time_step, 1)
    path = fixed_steps(c.program, every, c.constants, c.moves, integrator=integrator)
    found = np.full((c.grid.steps + 1, c.program.layout.values), np.nan)
    found[: len(path.rows)] = path.rows
    return found


def shown(c: Course) -> list[int]:
    """The slots of the elements of the model."""
    slots = [c.program.shown(name) for name in c.program.order]
    return [k for slot in slots for k in range(slot.offset, slot.offset + slot.size)]


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
@pytest.mark.parametrize("kind", [Stepper, NativeStepper])
@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=15)
@given(data=st.data())
def test_pieces_with_reads_and_restored_snapshots_have_the_bits_of_a_run(
    name: str, kind: type[Stepper], integrator: str, data: st.DataObject
) -> None:
    c = course(name, integrator)
    wanted, slots = whole(name, integrator), shown(c)
    stepper = kind(c)
    while stepper.point < c.grid.steps and not stepper.over:
        before = stepper.point
        if data.draw(st.booleans(), "read"):
            chosen = data.draw(st.lists(st.sampled_from(slots), min_size=1), "slots")
            found = stepper.read(chosen)[0]
            np.testing.assert_array_equal(found, wanted[before, chosen])
        if data.draw(st.booleans(), "restore"):
            snapshot = stepper.snapshot()
            stepper = kind(c)
            stepper.restore(snapshot)
        count = data.draw(st.integers(1, c.grid.steps - before), "steps")
        stepper.step(count)
        assert stepper.over or stepper.point == before + count
    np.testing.assert_array_equal(stepper.read(slots)[0], wanted[stepper.point, slots])


@pytest.mark.parametrize("kind", [Stepper, NativeStepper])
@pytest.mark.parametrize("name", MODELS)
def test_saved_rows_are_those_of_a_run(name: str, kind: type[Stepper]) -> None:
    c = course(name, "euler")
    stepper = kind(c)
    stepper.step(3)
    stepper.step(c.grid.steps - 3)
    rows = [i for i in c.grid.saved if i < stepper.point]
    slots = shown(c)
    saved = stepper.saved()[0]
    assert len(saved) == len(rows)
    np.testing.assert_array_equal(saved[:, slots], whole(name, "euler")[rows][:, slots])
    if name == "diverges":
        assert stepper.over
        assert stepper.point == stepper.ended[0] < c.grid.steps


@pytest.mark.parametrize("name", ["memories", "limited", "diverges"])
def test_members_in_lanes_have_the_bits_of_single_steppers(name: str) -> None:
    c = course(name, "rk4")
    constant = {"memories": "delay", "limited": "rain", "diverges": "rate"}[name]
    slot = c.program.layout.slots[constant].offset
    sampled = (slot,) if c.program.layout.slots[constant].kind == "constant" else ()
    c = Course(c.program, c.grid, c.constants, c.moves, "rk4", c.kept, sampled)
    factors = np.linspace(0.5, 1.5, 11)[:, None]
    numbers = np.array([c.constants[k] for k in sampled]) * factors
    together, slots = NativeStepper(c, numbers), shown(c)
    alone = [Stepper(c, row[None]) for row in numbers]
    stock = (c.program.layout.stocks.start,)
    for count in (1, 2, 4, 1):
        for stepper in (together, *alone):
            stepper.step(min(count, c.grid.steps - stepper.point))
            stepper.set_stocks(stock, stepper.read(stock) * 1.125)
            stepper.steer(sampled, stepper.read(sampled) * 1.25)
        for found, one in zip(together.read(slots), alone, strict=True):
            np.testing.assert_array_equal(found, one.read(slots)[0])
    np.testing.assert_array_equal([one.ended[0] for one in alone], together.ended)


@pytest.mark.parametrize("kind", [Stepper, NativeStepper])
def test_a_steered_constant_has_the_bits_of_a_policy(kind: type[Stepper]) -> None:
    c = course("memories", "euler")
    life = c.program.layout.slots["first"].offset
    still = Course(c.program, c.grid, c.constants, (), "euler", c.kept)
    jump = Course(c.program, c.grid, c.constants, (Move(life, 7.0, 2.0),), "euler", c.kept)
    stepper, wanted = kind(still), kind(jump)
    stepper.step(8)
    stepper.steer((life,), np.array([[7.0]]))
    stepper.step(20)
    wanted.step(28)
    np.testing.assert_array_equal(stepper.read(shown(c)), wanted.read(shown(c)))
    # a policy that is in force acts no more on what the caller steers
    ruled = kind(c)
    ruled.step(6)
    ruled.steer((life,), np.array([[0.5]]))
    assert ruled.read((life,))[0, 0] == 0.5
    ruled.step(10)
    assert ruled.read((life,))[0, 0] == 0.5


@pytest.mark.parametrize("kind", [Stepper, NativeStepper])
def test_a_stock_of_a_limited_model_is_set_before_the_first_step(kind: type[Stepper]) -> None:
    c = course("limited", "euler")
    slot = c.program.layout.slots["a"].offset
    stepper = kind(c)
    stepper.set_stocks((slot,), np.array([[4.0]]))
    assert stepper.read((slot,))[0, 0] == 4.0
    stepper.step(1)
    assert stepper.saved()[0, 0, slot] == 4.0


def test_steps_beyond_the_end_are_refused() -> None:
    stepper = Stepper(course("arrays", "euler"))
    with pytest.raises(ValueError, match="13 steps from point 0 of 12"):
        stepper.step(13)
