"""The values of a `GET ...` call: numbers, points or labels of a table.

Geometry as in Vensim's manual (GET DIRECT CONSTANTS, GET DIRECT DATA): the last range runs to the
right and the one before it down; `*` after a cell transposes. Times run along a row or a column,
labels in the other direction. From public models: blanks and words among times and values are
skipped, words with a remark. What looks like a number but is none is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simdistrict.base.errors import did_you_mean
from simdistrict.base.numbers import hint_for
from simdistrict.exchange.external.files import Files, UnreadableError
from simdistrict.exchange.external.references import (
    Area,
    cell_name,
    cell_place,
    column_number,
    row_number,
)
from simdistrict.exchange.external.sheet import Sheet, WrittenNumber
from simdistrict.exchange.text.numbers import as_number, begins_as_number, has_digits
from simdistrict.model.expr import Call, Expr, Points, Text

# the faulty cells of one call that are reported
MAX_CELLS_TOLD = 20
# a formula without a result, in every workbook like `#N/A`
_DIVISION = "#DIV/0!"
_ARGUMENTS = {"CONSTANTS": 3, "DATA": 4, "LOOKUPS": 4, "SUBSCRIPT": 5}
KINDS = {f"GET {door} {kind}": kind for door in ("XLS", "DIRECT") for kind in _ARGUMENTS}

# row and column of the k-th cell along a line
CellLine = Callable[[int], tuple[int, int]]


def kind_of(expr: Expr) -> str:
    """CONSTANTS, DATA, LOOKUPS or SUBSCRIPT for a `GET ...` call; empty for another expression."""
    return KINDS.get(expr.function, "") if isinstance(expr, Call) else ""


@dataclass(frozen=True)
class _NamedSheet:
    """A sheet with its name for messages."""

    sheet: Sheet
    name: str

    def wrong(self, row: int, column: int, what: str, hint: str = "") -> UnreadableError:
        return UnreadableError(f"{self.name}, cell {cell_name(row, column)}: {what}", hint)

    def area(self, name: str) -> Area:
        found = self.sheet.area(name)
        if found is None:
            hint = did_you_mean(name, self.sheet.names) or "write a cell like B2"
            raise UnreadableError(f'{self.name}: "{name}" is neither a cell nor a named area', hint)
        return found

    def number(self, row: int, column: int) -> float:
        value = self.sheet.at(row, column)
        if isinstance(value, float):
            return float(value)
        if value is None:
            hint = "a formula has a value once a spreadsheet program has saved the file"
            raise self.wrong(row, column, "the cell is empty", hint)
        raise self.no_number(row, column, value)

    def no_number(self, row: int, column: int, text: str) -> UnreadableError:
        is_text = as_number(text) is not None
        hint = "the cell is a text: format it as a number and enter it again" if is_text else ""
        return self.wrong(row, column, f'"{text[:40]}" is not a number', hint or hint_for(text))


def _opened(call: Call, files: Files) -> tuple[_NamedSheet, list[str]]:
    """The sheet of a call, and the other arguments."""
    wanted = _ARGUMENTS[KINDS[call.function]]
    texts = [arg.value for arg in call.args if isinstance(arg, Text)]
    if len(texts) != len(call.args) or len(texts) != wanted:
        raise UnreadableError(
            f"{call.function} needs {wanted} texts in single quotes",
            "string variables are not supported",
        )
    file, tab, *rest = texts[0].strip(), *texts[1:]
    # the delimiter of a text file may be a blank
    tab = tab.strip() or tab
    # the last text of a SUBSCRIPT is the prefix of its labels, blanks included
    rest = [text if k == 2 else text.strip() for k, text in enumerate(rest)]
    name = file if len(tab) < 2 else f'{file}, sheet "{tab}"'
    return _NamedSheet(files.sheet(file, tab), name), rest


# ------------------------------------------------------------------------- constants


def constants(call: Call, files: Files, sizes: Sequence[int]) -> tuple[float, ...]:
    """The numbers of a constant; the last range varies fastest.

    sizes: of the ranges on the left-hand side. Raises UnreadableError.
    """
    source, (cell,) = _opened(call, files)
    transposed = cell.endswith("*")
    cell = cell.rstrip("* ")
    if len(sizes) > 2:
        sizes = [size for size in sizes if size > 1]
    if len(sizes) > 2:
        raise UnreadableError(
            f"{call.function} reads two subscript ranges at most",
            "write one equation for each label of the others",
        )
    rows, columns = (1, 1, *sizes)[-2:]
    shape = (columns, rows) if transposed else (rows, columns)
    corner = cell_place(cell)
    if corner is None:
        area = source.area(cell)
        if area.shape != shape:
            what = (
                f"{source.name}: the area {cell} has {_size(area.shape)}; {_size(shape)} are read"
            )
            if area.shape == shape[::-1]:
                what += f"; {'omit the *' if transposed else f'write {cell}*'} to transpose it"
            raise UnreadableError(what)
        corner = area.top, area.left
    top, left = corner
    return tuple(
        source.number(top + (j if transposed else i), left + (i if transposed else j))
        for i in range(rows)
        for j in range(columns)
    )


def _size(shape: tuple[int, int]) -> str:
    rows, columns = shape
    return f"{rows} row{'s' * (rows > 1)} of {columns} cell{'s' * (columns > 1)}"


# ------------------------------------------------------------------- data and lookups


def tables(call: Call, files: Files, count: int) -> tuple[Points, ...]:
    """The points of `count` labels in order. Raises UnreadableError with every faulty cell."""
    source, (along, cell) = _opened(call, files)
    across, length, lines = _lines(source, along, cell, count)
    times, words = _ascending(source, across, length)
    if not times:
        hint = "the cells are texts: format them as numbers and enter them again" if words else ""
        raise source.wrong(*across(0), "there are no times from here on", hint)
    wrong = _wrong_times(source, across, lines, words, files)
    found = []
    for line in lines:
        points = []
        for k, time in times:
            value = source.sheet.at(*line(k))
            if isinstance(value, float):
                points.append((time, float(value)))
            elif value is not None and _is_meant(value):
                wrong.append(source.no_number(*line(k), value))
            elif value is not None:
                files.skip(source.name, cell_name(*line(k)), value)
        if not points and not wrong:
            raise source.wrong(*line(0), "there is no number from here on")
        found.append(Points(tuple(x for x, _ in points), tuple(y for _, y in points)))
    if wrong:
        raise _together(source, wrong)
    return tuple(found)


def _is_meant(text: str) -> bool:
    """Whether a text in the place of a value is meant as a number."""
    return begins_as_number(text) or (has_digits(text) and text != _DIVISION)


def _wrong_times(
    source: _NamedSheet, across: CellLine, lines: Sequence[CellLine], words: list[int], files: Files
) -> list[UnreadableError]:
    """The texts in the place of a time that has a value, which are meant as numbers."""
    wrong = []
    for k in words:
        place, text = across(k), source.sheet.at(*across(k))
        beside = [source.sheet.at(*line(k)) for line in lines]
        if not any(isinstance(v, float) or (v and begins_as_number(v)) for v in beside):
            continue
        if begins_as_number(str(text)):
            wrong.append(source.no_number(*place, str(text)))
        else:
            files.skip(source.name, cell_name(*place), str(text))
    return wrong


def _together(source: _NamedSheet, wrong: list[UnreadableError]) -> UnreadableError:
    """One error for several cells; of many, the first ones and their number."""
    first, *others = wrong[:MAX_CELLS_TOLD]
    if (more := len(wrong) - MAX_CELLS_TOLD) > 0:
        others.append(UnreadableError(f"{source.name}: {more} more cells are not numbers"))
    first.others = tuple(others)
    return first


def _lines(
    source: _NamedSheet, along: str, cell: str, count: int
) -> tuple[CellLine, int, list[CellLine]]:
    """The line of the times, its number of cells, and the line of each label's values."""
    sheet = source.sheet
    first = cell_place(cell)
    row, column = row_number(along), column_number(along)
    if first is not None and row is not None:
        top, left = first
        lines = [_across(top + s, left) for s in range(count)]
        return _across(row, left), sheet.width - left, lines
    if first is not None and column is not None:
        top, left = first
        lines = [_down(top, left + s) for s in range(count)]
        return _down(top, column), sheet.height - top, lines
    times = source.area(along)
    rows, columns = times.shape
    if rows > 1 and columns > 1:
        raise UnreadableError(f"{source.name}: the area {along} is a table, not one row or column")
    length = max(rows, columns)
    downwards = columns == 1
    top, left = first or (-1, -1)
    if first is None:
        area = source.area(cell)
        shape = (length, count) if downwards else (count, length)
        if area.shape != shape:
            raise UnreadableError(
                f"{source.name}: the area {cell} has {_size(area.shape)}; "
                f"{_size(shape)} are read next to {along}"
            )
        top, left = area.top, area.left
    if downwards:
        return _down(times.top, times.left), length, [_down(top, left + s) for s in range(count)]
    return _across(times.top, times.left), length, [_across(top + s, left) for s in range(count)]


def _across(row: int, left: int) -> CellLine:
    return lambda k: (row, left + k)


def _down(top: int, column: int) -> CellLine:
    return lambda k: (top + k, column)


def _ascending(
    source: _NamedSheet, line: CellLine, length: int
) -> tuple[list[tuple[int, float]], list[int]]:
    """The times, each with its index along the line, and the indices of texts among them.

    Blanks and words are skipped; a smaller number after one begins another table. Texts behind a
    blank that follows the last time are no part of the table.
    """
    found: list[tuple[int, float]] = []
    words: list[int] = []
    behind: list[int] = []
    gap = blank = False
    for k in range(max(length, 0)):
        value = source.sheet.at(*line(k))
        if not isinstance(value, float):
            gap = True
            blank |= value is None
            if value is not None:
                (behind if blank else words).append(k)
            continue
        if found and value <= found[-1][1]:
            if gap:
                break
            what = f"the times do not ascend: {value:g} follows {found[-1][1]:g}"
            raise source.wrong(*line(k), what, "sort the table; write each time once")
        found.append((k, float(value)))
        words += behind
        behind = []
        gap = blank = False
    return found, words


# ------------------------------------------------------------------------------ labels


def labels(call: Call, files: Files) -> tuple[str, ...]:
    """The labels of a range, row by row, without blank cells. Raises UnreadableError."""
    source, (first, last, prefix) = _opened(call, files)
    area = _area_of_labels(source, first, last)
    found: dict[str, None] = {}
    for row in range(area.top, area.bottom + 1):
        for column in range(area.left, area.right + 1):
            value = source.sheet.at(row, column)
            if value is None:
                continue
            label = prefix + _label(value)
            if label in found:
                raise source.wrong(row, column, f'the label "{label}" occurs twice')
            found[label] = None
    if not found:
        raise source.wrong(area.top, area.left, "there are no labels from here on")
    return tuple(found)


def _label(value: float | str) -> str:
    """A cell as a label: as a text file has it, a number of a workbook as it is shown."""
    if isinstance(value, WrittenNumber):
        return value.text
    return value if isinstance(value, str) else f"{value:.12g}"


def _area_of_labels(source: _NamedSheet, first: str, last: str) -> Area:
    """The area of labels, up to the last cell, row or column if given, else to the table's end."""
    start = cell_place(first)
    if start is None:
        return source.area(first)
    bottom, right = max(source.sheet.height - 1, start[0]), max(source.sheet.width - 1, start[1])
    stop = cell_place(last)
    row, column = row_number(last), column_number(last)
    if stop is not None:
        bottom, right = stop
    elif row is not None:
        bottom = row
    elif column is not None:
        right = column
    elif last:
        raise UnreadableError(f'{source.name}: "{last}" is not a cell, row or column')
    if bottom < start[0] or right < start[1]:
        raise UnreadableError(f"{source.name}: the last cell {last} is before the first, {first}")
    # cells beyond the table are blank
    return Area(*start, min(bottom, source.sheet.height), min(right, source.sheet.width))
