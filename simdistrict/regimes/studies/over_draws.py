"""Basins and regime maps for each draw of a file: what holds in which share of the draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.engine.program import Program
from simdistrict.ensemble.content import design_variables
from simdistrict.ensemble.drawing import DrawsRequest, design_from_file
from simdistrict.ensemble.effective import COVERS, Effective, effective_of
from simdistrict.ensemble.given import CONVERGED, UNTRUSTED, GivenDesign
from simdistrict.ensemble.members import drawn, stated_places
from simdistrict.ensemble.prior import Prior
from simdistrict.ensemble.rerun import recorded_design, recorded_plans
from simdistrict.regimes.numerics.basin import basins
from simdistrict.regimes.studies.basins import BasinsStudy
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.frozen_study import REST, Setup, set_up
from simdistrict.regimes.studies.regime_map import RegimeMapStudy, outputs_of
from simdistrict.regimes.studies.study import option, variable
from simdistrict.regimes.studies.words import interval
from simdistrict.result.dataset import Result, Variable
from simdistrict.run.plan import Plan
from simdistrict.scenario.values import Change

_ENDS = ("", "_low", "_high", "_mcse")


def _file() -> Any:
    """The field for the file; empty in the record of a result, which holds the draws."""
    return option("--design", str, "Do it for each draw of a file.", form="FILE")


def _some() -> Any:
    return option("--draws", int, "So many draws of --design, evenly spaced.", 100, least=1)


def _any() -> Any:
    text = "Take a posterior whose chains have not converged."
    return option("--unconverged", bool, text, False)


def _run(study: OverDraws, plans: Sequence[Plan]) -> Result:
    plan = study.single(plans)
    given = study.given
    if given is None:
        asked = DrawsRequest(Path(study.design), unconverged=study.unconverged)
        found = design_from_file(asked, plan.prepared, _no_prior).thinned(study.draws)
        kept = drawn([plan], found.priors)
        given = found.without([k for k in range(len(found.priors)) if k not in kept])
    own = given
    setups = (set_up(study, _with_draw(plan, own, k)) for k in range(own.members))
    return study.over(own, set_up(study, plan), setups)


def _again(study: OverDraws, recorded: Result, where: str) -> Result:
    plans = recorded_plans(recorded, where)
    given = recorded_design(recorded, where, plans[0].prepared)
    return replace(study, given=given).run(plans)


def _written(
    base: Setup, given: GivenDesign, variables: Mapping[str, Variable], summary: str
) -> Result:
    """The result with the draws and with what its intervals cover."""
    coords, own = design_variables(given)
    origin = {} if given.origin is None else given.origin.record()
    words = effective_of(given).words
    after = {"method": given.method, "interval_covers": COVERS, "interval_counts": words, **origin}
    found = base.result({**variables, **own}, summary, after=after)
    return replace(found, coords={**found.coords, **coords})


def _no_prior() -> Any:
    raise AssertionError("no prior is read")


def _with_draw(plan: Plan, given: GivenDesign, member: int) -> Plan:
    """A plan with the numbers of one draw; what the scenario sets stays."""
    program, kept = plan.prepared.program, stated_places(plan)
    changes = list(plan.resolved.assumptions)
    for prior, value in zip(given.priors, given.numbers[member], strict=True):
        changes += _changes(prior, float(value), program, kept)
    return replace(plan, resolved=replace(plan.resolved, assumptions=tuple(changes)))


def _changes(
    prior: Prior, value: float, program: Program, kept: frozenset[int]
) -> Iterator[Change]:
    """The changes that give a constant the number of a draw.

    Raises ScenarioError for the point of a lookup, which a frozen model cannot move.
    """
    free = set(prior.places) - kept
    for name, slot in program.layout.slots.items():
        own = tuple(p - slot.offset for p in sorted(free) if 0 <= p - slot.offset < slot.size)
        if own:
            yield Change(name, own, value, prior.name)
            return
    if free:
        what = f"{prior.name} is a point of a lookup, and only constants differ between draws here"
        raise ScenarioError(Problem("--design", what, "leave it out of the file"))


def _untrusted(found: Mapping[str, Any]) -> list[str]:
    """What to say first of draws that have not converged."""
    return [UNTRUSTED] if int(found[CONVERGED]) == 0 else []


def _shares(name: str, dims: str, values: Reals, words: str) -> dict[str, Variable]:
    """A share with the ends of its interval and its standard error."""
    about = (words, "lower end of the 95% interval", "upper end of the 95% interval", "its error")
    return {
        f"{name}{end}": variable(dims, values[..., k].copy(), about[k])
        for k, end in enumerate(_ENDS)
    }


def _counts(found: Reals, worth: Effective) -> tuple[list[int], Reals]:
    """Each count that occurs, and the share of draws that have it."""
    kinds = sorted(set(found.astype(int).ravel().tolist()))
    return kinds, worth.shares(np.stack([found == kind for kind in kinds], axis=-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class BasinsOverDraws(BasinsStudy):
    """Basins for each draw: how many attractors there are, and how large their basins."""

    name = "basins over draws"
    example = 'core --initial "home experience=0.01:1" --members 200 --design posterior.nc'

    design: str = _file()
    draws: int = _some()
    unconverged: bool = _any()
    given: GivenDesign | None = None

    def run(self, plans: Sequence[Plan]) -> Result:
        return _run(self, plans)

    def again(self, recorded: Result, where: str) -> Result:
        return _again(self, recorded, where)

    def over(self, given: GivenDesign, base: Setup, setups: Iterable[Setup]) -> Result:
        """Do the study for each draw; base: of the scenario itself; setups: of the draws."""
        found = []
        for setup in setups:
            low, high = setup.box(self.box)
            field, horizon = setup.field, max(self.horizon, REST)
            values = field.values()
            own = basins(field, values, low, high, self.members, seed=self.seed, horizon=horizon)
            found.append((setup, own))
        most = max(len(own.attractors) for _, own in found)
        shape = (len(found), most)
        shares, read = np.full(shape, np.nan), np.full((*shape, len(base.outputs)), np.nan)
        states = np.full((*shape, len(base.field.names)), np.nan)
        for k, (setup, own) in enumerate(found):
            for a, (attractor, share) in enumerate(zip(own.attractors, own.shares, strict=True)):
                shares[k, a], states[k, a] = share, attractor.state
                read[k, a] = setup.observe(attractor.state, setup.field.values())
        number = np.array([len(own.attractors) for _, own in found], float)
        lost = np.array([(own.ids < 0).mean() for _, own in found])
        kinds, held = _counts(number, effective_of(given))
        words = "share of draws with this number of attractors"
        variables = {
            "attractors": variable("member", number, "number of attractors", np.int32),
            "share": variable("member attractor", shares, "share of initial states"),
            "undecided": variable("member", lost, "share of initial states"),
            "state": base.states(states, "member attractor"),
            **base.read(read, "member attractor"),
            "count": variable("kind", kinds, "number of attractors", np.int32),
            **_shares("draws", "kind", held, words),
        }
        parts = ", ".join(f"{n} in {s:.0%}" for n, s in zip(kinds, held[:, 0], strict=True))
        summary = f"attractors in {counted(len(found), 'draw')}: {parts}"
        return _written(base, given, variables, summary)

    def document(self, result: StudyData) -> dict[str, Any]:
        return {
            "draws": len(result["attractors"]),
            "attractors": [
                {"number": n, **result.share("draws", k)} for k, n in enumerate(result["count"])
            ],
            "median share of the first": float(np.nanmedian(result["share"][:, 0]))
            if result["share"].shape[1]
            else None,
            "interval_covers": result.attr("interval_covers"),
            "interval_counts": result.attr("interval_counts"),
            CONVERGED: result.result.attrs.get(CONVERGED, 1),
        }

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        yield from _untrusted(found)
        yield f"[95% intervals] from {found['interval_counts']}: {found['interval_covers']}"
        for own in found["attractors"]:
            yield f"{counted(own['number'], 'attractor')}: in {interval(own, 3)} of the draws"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOverDraws(RegimeMapStudy):
    """A regime map for each draw: the share of draws with several equilibria, or with a rule."""

    name = "regime map over draws"
    example = 'core --along "tariff=0:2:9" --along "cost ratio=1:2:9" --design posterior.nc'

    design: str = _file()
    draws: int = _some()
    unconverged: bool = _any()
    given: GivenDesign | None = None

    def run(self, plans: Sequence[Plan]) -> Result:
        return _run(self, plans)

    def again(self, recorded: Result, where: str) -> Result:
        return _again(self, recorded, where)

    def over(self, given: GivenDesign, base: Setup, setups: Iterable[Setup]) -> Result:
        """Do the study for each draw; base: of the scenario itself; setups: of the draws."""
        worlds, held = [], []
        for setup in setups:
            one = self.mapped(setup)
            worlds.append(one.worlds)
            if self.rule:
                held.append(self.held(setup, outputs_of(setup, one)))
        number, worth = np.stack(worlds), effective_of(given)
        first, second = (grid.values for grid in self.along)
        dims = "first second"
        names = [p.name for p in base.field.parameters]
        several = worth.shares(number > 1)
        variables = {
            "first_value": variable("first", first, names[0]),
            "second_value": variable("second", second, names[1]),
            "worlds": variable(f"member {dims}", number, "states of rest reached", np.int32),
            **_shares("several", dims, several, "share of draws with several states of rest"),
        }
        summary = (
            f"several states of rest in {several[..., 0].min():.0%} to "
            f"{several[..., 0].max():.0%} of {counted(given.members, 'draw')}"
        )
        if self.rule:
            every = worth.shares((np.stack(held) == number) & (number > 0))
            words = f"share of draws in which {self.rule_text} in every state of rest"
            variables |= _shares("held", dims, every, words)
        return _written(base, given, variables, summary)

    def document(self, result: StudyData) -> dict[str, Any]:
        key = "held" if "held" in result else "several"
        return {
            "parameters": [result.long_name("first_value"), result.long_name("second_value")],
            "values": [result["first_value"], result["second_value"]],
            "draws": len(result["worlds"]),
            "what": result.long_name(key),
            **{f"share{end}": result[f"{key}{end}"] for end in _ENDS},
            "interval_covers": result.attr("interval_covers"),
            "interval_counts": result.attr("interval_counts"),
            CONVERGED: result.result.attrs.get(CONVERGED, 1),
        }

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        yield from _untrusted(found)
        for name, values in zip(found["parameters"], found["values"], strict=True):
            between = f"{values[0]:.6g} to {values[-1]:.6g}"
            yield f"{name}: {counted(len(values), 'value')} from {between}"
        shares = np.array(found["share"])
        yield (
            f"{found['what']}: {shares.min():.3f} to {shares.max():.3f}; standard error at most "
            f"{np.nanmax(np.array(found['share_mcse'], float)):.3f}"
        )
        yield f"from {found['interval_counts']}: {found['interval_covers']}"


OverDraws = BasinsOverDraws | MapOverDraws
