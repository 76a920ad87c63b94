"""A table of results: columns with a format, and rows of values.

Knows nothing of models, runs or files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

MOST_DECIMALS = 15  # a double has no more digits


@dataclass(frozen=True, slots=True)
class Rounded:
    """A number with a format of its own, for columns of several quantities."""

    value: float
    decimals: int | None = None
    significant: int | None = None

    @property
    def text(self) -> str:
        """The printed number."""
        return Column("", self.decimals, self.significant).text(self.value)

    @property
    def unit(self) -> float:
        """One unit of the last printed digit."""
        if self.decimals is not None:
            return float(10**-self.decimals)
        if self.significant is None or self.value == 0 or not math.isfinite(self.value):
            return 1.0
        return float(10 ** (math.floor(math.log10(abs(self.value))) - self.significant + 1))


Cell = str | float | int | None | Rounded


@dataclass(frozen=True, slots=True)
class Column:
    """A name and a number format.

    decimals: digits after the point; significant: significant digits where a column holds
    numbers of several sizes. With neither, numbers are whole.
    """

    name: str
    decimals: int | None = None
    significant: int | None = None

    def __post_init__(self) -> None:
        if self.decimals is not None and self.decimals not in range(MOST_DECIMALS + 1):
            raise ValueError(f'column "{self.name}": {self.decimals} decimals')

    def text(self, value: Cell) -> str:
        """The printed value; empty if undefined."""
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, Rounded):
            return value.text
        if not math.isfinite(value):
            return ""
        if self.decimals is not None:
            said = f"{value:.{self.decimals}f}"
        elif self.significant is not None:
            said = _significant(value, self.significant)
        else:
            said = f"{value:.0f}"
        # no sign for zero
        return said.removeprefix("-") if float(said) == 0 else said

    @property
    def policy(self) -> str:
        """The rounding in words; empty for text and whole numbers."""
        if self.decimals is not None:
            return f"{self.decimals} decimal{'s' * (self.decimals != 1)}"
        return f"{self.significant} significant digits" if self.significant is not None else ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    note: Markdown for the reader. shown: tables that the page shows instead of the rows, where
    these are too many.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    shown: tuple[Table, ...] = field(default=())

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.name}: {len(row)} cells in {len(self.columns)} columns")

    @property
    def head(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    def cells(self) -> list[list[str]]:
        """The printed cells of every row."""
        pairs = [zip(self.columns, row, strict=True) for row in self.rows]
        return [[column.text(value) for column, value in pair] for pair in pairs]

    def nudged(self, share: float) -> Table:
        """The table with every fractional number changed by a share of itself."""
        rows = tuple(tuple(_nudged(cell, share) for cell in row) for row in self.rows)
        return replace(self, rows=rows, shown=tuple(part.nudged(share) for part in self.shown))

    def rounding(self) -> str:
        """The rounding of every column with numbers, in words."""
        found: dict[str, list[str]] = {}
        for column in self.columns:
            if column.policy:
                found.setdefault(column.policy, []).append(column.name)
        if len(found) == 1:
            return f"all numbers {next(iter(found))}"
        return "; ".join(f"{', '.join(names)}: {policy}" for policy, names in found.items())


def _nudged(cell: Cell, share: float) -> Cell:
    if isinstance(cell, Rounded):
        return replace(cell, value=cell.value * (1 + share))
    return cell * (1 + share) if isinstance(cell, float) else cell


def _significant(value: float, digits: int) -> str:
    """A number to some significant digits without an exponent: 37189 to three is 37200."""
    if value == 0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, decimals):.{max(decimals, 0)}f}"
