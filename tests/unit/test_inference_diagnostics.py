"""R-hat, effective draws and Monte-Carlo errors: against ArviZ, and what they must find."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from simdistrict.inference import diagnostics as d
from tests import witness_arviz


def correlated(chains: int, count: int, size: int, rho: float, seed: int = 1) -> np.ndarray:
    """AR(1) chains with unit variance, started from it."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=(chains, count, size))
    found = np.empty_like(noise)
    found[:, 0] = noise[:, 0]
    for k in range(1, count):
        found[:, k] = rho * found[:, k - 1] + np.sqrt(1 - rho**2) * noise[:, k]
    return found


def cases() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(3)
    ties = correlated(5, 200, 3, 0.5)
    for k in range(1, 200):  # rejected moves repeat a draw
        still = generator.random(5) < 0.7
        ties[still, k] = ties[still, k - 1]
    return {
        "slow": correlated(4, 500, 3, 0.95),
        "fast": correlated(8, 101, 3, 0.0),
        "opposed": correlated(3, 64, 3, -0.6),
        "apart": correlated(4, 50, 3, 0.3) + np.arange(4)[:, None, None],
        "ties": ties,
        "heavy": generator.standard_cauchy((4, 100, 2)),
        "short": generator.normal(size=(6, 5, 2)),
        "one chain": correlated(1, 300, 2, 0.4),
        "two values": (generator.random((4, 80, 2)) < 0.3).astype(float),
        "constant": np.ones((4, 50, 1)),
    }


@pytest.mark.parametrize("name", cases())
def test_equal_to_arviz(name: str) -> None:
    draws = cases()[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for k in range(draws.shape[2]):
            one, own = draws[:, :, k], draws[:, :, k : k + 1]
            expected = {
                "bulk": witness_arviz.ess(one, "bulk"),
                "tail": witness_arviz.ess(one, "tail"),
                "mean": witness_arviz.ess(one, "mean"),
                "mcse mean": witness_arviz.mcse(one, "mean"),
                "mcse sd": witness_arviz.mcse(one, "sd"),
                "mcse 5%": witness_arviz.mcse(one, "quantile", 0.05),
                "mcse 50%": witness_arviz.mcse(one, "quantile", 0.5),
            }
            found = {
                "bulk": d.ess_bulk(own),
                "tail": d.ess_tail(own),
                "mean": d.ess_mean(own),
                "mcse mean": d.mcse_mean(own),
                "mcse sd": d.mcse_sd(own),
                "mcse 5%": d.mcse_quantile(own, 0.05),
                "mcse 50%": d.mcse_quantile(own, 0.5),
            }
            if len(draws) > 1:
                expected["rhat"], found["rhat"] = witness_arviz.rhat(one), d.rhat(own)
            for which, number in expected.items():
                assert found[which][0] == pytest.approx(number, rel=1e-6, nan_ok=True), which


def test_all_coordinates_at_once_equal_each_alone() -> None:
    draws = correlated(4, 301, 7, 0.8)
    for function in (d.rhat, d.ess_bulk, d.ess_tail, d.mcse_mean, d.mcse_sd):
        alone = [function(draws[:, :, k : k + 1])[0] for k in range(7)]
        assert function(draws) == pytest.approx(alone, rel=1e-12)


def test_effective_draws_of_a_known_process() -> None:
    rho = 0.9
    draws = correlated(8, 20_000, 4, rho)
    assert d.ess_mean(draws) == pytest.approx(draws[:, :, 0].size * (1 - rho) / (1 + rho), rel=0.1)


def test_the_error_of_a_mean_is_its_spread_over_repetitions() -> None:
    draws = correlated(2, 400, 300, 0.8)
    spread = draws.mean(axis=(0, 1)).std()
    assert np.median(d.mcse_mean(draws)) == pytest.approx(spread, rel=0.15)


def test_nested_rhat_finds_one_population_that_is_elsewhere() -> None:
    draws = correlated(64, 100, 3, 0.5)
    population = np.repeat(np.arange(4), 16)
    assert d.nested_rhat(draws, population) == pytest.approx(1.0, abs=0.01)
    draws[population == 2, :, 1] += 0.5
    draws[population == 3, :, 2] *= 2.0
    found = d.nested_rhat(draws, population)
    assert found[0] < 1.01
    assert found[1] > 1.02
    assert found[2] > 1.02


def test_nested_rhat_does_not_rise_with_many_short_chains() -> None:
    # plain R-hat does: chains are shorter than their memory
    draws = correlated(256, 24, 1, 0.95)
    population = np.repeat(np.arange(4), 64)
    assert d.rhat(draws)[0] > 1.1
    assert d.nested_rhat(draws, population)[0] < 1.03


def test_nested_rhat_of_its_definition() -> None:
    draws = np.random.default_rng(5).normal(size=(6, 8, 1))
    population = np.array([1, 0, 1, 0, 1, 0])
    scores = d.normal_scores(draws)[:, :, 0]
    groups = [scores[population == k] for k in (0, 1)]
    between = np.var([group.mean() for group in groups], ddof=1)
    within = np.mean([g.mean(axis=1).var(ddof=1) + g.var(axis=1, ddof=1).mean() for g in groups])
    bulk = np.sqrt(1 + between / within)
    assert d.nested_rhat(draws, population)[0] >= bulk - 1e-12


def test_nan_is_not_hidden() -> None:
    draws = correlated(4, 100, 2, 0.1)
    draws[1, 7, 0] = np.nan
    for function in (d.rhat, d.ess_bulk, d.ess_tail, d.mcse_mean):
        found = function(draws)
        assert np.isnan(found[0])
        assert np.isfinite(found[1])


@pytest.mark.parametrize("least", [1, 2, 7, 97, 1000, 1025, 4097])
def test_lengths_of_transforms_are_smooth(least: int) -> None:
    found = d._fast(least)
    assert least <= found <= max(1.15 * least, least + 3)
    for prime in (2, 3, 5):
        while found % prime == 0:
            found //= prime
    assert found == 1
