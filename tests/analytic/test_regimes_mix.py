"""Several constants moved together: folds and policies against a formula."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.optimize import brentq

from simdistrict.base.arrays import Reals
from simdistrict.regimes.frozen import freeze
from simdistrict.regimes.model_field import field_of
from simdistrict.regimes.numerics.diagram import branches
from simdistrict.regimes.numerics.field import Scaled
from simdistrict.regimes.numerics.flow import settle_each, settle_one_by_one
from simdistrict.regimes.numerics.mix import Mix
from simdistrict.regimes.numerics.policies import policy_map
from simdistrict.run.plan import plans_for
from tests.formula import FormulaField
from tests.study import module

WORLDS = module("frozen_worlds")
stable_at, turns = WORLDS.stable_at, WORLDS.turns
LOW, HIGH = np.array([-3.0]), np.array([3.0])


def cubic(states: Reals, parameters: Sequence[float]) -> Reals:
    """x' = a + b x - x^3, with two stable states where a^2 < 4 b^3 / 27."""
    a, b = parameters
    flows: Reals = a + b * states - states**3
    return flows


def test_a_fold_of_two_constants_lies_where_the_formula_says() -> None:
    mix = Mix(FormulaField(cubic, ("x",), LOW, HIGH), (0.0, 1.0), (2.0, 2.0))
    found = branches(mix, 0.0, 1.0, stops=3)
    # a = 2 q and b = 1 + q
    fold = brentq(lambda q: q - ((1 + q) / 3) ** 1.5, 0.0, 1.0)
    assert [s.parameter for s in found.specials("fold")] == [pytest.approx(fold, abs=1e-6)]
    (turn,) = turns(found)
    assert (turn.kind, turn.of_a_world) == ("fold", True)
    assert (stable_at(found, 0.0), stable_at(found, 1.0)) == (2, 1)


@pytest.mark.slow
def test_a_fold_of_two_saddles_ends_no_attractor() -> None:
    def beside(states: Reals, parameters: Sequence[float]) -> Reals:
        return np.column_stack([cubic(states[:, :1], parameters)[:, 0], 0.5 * states[:, 1]])

    box = np.array([-3.0, -1.0]), np.array([3.0, 1.0])
    mix = Mix(FormulaField(beside, ("x", "y"), *box), (0.0, 1.0), (2.0, 2.0))
    found = branches(mix, 0.0, 1.0, stops=2)
    assert [turn.of_a_world for turn in turns(found)] == [False]
    assert stable_at(found, 0.0) == 0


def test_a_dose_lies_on_the_line_between_the_values_without_and_with_the_policy() -> None:
    mix = Mix(FormulaField(cubic, ("x",), LOW, HIGH), (0.5, 2.0), (1.5, 1.0))
    assert mix.constants(0.25).tolist() == [0.75, 1.75]
    assert mix.constants(np.array([[0.0], [2.0]])).tolist() == [[0.5, 2.0], [2.5, 0.0]]
    x = np.array([[0.3], [-1.0]])
    assert (mix(x, (0.25,)) == cubic(x, (0.75, 1.75))).all()


def test_the_flow_of_a_model_at_a_dose_is_that_of_its_constants() -> None:
    (plan,) = plans_for(["core"])
    field = field_of(freeze(plan), ["tariff", "cost ratio"])
    mix = Mix(field, field.values(), (1.4, 1.6))
    doses, starts = np.array([[0.0], [0.5], [1.0]]), np.full((3, 1), 0.4)
    quick = settle_each(Scaled(mix), doses, starts, 50.0)
    slow = settle_one_by_one(Scaled(mix), doses, starts, 50.0)
    assert quick.states == pytest.approx(slow.states, rel=1e-9)
    assert len(set(quick.states[:, 0].round(6))) == 3


def test_a_map_of_policies_is_that_of_the_constant_alone() -> None:
    (plan,) = plans_for(["core"])
    field = field_of(freeze(plan), ["tariff"])
    tariffs, durations = np.linspace(0.2, 2.0, 4), np.array([5.0, 40.0])
    usual = 0.85
    alone = policy_map(field, tariffs, durations, start=np.array([0.1]), usual=usual)
    mix = Mix(field, (usual,), (usual + 1.0,))
    mixed = policy_map(mix, tariffs - usual, durations, start=np.array([0.1]), usual=0.0)
    assert (alone.ids == mixed.ids).all()
    assert len(alone.attractors) == len(mixed.attractors)
