"""Committed tables, read back: what figures of ensembles are drawn from."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.library import shown


def rows_of(folder: Path, table: str) -> Iterator[dict[str, str]]:
    """The rows of a table by the names of its columns. Raises ExchangeError where there is none."""
    path = folder / f"{table}.csv"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        hint = f"make it first: simdistrict tables {table}"
        raise ExchangeError(Problem(shown(path), "there is no such table", hint)) from None
    yield from csv.DictReader(lines[1:])


def number(cell: str) -> float:
    """A number as it is printed; NaN for an empty cell."""
    return float(cell) if cell else math.nan
