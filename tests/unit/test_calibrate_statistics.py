"""Identities that the statistics of a fit obey, whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simdistrict.calibration import spearman, statistics

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 6))
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=30)


@given(PAIRS)
def test_the_three_shares_sum_to_one(pairs: list[tuple[float, float]]) -> None:
    model, data = zip(*pairs, strict=True)
    found = statistics(model, data)
    if model == data:
        assert (found.um, found.us, found.uc) == (None, None, None)
        return
    shares = (found.um, found.us, found.uc)
    assert all(share is not None and -1e-12 <= share <= 1 + 1e-12 for share in shares)
    assert math.isclose(sum(s for s in shares if s is not None), 1, abs_tol=1e-9)


@given(PAIRS, st.floats(0.5, 100))
def test_a_pure_shift_is_all_bias(pairs: list[tuple[float, float]], shift: float) -> None:
    data = np.round([d for _, d in pairs], 2)
    found = statistics(data + shift, data)
    assert found.um == pytest.approx(1, abs=1e-6)


@given(PAIRS, st.floats(1.5, 10))
def test_a_pure_stretch_around_the_mean_is_all_unequal_variation(
    pairs: list[tuple[float, float]], stretch: float
) -> None:
    data = np.round([d for _, d in pairs], 2)
    assume(np.ptp(data) > 1)
    found = statistics(data.mean() + stretch * (data - data.mean()), data)
    assert found.us == pytest.approx(1, abs=1e-6)


def test_a_permutation_is_all_unequal_covariation() -> None:
    found = statistics([3, 1, 2], [1, 2, 3])
    assert (found.um, found.us, found.uc) == (pytest.approx(0), pytest.approx(0), pytest.approx(1))


def test_by_hand() -> None:
    found = statistics([2, 2, 5], [1, 2, 4])
    assert found.n == 3
    assert found.mae == pytest.approx(2 / 3)
    assert found.mape == pytest.approx(100 * (1 + 0 + 0.25) / 3)
    assert found.rmse == pytest.approx(math.sqrt(2 / 3))
    assert found.r2 == pytest.approx(1 - 2 / (14 / 3))
    assert found.um == pytest.approx((2 / 3) ** 2 / (2 / 3))
    assert found.us == pytest.approx((math.sqrt(2) - math.sqrt(14 / 9)) ** 2 / (2 / 3))
    assert found.u == pytest.approx(math.sqrt(2 / 3) / (math.sqrt(11) + math.sqrt(7)))


def test_what_is_undefined_is_none() -> None:
    one = statistics([1.5], [1])
    assert (one.r2, one.um, one.us, one.uc) == (None, None, None, None)
    assert (one.mae, one.rmse) == (0.5, 0.5)
    assert statistics([1, 2], [0, 1]).mape is None
    assert statistics([1, 2], [3, 3]).r2 is None
    assert statistics([], []).n == 0
    failed = statistics([1, math.nan], [1, 2])
    assert (failed.n, failed.rmse) == (2, None)


def test_rank_correlation_with_ties_is_that_of_the_mean_ranks() -> None:
    assert spearman([1, 5, 9, 20], [0.1, 0.2, 0.3, 0.4]) == pytest.approx(1)
    assert spearman([4, 3, 2, 1], [1, 2, 3, 4]) == pytest.approx(-1)
    # ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4
    assert spearman([1, 2, 2, 3], [1, 3, 2, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    assert spearman([1, 2], [1, 2]) is None
    assert spearman([1, 1, 1], [1, 2, 3]) is None
    assert spearman([1, math.nan, 1], [1, 2, 3]) is None


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=20))
def test_rank_correlation_sees_ranks_only(pairs: list[tuple[float, float]]) -> None:
    a, b = zip(*pairs, strict=True)
    once = spearman(a, b)
    again = spearman([math.atan(x / 1e6) * 1e9 + x for x in a], b)
    assert once == again or once == pytest.approx(again)
