"""Vensim's file of draws: what a sensitivity control of the method F names.

Text separated by tabs: the first row names constants, each further row is one simulation; a
missing number repeats the one above it. Knows no model. Format:
vensim.com/documentation/sensitivitycontrol.html (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.inputs import InputKind
from simdistrict.base.numbers import hint_for, real
from simdistrict.exchange.text.files import text_lines
from simdistrict.model.expr import unquoted

KIND = InputKind("a file of draws", 2_000_000_000)
MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True, eq=False)
class SampleFile:
    """names: of the constants, as written; numbers: (simulations, constants)."""

    names: tuple[str, ...]
    numbers: Reals


def read_sample_file(path: Path) -> SampleFile:
    """Read a file of draws.

    Raises ExchangeError where the file cannot be read, ScenarioError with the first lines that
    hold anything else.
    """
    lines = text_lines(path, KIND)
    head = lines[0].rstrip() if lines else ""
    names = tuple(unquoted(cell.strip()) for cell in head.split("\t"))
    where = str(path)
    if not all(names):
        what = "the first line does not name a constant in each column"
        raise ScenarioError(Problem(f"{where}:1", what, "names are separated by tabs"))
    problems: list[Problem] = []
    rows: list[list[float]] = []
    for at, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        found = _row(line, names, rows[-1] if rows else None, f"{where}:{at}")
        if isinstance(found, Problem):
            problems.append(found)
            if len(problems) == MAX_PROBLEMS:
                break
        else:
            rows.append(found)
    if not rows and not problems:
        problems.append(Problem(where, "it has no draws", "a draw is a row of numbers"))
    if problems:
        raise ScenarioError(problems)
    return SampleFile(names, np.array(rows, float))


def _row(
    line: str, names: Sequence[str], above: Sequence[float] | None, where: str
) -> list[float] | Problem:
    cells = line.split("\t")
    if extra := [cell for cell in cells[len(names) :] if cell.strip()]:
        what = f'"{extra[0].strip()[:20]}" stands after the last of {len(names)} columns'
        return Problem(where, what)
    cells = [*cells, *[""] * (len(names) - len(cells))]
    row = []
    for k, (name, cell) in enumerate(zip(names, cells, strict=False)):
        value = real(cell)
        if cell.strip() and value is None:
            return Problem(where, f'{name} is "{cell.strip()[:20]}", not a number', hint_for(cell))
        if value is None and above is None:
            return Problem(where, f"{name} has no number", "the first draw needs all of them")
        row.append(above[k] if value is None and above is not None else value)
    return [value for value in row if value is not None]


def sample_text(names: Sequence[str], numbers: Reals) -> str:
    """The text of a file of draws, numbers in full precision.

    numbers: (simulations, constants). Raises ScenarioError for a name with a tab or a line end.
    """
    if bad := [name for name in names if not name.isprintable()]:
        what = f"{bad[0]!r} cannot be written: the file separates names by tabs and lines"
        raise ScenarioError(Problem("draws", what))
    lines = ["\t".join(names)]
    lines += ["\t".join(map(repr, row)) for row in np.asarray(numbers, float).tolist()]
    return "\n".join(lines) + "\n"
