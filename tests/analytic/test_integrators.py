"""Integrators against solutions known in closed form: order, switches, counted time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.base.errors import EngineError
from simdistrict.run.simulate import simulate
from tests.small import small

LOGISTIC = """
capacity = INTEG(growth, 0.1)
growth = 0.8 * capacity * (1 - capacity)
"""


def logistic(t: float) -> float:
    return 1 / (1 + 9 * math.exp(-0.8 * t))


def error(integrator: str, time_step: float, **more: float) -> float:
    result = simulate(
        small(LOGISTIC), integrator=integrator, time_step=time_step, save_step=1.0, **more
    )
    exact = np.array([logistic(t) for t in result.time.values])
    return float(np.abs(result.capacity.values - exact).max())


@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("rk4", 4)])
def test_error_falls_with_the_order_of_the_integrator(integrator: str, order: int) -> None:
    coarse, fine = error(integrator, 0.125), error(integrator, 0.0625)
    assert math.log2(coarse / fine) == pytest.approx(order, abs=0.2)


def test_adaptive_error_follows_the_tolerance() -> None:
    errors = [error("adaptive", 1.0, rtol=rtol, atol=rtol) for rtol in (1e-4, 1e-7, 1e-10)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-9


SWITCHES = """
switched = INTEG(STEP(2, 3) + PULSE(5, 2) - STEP(1, 8), 0)
"""


def switched(t: float) -> float:
    return 2 * max(t - 3, 0) + min(max(t - 5, 0), 2) - max(t - 8, 0)


@pytest.mark.parametrize("integrator", ["euler", "rk4", "adaptive"])
@pytest.mark.parametrize("time_step", [1.0, 0.5, 0.125, 0.1, 1 / 3])
def test_step_and_pulse_switch_exactly_on_time(integrator: str, time_step: float) -> None:
    result = simulate(small(SWITCHES), integrator=integrator, time_step=time_step, save_step=1.0)
    exact = [switched(t) for t in result.time.values]
    assert result.switched.values == pytest.approx(exact, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(start=st.floats(0.5, 4.5), length=st.floats(0.1, 4.0), height=st.floats(-3, 3))
def test_adaptive_hits_dates_off_every_grid(start: float, length: float, height: float) -> None:
    model = small(
        f"area = INTEG({height!r} * PULSE({start!r}, {length!r}) + RAMP(1, {start!r}, 9), 0)"
    )
    result = simulate(model, integrator="adaptive", rtol=1e-10, atol=1e-12)
    t = result.time.values
    ramp = np.clip(np.minimum(t, 9) - start, 0, None)
    held = np.clip(t - 9, 0, None) * (9 - start)
    exact = height * np.clip(t - start, 0, length) + ramp**2 / 2 + held
    assert result.area.values == pytest.approx(exact, abs=1e-8)


def test_rk4_keeps_its_order_across_a_switch_on_the_grid() -> None:
    model = small("level = INTEG(STEP(1, 2) - level / 3, 1)")

    def worst(time_step: float) -> float:
        result = simulate(model, integrator="rk4", time_step=time_step, save_step=1.0)
        t = result.time.values
        exact = np.exp(-t / 3) + np.where(t > 2, 3 * (1 - np.exp(-(t - 2) / 3)), 0)
        return float(np.abs(result.level.values - exact).max())

    assert math.log2(worst(0.25) / worst(0.125)) == pytest.approx(4, abs=0.3)


def test_comparison_with_time_switches_between_steps() -> None:
    model = small("level = INTEG(IF THEN ELSE(Time >= 4, 1, 0), 0)")
    for integrator in ("euler", "rk4", "adaptive"):
        result = simulate(model, integrator=integrator, time_step=0.5, save_step=1.0)
        assert result.level.values == pytest.approx(np.clip(result.time.values - 4, 0, None))


def test_sample_if_true_is_found_where_its_condition_changes() -> None:
    model = small(
        """
        level = INTEG(-level / 5, 10)
        seen = SAMPLE IF TRUE(level > 4, level, 0)
        """
    )
    result = simulate(model, integrator="adaptive", rtol=1e-10, atol=1e-12)
    assert float(result.seen[-1]) == pytest.approx(4, abs=1e-7)
    assert result.seen.values[:4] == pytest.approx(10 * np.exp(-np.arange(4) / 5), rel=1e-8)


@pytest.mark.parametrize("time_step", [0.1, 1 / 3, 1 / 12, 0.125])
def test_time_is_counted_and_both_ends_are_saved(time_step: float) -> None:
    model = small("level = INTEG(1, 0)", start=1990, stop=2050)
    result = simulate(model, time_step=time_step, save_step=1.0)
    steps = round(1 / time_step)
    assert result.time.values.tolist() == [1990 + k * steps * time_step for k in range(61)]
    assert result.time.values[-1] == pytest.approx(2050, abs=1e-9)


def test_the_last_point_is_saved_when_the_save_step_does_not_divide_the_run() -> None:
    result = simulate(small("level = INTEG(1, 0)", stop=10), save_step=4.0)
    assert result.time.values.tolist() == [0, 4, 8, 10]


def test_smooth_and_delay_have_the_response_of_their_order() -> None:
    model = small(
        """
        first = SMOOTHI(1, 4, 0)
        third = SMOOTH3I(1, 4, 0)
        out = DELAY3I(1, 4, 0)
        """
    )
    result = simulate(model, integrator="adaptive", rtol=1e-10, atol=1e-12)
    t = result.time.values
    erlang = 1 - np.exp(-3 * t / 4) * (1 + 3 * t / 4 + (3 * t / 4) ** 2 / 2)
    assert result.first.values == pytest.approx(1 - np.exp(-t / 4), abs=1e-8)
    assert result.third.values == pytest.approx(erlang, abs=1e-8)
    assert result.out.values == pytest.approx(erlang, abs=1e-8)


@pytest.mark.parametrize("backend", ["interpreted", "native"])
@pytest.mark.parametrize("integrator", ["adaptive", "stiff"])
def test_a_tolerance_that_numbers_do_not_hold_is_refused(integrator: str, backend: str) -> None:
    model = small("y = INTEG(-y, 1)")
    simulate(model, integrator=integrator, backend=backend, rtol=1e-13)
    with pytest.raises(EngineError, match="give 1e-13 or more"):
        simulate(model, integrator=integrator, backend=backend, rtol=1e-30)
