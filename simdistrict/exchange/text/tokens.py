"""Lexer of Vensim's equation language: tokens with their positions in the text."""

from __future__ import annotations

import re
from typing import NamedTuple

from simdistrict.exchange.text.numbers import NUMBER
from simdistrict.exchange.text.patterns import COMMENT, QUOTED
from simdistrict.model.expr import fold, unquoted

# an unquoted name: words of letters, digits, _ $ and '; the first word does not start with a
# digit; any character outside ASCII is allowed (by exclusion: a class of all Unicode letters
# takes 8 ms to compile)
_LETTER = r"[^\W\d]|[^\x00-\x7f]"
_WORD = r"[^\x00-#%&(-/:-@\[-^`{-\x7f]"
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
    # only the keywords ignore case: ignoring it in the wide classes of names is slow
    re.VERBOSE | re.DOTALL,
)
# {comments} and line continuations become blanks; a quoted name is kept
_NO_VALUE = re.compile(rf"({QUOTED})|{COMMENT}|\\[ \t]*+\n", re.DOTALL)
_CONTINUED = re.compile(r"\\[ \t]*+\n")


class Token(NamedTuple):
    """kind: number, name, sign, bracket, keyword, text, other or end; start: its position."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> list[Token]:
    """The tokens of an equation without comments; the last is `end`."""
    found: list[Token] = []
    match = _TOKEN.match
    at = 0
    while True:
        token = match(text, at)
        assert token is not None  # `other` matches any character
        kind = token.lastgroup or "end"
        found.append(Token(kind, token[kind], token.start(kind)))
        if kind == "end":
            return found
        at = token.end()


def spelled_in(text: str, name: str) -> str:
    """A folded name as an equation spells it, without quotes; empty where it is not there."""
    names = (token.text for token in tokens(text) if token.kind == "name")
    return next((" ".join(unquoted(n).split()) for n in names if fold(n) == name), "")


def masked(text: str) -> str:
    """The text with blanks for {comments} and line continuations; newlines are kept."""
    if "{" in text:
        text = _NO_VALUE.sub(_blanked, text)
    return _CONTINUED.sub(_blanked, text) if "\\" in text else text


def _blanked(match: re.Match[str]) -> str:
    whole = match.group()
    return whole if match.lastindex else "".join("\n" if c == "\n" else " " for c in whole)


def split_commas(text: str) -> list[str]:
    """The stripped parts between commas outside parentheses and quotes."""
    return _split(text, ",")


def split_arrows(text: str) -> list[str]:
    """The stripped parts between `->` outside parentheses and quotes."""
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
