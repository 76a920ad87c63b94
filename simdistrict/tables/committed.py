"""Committed tables as read by figures of ensembles."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.library import shown


def rows_of(folder: Path, table: str) -> Iterator[dict[str, str]]:
    """The rows of a table, keyed by column. Raises ExchangeError if there is no such table."""
    path = folder / f"{table}.csv"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        hint = f"make it first: simdistrict tables {table}"
        raise ExchangeError(Problem(shown(path), "there is no such table", hint)) from None
    yield from csv.DictReader(lines[1:])


def number(cell: str) -> float:
    """The number in a cell; NaN if the cell is empty."""
    return float(cell) if cell else math.nan
