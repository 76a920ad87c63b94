"""Sheets of .xls workbooks, Excel's format before 2007. The only importer of xlrd."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from simdistrict.exchange.external.references import Area
from simdistrict.exchange.external.sheet import (
    CellValue,
    Sheet,
    check_size,
    number_value,
    without_end,
)


def sheet_names(file: BinaryIO) -> list[str]:
    """The names of a workbook's sheets; raises xlrd's exceptions for other files."""
    with _opened(file) as book:
        return list(book.sheet_names())


def read_sheet(file: BinaryIO, name: str) -> Sheet:
    """The sheet with a name: values, not formulas.

    Raises TooLargeError, and xlrd's exceptions for a file that is not a workbook.
    """
    with _opened(file) as book:
        page = book.sheet_by_name(name)
        check_size(page.nrows, page.nrows * page.ncols)
        rows = [[_value(cell) for cell in page.row(k)] for k in range(page.nrows)]
        return Sheet(without_end(rows), dict(_areas(book, book.sheet_names().index(name))))


def _opened(file: BinaryIO) -> Any:
    import xlrd

    file.seek(0)
    content = file.read()
    # xlrd would print its remarks
    return xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True)


def _value(cell: Any) -> CellValue:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_NUMBER:
        return number_value(cell.value)
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return str(bool(cell.value)).upper()
    return str(cell.value).strip() or None


def _areas(book: Any, sheet: int) -> Iterator[tuple[str, Area]]:
    """The named areas of a sheet; local names last, so that they override global ones."""
    import xlrd

    for defined in sorted(book.name_obj_list, key=lambda name: name.scope == sheet):
        if defined.scope not in (-1, sheet):
            continue
        try:
            where, top, bottom, left, right = defined.area2d()
        except (xlrd.XLRDError, AttributeError):  # not the name of an area
            continue
        if where.name == book.sheet_names()[sheet] and bottom > top and right > left:
            yield defined.name.lower(), Area(top, left, bottom - 1, right - 1)
