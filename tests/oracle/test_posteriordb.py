"""Draws of two models against the reference posteriors of posteriordb, from the prior.

Source and licence of the data and the reference: benchmarks/posteriordb/README.md.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from simdistrict.inference.sampling import Effort, sample
from tests.posterior import density, draws

FOLDER = Path(__file__).parents[2] / "benchmarks" / "posteriordb"
# the posterior of these has a mean and no variance: shares of draws below quantiles are compared
HEAVY = ("half saturation", "maximum elimination")
LEVELS = {"q05": 0.05, "q50": 0.5, "q95": 0.95}


def reference(model: str) -> dict[str, dict[str, str]]:
    """The rows of the reference by coordinate."""
    with (FOLDER / "reference.csv").open(encoding="utf-8") as file:
        return {row["constant"]: row for row in csv.DictReader(file) if row["model"] == model}


@pytest.mark.slow
def test_nuts_has_the_moments_of_the_reference() -> None:
    """Within four standard errors of its own draws and of the 10,000 of the reference."""
    pytest.importorskip("mici", reason="mici is not installed: pip install simdistrict[nuts]")
    files = (FOLDER / f"lotka_volterra{end}" for end in (".mdl", "_data.csv", "_prior.csv"))
    target = density(*files)
    sampled = sample(target, Effort(ess=1000, seed=2, method="nuts"))
    assert sampled.converged, sampled.reasons
    values = draws(target, sampled)
    error = np.sqrt(1 / sampled.ess_bulk.min() + 1e-4)
    for name, row in reference("lotka_volterra").items():
        mean, sd = float(row["mean"]), float(row["sd"])
        assert abs(values[name].mean() - mean) < 4 * error * sd, name
        assert abs(values[name].std() / sd - 1) < 4 * error, name


@pytest.mark.parametrize("model", ["lotka_volterra", "one_compartment"])
def test_the_moments_are_those_of_the_reference(model: str) -> None:
    """Means within .05 reference standard deviations, standard deviations within 5%."""
    target = density(
        FOLDER / f"{model}.mdl", FOLDER / f"{model}_data.csv", FOLDER / f"{model}_prior.csv"
    )
    # at 4,000 effective draws chance alone moves a standard deviation by 2.5% (over 24 seeds)
    sampled = sample(target, Effort(ess=20_000, seed=1, runs=2_000_000))
    assert sampled.converged, sampled.reasons
    values = draws(target, sampled)
    known = reference(model)
    assert set(values) == set(known)
    for name, row in known.items():
        found = values[name]
        for head, level in LEVELS.items():
            apart = abs((found < float(row[head])).mean() - level)
            # four standard errors of both, of which the reference has 10,000 independent draws
            error = np.sqrt(level * (1 - level) * (1 / sampled.ess_bulk.min() + 1e-4))
            assert apart < 4 * error, (name, head)
        if name not in HEAVY:
            mean, sd = float(row["mean"]), float(row["sd"])
            assert abs(found.mean() - mean) < 0.05 * sd, name
            assert abs(found.std() / sd - 1) < 0.05, name
