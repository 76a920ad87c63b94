"""Names of result variables and dimensions: unique snake_case of the model's names.

Text only; a model always has the same names.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Model

# variables of a result that are not elements of the model
RESERVED = (
    "time",
    "scenario",
    "member",
    "design",
    "design_chain",
    "sampled",
    "outcome",
    "outcome_time",
    "outcome_message",
    "scenario_title",
    "scenario_name",
)
# of the 256 bytes that netCDF allows, some are left for what is put behind a name
MAX_NAME = 200
# netCDF stores text along dimensions with such names
_TEXT_DIMENSION = re.compile(r"string\d+$")
# letters that Unicode does not decompose into a Latin letter and an accent
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l"}
    | {"ı": "i", "µ": "u", "€": " eur ", "$": " usd ", "%": " percent "}
    | dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", "abgdezhtiklmnxoprsstyfcpo", strict=True))
)


@dataclass(frozen=True, slots=True)
class Names:
    """elements: folded name -> variable; dims: (folded dimension, earlier uses) -> dimension."""

    elements: Mapping[str, str]
    dims: Mapping[tuple[str, int], str]

    def dims_of(self, element: Element) -> tuple[str, ...]:
        """The dimensions of an element's variable.

        A dimension that the element has twice gets a second name, because a netCDF variable with
        a repeated dimension cannot be read by label.
        """
        folded = [fold(d) for d in element.dims]
        return tuple(self.dims[d, folded[:i].count(d)] for i, d in enumerate(folded))


def names_of(model: Model) -> Names:
    """Names for all dimensions, then for all elements, in the order of the model.

    A taken name gets `_2`, `_3`, ...; dimensions come first, so that of an element and a
    dimension with one name, the element is renamed. A very long name is cut.
    """
    taken = set(RESERVED)
    dims = {(key, 0): _free(snake(d.name), taken) for key, d in model.dims_by_name.items()}
    for element in model:
        folded = [fold(d) for d in element.dims]
        for key in dict.fromkeys(folded):
            for earlier in range(1, folded.count(key)):
                if (key, earlier) not in dims:
                    dims[key, earlier] = _free(dims[key, 0], taken)
    elements = {key: _free(snake(e.name), taken) for key, e in model.by_name.items()}
    return Names(elements, dims)


def snake(name: str) -> str:
    """An ASCII Python identifier: letters lose their accents, other characters become `_`.

    Letters of other alphabets are dropped; an empty name becomes `x`, a leading digit gets the
    prefix `x_`, a Python keyword the suffix `_`.
    """
    folded = fold(name).translate(_LETTERS)
    letters = unicodedata.normalize("NFKD", folded)
    ascii_only = "".join(c for c in letters if c.isascii() or not unicodedata.combining(c))
    words = re.findall(r"[a-z0-9]+", ascii_only.lower())
    result = "_".join(words) or "x"
    if result[0].isdigit():
        result = f"x_{result}"
    return f"{result}_" if keyword.iskeyword(result) else result


def _free(name: str, taken: set[str]) -> str:
    name = candidate = name[:MAX_NAME]
    n = 1
    while candidate in taken or _TEXT_DIMENSION.match(candidate):
        n += 1
        candidate = f"{name}_{n}"
    taken.add(candidate)
    return candidate
