"""The left-hand side of a definition: a name, its subscripts, and exceptions from them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simdistrict.exchange.text.patterns import QUOTED
from simdistrict.exchange.text.tokens import split_commas

_BRACKET = rf"\[(?:[^\[\]\"]++|{QUOTED})*+\]"
_EXCEPT = r":\s*EXCEPT\s*:"
_LEFT = re.compile(
    rf"""\s*(?P<name>{QUOTED}|[^\[\]":]*)\s*
    (?P<subscripts>{_BRACKET})?\s*
    (?:{_EXCEPT}\s*(?P<exceptions>{_BRACKET}(?:\s*,\s*{_BRACKET})*))?\s*""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BRACKETS = re.compile(_BRACKET, re.DOTALL)
BEFORE_SECOND_COLON = re.compile(r":\s*EXCEPT\s*$", re.IGNORECASE)
EXCEPTION = re.compile(_EXCEPT, re.IGNORECASE)
# signs that have a meaning of their own; a hyphen among letters is left alone
_SIGNS = re.compile(r"[+*/^=<>()\[\],;:!\"{}&|~]|(?<=\s)-|-(?=\s)|^-")


@dataclass(frozen=True, slots=True)
class LeftSide:
    """spelling: of the name, with its quotes; junk: what follows and belongs to nothing."""

    spelling: str
    subscripts: tuple[str, ...]
    exceptions: tuple[tuple[str, ...], ...]
    junk: str


def left_side(text: str) -> LeftSide:
    """The parts of a left-hand side."""
    match = _LEFT.match(text)
    assert match is not None  # every part may be absent
    subscripts = match["subscripts"]
    exceptions = _BRACKETS.findall(match["exceptions"] or "")
    return LeftSide(
        " ".join(match["name"].split()),
        _subscripts(subscripts) if subscripts else (),
        tuple(map(_subscripts, exceptions)),
        " ".join(text[match.end() :].split()),
    )


def foreign_sign(name: str) -> str:
    """A sign in a name without quotes that no such name can have; empty without one."""
    match = None if name.startswith('"') else _SIGNS.search(name)
    return match.group() if match else ""


def _subscripts(bracket: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in split_commas(bracket[1:-1]))
