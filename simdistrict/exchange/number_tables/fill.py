"""The numbers of the tables next to a model, written into the text of its .mdl file.

The tables in `data/` are the source of the numbers; nothing else in the file changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.errors import ModelError, Problem, collecting
from simdistrict.exchange.mdl.document import Document
from simdistrict.exchange.mdl.literals import Piece, edits, pieces
from simdistrict.exchange.number_tables.assign import AssignedRows, assigned, slot_name
from simdistrict.exchange.number_tables.tables import (
    FOLDER,
    ConstantTable,
    read_files,
    updated_files,
)
from simdistrict.exchange.text.files import read_exact, write_exact
from simdistrict.exchange.text.splice import Edit
from simdistrict.model.expr import fold
from simdistrict.model.model import Model


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A number of the model that differs from its table.

    element: name with labels; line: in the model; where: file and line of the table.
    """

    element: str
    line: int
    was: float
    now: float
    where: str


@dataclass(frozen=True, slots=True)
class FilledModel:
    """The text of a model with the numbers of its tables.

    count: numbers in the tables; differences: numbers that were changed in the text.
    """

    text: str
    count: int
    differences: tuple[NumberChange, ...]


def fill(
    path: Path,
    *,
    check: bool = False,
    values: Mapping[tuple[str, ...], float] | None = None,
    source: str | None = None,
    confidence: str | None = None,
) -> FilledModel:
    """Write the numbers of the tables in the folder `data` next to a model into the model.

    check: change no file. values: (element, label, ...) -> value, written into the tables first,
    with source and confidence if given: see `update_table`.
    Raises ModelError with every problem of the tables, and ExchangeError for a file that cannot
    be read or written. Files are written only if there is no problem.
    """
    folder = path.parent / FOLDER
    before = read_files(folder)
    if not before:
        what = f"there is no table of constants in {folder}"
        hint = "a table is a .csv file with the columns element, label, unit, value, ..."
        raise ModelError(Problem(str(path), what, hint))
    text, encoding = read_exact(path)
    files = updated_files(before, values or {}, source=source, confidence=confidence)
    found = fill_text(text, [file.table for file in files], str(path))
    if not check:
        for old, new in zip(before, files, strict=True):
            if old.text != new.text:
                write_exact(new.path, new.text, new.encoding)
        if found.text != text:
            write_exact(path, found.text, encoding)
    return found


def filled(text: str, tables: Iterable[ConstantTable], where: str = "model.mdl") -> str:
    """The text of a model with the numbers of the tables; every other character is kept."""
    return fill_text(text, tables, where).text


def fill_text(text: str, tables: Iterable[ConstantTable], where: str = "model.mdl") -> FilledModel:
    """The text of a model with the numbers of the tables, and the differences.

    where: the file's name for messages. Raises ModelError with every problem of the tables.
    """
    document = Document(text, where)
    model = document.model
    rows = assigned(model, tables)
    problems: list[Problem] = []
    changes: list[Edit] = []
    differences: list[NumberChange] = []
    for name, by_slot in rows.items():
        values = {slot: row.value for slot, row in by_slot.items()}
        with collecting(problems):
            for piece in pieces(document.flat, model, model.by_name[name], document.blocks, where):
                changes += edits(piece, model, values, where)
                differences += _differences(model, piece, rows)
    if problems:
        raise ModelError(problems)
    differences.sort(key=lambda d: d.line)
    count = sum(map(len, rows.values()))
    return FilledModel(document.edited(changes).text, count, tuple(differences))


def _differences(model: Model, piece: Piece, rows: AssignedRows) -> Iterable[NumberChange]:
    own = rows[fold(piece.element.name)]
    for slot, literal in piece.by_slot:
        row = own[slot]
        if literal.value != row.value:
            name = slot_name(model, piece.element, slot)
            yield NumberChange(name, literal.line, literal.value, row.value, row.where)
