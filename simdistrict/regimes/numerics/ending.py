"""Why and where a followed curve ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Why a curve ends; the value is the phrase that a sentence begins with.

    bounds: at an end of the interval that was followed; range: at an end of the range that the
    model states for the parameter; region: a stock leaves its box; undefined: the net flows have
    no finite value there; line: all states of a line are equilibria at one value.
    """

    bounds = "bounds"
    range = "left its range"
    region = "region:"
    undefined = "undefined: the flows have no finite value next to it,"
    closed = "closed"
    line = "a line of equilibria, not followed further,"
    no_convergence = "no convergence"
    too_many_points = "too many points"


@dataclass(frozen=True, slots=True)
class CurveEnding:
    """One end of a curve.

    at: the parameters there, none for a branch that closes on itself; name: of the stock that
    leaves its box, or the range that the parameter leaves.
    """

    reason: Reason
    at: tuple[float, ...] = ()
    name: str = ""

    @property
    def sentence(self) -> str:
        """The reason and the place."""
        phrase = self.reason.value
        if self.reason is Reason.range:
            phrase = f"{phrase} {self.name}"
        if self.reason is Reason.region:
            phrase = f'{phrase} "{self.name}"'
            if len(self.at) == 1:
                phrase += " leaves the values that make sense,"
        place = ", ".join(f"{value:.8g}" for value in self.at)
        return f"{phrase} at {place}" if place else phrase
