"""Observed series for a model, from a long CSV file: one row per series and year.

Looks names up in the model and collects every problem of the file; runs nothing.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from simdistrict.base import inputs
from simdistrict.base.encoding import decoded
from simdistrict.base.encoding import shown as readable
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.library import shown
from simdistrict.calibration.error_model import COLUMNS as ERROR_COLUMNS
from simdistrict.calibration.error_model import LOGNORMAL, PLAIN, differing, error_model
from simdistrict.calibration.error_model import ErrorModel as ErrorModel
from simdistrict.calibration.error_model import Estimated as Estimated
from simdistrict.calibration.rows import RowReader
from simdistrict.model.model import Model
from simdistrict.model.units import Units

REQUIRED = ("series", "element", "year", "value")
OPTIONAL = (
    *("unit", "relative_to", "weight", "scale", *ERROR_COLUMNS),
    *("group", "source", "confidence", "note"),
)
COLUMNS = (*REQUIRED, *OPTIONAL)
KIND = inputs.InputKind("a file of observed series", 20_000_000)
# cells of a missing value: empty, R's, Vensim's
_MISSING = frozenset({"", "na", "nan", ":na:"})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Observation:
    """One observed value.

    scale: standard deviation in the unit of the value, of the logarithm where the error is
    lognormal; None where not stated or estimated. band: the ends of an interval that is known
    instead of a value, which is then its middle. line: in the file, from 1.
    """

    year: float
    value: float
    weight: float = 1.0
    scale: float | None = None
    source: str = ""
    confidence: str = ""
    line: int = 0
    band: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class DataSeries:
    """The observed values of one element, or of one element of an array.

    element: in the model's spelling; key, place: its folded name and flat row-major index.
    relative_to: the year at which the model's series is normalised to 1, or None. rows: by year.
    """

    name: str
    element: str
    key: str
    place: int
    rows: tuple[Observation, ...]
    relative_to: float | None = None
    group: str = ""
    error: ErrorModel = PLAIN


@dataclass(frozen=True, slots=True)
class Observations:
    """The series of one data file for one model.

    where: the file in messages; sha256: of its text; name: of the file, without folders.
    """

    where: str
    series: tuple[DataSeries, ...]
    sha256: str = ""

    @property
    def name(self) -> str:
        return Path(self.where).name

    def rows(self) -> Iterator[tuple[DataSeries, Observation]]:
        """Every row with its series, by series in the order of the file, then by year."""
        return ((series, row) for series in self.series for row in series.rows)


def read_data(path: str | Path, model: Model) -> Observations:
    """Read a data file for a model, or a payoff definition of Vensim (.vpd).

    Raises ExchangeError where the file cannot be read, ScenarioError with everything that is
    invalid or does not fit the model.
    """
    path = Path(path)
    return data_from_text(data_file_text(path, model), model, shown(path))


def data_file_text(path: Path, model: Model) -> str:
    """The text of a data file, or the one that says the same as a payoff definition (.vpd).

    Raises ExchangeError where it cannot be read, ScenarioError for a .vpd that cannot be used.
    """
    if path.suffix.lower() == ".vpd":
        from simdistrict.calibration.vpd import text_of_vpd

        return text_of_vpd(path, model)
    where = shown(path)
    content = inputs.content(path, KIND, where)
    return readable(decoded(content, where, "a table of observed series")[0])


def data_from_text(text: str, model: Model, where: str = "data") -> Observations:
    """As `read_data`, from text; where: the location in messages."""
    return _DataReader(model, where).read(text)


class _DataReader(RowReader):
    """Reads observations and collects problems."""

    def __init__(self, model: Model, where: str) -> None:
        super().__init__(model, where)
        self.found: dict[str, DataSeries] = {}
        self.rows: dict[str, dict[float, Observation]] = {}
        self.lines: dict[str, int] = {}
        self.missing: dict[str, int] = {}

    def read(self, text: str) -> Observations:
        for line, values in self.lines_of(text, REQUIRED, COLUMNS):
            if values["value"].lower() in _MISSING:
                self.missing[values["series"]] = self.missing.get(values["series"], 0) + 1
            else:
                self.row(values, line)
        if not self.problems and not self.found:
            self.problems.append(
                Problem(self.where, "the file has no rows", "add some below line 1")
            )
        if self.problems:
            raise ScenarioError(self.problems)
        for name, count in self.missing.items():
            total = count + len(self.rows.get(name, ()))
            what = '%s | %d of the %d values of "%s" are missing and left out'
            log.warning(what, self.where, count, total, name)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return Observations(self.where, tuple(self.complete(name) for name in self.found), sha256)

    def complete(self, name: str) -> DataSeries:
        s = self.found[name]
        rows = tuple(row for _, row in sorted(self.rows[name].items()))
        return replace(s, rows=rows)

    def row(self, values: Mapping[str, str], line: int) -> None:
        place = f"{self.where}:{line}"
        before = len(self.problems)
        series = self.series(values, place)
        row = self.observation(values, line, place)
        if series is None or len(self.problems) > before:
            return
        self.check_in_series(series, row, place)
        if len(self.problems) == before:
            self.found.setdefault(series.name, series)
            self.lines.setdefault(series.name, line)
            self.rows.setdefault(series.name, {})[row.year] = row

    def series(self, values: Mapping[str, str], place: str) -> DataSeries | None:
        name = values["series"]
        if not name:
            self.problems.append(Problem(place, "the series has no name"))
        relative = None
        if values.get("relative_to"):
            relative = self.number(values, "relative_to", place)
        found = self.element(values["element"], place)
        if found is None:
            return None
        spelled, key, flat = found
        self.check_unit(values.get("unit", ""), key, place, ratio=relative is not None)
        error = error_model(values, relative is not None, place, self.problems)
        return DataSeries(name, spelled, key, flat, (), relative, values.get("group", ""), error)

    @cached_property
    def units(self) -> Units:
        """Made where a row states a unit, since it loads pint."""
        return Units(self.model.unit_synonyms)

    def check_unit(self, text: str, key: str, place: str, *, ratio: bool) -> None:
        """Report a unit that is not the model's; a ratio has none."""
        if not text:
            return
        element = self.model.by_name[key]
        wanted = self.units.none if ratio else self.units.of(element)
        if wanted is None:
            return
        try:
            unit = self.units.parse(text)
        except ValueError as error:
            self.problems.append(Problem(place, f"unit: {error}"))
            return
        if unit == wanted:
            return
        if ratio:
            what = f'unit: the values are in "{text}", and a ratio to a year has no unit'
            hint = "divide them by the value of that year, or leave relative_to empty"
        else:
            what = f'unit: the values are in "{text}", and "{element.name}" is in '
            what += f'"{element.units}"'
            hint = "convert them, or divide them by one year and name it in relative_to"
        self.problems.append(Problem(place, what, hint))

    def observation(self, values: Mapping[str, str], line: int, place: str) -> Observation:
        year = self.number(values, "year", place)
        value, band = self.value(values, place)
        weight = self.number(values, "weight", place) if values.get("weight") else 1.0
        if weight < 0:
            self.problems.append(Problem(place, f"the weight {weight:g} is negative"))
        lognormal = values.get("error", "").lower() == LOGNORMAL
        if lognormal and not (band[0] if band else value) > 0:
            what = f'value: "{values["value"]}" is not positive, and the error is lognormal'
            self.problems.append(Problem(place, what, "use another error for this series"))
        scale = None
        if values.get("scale") and not values["scale"].startswith("?"):
            scale = self.scale(values, 1.0 if lognormal else value, place)
        source, confidence = values.get("source", ""), values.get("confidence", "")
        return Observation(year, value, weight, scale, source, confidence, line, band)

    def value(
        self, values: Mapping[str, str], place: str
    ) -> tuple[float, tuple[float, float] | None]:
        """The value, or the middle and the ends of a band `low..high`."""
        first, dots, second = values["value"].partition("..")
        if not dots:
            return self.number(values, "value", place), None
        low, high = (self.number({"value": t.strip()}, "value", place) for t in (first, second))
        if low >= high:
            what = f"value: the band from {low:g} to {high:g} encloses nothing"
            self.problems.append(Problem(place, what, "write low..high with the lower end first"))
        return low + (high - low) / 2, (low, high)

    def scale(self, values: Mapping[str, str], size: float, place: str) -> float:
        """A standard deviation, as a number or a percentage of a size."""
        text = values["scale"]
        if text.endswith("%"):
            share = self.number({"scale": text[:-1].strip()}, "scale", place)
            scale = abs(size) * share / 100
        else:
            scale = self.number(values, "scale", place)
        if scale <= 0:
            hint = "write a standard deviation, a percentage such as 10%, or ? to estimate it"
            self.problems.append(Problem(place, f'the scale "{text}" is not positive', hint))
        return scale

    def check_in_series(self, series: DataSeries, row: Observation, place: str) -> None:
        if series.relative_to == row.year:
            what = f"{row.year:g} is the year that the series is relative to: the value is 1"
            self.problems.append(Problem(place, what, "leave the row out"))
        first = self.found.get(series.name)
        if first is None:
            return
        line = self.lines[series.name]
        pairs = (
            ("element", first.element, series.element),
            ("relative_to", first.relative_to, series.relative_to),
            ("group", first.group, series.group),
        )
        for what, mine, other in pairs:
            if mine != other:
                text = f'the {what} of "{series.name}" is {other or "empty"} here and '
                text += f"{mine or 'empty'} in line {line}"
                self.problems.append(Problem(place, text, "give the rows two series names"))
        for column, mine, other in differing(first.error, series.error):
            text = f'{column} of "{series.name}" is {other} here and {mine} in line {line}'
            hint = (
                "it is one for all rows of a series: repeat it, or give the rows two series names"
            )
            self.problems.append(Problem(place, text, hint))
        earlier = self.rows[series.name].get(row.year)
        if earlier is not None:
            text = f'"{series.name}" has a value for {row.year:g} in line {earlier.line} too'
            self.problems.append(Problem(place, text, "keep one of them"))
