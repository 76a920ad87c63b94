"""Names that a user may type: of models, scenarios, elements, tables and figures.

Runs nothing. The names of a model or a study come from the cache where its text was read before,
without the libraries that read it, so that a shell can complete them while somebody types.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simdistrict.base import library
from simdistrict.base.cache import cached
from simdistrict.base.encoding import stated
from simdistrict.base.inputs import InputKind, digest
from simdistrict.base.inputs import text as text_of

_STUDY = InputKind("a study", 1_000_000)


@dataclass(frozen=True, slots=True)
class ElementName:
    """An element of a model, and the labels along each of its dimensions.

    kind: as of `Element`, or control for the settings of the time grid.
    """

    name: str
    kind: str
    labels: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _ModelNames:
    elements: tuple[ElementName, ...]


@dataclass(frozen=True, slots=True)
class StudyNames:
    """The tables and figures of a study, in the order of its file."""

    tables: tuple[str, ...]
    figures: tuple[str, ...]


def model_names() -> list[str]:
    """The shipped models."""
    return list(library.models())


def scenario_names() -> list[str]:
    """The shipped scenarios and those in ./scenarios."""
    return list(library.scenarios())


def variant_names(scenario: str) -> list[str]:
    """`SCENARIO:VARIANT` for each variant of a scenario; the scenario itself where it has none.

    Raises ScenarioError where there is no such scenario.
    """
    from simdistrict.scenario import members

    return list(members(scenario))


def study_models() -> list[str]:
    """The shipped models that have a study."""
    found = library.models().items()
    return [name for name, path in found if library.study_beside(path) is not None]


def element_names(name: str) -> tuple[ElementName, ...]:
    """The elements of a model, or of the model of a scenario, in the order of the file.

    Raises ModelError, ScenarioError or ExchangeError where it cannot be read.
    """
    path = _model_path(name)

    def read() -> _ModelNames:
        from simdistrict.exchange.models import read_model_file
        from simdistrict.model.expr import fold
        from simdistrict.model.model import CONTROL

        model = read_model_file(path)
        kinds = {e.name: "control" if fold(e.name) in CONTROL else e.kind for e in model}
        return _ModelNames(
            tuple(ElementName(e.name, kinds[e.name], model.labels(e)) for e in model)
        )

    # the bytes are the key, so that nothing that reads models is imported
    key = f"names\0{path}\0{stated()}\0{digest(path)}"
    return cached(_ModelNames, key, read).elements


def _model_path(name: str) -> Path:
    is_file = Path(name).suffix.lower() in library.MODEL_SUFFIXES
    if is_file or (name in library.models() and name not in library.scenarios()):
        return library.find_model(name)
    from simdistrict.scenario import load_scenario, model_path

    return model_path(load_scenario(name))


def study_names(name: str = "") -> StudyNames:
    """The tables and figures of the study of a model; without a name, of the default study.

    Raises ScenarioError or ModelError where there is no such study.
    """
    path = library.find_study(name)
    text = text_of(path, _STUDY)

    def read() -> StudyNames:
        from simdistrict.tables.find import read_definition

        file = read_definition(path).file
        return StudyNames(tuple(file.tables), tuple(file.figures))

    return cached(StudyNames, f"study names\0{path}\0{text}", read)
