"""Labels of axes: units as people read them, and numbers of a handy size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

NONE = ("dmnl", "dimensionless", "fraction", "1", "no units", "unitless")
_WORDS = {3: "thousand", 6: "million", 9: "billion", 12: "trillion"}
_MINUS = "\N{SUPERSCRIPT MINUS}"
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹" + _MINUS)


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers are divided by 10 ** power; label: of the axis, with the unit."""

    power: int
    label: str

    def of(self, values: Any) -> Any:
        """Numbers in the unit of the label."""
        # in two steps, because 10.0 ** -320 has few digits
        half = self.power // 2
        return np.asarray(values, float) / 10.0**half / 10.0 ** (self.power - half)


def is_plain(unit: str) -> bool:
    """Whether numbers of this unit are shares, indices and other ratios."""
    return unit.strip().casefold() in NONE


def unit_words(unit: str) -> str:
    """A unit for the label of an axis; every axis says one."""
    words = " ".join(unit.split())
    if not words:
        return "unit not stated"
    return "dimensionless" if is_plain(words) else words


def scale_for(values: Sequence[Any], unit: str, prefix: str = "") -> Scale:
    """A scale for arrays that share an axis. prefix: what the axis shows, if not the element."""
    with np.errstate(invalid="ignore"):
        sizes = [float(np.nanmax(np.abs(v))) for v in values if np.isfinite(v).any()]
    largest, power = max(sizes, default=0.0), 0
    if largest >= 1e4 or 0 < largest < 1e-3:
        power = 3 * math.floor(math.log10(largest) / 3)
    words = unit_words(unit)
    if power:
        size = _WORDS.get(power, f"10{str(power).translate(_RAISED)}")
        words = (
            f"{size}, {words}" if words.startswith(("dimension", "unit ")) else f"{size} {words}"
        )
    return Scale(power, f"{prefix}, {words}" if prefix else words)


def time_label(unit: str, times: Any) -> str:
    """The label of the time axis; a calendar needs no unit in brackets."""
    words = " ".join(unit.split())
    if words.casefold() in ("year", "years") and len(times) and 1000 < np.nanmin(times) < 3000:
        return "Year"
    return f"Time ({words or 'unit not stated'})"
