"""Results as Vensim's tables (.tab, .csv) and data files (.dat)."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.exchange.text.numbers import number
from simdistrict.exchange.vensim.series import SeriesFile, element_key
from simdistrict.result.series_file import load

SUFFIXES = (".tab", ".csv", ".dat")
SHOWN = 5  # runs listed in a message


def series_text(path: Path, suffix: str, scenario: str | None = None) -> str:
    """The series of a result in the format of a suffix.

    scenario: the run to convert from a file with several runs. Raises ExchangeError for a file
    without series, and for several runs without a choice.
    """
    series = _one_run(load(path), scenario, path)
    if suffix == ".dat":
        return "".join(_data(series))
    return _table(series, "\t" if suffix == ".tab" else ",")


def _one_run(series: SeriesFile, scenario: str | None, path: Path) -> SeriesFile:
    """The series of one run."""
    runs = list(dict.fromkeys(r.run for r in series.records.values() if r.run))
    if not runs:
        return series
    if scenario not in runs:
        what = f"the file has several runs: {', '.join(runs[:SHOWN])}"
        what += f" and {len(runs) - SHOWN} more" if len(runs) > SHOWN else ""
        raise ExchangeError(Problem(str(path), what, "choose one with --scenario NAME"))
    chosen = {
        element_key(record.name)[0]: replace(record, scenario="", member="")
        for record in series.records.values()
        if record.run == scenario
    }
    return SeriesFile(series.where, chosen, series.attrs)


def _data(series: SeriesFile) -> Iterator[str]:
    """The name on one line, then a line for each time; a constant has one line."""
    for record in series.records.values():
        yield f"{record.name}\n"
        last = 1 if record.constant else len(record.time)
        for time, value in zip(record.time[:last], record.values[:last], strict=True):
            if not math.isnan(value):
                yield f"{number(float(time))}\t{number(float(value))}\n"


def _table(series: SeriesFile, delimiter: str) -> str:
    """Times in rows, elements in columns; a constant is in the first row only."""
    records = list(series.records.values())
    times = sorted({float(t) for r in records if not r.constant for t in r.time})
    times = times or sorted({float(t) for r in records for t in r.time[:1]})
    columns = [
        {times[0]: float(r.values[0])}
        if r.constant
        else dict(zip(map(float, r.time), map(float, r.values), strict=True))
        for r in records
    ]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["Time", *(r.name for r in records)])
    for time in times:
        row = [column.get(time, math.nan) for column in columns]
        writer.writerow([number(time), *("" if math.isnan(x) else number(x) for x in row)])
    return out.getvalue()
