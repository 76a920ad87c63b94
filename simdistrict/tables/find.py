"""Studies that a user names, by model, path or folder: found, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from simdistrict.base.errors import ScenarioError
from simdistrict.base.library import MODEL_SUFFIXES, STUDY_FILE, find_study, models, shown
from simdistrict.model.model import Model
from simdistrict.scenario.tree import read_text
from simdistrict.tables.definition import StudyDefinition
from simdistrict.tables.study_checks import against_model, in_itself


def with_study(words: Sequence[str]) -> tuple[StudyDefinition, tuple[str, ...]]:
    """The study that the first word names, else that of `find_study`, and the other words."""
    first = words[0] if words else ""
    named = first.endswith((*MODEL_SUFFIXES, ".yaml")) or "/" in first or first in models()
    if first and (named or (Path(first) / STUDY_FILE).is_file()):
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
