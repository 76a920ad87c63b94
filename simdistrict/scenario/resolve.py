"""A scenario in terms of one model: every name checked, every value with its origin.

Collects all problems before it raises one ScenarioError. Runs nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, fields, replace

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.model.expr import fold
from simdistrict.model.model import Model
from simdistrict.scenario.command_line import from_command_line, read_sets
from simdistrict.scenario.places import Found, find_constant, find_element, find_stock, unknown
from simdistrict.scenario.values import (
    COMMAND_LINE,
    Assignment,
    Change,
    Policy,
    Resolved,
    RunSettings,
    Scenario,
    WrittenPolicy,
)

AS_WRITTEN = RunSettings()


def resolve(
    scenario: Scenario,
    model: Model,
    sets: Sequence[str] = (),
    run: RunSettings = AS_WRITTEN,
) -> Resolved:
    """The scenario in terms of a model, with the command line on top.

    sets: `NAME=VALUE` for an assumption, `POLICY: NAME=VALUE` for a value that a policy sets,
    `POLICY: start=TIME` (also end, ramp) for its time; a later one for the same name wins.
    run: settings on top of the scenario's.
    Raises ScenarioError with every name, label, value or policy that does not fit the model.
    """
    problems: list[Problem] = []
    given = [*scenario.sets, *from_command_line(sets, problems)]
    values, written = read_sets(given, scenario.policies, model, problems)
    policies = [_policy(p, model, problems) for p in written]
    plain = changes_of(values, model, problems)
    _check_plain(plain, policies, problems)
    assumed = _one_value_each(changes_of(scenario.assume, model, problems), problems)
    plain = list(_one_value_each(plain, problems))
    # the command line and a variant may override what the same file assumes
    assumptions = _one_value_each([*assumed, *plain], [])
    initial = _one_value_each(changes_of(scenario.initial, model, problems, find_stock), problems)
    _check_pairs(policies, problems)
    report = _report(scenario, model, problems)
    settings = _checked(run.over(scenario.run), problems)
    if problems:
        raise ScenarioError(problems)
    ordered = tuple(sorted(policies, key=lambda p: (p.start, p.name)))
    return Resolved(
        name=scenario.name,
        title=scenario.title,
        model_name=model.name,
        assumptions=assumptions,
        policies=ordered,
        run=settings,
        report=report,
        sha256=_identity(model.name, assumptions, ordered, settings, initial),
        why=scenario.why,
        claims=scenario.claims,
        initial=initial,
        run_origins=_run_origins(scenario, run),
    )


def changes_of(
    values: Iterable[Assignment],
    model: Model,
    problems: list[Problem],
    find: Callable[[Model, str, str], Found | Problem] = find_constant,
) -> list[Change]:
    """Assignments in terms of a model; adds those that do not fit to problems.

    find: what a name may refer to, a constant or a stock.
    """
    changes = []
    for value in values:
        found = find(model, value.text, value.origin)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            element, places, text = found
            changes.append(Change(fold(element.name), places, value.value, text, value.origin))
    return changes


def _one_value_each(changes: Sequence[Change], problems: list[Problem]) -> tuple[Change, ...]:
    """The same values with every index in one change only; the later change wins.

    So a child overrides its parent; but within one file, a value that later lines override
    completely is a mistake.
    """
    kept = []
    for i, change in enumerate(changes):
        later = [c for c in changes[i + 1 :] if c.element == change.element]
        left = set(change.places).difference(*(c.places for c in later))
        if left:
            places = tuple(p for p in change.places if p in left)
            kept.append(replace(change, places=places))
            continue
        here = [c for c in later if _file(c) == _file(change) != ""]
        if not set(change.places).difference(*(c.places for c in here)):
            names = " and ".join(f'"{c.text}"' for c in here if _overlap(c, change))
            what = f'"{change.text}" has no effect: {names} below it sets all of it'
            hint = "write the whole first and its parts below it"
            problems.append(Problem(change.origin, what, hint))
    return tuple(kept)


def _file(change: Change) -> str:
    """The file of an origin `file:line`; empty for the command line."""
    return change.origin.rpartition(":")[0]


def _policy(written: WrittenPolicy, model: Model, problems: list[Problem]) -> Policy:
    if written.end is not None and written.end <= written.start:
        what = (
            f'the policy "{written.name}" ends in {written.end:g}, '
            f"not after its start in {written.start:g}"
        )
        problems.append(Problem(written.origin, what))
    changes = _one_value_each(changes_of(written.values, model, problems), problems)
    return Policy(
        written.name, written.start, written.end, written.ramp, changes, written.why, written.origin
    )


def _check_plain(
    plain: Iterable[Change],
    policies: Iterable[Policy],
    problems: list[Problem],
) -> None:
    """Refuse a plain --set of a constant that a policy sets: the policy would override it."""
    for change in plain:
        for policy in policies:
            for moved in policy.changes:
                if _overlap(change, moved):
                    what = (
                        f'"{moved.text}" is changed by the policy "{policy.name}" ({moved.origin})'
                    )
                    hint = _for_policy(change, policy, moved.text)
                    where = f'--set "{change.text}={change.value!r}"'
                    where = where if change.origin == COMMAND_LINE else change.origin
                    problems.append(Problem(where, what, hint))


def _for_policy(change: Change, policy: Policy, text: str) -> str:
    """How to change what a policy sets, or the value outside its time."""
    if change.origin.startswith("params["):
        hint = f'to change what the policy sets: params={{"{policy.name}: {text}": '
        hint += f"{change.value!r}}}; to change the value outside the policy's time: "
        return hint + f'm.scenario(...).set("{change.text}", {change.value!r})'
    hint = f'to change what the policy sets: --set "{policy.name}: {text}={change.value!r}"; to '
    hint += "change the value outside the policy's time, write it under `assume:` in a scenario "
    return hint + "file"


def _overlap(a: Change, b: Change) -> bool:
    return a.element == b.element and not set(a.places).isdisjoint(b.places)


def _check_pairs(policies: Sequence[Policy], problems: list[Problem]) -> None:
    """Policies act in the order of their starts, so two that share a constant must differ there."""
    for i, first in enumerate(policies):
        for second in policies[i + 1 :]:
            if first.start != second.start:
                continue
            for a in first.changes:
                for b in second.changes:
                    if _overlap(a, b):
                        what = (
                            f'the policies "{first.name}" ({a.origin}) and "{second.name}" both '
                            f'set "{b.text}" from {second.start:g}: which one acts on top of the '
                            "other is undefined"
                        )
                        hint = "let one start later, or make them one policy"
                        problems.append(Problem(b.origin, what, hint))


def _report(scenario: Scenario, model: Model, problems: list[Problem]) -> tuple[str, ...]:
    where = scenario.origin("report")
    names: dict[str, None] = {}
    for text in scenario.report or ():
        element, subscripts = find_element(model, text)
        if element is None:
            problems.append(unknown(model, text, where))
        elif subscripts is not None:
            what = f'"{text}" names a part of an array, and reports hold whole elements'
            problems.append(Problem(where, what, f'write "{element.name}"'))
        else:
            names[element.name] = None
    return tuple(names)


def _checked(run: RunSettings, problems: list[Problem]) -> RunSettings:
    """The same settings with floats throughout: 1 and 1.0 are one time step and one hash.

    The schema has checked a file's numbers; an invalid one here comes from the caller.
    """
    numbers = {}
    for f in fields(run):
        value = getattr(run, f.name)
        if not isinstance(value, int | float):
            continue
        name = f.name.replace("_", " ")
        if not math.isfinite(value):
            problems.append(Problem(COMMAND_LINE, f"the {name} is not a finite number"))
        elif value <= 0 and not f.name.endswith("_time"):
            problems.append(Problem(COMMAND_LINE, f"the {name} {value:g} is not positive"))
        numbers[f.name] = float(value)
    return replace(run, **numbers)  # type: ignore[arg-type]


def _run_origins(scenario: Scenario, run: RunSettings) -> tuple[tuple[str, str], ...]:
    origins = []
    for f in fields(RunSettings):
        if getattr(run, f.name) is not None:
            origins.append((f.name, COMMAND_LINE))
        elif getattr(scenario.run, f.name) is not None:
            origins.append((f.name, scenario.origin(f.name)))
    return tuple(origins)


def _identity(
    model_name: str,
    assumptions: Iterable[Change],
    policies: Iterable[Policy],
    run: RunSettings,
    initial: Sequence[Change],
) -> str:
    """A hash of everything that determines the numbers, and of nothing else."""
    content = [
        model_name,
        _numbers(assumptions),
        sorted(
            [p.start, math.inf if p.end is None else p.end, p.ramp, _numbers(p.changes)]
            for p in policies
        ),
        astuple(run),
        # nothing where there is nothing: scenarios without it keep their hash
        *([_numbers(initial)] if initial else []),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _numbers(changes: Iterable[Change]) -> list[list[object]]:
    """Indices with their values, independent of grouping and order in the file."""
    # + 0.0 turns -0.0 into 0.0
    return sorted([c.element, place, c.value + 0.0] for c in changes for place in c.places)
