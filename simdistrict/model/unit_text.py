"""The text of a Vensim unit as factors: `EUR/(su*Year)` is EUR, su^-1 and Year^-1.

What the names mean is not known here.
"""

from __future__ import annotations

import re

from simdistrict.base.numbers import real

Factors = list[tuple[str, float]]

_TOKEN = re.compile(
    r"\s*(\*\*|[-*/^()]|[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[^\W\d][^*/^()]*|[$%€£#][^*/^()]*)"
)
_MOST = 200


def factors(text: str) -> Factors:
    """The names and numbers of a unit with their powers, in the order of the text.

    Raises ValueError with one sentence when the text is no unit.
    """
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if not match:
            raise ValueError(f'the unit "{text}" cannot be read at "{text[at:].strip()[:20]}"')
        tokens.append(match.group(1).strip())
        at = match.end()
    if len(tokens) > _MOST:
        raise ValueError("the unit is longer than any unit can be")
    parser = _Parser(text, tokens)
    found = parser.product()
    if parser.at < len(tokens):
        raise ValueError(f'the unit "{text}" cannot be read at "{" ".join(tokens[parser.at :])}"')
    return found


class _Parser:
    """Recursive descent over the tokens of a unit text."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next()
        self.at += 1
        return token

    def product(self) -> Factors:
        found = self.power()
        while self.next() in ("*", "/"):
            sign = 1.0 if self.take() == "*" else -1.0
            found = [*found, *((name, n * sign) for name, n in self.power())]
        return found

    def power(self) -> Factors:
        found = self.atom()
        if self.next() not in ("^", "**"):
            return found
        self.take()
        bracket = self.next() == "("
        self.at += bracket
        sign = self.take() if self.next() == "-" else ""
        exponent = self.take()
        power = real(sign + exponent)
        if power is None:
            what = f'the unit "{self.text}" has the exponent "{exponent}", which is no number'
            raise ValueError(what)
        if bracket:
            self.close()
        return [(name, n * power) for name, n in found]

    def atom(self) -> Factors:
        token = self.take()
        if token == "(":
            found = self.product()
            self.close()
            return found
        if not token or token in ("*", "/", "^", "**", ")", "-"):
            raise ValueError(f'the unit "{self.text}" cannot be read at "{token or "its end"}"')
        return [(token, 1.0)]

    def close(self) -> None:
        if self.take() != ")":
            raise ValueError(f'the unit "{self.text}" has an open parenthesis')
