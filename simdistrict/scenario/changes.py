"""Vensim changes files (.cin) on top of a scenario: constants and lookups.

A changed constant is an assumption like any other, with file and line as its origin. A scenario
holds no lookups, so their new points are recorded with the run.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.exchange.text.equations import EquationText, quoted
from simdistrict.exchange.vensim.cin import CinChange, read_cin, read_cin_text
from simdistrict.model.expr import fold
from simdistrict.model.model import Constant, Element, Equation, Lookup, Model, lookup_points
from simdistrict.scenario import Resolved, Scenario
from simdistrict.scenario.values import CONTROL_FIELDS, Assignment, RunSettings


@dataclass(frozen=True)
class Changes:
    """Changes files, read for one model.

    values: constants in the order of the files, later ones win; control: FINAL TIME and the like,
    by field of RunSettings; lookups: the changed lookup elements; text: their points as a changes
    file, empty when none changed.
    """

    values: tuple[Assignment, ...] = ()
    control: Mapping[str, Assignment] = field(default_factory=dict)
    lookups: tuple[Lookup, ...] = ()
    text: str = ""

    def on(self, scenario: Scenario) -> Scenario:
        """The scenario with the changed constants on top of its own assumptions."""
        numbers: dict[str, Any] = {key: value.value for key, value in self.control.items()}
        origins = dict(scenario.origins) | {key: v.origin for key, v in self.control.items()}
        return replace(
            scenario,
            assume=(*scenario.assume, *self.values),
            run=RunSettings(**numbers).over(scenario.run),
            origins=tuple(origins.items()),
        )

    def model(self, model: Model) -> Model:
        """The model with the changed lookups."""
        new = {fold(lookup.name): lookup for lookup in self.lookups}
        elements = tuple(new.get(fold(e.name), e) for e in model.elements)
        return replace(model, elements=elements) if new else model


def read_changes(paths: Sequence[Path], model: Model) -> Changes:
    """Read changes files for a model; a later file wins.

    Raises ExchangeError for a file that cannot be read, ScenarioError with every change that
    does not fit the model.
    """
    return _combined([(str(path), change) for path in paths for change in read_cin(path)], model)


def recorded_changes(text: str, model: Model, where: str) -> Changes:
    """The changed lookups that a result file records."""
    return _combined([(where, change) for change in read_cin_text(text, where)], model)


def check_policies(resolved: Resolved, paths: Sequence[Path]) -> None:
    """Raise ScenarioError where a policy changes a constant that a changes file sets.

    The policy would silently win from its start on.
    """
    files = tuple(f"{path}:" for path in paths)
    problems = []
    for change in resolved.assumptions:
        if not change.origin.startswith(files or ("\0",)):
            continue
        for policy in resolved.policies:
            for moved in policy.changes:
                if moved.element == change.element and set(moved.places) & set(change.places):
                    what = f'"{change.text}" is changed by the policy "{policy.name}"'
                    hint = f'change the policy instead: --set "{policy.name}: {moved.text}=..."'
                    problems.append(Problem(change.origin, what, hint))
    if problems:
        raise ScenarioError(problems)


def _combined(found: list[tuple[str, CinChange]], model: Model) -> Changes:
    values: list[Assignment] = []
    control: dict[str, Assignment] = {}
    lookups: dict[str, Lookup] = {}
    problems: list[Problem] = []
    for file, change in found:
        where = f"{file}:{change.line}"
        try:
            key = CONTROL_FIELDS.get(fold(change.name.strip("#")))
            if key is not None and len(change.values) == 1 and not change.subscripts:
                control[key] = Assignment(change.name, change.values[0], where)
                continue
            element = _element(change, model, where)
            if isinstance(element, Lookup):
                old = lookups.get(fold(element.name), element)
                lookups[fold(element.name)] = _with_points(old, change, model, where)
            else:
                values += _values(element, change, model, where)
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return Changes(tuple(values), control, tuple(lookups.values()), _as_text(model, lookups))


def _element(change: CinChange, model: Model, where: str) -> Element:
    element = model.by_name.get(fold(change.name.strip("#")))
    if element is None:
        kinds = (Lookup,) if change.points else (Constant,)
        problem = model.unknown(change.name, kinds)
        raise ScenarioError(Problem(where, problem.what, problem.hint))
    wanted = Lookup if change.points else Constant
    if not isinstance(element, wanted):
        what = f'"{element.name}" is of the kind {element.kind}'
        raise ScenarioError(Problem(where, f"{what}; only constants and lookups can be changed"))
    if change.text is not None:
        what = f'"{element.name}" is given a text, and texts are not supported'
        raise ScenarioError(Problem(where, what))
    return element


def _axes(element: Element, change: CinChange, model: Model, where: str) -> list[tuple[int, ...]]:
    """The indices along each dimension that a change sets; all of them without subscripts."""
    if not change.subscripts:
        return [tuple(range(size)) for size in model.shape(element)]
    if len(change.subscripts) != len(element.dims):
        what = f'"{element.name}" has {len(element.dims)} subscripts, not {len(change.subscripts)}'
        raise ScenarioError(Problem(where, what))
    axes = []
    for subscript, dim in zip(change.subscripts, element.dims, strict=True):
        try:
            axes.append(model.subscript_positions(subscript, dim))
        except KeyError:
            labels = ", ".join(model.dims_by_name[fold(dim)].labels)
            what = f'"{subscript}" is no label of {dim}'
            raise ScenarioError(Problem(where, what, f"{dim} has {labels}")) from None
    return axes


def _values(element: Element, change: CinChange, model: Model, where: str) -> list[Assignment]:
    places = list(itertools.product(*_axes(element, change, model, where)))
    numbers = change.values * len(places) if len(change.values) == 1 else change.values
    if len(numbers) != len(places):
        what = f'"{element.name}" needs {len(places)} numbers here and has {len(numbers)}'
        raise ScenarioError(Problem(where, what))
    labels = model.labels(element)
    found = []
    for place, number in zip(places, numbers, strict=True):
        names = [axis[k] for axis, k in zip(labels, place, strict=True)]
        text = element.name + (f"[{','.join(names)}]" if names else "")
        found.append(Assignment(text, number, where))
    return found


def _with_points(element: Lookup, change: CinChange, model: Model, where: str) -> Lookup:
    assert change.points is not None
    changed = set(itertools.product(*_axes(element, change, model, where)))
    labels = model.labels(element)
    before = lookup_points(model, element)
    equations = []
    for equation in element.equations:
        for place in model.positions(element, equation):
            names = tuple(fold(axis[k]) for axis, k in zip(labels, place, strict=True))
            points = change.points if place in changed else before[place]
            equations.append(Equation(points, None, names, (), equation.line))
    return replace(element, equations=tuple(equations))


def _as_text(model: Model, lookups: dict[str, Lookup]) -> str:
    text = EquationText(model)
    lines = []
    for element in lookups.values():
        for equation in element.equations:
            subscripts = f"[{','.join(equation.subscripts)}]" if equation.subscripts else ""
            points = text.text(equation.expression)
            lines.append(f"{quoted(element.name)}{subscripts}({points})")
    return "\n".join(lines)
