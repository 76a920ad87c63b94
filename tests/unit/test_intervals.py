"""Bands of members, and when a committed number cannot be theirs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.tables.intervals import (
    doubted_quantiles,
    doubted_share,
    interval,
    quantile_is_doubtful,
    share_is_doubtful,
)

VALUES = np.random.default_rng(0).normal(size=256)


def test_a_band_leaves_out_what_has_no_number() -> None:
    middle, low, high = interval(np.array([1.0, 2.0, 3.0, np.nan, np.inf]))
    assert (middle, low, high) == pytest.approx((2.0, 1.1, 2.9))
    assert all(math.isnan(x) for x in interval(np.array([np.nan])))


@given(st.integers(0, 2**32), st.sampled_from([0.05, 0.5, 0.95]))
def test_a_true_quantile_is_never_doubted(seed: int, share: float) -> None:
    values = np.random.default_rng(seed).exponential(size=200)
    assert not quantile_is_doubtful(-math.log1p(-share), values, share, 0.0)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_quantile_that_is_far_off_is_doubted(share: float) -> None:
    told = float(np.quantile(VALUES, share))
    assert not quantile_is_doubtful(told, VALUES, share, 0.01)
    assert quantile_is_doubtful(told + 1.2, VALUES, share, 0.01) is (share != 0.95)
    assert quantile_is_doubtful(told - 1.2, VALUES, share, 0.01) is (share != 0.05)


def test_the_last_printed_digit_is_given_leave() -> None:
    same = np.full(100, 0.1234)
    assert not quantile_is_doubtful(0.123, same, 0.5, 0.001)
    assert quantile_is_doubtful(0.122, same, 0.5, 0.001)


@pytest.mark.parametrize(
    ("told", "hits", "expected"),
    [(0.5, 130, False), (0.5, 200, True), (0.0, 0, False), (0.0, 12, True), (1.0, 240, True)],
)
def test_a_share_is_doubted_when_chance_does_not_explain_it(
    told: float, hits: int, expected: bool
) -> None:
    assert share_is_doubtful(told, hits, 256, 0.001) is expected


def test_doubts_name_the_cell_and_what_it_is_near() -> None:
    cells = {"median": ("9.9", 0.5), "5%": (f"{np.quantile(VALUES, 0.05):.1f}", 0.05)}
    (found,) = doubted_quantiles("t.csv:3", cells, VALUES, lambda _: 0.1)
    assert found.where == "t.csv:3 median"
    assert found.is_now == "9.9"
    assert found.should_be.startswith("near ")
    (found,) = doubted_quantiles("t.csv:3", {"median": ("", 0.5)}, VALUES, lambda _: 0.1)
    assert found.should_be == "a number"
    assert not list(doubted_quantiles("t", {"median": ("", 0.5)}, VALUES * np.nan, lambda _: 0.1))
    (found,) = doubted_share("t.csv:4", "share", "0.9", np.zeros(100), 0.001)
    assert found.should_be == "near 0.000"
