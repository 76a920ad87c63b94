"""Data simulated with a model and its errors: for the calibration of samplers, and waves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.inference.density import Density
from simdistrict.inference.distributions import draws_of_normal, draws_of_uniform
from simdistrict.inference.likelihood import Likelihood
from simdistrict.inference.sampling import Effort, sample
from simdistrict.inference.sbc import Drawn
from simdistrict.inference.target import Target

# draws of the prior until one has a run that reaches all data
_TRIES = 1000


@dataclass(frozen=True, eq=False)
class TargetSimulator:
    """A target that simulates its own data at the same dates; see `sbc.Simulator`.

    Raises ScenarioError where its likelihood is no density of data that could be simulated.
    """

    target: Target

    def __post_init__(self) -> None:
        problems = _unlike_a_density(self.target)
        if problems:
            raise ScenarioError(problems)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates."""
        return self.target.names

    def simulated(self, seed: int) -> tuple[Reals, Density]:
        """Scores drawn from the prior, and the density given data simulated with them.

        A draw whose run fails is drawn again: no data come from it. Raises ScenarioError where
        all do.
        """
        target, likelihood = self.target, self.target.likelihood
        assert isinstance(likelihood, Likelihood)
        for attempt in range(_TRIES):
            truth = draws_of_normal(1, len(self.names), seed, 1, attempt)
            values, failed = target.run(target.numbers(truth), 1)
            points, more = values[:, : len(target.points)], values[0, len(target.points) :]
            noise = draws_of_normal(1, points.shape[1], seed, 2, attempt)
            data = likelihood.simulate(points, nuisance_of(target, truth), noise)
            if not failed[0] and np.isfinite(data).all():
                said = target.statements
                shares = draws_of_uniform(1, len(said.statements), seed, 3, attempt)[0]
                return truth[0], target.with_observed(data[0], said.simulate(more, shares).tolist())
        what = f"all of {_TRIES} draws of the prior fail"
        raise ScenarioError(Problem(target.data.where, what, "look at the ranges of the prior"))


def _unlike_a_density(target: Target) -> list[Problem]:
    where = target.data.where
    if not isinstance(target.likelihood, Likelihood):
        what = "exp(-payoff/2) is no density of the data, so that none can be simulated"
        return [Problem("likelihood", what, "calibrate with the likelihood of the series")]
    problems = []
    for part in target.likelihood.parts:
        if not np.isnan(part.bands).all():
            what = f'"{part.name}" has bands, which are not simulated'
            problems.append(Problem(where, what, "calibrate without this series"))
        if (part.powers != 1).any():
            what = f'"{part.name}" has a weight other than 1: its posterior has no right ranks'
            problems.append(Problem(where, what, "calibrate with weights of 1"))
    return problems


def nuisance_of(target: Target, scores: Reals) -> Reals:
    """The estimated numbers of the errors, (members, numbers)."""
    found = target.nuisance(scores)
    return np.column_stack([*found.values()]) if found else np.empty((len(scores), 0))


@dataclass(frozen=True, slots=True)
class ShortSampler:
    """The sampler as a value, with its effort; see `sbc.Sampler`. One core for each posterior."""

    effort: Effort

    def __call__(self, density: Density, seed: int) -> Drawn:
        found = sample(density, replace(self.effort, seed=seed), workers=1)
        size = found.scores.shape[-1]
        return Drawn(found.scores.reshape(-1, size), found.likelihood.ravel(), found.converged)


def measure_of(target: Target, workers: int | None = None) -> Callable[[Reals], Reals]:
    """The implausibility of each series for `waves`: the largest departure from its data.

    (members, size) -> (members, series) in standard deviations; inf for a run that failed. A
    payoff is measured by the scales of its series.
    """

    def measure(scores: Reals) -> Reals:
        found = target.evaluate(scores, workers)
        return largest_departures(target, found.points, nuisance_of(target, scores))

    return measure


def largest_departures(target: Target, points: Reals, nuisance: Reals) -> Reals:
    """The largest departure of each series, (members, series); 0 for a series without points."""
    likelihood = target.likelihood
    if isinstance(likelihood, Likelihood):
        away = likelihood.departures(points, nuisance)
    else:
        away = np.abs(likelihood.distance.residuals(points))
    away = np.where(np.isnan(away), np.inf, away)
    found = np.zeros((len(points), len(likelihood.slices)))
    for k, here in enumerate(likelihood.slices):
        found[:, k] = away[:, here].max(axis=1, initial=0.0)
    return found
