"""Units of measurement as Vensim writes them, and their algebra. The only door to pint.

A unit is a product of powers of names; names that are not declared synonyms differ, so that
Year and Month do not convert silently. Nothing here knows equations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from simdistrict.model.expr import fold

if TYPE_CHECKING:
    from pint.facets.plain import PlainUnit as Unit

_TOKEN = re.compile(r"\s*(\*\*|[-*/^()]|\d+(?:\.\d+)?|[^\W\d][^*/^()]*|[$%€£#][^*/^()]*)")
_PLAIN = frozenset({"", "1", "dmnl", "dimensionless", "nondimensional", "no units", "unitless"})

# Vensim's own defaults (code 22 of the settings block of a new model)
DEFAULT_SYNONYMS = (
    ("$", "Dollar", "Dollars", "$s"),
    ("Day", "Days"),
    ("Hour", "Hours"),
    ("Month", "Months"),
    ("Person", "People", "Persons"),
    ("Unit", "Units"),
    ("Week", "Weeks"),
    ("Year", "Years"),
)


class Units:
    """A registry of unit names and the units made of them."""

    def __init__(self, synonyms: Iterable[tuple[str, ...]] = ()) -> None:
        import pint

        self._registry: Any = pint.UnitRegistry(None)
        self._names: dict[str, str] = {}  # folded name -> pint's name
        self._spelling: dict[str, str] = {}  # pint's name -> first spelling seen
        self._parsed: dict[str, Unit] = {}
        self._same: dict[str, str] = {}
        for group in (*DEFAULT_SYNONYMS, *synonyms):
            first = self._same.get(fold(group[0]), fold(group[0]))
            for name in group:
                self._same.setdefault(fold(name), first)
        self.none: Unit = self._registry.Unit("")

    def parse(self, text: str) -> Unit:
        """The unit in a Vensim unit text such as `EUR/(su*Year)`.

        Raises ValueError with one sentence when the text is no unit.
        """
        if text not in self._parsed:
            self._parsed[text] = self._parse(text)
        return self._parsed[text]

    def _parse(self, text: str) -> Unit:
        if fold(text) in _PLAIN:
            return self.none
        parser = _Parser(text, self)
        unit = parser.product()
        if parser.rest():
            raise ValueError(f'the unit "{text}" cannot be read at "{parser.rest()}"')
        return unit

    def base(self, name: str) -> Unit:
        """The unit of one name; names are compared as Vensim compares them."""
        name = " ".join(name.split())
        if fold(name) in _PLAIN:
            return self.none
        key = self._same.get(fold(name), fold(name))
        if key not in self._names:
            own = f"unit_{len(self._names)}"
            self._registry.define(f"{own} = [{own}]")
            self._names[key] = own
            self._spelling[own] = name
        unit: Unit = self._registry.Unit(self._names[key])
        return unit

    def powers(self, unit: Unit) -> dict[str, float]:
        """The base units in a unit, in the first spelling seen, each with its power."""
        return {
            self._spelling[own]: float(cast(float, power)) for own, power in unit._units.items()
        }

    def text(self, unit: Unit) -> str:
        """A unit as Vensim would write it; `Dmnl` for none."""
        above: list[str] = []
        below: list[str] = []
        for own, exponent in unit._units.items():
            power = float(cast(float, exponent))
            name, size = self._spelling[own], abs(power)
            word = name if size == 1 else f"{name}^{size:g}"
            (above if power > 0 else below).append(word)
        if not above and not below:
            return "Dmnl"
        top = "*".join(sorted(above)) or "1"
        if not below:
            return top
        bottom = "*".join(sorted(below))
        return f"{top}/{bottom}" if len(below) == 1 else f"{top}/({bottom})"


class _Parser:
    """Recursive descent over the tokens of a unit text."""

    def __init__(self, text: str, units: Units) -> None:
        self.text = text
        self.units = units
        self.tokens = self._tokens(text)
        self.at = 0

    @staticmethod
    def _tokens(text: str) -> list[str]:
        tokens, at = [], 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if not match:
                raise ValueError(f'the unit "{text}" cannot be read at "{text[at:].strip()[:20]}"')
            tokens.append(match.group(1).strip())
            at = match.end()
        if len(tokens) > 200:
            raise ValueError("the unit is longer than any unit can be")
        return tokens

    def rest(self) -> str:
        return " ".join(self.tokens[self.at :])

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def product(self) -> Unit:
        unit: Unit = self.power()
        while self.next() in ("*", "/"):
            op = self.next()
            self.at += 1
            other = self.power()
            unit = unit * other if op == "*" else unit / other
        return unit

    def power(self) -> Unit:
        unit: Unit = self.atom()
        if self.next() in ("^", "**"):
            self.at += 1
            sign = 1.0
            if self.next() == "-":
                sign = -1.0
                self.at += 1
            exponent = self.next()
            try:
                unit = unit ** (sign * float(exponent))
            except ValueError:
                raise ValueError(
                    f'the unit "{self.text}" has the exponent "{exponent}", which is no number'
                ) from None
            self.at += 1
        return unit

    def atom(self) -> Unit:
        token = self.next()
        self.at += 1
        if token == "(":
            unit = self.product()
            if self.next() != ")":
                raise ValueError(f'the unit "{self.text}" has an open parenthesis')
            self.at += 1
            return unit
        if not token or token in ("*", "/", "^", "**", ")", "-"):
            raise ValueError(f'the unit "{self.text}" cannot be read at "{token or "its end"}"')
        if token[0].isdigit():
            if float(token) != 1.0:
                raise ValueError(f'the unit "{self.text}" holds the number {token}')
            return self.units.none
        return self.units.base(token)
