"""What is known of a system besides numbers: ranks, signs, orders and ranges, from a CSV file.

One row per statement; each has the probability that its source is right.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base import inputs
from simdistrict.base.encoding import decoded
from simdistrict.base.encoding import shown as readable
from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.base.library import shown
from simdistrict.calibration.data import DataSeries, Observation, Observations
from simdistrict.calibration.rows import RowReader
from simdistrict.model.model import Model

RANK, SIGN, ORDER, BETWEEN = "rank", "sign", "order", "between"
KINDS = (RANK, SIGN, ORDER, BETWEEN)
REQUIRED = ("statement", "kind", "elements", "year")
COLUMNS = (*REQUIRED, "value", "relative_to", "trust", "source", "note")
KIND = inputs.InputKind("a file of statements", 2_000_000)
# the probability that a source is right, where the file states none
TRUST = 0.9


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement about numbers of a model.

    kind: `rank` (the first element is number `value` of all, 1 the largest), `order` (each element
    is larger than the next), `sign` (the element is positive for a value of 1, negative for -1)
    or `between` (the element lies in `band`), in a year. relative_to: the same of the ratio to that
    year; for `sign` of the change since. elements: spelling, folded name and flat index of each.
    """

    name: str
    kind: str
    elements: tuple[tuple[str, str, int], ...]
    year: float
    value: int = 0
    band: tuple[float, float] = (-math.inf, math.inf)
    relative_to: float | None = None
    trust: float = TRUST
    source: str = ""
    line: int = 0

    @property
    def series(self) -> tuple[DataSeries, ...]:
        """What a run is read at: one row each; for the sign of a change both years."""
        ratio = self.relative_to if self.kind != SIGN else None
        years = [self.year]
        if self.kind == SIGN and self.relative_to is not None:
            years.append(self.relative_to)
        return tuple(
            DataSeries(
                self.name, spelled, key, place, (Observation(year, 0.0, line=self.line),), ratio
            )
            for spelled, key, place in self.elements
            for year in years
        )


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of one file. where: in messages; sha256: of its text."""

    where: str
    rows: tuple[Statement, ...]
    sha256: str = ""

    def observations(self, until: float | None = None) -> Observations:
        """The numbers that the statements compare, those up to a date."""
        own = [series for row in self.counting(until) for series in row.series]
        return Observations(self.where, tuple(own), self.sha256)

    def counting(self, until: float | None) -> tuple[Statement, ...]:
        """The statements about years up to a date."""
        return tuple(row for row in self.rows if until is None or row.year <= until)


NONE = Statements("", ())


def read_statements(path: str | Path, model: Model) -> Statements:
    """Read a file of statements about a model.

    Raises ExchangeError where the file cannot be read, ScenarioError with everything that is
    invalid or does not fit the model.
    """
    path = Path(path)
    return statements_from_text(statements_file_text(path), model, shown(path))


def statements_file_text(path: Path) -> str:
    """The text of a file of statements. Raises ExchangeError where it cannot be read."""
    where = shown(path)
    return readable(decoded(inputs.content(path, KIND, where), where, KIND.noun)[0])


def statements_from_text(text: str, model: Model, where: str = "statements") -> Statements:
    """As `read_statements`, from text; where: the location in messages."""
    reader = _StatementReader(model, where)
    rows: dict[str, Statement] = {}
    for line, values in reader.lines_of(text, REQUIRED, COLUMNS):
        row = reader.statement(values, line)
        if row is not None and row.name in rows:
            what = f'there is a statement "{row.name}" in line {rows[row.name].line} too'
            reader.problems.append(Problem(f"{where}:{line}", what, "give it another name"))
        elif row is not None:
            rows[row.name] = row
    if not rows and not reader.problems:
        reader.problems.append(Problem(where, "the file has no rows", "add some below line 1"))
    if reader.problems:
        raise ScenarioError(reader.problems)
    return Statements(where, tuple(rows.values()), hashlib.sha256(text.encode()).hexdigest())


class _StatementReader(RowReader):
    """Reads statements and collects problems."""

    def statement(self, values: Mapping[str, str], line: int) -> Statement | None:
        """The statement of a row; None where it has a problem."""
        place, before = f"{self.where}:{line}", len(self.problems)
        name, kind = values["statement"], values["kind"].lower()
        if not name:
            self.problems.append(Problem(place, "the statement has no name"))
        if kind not in KINDS:
            hint = did_you_mean(kind, KINDS) or f"use one of {', '.join(KINDS)}"
            self.problems.append(Problem(place, f'there is no kind "{values["kind"]}"', hint))
            return None
        elements = self.elements(values["elements"], kind, place)
        year = self.number(values, "year", place)
        relative = None
        if values.get("relative_to"):
            relative = self.number(values, "relative_to", place)
            if relative == year:
                what = f"relative_to: {year:g} is the year of the statement"
                self.problems.append(Problem(place, what, "name another one, or leave it empty"))
        value, band = self.value(values.get("value", ""), kind, len(elements), place)
        trust = self.trust(values, place)
        if len(self.problems) > before:
            return None
        source = values.get("source", "")
        return Statement(name, kind, elements, year, value, band, relative, trust, source, line)

    def elements(self, text: str, kind: str, place: str) -> tuple[tuple[str, str, int], ...]:
        """The numbers of the model that a cell names, separated by semicolons."""
        names = [part.strip() for part in text.split(";")]
        several = kind in (RANK, ORDER)
        if several != (len(names) > 1):
            what = f'elements: "{text}" is {len(names)}, and {kind} compares '
            what += "two or more" if several else "one with a number"
            hint = "separate them by semicolons: capacity[north]; capacity[south]"
            self.problems.append(Problem(place, what, hint if several else ""))
        found = [self.element(name, place) for name in names]
        own = tuple(one for one in found if one is not None)
        if len({one[1:] for one in own}) < len(own):
            self.problems.append(Problem(place, f'elements: "{text}" names one twice'))
        return own

    def value(
        self, text: str, kind: str, count: int, place: str
    ) -> tuple[int, tuple[float, float]]:
        """What a statement compares with: a rank, a sign or a range."""
        nothing = (-math.inf, math.inf)
        if kind == RANK:
            if not text.isdecimal() or not 1 <= int(text) <= count:
                hint = f"write the rank of the first element, from 1 (the largest) to {count}"
                self.problems.append(Problem(place, f'value: "{text}" is no rank', hint))
                return 0, nothing
            return int(text), nothing
        if kind == SIGN:
            if text not in ("+", "-"):
                self.problems.append(Problem(place, f'value: "{text}" is no sign', "write + or -"))
            return 1 if text == "+" else -1, nothing
        if kind == BETWEEN:
            first, _, second = text.partition("..")
            low, high = (self.number({"value": t.strip()}, "value", place) for t in (first, second))
            if low >= high:
                what = f"value: the range from {low:g} to {high:g} encloses nothing"
                self.problems.append(Problem(place, what, "write low..high, the lower end first"))
            return 0, (low, high)
        if text:
            what = f'value: "{text}" says nothing in a statement of an order'
            self.problems.append(Problem(place, what, "leave it empty"))
        return 0, nothing

    def trust(self, values: Mapping[str, str], place: str) -> float:
        """The probability that the source is right."""
        if not values.get("trust"):
            return TRUST
        trust = self.number(values, "trust", place)
        if not 0.5 < trust <= 1 and not math.isnan(trust):
            what = f"trust: {trust:g} is not above 0.5 and at most 1"
            hint = "0.5 would say nothing; for less, state the opposite"
            self.problems.append(Problem(place, what, hint))
        return trust
