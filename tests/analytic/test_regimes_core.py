"""The laboratory of regimes on models/core, against its closed form.

With a = eta g: equilibria at home share x have ln(1 + tariff) = ln(kappa) + ln(x/(1-x))/eta
- g ln((x + eps)/(1 + eps)); folds solve a x^2 - (a - 1) x + eps = 0; the cusp of the folds is
where that has one root, (a - 1)^2 = 4 a eps.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simdistrict.regimes.frozen import freeze
from simdistrict.regimes.model_field import ModelField, field_of
from simdistrict.regimes.numerics.basin import basins
from simdistrict.regimes.numerics.diagram import branches
from simdistrict.regimes.numerics.ending import Reason
from simdistrict.regimes.numerics.equilibrium import equilibria
from simdistrict.regimes.numerics.fold_curve import fold_curves
from simdistrict.regimes.numerics.policies import policy_map
from simdistrict.regimes.numerics.stability import Stability
from simdistrict.regimes.numerics.sweep import BISTABLE, SLOW, hysteresis
from simdistrict.run.plan import plans_for
from simdistrict.run.simulate import simulate
from simdistrict.scenario import scenario_from_text

Constants = tuple[float, float, float, float]


def tariff_at(x: float, constants: Constants) -> float:
    eta, g, eps, kappa = constants
    log = math.log(kappa) + math.log(x / (1 - x)) / eta - g * math.log((x + eps) / (1 + eps))
    return math.expm1(log)


def folds(constants: Constants) -> list[float]:
    """Home shares at the folds, ascending."""
    eta, g, eps, _ = constants
    a = eta * g
    inside = (a - 1) ** 2 - 4 * a * eps
    if a <= 1 or inside <= 0:
        return []
    return [(a - 1 - math.sqrt(inside)) / (2 * a), (a - 1 + math.sqrt(inside)) / (2 * a)]


def shares_at(tariff: float, constants: Constants) -> list[float]:
    """All home shares that are fixed points: one on each monotone piece, by bisection."""
    edges = [1e-15, *folds(constants), 1 - 1e-15]
    found = []
    for low, high in itertools.pairwise(edges):
        rising = tariff_at(high, constants) > tariff_at(low, constants)
        if not min(tariff_at(low, constants), tariff_at(high, constants)) < tariff:
            continue
        if not max(tariff_at(low, constants), tariff_at(high, constants)) > tariff:
            continue
        for _ in range(200):
            middle = (low + high) / 2
            if (tariff_at(middle, constants) < tariff) == rising:
                low = middle
            else:
                high = middle
        found.append((low + high) / 2)
    return found


def field(constants: Constants, *parameters: str) -> ModelField:
    eta, g, eps, kappa = constants
    values = {
        "sourcing elasticity": eta,
        "experience exponent": g,
        "background experience": eps,
        "cost ratio": kappa,
    }
    (plan,) = plans_for(["core"], [f"{name}={value!r}" for name, value in values.items()])
    return field_of(freeze(plan, 10), parameters)


drawn = st.tuples(
    st.floats(2, 10), st.floats(0.1, 0.6), st.floats(0.005, 0.08), st.floats(1.0, 2.0)
)


@settings(max_examples=25)
@given(constants=drawn, tariff=st.floats(0.05, 2.5))
def test_equilibria_are_those_of_the_formula_none_missed_none_invented(
    constants: Constants, tariff: float
) -> None:
    expected = shares_at(tariff, constants)
    # within a hair of a fold two equilibria are closer than any search tells apart
    assume(all(abs(tariff_at(x, constants) - tariff) > 1e-4 for x in folds(constants)))
    eps = constants[2]
    found = equilibria(field(constants, "tariff"), (tariff,))
    states = sorted(float(e.state[0]) for e in found.equilibria)
    assert states == pytest.approx([(x + eps) / (1 + eps) for x in expected], abs=1e-6)
    kinds = [e.spectrum.stability for e in sorted(found.equilibria, key=lambda e: e.state[0])]
    middle = [Stability.stable, Stability.unstable, Stability.stable]
    assert kinds == (middle if len(kinds) == 3 else [Stability.stable])


@settings(max_examples=15)
@given(constants=drawn)
def test_folds_are_those_of_the_formula_none_missed_none_invented(constants: Constants) -> None:
    eta, g, eps, _ = constants
    a = eta * g
    # next to the cusp the two folds merge
    assume(abs((a - 1) ** 2 - 4 * a * eps) > 1e-3)
    low, high = 0.0, 4.0
    expected = sorted(tariff_at(x, constants) for x in folds(constants))
    assume(all(abs(t - edge) > 1e-3 for t in expected for edge in (low, high)))
    inside = [t for t in expected if low < t < high]
    found = branches(field(constants, "tariff"), low, high, stops=3)
    assert sorted(s.parameter for s in found.specials("fold")) == pytest.approx(inside, abs=1e-8)
    assert not any(found.specials(kind) for kind in ("hopf", "branch point", "kink"))
    for branch in found.branches:
        assert all(ending.reason is Reason.bounds for ending in branch.endings)
        for p, state, spectrum in zip(
            branch.parameters, branch.states, branch.spectra, strict=True
        ):
            x = float(state[0] * (1 + eps) - eps)
            # x is a difference of two numbers: where it is tiny, their last digit counts
            assert tariff_at(x, constants) == pytest.approx(p, abs=1e-6 + 1e-17 / x)
            # d(tariff)/dx > 0 on stable pieces
            slope = a * x * x - (a - 1) * x + eps
            if abs(slope) > 1e-3:
                assert (spectrum.stability is Stability.stable) == (slope > 0)


def test_the_cusp_of_the_folds_is_where_the_formula_has_it() -> None:
    eta, eps = 5.0, 0.03
    constants = (eta, 0.4, eps, 1.3)
    found = branches(field(constants, "tariff"), 0.0, 3.0, stops=2)
    both = field(constants, "tariff", "experience exponent")
    curves = fold_curves(both, found.specials("fold"), 0.4, (0.0, 3.0), (0.1, 0.6))
    (curve,) = curves
    (cusp,) = curve.cusps
    a = (2 + 4 * eps + math.sqrt((2 + 4 * eps) ** 2 - 4)) / 2
    assert cusp.parameters[1] == pytest.approx(a / eta, abs=1e-7)
    x = (a - 1) / (2 * a)
    assert cusp.parameters[0] == pytest.approx(tariff_at(x, (eta, a / eta, eps, 1.3)), abs=1e-6)
    for tariff, g in curve.parameters:
        exact = [tariff_at(x, (eta, g, eps, 1.3)) for x in folds((eta, g, eps, 1.3))]
        if len(exact) == 2 and abs(exact[0] - exact[1]) > 1e-4:
            assert min(abs(tariff - t) for t in exact) < 1e-7


def test_the_share_of_a_basin_is_what_lies_beyond_the_separatrix() -> None:
    constants = (5.0, 0.4, 0.03, 1.3)
    lab = field(constants, "tariff")
    found = basins(lab, (0.85,), np.array([0.01]), np.array([1.0]), 400, seed=3)
    assert len(found.attractors) == 2
    assert (found.ids >= 0).all()
    separatrix = (sorted(shares_at(0.85, constants))[1] + 0.03) / 1.03
    assert found.shares[0] == pytest.approx((1 - separatrix) / 0.99, abs=1 / 400)
    low, high = found.intervals[0]
    assert low < (1 - separatrix) / 0.99 < high


def test_each_way_of_a_sweep_is_what_simulate_does_with_a_ramped_policy() -> None:
    (plan,) = plans_for(["core"])
    lab = field_of(freeze(plan, 0), ["tariff"])
    found = hysteresis(
        lab, 0.4, 1.4, 200.0, start=lab.start(), time_step=0.25, speeds=(1.0,), horizon=1.0
    )
    sweep = found.sweeps[0]
    model = plan.prepared.model
    for begin, end, states in ((0.4, 1.4, sweep.up_states), (1.4, 0.4, sweep.down_states[::-1])):
        text = f"""
title: A sweep
why: A test.
model: core
assume: {{tariff: {begin}, initial home experience: {float(states[0, 0])!r}}}
policies:
  sweep: {{start: 0, ramp: 200, set: {{tariff: {end}}}}}
"""
        run = simulate(model, scenario_from_text(text, "sweep"), final_time=200.0)
        way = run.home_experience.sel(time=np.linspace(0, 200, 201)).values
        assert states[:, 0] == pytest.approx(way, rel=1e-9)


@pytest.mark.parametrize(("g", "verdict"), [(0.4, BISTABLE), (0.15, SLOW)])
def test_bistability_and_slow_stocks_are_distinguished(g: float, verdict: str) -> None:
    lab = field((5.0, g, 0.03, 1.3), "tariff")
    found = hysteresis(lab, 0.2, 1.5, 40.0, start=lab.start(), time_step=0.25)
    assert found.verdict == verdict
    areas = [float(s.relative[0]) for s in found.sweeps]
    assert areas == sorted(areas, reverse=True)
    assert (areas[-1] > 0.1) == (verdict == BISTABLE)


def test_a_policy_moves_the_core_where_it_carries_it_beyond_the_separatrix() -> None:
    # from the intact industry at tariff 0.85: with a lower one experience falls, and the time until
    # the separatrix is one integral
    constants = (5.0, 0.4, 0.03, 1.3)
    lab = field(constants, "tariff")
    durations = np.arange(1.0, 81.0)
    found = policy_map(
        lab, np.array([0.0, 0.6, 0.85]), durations, start=np.array([1.0]), usual=0.85
    )
    low, separatrix, high = ((x + 0.03) / 1.03 for x in shares_at(0.85, constants))
    assert len(found.attractors) == 2
    assert found.attractors[found.untouched].state == pytest.approx([high], abs=1e-6)

    def time_to_cross(dose: float) -> float:
        levels = np.linspace(separatrix, high, 20001)
        speeds = -lab(levels[:, None], (dose,))[:, 0]
        assert (speeds > 0).all()
        return float(np.trapezoid(1 / speeds, levels))

    for dose, shortest in zip(found.doses[:2], found.shortest[:2], strict=True):
        assert shortest == math.ceil(time_to_cross(float(dose)))
    assert np.isnan(found.shortest[2])
    assert low < separatrix
