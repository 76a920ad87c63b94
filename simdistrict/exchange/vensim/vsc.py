"""Vensim's sensitivity control files (.vsc): number of runs and distributions of constants.

Knows no model. Format: vensim.com/documentation/sensitivitycontrol.html; distributions:
sensitivitydistributions.html in the same place (read 2026-11).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.base.inputs import InputKind
from simdistrict.base.numbers import hint_for, real
from simdistrict.base.remarks import remark
from simdistrict.exchange.text.files import text_lines
from simdistrict.exchange.text.numbers import number
from simdistrict.exchange.text.patterns import QUOTED
from simdistrict.model.expr import unquoted

KIND = InputKind("a sensitivity control", 10_000_000)
MAX_PROBLEMS = 20
COLUMNS = ("element", "label", "value", "low", "high", "distribution", "spread")
# Vensim's defaults
MEMBERS, SEED = 200, 1234
FILE = "file"
METHODS = {"M": "random", "L": "lhs", "F": FILE}
_OTHER_METHODS = {
    "U": "it varies one constant at a time: use --method morris with a prior table",
    "G": "a Latin grid: write L for a Latin hypercube",
}
_LINE = re.compile(
    rf"""\s*(?P<name>{QUOTED}|[^="\[\]]+?)\s*(?:\[(?P<labels>[^\]]*)\])?\s*=
    \s*(?P<kind>[A-Za-z][A-Za-z0-9 _]*?)\s*\((?P<args>[^()]*)\)\s*""",
    re.VERBOSE,
)
# distribution -> number of arguments
_DRAWN = {"UNIFORM": 2, "NORMAL": 4, "TRIANGULAR": 5}
_NOT_DRAWN = (
    *("BETA", "BINOMIAL", "EXPONENTIAL", "GAMMA", "LOGNORMAL"),
    *("NEGATIVE BINOMIAL", "POISSON", "WEIBULL", "VECTOR"),
)


@dataclass(frozen=True, slots=True)
class Draw:
    """The distribution of one constant.

    labels: as written between brackets; empty for all of an array. distribution, value, low,
    high, spread: as in a prior table. line: in the file, from 1.
    """

    name: str
    labels: str
    distribution: str
    value: float
    low: float
    high: float
    spread: float | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Control:
    """The content of a .vsc file.

    method: `random`, `lhs`, or `file` where a file has the draws (see `sample`); sample: its name
    as written, relative to the folder of the .vsc file.
    """

    members: int
    method: str
    seed: int
    draws: tuple[Draw, ...]
    sample: str = ""


def read_vsc(path: Path) -> Control:
    """Read a .vsc file.

    Raises ExchangeError for a file that is not text, and ScenarioError with every line that
    cannot be read or whose distribution or method is not supported.
    """
    where = str(path)
    problems: list[Problem] = []
    lines = [(k, line) for k, line in enumerate(text_lines(path, KIND), 1) if line.strip()]
    if not lines:
        raise ScenarioError(Problem(where, "the file is empty", f"expected `{_EXAMPLE}`"))
    members, method, seed = _head(f"{where}:{lines[0][0]}", lines[0][1], problems)
    if method == FILE and not problems:
        return _of_file(lines, members, seed, where)
    draws = []
    for at, line in lines[1:]:
        try:
            draws.append(_draw(line, at))
        except _NotDrawnError as error:
            problems.append(Problem(f"{where}:{at}", error.what, error.hint))
    if not draws and not problems:
        problems.append(Problem(where, "the file draws no constant"))
    if problems:
        raise ScenarioError(problems[:MAX_PROBLEMS])
    return Control(members, method, seed, tuple(draws))


_EXAMPLE = "200,M,1234,,0"


def _of_file(lines: list[tuple[int, str]], members: int, seed: int, where: str) -> Control:
    """The control of the method F, which draws nothing itself."""
    at, line = lines[0]
    sample = (*line.split(","), *[""] * 4)[3].strip()
    if not sample:
        what = "the method F names no file of draws"
        hint = "expected number of runs, method, seed, file: 200,F,1234,draws.tab,0"
        raise ScenarioError(Problem(f"{where}:{at}", what, hint))
    if len(lines) > 1:
        remark(f"{where}:{lines[1][0]}", f"the method F draws nothing: only {sample} is read")
    return Control(members, FILE, seed, (), sample)


class _NotDrawnError(Exception):
    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


def _head(where: str, line: str, problems: list[Problem]) -> tuple[int, str, int]:
    """Number of runs, method and seed from the first line."""
    cells = [cell.strip() for cell in line.split(",")]
    count, letter, seed = (*cells, "", "", "")[:3]
    letter = letter.upper() or "M"
    if not re.fullmatch(r"[0-9]{0,9}", count) or not re.fullmatch(r"-?[0-9]{0,18}", seed):
        what = f'"{line.strip()[:60]}" is not the first line of a sensitivity control file'
        problems.append(Problem(where, what, f"expected number of runs, method, seed: {_EXAMPLE}"))
        return MEMBERS, "random", SEED
    if letter not in METHODS:
        what = f'the method "{letter}" is not supported'
        problems.append(Problem(where, what, _OTHER_METHODS.get(letter, "use M, L or F")))
    return (
        int(count or MEMBERS) or MEMBERS,
        METHODS.get(letter, "random"),
        # a negative seed selects Vensim's old generator; our draws differ from both
        abs(int(seed)) if seed not in ("", "-") else SEED,
    )


def _draw(line: str, at: int) -> Draw:
    match = _LINE.fullmatch(line)
    if match is None:
        what = f'"{line.strip()[:60]}" is not the distribution of a constant'
        raise _NotDrawnError(what, "expected `NAME=RANDOM_UNIFORM(0,1)`")
    kind = " ".join(match["kind"].replace("_", " ").upper().split())
    kind = kind.removeprefix("RANDOM ")
    name, labels = unquoted(match["name"]), (match["labels"] or "").strip()
    if kind not in _DRAWN:
        if kind in _NOT_DRAWN:
            what = f'"{name}": there is no sampler for the distribution {kind}'
            raise _NotDrawnError(what, "use RANDOM UNIFORM, TRIANGULAR or NORMAL")
        what = f'"{name}": there is no distribution "{kind}"'
        raise _NotDrawnError(what, did_you_mean(kind, (*_DRAWN, *_NOT_DRAWN)))
    numbers = []
    for cell in match["args"].split(","):
        value = real(cell)
        if value is None:
            what = f'"{name}": "{cell.strip()[:20]}" is not a number'
            raise _NotDrawnError(what, hint_for(cell))
        numbers.append(value)
    if len(numbers) != _DRAWN[kind]:
        what = f'"{name}": RANDOM {kind} has {_DRAWN[kind]} numbers, not {len(numbers)}'
        raise _NotDrawnError(what)
    low, high, *rest = numbers
    if not low < high:
        raise _NotDrawnError(f'"{name}": {low:g} is not below {high:g}')
    if kind == "UNIFORM":
        return Draw(name, labels, "uniform", (low + high) / 2, low, high, None, at)
    if kind == "TRIANGULAR":
        start, peak, stop = rest
        if (start, stop) != (low, high):
            what = f'"{name}": a triangle from {start:g} to {stop:g}, cut off at {low:g} and'
            hint = "write the same ends for the triangle and the range"
            raise _NotDrawnError(f"{what} {high:g}, is not supported", hint)
        value, spread = peak, None
    else:
        value, spread = rest
        if not spread > 0:
            raise _NotDrawnError(f'"{name}": the standard deviation {spread:g} is not positive')
    if not low <= value <= high:
        raise _NotDrawnError(f'"{name}": {value:g} is not between {low:g} and {high:g}')
    return Draw(name, labels, kind.lower(), value, low, high, spread, at)


def prior_text(draws: Sequence[Draw]) -> str:
    """The distributions as a prior table, each on the line that it has in its file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    line = 1
    for draw in draws:
        out.write("\n" * (draw.line - line - 1))
        line = max(draw.line, line + 1)
        spread = "" if draw.spread is None else number(draw.spread)
        numbers = [number(x) for x in (draw.value, draw.low, draw.high)]
        writer.writerow([draw.name, draw.labels, *numbers, draw.distribution, spread])
    return out.getvalue()
