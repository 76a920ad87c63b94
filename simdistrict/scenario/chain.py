"""Scenario files merged with their parents and parts: `load_scenario` and its kin.

Names of constants stay text here; `resolve` looks them up in a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from simdistrict.base.cache import cached
from simdistrict.base.errors import ModelError, Problem, ScenarioError, did_you_mean
from simdistrict.base.library import find_model, find_part, find_scenario, shown
from simdistrict.model.expr import fold
from simdistrict.scenario.places import key_of
from simdistrict.scenario.tree import read_text
from simdistrict.scenario.values import (
    Assignment,
    Reference,
    Scenario,
    ScenarioVariant,
    WrittenPolicy,
)


def load_scenario(name_or_path: str | Path, near: Path | None = None) -> Scenario:
    """A scenario with everything it inherits, by name or path (see `library.find_scenario`).

    `NAME:VARIANT` is one of its variants; a plain name is the file as written. near: the
    folder that is searched first, and that a relative path starts from.
    Raises ScenarioError with everything that is wrong with the file, or with the first parent
    that is not valid.
    """
    name, variant_name = _split(str(name_or_path))
    path = find_scenario(name, near)
    files = [_read(path)]
    variant = _variant(files[0], variant_name)
    seen = [path.resolve()]
    base = variant.base if variant is not None and variant.base is not None else files[0].base
    while base is not None:
        chain = [file.chain[0] for file in files]
        try:
            parent = find_scenario(base.name, files[-1].folder)
        except ScenarioError as error:
            after = f" (chain: {' -> '.join(chain)})" if len(chain) > 1 else ""
            what = f'the base "{base.name}" is missing: '
            raise ScenarioError(
                [
                    replace(p, where=base.origin, what=f"{what}{p.what}{after}")
                    for p in error.problems
                ]
            ) from None
        if parent.resolve() in seen:
            what = f"the scenario is its own ancestor: {' -> '.join([*chain, shown(parent)])}"
            hint = "a scenario file needs a parent above it"
            raise ScenarioError(Problem(base.origin, what, hint))
        seen.append(parent.resolve())
        files.append(_read(parent))
        base = files[-1].base
    scenario = _merged(files, () if variant is None else variant.parts)
    if variant is None:
        return scenario
    return replace(
        scenario,
        name=f"{scenario.name}:{variant.name}",
        title=variant.title or f"{scenario.title}: {variant.name.replace('_', ' ')}",
        variants=(),
        sets=variant.sets,
    )


def members(name: str) -> tuple[str, ...]:
    """The scenarios that a name stands for: `NAME:VARIANT` for each variant, else itself.

    Raises ScenarioError where the scenario file cannot be read.
    """
    if _split(name)[1]:
        return (name,)
    return tuple(f"{name}:{v.name}" for v in _read(find_scenario(name)).variants) or (name,)


def scenario_from_text(text: str, where: str) -> Scenario:
    """A scenario from text that stands alone, as `to_yaml` writes it.

    where: the location that messages give. Raises ScenarioError where the text names a parent,
    and as `load_scenario` does.
    """
    # imported here, because most scenario files come from the cache
    from simdistrict.scenario.schema import read_scenario_file

    scenario = read_scenario_file(text, where)
    for key in ("base", "parts", "variants"):
        if getattr(scenario, key):
            what = f"a scenario that stands alone has no {key}"
            raise ScenarioError(Problem(scenario.origin(key), what))
    return _merged([scenario])


def bare_scenario(model_path: Path) -> Scenario:
    """The scenario that runs a model without changes."""
    return Scenario(
        name=model_path.stem,
        title=bare_title(model_path.stem),
        model=str(model_path),
        chain=(shown(model_path),),
    )


def bare_title(model: str) -> str:
    """The title of the scenario that runs a model without changes."""
    return f"{model} as it is"


def model_path(scenario: Scenario) -> Path:
    """The model file that a scenario runs.

    Raises ScenarioError where no file of the chain names a model, or it does not exist.
    """
    if scenario.model is None:
        hint = "add `model:` with a shipped model's name or a path, or a `base:` that has one"
        where = scenario.chain[0] if scenario.chain else f"scenario {scenario.name}"
        raise ScenarioError(Problem(where, "the scenario names no model", hint))
    try:
        return find_model(scenario.model, scenario.folder)
    except ModelError as error:
        where = scenario.origin("model")
        raise ScenarioError(
            [
                replace(p, where=where, what=f'the model "{scenario.model}": {p.what}')
                for p in error.problems
            ]
        ) from None


def scenario_title(path: Path) -> str:
    """The title of a scenario file; its parents are not read."""
    return _read(path).title


def scenario_variants(path: Path) -> tuple[str, ...]:
    """The names of the variants in a scenario file."""
    return tuple(variant.name for variant in _read(path).variants)


def part_title(path: Path) -> str:
    """The title of a part that scenarios share."""
    return _read(path, is_part=True).title


def _read(path: Path, *, is_part: bool = False) -> Scenario:
    """What one file says, from the cache where its text was read before."""
    where = shown(path)
    text = read_text(path, where)

    def read() -> Scenario:
        # pydantic and ruamel.yaml take 0.1 s
        from simdistrict.scenario.schema import read_part_file, read_scenario_file

        return (read_part_file if is_part else read_scenario_file)(text, where)

    found = cached(Scenario, f"{'part' if is_part else ''}\0{where}\0{text}", read)
    return replace(found, folder=path.parent)


def _split(name: str) -> tuple[str, str]:
    """`NAME:VARIANT` as both; no variant where the text after the colon is part of a path."""
    left, colon, right = name.rpartition(":")
    is_variant = bool(colon) and len(left) > 1 and re.fullmatch(r"[A-Za-z0-9_+-]+", right)
    return (left, right) if is_variant else (name, "")


def _variant(file: Scenario, name: str) -> ScenarioVariant | None:
    """The variant of that name; None for an empty name."""
    if not name:
        return None
    known = {variant.name: variant for variant in file.variants}
    if name not in known:
        hint = f"its variants are {', '.join(known)}" if known else "it has no variants"
        near = did_you_mean(name, known)
        what = f'the scenario has no variant "{name}"'
        raise ScenarioError(Problem(file.chain[0], what, near or hint))
    return known[name]


def _merged(files: Sequence[Scenario], of_variant: Sequence[Reference] = ()) -> Scenario:
    """A chain of files as one scenario.

    files: child first; of_variant: extra parts listed by the chosen variant.
    """
    scenario = Scenario("", "")
    problems: list[Problem] = []
    parts: dict[Path, str] = {}
    for file in reversed(files):
        for listed in (*file.parts, *(of_variant if file is files[0] else ())):
            scenario = _with_part(scenario, file.folder, listed, parts, problems)
        scenario = _over(scenario, file, problems)
    if problems:
        raise ScenarioError(problems)
    return scenario


def _with_part(
    scenario: Scenario,
    folder: Path | None,
    listed: Reference,
    parts: dict[Path, str],
    problems: list[Problem],
) -> Scenario:
    """A scenario with a part on top; parts: path -> where the scenario lists it.

    A part may not replace anything that is already set: parts do not know each other.
    """
    where = listed.origin
    try:
        path = find_part(listed.name, folder)
    except ScenarioError as error:
        raise ScenarioError([replace(p, where=where) for p in error.problems]) from None
    if (known := parts.get(path.resolve())) is not None:
        what = f'the part "{listed.name}" is there already ({known})'
        problems.append(Problem(where, what, "name it once"))
        return scenario
    part = _read(path, is_part=True)
    parts[path.resolve()] = where
    there = {fold(p.name): p.origin for p in scenario.policies}
    for policy in part.policies:
        if fold(policy.name) in there:
            what = f'the policy "{policy.name}" is there already ({there[fold(policy.name)]})'
            problems.append(Problem(policy.origin, what, "give one of them another name"))
    assumed = {key_of(v.text): v.origin for v in scenario.assume}
    for value in part.assume:
        if key_of(value.text) in assumed:
            what = f'"{value.text}" is assumed already ({assumed[key_of(value.text)]})'
            hint = "let one part say it, or leave out the part and say it in the scenario"
            problems.append(Problem(value.origin, what, hint))
    return replace(
        scenario,
        policies=_policies_over(scenario.policies, part, problems),
        assume=_values_over(scenario.assume, part.assume),
        chain=(*part.chain, *scenario.chain),
    )


def _over(parent: Scenario, file: Scenario, problems: list[Problem]) -> Scenario:
    """A parent with one file on top of it."""
    inherits = file.model is None
    return replace(
        file,
        model=parent.model if inherits else file.model,
        folder=parent.folder if inherits else file.folder,
        policies=_policies_over(parent.policies, file, problems),
        assume=_values_over(parent.assume, file.assume),
        initial=_values_over(parent.initial, file.initial),
        run=file.run.over(parent.run),
        report=parent.report if file.report is None else file.report,
        origins=tuple({**dict(parent.origins), **dict(file.origins)}.items()),
        chain=(*file.chain, *parent.chain),
        base=None,
        parts=(),
        removed=(),
    )


def _policies_over(
    inherited: tuple[WrittenPolicy, ...], file: Scenario, problems: list[Problem]
) -> tuple[WrittenPolicy, ...]:
    policies = {fold(p.name): p for p in inherited}
    for removed in file.removed:
        if policies.pop(fold(removed.name), None) is None:
            known = [p.name for p in inherited]
            hint = did_you_mean(removed.name, known)
            hint = hint or "a policy needs at least `start:` and `set:`"
            what = f'no parent has a policy "{removed.name}" that could be removed'
            problems.append(Problem(removed.origin, what, hint))
    for policy in file.policies:
        policies.pop(fold(policy.name), None)
        policies[fold(policy.name)] = policy
    return tuple(policies.values())


def _values_over(
    older: tuple[Assignment, ...], newer: tuple[Assignment, ...]
) -> tuple[Assignment, ...]:
    """Both, the newer after the older, each name once.

    A newer value goes to the end even where it replaces one: it acts on top of the whole parent.
    """
    values = {key_of(v.text): v for v in older}
    for value in newer:
        values.pop(key_of(value.text), None)
        values[key_of(value.text)] = value
    return tuple(values.values())
