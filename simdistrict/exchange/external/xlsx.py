"""Sheets of .xlsx workbooks. The only importer of openpyxl."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from simdistrict.exchange.external.references import Area, area_of
from simdistrict.exchange.external.sheet import (
    CellValue,
    Sheet,
    TooLargeError,
    check_size,
    number_value,
    without_end,
)

# the unpacked size, checked before unpacking
MAX_UNPACKED = 100_000_000


def sheet_names(file: BinaryIO) -> list[str]:
    """The names of a workbook's sheets; raises openpyxl's exceptions for other files."""
    book = _opened(file)
    try:
        return [str(name) for name in book.sheetnames]
    finally:
        book.close()


def read_sheet(file: BinaryIO, name: str) -> Sheet:
    """The sheet with a name: values, not formulas.

    Raises TooLargeError, and openpyxl's exceptions for a file that is not a workbook.
    """
    book = _opened(file)
    try:
        page = book[name]
        rows: list[list[CellValue]] = []
        count = 0
        # the size stated in a file may be wrong
        page.reset_dimensions()
        for cells in page.iter_rows(values_only=True):
            count += len(cells)
            check_size(len(rows), count)
            rows.append([_value(cell) for cell in cells])
        names = dict(_areas(book.defined_names, name))
        names.update(_areas(page.defined_names, name))
        return Sheet(without_end(rows), names)
    finally:
        book.close()


def _opened(file: BinaryIO) -> Any:
    with zipfile.ZipFile(file) as packed:
        if sum(item.file_size for item in packed.infolist()) > MAX_UNPACKED:
            raise TooLargeError(f"it has more than {MAX_UNPACKED // 1_000_000} MB unpacked")
    import openpyxl

    return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)


def _value(cell: object) -> CellValue:
    if cell is None:
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return number_value(float(cell))
    if isinstance(cell, bool):
        return str(cell).upper()
    return str(cell).strip() or None


def _areas(names: Any, sheet: str) -> Iterator[tuple[str, Area]]:
    """The named areas of a sheet; names of formulas and of several areas are skipped."""
    for name, defined in names.items():
        place, mark, cells = str(defined.attr_text or "").rpartition("!")
        place = place.removeprefix("'").removesuffix("'").replace("''", "'")
        area = area_of(cells)
        if mark and area is not None and place.lower() == sheet.lower():
            yield str(name).lower(), area
