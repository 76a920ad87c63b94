"""The meaning of `--set`, or of a variant: an assumption, a value of a policy, or its time.

Looks names of constants up only to distinguish these; `resolve` checks them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from simdistrict.base.errors import Problem, did_you_mean
from simdistrict.base.numbers import real
from simdistrict.model.expr import fold
from simdistrict.model.model import Model
from simdistrict.scenario.places import find_element, key_of
from simdistrict.scenario.values import COMMAND_LINE, Assignment, SetOption, WrittenPolicy

TIMES = ("start", "end", "ramp")
_FORMS = '--set "NAME=VALUE", --set "POLICY: NAME=VALUE" or --set "POLICY: start=TIME"'
# float() also takes 1_000, nan and digits of other scripts


def from_command_line(sets: Sequence[str], problems: list[Problem]) -> list[SetOption]:
    """The `--set` options; adds those that cannot be read to problems."""
    found = []
    for text in sets:
        where = f'--set "{text}"'
        left, equals, right = text.rpartition("=")
        if not equals or not left.strip():
            problems.append(Problem(where, "this sets nothing", f"the forms are {_FORMS}"))
        else:
            found.append(SetOption(left.strip(), right.strip(), where, COMMAND_LINE))
    return found


def read_sets(
    sets: Iterable[SetOption],
    policies: Sequence[WrittenPolicy],
    model: Model,
    problems: list[Problem],
) -> tuple[tuple[Assignment, ...], tuple[WrittenPolicy, ...]]:
    """Plain assumptions, each name once, and the policies as changed; problems collects errors."""
    plain: dict[str, Assignment] = {}
    changed = {fold(p.name): p for p in policies}
    for one in sets:
        policy, name = _split(one.left, changed, model)
        if policy is None and _means_policy(one.left, model):
            problems.append(_no_policy(one.left, changed, one.where))
        elif policy is not None and name.lower() in TIMES:
            changed[fold(policy.name)] = _with_time(policy, name.lower(), one, problems)
        elif (value := _value(name, one, problems)) is not None:
            if policy is None:
                plain.pop(key_of(name), None)
                plain[key_of(name)] = value
            else:
                kept = [v for v in policy.values if key_of(v.text) != key_of(name)]
                changed[fold(policy.name)] = replace(policy, values=(*kept, value))
    return tuple(plain.values()), tuple(changed.values())


def _split(
    left: str, policies: Mapping[str, WrittenPolicy], model: Model
) -> tuple[WrittenPolicy | None, str]:
    """The policy and the name in `POLICY: NAME`; no policy where the whole text is a name.

    Names of elements and of policies may hold colons, so every colon is tried.
    """
    if find_element(model, left)[0] is not None:
        return None, left
    for match in re.finditer(":", left):
        policy = policies.get(fold(left[: match.start()]))
        if policy is not None:
            return policy, left[match.end() :].strip()
    return None, left


def _means_policy(left: str, model: Model) -> bool:
    return ":" in left and find_element(model, left)[0] is None


def _no_policy(left: str, policies: Mapping[str, WrittenPolicy], where: str) -> Problem:
    name = left.partition(":")[0].strip()
    known = [p.name for p in policies.values()]
    hint = did_you_mean(name, known)
    if not hint:
        hint = f"its policies are {', '.join(known)}" if known else "it has no policies"
    return Problem(where, f'the scenario has no policy "{name}"', hint)


def _with_time(
    policy: WrittenPolicy, key: str, one: SetOption, problems: list[Problem]
) -> WrittenPolicy:
    origin = f"{policy.origin}, {key} from {_the(one.origin)}"
    if key == "end" and one.right.lower() == "none":
        return replace(policy, end=None, origin=origin)
    number = _value(f"{policy.name}: {key}", one, problems)
    if number is None:
        return policy
    if key == "ramp" and number.value < 0:
        problems.append(Problem(one.where, f"the ramp {number.value:g} is negative"))
        return policy
    match key:
        case "start":
            return replace(policy, start=number.value, origin=origin)
        case "ramp":
            return replace(policy, ramp=number.value, origin=origin)
    return replace(policy, end=number.value, origin=origin)


def _the(origin: str) -> str:
    return f"the {COMMAND_LINE}" if origin == COMMAND_LINE else origin


def _value(name: str, one: SetOption, problems: list[Problem]) -> Assignment | None:
    where, text = one.where, one.right
    if not name:
        problems.append(Problem(where, "a name is missing", f"the forms are {_FORMS}"))
        return None
    value = real(text)
    if value is not None:
        return Assignment(name, value, one.origin)
    hint = "write a finite number such as 0.25 or 1e-3"
    if re.fullmatch(r"[-+]?[0-9]+,[0-9]+", text):
        hint = f"write {text.replace(',', '.')}"
    problems.append(Problem(where, f'"{text}" is not a number', hint))
    return None
