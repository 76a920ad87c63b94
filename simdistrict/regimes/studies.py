"""Studies: a plan and a request to a result. `study` does one, `repeat_study` does it again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.ensemble.rerun import Repetition, compare_results, recorded_plans
from simdistrict.regimes import class_study, loop_study
from simdistrict.regimes.frozen import Frozen, freeze
from simdistrict.regimes.map_results import basins_along_result, world_map_result
from simdistrict.regimes.model_field import ModelField, Parameter, field_of, output_places
from simdistrict.regimes.numerics.basin import basins, basins_along
from simdistrict.regimes.numerics.diagram import Diagram, branches
from simdistrict.regimes.numerics.equilibrium import equilibria, hypercube
from simdistrict.regimes.numerics.fold_curve import fold_curves
from simdistrict.regimes.numerics.policies import policy_map
from simdistrict.regimes.numerics.sweep import SPEEDS, hysteresis
from simdistrict.regimes.numerics.worlds import world_map
from simdistrict.regimes.request import RECORD, Request
from simdistrict.regimes.results import (
    Output,
    basins_result,
    branch_result,
    equilibria_result,
    fold_curve_result,
    hysteresis_result,
    policy_map_result,
)
from simdistrict.regimes.rules import Rule, read_rules
from simdistrict.result.dataset import Result
from simdistrict.run.plan import Plan
from simdistrict.run.simulate import provenance
from simdistrict.scenario.places import key_of

log = logging.getLogger("simdistrict.regimes")

# a sweep goes on for long, and what it starts from should have come to rest
_REST = 2000.0
_TRIED = 64  # states in which a parameter's effect is looked for


@dataclass(frozen=True, eq=False)
class Prepared:
    """A frozen world with its field, and what is to be read in its states."""

    plan: Plan
    request: Request
    frozen: Frozen
    field: ModelField
    outputs: tuple[Output, ...]

    @property
    def known(self) -> tuple[Reals, ...]:
        """The first and the last state of the run."""
        return self.frozen.past[0], self.frozen.past[-1]

    def observe(self, state: Reals, parameters: Sequence[float]) -> Reals:
        """The outputs in a state."""
        return self.field.observe(state, parameters, [o.place for o in self.outputs])

    @property
    def attrs(self) -> dict[str, object]:
        """What the result file records."""
        trends = "; ".join(
            f"{name} {rate:+.6g} per time unit, "
            + ("the frame grows with it" if relative else "held")
            for name, rate, relative in self.field.growth.trends
        )
        model = self.plan.prepared.model
        study = self.request.study
        record = provenance([self.plan])
        return {
            **record,
            "title": f"{study} of {model.name}, {self.plan.resolved.name}",
            "history": f"simdistrict {record['simdistrict_version']}: regimes, {study}",
            RECORD: self.request.to_json(),
            "frozen_at": self.frozen.at,
            "frozen_trends": trends or "none",
            "seed": self.request.seed,
        }


def prepare_study(plan: Plan, request: Request) -> Prepared:
    """Freeze the world of a study. Raises ScenarioError for names that the model lacks."""
    frozen = freeze(plan, request.at, request.element, request.hold, request.free)
    field = field_of(frozen, [name for name, _, _ in request.parameters])
    _check_bounds(request)
    _warn_of_ranges(plan, field, request)
    _warn_of_idle(field, request)
    names = list(dict.fromkeys((*request.outputs, *(c.name for c in _rule(request).conditions))))
    return Prepared(plan, request, frozen, field, _outputs(plan, frozen, names))


def study(plan: Plan, request: Request) -> Result:
    """Do what a request asks for."""
    prepared = prepare_study(plan, request)
    return _STUDIES[request.study](prepared)


def repeat_study(recorded: Result, where: str) -> Repetition:
    """Do again what a result file records, and compare."""
    kind = Request.from_json(str(recorded.attrs[RECORD]), where).study
    if kind in _OF_RUNS:
        return _OF_RUNS[kind](recorded, where)
    (plan,) = recorded_plans(recorded, where)
    request = Request.from_json(str(recorded.attrs[RECORD]), where)
    return compare_results(recorded, study(plan, request))


def _equilibria(p: Prepared) -> Result:
    r = p.request
    found = equilibria(
        p.field, p.field.values(), starts=r.starts, seed=r.seed, known=p.known, horizon=r.horizon
    )
    return equilibria_result(p.field, found, p.outputs, p.observe, p.attrs)


def _branch(p: Prepared) -> Result:
    r = p.request
    low, high, limits = _within_range(p.field.parameters[0], *r.parameters[0][1:])
    found = branches(
        p.field,
        low,
        high,
        limits=limits,
        stops=r.stops,
        starts=r.starts,
        seed=r.seed,
        known=p.known,
        horizon=r.horizon,
    )
    _warn_of_lines(found)
    return branch_result(p.field, found, p.outputs, p.observe, p.attrs)


def _fold_curve(p: Prepared) -> Result:
    r = p.request
    asked = zip(p.field.parameters, r.parameters, strict=True)
    bounds = [_within_range(parameter, *own[1:])[:2] for parameter, own in asked]
    one = field_of(p.frozen, [r.parameters[0][0]])
    low, high = bounds[0]
    diagram = branches(
        one,
        low,
        high,
        stops=r.stops,
        starts=r.starts,
        seed=r.seed,
        known=p.known,
        horizon=r.horizon,
    )
    other = p.field.values()[1]
    found = fold_curves(p.field, diagram.specials("fold"), other, bounds[0], bounds[1])
    return fold_curve_result(p.field, found, p.attrs)


def _hysteresis(p: Prepared) -> Result:
    r = p.request
    _, low, high = r.parameters[0]
    found = hysteresis(
        p.field,
        low,
        high,
        r.duration,
        start=p.field.start(),
        time_step=p.plan.grid.time_step,
        integrator="euler" if p.plan.integrator == "euler" else "rk4",
        observe=p.observe if p.outputs else None,
        speeds=r.speeds or SPEEDS,
        horizon=max(r.horizon, _REST),
    )
    return hysteresis_result(p.field, found, p.outputs, p.attrs)


def _initial_box(p: Prepared) -> tuple[Reals, Reals]:
    """The box from which initial states are drawn."""
    r = p.request
    low, high = p.field.low.copy(), p.field.high.copy()
    for name, a, b in r.box:
        hits = [k for k, stock in enumerate(p.field.names) if _means(name, stock)]
        if not hits:
            what = f'"{name}" is none of the free stocks'
            hint = "they are " + ", ".join(list(p.field.names)[:8])
            raise ScenarioError(Problem("--initial", what, hint))
        low[hits], high[hits] = a, b
    start = p.field.start()
    for k, stock in enumerate(p.field.names):
        if r.box and not any(_means(name, stock) for name, _, _ in r.box):
            low[k] = high[k] = start[k]
    return low, high


def _basins(p: Prepared) -> Result:
    r = p.request
    low, high = _initial_box(p)
    found = basins(
        p.field, p.field.values(), low, high, r.members, seed=r.seed, horizon=max(r.horizon, _REST)
    )
    return basins_result(p.field, found, p.outputs, p.observe, p.attrs)


def _basins_along(p: Prepared) -> Result:
    r = p.request
    (values,) = _grid(r)
    low, high = _initial_box(p)
    found = basins_along(
        p.field, values, low, high, r.members, seed=r.seed, horizon=max(r.horizon, _REST)
    )
    return basins_along_result(p.field, found, p.outputs, p.observe, p.attrs)


def _regime_map(p: Prepared) -> Result:
    r = p.request
    first, second = _grid(r)
    low, high = _initial_box(p)
    found = world_map(
        p.field, first, second, low, high, r.members, seed=r.seed, horizon=max(r.horizon, _REST)
    )
    rule = _rule(r) if r.rule else None
    return world_map_result(p.field, found, p.outputs, p.observe, p.attrs, rule)


def _policy_map(p: Prepared) -> Result:
    r = p.request
    _, low, high = r.parameters[0]
    found = policy_map(
        p.field,
        np.linspace(low, high, r.doses),
        r.duration * np.arange(1, r.lengths + 1) / r.lengths,
        start=p.field.start(),
        usual=p.field.values()[0],
        settled=r.settled,
        horizon=max(r.horizon, _REST),
    )
    return policy_map_result(p.field, found, p.outputs, p.observe, p.attrs)


_STUDIES: dict[str, Callable[[Prepared], Result]] = {
    "equilibria": _equilibria,
    "branch": _branch,
    "fold curve": _fold_curve,
    "hysteresis": _hysteresis,
    "basins": _basins,
    "basins along": _basins_along,
    "regime map": _regime_map,
    "policy map": _policy_map,
}


def _grid(request: Request) -> list[Reals]:
    """The values of each parameter."""
    pairs = zip(request.parameters, request.grid, strict=True)
    return [np.linspace(low, high, count) for (_, low, high), count in pairs]


def _rule(request: Request) -> Rule:
    """What makes a world one that is wanted; without conditions where nothing was asked for."""
    return read_rules([f"wanted: {request.rule}"])[0] if request.rule else Rule("wanted", ())


def _within_range(
    parameter: Parameter, low: float, high: float
) -> tuple[float, float, tuple[str, str]]:
    """The part of some bounds in which the model makes sense, and what its ends are called.

    Raises ScenarioError where there is no such part.
    """
    stated = parameter.range
    if stated is None:
        return low, high, ("", "")
    least = low if stated.low is None else max(low, stated.low)
    most = high if stated.high is None else min(high, stated.high)
    if not least < most:
        what = f"the bounds {low:g} and {high:g} lie outside its range {stated}"
        hint = "give bounds inside the range that the model states"
        raise ScenarioError(Problem(f'parameter "{parameter.name}"', what, hint))
    return least, most, ("" if least == low else str(stated), "" if most == high else str(stated))


# studies of runs, in which no world is frozen
_OF_RUNS: dict[str, Callable[[Result, str], Repetition]] = {
    class_study.STUDY: class_study.repeat_class_study,
    loop_study.STUDY: loop_study.repeat_loop_study,
}


def _means(written: str, stock: str) -> bool:
    """Whether a written name means a free stock, or the array that it belongs to."""
    return key_of(stock) == key_of(written) or key_of(stock.partition("[")[0]) == key_of(written)


def _check_bounds(request: Request) -> None:
    for name, low, high in request.parameters:
        if not (np.isfinite([low, high]).all() and low < high):
            what = f"the bounds {low:g} and {high:g} do not enclose anything"
            hint = "give --from below --to"
            raise ScenarioError(Problem(f'parameter "{name}"', what, hint))


def _warn_of_ranges(plan: Plan, field: ModelField, request: Request) -> None:
    """Say which bounds lie outside the range that the model states for a parameter."""
    model = plan.prepared.model
    for parameter, (_, *bounds) in zip(field.parameters, request.parameters, strict=True):
        for value in bounds:
            if parameter.range is not None and value not in parameter.range:
                what = (
                    f"{parameter.name} = {value:g} is outside the range {parameter.range} that the "
                    f"model {model.name} states"
                )
                log.warning('parameter "%s" | %s', parameter.name, what)


def _warn_of_idle(field: ModelField, request: Request) -> None:
    """Say which parameters change no net flow: they have acted before the date, or nowhere."""
    states = hypercube(field.low, field.high, _TRIED, request.seed)
    for k, (parameter, (_, *bounds)) in enumerate(
        zip(field.parameters, request.parameters, strict=True)
    ):
        given = [list(field.values()) for _ in bounds]
        for values, bound in zip(given, bounds, strict=True):
            values[k] = bound
        with np.errstate(all="ignore"):
            low, high = (field(states, values) for values in given)
        if np.array_equal(low, high, equal_nan=True):
            what = f"it changes no net flow of the frozen world, in {_TRIED} states tried"
            log.warning('parameter "%s" | %s', parameter.name, what)


def _warn_of_lines(found: Diagram) -> None:
    """Say where equilibria lie on lines, which no branch follows."""
    lines = sum(any(e.continuum for e in search.equilibria) for _, search in found.searches)
    if lines:
        where = f"at {lines} of {len(found.searches)} values searched"
        hint = "hold one of the stocks with --hold"
        log.warning("equilibria lie on a line %s, which is not followed: %s", where, hint)


def _outputs(plan: Plan, frozen: Frozen, names: Sequence[str]) -> tuple[Output, ...]:
    """What is read: the names given, else what the scenario reports and is one number here."""
    found = []
    for name in names or plan.resolved.report:
        places, spelled = output_places(frozen, name)
        if len(places) != 1:
            if names:
                what = f'"{spelled}" is {len(places)} numbers, and one is read'
                hint = "name a label of each dimension: NAME[LABEL]"
                raise ScenarioError(Problem("--output or --where", what, hint))
            continue
        element = plan.prepared.model[name.partition("[")[0]]
        found.append(Output(spelled, places[0], element.units))
    return tuple(found)
