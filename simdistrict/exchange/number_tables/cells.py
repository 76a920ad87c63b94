"""The cells of a CSV text with their positions, so that single cells can be edited.

Reads what spreadsheets write: commas, quotes where needed, any line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# a quoted cell may contain line ends; text after its closing quote belongs to it, as in csv
_CELL = re.compile(r'"((?:[^"]|"")*)"([^,\r\n]*)|([^,\r\n]*)')
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class CsvCell:
    """The value of a cell and its span in the text, quotes included."""

    value: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row; line: in the file, from 1."""

    line: int
    cells: tuple[CsvCell, ...]


def cell_rows(text: str) -> Iterator[CsvRow]:
    """The rows of a CSV text without blank lines."""
    at, line = 0, 1
    while at < len(text):
        cells: list[CsvCell] = []
        begin = at
        while True:
            match = _CELL.match(text, at)
            assert match  # the pattern also matches an empty cell
            quoted, rest, bare = match.groups()
            value = bare if quoted is None else quoted.replace('""', '"') + rest
            cells.append(CsvCell(value, at, match.end()))
            at = match.end()
            if text[at : at + 1] != ",":
                break
            at += 1
        if len(cells) > 1 or cells[0].value.strip():
            yield CsvRow(line, tuple(cells))
        if end := _LINE_END.match(text, at):
            at = end.end()
        line += sum(1 for _ in _LINE_END.finditer(text, begin, at))


def with_cells(text: str, changes: Iterable[tuple[CsvCell, str]]) -> str:
    """The text with new values in some of its cells."""
    parts: list[str] = []
    at = 0
    for cell, value in sorted(changes, key=lambda change: change[0].start):
        parts += [text[at : cell.start], _cell_text(value)]
        at = cell.stop
    return "".join([*parts, text[at:]])


def _cell_text(value: str) -> str:
    if re.search(r'[",\r\n]', value) or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value
