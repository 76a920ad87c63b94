"""Tables of constants: CSV files with one value per row, its range, unit and source.

Edits change single cells. Knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simdistrict.base.errors import (
    ModelError,
    Problem,
    collecting,
    did_you_mean,
    nearest,
)
from simdistrict.base.numbers import hint_for, real
from simdistrict.base.outside import check_inside
from simdistrict.exchange.number_tables.cells import CsvCell, CsvRow, cell_rows, with_cells
from simdistrict.exchange.text.files import read_exact, write_exact
from simdistrict.exchange.text.numbers import number
from simdistrict.model.expr import fold

FOLDER = "data"
COLUMNS = (
    *("element", "label", "unit", "value", "low", "high"),
    *("distribution", "source", "confidence"),
)
# the hint for a row with more cells than the header
MORE_CELLS = 'a text with a comma in it stands in quotes: "low, judgement"; a number has a point'


@dataclass(frozen=True, slots=True)
class ConstantRow:
    """One value of one element.

    labels: the parts of the column `label`, in order.
    columns: (dimension, label) for each non-empty column of a dimension.
    unit: None if the table has no such column; low, high: None if not given.
    where: file and line for messages.
    """

    element: str
    labels: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    unit: str | None
    value: float
    low: float | None
    high: float | None
    where: str


@dataclass(frozen=True, slots=True)
class ConstantTable:
    """The rows of one file; dimensions: the columns that are not in `COLUMNS`."""

    where: str
    dimensions: tuple[str, ...]
    rows: tuple[ConstantRow, ...]


@dataclass(frozen=True, slots=True)
class ConstantFile:
    """A table with its file: the exact text and its encoding."""

    path: Path
    text: str
    encoding: str
    table: ConstantTable


def read_tables(folder: Path) -> tuple[ConstantTable, ...]:
    """The tables of constants among the CSV files of a folder, sorted by file name.

    A file without a column `element` is ignored. Raises ModelError with every problem of all
    files.
    """
    return tuple(file.table for file in read_files(folder))


def read_files(folder: Path) -> tuple[ConstantFile, ...]:
    """The tables of a folder with their files: see `read_tables`."""
    files: list[ConstantFile] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.csv")):
        with collecting(problems):
            check_inside(path.name, folder, f"{folder.name}/{path.name}", ModelError)
            text, encoding = read_exact(path)
            if table := parse_table(text, f"{folder.name}/{path.name}"):
                files.append(ConstantFile(path, text, encoding, table))
    if problems:
        raise ModelError(problems)
    return tuple(files)


def updated_files(
    files: Sequence[ConstantFile],
    values: Mapping[tuple[str, ...], float],
    *,
    source: str | None = None,
    confidence: str | None = None,
) -> tuple[ConstantFile, ...]:
    """The files with new values, each in the table that has its row: see `update_table`."""
    homes: dict[str, dict[tuple[str, ...], float]] = {}
    problems: list[Problem] = []
    rows = [row for file in files for row in file.table.rows]
    everywhere = ConstantTable("the tables", (), tuple(rows))
    for key, value in values.items():
        hits = [f.table.where for f in files for row in f.table.rows if _is_row(row, key)]
        if len(hits) == 1:
            homes.setdefault(hits[0], {})[key] = value
        else:
            problems.append(_no_one_row(everywhere, key, len(hits)))
    found: list[ConstantFile] = []
    for file in files:
        where = file.table.where
        with collecting(problems):
            text, _ = updated(
                file.text, homes.get(where, {}), source=source, confidence=confidence, where=where
            )
            found.append(replace(file, text=text, table=parse_table(text, where) or file.table))
    if problems:
        raise ModelError(problems)
    return tuple(found)


def parse_table(text: str, where: str) -> ConstantTable | None:
    """The table in a CSV text; None if it has no column `element`.

    Raises ModelError with every row that cannot be read.
    """
    rows = list(cell_rows(text))
    header = _header(rows, where)
    if header is None:
        return None
    found: list[ConstantRow] = []
    problems: list[Problem] = []
    for row in rows[1:]:
        with collecting(problems):
            found.append(_row(_by_column(header, row, where), f"{where}:{row.line}"))
    if problems:
        raise ModelError(problems)
    dimensions = tuple(name for name in header if name not in COLUMNS)
    return ConstantTable(where, dimensions, tuple(found))


def update_table(
    path: Path,
    values: Mapping[tuple[str, ...], float],
    *,
    source: str | None = None,
    confidence: str | None = None,
) -> int:
    """Write values into a table of constants; returns the number of changed rows.

    values: (element, label, ...) -> value, with labels in the order of the element's dimensions
    and the x of a lookup last. Only the cells of value, source and confidence change; every other
    byte is kept.
    Raises ModelError, and writes nothing, for a missing row and for a value outside the range of
    its row.
    """
    text, encoding = read_exact(path)
    changed, count = updated(text, values, source=source, confidence=confidence, where=str(path))
    if changed != text:
        write_exact(path, changed, encoding)
    return count


def updated(
    text: str,
    values: Mapping[tuple[str, ...], float],
    *,
    source: str | None = None,
    confidence: str | None = None,
    where: str = "table",
) -> tuple[str, int]:
    """The text of a table with new values, and the number of changed rows: see `update_table`."""
    table = parse_table(text, where)
    if table is None:
        raise ModelError(Problem(where, 'a table of constants has a column "element"'))
    rows = list(cell_rows(text))
    header = _header(rows, where) or ()
    problems: list[Problem] = []
    changes: list[tuple[CsvCell, str]] = []
    touched = set()
    for key, value in values.items():
        hits = [k for k, row in enumerate(table.rows) if _is_row(row, key)]
        if len(hits) != 1:
            problems.append(_no_one_row(table, key, len(hits)))
            continue
        row, cells = table.rows[hits[0]], _by_column(header, rows[1 + hits[0]], where)
        if problem := out_of_band(row, value):
            problems.append(problem)
            continue
        wanted = {"source": source, "confidence": confidence}
        # an unchanged value keeps its spelling
        wanted["value"] = None if row.value == value else number(float(value))
        for column, content in wanted.items():
            if content is None:
                continue
            if column not in cells:
                problems.append(Problem(where, f'the table has no column "{column}" to write to'))
            elif cells[column].value != content:
                changes.append((cells[column], content))
                touched.add(hits[0])
    if problems:
        raise ModelError(list(dict.fromkeys(problems)))
    return with_cells(text, changes), len(touched)


def out_of_band(row: ConstantRow, value: float) -> Problem | None:
    """The problem of a value outside the range of its row; None inside."""
    low = row.low is None or row.low <= value
    high = row.high is None or value <= row.high
    if low and high:
        return None
    band = " to ".join("?" if b is None else number(b) for b in (row.low, row.high))
    what = f'the value {number(float(value))} of "{row.element}" is not within its range {band}'
    return Problem(row.where, what, "change the value, or low and high if the sources allow it")


def unlike_csv(names: Sequence[str], where: str) -> Problem | None:
    """The problem of a first line that a spreadsheet saved in another format, or None.

    names: its cells, split at commas.
    """
    hint = "save it as a CSV file with commas and points, in UTF-8"
    if len(names) == 1 and (other := re.search(r"[;\t|]", names[0])):
        sign = "tabs" if other[0] == "\t" else f'"{other[0]}"'
        what = f"the columns are separated by {sign}, not by commas"
        return Problem(f"{where}:1", what, hint)
    return None


def _header(rows: list[CsvRow], where: str) -> tuple[str, ...] | None:
    names = tuple(cell.value.strip() for cell in rows[0].cells) if rows else ()
    if "element" not in names:
        if "element" in "".join(names) and (problem := unlike_csv(names, where)):
            raise ModelError(problem)
        if near := nearest("element", names, 1):
            what = f"the columns are {', '.join(names)}; none is called element"
            hint = f'is "{near[0]}" meant to be "element"?'
            raise ModelError(Problem(f"{where}:1", what, hint))
        return None
    problems = []
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            problems.append(Problem(f"{where}:1", f'there are two columns "{name}"'))
    if "value" not in names:
        hint = f"a table of constants has the columns {', '.join(COLUMNS)} and those of dimensions"
        problems.append(Problem(f"{where}:1", 'there is no column "value"', hint))
    if problems:
        raise ModelError(problems)
    return names


def _by_column(header: tuple[str, ...], row: CsvRow, where: str) -> dict[str, CsvCell]:
    if len(row.cells) != len(header):
        what = f"the row has {len(row.cells)} cells, the header {len(header)}"
        raise ModelError(Problem(f"{where}:{row.line}", what, MORE_CELLS))
    return dict(zip(header, row.cells, strict=True))


def _row(cells: Mapping[str, CsvCell], where: str) -> ConstantRow:
    problems: list[Problem] = []

    def text(column: str) -> str:
        return cells[column].value.strip() if column in cells else ""

    def numeric(column: str) -> float | None:
        if not text(column):
            return None
        value = real(text(column))
        if value is None:
            what = f'"{text(column)}" in the column {column} is not a number'
            hint = hint_for(text(column)) or "write it as 0.05 or 1e-05"
            problems.append(Problem(where, what, hint))
        return value

    if not text("element"):
        problems.append(Problem(where, "the row names no element"))
    if not text("value"):
        problems.append(Problem(where, f'the row of "{text("element")}" has no value'))
    value, low, high = numeric("value"), numeric("low"), numeric("high")
    if problems:
        raise ModelError(problems)
    columns = tuple((name, text(name)) for name in cells if name not in COLUMNS and text(name))
    labels = tuple(part.strip() for part in text("label").split(";") if part.strip())
    unit = text("unit") if "unit" in cells else None
    return ConstantRow(text("element"), labels, columns, unit, value or 0.0, low, high, where)


def _is_row(row: ConstantRow, key: tuple[str, ...]) -> bool:
    """Whether a row is the one of (element, label, ...): labels in order, or in its columns."""
    if fold(row.element) != fold(key[0]):
        return False
    rest = [_label(label) for label in key[1:]]
    for _, label in row.columns:
        if _label(label) not in rest:
            return False
        rest.remove(_label(label))
    return rest == [_label(label) for label in row.labels]


def _label(text: str) -> str | float:
    """A label for comparison; the x of a lookup as a number."""
    value = real(text)
    return fold(text) if value is None else value


def _no_one_row(table: ConstantTable, key: tuple[str, ...], hits: int) -> Problem:
    name = shown(key[0], key[1:])
    if hits:
        return Problem(table.where, f"there are {hits} rows of {name}")
    return Problem(table.where, f"there is no row of {name}", _neighbours(table.rows, key))


def _neighbours(rows: Iterable[ConstantRow], key: tuple[str, ...]) -> str:
    rows = list(rows)
    same = [r for r in rows if fold(r.element) == fold(key[0])]
    if not same:
        return did_you_mean(key[0], dict.fromkeys(r.element for r in rows))
    texts = [", ".join((*(label for _, label in r.columns), *r.labels)) for r in same]
    more = ", ..." if len(texts) > 6 else ""
    return "its rows are for " + "; ".join(t or "no label" for t in texts[:6]) + more


def shown(element: str, labels: Iterable[str]) -> str:
    """An element with its labels, for messages."""
    inside = ",".join(labels)
    return f'"{element}[{inside}]"' if inside else f'"{element}"'
