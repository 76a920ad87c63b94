"""The register of studies: from a command or a result file to a study."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

from simdistrict.base.errors import EngineError, ExchangeError, Problem
from simdistrict.base.progress import Tick
from simdistrict.ensemble.rerun import Repetition, compare_results, repeat
from simdistrict.plot import Panel, RowsPanel, Sheet
from simdistrict.regimes.studies.commands import STUDIES
from simdistrict.regimes.studies.data import StudyData, json_value
from simdistrict.regimes.studies.study import RECORD, RegimeStudy
from simdistrict.result.dataset import Result


def study_class(name: str) -> type[RegimeStudy]:
    """The class of a study by the name that result files record. Raises KeyError for others."""
    module, _, attribute = STUDIES[name][1].partition(".")
    home = importlib.import_module(f"simdistrict.regimes.studies.{module}")
    found: type[RegimeStudy] = getattr(home, attribute)
    return found


def studies_of(command: str) -> list[type[RegimeStudy]]:
    """The studies of a command of `simdistrict regimes`, the more general one first."""
    return [study_class(name) for name, (own, _) in STUDIES.items() if own == command]


def study_of(result: Result, where: str) -> RegimeStudy:
    """The study that a result records.

    where: what messages call the result. Raises ExchangeError where it records none.
    """
    if RECORD not in result.attrs:
        what = "it holds no study of regimes"
        raise ExchangeError(Problem(where, what, "give a file that simdistrict regimes wrote"))
    try:
        found = json.loads(str(result.attrs[RECORD]))
        return study_class(found["study"]).from_record(found)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        what = f"its record of the study cannot be read: {error}"
        raise ExchangeError(Problem(where, what, "write it again")) from None


def repeat_study(recorded: Result, where: str) -> Repetition:
    """Do the study again that a result records, and compare the numbers."""
    return compare_results(recorded, study_of(recorded, where).again(recorded, where))


def repeat_any(
    recorded: Result, where: str, backend: str | None = None, tick: Tick | None = None
) -> Repetition:
    """Repeat what any result records, runs, an ensemble or a study, and compare the numbers.

    backend: another one, for single runs; tick: as of `repeat`. Raises EngineError where there
    are none to run with it, and the errors of `repeat`.
    """
    if backend and (RECORD in recorded.attrs or "members" in recorded.attrs):
        what = f"{where} holds no single runs, and only those can have another backend"
        raise EngineError(Problem("--backend", what, "leave it out"))
    if RECORD in recorded.attrs:
        return repeat_study(recorded, where)
    return repeat(recorded, where, backend, tick)


def document(result: Result) -> dict[str, Any]:
    """The result of any study as one JSON document."""
    study, content = study_of(result, "result"), StudyData(result)
    head = {
        "study": study.name,
        "model": content.attr("model_name"),
        "frozen_at": content.attr("frozen_at"),
        "frozen_trends": content.attr("frozen_trends"),
        "element": getattr(study, "element", ""),
        "summary": content.attr("summary"),
    }
    found: dict[str, Any] = json_value({**head, **study.document(content)})
    return found


def lines(result: Result) -> Iterator[str]:
    """The result of any study for a reader."""
    study, found = study_of(result, "result"), document(result)
    element = f", {found['element']} alone" if found["element"] else ""
    yield f"{study.name} of {found['model']}, {study.when} {found['frozen_at']:g}{element}"
    if found["frozen_trends"] != "none":
        yield f"  trends: {found['frozen_trends']}"
    yield f"  {found['summary']}"
    yield from (f"  {line}" for line in study.lines(found))


def figure_of(result: Result, where: str) -> Sheet:
    """The figure of a study's result.

    where: what messages call the result. Raises ExchangeError for a study that has no figure, and
    for a result that lacks what its study writes.
    """
    study = study_of(result, where)
    if type(study).figure is RegimeStudy.figure:
        what = f"a study of the kind {study.name} has no figure"
        drawn = [n for n in STUDIES if study_class(n).figure is not RegimeStudy.figure]
        raise ExchangeError(Problem(where, what, f"those with one are {', '.join(drawn)}"))
    try:
        sheet = study.figure(StudyData(result))
    except (ValueError, TypeError, LookupError) as error:
        what = f"it lacks what a study of the kind {study.name} writes, or it is damaged: {error}"
        raise ExchangeError(Problem(where, what, "write it again")) from None
    if not any(map(_shows, (panel for block in sheet.blocks for panel in block.panels))):
        what = f"the study of the kind {study.name} found nothing to draw"
        hint = "do it again with other bounds; it says why it found nothing"
        raise ExchangeError(Problem(where, what, hint))
    return sheet


def _shows(panel: Panel | RowsPanel) -> bool:
    """Whether a panel has anything in it."""
    if isinstance(panel, RowsPanel):
        return bool(panel.rows)
    return bool(panel.lines or panel.points or panel.bands or panel.cells)
