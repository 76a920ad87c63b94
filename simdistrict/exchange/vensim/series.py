"""Time series from text: tables (.tab, .csv) and data files (.dat).

Each series has its own times, as in data files. Nothing is interpolated. Knows no model.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.numbers import hint_for
from simdistrict.exchange.text.files import text_lines
from simdistrict.exchange.text.numbers import SIGNED, as_number, spaced_number
from simdistrict.exchange.text.patterns import QUOTED
from simdistrict.model.expr import fold

MAX_PROBLEMS = 20
# in a .dat file a slash after the name begins a comment
_COMMENT = re.compile(rf"(?P<quoted>{QUOTED})|\s/")
# what is no name after a time: a text with digits of any script, or a word for no number
_LIKE_NUMBER = re.compile(
    r"[-+−.,]*\d|%|[-+]?(?:nan$|na$|inf(?:inity)?$|null$|none$)", re.IGNORECASE
)
_TIME_BASE = re.compile(r"<[^<>]*>\s*$")


@dataclass(frozen=True, slots=True, eq=False)
class ElementSeries:
    """The series of one element, or of one label of it.

    name: in the file's spelling; element: the folded name without subscripts.
    time, values: (points,), time ascending, NaN where the file states a missing value.
    constant: the file has one value for all times.
    scenario, member: of the run, in a file with several; the key of the series begins with them.
    units: as the file states them, empty where it does not.
    """

    name: str
    element: str
    time: Reals
    values: Reals
    constant: bool = False
    scenario: str = ""
    member: str = ""
    units: str = ""

    @property
    def run(self) -> str:
        """The run, in a file with several."""
        return ": ".join(filter(None, (self.scenario, self.member)))

    @property
    def title(self) -> str:
        """The name for messages, with its run if there is one."""
        return f"{self.run}: {self.name}" if self.run else self.name


@dataclass(frozen=True, slots=True, eq=False)
class SeriesFile:
    """The series of a file.

    records: by key, the folded `name[label,label]`, in the order of the file.
    attrs: attributes of the file; empty for text.
    extra: the numbers of a result that are no elements of its model (reductions over time, the
    design of an ensemble); others: texts, and how runs ended, by name of the variable, None for
    text files, which have none.
    """

    where: str
    records: Mapping[str, ElementSeries]
    attrs: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, ElementSeries] = field(default_factory=dict)
    others: Mapping[str, NDArray[Any]] | None = None


def element_key(name: str) -> tuple[str, str]:
    """The folded key `name[label,label]` of a name in a file, and the name without labels."""
    text = name.strip()
    bracket = text.rfind("[") if text.endswith("]") else -1
    if bracket <= 0:
        return fold(text), fold(text)
    element = fold(text[:bracket])
    labels = ",".join(fold(label) for label in text[bracket + 1 : -1].split(","))
    return f"{element}[{labels}]", element


def read_series(path: str | Path) -> SeriesFile:
    """Read a .tab, .csv or .dat file; any line ends, UTF-8 or Windows-1252.

    Tables have times in rows or columns; a constant may be in the first row only. Raises
    ExchangeError with the line of each cell that is not a number and of each duplicate.
    """
    path = Path(path)
    lines = text_lines(path)
    reader = _SeriesReader(str(path))
    records = reader.data(lines) if path.suffix.lower() == ".dat" else reader.table(lines)
    problems = reader.problems
    if len(problems) > MAX_PROBLEMS:
        more = Problem(str(path), f"{len(problems) - MAX_PROBLEMS} more problems like these")
        problems = [*problems[:MAX_PROBLEMS], more]
    if not problems and not records:
        hint = "expected a table with times in the first column or row, or in a .dat file a "
        hint += "name on its own line before lines of `time value`"
        problems = [Problem(str(path), "there are no time series in this file", hint)]
    if problems:
        raise ExchangeError(problems)
    return SeriesFile(str(path), records)


class _SeriesReader:
    """Reads series and collects all problems."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Problem] = []

    def wrong(self, line: int, what: str, hint: str = "") -> None:
        self.problems.append(Problem(f"{self.where}:{line}", what, hint))

    def number(self, cell: str, line: int, name: str) -> float | None:
        """The value of a cell; None if it is empty and, with a problem, if it is not a number."""
        cell = cell.strip()
        if not cell:
            return None
        value = as_number(cell)
        if value is None:
            hint = hint_for(cell) or "leave a cell without a value empty, or write :NA:"
            self.wrong(line, f'"{cell[:40]}" is not a number (in "{name[:60]}")', hint)
        return value

    # --------------------------------------------------------------------- tables

    def table(self, lines: Sequence[str]) -> dict[str, ElementSeries]:
        rows = self.rows(lines)
        if not rows:
            return {}
        (line, header), *body = rows
        while header and not header[-1].strip():
            header = header[:-1]
        if len(header) > 1 and all(as_number(cell) is not None for cell in header):
            self.wrong(line, "the first line holds numbers, not the names of elements")
            return {}
        if len(header) > 1 and all(as_number(cell) is not None for cell in header[1:]):
            return self.across(line, header, body)
        return self.down(line, header, body)

    def rows(self, lines: Sequence[str]) -> list[tuple[int, list[str]]]:
        head = next((text for text in lines if text.strip()), "")
        delimiter = next((d for d in "\t,;" if d in head), "\t")
        csv.field_size_limit(2**31 - 1)
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            return [(reader.line_num, row) for row in reader if any(c.strip() for c in row)]
        except csv.Error as error:
            self.wrong(reader.line_num, f"the line cannot be split into columns: {error}")
            return []

    def down(
        self, line: int, header: list[str], body: list[tuple[int, list[str]]]
    ) -> dict[str, ElementSeries]:
        """Times in the first column, one element in each other column."""
        names = header[1:]
        times = np.full(len(body), np.nan)
        for i, (at, row) in enumerate(body):
            time = self.number(row[0], at, header[0])
            if time is not None:
                times[i] = time
            elif not row[0].strip():
                self.wrong(at, "there is no time in this row")
        grid, stated = self.grid(header, body, lambda row, j: names[j])
        places = [(f"column {j}", line) for j in range(2, len(names) + 2)]
        axis = self.ordered(times, [at for at, _ in body])
        return self.records(names, places, axis, grid.T, stated.T)

    def across(
        self, line: int, header: list[str], body: list[tuple[int, list[str]]]
    ) -> dict[str, ElementSeries]:
        """Times in the first row, one element in each other row."""
        times = np.array([as_number(cell) for cell in header[1:]], float)
        grid, stated = self.grid(header, body, lambda row, j: row[0])
        names = [row[0] for _, row in body]
        places = [(f"line {at}", at) for at, _ in body]
        return self.records(names, places, self.ordered(times, [line] * len(times)), grid, stated)

    def grid(
        self,
        header: list[str],
        body: list[tuple[int, list[str]]],
        name: Callable[[list[str], int], str],
    ) -> tuple[Reals, Flags]:
        """The values right of the first column, and whether each cell has one.

        name: the element of a cell, by row and column.
        """
        grid = np.full((len(body), len(header) - 1), np.nan)
        stated = np.zeros(grid.shape, bool)
        for i, (at, row) in enumerate(body):
            if any(cell.strip() for cell in row[len(header) :]):
                self.wrong(at, f"there are {len(row)} columns, the first row has {len(header)}")
            for j, cell in enumerate(row[1 : len(header)]):
                value = self.number(cell, at, name(row, j)) if cell else None
                if value is not None:
                    grid[i, j], stated[i, j] = value, True
        return grid, stated

    def ordered(self, times: Reals, lines: Sequence[int]) -> tuple[Reals, NDArray[np.intp]]:
        """The times in ascending order and their order in the file; duplicates are problems."""
        order = np.argsort(times, kind="stable")
        for before, after in pairwise(order):
            if times[before] == times[after]:
                self.wrong(lines[after], f"the time {times[after]:g} occurs twice")
        return times[order], order

    def records(
        self,
        names: Sequence[str],
        places: Sequence[tuple[str, int]],
        axis: tuple[Reals, NDArray[np.intp]],
        grid: Reals,
        stated: Flags,
    ) -> dict[str, ElementSeries]:
        """The series in the rows of a grid; places: column or line for messages, and the line."""
        time, order = axis
        found: dict[str, ElementSeries] = {}
        seen: dict[str, str] = {}
        for name, (place, line), values, there in zip(names, places, grid, stated, strict=True):
            if not name.strip():
                if there.any():
                    self.wrong(line, f"{place} has values but no name")
                continue
            key, element = element_key(name)
            if key in seen:
                self.wrong(line, f'"{name.strip()}" occurs twice ({seen[key]} and {place})')
                continue
            seen[key] = place
            there, values = there[order], values[order]
            if not there.any():
                continue
            # Vensim leaves the cells of a constant empty after the first row
            constant = bool(there[0]) and there.sum() == 1 and len(time) > 1
            # one shared array of times where possible: it is compared by identity later
            own = time if there.all() else time[there]
            found[key] = ElementSeries(name.strip(), element, own, values[there], constant)
        return found

    # --------------------------------------------------------------------- data files

    def data(self, lines: Sequence[str]) -> dict[str, ElementSeries]:
        """A name on its own line, then lines of `time value`; parts of a series are joined."""
        points: dict[str, dict[float, float]] = {}
        names: dict[str, tuple[str, str]] = {}
        current = ""
        for at, line in enumerate(lines, 1):
            if not line.strip(" \t,"):
                continue
            pair = self.pair(line, at)
            if pair is None:
                name = _name(line)
                current, element = element_key(name)
                names.setdefault(current, (name, element))
                points.setdefault(current, {})
            elif not current:
                self.wrong(at, "there are numbers before the first name")
                break
            else:
                points[current].update(pair)
        longest = max(map(len, points.values()), default=0)
        found = {}
        for key, own in points.items():
            if own:
                name, element = names[key]
                times = sorted(own)
                constant = len(times) == 1 < longest
                values = np.array([own[t] for t in times])
                found[key] = ElementSeries(name, element, np.array(times), values, constant)
        return found

    def pair(self, line: str, at: int) -> dict[float, float] | None:
        """Time and value of a line; empty for a time without a value, None for a name."""
        parts = line.replace(",", " ").split(None, 2)
        if not parts:
            return {}
        if not re.fullmatch(SIGNED, parts[0]):
            return None
        if len(parts) == 1:
            self.wrong(at, f"the time {parts[0]} has no value")
            return {}
        value = as_number(parts[1])
        if value is None:
            hint = hint_for(parts[1])
            if not _LIKE_NUMBER.match(parts[1]):
                hint = "write a name that begins with a number in double quotes"
            self.wrong(at, f'"{parts[1][:40]}" is not a number', hint)
            return {}
        if len(parts) > 2 and _LIKE_NUMBER.match(parts[2]):
            rest = line.split(None, 1)[-1].strip()
            what = f'"{rest[:40]}" follows the time {parts[0]}, not one number'
            self.wrong(at, what, hint_for(rest))
            return {}
        return {spaced_number(parts[0]): value}


def _name(line: str) -> str:
    """The name on a line of a .dat file, without comment and time base."""
    for match in _COMMENT.finditer(line):
        if not match["quoted"]:
            line = line[: match.start()]
            break
    return _TIME_BASE.sub("", line).strip()
