"""Cycles, basins along a parameter and maps against systems whose attractors are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.base.arrays import Reals
from simdistrict.base.wilson import wilson
from simdistrict.regimes.frozen import freeze
from simdistrict.regimes.model_field import ModelField, field_of
from simdistrict.regimes.numerics.attractors import UNDECIDED, Attractors
from simdistrict.regimes.numerics.basin import basins, basins_along
from simdistrict.regimes.numerics.field import Scaled
from simdistrict.regimes.numerics.flow import settle_each
from simdistrict.regimes.numerics.regime_map import regime_map
from simdistrict.run.plan import lowered, plan_run
from simdistrict.scenario import bare_scenario, resolve
from tests.analytic.test_regimes_core import Constants, field, folds, shares_at, tariff_at
from tests.formula import FormulaField
from tests.small import small

FOLD = 2 / (3 * math.sqrt(3))


def lab(formula: object, low: Sequence[float], high: Sequence[float]) -> FormulaField:
    names = [f"x{k}" for k in range(len(low))]
    return FormulaField(formula, names, np.array(low, float), np.array(high, float))  # type: ignore[arg-type]


# ---------------------------------------------------------------------- cycles


def hopf(x: Reals, p: Sequence[float]) -> Reals:
    """r' = r (p - r^2), angle' = 2: a cycle of radius sqrt(p) and period pi where p > 0."""
    a, b = x[:, 0], x[:, 1]
    square = a * a + b * b
    return np.stack([p[0] * a - 2 * b - a * square, 2 * a + p[0] * b - b * square], 1)


@settings(max_examples=5, deadline=None)
@given(p=st.floats(0.1, 1.5))
def test_the_cycle_after_a_hopf_point_is_an_attractor_of_the_known_period(p: float) -> None:
    model = lab(hopf, [-2, -2], [2, 2])
    found = basins(model, (p,), np.array([-2.0, -2]), np.array([2.0, 2]), 4, horizon=80)
    (only,) = found.attractors
    assert (found.ids == 0).all()
    assert only.period == pytest.approx(math.pi, rel=1e-3)
    assert only.state == pytest.approx([0, 0], abs=0.05)
    assert only.cycle is not None
    radius = np.hypot(*(only.cycle.orbit * model.scale).T)
    # a step may be wrong by 1e-5 of the scale, which is 4
    assert radius == pytest.approx(np.full(len(radius), math.sqrt(p)), abs=2e-3)


def test_before_a_hopf_point_all_flows_come_to_rest() -> None:
    model = lab(hopf, [-2, -2], [2, 2])
    found = basins(model, (-0.3,), np.array([-2.0, -2]), np.array([2.0, 2]), 4, horizon=200)
    (only,) = found.attractors
    assert only.period == 0
    assert only.state == pytest.approx([0, 0], abs=1e-9)


def test_the_cycle_of_van_der_pol_has_the_known_period() -> None:
    def formula(x: Reals, p: Sequence[float]) -> Reals:
        a, b = x[:, 0], x[:, 1]
        return np.stack([b, (1 - a * a) * b - a], 1)

    model = lab(formula, [-3, -3], [3, 3])
    found = basins(model, (), np.array([-3.0, -3]), np.array([3.0, 3]), 4, horizon=60)
    (only,) = found.attractors
    # the value for a damping of one, as tables of the equation have it
    assert only.period == pytest.approx(6.6633, rel=1e-3)
    assert found.shares == (1.0,)


def test_two_cycles_one_around_the_other_are_two_attractors() -> None:
    def formula(x: Reals, p: Sequence[float]) -> Reals:
        a, b = x[:, 0], x[:, 1]
        r = np.hypot(a, b)
        # stable at radius 1 and 3, unstable at 2
        pull = -(r - 1) * (r - 2) * (r - 3)
        return np.stack([pull * a - b, pull * b + a], 1)

    model = lab(formula, [-4, -4], [4, 4])
    found = basins(model, (), np.array([1.0, 0]), np.array([3.0, 0]), 8, horizon=60)
    sizes = sorted(float(np.hypot(*a.inside)) for a in found.attractors)
    assert sizes == pytest.approx([1, 3], rel=5e-3)
    assert sorted(found.shares) == [0.5, 0.5]


@pytest.mark.parametrize("damping", [0.0, 2e-3], ids=["neutral", "slow spiral"])
def test_an_oscillation_without_an_attracting_cycle_is_undecided(damping: float) -> None:
    def formula(x: Reals, p: Sequence[float]) -> Reals:
        a, b = x[:, 0], x[:, 1]
        return np.stack([b, -a - damping * b], 1)

    model = lab(formula, [-1, -1], [1, 1])
    known = Attractors(model, ())
    assert known.number(np.array([0.3, 0.0])) == UNDECIDED
    assert known.number(np.array([np.nan, 0.0])) == UNDECIDED
    assert known.found == []


# ---------------------------------------------------------------------- along a parameter


def built(equation: str) -> ModelField:
    """The field of a model with one stock x and one constant p, which machine code follows."""
    model = small(f"x = INTEG({equation}, 1)\np = 0", stop=1)
    resolved = resolve(bare_scenario(Path("small.mdl")), model)
    return field_of(freeze(plan_run(lowered(model), resolved), 0), ["p"])


CUBIC = "p + x - x*x*x"


def test_an_attractor_keeps_its_id_along_its_branch_and_no_other_gets_it() -> None:
    values = np.linspace(-1, 1, 21)
    members = 60
    model = built(CUBIC)
    found = basins_along(model, values, np.array([-2.0]), np.array([2.0]), members, horizon=300)
    assert found.attractors == 2
    for value, part, ids in zip(values, found.basins, found.ids, strict=True):
        if abs(abs(value) - FOLD) < 1e-3:
            continue
        # the lower branch is met first and is 0, the upper one is 1
        expected = [0] * int(value < FOLD) + [1] * int(value > -FOLD)
        assert sorted(ids) == expected
        roots = np.roots([-1, 0, 1, value])
        real = np.sort(roots.real[abs(roots.imag) < 1e-9])
        for name, attractor, share in zip(ids, part.attractors, part.shares, strict=True):
            wanted = real[0] if name == 0 and value < FOLD else real[-1]
            assert attractor.state[0] == pytest.approx(wanted, abs=1e-6)
            if len(real) == 3:
                exact = (real[1] + 2) / 4 if name == 0 else (2 - real[1]) / 4
                assert share == pytest.approx(exact, abs=1.5 / members)
    assert (found.members(0) == 0).all()
    assert (found.members(len(values) - 1) == 1).all()


def test_an_id_that_ended_in_a_fold_is_not_used_again() -> None:
    """Two attractors at both ends of the parameter, and one between them."""
    values = np.linspace(-1.2, 1.2, 25)
    model = built("0.2 + (p*p - 0.3)*3*x - x*x*x")
    found = basins_along(model, values, np.array([-3.0]), np.array([3.0]), 24, horizon=300)
    counts = [len(part.attractors) for part in found.basins]
    assert counts[0] == counts[-1] == 2
    assert min(counts) == 1
    kept = set(found.ids[0]) & set(found.ids[-1])
    # the upper world goes all the way; the lower one ends, and what appears later is another
    assert len(kept) == 1
    assert found.attractors == 3


def test_an_attractor_that_no_member_reaches_is_found_from_its_last_state() -> None:
    """All members start below zero, beyond the separatrix once the parameter is negative."""
    values = np.linspace(-0.2, 0.3, 6)[::-1]
    model = built(CUBIC)
    found = basins_along(model, values, np.array([-2.0]), np.array([0.0]), 40, horizon=300)
    assert found.attractors == 2
    assert all(sorted(ids) == [0, 1] for ids in found.ids)
    upper = found.ids[0][int(np.argmax([a.state[0] for a in found.basins[0].attractors]))]
    for k, value in enumerate(values):
        share = (found.members(k) == upper).mean()
        assert (share > 0) == (value > 1e-9), value


def test_a_flow_without_finite_values_is_undecided_with_an_interval() -> None:
    model = built("x*x - p")
    found = basins_along(
        model, np.array([0.5, 1.0]), np.array([-2.0]), np.array([2.0]), 60, horizon=200
    )
    for value, k in ((0.5, 0), (1.0, 1)):
        lost = (found.members(k) == UNDECIDED).mean()
        assert lost == pytest.approx((2 - math.sqrt(value)) / 4, abs=1.5 / 60)


@given(count=st.integers(0, 60), total=st.integers(1, 60))
def test_an_interval_is_the_roots_of_its_equation(count: int, total: int) -> None:
    """Wilson: the shares p with |count/total - p| = z sqrt(p (1 - p)/total)."""
    count = min(count, total)
    low, high = wilson(count, total)
    share = count / total
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    for p in (low, high):
        if 1e-9 < p < 1 - 1e-9:
            assert abs(share - p) == pytest.approx(
                1.959963984540054 * math.sqrt(p * (1 - p) / total), rel=1e-6
            )
    assert wilson(0, 0) == (0.0, 1.0)


# ---------------------------------------------------------------------- two parameters


def test_the_core_model_has_two_stable_equilibria_where_the_formula_has() -> None:
    eta, g, eps = 5.0, 0.4, 0.03
    constants: Constants = (eta, g, eps, 1.3)
    tariffs, ratios = np.linspace(0.0, 2.0, 41), np.linspace(1.0, 2.0, 21)
    both = field(constants, "tariff", "cost ratio")
    found = regime_map(both, tariffs, ratios, np.array([0.0]), np.array([1.5]), 4)
    for j, ratio in enumerate(ratios):
        own = (eta, g, eps, float(ratio))
        low, high = sorted(tariff_at(x, own) for x in folds(own))
        for i, tariff in enumerate(tariffs):
            if min(abs(tariff - low), abs(tariff - high)) < 1e-4:
                continue
            assert found.worlds[i, j] == (2 if low < tariff < high else 1), (tariff, ratio)
            states = found.states[i, j, : found.worlds[i, j], 0]
            assert (np.diff(states) < 0).all()
            exact = [(x + eps) / (1 + eps) for x in shares_at(float(tariff), own)]
            assert states == pytest.approx(exact[::-2], abs=1e-6)


def test_a_map_reports_where_it_is_undecided() -> None:
    model = lab(lambda x, p: p[1] + x**2 - p[0], [-2], [2])
    found = regime_map(
        model, np.array([0.5, 1.0]), np.array([0.0, 2.0]), np.array([-2.0]), np.array([2.0]), 6
    )
    # with the second parameter at 2 there is no state of rest: everything leaves
    assert found.worlds.tolist() == [[1, 0], [1, 0]]
    assert (found.undecided[:, 1] == 6).all()
    assert 0 < found.undecided[0, 0] < 6
    assert np.isnan(found.states[:, 1]).all()


# ---------------------------------------------------------------------- machine code


def test_the_compiled_flow_has_the_bits_of_its_twin() -> None:
    model = field((5.0, 0.4, 0.03, 1.3), "tariff", "cost ratio")
    draw = np.random.default_rng(4)
    starts = draw.uniform(0.0, 1.5, (60, 1))
    numbers = np.column_stack([draw.uniform(0, 2, 60), draw.uniform(1, 2, 60)])
    starts[7], starts[9] = np.nan, -1.0
    one = settle_each(Scaled(model), numbers, starts, 300.0)
    formula = FormulaField(
        lambda x, p: model(x, p), model.names, np.zeros(1), np.ones(1) * float(model.scale[0])
    )
    other = settle_each(Scaled(formula), numbers, starts, 300.0)
    assert np.isnan(one.states[7])
    assert np.isnan(one.states[9])
    assert np.array_equal(one.states, other.states, equal_nan=True)
    assert np.array_equal(one.speeds, other.speeds)
