"""Numbers in the texts of models and data: the words for missing ones, and the shortest text."""

from __future__ import annotations

import math
import re
import unicodedata

from simdistrict.base.numbers import NUMBER, SIGNED, real
from simdistrict.model.expr import NA

__all__ = [
    "NUMBER",
    "SIGNED",
    "SPACED",
    "as_number",
    "begins_as_number",
    "has_digits",
    "number",
    "spaced_number",
]

# blanks may follow the sign, as in an equation
SPACED = rf"(?:[-+]\s*+)?{NUMBER}"
_NO_FINITE = re.compile(r"[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
_WORDS = {
    ":na:": math.nan,
    # what the C library below Vensim prints for infinity and NaN
    "1.#inf": math.inf,
    "-1.#inf": -math.inf,
    "1.#qnan": math.nan,
    "-1.#ind": math.nan,
}


def number(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(value).removesuffix(".0")


def as_number(text: str) -> float | None:
    """A number in a table of data: NaN for :NA: in words or as Vensim stores it.

    None for any other text; an empty cell is none, and `nan` and `inf` are words like others.
    """
    value = real(text)
    if value is None:
        return _WORDS.get(text.strip().lower())
    return math.nan if math.isclose(value, NA, rel_tol=1e-5) else value


def spaced_number(text: str) -> float:
    """The value of a text that matches `SPACED`; infinite where it is too large."""
    value = real("".join(text.split()))
    return math.inf if value is None else value


def has_digits(text: str) -> bool:
    """Whether a text has a digit of any script, a fraction or a Roman numeral of Unicode."""
    return any(unicodedata.category(sign).startswith("N") for sign in text)


def begins_as_number(text: str) -> bool:
    """Whether a text may be meant as a number: `2abc`, `$3`, `(5)`, `−1`, `inf`; `n/a` is not."""
    text = text.strip()
    first = next((k for k, sign in enumerate(text) if sign.isalnum()), len(text))
    return has_digits(text[first : first + 1]) or _NO_FINITE.fullmatch(text) is not None
