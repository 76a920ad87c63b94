"""Scenarios built in Python: the values that a YAML file gives, step by step."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdistrict.api.given import number, settings_of
from simdistrict.api.resolving import Resolving
from simdistrict.api.values import read_numbers, read_params
from simdistrict.api.wording import in_python
from simdistrict.base.atomic import write_text
from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.library import models
from simdistrict.model.expr import fold
from simdistrict.scenario import (
    Assignment,
    Policy,
    Scenario,
    WrittenPolicy,
    origins,
    to_yaml,
)

if TYPE_CHECKING:
    import pandas as pd

# rows that a notebook shows before they fold
_SHOWN = 12


class ScenarioBuilder:
    """A scenario of a loaded model. Each method returns a new one; nothing changes it.

    It is made by `LoadedModel.scenario` and holds what a YAML file holds: policies with their
    dates, constants, initial values, settings of the run. Values are numbers, arrays, Series or
    DataArrays, as `LoadedModel.run` takes them. Every method raises ScenarioError with all names,
    labels and values that do not fit the model.

    >>> import simdistrict as sd
    >>> m = sd.load("core")
    >>> s = m.scenario().named("late", title="A late tariff")
    >>> s = s.set("cost ratio", 1.1).policy("tariff", {"tariff": 0.2}, start=50, ramp=5)
    >>> s
    <scenario late of core: 1 policy, 1 constant>
    >>> float(m.run(s)["tariff"].sel(time=60))
    0.2
    """

    __slots__ = ("_model", "_scenario")

    def __init__(self, model: Resolving, scenario: Scenario) -> None:
        self._model = model
        self._scenario = scenario
        # every fault is found where it is made
        model._resolved(scenario)

    @property
    def name(self) -> str:
        """The name, which labels the scenario in results.

        >>> import simdistrict as sd
        >>> sd.load("core").scenario().name
        'core'
        """
        return self._scenario.name

    @property
    def title(self) -> str:
        """One line for lists and figures.

        >>> import simdistrict as sd
        >>> sd.load("core").scenario().title
        'core as it is'
        """
        return self._scenario.title

    @in_python
    def set(
        self, values: str | Mapping[str, Any], value: Any = None, /, **named: Any
    ) -> ScenarioBuilder:
        """Constants for the whole run: a name and its value, or names with values.

        A value with times holds from each time until the next one. `"POLICY: NAME"` changes what a
        policy of the scenario sets, `"POLICY: start"` (also end, ramp) its dates. Values are in the
        element's unit. Raises ScenarioError for a name or value that does not fit.

        >>> import simdistrict as sd
        >>> s = sd.load("core").scenario().set("tariff", 0.1).set({"cost ratio": 1.2})
        >>> s.values.loc["tariff", "value"]
        '0.1'
        """
        given = {values: value} if isinstance(values, str) else dict(values)
        read = read_params({**given, **named}, self._model._prepared.model, "set")
        held = self._scenario
        plain = [one for one in read.numbers if not _of_policy(one.left, held)]
        assumed = [Assignment(one.left, float(one.right), one.origin) for one in plain]
        moved = tuple(one for one in read.numbers if one not in plain)
        return self._with(
            assume=(*held.assume, *assumed),
            sets=(*held.sets, *moved),
            policies=(*_others(held, read.policies), *read.policies),
        )

    @in_python
    def policy(
        self,
        name: str,
        values: Mapping[str, Any],
        *,
        start: float,
        ramp: float = 0.0,
        end: float | None = None,
        why: str = "",
    ) -> ScenarioBuilder:
        """A policy: constants that move to values from `start` on, over `ramp`, until `end`.

        values: names with numbers, arrays, Series or DataArrays, in the element's unit. start,
        ramp, end: in the model's time unit; from `end` on the constants return over the same ramp;
        None is for good. A policy of the same name is replaced. Raises ScenarioError for a name or
        a date that does not fit.

        >>> import simdistrict as sd
        >>> s = sd.load("core").scenario().policy("levy", {"tariff": 0.2}, start=20, end=40)
        >>> s.values.loc["levy: tariff", "value"]
        '0.2 from 20 to 40'
        """
        where = f'policy("{name}")'
        if not name.strip() or not name.isprintable():
            raise ScenarioError(Problem(where, "a policy needs a name, on one line"))
        numbers = read_numbers(values, self._model._prepared.model, where)
        if not numbers:
            raise ScenarioError(Problem(where, "the policy sets nothing"))
        begin, over = number(start, f"{where} start"), number(ramp, f"{where} ramp")
        stop = None if end is None else number(end, f"{where} end")
        if over < 0:
            raise ScenarioError(Problem(where, f"the ramp {over:g} is negative"))
        new = WrittenPolicy(name, begin, stop, over, tuple(numbers), why, where)
        return self._with(policies=(*_others(self._scenario, [new]), new))

    @in_python
    def without(self, *policies: str) -> ScenarioBuilder:
        """The scenario without some of its policies, by name.

        Raises ScenarioError for a name that it does not have.

        >>> import simdistrict as sd
        >>> s = sd.load("core").scenario().policy("levy", {"tariff": 0.2}, start=20)
        >>> s.without("levy")
        <scenario core of core: no change>
        """
        names = [p.name for p in self._scenario.policies]
        for name in policies:
            if name not in names:
                what = f'the scenario has no policy "{name}"'
                hint = f"its policies are {', '.join(names)}" if names else "it has no policies"
                raise ScenarioError(Problem("without", what, hint))
        return self._with(
            policies=tuple(p for p in self._scenario.policies if p.name not in policies)
        )

    @in_python
    def initial(self, values: Mapping[str, Any]) -> ScenarioBuilder:
        """Stocks and what they start from, in their units, in place of the model's initial values.

        Raises ScenarioError for what is no stock, and for labels and values that do not fit.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> float(m.run(m.scenario().initial({"home experience": 5}))["home_experience"][0])
        5.0
        """
        model = self._model._prepared.model
        numbers = read_numbers(values, model, "initial", of_stocks=True)
        return self._with(initial=(*self._scenario.initial, *numbers))

    @in_python
    def settings(
        self,
        *,
        initial_time: float | None = None,
        final_time: float | None = None,
        time_step: float | None = None,
        save_step: float | None = None,
        integrator: str | None = None,
        rtol: float | None = None,
        atol: float | None = None,
    ) -> ScenarioBuilder:
        """How the run is computed, as of `LoadedModel.run`; None keeps what is there.

        Times and steps are in the model's time unit. Raises ScenarioError for a step that is not
        positive.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> m.run(m.scenario().settings(final_time=10)).sizes["time"]
        11
        """
        new = settings_of(initial_time, final_time, time_step, save_step, integrator, rtol, atol)
        return self._with(run=new.over(self._scenario.run))

    @in_python
    def report(self, *names: str) -> ScenarioBuilder:
        """The elements that reports show first, and that `save="indicators"` keeps.

        Raises ScenarioError for a name that the model does not have.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> ds = m.run(m.scenario().report("home experience"), save="indicators")
        >>> "home_experience" in ds and "tariff" not in ds
        True
        """
        return self._with(report=tuple(names))

    @in_python
    def named(self, name: str, *, title: str = "", why: str = "") -> ScenarioBuilder:
        """The scenario under another name; title: one line for lists, default as before.

        why: one or two sentences. Raises ScenarioError for a name with a slash.

        >>> import simdistrict as sd
        >>> sd.load("core").scenario().named("mine").name
        'mine'
        """
        if not name or "/" in name or "\\" in name:
            hint = "it must not be empty or hold / or \\"
            raise ScenarioError(
                Problem("named", f'"{name}" cannot be the name of a scenario', hint)
            )
        held = self._scenario
        return self._with(name=name, title=title or held.title, why=why)

    @property
    def values(self) -> pd.DataFrame:
        """Every value of a run: index `name`; value, unit and origin, in the model's units.

        Policies follow the constants, as `policy: name`.

        >>> import simdistrict as sd
        >>> list(sd.load("core").scenario().values.columns)
        ['value', 'unit', 'origin']
        """
        from simdistrict.api.frames import frame

        model = self._model._prepared.model
        keys = ("name", "value", "unit", "origin")
        rows = origins(self._model._resolved(self._scenario), model)
        return frame([dict(zip(keys, row, strict=True)) for row in rows], "name", keys[1:])

    @in_python
    def to_yaml(self, path: str | Path | None = None, *, force: bool = False) -> str:
        """The scenario as a YAML file that `simdistrict run` reads, every number exact.

        path: also write it there, with the model by its path from that folder; force: replace a
        file. The text stands alone: what was inherited is written out. Raises ExchangeError for a
        file that cannot be written.

        >>> import simdistrict as sd
        >>> print(sd.load("core").scenario().set("tariff", 0.1).to_yaml())
        name: "core"
        title: "core as it is"
        model: "core"
        assume:
          "tariff": 0.1
        <BLANKLINE>
        """
        held = self._model
        file = held._path
        if models().get(held.name) == file:
            written = held.name
        else:
            folder = Path() if path is None else Path(path).absolute().parent
            written = Path(os.path.relpath(file.absolute(), folder.absolute())).as_posix()
        text = to_yaml(held._resolved(self._scenario), held._prepared.model, written)
        if path is not None:
            write_text(path, text, force=force)
        return text

    def _with(self, **changes: Any) -> ScenarioBuilder:
        # as in a file: what a parent claims is not claimed of what differs from it
        return ScenarioBuilder(self._model, replace(self._scenario, claims=(), **changes))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ScenarioBuilder):
            return NotImplemented
        return self.to_yaml() == other.to_yaml()

    def __hash__(self) -> int:
        return hash(self.to_yaml())

    def __repr__(self) -> str:
        resolved = self._model._resolved(self._scenario)
        parts = [
            counted(len(what), word, words)
            for what, word, words in (
                (resolved.policies, "policy", "policies"),
                (resolved.assumptions, "constant", "constants"),
                (resolved.initial, "initial value", "initial values"),
            )
            if what
        ]
        return f"<scenario {self.name} of {self._model.name}: {', '.join(parts) or 'no change'}>"

    def _repr_html_(self) -> str:
        resolved = self._model._resolved(self._scenario)
        model = self._model._prepared.model
        rows = [
            (
                policy.name,
                f"{change.text} = {change.value:g}",
                _unit(model, change.element),
                _when(policy),
            )
            for policy in resolved.policies
            for change in policy.changes
        ]
        rows += [
            ("", f"{change.text} = {change.value:g}", _unit(model, change.element), "all the time")
            for change in resolved.assumptions
        ]
        rows += [
            ("", f"{change.text} = {change.value:g}", _unit(model, change.element), "at the start")
            for change in resolved.initial
        ]
        run = [(f.name, getattr(resolved.run, f.name)) for f in fields(resolved.run)]
        rows += [("", f"{n.replace('_', ' ')} = {v}", "", "run") for n, v in run if v is not None]
        head = f"<b>{escape(self.title)}</b> (scenario {escape(self.name)} of {escape(model.name)})"
        why = f"<p>{escape(resolved.why)}</p>" if resolved.why else ""
        lines = [
            "<tr>" + "".join(f"<td style='text-align:left'>{escape(c)}</td>" for c in row) + "</tr>"
            for row in rows
        ]
        titles = "".join(f"<th>{t}</th>" for t in ("policy", "value", "unit", "when"))
        table = f"<table><tr>{titles}</tr>{''.join(lines)}</table>" if rows else "<p>No change.</p>"
        if len(rows) > _SHOWN:
            table = f"<details><summary>{len(rows)} values</summary>{table}</details>"
        return f"<div>{head}{why}{table}</div>"


def _others(scenario: Scenario, new: Iterable[WrittenPolicy]) -> list[WrittenPolicy]:
    """The policies of a scenario but for those that new ones replace."""
    replaced = {fold(policy.name) for policy in new}
    return [policy for policy in scenario.policies if fold(policy.name) not in replaced]


def _of_policy(left: str, scenario: Scenario) -> bool:
    """Whether an assignment is `POLICY: NAME` of a scenario's policy."""
    return any(fold(left).startswith(f"{fold(p.name)}:") for p in scenario.policies)


def _unit(model: Any, element: str) -> str:
    return str(model.by_name[element].units)


def _when(policy: Policy) -> str:
    text = f"from {policy.start:g}"
    if policy.end is not None:
        text += f" to {policy.end:g}"
    return f"{text}, over {policy.ramp:g}" if policy.ramp else text
