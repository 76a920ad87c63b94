"""Scenario files with their parents and parts, merged: `load_scenario` and its kin.

Names of constants stay text here; `resolve` looks them up in a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from simdistrict.base.errors import ModelError, Problem, ScenarioError, did_you_mean
from simdistrict.base.library import find_model, find_part, find_scenario, shown
from simdistrict.model.expr import fold
from simdistrict.scenario.content import (
    PartContent,
    ScenarioContent,
    VariantContent,
)
from simdistrict.scenario.load import part_content, scenario_content
from simdistrict.scenario.places import key_of
from simdistrict.scenario.values import Assigned, Scenario, Value, WrittenPolicy


@dataclass(frozen=True, slots=True)
class _Link:
    """One file of a chain. path is None for a text that is not in a file."""

    where: str
    path: Path | None
    file: ScenarioContent

    @property
    def folder(self) -> Path:
        """What paths in the file are relative to."""
        return Path() if self.path is None else self.path.parent


# the name of a part, and the path of that name in the tree of the file
_Listed = tuple[str, tuple[str | int, ...]]


@dataclass(frozen=True, slots=True)
class _Part:
    """One file that scenarios share; listed: where the scenario names it."""

    where: str
    path: Path
    file: PartContent
    listed: str


def load_scenario(name_or_path: str | Path, near: Path | None = None) -> Scenario:
    """A scenario with everything it inherits, by name or path (see `library.find_scenario`).

    `NAME:VARIANT` is one of its variants; without one, the file as it is written. near: the
    folder that is searched first, and that a relative path starts from.
    Raises ScenarioError with all that is wrong with the file, or the first parent that is.
    """
    name, variant = _split(str(name_or_path))
    path = find_scenario(name, near)
    links = [_link(path)]
    chosen = _variant(links[0], variant)
    seen = [path.resolve()]
    where = ("base",) if chosen is None or chosen.base is None else ("variants", variant, "base")
    base = links[0].file.base if chosen is None or chosen.base is None else chosen.base
    while base is not None:
        last = links[-1]
        place = _origin(last, *where)
        try:
            parent = find_scenario(base, last.folder)
        except ScenarioError as error:
            raise ScenarioError(
                [replace(p, where=place, what=_in_chain(p, base, links)) for p in error.problems]
            ) from None
        if parent.resolve() in seen:
            chain = " -> ".join([*(link.where for link in links), shown(parent)])
            what = f"the scenario is its own ancestor: {chain}"
            raise ScenarioError(Problem(place, what, "a scenario file needs a parent above it"))
        seen.append(parent.resolve())
        links.append(_link(parent))
        where, base = ("base",), links[-1].file.base
    own = () if chosen is None else chosen.parts
    scenario = _merged(
        links, [(name, ("variants", variant, "parts", k)) for k, name in enumerate(own)]
    )
    return _varied(scenario, links[0], variant, chosen)


def members(name: str) -> tuple[str, ...]:
    """What a name stands for: each variant as `NAME:VARIANT`; itself where it has none.

    Raises ScenarioError where the file of the scenario cannot be read.
    """
    if _split(name)[1]:
        return (name,)
    variants = _link(find_scenario(name)).file.variants
    return tuple(f"{name}:{variant}" for variant in variants) or (name,)


def scenario_from_text(text: str, where: str) -> Scenario:
    """A scenario from text that stands alone, as `to_yaml` writes it.

    where: what messages call the text. Raises ScenarioError where the text names a parent, and
    as `load_scenario` does.
    """
    # here, because the files of a scenario mostly come from the cache
    from simdistrict.scenario.schema import read_scenario_file

    link = _Link(where, None, read_scenario_file(text, where))
    for key in ("base", "parts", "variants"):
        if getattr(link.file, key):
            what = f"a scenario that stands alone has no {key}"
            raise ScenarioError(Problem(_origin(link, key), what))
    return _merged([link])


def bare_scenario(model_path: Path) -> Scenario:
    """The scenario that runs a model as it is."""
    return Scenario(
        name=model_path.stem,
        title=f"{model_path.stem} as it is",
        model=str(model_path),
        chain=(shown(model_path),),
    )


def model_path(scenario: Scenario) -> Path:
    """The model file that a scenario runs.

    Raises ScenarioError where no file of the chain names a model, or it is not there.
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
    """The title of a scenario file, without following its parents."""
    return _link(path).file.title


def scenario_variants(path: Path) -> tuple[str, ...]:
    """The names of the variants in a scenario file."""
    return tuple(_link(path).file.variants)


def part_title(path: Path) -> str:
    """The title of a part that scenarios share."""
    return _part(path, "").file.title


def _split(name: str) -> tuple[str, str]:
    """`NAME:VARIANT` as both; no variant where what follows the colon is part of a path."""
    left, colon, right = name.rpartition(":")
    is_variant = bool(colon) and len(left) > 1 and re.fullmatch(r"[A-Za-z0-9_+-]+", right)
    return (left, right) if is_variant else (name, "")


def _variant(link: _Link, name: str) -> VariantContent | None:
    """The variant of that name; None where none is asked for."""
    if not name:
        return None
    known = link.file.variants
    if name not in known:
        hint = f"its variants are {', '.join(known)}" if known else "it has no variants"
        near = did_you_mean(name, known)
        what = f'the scenario has no variant "{name}"'
        raise ScenarioError(Problem(link.where, what, near or hint))
    return known[name]


def _varied(scenario: Scenario, link: _Link, name: str, variant: VariantContent | None) -> Scenario:
    """A scenario with one of its variants on top, or the names of all it has."""
    if variant is None:
        return replace(scenario, variants=tuple(link.file.variants))
    sets = []
    for left, value in variant.changes.items():
        origin = _origin(link, "variants", name, "set", left)
        sets.append(Assigned(left, "none" if value is None else repr(value), origin, origin))
    return replace(
        scenario,
        name=f"{scenario.name}:{name}",
        title=variant.title or f"{scenario.title}: {name.replace('_', ' ')}",
        sets=tuple(sets),
    )


def _in_chain(problem: Problem, base: str, links: list[_Link]) -> str:
    chain = f" (chain: {' -> '.join(link.where for link in links)})" if len(links) > 1 else ""
    return f'the base "{base}" is missing: {problem.what}{chain}'


def _link(path: Path) -> _Link:
    where = shown(path)
    return _Link(where, path, scenario_content(path, where))


def _merged(links: list[_Link], of_variant: Sequence[_Listed] = ()) -> Scenario:
    """A chain as one scenario; links: the youngest first; of_variant: parts on top of its own."""
    scenario = Scenario("", "")
    problems: list[Problem] = []
    parts: dict[Path, _Part] = {}
    for link in reversed(links):
        listed: list[_Listed] = [(n, ("parts", k)) for k, n in enumerate(link.file.parts)]
        for name, place in [*listed, *(of_variant if link is links[0] else ())]:
            scenario = _with_part(scenario, link, name, _origin(link, *place), parts, problems)
        scenario = _over(scenario, link, problems)
    if problems:
        raise ScenarioError(problems)
    return scenario


def _part(path: Path, listed: str) -> _Part:
    where = shown(path)
    return _Part(where, path, part_content(path, where), listed)


def _with_part(
    scenario: Scenario,
    link: _Link,
    name: str,
    listed: str,
    parts: dict[Path, _Part],
    problems: list[Problem],
) -> Scenario:
    """A scenario with one of a file's parts on top; parts: those that it has, by path.

    Nothing in a part may replace what is there: parts are written without knowing each other.
    """
    try:
        path = find_part(name, link.folder)
    except ScenarioError as error:
        raise ScenarioError([replace(p, where=listed) for p in error.problems]) from None
    if (known := parts.get(path.resolve())) is not None:
        what = f'the part "{name}" is there already ({known.listed})'
        problems.append(Problem(listed, what, "name it once"))
        return scenario
    part = _part(path, listed)
    parts[path.resolve()] = part
    there = {fold(p.name): p.origin for p in scenario.policies}
    for policy in part.file.policies:
        if fold(policy) in there:
            what = f'the policy "{policy}" is there already ({there[fold(policy)]})'
            hint = "give one of them another name"
            problems.append(Problem(_origin(part, "policies", policy), what, hint))
    assumed = {key_of(v.text): v.origin for v in scenario.assume}
    for text in part.file.assume:
        if key_of(text) in assumed:
            what = f'"{text}" is assumed already ({assumed[key_of(text)]})'
            hint = "let one part say it, or leave out the part and say it in the scenario"
            problems.append(Problem(_origin(part, "assume", text), what, hint))
    return replace(
        scenario,
        policies=_policies_over(scenario.policies, part, problems),
        assume=_values_over(scenario.assume, _values(part, part.file.assume, "assume")),
        chain=(part.where, *scenario.chain),
    )


def _over(parent: Scenario, link: _Link, problems: list[Problem]) -> Scenario:
    """A parent with one file on top of it."""
    file, where = link.file, link.where
    stem = link.path.stem if link.path is not None else Path(where).stem
    origins = dict(parent.origins)
    for key in ("model", "report"):
        if getattr(file, key) is not None:
            origins[key] = _origin(link, key)
    for setting in fields(file.run):
        if getattr(file.run, setting.name) is not None:
            origins[setting.name] = _origin(link, "run", setting.name.replace("_", " "))
    folder = parent.folder
    if file.model is not None:
        folder = link.path.parent if link.path is not None else None
    return Scenario(
        name=file.name or stem,
        title=file.title,
        why=file.why,
        model=file.model or parent.model,
        folder=folder,
        claims=tuple(file.claims.items()),
        policies=_policies_over(parent.policies, link, problems),
        assume=_values_over(parent.assume, _values(link, file.assume, "assume")),
        run=file.run.over(parent.run),
        report=parent.report if file.report is None else file.report,
        origins=tuple(origins.items()),
        chain=(where, *parent.chain),
    )


def _policies_over(
    inherited: tuple[WrittenPolicy, ...], link: _Link | _Part, problems: list[Problem]
) -> tuple[WrittenPolicy, ...]:
    policies = {fold(p.name): p for p in inherited}
    for name, body in link.file.policies.items():
        origin = _origin(link, "policies", name)
        old = policies.pop(fold(name), None)
        if body is not None:
            values = _values(link, body.changes, "policies", name, "set")
            policies[fold(name)] = WrittenPolicy(
                name, body.start, body.end, body.ramp, values, body.why, origin
            )
        elif old is None:
            known = [p.name for p in inherited]
            hint = did_you_mean(name, known) or "a policy needs at least `start:` and `set:`"
            what = f'no parent has a policy "{name}" that could be removed'
            problems.append(Problem(origin, what, hint))
    return tuple(policies.values())


def _values_over(older: Iterable[Value], newer: Iterable[Value]) -> tuple[Value, ...]:
    """Both, the newer after the older, each name once.

    A newer value goes to the end even where it replaces one: it acts on top of the whole parent.
    """
    values = {key_of(v.text): v for v in older}
    for value in newer:
        values.pop(key_of(value.text), None)
        values[key_of(value.text)] = value
    return tuple(values.values())


def _values(link: _Link | _Part, numbers: Mapping[str, float], *path: str) -> tuple[Value, ...]:
    return tuple(Value(name, v, _origin(link, *path, name)) for name, v in numbers.items())


def _origin(link: _Link | _Part, *path: str | int) -> str:
    return f"{link.where}:{link.file.tree.at(path).line}"
