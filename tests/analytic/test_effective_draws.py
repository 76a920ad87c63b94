"""Effective draws of shares: against ArviZ, and against the variance over many samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simdistrict.base.arrays import Reals
from simdistrict.base.wilson import wilson
from simdistrict.ensemble.effective import Effective, ess_of_means
from tests import witness_arviz


def autoregressive(phi: float, chains: int, draws: int, seed: int) -> Reals:
    """Chains of unit variance whose neighbours have the correlation phi."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(chains, draws))
    for k in range(1, draws):
        found[:, k] = phi * found[:, k - 1] + math.sqrt(1 - phi**2) * found[:, k]
    return found


@pytest.mark.parametrize("phi", [-0.5, 0.0, 0.3, 0.9, 0.98])
@pytest.mark.parametrize(("chains", "draws"), [(4, 500), (128, 16), (64, 31), (1, 200), (4, 15)])
def test_effective_draws_are_those_of_arviz(phi: float, chains: int, draws: int) -> None:
    values = autoregressive(phi, chains, draws, 1)
    for own in (values, (values > 0.7).astype(float)):
        expected = witness_arviz.ess(own, "mean")
        assert ess_of_means(own[..., None])[0] == pytest.approx(expected, rel=1e-6)


def test_the_error_of_a_share_is_that_over_many_samples() -> None:
    chains, draws, phi = 8, 250, 0.9
    chain = np.repeat(np.arange(chains), draws)
    found, claimed = [], []
    for seed in range(200):
        flags = autoregressive(phi, chains, draws, seed).ravel() > 0.5
        share, low, high, error = Effective(len(flags), chain).shares(flags)
        assert low < share < high
        found.append(share)
        claimed.append(error)
    assert np.mean(claimed) == pytest.approx(np.std(found), rel=0.15)
    # independent draws would claim a third of it
    assert np.mean(claimed) > 2.5 * math.sqrt(0.31 * 0.69 / (chains * draws))


def test_independent_draws_have_wilsons_interval() -> None:
    flags = np.arange(40) < 10
    assert Effective(40).shares(flags)[:3].tolist() == [0.25, *wilson(10, 40)]


def test_a_share_of_none_counts_the_draws_of_the_worst_constant() -> None:
    chain = np.repeat(np.arange(4), 100)
    flags = np.zeros((400, 2), bool)
    flags[:, 1] = np.arange(400) % 2
    found = Effective(400, chain, 90.0).shares(flags)
    assert found[0].tolist() == [0.0, *wilson(0, 90), 0.0]
    assert found[1, 0] == 0.5
    # chains too short for autocorrelations
    short = Effective(400, np.repeat(np.arange(100), 4), 90.0)
    assert short.of(flags).tolist() == [90.0, 90.0]


def test_chains_of_unequal_length_are_cut() -> None:
    values = autoregressive(0.5, 4, 100, 2)
    chain = np.repeat(np.arange(4), 100)
    cut = Effective(399, chain[:-1]).of(values.ravel()[:-1, None])
    whole = ess_of_means(values[:, :99, None])
    assert cut[0] == pytest.approx(whole[0])
