"""The words and signs of Vensim's equation language, each with its place in the text.

Splits only; what the signs mean is the parser's question.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from simdistrict.exchange.text.numbers import NUMBER

# a bare name: words of letters, digits, _ $ and ', the first of which starts with no digit;
# every letter and sign outside ASCII may stand in a name
# (by what cannot: a class that lists all of Unicode takes 8 ms to compile)
_LETTER = r"[^\W\d]|[^\x00-\x7f]"
_WORD = r"[^\x00-#%&(-/:-@\[-^`{-\x7f]"
QUOTED = r'"(?:[^"\\]|\\.)*+"'
_TOKEN = re.compile(
    rf"""\s*+(?:
      (?P<number>{NUMBER})
    | (?P<name>(?:{_LETTER}){_WORD}*+(?:\s++{_WORD}++)*+ | {QUOTED})
    | (?P<sign><=|>=|<>|[-+*/^=<>(),;!])
    | (?P<bracket>\[(?:[^\[\]"]++|{QUOTED})*+\])
    | (?P<keyword>:\s*+(?i:AND|OR|NOT|NA|IMPLIES)\s*+: | :)
    | (?P<text>'[^']*+')
    | (?P<end>\Z)
    | (?P<other>.)
    )""",
    # without case in the keywords alone: for a range of letters as wide as a word's it takes long
    re.VERBOSE | re.DOTALL,
)
# a quoted name stays; {comments} and line continuations count as blanks
_NO_VALUE = re.compile(rf"({QUOTED})|\{{[^{{}}]*+\}}|\\[ \t]*+\n", re.DOTALL)
_CONTINUED = re.compile(r"\\[ \t]*+\n")


class Token(NamedTuple):
    """kind: number, name, sign, bracket, keyword, text, other or end; start: place in the text."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> list[Token]:
    """All tokens of an equation without comments, the end included."""
    found: list[Token] = []
    match = _TOKEN.match
    at = 0
    while True:
        token = match(text, at)
        assert token is not None  # `other` takes any character
        kind = token.lastgroup or "end"
        found.append(Token(kind, token[kind], token.start(kind)))
        if kind == "end":
            return found
        at = token.end()


def masked(text: str) -> str:
    """The text with blanks for {comments} and line continuations; every newline stays."""
    if "{" in text:
        text = _NO_VALUE.sub(_blanked, text)
    return _CONTINUED.sub(_blanked, text) if "\\" in text else text


def _blanked(match: re.Match[str]) -> str:
    whole = match.group()
    return whole if match.lastindex else "".join("\n" if c == "\n" else " " for c in whole)


def split_commas(text: str) -> list[str]:
    """The parts between commas that stand outside parentheses and quotes, without blanks around."""
    return _split(text, ",")


def split_arrows(text: str) -> list[str]:
    """The parts between `->` that stand outside parentheses and quotes, without blanks around."""
    return _split(text, "->")


_MARK = re.compile(rf"{QUOTED}|->|[(),]")


def _split(text: str, mark: str) -> list[str]:
    parts: list[str] = []
    depth = begin = 0
    for match in _MARK.finditer(text):
        sign = match.group()
        if sign == mark and depth == 0:
            parts.append(text[begin : match.start()].strip())
            begin = match.end()
        depth += (sign == "(") - (sign == ")")
    return [*parts, text[begin:].strip()]
