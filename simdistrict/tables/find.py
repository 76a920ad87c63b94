"""Studies that a user names, by model, path or folder: found, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.library import MODEL_SUFFIXES, find_model, models, shown
from simdistrict.base.outside import check_inside
from simdistrict.model.model import Model
from simdistrict.scenario.tree import read_text
from simdistrict.tables.definition import FILE, StudyDefinition
from simdistrict.tables.study_checks import against_model, in_itself


def study_beside(model: Path) -> Path | None:
    """The study file of a model: `study/study.yaml` next to it; None where it has none."""
    path = model.parent / "study" / FILE
    if not path.is_file():
        return None
    check_inside(path.relative_to(model.parent), model.parent, shown(path), ScenarioError)
    return path


def find_study(name: str = "") -> Path:
    """The study file that a user names: by its model, its path or its folder.

    Without a name, the study of the current folder, else of the one shipped model with a study.
    Raises ScenarioError if there is no such file.
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


def with_study(words: Sequence[str]) -> tuple[StudyDefinition, tuple[str, ...]]:
    """The study that the first word names, else that of `find_study`, and the other words."""
    first = words[0] if words else ""
    named = first.endswith((*MODEL_SUFFIXES, ".yaml")) or "/" in first or first in models()
    if first and (named or (Path(first) / FILE).is_file()):
        return read_definition(find_study(first)), tuple(words[1:])
    return read_definition(find_study()), tuple(words)


def read_definition(path: Path) -> StudyDefinition:
    """Read a study file. Raises ScenarioError with every problem that needs no model to see."""
    return _read(path, read_text(path, shown(path)))


@cache
def _read(path: Path, text: str) -> StudyDefinition:
    # imported here: pydantic and ruamel.yaml take 0.2 s
    from simdistrict.tables.schema import read_study_file

    where = shown(path)
    file, tree = read_study_file(text, where)
    definition = StudyDefinition(where, path, file, tree)
    problems = list(in_itself(definition))
    if problems:
        raise ScenarioError(problems)
    return definition


def check_against(definition: StudyDefinition, model: Model) -> None:
    """Raise ScenarioError with every element and scenario of the study that does not exist."""
    problems = list(against_model(definition, model))
    if problems:
        raise ScenarioError(problems)
