"""Observed series as users give them, as the text of a data file."""

from __future__ import annotations

import csv
import io
import logging
import math
from typing import Any

from simdistrict.api import frames
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.calibration.data import COLUMNS, REQUIRED

log = logging.getLogger("simdistrict")


def observed_text(data: Any) -> str:
    """The text of a data file with the rows of a table.

    data: a DataFrame with the columns of a data file, or with times as index and a column per
    element; or a named Series. Logs a warning that counts values which are missing (NaN).
    Raises ScenarioError for anything else.
    """
    if frames.is_series(data):
        if data.name is None:
            what, hint = "the series has no name", "name it after an element: series.rename(...)"
            raise ScenarioError(Problem("data", what, hint))
        data = data.to_frame()
    if not frames.is_frame(data):
        what = f"it is a {type(data).__name__}"
        raise ScenarioError(Problem("data", what, "give a CSV file, a DataFrame or a Series"))
    names = [str(name) for name in data.columns]
    if set(REQUIRED[1:]) <= set(names):
        known = [name for name in names if name in COLUMNS]
        rows = frames.rows(data)
        return _text(
            ["series", *(name for name in known if name != "series")],
            [
                [row.get("series", row["element"]), *(row[n] for n in known if n != "series")]
                for row in rows
            ],
        )
    rows_of = []
    for name in data.columns:
        found = [[name, name, t, v] for t, v in data[name].items() if not _missing(v)]
        if left_out := len(data) - len(found):
            what = 'data | %d of the %d values of "%s" are missing and left out'
            log.warning(what, left_out, len(data), name)
        rows_of += found
    return _text(list(REQUIRED), rows_of)


def _text(head: list[str], rows: list[list[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return out.getvalue()


def _cell(value: object) -> str:
    if _missing(value):
        return ""
    try:
        return repr(float(value)) if not isinstance(value, str) else value  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value)


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
