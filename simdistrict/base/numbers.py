"""Numbers from text: the one parser, for every file and for the command line.

A number has ASCII digits, a decimal point and at most an exponent: `12`, `.5`, `-1.5e-3`. Python's
own `float` and `int` would also read `1_000`, the digits of other scripts, `nan` and `infinity`.
"""

from __future__ import annotations

import math
import re

# not \d, which matches the digits of all scripts
NUMBER = r"(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?"
SIGNED = rf"[-+]?{NUMBER}"
_REAL, _WHOLE = re.compile(SIGNED), re.compile(r"[-+]?[0-9]{1,300}")
_BLANKS = " \t\r\n\f\v\xa0"
_HINTS = (
    (re.compile(r"[-+]?[0-9]*,[0-9]+(?:[eE][-+]?[0-9]+)?"), "write a decimal point, not a comma"),
    (re.compile(r"[-+]?[0-9]+(?:[_' \u2009\u202f\xa0,][0-9]+)+(?:\.[0-9]*)?"), "write digits only"),
    (re.compile(r"[-+]?[0-9.]+[dD][-+]?[0-9]+"), "write the exponent with e: 1e5"),
    (re.compile(r"[-+]?0[xXoObB][0-9a-fA-F_]+"), "write a decimal number"),
    (re.compile(r"[-+]?[0-9.]+[eE][-+]?"), "the exponent has no digits"),
    (re.compile(r"[-+]?[0-9.]+ *%"), "write a share, such as 0.25 for 25 %"),
    (re.compile(r"[−–][0-9.]+(?:[eE][-+−–]?[0-9]+)?"), "write the minus sign of the keyboard"),
)  # fmt: skip


def real(text: str) -> float | None:
    """The finite number that a text is; blanks around it do not count. None for any other text."""
    text = text.strip(_BLANKS)
    if not _REAL.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def whole(text: str) -> int | None:
    """The whole number that a text is; None for any other text."""
    text = text.strip(_BLANKS)
    return int(text) if _WHOLE.fullmatch(text) else None


def too_large(text: str) -> bool:
    """Whether a text is a number beyond the largest float."""
    return real(text) is None and bool(_REAL.fullmatch(text.strip(_BLANKS)))


def hint_for(text: str) -> str:
    """What to write in place of a text that is nearly a number; empty where that is unclear."""
    text = text.strip(_BLANKS)
    if too_large(text):
        return "write a number below 1.8e308"
    if not text.isascii() and any(c.isdigit() and not c.isascii() for c in text):
        return "write the digits 0 to 9"
    return next((hint for pattern, hint in _HINTS if pattern.fullmatch(text)), "")
