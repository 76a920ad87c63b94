"""Vensim's optimization control files (.voc): the constants that it varies, and their ranges.

Knows no model. Format: vensim.com/documentation/ref_optimization_control.html (read 2026-11). The
options in lines that begin with a colon say how Vensim searches, and are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.inputs import InputKind
from simdistrict.base.numbers import hint_for, real
from simdistrict.base.remarks import remark
from simdistrict.exchange.text.files import text_lines
from simdistrict.exchange.text.patterns import QUOTED
from simdistrict.exchange.vensim.vsc import MAX_PROBLEMS, Draw
from simdistrict.model.expr import unquoted

KIND = InputKind("an optimization control", 10_000_000)
_LINE = re.compile(
    rf"""\s*(?:(?P<low>[^<=]+?)\s*<=\s*)?(?P<name>{QUOTED}|[^="\[\]<>]+?)\s*
    (?:\[(?P<labels>[^\]]*)\])?\s*(?:=\s*(?P<start>[^<=|]+?)\s*)?
    (?:<=\s*(?P<high>[^<=|]+?)\s*)?(?:\|(?P<more>.*))?""",
    re.VERBOSE,
)
_EXPECTED = "expected `0<=NAME=0.5<=1`"


def read_voc(path: Path) -> tuple[Draw, ...]:
    """The constants of a .voc file, each uniform between its ends; its start is their value.

    Raises ExchangeError for a file that is not text, and ScenarioError with every line that is no
    constant with two ends.
    """
    where = str(path)
    found, problems, options = [], [], 0
    for at, line in enumerate(text_lines(path, KIND), 1):
        if not line.strip():
            continue
        if line.lstrip().startswith(":"):
            options += 1
            continue
        try:
            found.append(_constant(line, at))
        except ValueError as error:
            what, _, hint = str(error).partition("\n")
            problems.append(Problem(f"{where}:{at}", what, hint or _EXPECTED))
    if not found and not problems:
        problems.append(Problem(where, "the file varies no constant", _EXPECTED))
    if problems:
        raise ScenarioError(problems[:MAX_PROBLEMS])
    if options:
        remark(where, "how Vensim searches is not read, only constants with their ranges")
    return tuple(found)


def _constant(line: str, at: int) -> Draw:
    """One line. Raises ValueError with the problem, and a hint in a second line."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f'"{line.strip()[:60]}" is not a constant with its range')
    name, labels = unquoted(match["name"]), (match["labels"] or "").strip()
    if "DIS" in (match["more"] or "").upper():
        hint = "leave the constant out, or infer it as a continuous one"
        raise ValueError(f'"{name}" takes discrete values, which is not supported\n{hint}')
    ends = []
    for side, text in (("lower", match["low"]), ("upper", match["high"])):
        if text is None:
            raise ValueError(f'"{name}" has no {side} end\na prior needs both: 0<={name}<=1')
        ends.append(_number(text, name))
    low, high = ends
    if not low < high:
        raise ValueError(f'"{name}": {low:g} is not below {high:g}')
    start = (low + high) / 2 if match["start"] is None else _number(match["start"], name)
    if not low <= start <= high:
        raise ValueError(f'"{name}": the start {start:g} is not between {low:g} and {high:g}')
    return Draw(name, labels, "uniform", start, low, high, None, at)


def _number(text: str, name: str) -> float:
    value = real(text)
    if value is None:
        raise ValueError(f'"{name}": "{text.strip()[:20]}" is not a number\n{hint_for(text)}')
    return value
