"""Cell references of spreadsheets: the cell B2, the column B, the row 2, the area B2:C4."""

from __future__ import annotations

import re
from dataclasses import dataclass

# the limits of a worksheet
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_AREA = re.compile(rf"({_CELL.pattern})(?::({_CELL.pattern}))?")


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells; rows and columns count from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top + 1, self.right - self.left + 1


def column_number(text: str) -> int | None:
    """The index of the column `A`, `ab`, ..., from 0; None for another text."""
    if not re.fullmatch(r"[A-Za-z]{1,3}", text):
        return None
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1 if number <= MAX_COLUMNS else None


def row_number(text: str) -> int | None:
    """The index of the row `1`, `2`, ..., from 0; None for another text."""
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MAX_ROWS:
        return None
    return int(text) - 1


def cell_place(text: str) -> tuple[int, int] | None:
    """Row and column of the cell `B2`, from 0; None for another text."""
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    row, column = row_number(match.group(2)), column_number(match.group(1))
    return None if row is None or column is None else (row, column)


def cell_name(row: int, column: int) -> str:
    """The reference of a cell by row and column, from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def area_of(text: str) -> Area | None:
    """The area `$B$4:$G$4` or `B4`; None for another text."""
    match = _AREA.fullmatch(text)
    if match is None:
        return None
    first = cell_place(match.group(1))
    last = cell_place(match.group(4)) if match.group(4) else first
    if first is None or last is None or last < first or last[1] < first[1]:
        return None
    return Area(*first, *last)
