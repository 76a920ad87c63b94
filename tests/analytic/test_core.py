"""models/core against its closed form: fixed points, folds and stability.

At a fixed point with home share x:
  ln(1 + tariff) = ln(cost ratio) + ln(x/(1-x))/eta - g ln((x + eps)/(1 + eps)),
and folds solve eta g x^2 - (eta g - 1) x + eps = 0.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.lowering.build import build
from simdistrict.exchange.mdl.reader import read_mdl
from simdistrict.run.simulate import simulate

CORE = read_mdl(Path(__file__).parents[2] / "models" / "core" / "core.mdl")
PROGRAM = build(CORE)


def tariff_at(x: float, eta: float, g: float, eps: float, kappa: float) -> float:
    """The tariff at which the home share x is a fixed point."""
    log = math.log(kappa) + math.log(x / (1 - x)) / eta - g * math.log((x + eps) / (1 + eps))
    return math.exp(log) - 1


def folds(eta: float, g: float, eps: float) -> list[float]:
    """The home shares at the folds, larger first; none where there is one equilibrium only."""
    a, b = eta * g, eta * g - 1
    inside = b * b - 4 * a * eps
    if a <= 1 or inside <= 0:
        return []
    return [(b + math.sqrt(inside)) / (2 * a), (b - math.sqrt(inside)) / (2 * a)]


def net_flow(experience: float, **constants: float) -> float:
    """The model's own rate of change of home experience."""
    v = list(PROGRAM.layout.template)
    for name, value in constants.items():
        v[PROGRAM.layout.slots[name.replace("_", " ")].offset] = value
    kernel = Kernel(PROGRAM)
    kernel.once(v)
    kernel.start(v)
    v[PROGRAM.layout.slots["home experience"].offset] = experience
    kernel.derive(v)
    return v[PROGRAM.layout.rates.start]


@settings(max_examples=200, deadline=None)
@given(
    eta=st.floats(1, 10),
    g=st.floats(0.05, 0.6),
    eps=st.floats(0.005, 0.1),
    kappa=st.floats(0.8, 2.5),
    x=st.floats(0.01, 0.99),
)
def test_fixed_points_are_those_of_the_closed_form(
    eta: float, g: float, eps: float, kappa: float, x: float
) -> None:
    rate = net_flow(
        (x + eps) / (1 + eps),
        sourcing_elasticity=eta,
        experience_exponent=g,
        background_experience=eps,
        cost_ratio=kappa,
        tariff=tariff_at(x, eta, g, eps, kappa),
        forgetting_rate=1.0,
    )
    assert abs(rate) < 1e-9


# the table of the specification: eta, g, eps, kappa, tariff at the gain and at the loss
TABLE = [
    (5, 0.30, 0.03, 1.3, 0.5604, 0.5425),
    (5, 0.40, 0.03, 1.3, 1.0229, 0.6945),
    (8, 0.30, 0.03, 1.3, 0.9816, 0.5835),
    (5, 0.40, 0.05, 1.5, 1.1335, 0.9388),
    (5, 0.40, 0.01, 1.3, 1.4897, 0.7085),
]


@pytest.mark.parametrize(("eta", "g", "eps", "kappa", "gain", "loss"), TABLE)
def test_folds_of_the_specification(
    eta: float, g: float, eps: float, kappa: float, gain: float, loss: float
) -> None:
    high, low = folds(eta, g, eps)
    assert tariff_at(low, eta, g, eps, kappa) == pytest.approx(gain, abs=6e-5)
    assert tariff_at(high, eta, g, eps, kappa) == pytest.approx(loss, abs=6e-5)


@pytest.mark.parametrize(("eta", "g", "eps", "kappa", "gain", "loss"), TABLE)
def test_the_model_has_two_stable_worlds_between_its_folds_and_one_outside(
    eta: float, g: float, eps: float, kappa: float, gain: float, loss: float
) -> None:
    def ends(tariff: float) -> tuple[float, float]:
        found = []
        for initial in (0.02, 1.0):
            sets = {
                "sourcing elasticity": eta,
                "experience exponent": g,
                "background experience": eps,
                "cost ratio": kappa,
                "tariff": tariff,
                "forgetting rate": 1.0,
                "initial home experience": initial,
            }
            result = simulate(
                CORE,
                sets=[f"{name}={value!r}" for name, value in sets.items()],
                final_time=4000.0,
                time_step=0.5,
                save_step=100.0,
                integrator="rk4",
            )
            found.append(float(result.home_share[-1]))
        return found[0], found[1]

    middle = (gain + loss) / 2
    low, high = ends(middle)
    assert high - low > 0.1
    for x in (low, high):
        assert tariff_at(x, eta, g, eps, kappa) == pytest.approx(middle, abs=1e-6)
    for outside in (gain * 1.05, loss * 0.95):
        low, high = ends(outside)
        assert low == pytest.approx(high, abs=1e-6)


def test_no_folds_below_the_threshold() -> None:
    assert folds(5, 0.15, 0.03) == []
    share = np.linspace(0.001, 0.999, 999)
    tariffs = [tariff_at(float(x), 5, 0.15, 0.03, 1.3) for x in share]
    assert np.all(np.diff(tariffs) > 0)
