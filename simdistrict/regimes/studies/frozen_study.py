"""Studies of a frozen model: the state of a scenario at a date, and the flow from there."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import combinations
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.regimes.frozen import Frozen, freeze
from simdistrict.regimes.model_field import ModelField, field_of, output_places
from simdistrict.regimes.numerics.attractors import Attractor
from simdistrict.regimes.numerics.equilibrium import hypercube
from simdistrict.regimes.studies.study import Interval, RegimeStudy, option, result_of, variable
from simdistrict.result.dataset import Result, Variable
from simdistrict.run.plan import Plan
from simdistrict.run.simulate import provenance
from simdistrict.scenario.places import key_of

log = logging.getLogger("simdistrict.regimes")

# shortest horizon of sweeps, basins and maps: their flows start far from rest
REST = 2000.0
_TRIED = 64  # states in which the effect of a parameter is tried


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenStudy(RegimeStudy):
    """A study of one scenario with all exogenous inputs frozen.

    at: date of freezing, None for the end of the run; element: the isolated label; hold, free:
    stocks that are held or free contrary to the default; outputs: elements read in every state;
    horizon: longest time that flows are followed.
    """

    at: float | None = option("--at", float, "Freeze the model at this date.", None, form="TIME")
    element: str = option("--element", str, "Isolate the stocks of a label.", "", form="LABEL")
    hold: tuple[str, ...] = option(
        "--hold", str, "Hold a stock (repeatable).", (), form="STOCK", count=0
    )
    free: tuple[str, ...] = option(
        "--free",
        str,
        "Let a stock vary that is held by default (repeatable).",
        (),
        count=0,
        form="STOCK",
    )
    outputs: tuple[str, ...] = option(
        "--output", str, "Read this element in every state (repeatable).", (), form="NAME", count=0
    )
    seed: int = option("--seed", int, "Of random starts.", 0, least=0)
    horizon: float = option(
        "--horizon", float, "Longest time that flows are followed.", 400.0, above=0
    )

    def run(self, plans: Sequence[Plan]) -> Result:
        return self.solve(set_up(self, self.single(plans)))

    def solve(self, setup: Setup) -> Result:
        """Do the study on a frozen model."""
        raise NotImplementedError

    def names(self) -> tuple[str, ...]:
        """The elements read in every state; none stands for those that the scenario reports."""
        return self.outputs


@dataclass(frozen=True, eq=False)
class Setup:
    """A frozen model with its field, and the outputs read in its states: names and places."""

    plan: Plan
    study: FrozenStudy
    frozen: Frozen
    field: ModelField
    outputs: tuple[str, ...]
    places: tuple[int, ...]

    @property
    def known(self) -> tuple[Reals, ...]:
        """The first and the last state of the run."""
        return self.frozen.past[0], self.frozen.past[-1]

    def observe(self, state: Reals, parameters: Sequence[float]) -> Reals:
        """The outputs in a state."""
        return self.field.observe(state, parameters, self.places)

    def result(
        self,
        variables: Mapping[str, Variable],
        summary: str,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        labels: Sequence[str] | None = None,
    ) -> Result:
        """The study's variables with the labels and attributes that all studies have.

        before, after: further attributes; labels: of the dimension `output`, by default `outputs`.
        """
        coords = {"stock": variable("stock", self.field.names, "free stock", str)}
        names = self.outputs if labels is None else labels
        if names:
            coords["output"] = variable("output", names, "output", str)
        trends = "; ".join(
            f"{name} {rate:+.6g} per time unit, "
            + ("the frame grows with it" if relative else "held")
            for name, rate, relative in self.field.growth.trends
        )
        title = f"{self.plan.prepared.model.name}, {self.plan.resolved.name}"
        record, at = provenance([self.plan]), self.frozen.at
        attrs = self.study.attrs(record, title, at, trends or "none") | {"seed": self.study.seed}
        found = {**(before or {}), **attrs, **(after or {}), "summary": summary}
        return result_of(coords, variables, found)

    def states(self, values: Any, dims: str) -> Variable:
        """States of the free stocks."""
        shaped = _shaped(values, dims, len(self.field.names))
        return variable(f"{dims} stock", shaped, "free stocks, each in its own unit")

    def read(self, values: Any, dims: str, prefix: str = "") -> dict[str, Variable]:
        """The outputs in states; nothing where there are none."""
        if not self.outputs:
            return {}
        shaped = _shaped(values, dims, len(self.outputs))
        name = "outputs, each in its own unit"
        return {f"{prefix}value": variable(f"{dims} output", shaped, name)}

    def attractors(self, found: Sequence[Attractor]) -> dict[str, Variable]:
        """States and periods of attractors; the state of a cycle is its middle."""
        name = "period of the cycle in time units, 0 for an equilibrium; its state is the middle"
        return {
            "state": self.states([a.state for a in found], "attractor"),
            "period": variable("attractor", [a.period for a in found], name, np.float64),
        }

    def observed(self, found: Sequence[Attractor]) -> dict[str, Variable]:
        """The outputs in attractors at the date's value of the parameter."""
        values = [self.observe(a.state, self.field.values()) for a in found]
        return self.read(values, "attractor")

    def box(self, initial: Sequence[Interval]) -> tuple[Reals, Reals]:
        """The box from which initial states are drawn; without bounds that of the field."""
        low, high = self.field.low.copy(), self.field.high.copy()
        drawn: set[int] = set()
        for b in initial:
            hits = [k for k, stock in enumerate(self.field.names) if _means(b.name, stock)]
            if not hits:
                what = f'"{b.name}" is none of the free stocks'
                hint = "they are " + ", ".join(list(self.field.names)[:8])
                raise ScenarioError(Problem("--initial", what, hint))
            low[hits], high[hits] = b.low, b.high
            drawn.update(hits)
        start = self.field.start()
        for k in range(len(start)):
            if initial and k not in drawn:
                low[k] = high[k] = start[k]
        return low, high


def set_up(study: FrozenStudy, plan: Plan) -> Setup:
    """Freeze the model of a study. Raises ScenarioError for names that the model lacks."""
    frozen = freeze(plan, study.at, study.element, study.hold, study.free)
    field = field_of(frozen, [b.name for b in study.varied])
    for bounds in study.varied:
        if not (np.isfinite([bounds.low, bounds.high]).all() and bounds.low < bounds.high):
            what = f"the bounds {bounds.low:g} and {bounds.high:g} do not enclose anything"
            hint = "give --from below --to"
            raise ScenarioError(Problem(f'parameter "{bounds.name}"', what, hint))
    _check_different(field)
    _warn_of_ranges(plan, field, study)
    _warn_of_idle(field, study)
    outputs = _outputs(plan, frozen, study.names())
    return Setup(
        plan, study, frozen, field, tuple(n for n, _ in outputs), tuple(p for _, p in outputs)
    )


def flag(dims: str, values: Sequence[IntEnum], kind: type[IntEnum], name: str) -> Variable:
    """A CF flag variable."""
    attrs = {
        "long_name": name,
        "flag_values": np.array([int(v) for v in kind], np.int8),
        "flag_meanings": " ".join(v.name for v in kind),
    }
    return replace(variable(dims, [int(v) for v in values], name, np.int8), attrs=attrs)


def _shaped(values: Any, dims: str, length: int) -> Reals:
    """An array with a last axis of a length, also where it is empty."""
    shaped = np.asarray(values, float)
    return shaped if shaped.ndim > len(dims.split()) else shaped.reshape(0, length)


def _means(written: str, stock: str) -> bool:
    """Whether a written name means a free stock, or the array that it belongs to."""
    return key_of(stock) == key_of(written) or key_of(stock.partition("[")[0]) == key_of(written)


def _check_different(field: ModelField) -> None:
    """Raise ScenarioError where two parameters are the same constant."""
    for one, other in combinations(field.parameters, 2):
        if not set(one.places).isdisjoint(other.places):
            what = f'"{other.name}" varies "{one.name}" a second time'
            problem = Problem(f'parameter "{other.name}"', what, "name two different constants")
            raise ScenarioError(problem)


def _warn_of_ranges(plan: Plan, field: ModelField, study: FrozenStudy) -> None:
    """Warn of bounds outside the range that the model states for a parameter."""
    model = plan.prepared.model
    for parameter, bounds in zip(field.parameters, study.varied, strict=True):
        for value in (bounds.low, bounds.high):
            if parameter.range is not None and value not in parameter.range:
                what = (
                    f"{parameter.name} = {value:g} is outside the range {parameter.range} that the "
                    f"model {model.name} states"
                )
                log.warning('parameter "%s" | %s', parameter.name, what)


def _warn_of_idle(field: ModelField, study: FrozenStudy) -> None:
    """Warn of parameters that change no net flow: they acted before the date, or nowhere."""
    states = hypercube(field.low, field.high, _TRIED, study.seed)
    for k, (parameter, bounds) in enumerate(zip(field.parameters, study.varied, strict=True)):
        ends = [list(field.values()) for _ in range(2)]
        ends[0][k], ends[1][k] = bounds.low, bounds.high
        with np.errstate(all="ignore"):
            low, high = (field(states, values) for values in ends)
        if np.array_equal(low, high, equal_nan=True):
            what = f"it changes no net flow of the frozen model, in {_TRIED} states tried"
            log.warning('parameter "%s" | %s', parameter.name, what)


def _outputs(plan: Plan, frozen: Frozen, names: Sequence[str]) -> list[tuple[str, int]]:
    """The named elements with their places, else those that the scenario reports as one number."""
    found = []
    for name in names or plan.resolved.report:
        places, spelled = output_places(frozen, name)
        if len(places) == 1:
            found.append((spelled, places[0]))
        elif names:
            what = f'"{spelled}" is an array of {len(places)}, and one number is read'
            hint = "name a label of each dimension: NAME[LABEL]"
            raise ScenarioError(Problem("--output or --where", what, hint))
    # one element may be named in several spellings
    return list(dict.fromkeys(found))
