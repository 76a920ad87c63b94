"""Scenarios as Vensim's changes files (.cin), and the reverse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError, typed
from simdistrict.exchange.text.equations import quoted
from simdistrict.exchange.text.numbers import number
from simdistrict.model.model import Model
from simdistrict.scenario import Resolved, bare_scenario, resolve, to_yaml
from simdistrict.scenario.changes import read_changes
from simdistrict.scenario.values import CONTROL_FIELDS


def cin_text(resolved: Resolved, model: Model, named: str = "") -> str:
    """The assumptions and control values of a scenario as a changes file.

    named: what a user types for the scenario; default: its name.
    Raises ScenarioError for a scenario with policies, because a changes file has no dates, and for
    one with initial values of stocks, because it holds constants only.
    """
    if resolved.initial:
        names = ", ".join(f'"{change.text}"' for change in resolved.initial)
        what = f"it gives initial values of {names}; a .cin file changes constants only"
        hint = _into_a_model(resolved, model, named)
        raise ScenarioError(Problem(resolved.name, what, hint))
    if resolved.policies:
        names = ", ".join(f'"{policy.name}"' for policy in resolved.policies)
        what = f"the policies {names} change constants during the run; a .cin file has no dates"
        hint = _into_a_model(resolved, model, named)
        raise ScenarioError(Problem(resolved.name, what, hint))
    lines = [f":C {' '.join(resolved.title.split())}"]
    for change in resolved.assumptions:
        element = model.by_name[change.element]
        # a name with unusual characters is in quotes, with its labels after the quotes
        rest = change.text[len(element.name) :]
        lines.append(f"{quoted(element.name)}{rest} = {number(change.value)}")
    for name, field in CONTROL_FIELDS.items():
        value = getattr(resolved.run, field)
        if value is not None:
            lines.append(f"{name.upper()} = {number(value)}")
    return "\n".join(lines) + "\n"


def _into_a_model(resolved: Resolved, model: Model, named: str) -> str:
    words = model.argument, f"{resolved.name}.mdl".replace(":", "-"), "--scenario"
    return f"write them into a model: {typed('convert', *words, named or resolved.name)}"


def scenario_text(paths: Sequence[Path], model: Model, model_file: Path) -> str:
    """The constants of changes files as a complete scenario.

    Raises ScenarioError for changed lookups, which a scenario cannot have.
    """
    changes = read_changes(paths, model)
    if changes.lookups:
        names = ", ".join(f'"{lookup.name}"' for lookup in changes.lookups)
        what = f"the points of {names} are changed, and a scenario has constants only"
        every = [word for path in paths for word in ("--changes", str(path))]
        hint = f"run with the changes file itself: {typed('run', model.argument, *every)}"
        raise ScenarioError(Problem(str(paths[0]), what, hint))
    scenario = changes.on(bare_scenario(model_file))
    return to_yaml(resolve(scenario, model), model)
