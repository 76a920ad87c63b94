"""What a scenario does, against the model as it is: policies first, then changed values."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from simdistrict.model.model import CONTROL, Constant, Model, constant_values
from simdistrict.scenario.places import flat_place
from simdistrict.scenario.values import Change, Policy, Resolved, RunSettings

WIDTH = 100


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """A value that a scenario sets.

    before: without it, in the same unit: the smallest and the largest over its labels; empty
    where the model computes it, as initial values of stocks. origin: `file:line`, or the
    command line.
    """

    name: str
    value: float
    before: tuple[float, ...]
    unit: str
    origin: str

    def __str__(self) -> str:
        unit = "" if self.unit in ("", "Dmnl") else f" {self.unit}"
        ends = [f"{number:.6g}" for number in dict.fromkeys(self.before)]
        was = f"  (instead of {' to '.join(ends)})" if ends else ""
        return f"{self.name} = {self.value:.6g}{unit}{was}"


@dataclass(frozen=True, slots=True)
class PolicySummary:
    """A policy with its dates, in the model's time unit, and what it sets."""

    name: str
    start: float
    end: float | None
    ramp: float
    time_unit: str
    why: str
    values: tuple[ChangedValue, ...]

    @property
    def dates(self) -> str:
        """The dates in words."""
        end = "" if self.end is None else f" to {self.end:g}"
        ramp = f", over {self.ramp:g} {self.time_unit}".rstrip() if self.ramp else ""
        return f"from {self.start:g}{end}{ramp}"


@dataclass(frozen=True, slots=True)
class ScenarioSummary:
    """What a scenario does; run: its settings that differ from the model's; unchanged: constants.

    Raises nothing: a resolved scenario fits its model.
    """

    policies: tuple[PolicySummary, ...]
    assumptions: tuple[ChangedValue, ...]
    initial: tuple[ChangedValue, ...]
    run: tuple[tuple[str, float | str], ...]
    unchanged: int

    def lines(self) -> list[str]:
        """The summary as text, without what is empty."""
        said: list[str] = []
        for policy in self.policies:
            said.append(f"policy {policy.name}, {policy.dates}")
            said += [f"  {value}" for value in policy.values]
            said += wrapped(policy.why, "  ")
        for title, values in (("assumes", self.assumptions), ("starts from", self.initial)):
            said += [title] if values else []
            said += [f"  {value}" for value in values]
        if self.run:
            said.append("runs with")
            said += [f"  {name} {_shown(value)}" for name, value in self.run]
        return said or ["runs the model as it is"]


def wrapped(text: str, indent: str) -> list[str]:
    """A text in lines of a page's width."""
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def summarised(resolved: Resolved, model: Model) -> ScenarioSummary:
    """What a scenario does to a model."""
    before = _Before(resolved, model)
    changed = {change.element for change in resolved.assumptions}
    changed |= {change.element for policy in resolved.policies for change in policy.changes}
    return ScenarioSummary(
        tuple(_policy(policy, before) for policy in resolved.policies),
        tuple(before.value(change, assumed=False) for change in resolved.assumptions),
        tuple(
            ChangedValue(c.text, c.value, (), model.by_name[c.element].units, c.origin)
            for c in resolved.initial
        ),
        tuple(_settings(resolved.run)),
        sum(
            isinstance(element, Constant) and name not in CONTROL and name not in changed
            for name, element in model.by_name.items()
        ),
    )


def _policy(policy: Policy, before: _Before) -> PolicySummary:
    values = tuple(before.value(change, assumed=True) for change in policy.changes)
    why = " ".join(policy.why.split())
    step = before.model.by_name.get("time step")
    unit = step.units if step is not None else ""
    return PolicySummary(policy.name, policy.start, policy.end, policy.ramp, unit, why, values)


class _Before:
    """The values of constants without a change."""

    def __init__(self, resolved: Resolved, model: Model) -> None:
        self.model = model
        self.assumed = {(c.element, p): c.value for c in resolved.assumptions for p in c.places}

    def value(self, change: Change, *, assumed: bool) -> ChangedValue:
        """A change with what it replaces; assumed: the assumptions of the scenario hold before."""
        element = self.model.by_name[change.element]
        numbers = list(self._numbers(change, self.assumed if assumed else {}))
        ends = (min(numbers), max(numbers)) if numbers else ()
        return ChangedValue(change.text, change.value, ends, element.units, change.origin)

    def _numbers(self, change: Change, over: dict[tuple[str, int], float]) -> Iterator[float]:
        element = self.model.by_name[change.element]
        assert isinstance(element, Constant)
        shape = self.model.shape(element)
        places = set(change.places)
        for index, value in constant_values(self.model, element).items():
            place = flat_place(index, shape)
            if place in places:
                yield over.get((change.element, place), value)


def _settings(run: RunSettings) -> Iterable[tuple[str, float | str]]:
    for f in fields(RunSettings):
        value = getattr(run, f.name)
        if value is not None:
            yield f.name.replace("_", " "), value


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
