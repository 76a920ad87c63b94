"""Draws against those of emcee, by its differential-evolution move."""

from __future__ import annotations

import numpy as np
import pytest

from simdistrict.inference.sampling import Effort, sample
from tests.densities import Known


def bent() -> Known:
    """A posterior without a closed form: three constants in a product and a sum."""

    def function(x: np.ndarray) -> np.ndarray:
        product = np.exp(0.5 * x[:, 0]) * (1 + 0.3 * x[:, 1])
        return -((product - 1.4) ** 2) / 0.08 - (x[:, 1] + x[:, 2] - 0.5) ** 2 / 0.5

    return Known(3, function)


def test_means_and_standard_deviations_are_those_of_emcee() -> None:
    emcee = pytest.importorskip("emcee")
    density = bent()

    def posterior(x: np.ndarray) -> np.ndarray:
        return density.log_likelihood(x) - (x**2).sum(axis=1) / 2

    witness = emcee.EnsembleSampler(
        96,
        3,
        posterior,
        vectorize=True,
        moves=[(emcee.moves.DEMove(), 0.9), (emcee.moves.DEMove(gamma0=1.0), 0.1)],
    )
    np.random.seed(1)
    witness.run_mcmc(0.5 * np.random.default_rng(1).normal(size=(96, 3)), 3000)
    expected = witness.get_chain(discard=500, flat=True)
    found = sample(density, Effort(ess=8000)).scores
    spread = expected.std(axis=0)
    assert np.abs(found.mean(axis=(0, 1)) - expected.mean(axis=0)).max() < 0.05 * spread.min()
    assert found.std(axis=(0, 1)) == pytest.approx(spread, rel=0.04)
