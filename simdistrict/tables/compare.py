"""Committed tables, and their differences from new ones: numbers by digits, text exactly.

A committed number is right if the new one prints the same, or would do so a millionth larger or
smaller, because rounding may differ between machines. Numbers inside sentences may differ by one
unit of their last digit.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from simdistrict.base import inputs
from simdistrict.base.errors import ExchangeError, Problem, typed
from simdistrict.base.library import models, shown
from simdistrict.base.numbers import real

KIND = inputs.InputKind("a table", 100_000_000)
NUMBER = re.compile(r"(?<![\w.])(-?[0-9]+(?:\.[0-9]+)?)(?![\w.]*\w)")
SLACK = 1.001


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One difference in a committed file.

    where: file and line, with the column for a cell of a table; `is_now` or `should_be` is empty
    where there is nothing.
    """

    where: str
    is_now: str
    should_be: str

    def __str__(self) -> str:
        return f'{self.where} | "{self.is_now}" should be "{self.should_be}"'


def committed_text(path: Path) -> str:
    """The text of a committed table. Raises ExchangeError as `inputs.content` does."""
    return inputs.text(path, KIND, path.name)


def differences(folder: Path, *accepted: dict[str, str]) -> list[Discrepancy]:
    """All differences of the files in a folder from the accepted texts, file by file.

    accepted: file name -> text, the new texts first and then those of `nudged` tables.
    """
    found: list[Discrepancy] = []
    for name in accepted[0]:
        path = folder / name
        try:
            committed = committed_text(path)
        except ExchangeError as error:
            found.append(Discrepancy(name, error.problems[0].what, "a table"))
            continue
        except UnicodeDecodeError:
            found.append(Discrepancy(name, "no text in UTF-8", "a table"))
            continue
        rows = _csv_rows if name.endswith(".csv") else _page_rows
        found += _unlike(name, rows(committed), [rows(text[name]) for text in accepted])
    return found


def committed_rows(path: Path, columns: int) -> Iterator[tuple[int, list[str]]]:
    """The rows of a committed table with their lines; none where there is no such file.

    Skips rows of another length; `differences` reports them.
    """
    try:
        rows = _csv_rows(committed_text(path))
    except (ExchangeError, UnicodeDecodeError):
        return
    for line, row in enumerate(rows[2:], 3):
        if len(row) == columns:
            yield line, row


def rows_of(folder: Path, table: str) -> Iterator[dict[str, str]]:
    """The rows of a table, keyed by column. Raises ExchangeError if there is no such table."""
    path = folder / f"{table}.csv"
    try:
        lines = committed_text(path).splitlines()
    except ExchangeError:
        model = [folder.name] if folder.name in models() else []
        output = ["-o", shown(folder.parent)] if folder.parent != Path("results") else []
        hint = f"make it first: {typed('tables', *model, table, *output)}"
        raise ExchangeError(Problem(shown(path), "there is no such table", hint)) from None
    yield from csv.DictReader(lines[1:])


def number(cell: str) -> float:
    """The number in a cell; NaN if the cell is empty. Raises ValueError for a text."""
    value = real(cell) if cell else math.nan
    if value is None:
        raise ValueError(f'"{cell}" is not a number')
    return value


def same(one: str, other: str) -> bool:
    """Equal words, and numbers equal to the last digit of the coarser one."""
    if one == other:
        return True
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(abs(number(a) - number(b)) <= SLACK * max(_unit(a), _unit(b)) for a, b in pairs)


def _unit(number: str) -> float:
    """One unit of the last printed digit; a whole number of four digits or more may be rounded."""
    whole, _, behind = number.partition(".")
    if behind:
        return float(10 ** -len(behind))
    digits = whole.lstrip("-")
    return float(10 ** (len(digits) - len(digits.rstrip("0"))) if len(digits) > 3 else 1)


def _unlike(
    name: str, committed: list[list[str]], accepted: list[list[list[str]]]
) -> Iterator[Discrepancy]:
    """Differing cells, row by row; the first accepted rows are the expected ones."""
    new = accepted[0]
    nothing: list[str] = []
    for k, (old, row) in enumerate(zip_longest(committed, new, fillvalue=nothing)):
        if len(old) != len(row):
            yield Discrepancy(f"{name}:{k + 1}", ",".join(old), ",".join(row))
            continue
        for place, (cell, wanted) in enumerate(zip(old, row, strict=True)):
            if not _agrees(cell, [rows[k][place] for rows in accepted]):
                column = f" {new[1][place]}" if name.endswith(".csv") and k > 1 else ""
                yield Discrepancy(f"{name}:{k + 1}{column}", cell, wanted)


def _agrees(cell: str, accepted: list[str]) -> bool:
    """Whether a cell equals an accepted number exactly, or a sentence up to a last digit."""
    if NUMBER.fullmatch(cell.strip()):
        return cell in accepted
    return any(same(cell, text) for text in accepted)


def _csv_rows(text: str) -> list[list[str]]:
    first, *rest = text.splitlines() or [""]
    return [[first], *csv.reader(rest)]


def _page_rows(text: str) -> list[list[str]]:
    return [line.split("|") if line.startswith("|") else [line] for line in text.splitlines()]
