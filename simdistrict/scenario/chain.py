"""Scenario files with their parents, merged: `load_scenario` and its kin.

Names of constants stay text here; `resolve` looks them up in a model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.errors import ModelError, Problem, ScenarioError, did_you_mean
from simdistrict.expr import fold
from simdistrict.library import find_model, find_scenario, shown
from simdistrict.scenario.places import key_of
from simdistrict.scenario.tree import Node, read_text
from simdistrict.scenario.values import RunSettings, Scenario, Value, WrittenPolicy

if TYPE_CHECKING:
    from simdistrict.scenario.schema import ScenarioFile


@dataclass(frozen=True, slots=True)
class _Link:
    """One file of a chain. path is None for a text that is not in a file."""

    where: str
    path: Path | None
    file: ScenarioFile
    tree: Node


def load_scenario(name_or_path: str | Path) -> Scenario:
    """A scenario with everything it inherits, by name (see `library.find_scenario`) or path.

    Raises ScenarioError with all that is wrong with the file, or the first parent that is.
    """
    path = find_scenario(str(name_or_path))
    links = [_link(path)]
    seen = [path.resolve()]
    while (base := links[-1].file.base) is not None:
        last = links[-1]
        place = f"{last.where}:{last.tree.at(('base',)).line}"
        folder = last.path.parent if last.path is not None else Path()
        try:
            parent = find_scenario(base, folder)
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
    return _merged(links)


def scenario_from_text(text: str, where: str) -> Scenario:
    """A scenario from text that stands alone, as `to_yaml` writes it.

    where: what messages call the text. Raises ScenarioError where the text names a parent, and
    as `load_scenario` does.
    """
    link = _link_of(text, where, None)
    if link.file.base is not None:
        line = link.tree.at(("base",)).line
        what = "a scenario that stands alone has no base"
        raise ScenarioError(Problem(f"{where}:{line}", what))
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


def _in_chain(problem: Problem, base: str, links: list[_Link]) -> str:
    chain = f" (chain: {' -> '.join(link.where for link in links)})" if len(links) > 1 else ""
    return f'the base "{base}" is missing: {problem.what}{chain}'


def _link(path: Path) -> _Link:
    where = shown(path)
    return _link_of(read_text(path, where), where, path)


def _link_of(text: str, where: str, path: Path | None) -> _Link:
    # pydantic and ruamel.yaml take 0.2 s, which only a command that reads a scenario should pay
    from simdistrict.scenario.schema import read_scenario_file

    return _Link(where, path, *read_scenario_file(text, where))


def _merged(links: list[_Link]) -> Scenario:
    """A chain as one scenario; links: the youngest first."""
    scenario = Scenario("", "")
    problems: list[Problem] = []
    for link in reversed(links):
        scenario = _over(scenario, link, problems)
    if problems:
        raise ScenarioError(problems)
    return scenario


def _over(parent: Scenario, link: _Link, problems: list[Problem]) -> Scenario:
    """A parent with one file on top of it."""
    file, where = link.file, link.where
    stem = link.path.stem if link.path is not None else Path(where).stem
    origins = dict(parent.origins)
    for key in ("model", "report"):
        if getattr(file, key) is not None:
            origins[key] = _origin(link, key)
    for name, field in type(file.run).model_fields.items():
        if getattr(file.run, name) is not None:
            origins[name] = _origin(link, "run", field.alias or name)
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
        run=RunSettings(**file.run.model_dump()).over(parent.run),
        report=parent.report if file.report is None else tuple(file.report),
        origins=tuple(origins.items()),
        chain=(where, *parent.chain),
    )


def _policies_over(
    inherited: tuple[WrittenPolicy, ...], link: _Link, problems: list[Problem]
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


def _values(link: _Link, numbers: dict[str, float], *path: str) -> tuple[Value, ...]:
    return tuple(Value(name, v, _origin(link, *path, name)) for name, v in numbers.items())


def _origin(link: _Link, *path: str) -> str:
    return f"{link.where}:{link.tree.at(path).line}"
