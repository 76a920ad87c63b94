"""Figures drawn from the committed tables of ensembles."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from simdistrict.plot import Band, Figure, Line, Panel, RangeRow, Ranges, RangesPanel, Span, Style
from simdistrict.tables.compare import number, rows_of
from simdistrict.tables.verdicts import FAILS

from .common import BASELINE, short, style_of

WHOLE, TICKS, FITTED = (1980.0, 2060.0), (1980.0, 2020.0, 2060.0), 2019.0
QUANTILES = ("5%", "25%", "50%", "75%", "95%")
PLAIN = style_of(BASELINE)
FAILED = Style("#D55E00", "-", "X")


def fan_home(folder: Path) -> Figure:
    """Intervals of the home share, with the medians of two policies."""
    return _fans(folder, "home share of the chain", "home share", (0.0, 1.03))


def fan_jobs(folder: Path) -> Figure:
    """Intervals of jobs."""
    return _fans(folder, "jobs, all, 1980 = 1", "jobs, 1980 = 1", (0.1, 10.0), log=True)


def _fans(
    folder: Path, indicator: str, label: str, y_range: tuple[float, float], *, log: bool = False
) -> Figure:
    paths: dict[str, dict[str, list[list[float]]]] = {}
    for row in rows_of(folder, "fans"):
        if row["indicator"] == indicator:
            numbers = [number(row["year"]), *(number(row[q]) for q in QUANTILES)]
            paths.setdefault(row["district"], {}).setdefault(row["scenario"], []).append(numbers)
    panels = []
    for district, own in paths.items():
        x, low, quarter, _, three, high = zip(*own[BASELINE], strict=True)
        lines, spans = [], []
        for scenario, points in own.items():
            style = style_of(scenario)
            years, medians = [p[0] for p in points], [p[3] for p in points]
            words = scenario.replace("_", " ") + ", median"
            lines.append(Line(years, medians, words, style))
            last = points[-1]
            low_end, high_end = (min(max(x, y_range[0]), y_range[1]) for x in (last[1], last[5]))
            spans.append(Span(low_end, last[3], high_end, style))
        bands = (
            Band(x, low, high, "baseline, 5 to 95%", PLAIN, 0.16),
            Band(x, quarter, three, "baseline, 25 to 75%", PLAIN, 0.28),
        )
        panels.append(Panel(short(district), tuple(lines), bands=bands, spans=tuple(spans)))
    return Figure(tuple(panels), 5, label, WHOLE, y_range, TICKS, log=log)


def policy_jobs(folder: Path) -> Ranges:
    """Change of jobs in 2060 by every scenario."""
    return _policies(folder, "jobs, all", "2060", "change of jobs in 2060, %", (-60.0, 60.0))


def policy_home(folder: Path) -> Ranges:
    """Change of the home share in 2060 by every scenario."""
    label = "change of home share in 2060, points"
    return _policies(folder, "home share of the chain", "2060", label, (-20.0, 40.0))


def _policies(
    folder: Path, indicator: str, year: str, label: str, x_range: tuple[float, float]
) -> Ranges:
    by_district: dict[str, list[RangeRow]] = {}
    for row in rows_of(folder, "policies"):
        if (row["indicator"], row["year"]) != (indicator, year) or row["scenario"] == BASELINE:
            continue
        low, middle, high = (number(row[f"change {q}"]) for q in ("5%", "median", "95%"))
        name = row["scenario"].replace("return_to_globalisation:", "repealed: ").replace("_", " ")
        style = style_of(row["scenario"])
        by_district.setdefault(row["district"], []).append(RangeRow(name, low, middle, high, style))
    panels = tuple(RangesPanel(short(d), tuple(rows)) for d, rows in by_district.items())
    note = "median, and quantiles of 5 and 95%; an arrow: the bar goes on"
    return Ranges(panels, 5, label, x_range, note=note, width=1.5)


def sensitivity(folder: Path) -> Ranges:
    """Total Sobol indices of the home share, largest first."""
    by_district: dict[str, list[RangeRow]] = {}
    for row in rows_of(folder, "sensitivity"):
        own = by_district.setdefault(row["district"], [])
        if row["indicator"] == "home share" and len(own) < 7:
            low, middle, high, first = (
                number(row[c]) for c in ("total low", "total", "total high", "first")
            )
            own.append(RangeRow(row["constant"], low, middle, high, PLAIN, first))
    panels = tuple(RangesPanel(short(d), tuple(rows)) for d, rows in by_district.items())
    note = "home share in 2060: total index with its interval of 95%; upright line: first order"
    label = "Sobol index"
    return Ranges(panels, 2, label, (0.0, 1.0), rule=None, alike=False, note=note, width=2.2)


def loops(folder: Path) -> Ranges:
    """Change of relative output when one loop is cut."""
    by_district: dict[str, list[RangeRow]] = {}
    for row in rows_of(folder, "loops"):
        if row["indicator"] == "home share of the chain" and row["scenario"] == "baseline":
            low, middle, high = (number(row[c]) for c in ("5%", "median", "95%"))
            own = by_district.setdefault(row["district"], [])
            own.append(RangeRow(row["loop cut"], low, middle, high, PLAIN))
    panels = tuple(RangesPanel(short(d), tuple(rows)) for d, rows in by_district.items())
    note = "median, and quantiles of 5 and 95%; an arrow: the bar goes on"
    label = "change of home share in 2060, points"
    return Ranges(panels, 5, label, (-30.0, 70.0), note=note, width=1.5)


def claims(folder: Path) -> Ranges:
    """Share of members in which each claim holds."""
    rows = [row for row in rows_of(folder, "claims_prior") if row["what"] == "all of its numbers"]
    rows.sort(key=lambda row: number(row["holds, share"]))
    half = -(-len(rows) // 2)
    panels = (
        RangesPanel("Held by fewer members", tuple(_claims(rows[:half]))),
        RangesPanel("Held by more members", tuple(_claims(rows[half:]))),
    )
    note = "with an interval of 95%; a cross: the claim fails in the calibrated model"
    label = "share of members in which it holds"
    return Ranges(panels, 2, label, (0.0, 1.0), rule=0.5, alike=False, note=note, width=2.6)


def _claims(rows: Iterable[dict[str, str]]) -> Iterable[RangeRow]:
    for row in rows:
        low, middle, high = (number(row[c]) for c in ("share low", "holds, share", "share high"))
        yield RangeRow(
            row["claim"], low, middle, high, FAILED if row["calibrated"] == FAILS else PLAIN
        )


def survival(folder: Path) -> Ranges:
    """Share of the members in which a district survives."""
    own: dict[str, RangeRow] = {}
    for row in rows_of(folder, "survival"):
        low, middle, high = (number(row[c]) for c in ("share low", "survives, share", "share high"))
        own.setdefault(row["district"], RangeRow(short(row["district"]), low, middle, high, PLAIN))
    rows = sorted(own.values(), key=lambda row: -row.middle)
    panel = RangesPanel("Districts that survive in the baseline", tuple(rows))
    return Ranges((panel,), 1, "share of members, interval of 95%", (0.0, 1.0), None, width=3.2)
