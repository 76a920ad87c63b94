"""The figures of a study, described as values that `plot` draws."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.tables.modules import function
from simdistrict.tables.shown import lines_figure
from simdistrict.tables.study import Study

if TYPE_CHECKING:
    from simdistrict.plot import Diagram, Figure, Ranges


def describe(name: str, study: Study, tables: Path) -> Figure | Ranges | Diagram:
    """One figure, ready to be drawn; tables: the folder of the committed ones."""
    definition = study.definition
    written = definition.file.figures[name]
    if written.lines is not None:
        return lines_figure(study, written.lines)
    by = written.of_runs or written.of_tables
    assert by is not None
    figure: Figure | Ranges | Diagram = function(definition.folder, by)(
        tables if written.of_tables else study
    )
    return figure
