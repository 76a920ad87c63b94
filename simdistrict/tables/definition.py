"""What is asked of a model, as its study file says it: read, checked and looked up.

Nothing of the study is run here; `modules` imports its Python files when a table needs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.base.library import MODEL_SUFFIXES, find_model, models, shown
from simdistrict.model.model import Model
from simdistrict.regimes.rules import Condition, Rule
from simdistrict.scenario import load_scenario
from simdistrict.scenario.places import find_element, find_places, unknown
from simdistrict.scenario.tree import Node, read_text
from simdistrict.tables.modules import wrong_name
from simdistrict.tables.palette import Palette

if TYPE_CHECKING:
    from simdistrict.tables.schema import MeasureFile, ShownFile, StudyFile, TableFile

FILE = "study.yaml"
# a table is made of runs in seconds, of all members, or of a fit that takes minutes
RUNS, ENSEMBLE, FIT = "runs", "ensemble", "fit"
At = tuple[str | int, ...]


@dataclass(frozen=True)
class Definition:
    """A study file. where: as messages call it; path: of the file; tree: knows its lines."""

    where: str
    path: Path
    file: StudyFile
    tree: Node

    @property
    def folder(self) -> Path:
        """Where the file and its Python files lie."""
        return self.path.parent

    @property
    def model(self) -> Path:
        """The model file. Raises ModelError where it is not there."""
        return find_model(self.file.model, self.folder)

    @property
    def scenarios(self) -> Path | None:
        """The folder of scenarios next to the model, which is searched first; None without one."""
        folder = (self.folder / self.file.model).parent / "scenarios"
        return folder if folder.is_dir() else None

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of regimes, in their order."""
        signs = (("low", ">="), ("above", ">"), ("high", "<="), ("below", "<"))
        return tuple(
            Rule(
                written.regime,
                tuple(
                    Condition(c.element, sign, getattr(c, key))
                    for c in written.where
                    for key, sign in signs
                    if getattr(c, key) is not None
                ),
            )
            for written in self.file.regimes
        )

    @cached_property
    def palette(self) -> Palette:
        """The look of each scenario."""
        return Palette({n: (s.colour, s.line, s.marker) for n, s in self.file.palette.items()})

    def place(self, *path: str | int) -> str:
        """File and line of an entry."""
        return f"{self.where}:{self.tree.at(path).line}"


def kind_of(table: TableFile) -> str:
    """What a table is made of."""
    if table.of_fit:
        return FIT
    return ENSEMBLE if table.of_members or table.standard == "claims over the prior" else RUNS


def study_beside(model: Path) -> Path | None:
    """The study file of a model: `study/study.yaml` next to it; None where it has none."""
    path = model.parent / "study" / FILE
    return path if path.is_file() else None


def find_study(name: str = "") -> Path:
    """The study file that a user names: by its model, its path or its folder.

    Without a name that of the current folder, else of the one shipped model that has one.
    Raises ScenarioError where there is no such file.
    """
    if not name:
        here = study_beside(Path("model"))
        shipped = [p for p in map(study_beside, models().values()) if p is not None]
        if here is None and len(shipped) != 1:
            what = "there is no study in this folder"
            raise ScenarioError(Problem("study", what, "name a model, or a study file"))
        return here or shipped[0]
    path = Path(name)
    if path.name == FILE and path.is_file():
        return path
    if (path / FILE).is_file():
        return path / FILE
    model = find_model(name)
    found = study_beside(model)
    if found is None:
        hint = f"write {shown(model.parent / 'study' / FILE)}"
        raise ScenarioError(Problem(shown(model), "the model has no study", hint))
    return found


def with_study(words: Sequence[str]) -> tuple[Definition, tuple[str, ...]]:
    """The study that the first word names, else that of `find_study`, and the other words."""
    first = words[0] if words else ""
    named = first.endswith((*MODEL_SUFFIXES, ".yaml")) or "/" in first or first in models()
    if first and (named or (Path(first) / FILE).is_file()):
        return read_definition(find_study(first)), tuple(words[1:])
    return read_definition(find_study()), tuple(words)


def read_definition(path: Path) -> Definition:
    """A study file. Raises ScenarioError with all that is wrong with it, but for its model."""
    return _read(path, read_text(path, shown(path)))


@cache
def _read(path: Path, text: str) -> Definition:
    # pydantic and ruamel.yaml take 0.2 s, which commands without a study should not pay
    from simdistrict.tables.schema import read_study_file

    where = shown(path)
    file, tree = read_study_file(text, where)
    definition = Definition(where, path, file, tree)
    problems = [*_contents(definition), *_functions(definition)]
    if problems:
        raise ScenarioError(problems)
    return definition


def check_against(definition: Definition, model: Model) -> None:
    """Raise ScenarioError with every element and scenario of the study that does not exist."""
    problems = [*_elements(definition, model), *_scenarios(definition)]
    if problems:
        raise ScenarioError(problems)


# ------------------------------------------------------------------ what the file alone says


def _measures(d: Definition) -> Iterator[tuple[MeasureFile, At]]:
    for name, claim in d.file.claims.items():
        for k, measure in enumerate(claim.measures):
            yield measure, ("claims", name, "measures", k)
    for k, target in enumerate(d.file.targets):
        yield target, ("targets", k)


def _contents(d: Definition) -> Iterator[Problem]:
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
        ways = (table.standard, table.rows, table.of_runs, table.of_members, table.of_fit)
        if sum(map(bool, ways)) != 1:
            what = f'the table "{name}" is made in one way'
            hint = "write one of `standard:`, `rows:`, `of_runs:`, `of_members:`, `of_fit:`"
            yield Problem(d.place("tables", name), what, hint)
        if bool(table.of_members) != bool(table.doubts):
            what = f'the table "{name}" needs `of_members:` and `doubts:` together'
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


def _functions(d: Definition) -> Iterator[Problem]:
    """Functions that no Python file of the folder has, or that take other arguments."""
    asked: list[tuple[str | None, At, dict[str, Any] | None]] = []
    for m, at in _measures(d):
        asked += [(m.by, (*at, "by"), m.arguments), (m.detail, (*at, "detail"), m.arguments)]
    for name, table in d.file.tables.items():
        for key in ("of_runs", "of_members", "of_fit", "doubts"):
            asked.append((getattr(table, key), ("tables", name, key), None))
    for name, figure in d.file.figures.items():
        for key in ("of_runs", "of_tables"):
            asked.append((getattr(figure, key), ("figures", name, key), None))
    for text, at, arguments in asked:
        problem = wrong_name(d.folder, text, d.place(*at), arguments) if text else None
        if problem is not None:
            yield problem


# ------------------------------------------------------------------ what the model must have


def _shown(d: Definition) -> Iterator[tuple[ShownFile, At]]:
    for name, table in d.file.tables.items():
        if table.rows is not None:
            yield table.rows, ("tables", name, "rows")
    for name, figure in d.file.figures.items():
        if figure.lines is not None:
            yield figure.lines, ("figures", name, "lines")


def _elements(d: Definition, model: Model) -> Iterator[Problem]:
    asked: list[tuple[str, At, bool]] = []
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
            yield unknown(model, text, place, constants_only=False)
            continue
        places = find_places(model, element, subscripts, place)
        if isinstance(places, Problem):
            yield places
        elif single and len(places[0]) != 1:
            hint = f"name a label for each of {', '.join(element.dims)}"
            yield Problem(place, f'"{text}" is more than one number', hint)


def _scenarios(d: Definition) -> Iterator[Problem]:
    asked: list[tuple[str, At]] = [(d.file.baseline, ("baseline",))]
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


def named(d: Definition, what: str, names: Sequence[str]) -> list[str]:
    """The tables or figures of these names, in the order of the file; all without names.

    what: `table` or `figure`. Raises ScenarioError for names that the study lacks.
    """
    known = list(d.file.tables if what == "table" else d.file.figures)
    problems = [
        Problem(
            f"{what} {name}",
            f'there is no {what} called "{name}"',
            did_you_mean(name, known) or f"simdistrict list {what}s shows all",
        )
        for name in names
        if name not in known
    ]
    if problems:
        raise ScenarioError(problems)
    return [name for name in known if name in names or not names]
