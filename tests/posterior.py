"""Posteriors of model files, for tests: the density of a model, its data and its prior."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simdistrict.calibration.data import read_data
from simdistrict.ensemble.prior import prior_table, read_nuisance, read_prior
from simdistrict.inference.sampling import Sampled
from simdistrict.inference.target import Target, target_of
from simdistrict.run.plan import plans_for


def density(model: Path, data: Path, prior: Path) -> Target:
    """The posterior density of the constants of a prior table."""
    (plan,) = plans_for([str(model)], [], backend="native")
    known, program = plan.prepared.model, plan.prepared.program
    table = prior_table(prior)
    return target_of(
        plan,
        read_prior(table.text, table.where, known, program),
        read_data(data, known),
        scales=read_nuisance(table.text, table.where, known, program),
    )


def draws(target: Target, sampled: Sampled) -> dict[str, np.ndarray]:
    """The draws of each coordinate in its own units, (chain, draw)."""
    shape = sampled.likelihood.shape
    scores = sampled.scores.reshape(-1, target.size)
    numbers = target.numbers(scores)
    found = {prior.name: numbers[:, k] for k, prior in enumerate(target.priors)}
    found |= target.nuisance(scores)
    return {name: values.reshape(shape) for name, values in found.items()}
