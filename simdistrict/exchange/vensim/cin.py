"""Vensim's changes files (.cin): new values of constants and points of lookups.

Knows no model: the caller matches the names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.errors import ModelError, Problem, ScenarioError
from simdistrict.base.inputs import InputKind
from simdistrict.exchange.text.files import plain, text_lines
from simdistrict.exchange.text.numbers import SIGNED, as_number
from simdistrict.exchange.text.patterns import QUOTED
from simdistrict.exchange.text.points import read_points
from simdistrict.model.expr import NA, Points

KIND = InputKind("a .cin file", 10_000_000)
# a comment runs from :C to the end of the line; inside quotes :C is part of a name
_COMMENT = re.compile(rf"({QUOTED})|:C(?![A-Za-z0-9_]).*", re.IGNORECASE)
_HEAD = re.compile(
    rf"""\s*(?:{SIGNED}\s*<=\s*)?              # the lower bound of an optimisation, ignored
    (?P<name>\#[^#]+\#|{QUOTED}|[^\s\d"\[\](){{}}=<>:,;|~+*/-][^"\[\](){{}}=<>:,;|~]*?)\s*
    (?:\[(?P<subscripts>[^\]]*)\])?\s*
    (?P<sign>=|\(|:IS:)""",
    re.VERBOSE | re.IGNORECASE,
)
_UPPER_BOUND = re.compile(rf"<=\s*{SIGNED}\s*(?:\|.*)?$", re.DOTALL)
_TEXT = re.compile(r"\s*'([^']*)'\s*$")


@dataclass(frozen=True, slots=True)
class CinChange:
    """One statement of a .cin file.

    name, subscripts: as written; a subscript is a label or a range.
    values: the numbers of a constant in the order of its labels, or one number for all labels.
    points: the new points of a lookup; text: the value of a string variable; else None.
    line: first line of the statement, from 1.
    """

    name: str
    subscripts: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    points: Points | None = None
    text: str | None = None
    line: int = 0


def read_cin(path: str | Path) -> tuple[CinChange, ...]:
    """Read a .cin file: changes in the order of the file; later ones override earlier ones.

    Any line ends, UTF-8 or Windows-1252. Raises ExchangeError for a file that cannot be read, and
    ScenarioError with every line that is not a statement.
    """
    return _changes(text_lines(Path(path), KIND), str(path))


def read_cin_text(text: str, where: str) -> tuple[CinChange, ...]:
    """The changes in the text of a .cin file; where: its name for messages."""
    return _changes(plain(text).split("\n"), where)


def _changes(lines: list[str], where: str) -> tuple[CinChange, ...]:
    changes: list[CinChange] = []
    problems: list[Problem] = []
    for line, statement in _statements(lines):
        place = f"{where}:{line}"
        try:
            changes.append(_change(statement, line, place))
        except ValueError as error:
            problems.append(Problem(place, str(error), _EXPECTED))
        except ModelError as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioError(problems)
    return tuple(changes)


_EXPECTED = "expected `NAME = 1.5`, `NAME[label] = 1,2,3` or `NAME( (x1,y1), (x2,y2) )`"


def _statements(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Each statement with its first line; it goes on while parentheses are open."""
    parts: list[str] = []
    start, depth = 0, 0
    for number, raw in enumerate(lines, 1):
        line = _COMMENT.sub(lambda found: found[1] or "", raw).rstrip()
        if not line.strip():
            continue
        # an assignment inside open parentheses: the statement before it is not closed
        new = depth <= 0 and not _continues(parts, line)
        if new or (depth > 0 and _starts_assignment(line)):
            if parts:
                yield start, "\n".join(parts)
            parts, start, depth = [], number, 0
        parts.append(line.removesuffix("\\"))
        bare = re.sub(QUOTED, "", line)
        depth += bare.count("(") - bare.count(")")
    if parts:
        yield start, "\n".join(parts)


def _continues(parts: list[str], line: str) -> bool:
    """Whether a list of numbers, or the points of a lookup, continue the statement."""
    if not parts or _HEAD.match(line):
        return False
    return parts[-1].endswith((",", ";", "=")) or line.lstrip().startswith((",", ";", "("))


def _starts_assignment(line: str) -> bool:
    head = _HEAD.match(line)
    return head is not None and head["sign"] != "("


def _change(statement: str, line: int, place: str) -> CinChange:
    """One statement. Raises ValueError with the problem."""
    head = _HEAD.match(statement)
    if head is None:
        raise ValueError(f'"{_short(statement)}" is not a change')
    name = " ".join(head["name"].strip("#").split())
    subscripts: tuple[str, ...] = ()
    if head["subscripts"] is not None:
        subscripts = tuple(" ".join(s.split()) for s in head["subscripts"].split(","))
        if not all(subscripts):
            raise ValueError(f'a subscript of "{name}" is empty')
    rest = statement[head.end() :]
    if head["sign"] == "(":
        points = read_points(f"({rest}".strip(), name, place)
        return CinChange(name, subscripts, points=points, line=line)
    if head["sign"] != "=":
        found = _TEXT.match(rest)
        if found is None:
            raise ValueError(f"the text of \"{name}\" must be in quotes '...'")
        return CinChange(name, subscripts, text=found[1], line=line)
    values = tuple(_number(part, name) for part in _parts(_UPPER_BOUND.sub("", rest)))
    if not values:
        raise ValueError(f'"{name}" has no value')
    if len(values) > 1 and not subscripts:
        raise ValueError(f'"{name}" has {len(values)} values but no subscript')
    return CinChange(name, subscripts, values, line=line)


def _parts(text: str) -> list[str]:
    """The numbers of a list, with commas between them and semicolons after rows."""
    text = text.strip()
    return re.split("[,;]", text.removesuffix(";")) if text else []


def _number(text: str, name: str) -> float:
    text = text.strip()
    if text.upper() == ":NA:":
        return NA
    value = as_number(text)
    if value is None or not math.isfinite(value):
        raise ValueError(f'"{_short(text)}" is not a number (for "{name}")')
    return value


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[:40]}..." if len(text) > 40 else text
