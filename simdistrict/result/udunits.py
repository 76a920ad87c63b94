"""The UDUNITS spelling of a Vensim unit, for the attributes of a result file.

Text in, text out: converts no numbers and checks no units.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from simdistrict.base.numbers import real
from simdistrict.model.unit_text import factors

DIMENSIONLESS = "1"
MAX_POWER = 9  # UDUNITS overflows beyond, and no quantity has such a unit

# Counting units of a model (EUR, person, Widget, su) have no UDUNITS name. They count as 1, so
# that "EUR/(su*Year)" is a rate per year for any program that reads the file.
_SYMBOLS = frozenset(
    "s min h d kg g mg m km cm mm t kt Mt Gt l J kJ MJ GJ TJ PJ EJ W kW MW GW TW K degC".split()
)
_WORDS = {
    "second": "second",
    "sec": "second",
    "minute": "minute",
    "hour": "hour",
    "hr": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "(3 month)",  # UDUNITS has no quarter
    "year": "year",
    "yr": "year",
    "decade": "(10 year)",
    "century": "century",
    "kilogram": "kg",
    "gram": "g",
    # UDUNITS' "ton" is the American one of 907 kg; models of this field mean 1000 kg
    "ton": "t",
    "tonne": "t",
    "metric ton": "t",
    "meter": "m",
    "metre": "m",
    "kilometer": "km",
    "kilometre": "km",
    "square meter": "m2",
    "square metre": "m2",
    "cubic meter": "m3",
    "cubic metre": "m3",
    "m2": "m2",
    "m3": "m3",
    "km2": "km2",
    "hectare": "hectare",
    "ha": "hectare",
    "acre": "acre",
    "liter": "l",
    "litre": "l",
    "barrel": "barrel",
    "joule": "J",
    "watt": "W",
    "kelvin": "K",
    "degree celsius": "degC",
    "degree c": "degC",
    "degree fahrenheit": "degF",
    "degree f": "degF",
    "wh": "W*h",
    "kwh": "kW*h",
    "mwh": "MW*h",
    "gwh": "GW*h",
    "twh": "TW*h",
    "percent": "%",  # after another unit UDUNITS reads the head of the word as "per"
    "%": "%",
    "ppm": "(1e-6)",
    "radian": "radian",
}
_POWERED = re.compile(r"([A-Za-z]+)(\d)$")


@cache
def udunits(vensim_units: str) -> str:
    """The UDUNITS text of a Vensim unit; "1" where UDUNITS knows none of its factors.

    "EUR/(su*Year)" gives "year-1", "kg*m/s/s" gives "kg m s-2"; "Dmnl", "" and text that is no
    unit give "1". Never raises.
    """
    try:
        exponents: dict[str, int] = {}
        for factor, power in factors(vensim_units.split("[", 1)[0]) if vensim_units else ():
            if not power.is_integer():
                return DIMENSIONLESS
            for symbol, n in _known(factor):
                exponents[symbol] = exponents.get(symbol, 0) + n * int(power)
    except ValueError:
        return DIMENSIONLESS
    if any(abs(n) > MAX_POWER for n in exponents.values()):
        return DIMENSIONLESS
    parts = [s if n == 1 else f"{s}{n}" for s, n in exponents.items() if n]
    return " ".join(parts) or DIMENSIONLESS


def _known(name: str) -> Iterator[tuple[str, int]]:
    """The UDUNITS symbols of one factor with their powers; none for a counting unit."""
    name = " ".join(name.replace("_", " ").strip("\"' ").split())
    number = real(name)
    if number is not None:
        if not 1e-30 < number < 1e30:
            raise ValueError("not a factor of a unit")
        if number != 1:
            yield f"({number:.12g})", 1
        return
    if name in _SYMBOLS:
        yield name, 1
        return
    word = name.lower()
    head, _, tail = word.partition(" ")
    for form in (word, word.removesuffix("s"), f"{head.removesuffix('s')} {tail}"):
        if form in _WORDS:
            for symbol in _WORDS[form].split("*"):
                powered = _POWERED.match(symbol)
                yield (powered[1], int(powered[2])) if powered else (symbol, 1)
            return
