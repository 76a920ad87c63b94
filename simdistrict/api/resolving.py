"""Scenarios in terms of a loaded model, with the values that a user gives on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simdistrict.api.values import read_numbers, read_params
from simdistrict.base.errors import Problem, ScenarioError, SimdistrictError
from simdistrict.run.plan import AS_WRITTEN, Prepared
from simdistrict.scenario import COMMAND_LINE, Resolved, RunSettings, Scenario, model_path, resolve

# origins of values over time
OVER_TIME = ("params[", "set[")


class Resolving:
    """A model with its program, that resolves scenarios: the base of the parts of `LoadedModel`."""

    def __init__(self, path: Path, prepared: Prepared) -> None:
        self._path = path
        self._prepared = prepared

    @property
    def name(self) -> str:
        """The model's name: that of its file.

        >>> import simdistrict as sd
        >>> sd.load("core").name
        'core'
        """
        return self._prepared.model.name

    def _resolved(
        self,
        scenario: Scenario,
        params: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        settings: RunSettings = AS_WRITTEN,
    ) -> Resolved:
        """A scenario in terms of the model, with values on top."""
        model = self._prepared.model
        if params:
            given = read_params(params, model)
            scenario = replace(
                scenario,
                sets=(*scenario.sets, *given.numbers),
                policies=(*scenario.policies, *given.policies),
            )
        if initial:
            started = read_numbers(initial, model, "initial", of_stocks=True)
            scenario = replace(scenario, initial=(*scenario.initial, *started))
        try:
            resolved = resolve(scenario, model, (), settings)
        except ScenarioError as error:
            raise _of_another_model(scenario, self, error) or error from None
        _check_overlap(resolved)
        # here an argument is what the command line is elsewhere
        named = tuple((k, k if v == COMMAND_LINE else v) for k, v in resolved.run_origins)
        return replace(resolved, run_origins=named)


def _of_another_model(
    scenario: Scenario, model: Resolving, error: ScenarioError
) -> ScenarioError | None:
    """An error that says first that a scenario is of another model, if it is."""
    try:
        path = model_path(scenario)
    except SimdistrictError:
        return None
    if path.stem == model.name:
        return None
    where = scenario.origin("model")
    what = f"the scenario {scenario.name} is of the model {path.stem}, and this is {model.name}"
    hint = f'load that model: sd.load("{scenario.model}")'
    return ScenarioError([Problem(where, what, hint), *error.problems])


def _check_overlap(resolved: Resolved) -> None:
    """Refuse values over time of a constant that a policy of the scenario changes, too."""
    own = [p for p in resolved.policies if p.origin.startswith(OVER_TIME)]
    problems = []
    for mine in own:
        for other in resolved.policies:
            if other.origin.startswith(OVER_TIME):
                continue
            for a in mine.changes:
                for b in other.changes:
                    if a.element == b.element and not set(a.places).isdisjoint(b.places):
                        what = f'"{b.text}" is changed by the policy "{other.name}", too'
                        hint = "run a scenario without that policy, or change what it sets: "
                        hint += f'params={{"{other.name}: {b.text}": VALUE}}'
                        problems.append(Problem(mine.origin, what, hint))
    if problems:
        raise ScenarioError(list(dict.fromkeys(problems)))
