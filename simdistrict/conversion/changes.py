"""Scenarios as Vensim's changes files (.cin), and the reverse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.exchange.text.equations import quoted
from simdistrict.exchange.text.numbers import number
from simdistrict.model.model import Model
from simdistrict.scenario import Resolved, bare_scenario, resolve, to_yaml
from simdistrict.scenario.changes import read_changes
from simdistrict.scenario.values import CONTROL_FIELDS


def cin_text(resolved: Resolved, model: Model) -> str:
    """The assumptions and control values of a scenario as a changes file.

    Raises ScenarioError for a scenario with policies, because a changes file has no dates, and for
    one with initial values of stocks, because it holds constants only.
    """
    if resolved.initial:
        names = ", ".join(f'"{change.text}"' for change in resolved.initial)
        what = f"it gives initial values of {names}; a .cin file changes constants only"
        hint = "write them into a model: simdistrict convert MODEL OUT.mdl --scenario NAME"
        raise ScenarioError(Problem(resolved.name, what, hint))
    if resolved.policies:
        names = ", ".join(f'"{policy.name}"' for policy in resolved.policies)
        what = f"the policies {names} change constants during the run; a .cin file has no dates"
        hint = "write them into a model: simdistrict convert MODEL OUT.mdl --scenario NAME"
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


def scenario_text(paths: Sequence[Path], model: Model, model_file: Path) -> str:
    """The constants of changes files as a complete scenario.

    Raises ScenarioError for changed lookups, which a scenario cannot have.
    """
    changes = read_changes(paths, model)
    if changes.lookups:
        names = ", ".join(f'"{lookup.name}"' for lookup in changes.lookups)
        what = f"the points of {names} are changed, and a scenario has constants only"
        hint = "run with the changes file itself: simdistrict run MODEL --changes FILE.cin"
        raise ScenarioError(Problem(str(paths[0]), what, hint))
    scenario = changes.on(bare_scenario(model_file))
    return to_yaml(resolve(scenario, model), model)
