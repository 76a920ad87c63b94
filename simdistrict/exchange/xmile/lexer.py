"""Lexer of XMILE's equation language: tokens with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.text.numbers import NUMBER
from simdistrict.exchange.text.patterns import COMMENT, QUOTED
from simdistrict.exchange.xmile.spelling import spelled

_SKIP = re.compile(rf"(?:\s|{COMMENT})+")
_NUMBER = re.compile(NUMBER)
# a word may contain 's; a name is words joined by dots, the first ones modules
# a no-break space is an underscore to XMILE
_WORD = r"(?:[^\W\d]|[_$])(?:[\w$]|'(?=\w)|\s*\xa0\s*(?=[\w$]))*+"
_NAME = re.compile(rf"\.?(?:{QUOTED}|{_WORD})(?:\.(?:{QUOTED}|{_WORD}|\d+))*(?:\.\*(?=\s*[],]))?")
_OPERATOR = re.compile(r"<=|>=|<>|!=|==|//|\*\*|[-+*/^=<>()\[\],:@']")
WORDS = frozenset("and or not mod if then else".split())


@dataclass(frozen=True, slots=True)
class XmileToken:
    """kind: number, name, word (an operator in letters), operator or end.

    text: lower case for words, without quotes and escapes for names; line: from 0.
    """

    kind: str
    text: str
    line: int
    quoted: bool = False


def tokens(text: str, element: str, where: str, line: int) -> list[XmileToken]:
    """All tokens; the last is `end`. Raises ModelError for a character that starts none."""
    found: list[XmileToken] = []
    at, row, counted = 0, 0, 0
    while at < len(text):
        if skipped := _SKIP.match(text, at):
            at = skipped.end()
            continue
        row += text.count("\n", counted, at)
        counted = at
        if (match := _NUMBER.match(text, at)) and len(match.group()) < 1000:
            found.append(XmileToken("number", match.group(), row))
        elif match := _NAME.match(text, at):
            found.append(_name(match.group(), row))
        elif match := _OPERATOR.match(text, at):
            found.append(XmileToken("operator", match.group(), row))
        else:
            near = text[at : at + 20].split("\n")[0]
            what = f'the equation of "{element}" cannot be read at "{near}"'
            raise ModelError(Problem(f"{where}:{line + row}", what))
        at = match.end()
    return [*found, XmileToken("end", "", row)]


def _name(text: str, row: int) -> XmileToken:
    if text.lower() in WORDS:
        return XmileToken("word", text.lower(), row)
    if '"' not in text:
        return XmileToken("name", text, row)
    plain = re.sub(QUOTED, lambda m: spelled(m.group()[1:-1]), text)
    return XmileToken("name", plain, row, quoted=True)
