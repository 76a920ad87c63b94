"""Problems of a study file: in itself, in its Python files, and in terms of its model.

Yields problems, raises nothing, and runs no Python file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.model.model import Model
from simdistrict.scenario import load_scenario
from simdistrict.scenario.places import find_element, find_places, unknown
from simdistrict.scenario.tree import KeyPath
from simdistrict.tables.modules import wrong_name

if TYPE_CHECKING:
    from simdistrict.tables.definition import StudyDefinition
    from simdistrict.tables.schema import MeasureFile, ShownFile


def in_itself(d: StudyDefinition) -> Iterator[Problem]:
    """Problems that need no model to see."""
    yield from _contents(d)
    yield from _functions(d)


def against_model(d: StudyDefinition, model: Model) -> Iterator[Problem]:
    """Elements and scenarios that do not exist, and elements that are not one number."""
    yield from _elements(d, model)
    yield from _scenarios(d)


def _measures(d: StudyDefinition) -> Iterator[tuple[MeasureFile, KeyPath]]:
    for name, claim in d.file.claims.items():
        for k, measure in enumerate(claim.measures):
            yield measure, ("claims", name, "measures", k)
    for k, target in enumerate(d.file.targets):
        yield target, ("targets", k)


def _contents(d: StudyDefinition) -> Iterator[Problem]:
    """Entries with too many keys or too few, and ranges that are none."""
    for measure, at in _measures(d):
        sources = [measure.element, measure.by, getattr(measure, "record", None)]
        if sum(map(bool, sources)) != 1:
            what = "a number has one source, `element:` or `by:`"
            yield Problem(d.place(*at), what, "write one of them")
        if measure.low is not None and measure.high is not None and measure.low > measure.high:
            what = f"the range begins at {measure.low:g}, above its end {measure.high:g}"
            yield Problem(d.place(*at), what)
        if measure.by and (measure.against or measure.at is not None or measure.scenario):
            hint = "give what the function needs under `with:`"
            yield Problem(d.place(*at), "`at:`, `scenario:` and `against:` need `element:`", hint)
        if not measure.what and not getattr(measure, "record", None):
            yield Problem(d.place(*at), "the number has no `what:`", "say in words what it is")
    for name, table in d.file.tables.items():
        made_by = (table.of_runs, table.of_members, table.of_posterior, table.of_fit)
        if sum(map(bool, (table.standard, table.rows, *made_by))) != 1:
            what = f'the table "{name}" is made in one way'
            hint = "write one of `standard:`, `rows:`, `of_runs:`, `of_members:`, `of_posterior:`, "
            hint += "`of_fit:`"
            yield Problem(d.place("tables", name), what, hint)
        members = table.of_members or table.of_posterior
        if bool(members) != bool(table.doubts):
            key = "of_posterior" if table.of_posterior else "of_members"
            what = f'the table "{name}" needs `{key}:` and `doubts:` together'
            yield Problem(d.place("tables", name), what, "a check runs some members again")
    for name, figure in d.file.figures.items():
        if sum(map(bool, (figure.lines, figure.of_runs, figure.of_tables))) != 1:
            what = f'the figure "{name}" is made in one way'
            hint = "write one of `lines:`, `of_runs:`, `of_tables:`"
            yield Problem(d.place("figures", name), what, hint)
    for k, rule in enumerate(d.file.regimes):
        for n, c in enumerate(rule.where):
            if (c.low, c.high, c.below, c.above) == (None,) * 4:
                hint = "give it `low:`, `high:`, `below:` or `above:`"
                at = ("regimes", k, "where", n)
                yield Problem(d.place(*at), "a condition compares with nothing", hint)


def _functions(d: StudyDefinition) -> Iterator[Problem]:
    """Functions that no Python file of the folder has, or that take other arguments."""
    asked: list[tuple[str | None, KeyPath, dict[str, Any] | None]] = []
    for m, at in _measures(d):
        asked += [(m.by, (*at, "by"), m.arguments), (m.detail, (*at, "detail"), m.arguments)]
    for name, table in d.file.tables.items():
        for key in ("of_runs", "of_members", "of_posterior", "of_fit", "doubts"):
            asked.append((getattr(table, key), ("tables", name, key), None))
    for name, figure in d.file.figures.items():
        for key in ("of_runs", "of_tables"):
            asked.append((getattr(figure, key), ("figures", name, key), None))
    for text, at, arguments in asked:
        problem = wrong_name(d.folder, text, d.place(*at), arguments) if text else None
        if problem is not None:
            yield problem


# ------------------------------------------------------------------ what the model must have


def _shown(d: StudyDefinition) -> Iterator[tuple[ShownFile, KeyPath]]:
    for name, table in d.file.tables.items():
        if table.rows is not None:
            yield table.rows, ("tables", name, "rows")
    for name, figure in d.file.figures.items():
        if figure.lines is not None:
            yield figure.lines, ("figures", name, "lines")


def _elements(d: StudyDefinition, model: Model) -> Iterator[Problem]:
    asked: list[tuple[str, KeyPath, bool]] = []
    for m, at in _measures(d):
        asked += [(m.element, (*at, "element"), True)] if m.element else []
        if m.against is not None and m.against.element:
            asked.append((m.against.element, (*at, "against", "element"), True))
    for part, at in _shown(d):
        asked += [(e, (*at, "elements", k), False) for k, e in enumerate(part.elements)]
    for k, rule in enumerate(d.file.regimes):
        for n, c in enumerate(rule.where):
            asked.append((c.element, ("regimes", k, "where", n, "element"), False))
    for text, at, single in asked:
        place = d.place(*at)
        element, subscripts = find_element(model, text)
        if element is None:
            yield unknown(model, text, place)
            continue
        places = find_places(model, element, subscripts, place)
        if isinstance(places, Problem):
            yield places
        elif single and len(places[0]) != 1:
            hint = f"name a label for each of {', '.join(element.dims)}"
            yield Problem(place, f'"{text}" is more than one number', hint)


def _scenarios(d: StudyDefinition) -> Iterator[Problem]:
    asked: list[tuple[str, KeyPath]] = [(d.file.baseline, ("baseline",))]
    for m, at in _measures(d):
        asked += [(m.scenario, (*at, "scenario"))] if m.scenario else []
        if m.against is not None and m.against.scenario:
            asked.append((m.against.scenario, (*at, "against", "scenario")))
    for part, at in _shown(d):
        asked += [(name, (*at, "scenarios", k)) for k, name in enumerate(part.scenarios)]
    asked += [(name, ("palette", name)) for name in d.file.palette]
    bad: dict[str, tuple[Problem, ...]] = {}
    for name in dict.fromkeys(name for name, _ in asked):
        try:
            load_scenario(name, d.scenarios)
        except ScenarioError as error:
            bad[name] = error.problems
    for name, at in asked:
        for problem in bad.get(name, ()):
            yield Problem(d.place(*at), problem.what, problem.hint)
