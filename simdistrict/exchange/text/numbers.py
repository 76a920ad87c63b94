"""Numbers as text: what Vensim, Stella and C write, and the shortest text of a number."""

from __future__ import annotations

import math

from simdistrict.model.expr import NA

# not \d, which matches the digits of all scripts
NUMBER = r"(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?"
SIGNED = rf"[-+]?{NUMBER}"
# blanks may follow the sign, as in an equation
SPACED = rf"(?:[-+]\s*+)?{NUMBER}"
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
    """A number as Vensim, Stella and C write it, NaN for :NA:; None for any other text."""
    try:
        value = float(text)
    except ValueError:
        return _WORDS.get(text.strip().lower())
    if "_" in text or not text.isascii():  # Python also reads 1_000 and digits of other scripts
        return None
    return math.nan if math.isclose(value, NA, rel_tol=1e-5) else value


def spaced_number(text: str) -> float:
    """The value of a text that matches `SPACED`."""
    return float("".join(text.split()))
