"""Vensim's payoff definitions (.vpd): the elements that are compared with data, and their weights.

Knows no model. Format: vensim.com/documentation/23560.html and extended_payoffs.html (read
2026-11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.inputs import InputKind
from simdistrict.base.numbers import hint_for, real
from simdistrict.exchange.text.files import text_lines
from simdistrict.exchange.text.patterns import QUOTED

KIND = InputKind("a payoff definition", 10_000_000)
MAX_PROBLEMS = 20
# what follows *C: how a weight states the standard deviation; whether of logarithms
_DEVIATION, _VARIANCE = "1/weight", "sqrt(weight)"
_KINDS = {
    "": (_DEVIATION, False),
    "L": (_DEVIATION, True),
    "K": (_VARIANCE, False),
    "KL": (_VARIANCE, True),
    "LK": (_VARIANCE, True),
}
_NAME = rf"(?:{QUOTED}|[^|/\"\[\]]+?)\s*(?:\[[^\]]*\])?"
_LINE = re.compile(rf"\s*(?P<name>{_NAME})\s*(?:\|\s*(?P<data>{_NAME})\s*)?/\s*(?P<weight>.+?)\s*")


@dataclass(frozen=True, slots=True)
class Compared:
    """One element of a payoff.

    name, data: as written; scale: the standard deviation of its error, of the logarithm where it
    is lognormal; line: in the file, from 1.
    """

    name: str
    data: str
    scale: float
    lognormal: bool
    line: int


def read_vpd(path: Path) -> tuple[Compared, ...]:
    """The elements of a .vpd file.

    Raises ExchangeError for a file that is not text, and ScenarioError with every line that is no
    comparison with data, or one of another kind of error.
    """
    where = str(path)
    found: list[Compared] = []
    problems: list[Problem] = []
    kind: tuple[str, bool] | None = None
    for at, line in enumerate(text_lines(path, KIND), 1):
        if not line.strip():
            continue
        try:
            if line.lstrip().startswith("*"):
                kind = None
                kind = _kind(line.strip()[1:].strip())
            elif kind is not None:
                found.append(_element(line, kind, at))
            elif not problems:
                raise ValueError("no type stands above this line\nbegin with a line `*C`")
        except ValueError as error:
            what, _, hint = str(error).partition("\n")
            problems.append(Problem(f"{where}:{at}", what, hint))
    if not found and not problems:
        problems.append(Problem(where, "the file compares nothing", _EXPECTED))
    if problems:
        raise ScenarioError(problems[:MAX_PROBLEMS])
    return tuple(found)


_EXPECTED = "expected `*C`, and below it `NAME|DATA/WEIGHT`"


def _kind(text: str) -> tuple[str, bool]:
    """What a line such as *CL says of the errors. Raises ValueError for other payoffs."""
    letters = text.upper()
    if letters.startswith("P"):
        what = f"*{text} maximizes elements of the model, and compares nothing with data"
        raise ValueError(f"{what}\nleave its elements out")
    more = "" if letters.startswith("CALIB") else letters[1:]
    if not letters.startswith("C") or more not in _KINDS:
        hint = "read are *C, *CL, *CK and *CKL; state other errors in a data file (.csv)"
        raise ValueError(f"*{text} is a payoff that is not read\n{hint}")
    return _KINDS[more]


def _element(line: str, kind: tuple[str, bool], at: int) -> Compared:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f'"{line.strip()[:60]}" is no element of a payoff\n{_EXPECTED}')
    name, data = match["name"].strip(), (match["data"] or "").strip()
    if not data:
        hint = "name the data variable of the model that holds the data: NAME|DATA/WEIGHT"
        raise ValueError(f'"{name}" is compared with data of its own name in a dataset\n{hint}')
    weight = real(match["weight"])
    if weight is None:
        hint = hint_for(match["weight"]) or "write a number; an error that is estimated is a `?`"
        raise ValueError(f'the weight "{match["weight"][:40]}" is not a number\n{hint}')
    if not weight > 0:
        raise ValueError(f"the weight {weight:g} is not positive")
    scale = weight**0.5 if kind[0] == _VARIANCE else 1 / weight
    return Compared(name, data, scale, kind[1], at)
