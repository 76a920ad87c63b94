"""Numbers with the range that they should lie in, and their verdicts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simdistrict.tables.table import Cell, Column

HOLDS, FAILS, SHOWN, NO_CASE = "holds", "FAILS", "shown", "no case"


@dataclass(frozen=True, slots=True)
class Test:
    """A number with the range that it should lie in; None for an open end."""

    of: str
    what: str
    low: float | None
    high: float | None
    value: float

    @property
    def holds(self) -> bool:
        """Whether the value lies in the range, ends included."""
        above = self.low is None or self.value >= self.low
        return above and (self.high is None or self.value <= self.high)

    @property
    def verdict(self) -> str:
        """The verdict; a number without a range is only shown."""
        if self.low is None and self.high is None:
            return SHOWN
        if math.isnan(self.value):
            return NO_CASE
        return HOLDS if self.holds else FAILS

    def row(self) -> tuple[Cell, ...]:
        """The cells of a row, verdict first."""
        return (self.verdict, self.of, self.what, self.low, self.high, self.value)


def verdict_columns(of: str) -> tuple[Column, ...]:
    """The columns of `Test.row`."""
    ends = (Column(name, significant=3) for name in ("low", "high", "value"))
    return (Column("verdict"), Column(of), Column("what"), *ends)


def failing_first(tests: list[Test]) -> tuple[tuple[Cell, ...], ...]:
    """The rows of tests, failures first, else in their order."""
    order = (FAILS, NO_CASE)
    first = sorted(tests, key=lambda t: order.index(t.verdict) if t.verdict in order else 2)
    return tuple(test.row() for test in first)
