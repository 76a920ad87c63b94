"""The posterior density of a model's uncertain constants, given data: runs in blocks of members.

Runs go up to the last point of the data and keep only what the data need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.errors import EngineError, Problem, ScenarioError
from simdistrict.calibration.data import Observations
from simdistrict.calibration.evaluation import DataPoint, off_grid, points_of
from simdistrict.calibration.payoff import is_fitted
from simdistrict.calibration.reading import Reading, reading_of
from simdistrict.calibration.statements import NONE, Statements
from simdistrict.engine.backends import AUTO, FIXED, check_way
from simdistrict.engine.batches import batch_class, check_backend
from simdistrict.engine.integrators.adaptive import Tolerance
from simdistrict.engine.native.batch import LANES, Batch
from simdistrict.engine.native.dual import DIRECTIONS
from simdistrict.engine.outcome import Outcome
from simdistrict.engine.tangents import Tangents
from simdistrict.ensemble.design import columns
from simdistrict.ensemble.members import stated_places
from simdistrict.ensemble.prior import Prior
from simdistrict.ensemble.scores import PriorScores
from simdistrict.inference.density import Evaluation
from simdistrict.inference.likelihood import Likelihood, likelihood_of
from simdistrict.inference.nuisance import NuisanceScores
from simdistrict.inference.payoff import PayoffLikelihood, payoff_likelihood
from simdistrict.inference.sampled import few_data, priors_of_errors, sampled, without
from simdistrict.inference.statements import StatementLikelihood
from simdistrict.run.plan import Plan, constants_of, moves_of

SERIES, PAYOFF = "series", "payoff"
LIKELIHOODS = (SERIES, PAYOFF)
# numbers of a block of members in memory
_AT_ONCE = 1 << 22


@dataclass(frozen=True, eq=False)
class Request:
    """What a target is made of.

    priors: of the sampled constants; until: later rows do not count; scales: priors of what the
    likelihood estimates, by name; kind: one of `LIKELIHOODS`.
    """

    plan: Plan
    priors: tuple[Prior, ...]
    data: Observations
    until: float | None = None
    statements: Statements = NONE
    scales: Mapping[str, Prior] = field(default_factory=dict)
    kind: str = SERIES
    backend: str = "native"


@dataclass(frozen=True, eq=False)
class Target:
    """A `Density` of a model, priors and data; picklable.

    points: of the rows that count; reading: what they, and then the statements, need of a run;
    batch: the runs; columns: the prior of each slot that differs between members; stated: names of
    the priors that the scenario sets, which are not sampled.
    """

    request: Request
    likelihood: Likelihood | PayoffLikelihood
    statements: StatementLikelihood
    points: tuple[DataPoint, ...]
    reading: Reading
    batch: Batch
    columns: tuple[int, ...]
    stated: tuple[str, ...] = ()

    @property
    def priors(self) -> tuple[Prior, ...]:
        """The priors of the sampled constants."""
        return self.request.priors

    @property
    def data(self) -> Observations:
        """The data, with the rows that do not count."""
        return self.request.data

    @property
    def series_names(self) -> tuple[str, ...]:
        """The names of the columns of `Evaluation.series`."""
        names = [series.name for series in self.data.series]
        return (*names, *(one.name for one in self.statements.statements))

    @property
    def powers(self) -> Reals:
        """The weight of each point: the power of its likelihood."""
        return np.array([point.weight for point in self.points])

    @property
    def series_of_points(self) -> NDArray[np.int64]:
        """The index in `data.series` of each point."""
        return np.array([point.series for point in self.points], np.int64)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What a user should know before the runs."""
        found = few_data(self._known, self.size, self.data.where)
        return tuple(found)

    @property
    def _known(self) -> int:
        """The rows and statements that count."""
        return len(self.points) + sum(self.statements.counts)

    @cached_property
    def scores(self) -> PriorScores:
        """Between the numbers of the constants and their scores."""
        return PriorScores(self.priors)

    @cached_property
    def errors(self) -> NuisanceScores:
        """Between the numbers of the errors and their scores."""
        return NuisanceScores(self.likelihood.nuisance)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates: constants, then numbers of the errors."""
        return (*self.scores.names, *(own.name for own in self.likelihood.nuisance))

    @property
    def size(self) -> int:
        """The number of coordinates."""
        return len(self.names)

    def numbers(self, scores: Reals) -> Reals:
        """The numbers of the constants, (members, size) -> (members, constants)."""
        return self.scores.numbers(np.ascontiguousarray(scores[:, : self.scores.size]))

    def nuisance(self, scores: Reals) -> dict[str, Reals]:
        """The estimated numbers of the errors by name, each (members,)."""
        found = self._nuisance(scores)
        return {own.name: found[:, k] for k, own in enumerate(self.likelihood.nuisance)}

    def log_likelihood(self, scores: Reals, workers: int | None = None) -> Reals:
        """The log likelihood of each member, see `Density`."""
        return self.evaluate(scores, workers).likelihood

    def evaluate(self, scores: Reals, workers: int | None = None) -> Evaluation:
        """Run members and compare them with the data, (members, size) -> an `Evaluation`."""
        values, failed = self.run(self.numbers(scores), workers)
        points, more = values[:, : len(self.points)], values[:, len(self.points) :]
        series = self.likelihood.series(points, self._nuisance(scores))
        if self.statements.statements:
            series = np.concatenate([series, self.statements.series(more)], axis=1)
        series[failed] = -np.inf
        return Evaluation(series.sum(axis=1), series, points, failed)

    def run(self, numbers: Reals, workers: int | None = None) -> tuple[Reals, Flags]:
        """The model at the points of the data and of the statements, and which runs ended early.

        numbers: of the constants, (members, constants). Equal for a member alone and among others.
        """
        count = len(numbers)
        # powers are fast in lanes only, which blocks of three members and more use
        rows = numbers[:, self.columns]
        if count < 3:
            rows = np.concatenate([rows, np.repeat(rows[-1:], 3 - count, axis=0)])
        points = np.empty((len(rows), len(self.reading.tops)))
        failed = np.empty(len(rows), bool)
        room = max(_AT_ONCE // max(self._kept, 1) // LANES, 1) * LANES
        for first in range(0, len(rows), room):
            here = slice(first, first + room)
            found = self.batch.run(rows[here], workers)
            points[here] = self.reading.points(found.values)
            failed[here] = found.outcome != Outcome.completed
        return points[:count], failed[:count]

    # ------------------------------------------------------------------ slopes

    @cached_property
    def why_no_slopes(self) -> tuple[Problem, ...]:
        """What has no derivative by the constants, each with the reason; empty where all have."""
        try:
            self._tangents  # noqa: B018 - building it finds what has none
        except EngineError as error:
            return tuple(error.problems)
        return ()

    @property
    def without_slopes(self) -> tuple[Problem, ...]:
        """What has no gradient: elements of the model, and parts of the likelihood."""
        return (*self.why_no_slopes, *self._jumps)

    @property
    def runs_of_slopes(self) -> int:
        """How many runs a gradient counts for: one for eight constants, as in `calibrate`."""
        return -(-len(self.priors) // DIRECTIONS)

    @property
    def _jumps(self) -> tuple[Problem, ...]:
        """What makes the likelihood jump between values."""
        found = [
            Problem(f'"{name}"', "its likelihood jumps at the ends of a range without a scale")
            for name in self.likelihood.jumping
        ]
        for one, counts in zip(self.statements.statements, self.statements.counts, strict=True):
            if counts:
                what = "a statement is right or wrong, so that its likelihood jumps"
                found.append(Problem(f'"{one.name}"', what))
        return tuple(found)

    def sloped(self, scores: Reals, workers: int | None = None) -> tuple[Reals, Reals, Flags]:
        """The model at the points of the data, its derivatives, and which runs ended early.

        scores: (members, size); gives (members, points) and (members, points, constants' scores),
        NaN after the end of a run. Only where `why_no_slopes` is empty.
        """
        rows = self.numbers(scores)[:, self.columns]
        ways = np.zeros((len(self.priors), len(self.columns)))
        ways[self.columns, range(len(self.columns))] = 1.0
        found = self._tangents.run(rows, ways, workers)
        count = len(self.points)
        points = self.reading.points(found.values)[:, :count]
        by_numbers = self.reading.slopes(found.values, found.slopes)[:, :count]
        by_scores = self.scores.slopes(np.ascontiguousarray(scores[:, : self.scores.size]))
        failed = np.asarray(np.isnan(found.values[:, -1]).all(axis=1))
        return points, np.einsum("mpk,mks->mps", by_numbers, by_scores), failed

    def with_slopes(self, scores: Reals, workers: int | None = None) -> tuple[Reals, Reals]:
        """The log likelihood of each member, and its gradient, (members, size).

        The gradient is zero where the likelihood is. Statements count with a gradient of zero.
        Only where `why_no_slopes` is empty.
        """
        points, by_scores, failed = self.sloped(scores, workers)
        own = scores[:, self.scores.size :]
        errors = self.errors.numbers(own)
        found = self.likelihood.series(points, errors).sum(axis=1)
        found[failed] = -np.inf
        by_points, by_errors = self.likelihood.slopes(points, errors)
        # einsum has one order of operations; a product of matrices depends on threads
        by_constants = np.einsum("mp,mps->ms", by_points, by_scores)
        gradient = np.concatenate([by_constants, by_errors * self.errors.slopes(own)], axis=1)
        gradient[~np.isfinite(found) | ~np.isfinite(gradient).all(axis=1)] = 0.0
        return found, gradient

    @cached_property
    def _tangents(self) -> Tangents:
        batch = self.batch
        return Tangents(**{f.name: getattr(batch, f.name) for f in fields(Tangents)})

    @property
    def _kept(self) -> int:
        """The numbers that are kept of a run."""
        return len(self.reading.steps) * len(self.reading.columns)

    def _nuisance(self, scores: Reals) -> Reals:
        """(members, nuisance)."""
        return self.errors.numbers(scores[:, self.scores.size :])

    # ------------------------------------------------------------------ other data

    def with_data(self, data: Observations, until: float | None = None) -> Target:
        """The same model, priors and coordinates, with other rows of the same series.

        So for a hold-out (until later, or None), or without the rows of one series.
        """
        return _target(replace(self.request, data=data, until=until), self.stated)

    def with_observed(self, values: Reals, said: Sequence[bool] | None = None) -> Target:
        """The same with other values of the points, (points,); stated scales do not change.

        said: what the sources of the statements say of each, see `StatementLikelihood.simulate`.
        Raises ScenarioError for the payoff, which is no density of the data.
        """
        if isinstance(self.likelihood, PayoffLikelihood):
            what = "exp(-payoff/2) is no density, so that no data can be drawn from it"
            raise ScenarioError(Problem("likelihood", what, "use the likelihood of the series"))
        own = self.statements if said is None else self.statements.saying(said)
        return replace(self, likelihood=self.likelihood.observing(values), statements=own)


def target_of(
    plan: Plan,
    priors: Sequence[Prior],
    data: Observations,
    *,
    left_out: Sequence[str] = (),
    statements: Statements = NONE,
    until: float | None = None,
    free: Sequence[str] | None = None,
    scales: Mapping[str, Prior] | None = None,
    likelihood: str = SERIES,
    backend: str = AUTO,
) -> Target:
    """The density of the constants of a plan, given data.

    priors: the prior table; left_out: names of series that do not count; free: names of the
    constants to sample, None for all of the table, the others are held; until: later rows and
    statements are for prediction only; scales: priors of numbers of the errors by name
    (`prior.read_nuisance`); likelihood: one of `LIKELIHOODS`.
    Raises ScenarioError and EngineError for what cannot be inferred, see `sampled.sampled`,
    `likelihood.likelihood_of` and `evaluation.off_grid`.
    """
    if likelihood not in LIKELIHOODS:
        what = f'there is no likelihood "{likelihood}"'
        raise ScenarioError(Problem("likelihood", what, f"use one of {', '.join(LIKELIHOODS)}"))
    backend = "native" if backend == AUTO else backend
    check_way(backend, plan.integrator, fast=False)
    check_backend(backend)
    own, stated = sampled(plan, priors, free)
    scales = scales or {}
    if likelihood == SERIES:
        names = [one.name for one in likelihood_of(data, until, scales).nuisance]
        if problems := priors_of_errors(scales, names, data.where):
            raise ScenarioError(problems)
    used = without(data, left_out)
    asked = Request(plan, own, used, until, statements, scales, likelihood, backend)
    made = _target(asked, stated)
    if not made.points:
        what = "no row with a weight is left to compare with"
        what += f" up to {until:g}" if until is not None else ""
        raise ScenarioError(Problem(data.where, what, "all later rows are for prediction only"))
    return made


def _target(request: Request, stated: tuple[str, ...]) -> Target:
    plan, data = request.plan, request.data
    statements, until = request.statements, request.until
    compared = statements.observations(until)
    if problems := [*off_grid(data, plan.grid), *off_grid(compared, plan.grid)]:
        raise ScenarioError(problems)
    points = tuple(point for point in points_of(data, until) if is_fitted(point))
    likelihood: Likelihood | PayoffLikelihood
    if request.kind == PAYOFF:
        likelihood = payoff_likelihood(data, points)
    else:
        likelihood = likelihood_of(data, until, request.scales)
    count = len(data.series)
    more = [replace(p, series=count + p.series) for p in points_of(compared, None)]
    both = Observations(data.where, (*data.series, *compared.series))
    reading = reading_of(both, (*points, *more), plan.grid)
    said = StatementLikelihood(
        statements.rows,
        tuple(row in statements.counting(until) for row in statements.rows),
        (True,) * len(statements.rows),
    )
    sampled_slots, column = columns(request.priors, sorted(stated_places(plan)))
    batch = _batch(request, reading, sampled_slots)
    return Target(request, likelihood, said, points, reading, batch, tuple(column), stated)


def _batch(request: Request, reading: Reading, sampled_slots: Sequence[int]) -> Batch:
    """Runs up to the last point that keep what the points need."""
    plan, program = request.plan, request.plan.prepared.program
    native = request.backend == "native"
    # the constants of the plan stay, and with them FINAL TIME where equations use it
    grid = replace(plan.grid, steps=max(reading.steps, default=0))
    return batch_class(request.backend)(
        program,
        grid,
        constants_of(plan),
        sampled_slots,
        [program.shown(key).offset + place for key, place in reading.columns],
        reading.steps,
        moves_of(plan),
        plan.integrator,
        Tolerance(plan.rtol, plan.atol),
        # the last digit of a power is nothing to a posterior, and library calls are slow in lanes
        fast=native and plan.integrator in FIXED,
    )
