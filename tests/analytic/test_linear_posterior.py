"""Draws of a posterior against its closed form, through a model file and a data file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.inference.sampling import Effort, sample
from tests.analytic.linear_posterior import (
    MODEL,
    Known,
    autocorrelated,
    data_text,
    independent,
    prior_text,
    with_discrepancy,
)
from tests.posterior import density, draws

CASES = {
    "independent": (Known.of(independent()), "", ""),
    "autocorrelated": (Known.of(autocorrelated(0.7)), ",correlation", ",0.7"),
    "discrepancy": (Known.of(with_discrepancy(2.0)), ",discrepancy", ",2"),
    "means over 3 years": (Known.of(autocorrelated(0.5), 3), ",correlation,mean_over", ",0.5,3"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_moments_are_those_of_the_closed_form(case: str, tmp_path: Path) -> None:
    """Means within .02 standard deviations, standard deviations within 1.5%."""
    known, columns, cells = CASES[case]
    (tmp_path / "linear.mdl").write_text(MODEL)
    (tmp_path / "data.csv").write_text(data_text(columns, cells))
    (tmp_path / "prior.csv").write_text(prior_text())
    target = density(tmp_path / "linear.mdl", tmp_path / "data.csv", tmp_path / "prior.csv")
    sampled = sample(target, Effort(ess=20_000, seed=3))
    assert sampled.converged, sampled.reasons
    values = draws(target, sampled)
    found = np.stack([values[name].ravel() for name in Known.names])
    sd = np.sqrt(np.diag(known.covariance))
    assert np.abs((found.mean(axis=1) - known.mean) / sd).max() < 0.02
    assert np.abs(found.std(axis=1) / sd - 1).max() < 0.015
    assert abs(np.mean(sampled.evidence) - known.evidence) < 0.1
    correlation = known.covariance / sd / sd[:, None]
    assert np.abs(np.corrcoef(found) - correlation).max() < 0.02


def test_the_likelihood_is_normalised(tmp_path: Path) -> None:
    """The mean likelihood of draws of the prior is the evidence of the closed form."""
    (tmp_path / "linear.mdl").write_text(MODEL)
    (tmp_path / "data.csv").write_text(data_text())
    (tmp_path / "prior.csv").write_text(prior_text())
    target = density(tmp_path / "linear.mdl", tmp_path / "data.csv", tmp_path / "prior.csv")
    scores = np.random.default_rng(1).standard_normal((200_000, 3))
    likelihood = target.log_likelihood(scores)
    best = likelihood.max()
    evidence = best + np.log(np.exp(likelihood - best).mean())
    assert abs(evidence - Known.of(independent()).evidence) < 0.05
