"""From what is asked to a posterior with its checks: reads texts, samples, runs the draws again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.counts import counted
from simdistrict.base.identity import code_identity, code_record
from simdistrict.calibration.data import data_from_text
from simdistrict.calibration.error_model import LOGNORMAL
from simdistrict.calibration.statements import NONE, Statements, statements_from_text
from simdistrict.ensemble.prior import read_nuisance, read_prior
from simdistrict.inference.asked import NUTS, Inference, Text
from simdistrict.inference.distributions import draws_of_normal
from simdistrict.inference.hamiltonian import library
from simdistrict.inference.keeping import Keeper
from simdistrict.inference.likelihood import Likelihood
from simdistrict.inference.nuts import check_nuts
from simdistrict.inference.posterior import (
    NUISANCE,
    Coordinate,
    Datum,
    Draws,
    Posterior,
    Predicted,
)
from simdistrict.inference.sampling import Effort, Sampled, Tick, sample
from simdistrict.inference.target import Target, target_of
from simdistrict.inference.together import Runner
from simdistrict.model.model import Lookup, Model
from simdistrict.run.plan import Plan
from simdistrict.run.simulate import provenance
from simdistrict.scenario.places import find_element

# draws that are run again for what the model says of the data
PREDICTED = 4000
# draws of the prior for its mean and standard deviation
_BEFORE = 4000
# what random numbers are drawn for
_OF_PRIOR, _OF_ERRORS, _OF_OTHERS = 51, 52, 53


@dataclass(frozen=True, eq=False)
class Question:
    """An inference that is read and checked: the density, and all data with those not used.

    everything: the density of all data, used or not; None where all are used.
    """

    plan: Plan
    asked: Inference
    target: Target
    everything: Target | None

    @property
    def effort(self) -> Effort:
        """How long to sample."""
        asked = self.asked
        return Effort(ess=asked.ess, runs=asked.runs, seed=asked.seed, method=asked.method)

    def record(self) -> dict[str, object]:
        """The attributes that repeat the posterior."""
        plan, asked = self.plan, self.asked
        return {
            **provenance([plan]),
            **code_record("native"),
            "backend": "native",
            "scenario_name": plan.resolved.name,
            **asked.record(),
            "data_name": asked.data.name,
            "data_sha256": self.target.data.sha256,
            "seed": asked.seed,
        }

    def identity(self) -> str:
        """Equal for two questions only if their draws are."""
        parts = [f"{key}={value!r}" for key, value in sorted(self.record().items())]
        parts += [repr(self.effort), code_identity()]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def question(plan: Plan, asked: Inference) -> Question:
    """Read the texts of an inference and build its density.

    Raises ScenarioError and EngineError for everything that cannot be inferred.
    """
    prepared = plan.prepared
    model = prepared.model
    data = data_from_text(asked.data.text, model, asked.data.where)
    priors = read_prior(asked.prior.text, asked.prior.where, model, prepared.program)
    scales = read_nuisance(asked.prior.text, asked.prior.where, model, prepared.program)
    target = target_of(
        plan,
        priors,
        data,
        left_out=asked.left_out,
        statements=_statements(asked.statements, model),
        until=asked.until,
        free=asked.free or None,
        scales=scales,
        likelihood=asked.likelihood,
    )
    if asked.method == NUTS:
        check_nuts(target)
    late = asked.until is not None and any(row.year > asked.until for _, row in data.rows())
    held = bool(asked.left_out) or late
    return Question(plan, asked, target, target.with_data(data) if held else None)


def _statements(text: Text | None, model: Model) -> Statements:
    return NONE if text is None else statements_from_text(text.text, model, text.where)


def draw(
    question: Question,
    *,
    start: Reals | None = None,
    folder: Path | None = None,
    resume: bool = False,
    workers: int | None = None,
    runner: Runner | None = None,
    tick: Tick | None = None,
) -> Sampled:
    """Draw from the posterior; folder: keeps finished parts, for `resume`."""
    keeper = None if folder is None else Keeper(folder, question.identity())
    return sample(
        question.target,
        question.effort,
        start=start,
        keeper=keeper,
        resume=resume,
        workers=workers,
        runner=runner,
        tick=tick,
    )


def posterior_of(question: Question, sampled: Sampled, workers: int | None = None) -> Posterior:
    """The draws in the units of the model, and what the model says of the data in them."""
    target = question.target
    chains, draws, size = sampled.scores.shape
    flat = sampled.scores.reshape(-1, size)
    numbers = numbers_of(target, flat).reshape(chains, draws, -1)
    before = draws_of_normal(_BEFORE, size, question.asked.seed, _OF_PRIOR)
    kept = _kept(chains, draws)
    log_prior = np.asarray(-0.5 * np.sum(sampled.scores**2, axis=-1), float)
    record = {**question.record(), "sampler": _sampler(sampled)}
    return Posterior(
        coordinates(question),
        Draws(numbers, sampled.likelihood, log_prior, sampled.population),
        _predicted(question, sampled.scores[:, kept], kept, workers),
        numbers_of(target, before),
        target.series_names,
        data_of(target),
        sampled.converged,
        sampled.reasons,
        sampled.runs,
        record,
    )


def _kept(chains: int, draws: int) -> Any:
    """Evenly spaced draws of a chain, so that all chains together have `PREDICTED` or fewer."""
    count = min(draws, max(PREDICTED // chains, 1))
    return ((np.arange(count) + 0.5) * draws / count).astype(int)


def _predicted(question: Question, scores: Reals, kept: Any, workers: int | None) -> Predicted:
    target = question.target
    chains, draws, size = scores.shape
    flat = scores.reshape(-1, size)
    found = target.evaluate(flat, workers)
    own = replicated(target, found.points, flat, question.asked.seed)
    shape = (chains, draws, -1)
    return Predicted(
        kept, found.series.reshape(shape), found.points.reshape(shape), own.reshape(shape)
    )


def replicated(
    target: Target, points: Reals, scores: Reals, seed: int, given: Likelihood | None = None
) -> Reals:
    """Data drawn from the errors around the model, (draws, points); NaN for the payoff.

    given: the likelihood of the rows that the draws have seen: data of the same series continue
    their errors.
    """
    likelihood, known = target.likelihood, None
    if not isinstance(likelihood, Likelihood):
        return np.full_like(points, np.nan)
    if given is not None:
        likelihood, known = likelihood.after(given)
    normals = draws_of_normal(len(points), points.shape[1], seed, _OF_ERRORS)
    nuisance = np.column_stack([np.empty((len(scores), 0)), *target.nuisance(scores).values()])
    return likelihood.simulate(points, nuisance, normals, known)


def forecast(question: Question, scores: Reals, workers: int | None = None) -> Reals:
    """Data drawn for all rows, used or not, (draws, size) -> (draws, points of everything).

    What only the left-out series have, such as their scale, is drawn from its prior. Where errors
    are correlated, later rows continue those that the posterior has seen, which are repeated.
    """
    everything, seen = question.everything, question.target.likelihood
    assert everything is not None
    assert isinstance(seen, Likelihood)
    known = {name: k for k, name in enumerate(question.target.names)}
    own = draws_of_normal(len(scores), everything.size, question.asked.seed, _OF_OTHERS)
    for k, name in enumerate(everything.names):
        if name in known:
            own[:, k] = scores[:, known[name]]
    points = everything.evaluate(own, workers).points
    return replicated(everything, points, own, question.asked.seed, seen)


def numbers_of(target: Target, scores: Reals) -> Reals:
    """Constants, then what the likelihood estimates, (draws, size) -> (draws, coordinates)."""
    return np.column_stack([target.numbers(scores), *target.nuisance(scores).values()])


def coordinates(question: Question) -> tuple[Coordinate, ...]:
    """What a draw has numbers of."""
    model, target = question.plan.prepared.model, question.target
    found = []
    for prior in target.priors:
        element, _ = find_element(model, prior.name)
        units = "" if element is None or isinstance(element, Lookup) else element.units
        found.append(Coordinate(prior.name, units))
    units_of = {series.name: _units(question, k) for k, series in enumerate(target.data.series)}
    for own in target.likelihood.nuisance:
        kind, _, series = own.name.partition(" of ")
        units = "" if kind == "correlation" else units_of.get(series, "")
        found.append(Coordinate(own.name, units, NUISANCE))
    return tuple(found)


def _units(question: Question, number: int) -> str:
    """The unit of the errors of a series; none for ratios and for errors of logarithms."""
    series = question.target.data.series[number]
    element = question.plan.prepared.model.by_name[series.key]
    bare = series.relative_to is not None or series.error.kind == LOGNORMAL
    return "" if bare else element.units


def data_of(target: Target) -> tuple[Datum, ...]:
    """The values that count, in the order of the points."""
    model = target.request.plan.prepared.model
    found = []
    for point in target.points:
        series = target.data.series[point.series]
        units = "" if series.relative_to is not None else model.by_name[series.key].units
        found.append(Datum(series.name, point.year, point.value, units))
    return tuple(found)


def _sampler(sampled: Sampled) -> str:
    if sampled.method == NUTS:
        return (
            f"tempered SMC, then NUTS ({library()}): {counted(len(sampled.stages), 'chain')}, "
            f"{counted(sampled.burn_in, 'step')} of burn-in, 1 of {sampled.thin} steps kept"
        )
    populations = len(sampled.stages)
    chains = len(sampled.population) // max(populations, 1)
    return (
        f"tempered SMC, then DE-MC(Z): {counted(populations, 'population')} of "
        f"{counted(chains, 'chain')}, {counted(sampled.burn_in, 'step')} of burn-in, "
        f"1 of {sampled.thin} steps kept"
    )
