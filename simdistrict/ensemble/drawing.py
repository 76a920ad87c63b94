"""An ensemble from a prior table, or from a file of draws, and the settings of its draws."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simdistrict.base.counts import counted
from simdistrict.base.errors import EngineError, Problem, ScenarioError
from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.design import Design
from simdistrict.ensemble.draws_file import read_draws
from simdistrict.ensemble.given import GivenDesign, Origin, given_design
from simdistrict.ensemble.members import Ensemble, drawn, ensemble_of
from simdistrict.ensemble.prior import PriorTable, read_prior
from simdistrict.model.model import Lookup, Model
from simdistrict.run.plan import Plan, Prepared
from simdistrict.scenario.places import find_element

MODEL, PRIOR = RESTS = ("model", "prior")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drawing:
    """How members are drawn; None for what is not stated.

    members, or blocks for the methods saltelli and morris; shape: of their designs.
    """

    members: int | None = None
    blocks: int | None = None
    seed: int | None = None
    method: str | None = None
    shape: Shape = Shape()

    def over(self, table: PriorTable) -> Drawing:
        """What is not stated as a sensitivity control of Vensim states it."""
        counted = self.members is not None or self.blocks is not None
        return replace(
            self,
            members=self.members if counted else table.members,
            seed=table.seed if self.seed is None else self.seed,
            method=self.method or table.method,
        )


@dataclass(frozen=True, slots=True)
class DrawsRequest:
    """Draws from a file, as a user wants them.

    path: of the file, see `draws_file`; members: take so many, evenly spaced, None for all;
    rest: `model` leaves what the file lacks as the model has it, `prior` draws it from the prior
    table, with `seed`; unconverged: take a posterior whose chains have not converged.
    """

    path: Path
    members: int | None = None
    rest: str = MODEL
    seed: int | None = None
    unconverged: bool = False


def design_from_file(
    asked: DrawsRequest,
    prepared: Prepared,
    table: Callable[[], PriorTable],
    *,
    strict: bool = False,
) -> GivenDesign:
    """The design of a file of draws.

    table: reads the prior table, for `rest: prior`; strict: a draw outside the range that the
    model states is an error, not a warning. Raises ScenarioError for a posterior that has not
    converged, and as `draws_file.read_draws` and `given_design` do.
    """
    model, program = prepared.model, prepared.program
    if asked.rest not in RESTS:
        raise EngineError(Problem("rest", f'"{asked.rest}" is none of {", ".join(RESTS)}'))
    draws = read_draws(asked.path, model)
    if not draws.converged and not asked.unconverged:
        said = str(draws.attrs.get("reasons", "")) or "its chains have not mixed"
        what = f"the posterior has not converged ({said})"
        hint = "draw it again with more --runs; or take it as it is with --unconverged"
        raise ScenarioError(Problem(draws.where, what, hint))
    total = len(draws.numbers)
    if asked.members is not None:
        draws = draws.thinned(asked.members)
    found = given_design(draws.names, draws.numbers, model, program, draws.where)
    _check_ranges(found, model, draws.where, strict=strict)
    rest = "values of the model"
    if asked.rest == PRIOR:
        found, rest = _with_rest(found, prepared, table(), asked.seed or 0, draws.where)
    converged = draws.converged if "converged" in draws.attrs else None
    origin = Origin(
        draws.where, draws.sha256, total, draws.is_posterior, converged, draws.least_ess, rest
    )
    return replace(found, chain=draws.chain, origin=origin)


def _with_rest(
    design: GivenDesign, prepared: Prepared, table: PriorTable, seed: int, where: str
) -> tuple[GivenDesign, str]:
    """The design with columns for what only the prior table draws, and words for the record."""
    priors = read_prior(table.text, table.where, prepared.model, prepared.program)
    taken = {place for prior in design.priors for place in prior.places}
    rest = []
    for prior in priors:
        shared = taken.intersection(prior.places)
        if shared and len(shared) < len(prior.places):
            what = f'the draws set a part of "{prior.name}", of which the prior draws the whole'
            raise ScenarioError(Problem(where, what, "give draws of all of it, or of none"))
        rest += [] if shared else [prior]
    if not rest:
        return design, "values of the model"
    drawn = Design(tuple(rest), design.members, seed)
    numbers = np.concatenate([design.numbers, drawn.rows(0, design.members)], axis=1)
    made = replace(design, priors=(*design.priors, *rest), numbers=numbers)
    return made, f"prior, {counted(len(rest), 'number')}, seed {seed}"


def _check_ranges(design: GivenDesign, model: Model, where: str, *, strict: bool) -> None:
    """Warn of draws outside the ranges that the model states."""
    problems = []
    for prior, values in zip(design.priors, design.numbers.T, strict=True):
        element, _ = find_element(model, prior.name)
        if element is None or isinstance(element, Lookup):  # whose range is that of its points
            continue
        # the ends of a column tell whether any number is outside
        if prior.low in element.range and prior.high in element.range:
            continue
        count = sum(float(value) not in element.range for value in values)
        what = (
            f"the draws of {prior.name} lie from {prior.low:g} to {prior.high:g}: {count} of "
            f"{design.members} outside the range {element.range} that the model {model.name} states"
        )
        problems.append(Problem(where, what))
    if strict and problems:
        raise ScenarioError(problems)
    for problem in problems:
        log.warning("%s | %s", problem.where, problem.what)


def drawn_ensemble(
    plans: Sequence[Plan],
    table: PriorTable,
    drawing: Drawing,
    *,
    strict: bool = False,
    **how: Any,
) -> Ensemble:
    """An ensemble of scenarios with draws from a prior table.

    strict: a prior beyond the model's range is an error, not a warning; how: as of `ensemble_of`.
    Raises EngineError where not one of members and blocks is stated, ScenarioError for a table
    that does not fit the model, and as `ensemble_of` does.
    """
    drawing = drawing.over(table)
    if (drawing.members is None) == (drawing.blocks is None):
        what = "of members and blocks, one is needed"
        raise EngineError(Problem("members", what, "blocks are of saltelli and morris"))
    prepared = plans[0].prepared
    priors = read_prior(table.text, table.where, prepared.model, prepared.program, strict=strict)
    method, members = drawing.method or "lhs", drawing.members or 0
    if drawing.blocks is not None:
        # a block depends on how many priors are drawn
        members = drawing.blocks * drawing.shape.block(method, len(drawn(plans, priors)))
    seed = drawing.seed or 0
    return ensemble_of(
        plans, priors, table.text, members, seed=seed, method=method, shape=drawing.shape, **how
    )
