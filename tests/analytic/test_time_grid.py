"""Time in whole steps: what a run decides about dates of its grid is what exact fractions say."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.model.exact_time import whole_numbers
from simdistrict.model.model import TimeGrid
from simdistrict.run.plan import lowered, plan_run
from simdistrict.run.simulate import run_one, simulate
from simdistrict.scenario import RunSettings, bare_scenario, resolve, scenario_from_text
from tests.small import small

F = Fraction
STEPS = 24
TIME_STEPS = [F(1), F(1, 2), F(1, 4), F(1, 8), F(1, 10), F(1, 3), F(1, 12), F(7, 10), F(1, 365)]
STARTS = [F(0), F(1990), F(-3), F(1, 10), F(5, 3), F(24001, 12), F(123456, 10)]

# every way to ask for a date; `shown` and `scaled` reach Time through other elements
MODEL = """
    date = 1
    origin = 0
    gap = 1
    unit = 1
    width = 1
    interval = 3
    last = 9
    shown = Time - origin
    scaled = 10 * shown / unit
    met = IF THEN ELSE(Time = date, 1, 0)
    missed = IF THEN ELSE(date <> Time, 1, 0)
    before = IF THEN ELSE(Time < date, 1, 0)
    until = IF THEN ELSE(date >= Time, 1, 0)
    after = IF THEN ELSE(Time > date, 1, 0)
    since = IF THEN ELSE(Time >= date, 1, 0)
    within = IF THEN ELSE(Time >= origin + gap :AND: :NOT: (Time > date), 1, 0)
    gone = IF THEN ELSE(shown = gap, 1, 0)
    going = IF THEN ELSE(shown < gap, 1, 0)
    tenfold = IF THEN ELSE(scaled <= 10 * gap / unit, 1, 0)
    rounds = INTEGER(shown / unit)
    begins = IF THEN ELSE(MODULO(shown, unit) = 0, 1, 0)
    rest = MODULO(shown, unit)
    whole = QUANTUM(shown, unit)
    stepped = STEP(1, date)
    pulsed = PULSE(date, width)
    train = PULSE TRAIN(date, width, interval, last)
    sampled = SAMPLE IF TRUE(Time = date, Time, -1)
    reached = SAMPLE IF TRUE(shown >= gap, Time, -1)
    paused = IF THEN ELSE(Time - sampled >= gap, 1, 0)
"""
PREPARED = lowered(small(MODEL))
BARE = bare_scenario(Path("small.mdl"))


def numbers(
    start: F, step: F, backend: str = "interpreted", **values: float
) -> dict[str, list[float]]:
    """The series of a run with these constants."""
    end = float(start + STEPS * step)
    run = RunSettings(float(start), end, float(step), float(step))
    sets = [f"{name}={value!r}" for name, value in values.items()]
    resolved = resolve(BARE, PREPARED.model, sets, run)
    found = run_one(plan_run(PREPARED, resolved, backend))
    assert len(found.time) == STEPS + 1
    series = {n: np.broadcast_to(v, found.time.shape).tolist() for n, v in found.values.items()}
    return {**series, "time": found.time.tolist()}


def truths(
    start: F, step: F, date: F, origin: F, gap: F, unit: F, width: F, interval: F, last: F
) -> dict[str, Callable[[F], bool]]:
    """What holds at a time, in exact arithmetic."""

    def train(t: F) -> bool:
        lasts, s = max(width, step), t + step / 2
        whole = (lasts / step).denominator == 1
        dates = [date + k * interval for k in range(400) if date + k * interval < s]
        return t <= last and any(s < d + lasts or (whole and s == d + lasts) for d in dates)

    return {
        "met": lambda t: t == date,
        "missed": lambda t: t != date,
        "before": lambda t: t < date,
        "until": lambda t: t <= date,
        "after": lambda t: t > date,
        "since": lambda t: t >= date,
        "within": lambda t: origin + gap <= t <= date,
        "gone": lambda t: t - origin == gap,
        "going": lambda t: t - origin < gap,
        "tenfold": lambda t: t - origin <= gap,
        "begins": lambda t: (
            math.fmod((t - origin) / unit, 1) == 0 and ((t - origin) / unit).denominator == 1
        ),
        "stepped": lambda t: t + step / 2 > date,
        "pulsed": lambda t: date < t + step / 2 < date + (width if width > 0 else step),
        "train": train,
    }


def noisy(draw: st.DrawFn, value: F, largest: F) -> float:
    """The float of a number, or one beside it, as sums of times up to the largest give it."""
    return float(value) + draw(st.integers(-3, 3)) * math.ulp(float(largest))


@st.composite
def runs(draw: st.DrawFn) -> tuple[F, F, dict[str, F], dict[str, float]]:
    """A grid with numbers on it, dates on half steps too, and the floats that stand for them."""
    start, step = draw(st.sampled_from(STARTS)), draw(st.sampled_from(TIME_STEPS))
    places = st.integers(0, STEPS)
    exact = {
        "date": start + draw(st.integers(0, 2 * STEPS)) * step / 2,
        "origin": start + draw(places) * step,
        "gap": draw(places) * step,
        "unit": draw(st.integers(1, 7)) * step,
        "width": draw(st.integers(0, 9)) * step / 2,
        "interval": draw(st.integers(1, 13)) * step / 2,
        "last": start + draw(places) * step,
    }
    largest = abs(start) + STEPS * step
    return start, step, exact, {n: noisy(draw, value, largest) for n, value in exact.items()}


def check(start: F, step: F, exact: dict[str, F], found: dict[str, list[float]]) -> None:
    times = [start + i * step for i in range(STEPS + 1)]
    assert found["time"] == [float(t) for t in times]
    for name, holds in truths(start, step, **exact).items():
        assert found[name] == [float(holds(t)) for t in times], name
    since = [(t - exact["origin"]) for t in times]
    unit = exact["unit"]
    assert found["rounds"] == [float(math.trunc(x / unit)) for x in since]
    assert found["rest"] == pytest.approx(
        [float(x - math.trunc(x / unit) * unit) for x in since], abs=1e-9
    )
    assert found["whole"] == pytest.approx(
        [float(math.trunc(x / unit) * unit) for x in since], abs=1e-9
    )
    kept, held = -1.0, -1.0
    for t, x, sampled, reached in zip(
        times, since, found["sampled"], found["reached"], strict=True
    ):
        kept = float(t) if t == exact["date"] else kept
        held = float(t) if x >= exact["gap"] else held
        assert (sampled, reached) == (kept, held)


@settings(max_examples=30, deadline=None)
@given(runs())
def test_dates_of_the_grid_are_met_exactly(
    drawn: tuple[F, F, dict[str, F], dict[str, float]],
) -> None:
    start, step, exact, floats = drawn
    check(start, step, exact, numbers(start, step, **floats))


@pytest.mark.parametrize("step", TIME_STEPS)
def test_compiled_code_meets_the_same_dates(step: F) -> None:
    start = F(5, 3)
    exact = {
        "date": start + 7 * step / 2,
        "origin": start + 2 * step,
        "gap": 9 * step,
        "unit": 3 * step,
        "width": 2 * step,
        "interval": 5 * step,
        "last": start + 20 * step,
    }
    floats = {name: float(value) for name, value in exact.items()}
    found = numbers(start, step, "native", **floats)
    check(start, step, exact, found)
    assert found == numbers(start, step, **floats)


@pytest.mark.parametrize("integrator", ["euler", "rk4", "adaptive", "stiff"])
@pytest.mark.parametrize("step", [0.1, 1 / 3, 1 / 12, 0.5])
def test_every_integrator_saves_what_holds_at_a_point(integrator: str, step: float) -> None:
    text = """
        date = 3 * TIME STEP
        met = IF THEN ELSE(Time = date, 1, 0)
        until = IF THEN ELSE(Time <= date, 1, 0)
        after = IF THEN ELSE(Time > date, 1, 0)
        stepped = STEP(1, date)
        taken = SAMPLE IF TRUE(Time = date, Time, -1)
        level = INTEG(stepped, 0)
    """
    model = small(text, stop=8 * step, time_step=step, save_step=step)
    found = simulate(model, integrator=integrator)
    assert found["met"].values.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert found["until"].values.tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 0]
    assert found["after"].values.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert found["stepped"].values.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1]
    assert found["taken"].values[4:].tolist() == [found.time.values[3]] * 5
    assert found["level"].values == pytest.approx([max(k - 3, 0) * step for k in range(9)])


# each begins to hold at 0.4, on a grid from 0 with steps of 0.1
CLOCKS = [
    "Time - 0.4 >= 0",
    "0.4 <= shown",
    "Time * 10 >= 4",
    "half >= 0.2",
    "Time - gap >= 0.3",
    "(Time - 0.2) / 0.4 >= 0.5",
    "FINAL TIME - Time <= 0.5",
    "INTEGER(Time * 5) >= 2",
    "MIN(Time, 1) >= 0.4",
    "MAX(gap, shown) > 0.3",
    "IF THEN ELSE(Time > gap, shown, 0) >= 0.4",
    "shown >= 0.4 :AND: Time < 5",
    "own[a] >= 0.4",
    "own[b] >= 0.8",
]


@pytest.mark.parametrize("backend", ["interpreted", "native"])
def test_every_clock_holds_through_a_step_as_time_does(backend: str) -> None:
    clocks = ["Time >= 0.4", *CLOCKS]
    text = "region: a, b ~~|\nshown = Time\nhalf = Time / 2\ngap = 0.1\nspeed[region] = 1, 2\n"
    text += "own[region] = speed[region] * Time\n"
    text += "each[region] = INTEG(IF THEN ELSE(own[region] >= 0.4, 1, 0), 0)\n"
    for k, clock in enumerate(clocks):
        text += f"x{k} = INTEG(IF THEN ELSE({clock}, 1, 0), 0)\n"
    model = small(text, stop=0.9, time_step=0.1, save_step=0.1)
    found = simulate(model, integrator="rk4", backend=backend)
    plain = found["x0"].values
    assert plain[-1] == pytest.approx(0.5, rel=1e-14)
    for k, clock in enumerate(clocks):
        assert found[f"x{k}"].values.tolist() == plain.tolist(), clock
    assert found["each"].values[-1] == pytest.approx([0.5, 0.7], rel=1e-14)


def test_what_is_no_clock_is_read_at_the_stages_of_a_step() -> None:
    # the level runs like Time, but nobody knows before the run: it passes 0.35 within a step
    text = "level = INTEG(1, 0)\nx = INTEG(IF THEN ELSE(Time + level >= 0.7, 1, 0), 0)"
    found = simulate(small(text, stop=1, time_step=0.1, save_step=0.1), integrator="rk4")
    assert found["x"].values[-1] == pytest.approx(0.6 + 0.1 * 5 / 6, rel=1e-12)


def test_a_clock_through_many_elements_is_lowered_at_once() -> None:
    chain = "\n".join(f"t{k + 1} = t{k} + t{k}" for k in range(40))
    text = f"t0 = Time\n{chain}\nx = IF THEN ELSE(t40 >= {2.0**40 * 0.5!r}, 1, 0)"
    found = simulate(small(text, stop=1, time_step=0.25, save_step=0.25), integrator="rk4")
    assert found["x"].values.tolist() == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("backend", ["interpreted", "native"])
@pytest.mark.parametrize("step", [0.1, 0.05, 0.2, 0.3, 1 / 3])
def test_every_label_has_a_clock_of_its_own(step: float, backend: str) -> None:
    text = f"""
        team : one, other
        turns[team] = 2, 3
        shift[team] = Time / (turns[team] * {step!r})
        done[team] = IF THEN ELSE(shift[team] >= 1, 1, 0)
        late = SUM(IF THEN ELSE(Time / {step!r} - turns[team!] > 1, 1, 0))
        rounds[team] = INTEGER(shift[team])
        table(({0.0!r}, 1), ({3 * step!r}, 2), ({9 * step!r}, 3))
        backward = LOOKUP BACKWARD(table, Time - 0.3 + 0.3)
        forward = LOOKUP FORWARD(table, Time - 0.3 + 0.3)
    """
    model = small(text, stop=9 * step, time_step=step, save_step=step)
    found = simulate(model, backend=backend)
    assert found["done"].values.T.tolist() == [[k >= turns for k in range(10)] for turns in (2, 3)]
    assert found["late"].values.tolist() == [(k > 3) + (k > 4) for k in range(10)]
    assert found["rounds"].values.T.tolist() == [[k // n for k in range(10)] for n in (2, 3)]
    assert found["backward"].values.tolist() == [1, 1, 1, 2, 2, 2, 2, 2, 2, 3]
    assert found["forward"].values.tolist() == [1, 2, 2, 2, 3, 3, 3, 3, 3, 3]


@pytest.mark.parametrize("step", [0.1, 1 / 12, 0.7])
def test_a_policy_acts_from_one_point_to_another(step: float) -> None:
    model = small("rate = 1\nlevel = INTEG(rate, 0)", stop=20 * step, time_step=step)
    # floats of the dates as sums have them
    start, end = sum([step] * 6), sum([step] * 11)
    policy = f"{{start: {start!r}, end: {end!r}, set: {{rate: 2}}}}"
    text = f"title: x\nmodel: small\npolicies: {{push: {policy}}}"
    scenario = scenario_from_text(text, "push.yaml")
    found = simulate(model, scenario, save_step=step)["rate"].values.tolist()
    assert found == [1.0] * 6 + [2.0] * 5 + [1.0] * 10


def test_a_train_that_begins_between_points_has_pulses_of_whole_steps() -> None:
    model = small("train = PULSE TRAIN(2.5, WIDTH, 5, 100)\n".replace("WIDTH", "2"), stop=14)
    assert simulate(model)["train"].values.tolist() == [0] * 3 + [1, 1, 0, 0, 0] * 2 + [1, 1]


@given(
    st.floats(-1e6, 1e6),
    st.one_of(st.floats(1e-9, 1e3), st.sampled_from([float(s) for s in TIME_STEPS])),
    st.integers(0, 10_000),
)
def test_times_without_a_simple_fraction_are_sums(start: float, step: float, i: int) -> None:
    grid = TimeGrid(start, 10_000, step, 1)
    exact = F(start) + i * F(step)
    slip = 4 * (math.ulp(start) + i * math.ulp(step) + math.ulp(float(exact)))
    assert abs(F(grid.at(i)) - exact) <= slip
    assert grid.at(0) == start


def test_powers_of_two_keep_their_bits() -> None:
    for step in (1.0, 0.5, 0.125, 2.0**-12, 2.0**-40):
        for start in (0.0, 1980.0, -2.25):
            grid = TimeGrid(start, 5000, step, 1)
            assert [grid.at(i) for i in range(50)] == [start + i * step for i in range(50)]
    assert whole_numbers(math.pi, 1.0, 10) == (math.pi, 1.0, 1.0)


@pytest.mark.parametrize(("save", "times"), [(0.6, [0, 0.5, 1.25, 1.75, 2.5, 3]), (0.1, None)])
def test_the_nearest_step_to_each_save_time_is_saved(save: float, times: list[float]) -> None:
    found = simulate(small("x = INTEG(1, 0)", stop=3, time_step=0.25), save_step=save)
    assert found.time.values.tolist() == (times or [k / 4 for k in range(13)])
    assert found["x"].values.tolist() == found.time.values.tolist()
