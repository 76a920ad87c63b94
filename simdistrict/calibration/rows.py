"""Rows of a CSV file about a model: cells by column, names looked up, problems collected."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence

from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.base.numbers import hint_for
from simdistrict.exchange.text.numbers import as_number
from simdistrict.model.expr import fold
from simdistrict.model.model import Lookup, Model
from simdistrict.scenario.places import find_element, find_places, unknown


class RowReader:
    """Reads rows; problems: those of the whole file, so that all are reported at once."""

    def __init__(self, model: Model, where: str) -> None:
        self.model = model
        self.where = where
        self.problems: list[Problem] = []

    def lines_of(
        self, text: str, required: Sequence[str], columns: Sequence[str]
    ) -> Iterator[tuple[int, Mapping[str, str]]]:
        """The line and the cells of each row. Raises ScenarioError for the wrong columns."""
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            head = [name.strip() for name in next(reader, [])]
            self.check_head(head, required, columns)
            last = reader.line_num
            for cells in reader:
                line, last = last + 1, reader.line_num
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(head):
                    what = f"the row has {len(cells)} cells and the head has {len(head)} columns"
                    hint = 'put a name with a comma in quotes: "capacity[north,home]"'
                    self.problems.append(Problem(f"{self.where}:{line}", what, hint))
                    continue
                yield line, {n: cell.strip() for n, cell in zip(head, cells, strict=True)}
        except csv.Error as error:
            place = f"{self.where}:{reader.line_num}"
            self.problems.append(Problem(place, f"the line is not CSV: {error}"))

    def check_head(
        self, head: Sequence[str], required: Sequence[str], columns: Sequence[str]
    ) -> None:
        """Raise ScenarioError for columns that are missing, unknown or there twice."""
        place = f"{self.where}:1"
        known = f"the columns are {', '.join(columns)}"
        problems = []
        for name in required:
            if name not in head:
                problems.append(Problem(place, f'the column "{name}" is missing', known))
        for name in dict.fromkeys(head):
            if name not in columns:
                hint = did_you_mean(name, columns) or known
                problems.append(Problem(place, f'there is no column "{name}"', hint))
            elif head.count(name) > 1:
                problems.append(Problem(place, f'the column "{name}" is there twice'))
        if problems:
            raise ScenarioError(problems)

    def element(self, text: str, place: str) -> tuple[str, str, int] | None:
        """The spelling, the folded name and the flat index of one number of the model."""
        element, subscripts = find_element(self.model, text)
        if element is None:
            self.problems.append(unknown(self.model, text, place))
            return None
        if isinstance(element, Lookup):
            self.problems.append(Problem(place, f'"{element.name}" is a lookup, not a series'))
            return None
        found = find_places(self.model, element, subscripts, place)
        if isinstance(found, Problem):
            self.problems.append(found)
            return None
        places, spelled = found
        if len(places) != 1:
            labels = ",".join(axis[0] for axis in self.model.labels(element))
            what = f'"{text}" is {len(places)} numbers, and a series is one'
            hint = f"name a label of each dimension: {element.name}[{labels}]"
            self.problems.append(Problem(place, what, hint))
            return None
        return spelled, fold(element.name), places[0]

    def number(self, values: Mapping[str, str], column: str, place: str) -> float:
        text = values[column]
        value = as_number(text) if text else None
        if value is None or not math.isfinite(value):
            what = f'"{text}" is not a number' if text else "a number is missing"
            hint = "write a finite number such as 0.25 or 1e-3; leave out years without a value"
            hint = hint_for(text) or hint
            self.problems.append(Problem(place, f"{column}: {what}", hint))
            return math.nan
        return value
