"""Vensim's units of measurement and their algebra. The only door to pint.

A unit is a product of powers of names. Names differ unless declared synonyms: Year and Month do
not convert silently. Nothing here knows equations.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from simdistrict.base.numbers import real
from simdistrict.model.expr import fold
from simdistrict.model.unit_text import factors

if TYPE_CHECKING:
    from pint.facets.plain import PlainUnit as Unit

    from simdistrict.model.model import Element

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
    """A registry of unit names."""

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

        Raises ValueError with one sentence where the text is no unit.
        """
        if text not in self._parsed:
            self._parsed[text] = self._parse(text)
        return self._parsed[text]

    def _parse(self, text: str) -> Unit:
        if fold(text) in _PLAIN:
            return self.none
        unit = self.none
        for name, power in factors(text):
            number = real(name)
            if number is None:
                unit = unit * self.base(name) ** power
            elif number != 1.0:
                raise ValueError(f'the unit "{text}" holds the number {name}')
        return unit

    def base(self, name: str) -> Unit:
        """The unit of one name, matched as in Vensim."""
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

    def of(self, element: Element | None) -> Unit | None:
        """The stated unit of an element; None where there is none or it cannot be read."""
        if element is None or not element.units.strip():
            return None
        try:
            return self.parse(element.units)
        except ValueError:
            return None

    def powers(self, unit: Unit) -> dict[str, float]:
        """The base units of a unit, in the first spelling seen, with their powers."""
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
