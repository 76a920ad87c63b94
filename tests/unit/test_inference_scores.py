"""Scores of forecasts against closed forms, and naive forecasts against textbook numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from simdistrict.inference.scores import (
    Forecasts,
    crps,
    crps_normal,
    fit_scores,
    held_out,
    linear_trend,
    no_change,
    pit,
    scores_of_normal,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("case", [(0.0, 1.0, 0.3), (2.0, 0.5, 4.0), (-1.0, 3.0, -1.0)])
def test_closed_form_is_the_integral(case: tuple[float, float, float]) -> None:
    mean, scale, datum = case
    below, _ = integrate.quad(lambda x: stats.norm.cdf(x, mean, scale) ** 2, -60, datum)
    above, _ = integrate.quad(lambda x: stats.norm.sf(x, mean, scale) ** 2, datum, 60)
    found = crps_normal(*(np.array([v]) for v in case))
    assert found[0] == pytest.approx(below + above, abs=1e-8)


def test_ensemble_score_is_fair() -> None:
    # the mean over many small ensembles is the closed form, whatever their size
    rng = np.random.default_rng(1)
    expected = crps_normal(np.zeros(1), np.ones(1), np.array([0.7]))[0]
    for size in (2, 5, 20):
        draws = rng.normal(size=(size, 200_000))
        found = crps(draws, np.full(200_000, 0.7))
        assert np.mean(found) == pytest.approx(expected, abs=0.006)
    pairs = np.array([[1.0], [4.0], [2.0]])
    by_hand = np.mean(np.abs(pairs - 3)) - (3 + 1 + 2) / 6
    assert crps(pairs, np.array([3.0]))[0] == pytest.approx(by_hand)


def test_one_draw_has_no_score() -> None:
    assert np.isnan(crps(np.ones((1, 2)), np.ones(2))).all()


def test_pit_is_uniform_where_forecasts_are_right_also_with_ties() -> None:
    rng = np.random.default_rng(2)
    draws, data = rng.normal(size=(99, 4000)), rng.normal(size=4000)
    assert stats.kstest(pit(draws, data), "uniform").pvalue > 1e-3
    rounded = pit(np.round(draws), np.round(data))
    assert stats.kstest(rounded, "uniform").pvalue > 1e-3
    narrow = pit(0.5 * draws, data)
    assert stats.kstest(narrow, "uniform").pvalue < 1e-9


def test_coverage() -> None:
    rng = np.random.default_rng(3)
    data = rng.normal(size=20_000)
    found = scores_of_normal(np.zeros(20_000), np.ones(20_000), data)
    assert found.half == pytest.approx(0.5, abs=0.02)
    assert found.most == pytest.approx(0.9, abs=0.01)


def test_naive_forecasts_by_hand() -> None:
    times, values = np.array([0.0, 1.0, 3.0]), np.array([1.0, 3.0, 3.0])
    mean, scale = no_change(times, values, np.array([5.0]))  # type: ignore[misc]
    assert mean[0] == 3
    assert scale[0] == pytest.approx(np.sqrt((4 + 0) / 2 * 2))
    rng = np.random.default_rng(4)
    t, later = np.arange(12.0), np.array([12.0, 20.0])
    y = 2 + 0.3 * t + rng.normal(size=12)
    mean, scale = linear_trend(t, y, later)  # type: ignore[misc]
    line = stats.linregress(t, y)
    np.testing.assert_allclose(mean, line.intercept + line.slope * later)
    # the variance of a prediction: residual variance + variance of intercept and slope
    rest = np.sum((y - line.intercept - line.slope * t) ** 2) / 10
    variance = rest + rest / 12 + line.stderr**2 * (later - t.mean()) ** 2
    np.testing.assert_allclose(scale, np.sqrt(variance))


def test_no_naive_forecast_without_enough_data() -> None:
    ahead = np.array([9.0])
    assert no_change(np.array([1.0]), np.array([1.0]), ahead) is None
    assert no_change(np.array([1.0, 2.0]), np.array([1.0, 1.0]), ahead) is None
    assert linear_trend(np.array([1.0, 2.0]), np.array([1.0, 2.0]), ahead) is None
    assert linear_trend(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), ahead) is None


def test_held_out_points_and_their_skill() -> None:
    rng = np.random.default_rng(5)
    times = np.arange(10.0)
    truth = 1 + np.sin(times)
    data = truth + 0.1 * rng.normal(size=10)
    draws = truth + 0.1 * rng.normal(size=(500, 10))
    found = held_out("wave", times, data, draws, until=6)
    assert found.times == (7, 8, 9)
    assert found.model.n == 3
    skill = found.skill("no change")
    assert skill is not None
    assert skill > 0.5
    table = Forecasts(6, (found,))
    assert [row["forecast"] for row in table.rows()] == ["model", "no change", "linear trend"]
    assert 'forecasts 1 of 1 series better than "no change"' in table.lines()[1]
    with pytest.raises(ValueError, match="no point after"):
        held_out("wave", times, data, draws, until=9)


def test_fit_says_when_intervals_are_too_narrow_or_too_wide() -> None:
    rng = np.random.default_rng(6)
    data = rng.normal(size=40)
    which = [0] * 20 + [1] * 20
    for spread, words in ((1.0, None), (0.3, "too narrow"), (5.0, "too wide")):
        draws = spread * rng.normal(size=(800, 40))
        found = fit_scores(("one", "two"), which, draws, data)
        assert len(found.rows()) == 2
        assert len(found.pit) == 40
        text = " ".join(found.lines())
        assert (words in text) if words else ("too" not in text)
