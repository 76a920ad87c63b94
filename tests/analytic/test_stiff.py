"""Stiff models: implicit methods against published and closed solutions; who is told of them."""

from __future__ import annotations

import logging
import math

import numpy as np
import pytest

from simdistrict.engine import backends
from simdistrict.engine.integrators.stiffness import fastest
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.lowering.build import build
from simdistrict.engine.outcome import Outcome
from simdistrict.run.simulate import simulate
from tests.small import small

IMPLICIT = ["stiff", "bdf", "radau"]
BACKENDS = ["interpreted", "native"]
# Robertson's problem, a mechanism of three reactions with rates from 0.04 to 3e7
ROBERTSON = """
    a = INTEG(-0.04 * a + 1e4 * b * c, 1)
    b = INTEG(0.04 * a - 1e4 * b * c - 3e7 * b * b, 0)
    c = INTEG(3e7 * b * b, 0)
"""
# a fast stock that follows a slow one, whose target jumps at a date off every grid
FOLLOWING = """
    x = INTEG(-rate * (x - target), 0)
    slow = INTEG(x, 0)
    target = 1 + STEP(1, 3.21)
    rate = 1e6
"""
VAN_DER_POL = """
    x = INTEG(y, 2)
    y = INTEG(mu * (1 - x * x) * y - x, 0)
    mu = 1000
"""
PENDULUM = """
    x = INTEG(y, 1)
    y = INTEG(-x, 0)
"""


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("integrator", IMPLICIT)
def test_robertsons_problem_at_its_published_point(integrator: str, backend: str) -> None:
    model = small(ROBERTSON, stop=40, time_step=1)
    run = simulate(model, integrator=integrator, backend=backend, rtol=1e-10, atol=1e-14)
    assert int(run["outcome"]) == Outcome.completed
    # t = 40, as Lawrence Livermore's example programs of LSODE print it
    np.testing.assert_allclose(
        [float(run[name][-1]) for name in "abc"], [7.158e-1, 9.185e-6, 2.842e-1], rtol=2e-4
    )
    # and mass is kept
    np.testing.assert_allclose(run["a"] + run["b"] + run["c"], 1, rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("integrator", IMPLICIT)
def test_steps_restart_where_a_target_jumps(integrator: str, backend: str) -> None:
    run = simulate(small(FOLLOWING), integrator=integrator, backend=backend)
    rate, jump = 1e6, 3.21

    def exact(t: float) -> float:
        after = max(t - jump, 0.0)
        lag = (1 - math.exp(-rate * t)) / rate + (1 - math.exp(-rate * after)) / rate
        return t + after - lag

    times = run["time"].to_numpy()
    np.testing.assert_allclose(run["slow"], [exact(t) for t in times], rtol=1e-7, atol=1e-9)


def test_implicit_methods_agree_on_a_relaxation_oscillator() -> None:
    model = small(VAN_DER_POL, stop=1000, time_step=10, save_step=10)
    runs = [simulate(model, integrator=name, backend="native") for name in IMPLICIT]
    for other in runs[1:]:
        np.testing.assert_allclose(other["x"], runs[0]["x"], rtol=2e-5)
    # three methods, not one with three names
    assert len({run["x"].to_numpy().tobytes() for run in runs}) == len(IMPLICIT)


def test_a_run_that_ends_at_the_limit_says_that_the_model_is_stiff() -> None:
    model = small(VAN_DER_POL, stop=1000, time_step=10, save_step=10)
    run = simulate(model, integrator="adaptive", backend="native")
    assert int(run["outcome"]) == Outcome.step_limit
    message = str(run["outcome_message"].to_numpy())
    assert "the model is stiff" in message
    assert "use --integrator stiff, bdf or radau" in message


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_slow_run_of_a_stiff_model_is_remarked(
    backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = small(ROBERTSON, stop=10, time_step=1)
    with caplog.at_level(logging.WARNING):
        simulate(model, integrator="adaptive", backend=backend)
    assert "the model is stiff" in caplog.text
    assert "--integrator stiff, bdf or radau" in caplog.text


def test_a_long_run_that_needs_its_steps_is_not(caplog: pytest.LogCaptureFixture) -> None:
    model = small(PENDULUM, stop=1000, time_step=100, save_step=100)
    with caplog.at_level(logging.WARNING):
        run = simulate(model, integrator="adaptive", backend="native")
    np.testing.assert_allclose(run["x"], np.cos(run["time"]), atol=1e-5)
    assert not caplog.text


def test_the_fastest_rate_is_the_largest_eigenvalue() -> None:
    program = build(small("x = INTEG(-3 * x + 1000 * y, 1e6)\ny = INTEG(-70 * y, 2)\n"))
    v = list(program.layout.template)
    kernel = Kernel(program)
    kernel.once(v)
    kernel.start(v)
    kernel.settle(v)
    assert fastest(program, kernel, v) == pytest.approx(70, rel=1e-3)


def test_each_implicit_integrator_has_a_method_of_scipy() -> None:
    assert tuple(IMPLICIT) == backends.IMPLICIT
