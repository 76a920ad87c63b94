"""Which constants a posterior is about: rows of the prior table, and what refuses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from simdistrict.base.errors import EngineError, Problem, ScenarioError, did_you_mean
from simdistrict.calibration.data import Observations
from simdistrict.ensemble.members import check_drawn, drawn
from simdistrict.ensemble.prior import Prior
from simdistrict.inference.nuisance import CORRELATION
from simdistrict.model.expr import Call, fold, walk
from simdistrict.model.model import Model
from simdistrict.run.plan import Plan

ALL = "all"


def sampled(
    plan: Plan, priors: Sequence[Prior], free: Sequence[str] | None
) -> tuple[tuple[Prior, ...], tuple[str, ...]]:
    """The priors to sample, and the names of those that the scenario sets.

    free: names of constants; None for all. The others are held at the scenario's values.
    Raises ScenarioError for a name without a prior, a constant that a policy changes and where
    nothing is left; EngineError for one that decides the program or the time grid, and for a
    model with random functions.
    """
    chosen = tuple(priors) if free is None else _chosen(priors, free)
    left = drawn([plan], chosen)
    stated = tuple(prior.name for k, prior in enumerate(chosen) if k not in left)
    found = tuple(chosen[k] for k in left)
    check_drawn(plan, found)
    if problems := _changed(plan, found):
        raise ScenarioError(problems)
    if problems := _random(plan.prepared.model):
        raise EngineError(problems)
    return found, stated


def _chosen(priors: Sequence[Prior], free: Sequence[str]) -> tuple[Prior, ...]:
    """The priors with these names, or of these arrays, in the order of the table."""
    known = {fold(prior.name): prior.name for prior in priors}
    wanted, problems = set(), []
    for name in free:
        own = [key for key in known if key == fold(name) or key.startswith(f"{fold(name)}[")]
        if not own:
            what = f'"{name}" has no row in the prior table'
            hint = did_you_mean(name, list(known.values())) or "add a row, or leave it out"
            problems.append(Problem("free constants", what, hint))
        wanted.update(own)
    if problems:
        raise ScenarioError(problems)
    return tuple(prior for prior in priors if fold(prior.name) in wanted)


def _changed(plan: Plan, priors: Sequence[Prior]) -> list[Problem]:
    """Problems for constants that a policy changes during the run."""
    slots = plan.prepared.program.layout.slots
    problems = []
    for policy in plan.resolved.policies:
        for change in policy.changes:
            places = {slots[change.element].offset + place for place in change.places}
            for prior in priors:
                if not places.isdisjoint(prior.places):
                    what = f'it is changed by the policy "{policy.name}" ({policy.origin})'
                    hint = "infer it without that policy, or leave it out of the free constants"
                    problems.append(Problem(f'free constant "{prior.name}"', what, hint))
    return problems


def _random(model: Model) -> list[Problem]:
    """Problems for elements that are drawn at random in every time step."""
    # not at the top: most commands take programs from the cache
    from simdistrict.engine.lowering.functions import FUNCTIONS

    random = {name for name, known in FUNCTIONS.items() if known.kind == "random"}
    problems = []
    for element in model.elements:
        called = {
            node.function
            for equation in element.equations
            for expr in (equation.expression, equation.initial)
            if expr is not None
            for node in walk(expr)
            if isinstance(node, Call) and node.function in random
        }
        if called:
            what = f"uses {', '.join(sorted(called))}: the likelihood of one run of a noisy model "
            what += "is not that of the model"
            hint = "replace it by its mean, and state the errors of the data in the data file"
            problems.append(Problem(f'"{element.name}"', what, hint))
    return problems


def few_data(points: int, constants: int, where: str) -> list[Problem]:
    """A warning where there are fewer data than unknowns."""
    if points >= constants:
        return []
    what = f"{points} data for {constants} unknowns: what the data do not say, the prior says"
    hint = "look at the overlap of prior and posterior of each, or leave constants out with --free"
    return [Problem(where, what, hint)]


def priors_of_errors(given: Mapping[str, Prior], names: Sequence[str], where: str) -> list[Problem]:
    """Problems for priors of numbers that are not estimated, or beyond their range."""
    problems = []
    for name, prior in given.items():
        if name not in names:
            what = f'there is a prior for "{name}", which is not estimated'
            hint = did_you_mean(name, list(names)) or "write ? in that column of the data file"
            problems.append(Problem(where, what, hint))
        elif prior.low < 0 or (prior.high >= 1 and name.startswith(CORRELATION)):
            what = f'the prior of "{name}" from {prior.low:g} to {prior.high:g} leaves its range'
            ends = "from 0 to below 1" if name.startswith(CORRELATION) else "of 0 or more"
            problems.append(Problem(where, what, f"it is a number {ends}"))
    return problems


def without(data: Observations, names: Sequence[str]) -> Observations:
    """The data without some series. Raises ScenarioError where there is no such series."""
    known = [series.name for series in data.series]
    problems = []
    for name in names:
        if name not in known:
            what = f'there is no series "{name}"'
            hint = did_you_mean(name, known) or f"the series are {', '.join(known)}"
            problems.append(Problem(data.where, what, hint))
    if not problems and len(set(names)) == len(known):
        problems.append(Problem(data.where, "every series is left out", "keep one"))
    if problems:
        raise ScenarioError(problems)
    return replace(data, series=tuple(s for s in data.series if s.name not in names))
