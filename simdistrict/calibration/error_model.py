"""What a data file says about the errors of one series: the optional columns of its rows.

A least-squares fit uses the scale, `lognormal` and `mean_over`; a posterior uses all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from simdistrict.base.errors import Problem, did_you_mean
from simdistrict.base.numbers import hint_for
from simdistrict.exchange.text.numbers import as_number

NORMAL, STUDENT, LOGNORMAL = "normal", "student", "lognormal"
KINDS = (NORMAL, "student(NU)", LOGNORMAL)
# the columns that are equal in all rows of a series; scale is one of them where it is estimated
COLUMNS = ("error", "correlation", "discrepancy", "base_error", "mean_over")


@dataclass(frozen=True, slots=True)
class Estimated:
    """A number that is estimated with the constants: the cell `?`, or `?0.05`.

    size: of its half-normal prior; None for a tenth of the mean absolute value of the series.
    """

    size: float | None = None


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """The errors of one series around the model.

    kind: normal, student or lognormal; the scale of a lognormal error is the standard deviation
    of the logarithm. freedom: degrees of freedom of student. scale: where it is estimated; None
    where each row states its own. correlation: of neighbouring errors, phi ** gap with gaps in
    time units (AR(1)); estimated uniformly from 0 to 0.95. discrepancy: the standard deviation
    of a Gaussian process along the series, with a third of its span as length. base_error: in
    percent, of the base of `relative_to`, a common factor of all rows. mean_over: time units over
    which the model is averaged, from the time of the row on; 0 for the value at that time.
    """

    kind: str = NORMAL
    freedom: float = 0.0
    scale: Estimated | None = None
    correlation: float | Estimated = 0.0
    discrepancy: float | Estimated = 0.0
    base_error: float = 0.0
    mean_over: float = 0.0


PLAIN = ErrorModel()


def error_model(
    values: Mapping[str, str], relative: bool, where: str, problems: list[Problem]
) -> ErrorModel:
    """The error model in the cells of one row, by column.

    relative: whether the series is relative to a year; where: of the row, for problems.
    """
    cells = _Cells(values, where, problems)
    kind, freedom = cells.kind()
    scale = values.get("scale", "")
    return ErrorModel(
        kind,
        freedom,
        cells.estimated("scale") if scale.startswith("?") else None,
        cells.number_or_estimated("correlation", 1.0),
        cells.number_or_estimated("discrepancy", math.inf),
        cells.base_error(relative=relative),
        cells.mean_over(),
    )


def differing(first: ErrorModel, other: ErrorModel) -> list[tuple[str, str, str]]:
    """The columns in which two rows of one series differ, with what both say."""
    pairs = {
        "error": (_kind(first), _kind(other)),
        "scale": (first.scale, other.scale),
        **{name: (getattr(first, name), getattr(other, name)) for name in COLUMNS[1:]},
    }
    return [(name, _said(a), _said(b)) for name, (a, b) in pairs.items() if a != b]


def _kind(error: ErrorModel) -> str:
    return f"{STUDENT}({error.freedom:g})" if error.kind == STUDENT else error.kind


def _said(value: object) -> str:
    if isinstance(value, Estimated):
        return "?" if value.size is None else f"?{value.size:g}"
    if value is None:
        return "no ?"
    return f"{value:g}" if isinstance(value, float) else str(value)


class _Cells:
    """The cells of one row; collects problems."""

    def __init__(self, values: Mapping[str, str], where: str, problems: list[Problem]) -> None:
        self.values, self.where, self.problems = values, where, problems

    def problem(self, what: str, hint: str = "") -> None:
        self.problems.append(Problem(self.where, what, hint))

    def kind(self) -> tuple[str, float]:
        text = self.values.get("error", "") or NORMAL
        name, _, rest = text.partition("(")
        name = name.strip().lower()
        if name == STUDENT:
            freedom = as_number(rest[:-1]) if rest.endswith(")") else None
            if freedom is None or not 0 < freedom < math.inf:
                what = f'error: "{text}" states no degrees of freedom'
                self.problem(what, "write student(4); fewer allow more outliers")
                return STUDENT, math.nan
            return STUDENT, freedom
        if rest or name not in (NORMAL, LOGNORMAL):
            hint = did_you_mean(name, (NORMAL, STUDENT, LOGNORMAL))
            hint = hint or f"use one of {', '.join(KINDS)}"
            self.problem(f'error: there is no error model "{text}"', hint)
        return name, 0.0

    def estimated(self, column: str) -> Estimated:
        text = self.values[column][1:].strip()
        size = as_number(text) if text else None
        if text and (size is None or not 0 < size < math.inf):
            what = f'{column}: "?{text}" is no `?` with a positive number'
            self.problem(what, "write ? to estimate it, or ?0.05 for a prior of that size")
            return Estimated()
        return Estimated(size)

    def number_or_estimated(self, column: str, below: float) -> float | Estimated:
        text = self.values.get(column, "")
        if text.startswith("?"):
            if column == "correlation" and text != "?":
                what = f'{column}: "{text}" has a size'
                self.problem(what, "write ?; its prior is uniform from 0 to 0.95")
                return Estimated()
            return self.estimated(column)
        return self.number(column, below) if text else 0.0

    def number(self, column: str, below: float) -> float:
        text = self.values[column]
        value = as_number(text)
        if value is None or not 0 <= value < below:
            ends = f"from 0 to below {below:g}" if below < math.inf else "of 0 or more"
            self.problem(f'{column}: "{text}" is no number {ends}', hint_for(text))
            return 0.0
        return value

    def base_error(self, *, relative: bool) -> float:
        text = self.values.get("base_error", "")
        if not text:
            return 0.0
        value = as_number(text[:-1]) if text.endswith("%") else None
        if value is None or not 0 <= value < math.inf:
            what = f'base_error: "{text}" is no percentage of 0 or more'
            self.problem(what, "write it with the sign, such as 5%")
            return 0.0
        if not relative:
            what = "base_error: the series is relative to no year"
            self.problem(what, "fill relative_to in, or leave base_error empty")
        return value

    def mean_over(self) -> float:
        return self.number("mean_over", math.inf) if self.values.get("mean_over") else 0.0
