"""The closed schema of a scenario file. The one door to pydantic.

`python -m simdistrict.scenario.schema` prints the JSON schema that editors use. Reads the text
of one file; `chain` follows its parents.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.base.numbers import hint_for, real
from simdistrict.engine.backends import Integrator
from simdistrict.scenario.places import key_of
from simdistrict.scenario.tree import KeyPath, YamlNode, read_tree
from simdistrict.scenario.values import (
    Assignment,
    Reference,
    RunSettings,
    Scenario,
    ScenarioVariant,
    SetOption,
    WrittenPolicy,
)


def finite_number(value: Any) -> float:
    """A finite number; refuses text and true/false with its own message."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("own", "NOT A NUMBER")
    if not math.isfinite(value):
        raise PydanticCustomError("own", "the value is not a finite number")
    return float(value)


def _positive(value: float) -> float:
    if value <= 0:
        raise PydanticCustomError("own", "{value} is not positive", {"value": f"{value:g}"})
    return value


def _not_negative(value: float) -> float:
    if value < 0:
        raise PydanticCustomError("own", "{value} is negative", {"value": f"{value:g}"})
    return value


def _nothing_is_empty(value: Any) -> Any:
    """An empty section, as when all its entries are commented out."""
    return {} if value is None else value


FiniteNumber = Annotated[float, BeforeValidator(finite_number)]
Positive = Annotated[
    float,
    BeforeValidator(lambda v: _positive(finite_number(v))),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]
NotNegative = Annotated[
    float,
    BeforeValidator(lambda v: _not_negative(finite_number(v))),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
Section = BeforeValidator(_nothing_is_empty)
# the origin `file:line` of the value at a path
At = Callable[..., str]
# no dot: a name with a dot is a file's
SHORT_NAME = r"^[A-Za-z0-9_+-]+$"
T = TypeVar("T", bound=BaseModel)


class Closed(BaseModel):
    """A mapping without unknown keys; base class of every section of a file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PolicyFile(Closed):
    """A lever decided by an actor: constants that move together from a start time on."""

    why: str = Field("", description="One or two sentences: who does this, and why.")
    start: FiniteNumber = Field(description="Time at which the values begin to move.")
    ramp: NotNegative = Field(0.0, description="Time to the full value, linear; 0 is at once.")
    end: FiniteNumber | None = Field(
        None, description="Time from which the values return, over the same ramp."
    )
    changes: dict[str, FiniteNumber] = Field(
        alias="set", min_length=1, description="Constants of the model and the values they move to."
    )


class RunFile(Closed):
    """How the run is computed; what is absent is taken from the model file."""

    initial_time: FiniteNumber | None = Field(
        None, alias="initial time", description="First time, in the model's time unit."
    )
    final_time: FiniteNumber | None = Field(
        None, alias="final time", description="Last time, in the model's time unit."
    )
    time_step: Positive | None = Field(
        None, alias="time step", description="Step of the integration, in the model's time unit."
    )
    save_step: Positive | None = Field(
        None, alias="save step", description="Interval of the output, a whole number of time steps."
    )
    integrator: Integrator | None = Field(
        None, description="Default: what the model file's own settings say."
    )
    rtol: Positive | None = Field(None, description="Relative tolerance, adaptive and stiff.")
    atol: Positive | None = Field(None, description="Absolute tolerance, adaptive and stiff.")


class VariantFile(Closed):
    """A scenario that differs from its file in a few numbers, in its parent or in its parts."""

    title: str = Field("", description="One line for lists and figures; else the file's title.")
    base: str | None = Field(
        None, min_length=1, description="The parent of this variant, in place of the file's."
    )
    parts: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list, description="Parts of this variant, after those of the file."
    )
    changes: Annotated[dict[str, FiniteNumber | None], Section] = Field(
        default_factory=dict,
        alias="set",
        description="What `--set` takes on its left, each with its value: a constant, "
        "`POLICY: CONSTANT`, `POLICY: start` (also end, ramp); an end of null is none.",
    )


class ScenarioFile(Closed):
    """A policy scenario of simdistrict: a parent, policies and assumptions."""

    name: str | None = Field(
        None,
        pattern=r"^[^/\\]+$",
        description="Only where the text has no file name of its own; else the file's name counts.",
    )
    title: str = Field(min_length=1, description="One line for lists and figures.")
    why: str = Field("", description="One or two sentences: what the scenario is for.")
    model: str | None = Field(
        None,
        min_length=1,
        description="A shipped model's name, or a path relative to this file; inherited.",
    )
    base: str | None = Field(
        None,
        min_length=1,
        description="The one parent: a scenario's name, or a path relative to this file.",
    )
    parts: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list,
        description="What the scenario shares with others: names of files in a folder parts/, "
        "or paths relative to this file.",
    )
    claims: Annotated[dict[str, str], Section] = Field(
        default_factory=dict,
        description="Claims that the scenario tests, each with its pass band in words.",
    )
    policies: Annotated[dict[str, PolicyFile | None], Section] = Field(
        default_factory=dict,
        description="Policies by name; a parent's policy of that name is replaced, "
        "or removed by null.",
    )
    assume: Annotated[dict[str, FiniteNumber], Section] = Field(
        default_factory=dict, description="Constants and their values for the whole run."
    )
    initial: Annotated[dict[str, FiniteNumber], Section] = Field(
        default_factory=dict,
        description="Stocks and the values that they start from, in place of the model's.",
    )
    run: Annotated[RunFile, Section] = Field(
        default_factory=lambda: RunFile.model_validate({}),
        description="How the run is computed; keys replace those of the parent one by one.",
    )
    report: list[str] | None = Field(
        None, description="Elements shown first in reports; replaces the parent's list."
    )
    variants: Annotated[
        dict[Annotated[str, Field(pattern=SHORT_NAME)], Annotated[VariantFile, Section]], Section
    ] = Field(
        default_factory=dict,
        description="Members of a family, such as the doses of a policy: the scenario's name "
        "stands for all of them, NAME:VARIANT for one.",
    )


class PartFile(Closed):
    """What scenarios share: policies and assumptions, with no parent, model or claims."""

    title: str = Field(min_length=1, description="One line for lists.")
    why: str = Field("", description="One or two sentences: what it stands for, and its source.")
    policies: Annotated[dict[str, PolicyFile], Section] = Field(
        default_factory=dict, description="Policies by name."
    )
    assume: Annotated[dict[str, FiniteNumber], Section] = Field(
        default_factory=dict, description="Constants and their values for the whole run."
    )


def read_scenario_file(text: str, where: str) -> Scenario:
    """What one scenario file says; its parents are not read.

    Raises ScenarioError with everything that is wrong with the file.
    """
    file, tree = _read(ScenarioFile, text, where, _part)
    at = _origins(tree, where)
    given = [(key, (key,)) for key in ("model", "report") if getattr(file, key) is not None]
    given += [(key, (key,)) for key in ("base", "parts", "variants") if getattr(file, key)]
    run = RunSettings(**file.run.model_dump())
    origins = [(key, at(*path)) for key, path in given]
    for setting in fields(run):
        if getattr(run, setting.name) is not None:
            origins.append((setting.name, at("run", setting.name.replace("_", " "))))
    return Scenario(
        name=file.name or Path(where).stem,
        title=file.title,
        why=file.why,
        model=file.model,
        claims=tuple(file.claims.items()),
        policies=_policies(file.policies, at),
        assume=_assignments(file.assume, at, "assume"),
        initial=_assignments(file.initial, at, "initial"),
        run=run,
        report=None if file.report is None else tuple(file.report),
        origins=tuple(origins),
        chain=(where,),
        variants=tuple(_variant(name, variant, at) for name, variant in file.variants.items()),
        base=None if file.base is None else Reference(file.base, at("base")),
        parts=_references(file.parts, at, "parts"),
        removed=tuple(
            Reference(name, at("policies", name))
            for name, policy in file.policies.items()
            if policy is None
        ),
    )


def read_part_file(text: str, where: str) -> Scenario:
    """What a file that scenarios share says. Raises as `read_scenario_file`."""
    file, tree = _read(PartFile, text, where, _part_of_part)
    at = _origins(tree, where)
    return Scenario(
        name=Path(where).stem,
        title=file.title,
        why=file.why,
        policies=_policies(file.policies, at),
        assume=_assignments(file.assume, at, "assume"),
        chain=(where,),
    )


def _origins(tree: YamlNode, where: str) -> At:
    return lambda *path: f"{where}:{tree.at(path).line}"


def _policies(files: Mapping[str, PolicyFile | None], at: At) -> tuple[WrittenPolicy, ...]:
    return tuple(
        WrittenPolicy(
            name,
            file.start,
            file.end,
            file.ramp,
            _assignments(file.changes, at, "policies", name, "set"),
            file.why,
            at("policies", name),
        )
        for name, file in files.items()
        if file is not None
    )


def _variant(name: str, file: VariantFile, at: At) -> ScenarioVariant:
    path = ("variants", name)
    sets = []
    for left, value in file.changes.items():
        origin = at(*path, "set", left)
        sets.append(SetOption(left, "none" if value is None else repr(value), origin, origin))
    base = None if file.base is None else Reference(file.base, at(*path, "base"))
    parts = _references(file.parts, at, *path, "parts")
    return ScenarioVariant(name, file.title, base, parts, tuple(sets))


def _references(names: Sequence[str], at: At, *path: str) -> tuple[Reference, ...]:
    return tuple(Reference(name, at(*path, k)) for k, name in enumerate(names))


def _assignments(numbers: Mapping[str, float], at: At, *path: str) -> tuple[Assignment, ...]:
    return tuple(Assignment(name, value, at(*path, name)) for name, value in numbers.items())


def _read(
    kind: type[T], text: str, where: str, part: Callable[[KeyPath], tuple[type[BaseModel], str]]
) -> tuple[T, YamlNode]:
    tree = read_tree(text, where)
    problems: list[Problem] = []
    # `too_short`: an empty `set:`, for which `_between_entries` has a better sentence
    file = validated(kind, tree, where, part, problems, skip=("too_short",))
    problems += repeated_names(tree, where, _mappings(tree)) + _between_entries(tree, where)
    if problems or file is None:
        raise ScenarioError(sorted(problems, key=by_line))
    return file, tree


def validated(
    kind: type[T],
    tree: YamlNode,
    where: str,
    part: Callable[[KeyPath], tuple[type[BaseModel], str]],
    problems: list[Problem],
    skip: Sequence[str] = (),
) -> T | None:
    """A tree validated as a file of that kind; None, with all errors added to problems.

    part: for the path of a key, the schema of the mapping that holds it, and its name in
    messages; skip: pydantic's error types that the caller reports itself.
    """
    try:
        return kind.model_validate(tree.plain())
    except ValidationError as error:
        problems += [
            _problem(dict(e), tree, where, part)
            for e in error.errors(include_url=False)
            if e["type"] not in skip
        ]
    return None


def json_schema(
    kind: type[BaseModel] = ScenarioFile, title: str = "simdistrict scenario"
) -> dict[str, Any]:
    """The JSON schema of a kind of file, for completion and checks in editors."""
    schema = kind.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_without_titles(schema),
        "title": title,
    }


def json_schema_text(
    kind: type[BaseModel] = ScenarioFile, title: str = "simdistrict scenario"
) -> str:
    """The schema as it is committed under docs/schema/."""
    return json.dumps(json_schema(kind, title), indent=2, ensure_ascii=False) + "\n"


def _without_titles(schema: Any) -> Any:
    """The schema without the titles that pydantic makes from field names."""
    if isinstance(schema, list):
        return [_without_titles(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {k: _without_titles(v) for k, v in value.items()}
        if key in ("properties", "$defs")
        else _without_titles(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


def _part(path: KeyPath) -> tuple[type[BaseModel], str]:
    match path:
        case ("policies", name, _, *_):
            return PolicyFile, f'the policy "{name}"'
        case ("run", _, *_):
            return RunFile, "the run"
        case ("variants", name, _, *_):
            return VariantFile, f'the variant "{name}"'
    return ScenarioFile, "the scenario"


def _part_of_part(path: KeyPath) -> tuple[type[BaseModel], str]:
    kind, words = _part(path)
    return (PartFile, "the part") if kind is ScenarioFile else (kind, words)


_KINDS = {
    "dict_type": "names with values",
    "model_type": "names with values",
    "list_type": "a list such as [births, deaths]",
    "string_type": "text",
}


def _problem(
    error: dict[str, Any],
    tree: YamlNode,
    where: str,
    part: Callable[[KeyPath], tuple[type[BaseModel], str]],
) -> Problem:
    """An error of pydantic as a problem of ours, with its line."""
    path = tuple(error["loc"])
    node = tree.at(path)
    place = f"{where}:{node.line}"
    named = [step for step in path if isinstance(step, str)]
    name = next((step for step in reversed(named) if not step.startswith("function")), "")
    if path and isinstance(path[-1], int):
        name = f"entry {path[-1] + 1} of {name}"
    match error["type"]:
        case "extra_forbidden":
            fields = part(path)[0].model_fields
            keys = [f.alias or key for key, f in fields.items()]
            hint = did_you_mean(name, keys) or f"the keys here are {', '.join(keys)}"
            return Problem(place, f'there is no key "{name}" here', hint)
        case "missing":
            return Problem(place, f"{part(path)[1]} has no `{name}:`")
        case "literal_error":
            known = ", ".join(re.findall(r"'([^']*)'", str(error["ctx"]["expected"])))
            return Problem(place, f'there is no {name} "{node.value}"', f"it is one of {known}")
        case "string_type" if node.value is not None and not isinstance(node.value, list | dict):
            return Problem(place, f"{name} must be text", "put it in quotes")
        case kind if kind in _KINDS and node.value is None:
            return Problem(place, f"{name} has no value")
        case kind if kind in _KINDS:
            return Problem(place, f"{name} must be {_KINDS[kind]}")
        case "string_too_short" | "too_short":
            return Problem(place, f"{name} is empty")
        case "string_pattern_mismatch" if path[-1] == "[key]":
            what = f"the name of a {named[-3].removesuffix('s')}"
            hint = f"letters, digits, _, + and - make {what}"
            return Problem(place, f'"{named[-2]}" cannot be {what}', hint)
        case "string_pattern_mismatch":
            hint = "it must not be empty or hold / or \\"
            return Problem(place, f'"{node.value}" cannot be the name of a scenario', hint)
        case "own" if error["msg"] == "NOT A NUMBER":
            return _not_a_number(name, node, place)
        case "own":
            return Problem(place, f"{name}: {error['msg']}")
    return Problem(place, f"the value of {name} is not valid")


def _not_a_number(name: str, node: YamlNode, place: str) -> Problem:
    value = node.value
    if isinstance(value, str):
        written = f'"{value}"' if node.quoted else value
        hint = "write a number"
        if node.quoted:
            hint = f"write {value} without quotes" if _reads_as_number(value) else hint
        elif value.lower() in ("yes", "no", "on", "off"):
            hint = "write 1 or 0"
        elif re.fullmatch(r"[-+]?[0-9]+,[0-9]+", value):
            hint = f"write {value.replace(',', '.')}"
        else:
            hint = hint_for(value) or hint
        return Problem(place, f"{name}: {written} is text, not a number", hint)
    if isinstance(value, bool):
        return Problem(place, f"{name}: {str(value).lower()} is not a number", "write 1 or 0")
    if value is None:
        hint = "write a number"
        if name.isdigit():
            hint = "inside { } a comma begins a new entry; decimals have a point, as in 0.25"
        return Problem(place, f"{name} has no value", hint)
    return Problem(place, f"{name} must be one number", "name single labels as in name[label]")


def _reads_as_number(text: str) -> bool:
    return real(text) is not None


def _mappings(tree: YamlNode) -> list[tuple[str, ...]]:
    """Paths of the mappings whose keys are names of policies or constants."""
    sets = [("policies", name, "set") for name in keys_at(tree, "policies")]
    sets += [("variants", name, "set") for name in keys_at(tree, "variants")]
    return [("policies",), ("assume",), ("initial",), ("variants",), *sets]


def repeated_names(tree: YamlNode, where: str, paths: Iterable[tuple[str, ...]]) -> list[Problem]:
    """Names in the mappings at these paths that differ in spelling only, which YAML allows."""
    problems = []
    for path in paths:
        seen: dict[str, str] = {}
        for name in keys_at(tree, *path):
            if key_of(name) in seen:
                line = tree.at((*path, name)).line
                what = f'"{name}" and "{seen[key_of(name)]}" are the same name'
                problems.append(Problem(f"{where}:{line}", what, "remove one of them"))
            seen.setdefault(key_of(name), name)
    return problems


def _between_entries(tree: YamlNode, where: str) -> list[Problem]:
    """Checks across the entries of a policy, made even where other entries are invalid."""
    problems = []
    for name in keys_at(tree, "policies"):
        policy = tree.at(("policies", name)).value
        entries = policy if isinstance(policy, dict) else {}
        start, end = (entries[k].value if k in entries else None for k in ("start", "end"))
        if isinstance(start, float) and isinstance(end, float) and end <= start:
            what = f'the policy "{name}" ends in {end:g}, not after its start in {start:g}'
            problems.append(Problem(f"{where}:{entries['end'].line}", what))
        if "set" in entries and entries["set"].value == {}:
            what = f'the policy "{name}" sets nothing'
            problems.append(Problem(f"{where}:{entries['set'].line}", what))
    return problems


def keys_at(tree: YamlNode, *path: str) -> tuple[str, ...]:
    """The keys of the mapping at a path; empty where there is none."""
    node = tree
    for step in path:
        if not isinstance(node.value, dict) or step not in node.value:
            return ()
        node = node.value[step]
    return tuple(node.value) if isinstance(node.value, dict) else ()


def by_line(problem: Problem) -> int:
    """The line of a problem, for sorting."""
    number = problem.where.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


if __name__ == "__main__":
    sys.stdout.write(json_schema_text())
