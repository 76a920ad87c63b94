"""Expected output of public models, as files of other programs hold it, read into series.

Knows the time tables of Vensim and Stella (.tab, .csv) and Vensim's exported data (.dat).
"""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np

from tests.oracle.witnesses import Series, key

# how Vensim writes :NA: as a number
NOT_AVAILABLE = -(2.0**109)


def read_expected(path: Path) -> dict[str, Series]:
    """Column key -> {"time": times, "value": values}; blanks and :NA: are left out."""
    # read_text would keep a bare CR inside a line
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _exported_data(text) if path.suffix == ".dat" else _time_table(text)


def _time_table(text: str) -> dict[str, Series]:
    """Time runs down; a constant may stand in the first row only."""
    head = text.split("\n", 1)[0]
    rows = list(csv.reader(io.StringIO(text), delimiter="\t" if "\t" in head else ","))
    names = [key(name) for name in rows[0]]
    columns: dict[str, list[tuple[float, float]]] = {}
    for row in rows[1:]:
        cells = dict(zip(names, map(_number, row), strict=False))
        time = cells.get("time", cells.get(names[0], math.nan))
        if math.isnan(time):
            continue
        for name, value in cells.items():
            if name not in ("", "time") and not math.isnan(value):
                columns.setdefault(name, []).append((time, value))
    return {name: _series(pairs) for name, pairs in columns.items()}


def _exported_data(text: str) -> dict[str, Series]:
    """A name on its own line, then lines of time and value; a constant has one pair."""
    columns: dict[str, list[tuple[float, float]]] = {}
    name = ""
    for line in text.split("\n"):
        cells = line.split("\t")
        if len(cells) == 2 and not math.isnan(_number(cells[0])):
            if not math.isnan(_number(cells[1])):
                columns[name].append((_number(cells[0]), _number(cells[1])))
        elif line.strip():
            name = key(line)
            columns[name] = []
    return {name: _series(pairs) for name, pairs in columns.items() if pairs}


def _number(cell: str) -> float:
    """The number of a cell; NaN for a blank, for text and for :NA:."""
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return math.nan if math.isclose(value, NOT_AVAILABLE, rel_tol=1e-5) else value


def _series(pairs: list[tuple[float, float]]) -> Series:
    times, values = zip(*pairs, strict=True)
    return {"time": np.array(times), "value": np.array(values)}
