"""Parts of the sentences about studies: states, numbers, shares, lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST = 6  # items of a list that are printed
NOTHING = 1e-15  # magnitudes below this, in any unit, are zero up to rounding
LONGER = "a longer --horizon may help, a drift without end has none"


def settled(attractor: dict[str, Any]) -> str:
    """The state of an attractor; of a cycle its middle, with its period."""
    period = f"cycle of period {attractor['period']:.6g} around " if attractor["period"] else ""
    return period + values(attractor)


def values(point: dict[str, Any]) -> str:
    """The outputs of a point, else its first stocks."""
    shown = point["outputs"] or dict(list(point["state"].items())[:MOST])
    more = " ..." if not point["outputs"] and len(point["state"]) > MOST else ""
    return ", ".join(f"{name} {number(value)}" for name, value in shown.items()) + more


def number(value: float | None, digits: int = 6) -> str:
    """A number to some digits."""
    if value is None:
        return "none"
    return "0" if abs(value) < NOTHING else f"{value:.{digits}g}"


def interval(own: dict[str, Any], digits: int = 2) -> str:
    """A share with its interval."""
    low, high = own["interval_95"]
    return f"{own['share']:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def few(names: Sequence[str], joint: str = " and ") -> str:
    """The first names, and the number of the others."""
    more = f"{joint}{len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more
