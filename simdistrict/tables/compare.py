"""Where committed tables differ from new ones: numbers by their printed digits, text exactly.

Two numbers are the same when they differ by no more than one unit of the last printed digit, so
that rounding on another machine is no difference.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

NUMBER = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)(?![\w.]*\w)")
SLACK = 1.001


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a committed file is not what it should be.

    where: file and line, with the column for a cell of a table; an empty `is_now` or `should_be`
    means that there is nothing.
    """

    where: str
    is_now: str
    should_be: str

    def __str__(self) -> str:
        return f'{self.where} | "{self.is_now}" should be "{self.should_be}"'


def differences(folder: Path, new: dict[str, str]) -> list[Difference]:
    """All differences of the files in a folder from the new texts, file by file."""
    found: list[Difference] = []
    for name, text in new.items():
        path = folder / name
        try:
            committed = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            found.append(Difference(name, "no such file", "a table"))
            continue
        parts = _cells if name.endswith(".csv") else _lines
        found += parts(name, committed, text)
    return found


def same(one: str, other: str) -> bool:
    """The same words, and numbers that agree to the last printed digit of the coarser one."""
    if one == other:
        return True
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= SLACK * max(_unit(a), _unit(b)) for a, b in pairs)


def _unit(number: str) -> float:
    """One unit of the last printed digit; a whole number of four digits or more may be rounded."""
    whole, _, behind = number.partition(".")
    if behind:
        return float(10 ** -len(behind))
    digits = whole.lstrip("-")
    return float(10 ** (len(digits) - len(digits.rstrip("0"))) if len(digits) > 3 else 1)


def _lines(name: str, committed: str, new: str) -> Iterator[Difference]:
    pairs = zip_longest(committed.splitlines(), new.splitlines(), fillvalue="")
    for k, (old, line) in enumerate(pairs, 1):
        if not same(old, line):
            yield Difference(f"{name}:{k}", old, line)


def _cells(name: str, committed: str, new: str) -> Iterator[Difference]:
    """The first line and the head as text, the rest cell by cell."""
    old_rows, new_rows = (list(csv.reader(text.splitlines()[1:])) for text in (committed, new))
    yield from _lines(name, *("".join(text.splitlines()[:1]) for text in (committed, new)))
    head = new_rows[0]
    nothing: list[str] = []
    for k, (old, row) in enumerate(zip_longest(old_rows, new_rows, fillvalue=nothing), 2):
        if len(old) != len(row):
            yield Difference(f"{name}:{k}", ",".join(old), ",".join(row))
            continue
        for column, a, b in zip(head, old, row, strict=True):
            if not same(a, b):
                yield Difference(f"{name}:{k} {column}", a, b)
