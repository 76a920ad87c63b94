"""The smallest policy: what is read off a map of doses and durations."""

from __future__ import annotations

import numpy as np
import pytest

from simdistrict.regimes.numerics.policies import PolicyMap
from tests.study import module

least_of = module("least_policy").least_of
DOSES, DURATIONS = np.array([0.25, 0.5, 1.0]), np.array([10.0, 20.0, 30.0])


def ends(*rows: tuple[int, ...]) -> PolicyMap:
    """A map that begins in the world 0."""
    return PolicyMap(DOSES, DURATIONS, np.array(rows), (), 0)


def test_the_least_dose_and_the_fewest_years_are_two_corners() -> None:
    least = least_of(ends((0, 0, 0), (0, 0, 1), (1, 1, 1)))
    assert (least.dose, least.its_years) == (0.5, 30.0)
    assert (least.years, least.its_dose) == (10.0, 1.0)


def test_of_policies_as_short_the_weakest_counts() -> None:
    least = least_of(ends((0, 0, 0), (0, 1, 1), (0, 1, 1)))
    assert (least.years, least.its_dose) == (20.0, 0.5)


@pytest.mark.parametrize("other", [0, -1])
def test_what_stays_or_is_undecided_is_no_other_world(other: int) -> None:
    least = least_of(ends((0, 0, 0), (0, 0, other), (other, 0, 0)))
    assert np.isnan([least.dose, least.its_years, least.years, least.its_dose]).all()
