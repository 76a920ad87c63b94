"""Warnings about short delays against the closed form of Euler's and Runge-Kutta's method.

A stock that loses the share z of itself per time step is multiplied in each step by 1 - z (Euler)
or by 1 - z + z^2/2 - z^3/6 + z^4/24 (the classical Runge-Kutta method).
"""

from __future__ import annotations

import logging

import numpy as np
import pytest

from simdistrict.run.simulate import simulate
from tests.small import small

SHARES = (0.5, 0.999, 1.0, 1.001, 1.5, 1.999, 2.001, 2.5, 2.78, 2.79, 3.0)


def factor(share: float, integrator: str) -> float:
    """What a time step multiplies the stock by."""
    if integrator == "euler":
        return 1 - share
    return 1 - share + share**2 / 2 - share**3 / 6 + share**4 / 24


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
@pytest.mark.parametrize("share", SHARES)
def test_a_warning_is_given_exactly_where_steps_are_too_long(
    share: float, integrator: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = small(f"S = INTEG(-out, 1)\nout = S / T\nT = {1 / share!r}", stop=6)
    with caplog.at_level(logging.WARNING):
        run = simulate(model, integrator=integrator)
    by = factor(share, integrator)
    np.testing.assert_allclose(run.s.values, by ** np.arange(7), rtol=1e-9, atol=1e-12)
    assert ("shorter than TIME STEP 1" in caplog.text) == (share > 1)
    assert ("swings ever wider" in caplog.text) == (abs(by) > 1)


@pytest.mark.parametrize("length", [0.3, 0.6, 0.99, 1.0, 1.01, 4.0])
def test_a_smooth_overshoots_exactly_where_it_is_said(
    length: float, caplog: pytest.LogCaptureFixture
) -> None:
    model = small(f"x = SMOOTH(goal, {length!r})\ngoal = STEP(1, 2)", stop=8)
    with caplog.at_level(logging.WARNING):
        run = simulate(model, integrator="euler")
    assert (run.x.values.max() > 1 + 1e-12) == ("SMOOTH over" in caplog.text)
