"""Sheets: numbers, texts and blanks by row and column, from any kind of file."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simdistrict.exchange.external.references import MAX_ROWS, Area, area_of, cell_name, cell_place
from simdistrict.exchange.text.numbers import as_number, number
from simdistrict.model.expr import NA

CellValue = float | str | None
# far beyond any use, within the memory of a small machine
MAX_CELLS = 5_000_000


class WrittenNumber(float):
    """A number of a text file, which its text writes in another way: `007`, `1e5`."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, value: float, text: str) -> WrittenNumber:
        made = super().__new__(cls, value)
        made.text = text
        return made


class TooLargeError(ValueError):
    """A sheet has more cells than `MAX_CELLS`."""


@dataclass(frozen=True)
class Sheet:
    """Cells by row and column, from 0; names: areas by lower-case name.

    used, used_names: the cells that were read and not blank, and the areas.
    """

    rows: Sequence[Sequence[CellValue]]
    names: Mapping[str, Area] = field(default_factory=dict)
    used: dict[str, float | str] = field(default_factory=dict)
    used_names: dict[str, Area] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """The number of rows without blank rows at the end."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """The number of columns in the longest row."""
        return max(map(len, self.rows), default=0)

    def at(self, row: int, column: int) -> CellValue:
        """The value of a cell; None beyond the sheet."""
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return None
        value = self.rows[row][column]
        if value is not None:
            self.used[cell_name(row, column)] = value
        return value

    def area(self, name: str) -> Area | None:
        """The named area; its name is matched without case."""
        found = self.names.get(name.lower())
        if found is not None:
            self.used_names[name.lower()] = found
        return found

    def record(self) -> dict[str, object]:
        """The used cells and areas, for JSON; a number that is written otherwise in a list."""
        areas = {
            name: f"{cell_name(a.top, a.left)}:{cell_name(a.bottom, a.right)}"
            for name, a in sorted(self.used_names.items())
        }
        used = sorted(self.used.items(), key=lambda item: cell_place(item[0]) or (0, 0))
        cells = {k: [v.text] if isinstance(v, WrittenNumber) else v for k, v in used}
        return {"cells": cells, "names": areas} if areas else {"cells": cells}


def recorded_sheet(record: Mapping[str, object]) -> Sheet:
    """The sheet with the cells of a `Sheet.record`; other cells are blank."""
    cells: dict[tuple[int, int], float | str] = {}
    kept = record["cells"]
    assert isinstance(kept, Mapping)
    for name, value in kept.items():
        place = cell_place(name)
        if place is not None:
            cells[place] = _recorded(value)
    rows: list[list[CellValue]] = []
    for (row, column), value in sorted(cells.items()):
        while len(rows) <= row:
            rows.append([])
        rows[row].extend([None] * (column + 1 - len(rows[row])))
        rows[row][column] = value
    found = record.get("names", {})
    assert isinstance(found, Mapping)
    areas = {name: area for name, text in found.items() if (area := area_of(text))}
    return Sheet(rows, areas)


def _recorded(value: object) -> float | str:
    if isinstance(value, float | int):
        return float(value)
    found = cell_value(str(value[0])) if isinstance(value, list) else str(value)
    return "" if found is None else found


def text_sheet(lines: Sequence[str], delimiter: str) -> Sheet:
    """The sheet in delimited text. Raises TooLargeError, and csv.Error for malformed text."""
    csv.field_size_limit(2**31 - 1)
    rows: list[list[CellValue]] = []
    count = 0
    for cells in csv.reader(lines, delimiter=delimiter):
        count += len(cells)
        check_size(len(rows), count)
        rows.append([cell_value(cell) for cell in cells])
    return Sheet(without_end(rows))


def check_size(rows: int, cells: int) -> None:
    """Raise TooLargeError for a sheet beyond the limits."""
    if rows >= MAX_ROWS or cells > MAX_CELLS:
        raise TooLargeError(f"it has more than {MAX_ROWS} rows or {MAX_CELLS} cells")


def cell_value(text: str) -> CellValue:
    """The value of a cell from its text: a number, a text, or None for a blank and for :NA:."""
    text = text.strip()
    if not text:
        return None
    value = as_number(text)
    if value is None or math.isinf(value):
        return text
    if math.isnan(value):
        return None
    return value if number(value) == text else WrittenNumber(value, text)


def number_value(value: float) -> CellValue:
    """The value of a numeric cell; Vensim's :NA: is a blank, as is what is no finite number."""
    return value if math.isfinite(value) and not math.isclose(value, NA, rel_tol=1e-5) else None


def without_end(rows: list[list[CellValue]]) -> list[list[CellValue]]:
    """The rows without trailing blank cells and blank rows."""
    for row in rows:
        while row and row[-1] is None:
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows
