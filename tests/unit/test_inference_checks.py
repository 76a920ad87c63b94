"""PSIS, power scaling, leaving a series out, and what the data say, on closed forms and ArviZ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from simdistrict.inference.identify import identify, overlap
from simdistrict.inference.leave_out import elpd, leave_out
from simdistrict.inference.power import cumulative_distance, log_prior_of_scores, power_scaling
from simdistrict.inference.psis import smoothed
from tests import witness_arviz

pytestmark = pytest.mark.unit


# ---------------------------------------------------------------------- PSIS


@pytest.mark.parametrize("shape", [-0.3, 0.2, 0.6, 1.2])
@pytest.mark.parametrize("count", [30, 400, 4000])
def test_smoothed_weights_are_those_of_arviz(shape: float, count: int) -> None:
    rng = np.random.default_rng(3)
    log_weights = np.log(stats.genpareto.rvs(shape, size=count, random_state=rng))
    expected, k = witness_arviz.smoothed(log_weights, 0.7)
    found = smoothed(log_weights, 0.7)
    np.testing.assert_allclose(found.log_weights, expected, rtol=0, atol=1e-6)
    assert found.k == pytest.approx(k, abs=1e-6)


def test_shape_of_a_pareto_tail_is_found() -> None:
    for shape in (0.2, 0.5, 0.9):
        draws = stats.genpareto.rvs(shape, size=50_000, random_state=np.random.default_rng(8))
        assert smoothed(np.log(draws)).k == pytest.approx(shape, abs=0.12)


def test_weights_of_a_shifted_normal_give_its_mean() -> None:
    x = np.random.default_rng(1).normal(size=20_000)
    found = smoothed(stats.norm.logpdf(x, 0.5) - stats.norm.logpdf(x))
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights @ x == pytest.approx(0.5, abs=0.03)
    assert found.trusted
    # sum of squares of the exact weights: exp(0.25)
    assert found.effective / len(x) == pytest.approx(np.exp(-0.25), rel=0.05)


def test_weights_without_a_tail_and_without_any_weight() -> None:
    even = smoothed(np.zeros(50))
    assert even.k == np.inf
    np.testing.assert_allclose(even.weights, 1 / 50)
    some = smoothed(np.array([0.0, -np.inf, 0.0]))
    np.testing.assert_allclose(some.weights, [0.5, 0, 0.5])
    for bad in ([-np.inf, -np.inf], [np.nan, 0.0], []):
        with pytest.raises(ValueError, match="positive"):
            smoothed(np.array(bad))


# ---------------------------------------------------------------------- power scaling


def test_power_scaling_is_that_of_arviz() -> None:
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(4, 500, 2)) * [0.3, 0.9] + [1.2, 0.1]
    flat = draws.reshape(-1, 2)
    likelihood = stats.norm.logpdf(flat[:, 0], 1.4, 0.3)
    prior = log_prior_of_scores(flat)
    found = power_scaling(("a", "b"), flat, prior, likelihood)
    for component in ("prior", "likelihood"):
        expected = witness_arviz.power_scaling(
            {"a": draws[..., 0], "b": draws[..., 1]},
            prior.reshape(4, 500),
            likelihood.reshape(4, 500),
            component,
        )
        assert getattr(found, component) == pytest.approx(expected, abs=1e-6)


def test_power_scaling_tells_a_prior_that_matters() -> None:
    # a posterior N(m, s2) of the prior N(0, 1) and one datum of the given scale
    rng = np.random.default_rng(2)

    def of(datum: float, scale: float) -> Any:
        precision = 1 + scale**-2
        x = rng.normal(datum * scale**-2 / precision, precision**-0.5, size=(8000, 1))
        return power_scaling(
            ("a",), x, log_prior_of_scores(x), stats.norm.logpdf(datum, x[:, 0], scale)
        )

    sharp, conflict, weak = of(0.5, 0.02), of(6.0, 1.0), of(0.2, 20.0)
    assert sharp.prior[0] < 0.05 <= sharp.likelihood[0]
    assert sharp.lines() == ("No posterior depends notably on the prior.",)
    assert conflict.prior[0] >= 0.05
    assert conflict.likelihood[0] >= 0.05
    assert "still matters" in conflict.lines()[0]
    assert weak.likelihood[0] < 0.05 <= weak.prior[0]
    assert "The prior decides a" in weak.lines()[0]
    assert weak.rows()[0]["constant"] == "a"


def test_distance_of_equal_weights_is_nearly_zero() -> None:
    x = np.random.default_rng(0).normal(size=1000)
    assert cumulative_distance(x, np.full(1000, 1e-3)) < 1e-3
    assert cumulative_distance(np.ones(10), np.full(10, 0.1)) == 0


# ---------------------------------------------------------------------- leaving a series out


def _two_series(scale: float, n: int = 40_000) -> tuple[Any, Any]:
    """Draws of u given two data of series 1 (0.4, scale 1) and of series 2 (1.0, this scale)."""
    precision = 1 + 1 + scale**-2
    mean = (0.4 + 1.0 * scale**-2) / precision
    u = np.random.default_rng(4).normal(mean, precision**-0.5, size=n)
    series = np.stack([stats.norm.logpdf(0.4, u, 1), stats.norm.logpdf(1.0, u, scale)], axis=1)
    return u[:, None], series


def test_left_out_density_is_the_closed_form() -> None:
    u, series = _two_series(0.8)
    found = leave_out(("one", "two"), series, ("a",), u)
    # given the other: u ~ N(0.2, 1/2), and the left-out datum adds its own variance
    expected = stats.norm.logpdf(1.0, 0.2, np.sqrt(0.5 + 0.8**2))
    assert found.series[1].elpd == pytest.approx(expected, abs=0.02)
    posterior_sd = (2 + 0.8**-2) ** -0.5
    shift = (0.2 - (0.4 + 0.8**-2) / (2 + 0.8**-2)) / posterior_sd
    assert found.series[1].shift == pytest.approx(shift, abs=0.05)
    assert found.series[1].moved == "a"
    assert not found.refit
    given_the_other = np.random.default_rng(9).normal(0.2, 0.5**0.5, size=200_000)
    assert elpd(stats.norm.logpdf(1.0, given_the_other, 0.8)) == pytest.approx(expected, abs=0.01)


def test_a_series_that_decides_needs_a_refit() -> None:
    u, series = _two_series(0.02)
    found = leave_out(("one", "two"), series, ("a",), u)
    assert found.refit == ("two",)
    assert '--leave-out "two"' in found.lines()[-1]
    assert [row["refit"] for row in found.rows()] == ["", "refit"]


def test_series_without_weight_are_left_out_of_the_report() -> None:
    u, series = _two_series(0.8, 500)
    found = leave_out(("one", "two"), series, ("a",), u, powers=(1, 0))
    assert [own.series for own in found.series] == ["one"]
    flat = leave_out(("one",), np.zeros((500, 1)), ("a",), u)
    assert flat.series[0].shift == 0
    assert not flat.refit


# ---------------------------------------------------------------------- what the data say


def test_overlap_is_that_of_two_normal_densities() -> None:
    rng = np.random.default_rng(6)
    for mean, sd in ((0.0, 1.0), (1.0, 1.0), (0.0, 0.3), (2.0, 0.1)):
        grid = np.linspace(-8, 8, 40_001)
        shared = np.minimum(stats.norm.pdf(grid), stats.norm.pdf(grid, mean, sd))
        expected = float(np.sum(shared) * (grid[1] - grid[0]))
        assert overlap(rng.normal(mean, sd, 20_000)) == pytest.approx(expected, abs=0.025)


def test_ridges_directions_and_silent_constants() -> None:
    rng = np.random.default_rng(7)
    total, gap = rng.normal(size=(2, 5000))
    a, b = (total * 0.05 + gap) / 2**0.5, (total * 0.05 - gap) / 2**0.5
    scores = np.stack([a, b, rng.normal(size=5000), rng.normal(1.5, 0.2, 5000)], axis=1)
    found = identify(("a", "b", "free", "known"), scores)
    assert found.silent == ("free",)
    assert found.of("clear") == ("known",)
    (ridge,) = found.ridges
    assert (ridge.one, ridge.two) == ("a", "b")
    assert ridge.correlation < -0.98
    assert "the sum" in ridge.says()
    best = found.directions[0]
    assert best.sd == pytest.approx(0.05, rel=0.05)
    assert dict(best.loadings) == pytest.approx({"a": 0.707, "b": 0.707}, abs=0.02)
    assert any("say nothing of 1 constants: free" in line for line in found.lines())
    assert found.rows()[3]["verdict"] == "clear"
    assert found.ridge_rows()[0]["two"] == "b"
    assert not found.flat
    assert identify(("free",), scores[:, 2:3]).flat


def test_a_constant_that_moved_is_not_silent() -> None:
    scores = np.random.default_rng(1).normal(0.5, 1.0, size=(4000, 1))
    assert identify(("a",), scores).silent == ()
    with pytest.raises(ValueError, match="two draws"):
        identify(("a",), scores[:1])
