"""Warnings about dates against the runs that they are about: said exactly where nothing happens."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.run.plan import intended, lowered, plan_run
from simdistrict.run.preflight import warnings_of
from simdistrict.run.simulate import run_one
from simdistrict.scenario import resolve, scenario_from_text
from tests.small import small

STEPS = [Fraction(1), Fraction(1, 2), Fraction(1, 10), Fraction(1, 3), Fraction(1, 12)]
STARTS = [Fraction(0), Fraction(2000), Fraction(-3, 2)]
OPS = ["=", "<>", "<", "<=", ">", ">="]


@st.composite
def grids(draw: st.DrawFn) -> tuple[Fraction, Fraction, int]:
    """Start, time step and number of steps."""
    number = draw(st.integers(1, 9))
    return draw(st.sampled_from(STARTS)), draw(st.sampled_from(STEPS)), number


# dates and widths in time steps, some of them between two
DATES = st.integers(-12, 48).map(lambda k: Fraction(k, 4))
WIDTHS = st.integers(0, 10).map(lambda k: Fraction(k, 4))


def ran(expression: str, grid: tuple[Fraction, Fraction, int]) -> tuple[list[str], np.ndarray]:
    """What is said about an expression before a run, and its values in the run."""
    start, step, number = grid
    model = small(
        f"x = {expression}",
        start=float(start),
        stop=float(start + number * step),
        time_step=float(step),
        save_step=float(step),
    )
    resolved = resolve(scenario_from_text("title: x\n", "s.yaml"), model)
    plan = plan_run(lowered(model), resolved, "interpreted")
    said = [warning.what for warning in warnings_of(intended(plan))]
    values = run_one(plan).values["x"]
    return said, np.atleast_1d(values)


def at(grid: tuple[Fraction, Fraction, int], steps: Fraction) -> str:
    """A date so many steps after the start, as a model file spells it."""
    return repr(float(grid[0] + steps * grid[1]))


@settings(max_examples=100)
@given(grids(), st.sampled_from(OPS), DATES)
def test_a_comparison(grid: tuple[Fraction, Fraction, int], op: str, steps: Fraction) -> None:
    said, values = ran(f"IF THEN ELSE(Time {op} {at(grid, steps)}, 1, 0)", grid)
    never = any("never true" in what for what in said)
    always = any("always true" in what for what in said)
    inside = 0 <= steps <= grid[2]
    on_a_step = steps.denominator == 1
    if never:
        assert not values.any()
    if always:
        assert values.all()
    # at the ends of the run, and between its steps, a bound is meant
    constant = values.min() == values.max()
    expected = constant and (not inside or (op in ("=", "<>") and not on_a_step))
    assert (never or always) == expected


@settings(max_examples=60)
@given(grids(), DATES, DATES, st.sampled_from([">", ">="]), st.sampled_from(["<", "<="]))
def test_two_comparisons(
    grid: tuple[Fraction, Fraction, int], low: Fraction, high: Fraction, after: str, before: str
) -> None:
    condition = f"Time {after} {at(grid, low)} :AND: Time {before} {at(grid, high)}"
    said, values = ran(f"IF THEN ELSE({condition}, 1, 0)", grid)
    if any("never true" in what for what in said):
        assert not values.any()
    elif 0 <= low <= grid[2] and 0 <= high <= grid[2] and (low, after) != (grid[2], ">"):
        assert values.any()


@settings(max_examples=100)
@given(grids(), DATES, WIDTHS)
def test_a_pulse(grid: tuple[Fraction, Fraction, int], start: Fraction, width: Fraction) -> None:
    said, values = ran(f"PULSE({at(grid, start)}, {float(width * grid[1])!r})", grid)
    assert bool(said) == (not values.any() or start > grid[2])


@settings(max_examples=60)
@given(grids(), DATES)
def test_a_step(grid: tuple[Fraction, Fraction, int], start: Fraction) -> None:
    said, values = ran(f"STEP(1, {at(grid, start)})", grid)
    assert bool(said) == (start > grid[2])
    if said:
        assert not values[:-1].any()


@settings(max_examples=100)
@given(grids(), DATES, WIDTHS, WIDTHS, DATES)
def test_a_train(
    grid: tuple[Fraction, Fraction, int],
    start: Fraction,
    width: Fraction,
    interval: Fraction,
    end: Fraction,
) -> None:
    numbers = [float(width * grid[1]), float(interval * grid[1])]
    dates = at(grid, start), at(grid, end)
    said, values = ran(f"PULSE TRAIN({dates[0]}, {numbers[0]}, {numbers[1]}, {dates[1]})", grid)
    one = any("one pulse" in what for what in said)
    never = any("never acts" in what for what in said)
    if not one and start <= grid[2] and end >= max(start, 0):
        assert never == (not values.any())
    if never and end < start - 1:
        assert not values.any()
    if any("always on" in what for what in said):
        first = max(0, int(np.ceil(start)))
        last = min(grid[2], int(np.floor(end)))
        assert values[first : last + 1].all()
