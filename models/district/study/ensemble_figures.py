"""Figures drawn from the committed tables of ensembles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from simdistrict.plot import (
    Band,
    Bar,
    Block,
    Line,
    Mark,
    Panel,
    Row,
    RowsPanel,
    Sheet,
    Style,
    interval_row,
)
from simdistrict.tables.compare import number, rows_of
from simdistrict.tables.palette import BLACK, BLUE, GREEN, ORANGE, RED
from simdistrict.tables.verdicts import FAILS

from .common import BASELINE, FILE, FITTED, PAGE_COLUMNS, WHOLE, short, style_of, words_of

QUANTILES = ("5%", "25%", "50%", "75%", "95%")
PLAIN = style_of(BASELINE)
FAILED, DRAWN = Style(RED, "-", "X"), Style(BLUE)
DRAWS = "draws of the uncertain constants"
MEDIAN, MIDDLE = "median", "5 to 95% of the draws"
PAIRED = f"Each of 10,000 {DRAWS} against the same draw of the baseline. An arrow: the bar goes on."
GIVEN = f"2,000 {DRAWS} given the record"
SURVIVES, GONE = Style(GREEN), Style("#C9C9C9")
# not grey: the years after the last fitted one are
BEFORE = Style(ORANGE)
OVER = {"posterior": "Given the record", "prior": "Over the prior"}
BOTH = f"{GIVEN}, and 10,000 of the prior."


def fan_home(folder: Path) -> Sheet:
    """Intervals of the home share in the baseline."""
    label = "home share of the chain, 1 = all at home"
    return _fans(folder, "home share of the chain", label, (0.0, 1.03))


def fan_jobs(folder: Path) -> Sheet:
    """Intervals of jobs, with entrants, in the baseline."""
    label = "jobs, low-cost entrants included, 1980 = 1"
    return _fans(folder, "jobs, all, 1980 = 1", label, (0.05, 20.0), log=True)


def _fans(
    folder: Path, indicator: str, label: str, y_range: tuple[float, float], *, log: bool = False
) -> Sheet:
    paths: dict[str, list[list[float]]] = {}
    for row in rows_of(folder, "fans"):
        if row["indicator"] == indicator and row["scenario"] == BASELINE:
            numbers = [number(row["year"]), *(number(row[q]) for q in QUANTILES)]
            paths.setdefault(row["district"], []).append(numbers)
    panels = []
    for district, own in paths.items():
        # a line along the edge of the panel would be cut
        columns = np.clip(np.array(own).T, (y_range[0],), None)
        x, low, quarter, median, three, high = columns
        bands = (
            Band(x, low, high, MIDDLE, DRAWN, 0.18),
            Band(x, quarter, three, "25 to 75%", DRAWN, 0.34),
        )
        line = Line(x, median, MEDIAN, DRAWN)
        panels.append(Panel(short(district), (line,), bands=bands))
    block = Block(
        tuple(panels), PAGE_COLUMNS, "year", label, x_range=WHOLE, y_range=y_range, log_y=log,
        shade_from=FITTED, shade_label="after the last fitted year",
    )  # fmt: skip
    note = f"Baseline, 10,000 {DRAWS}, each year by itself."
    return Sheet((block,), note=f"{note} Logarithmic axis." if log else note)


def fan_home_posterior(folder: Path) -> Sheet:
    """Intervals of the home share in the baseline, given the record, over those of the prior."""
    label = "home share of the chain, 1 = all at home"
    return _given(folder, "home share of the chain", label, (0.0, 1.03))


def fan_jobs_posterior(folder: Path) -> Sheet:
    """The same of jobs, with entrants."""
    label = "jobs, low-cost entrants included, 1980 = 1"
    return _given(folder, "jobs, all, 1980 = 1", label, (0.05, 20.0), log=True)


def _given(
    folder: Path, indicator: str, label: str, y_range: tuple[float, float], *, log: bool = False
) -> Sheet:
    ends = ("prior 5%", "prior 95%", "posterior 5%", "posterior 50%", "posterior 95%")
    paths: dict[str, list[list[float]]] = {}
    for row in rows_of(folder, "fans_posterior"):
        if row["indicator"] == indicator and row["scenario"] == BASELINE:
            numbers = [number(row["year"]), *(number(row[q]) for q in ends)]
            paths.setdefault(row["district"], []).append(numbers)
    panels = []
    for district, own in paths.items():
        # a line along the edge of the panel would be cut
        x, *columns = np.clip(np.array(own).T, (y_range[0],), None)
        before_low, before_high, low, median, high = columns
        bands = (
            Band(x, before_low, before_high, "5 to 95% of the prior", BEFORE, 0.25),
            Band(x, low, high, "5 to 95% given the record", DRAWN, 0.4),
        )
        line = Line(x, median, "median given the record", DRAWN)
        panels.append(Panel(short(district), (line,), bands=bands))
    block = Block(
        tuple(panels), PAGE_COLUMNS, "year", label, x_range=WHOLE, y_range=y_range, log_y=log,
        shade_from=FITTED, shade_label="after the last fitted year",
    )  # fmt: skip
    note = f"Baseline, {DRAWS}, each year by itself."
    return Sheet((block,), note=f"{note} Logarithmic axis." if log else note)


def policy_jobs(folder: Path) -> Sheet:
    """Change of jobs in 2060 by every scenario."""
    label = "change of jobs in 2060, low-cost entrants included, % of the baseline"
    return _policies(folder, "jobs, all", "2060", label, (-60.0, 60.0))


def policy_home(folder: Path) -> Sheet:
    """Change of the home share in 2060 by every scenario."""
    label = "change of the home share in 2060, percentage points"
    return _policies(folder, "home share of the chain", "2060", label, (-20.0, 40.0))


def _policies(
    folder: Path, indicator: str, year: str, label: str, ends: tuple[float, float]
) -> Sheet:
    by_district: dict[str, list[Row]] = {}
    for row in rows_of(folder, "policies_posterior"):
        if (row["indicator"], row["year"]) != (indicator, year) or row["scenario"] == BASELINE:
            continue
        name, numbers = row["scenario"], _change(row)
        own = by_district.setdefault(row["district"], [])
        own.append(interval_row(words_of(name), numbers, ends, _solid(name)))
    panels = tuple(RowsPanel(short(d), tuple(rows), 0.0) for d, rows in by_district.items())
    block = Block(panels, PAGE_COLUMNS, label, "", x_range=ends)
    note = f"Mark: {MEDIAN}; bar: {MIDDLE}. Each of {GIVEN} against the same draw of the baseline."
    return Sheet((block,), note=f"{note} An arrow: the bar goes on.")


def _change(row: dict[str, str]) -> tuple[float, float, float]:
    low, middle, high = (number(row[f"posterior change {q}"]) for q in ("5%", "median", "95%"))
    return low, middle, high


def _solid(scenario: str) -> Style:
    """The style of a scenario on a bar, which has no dashes."""
    style = style_of(scenario)
    return Style(style.colour, "-", style.marker)


def sensitivity(folder: Path) -> Sheet:
    """Total Sobol indices of the home share, largest first."""
    by_district: dict[str, list[Row]] = {}
    for row in rows_of(folder, "sensitivity"):
        own = by_district.setdefault(row["district"], [])
        if row["indicator"] == "home share" and len(own) < 6:
            numbers = _three(row, "total low", "total", "total high")
            names = ("interval of 95%", "total index")
            bar = interval_row(row["constant"], numbers, (0.0, 1.0), PLAIN, names)
            first = Mark(number(row["first"]), Style(RED, "-", "d"), "first-order index")
            own.append(Row(bar.label, bar.bars, (*bar.marks, first)))
    panels = tuple(RowsPanel(short(d), tuple(rows)) for d, rows in by_district.items())
    label = "Sobol index of the home share in 2060: share of its variance, dimensionless"
    block = Block(panels, 2, label, "", x_range=(-0.03, 1.0), own_labels=True)
    return Sheet((block,))


def _three(row: dict[str, str], *names: str) -> tuple[float, float, float]:
    low, middle, high = (number(row[name]) for name in names)
    return low, middle, high


def loops(folder: Path) -> Sheet:
    """Change of the home share when one loop is cut."""
    ends = (-30.0, 70.0)
    by_district: dict[str, list[Row]] = {}
    for row in rows_of(folder, "loops"):
        if row["indicator"] == "home share of the chain" and row["scenario"] == "baseline":
            own = by_district.setdefault(row["district"], [])
            code, _, name = row["loop cut"].partition(" ")
            numbers = _three(row, "5%", "median", "95%")
            own.append(interval_row(f"{name} ({code})", numbers, ends, PLAIN))
    panels = tuple(RowsPanel(short(d), tuple(rows), 0.0) for d, rows in by_district.items())
    label = "change of the home share in 2060 when the loop is cut, percentage points"
    block = Block(panels, PAGE_COLUMNS, label, "", x_range=ends)
    note = f"R: reinforcing, B: balancing loop. Mark: {MEDIAN}; bar: {MIDDLE}. {PAIRED}"
    return Sheet((block,), note=note)


def claims(folder: Path) -> Sheet:
    """Share of the draws in which each claim holds, in words."""
    found = rows_of(folder, "claims_posterior")
    rows = [row for row in found if row["what"] == "all of its numbers"]
    rows.sort(key=lambda row: -number(row["posterior, share"]))
    panel = RowsPanel("", tuple(_claims(rows)), 0.5, "half of the draws")
    label = "share of the draws in which the claim holds"
    block = Block((panel,), 1, label, "", x_range=(-0.02, 1.02), tall=0.24)
    note = f"{GIVEN}; bar: Monte-Carlo interval of 95%. Diamond: 10,000 of the prior."
    return Sheet((block,), note=f"{note} The letter's claims.")


def _claims(rows: Iterable[dict[str, str]]) -> Iterable[Row]:
    for row in rows:
        fails = row["calibrated"] == FAILS
        verdict = "fails" if fails else "holds, or is only shown,"
        # without the loops that a claim names
        text = re.sub(r" \([RB]\d[^)]*\)", "", FILE.file.claims[row["claim"]].text).rstrip(".")
        numbers = _three(row, "posterior low", "posterior, share", "posterior high")
        style = FAILED if fails else PLAIN
        label = f"{text} ({row['claim']})"
        words = ("", f"{verdict} in the calibrated run")
        bar = interval_row(label, numbers, (-0.02, 1.02), style, words)
        before = Mark(number(row["prior, share"]), Style(BLUE, "-", "d"), "over the prior")
        # the prior below: it may lie at the same share
        yield Row(label, bar.bars, (before, *bar.marks))


def survival(folder: Path) -> Sheet:
    """Share of the draws in which a district survives, as stacked bars."""
    panels = {}
    for over in OVER:
        own: dict[str, float] = {}
        for row in rows_of(folder, "survival_posterior"):
            own.setdefault(row["district"], number(row[f"{over}, share"]))
        panels[over] = {
            d: {("survives", SURVIVES): share, ("does not survive", GONE): 1 - share}
            for d, share in own.items()
        }
    note = (
        f"Baseline. {BOTH} Survives: in 2060 at least half of the chain and of the supplier base "
        "is at home, and half of its place of 1980 in the world market."
    )
    return Sheet((stacked(panels),), note=note)


def classes(folder: Path) -> Sheet:
    """Shares of the draws in which a district survives anyway, is lost, or policy decides."""
    looks = {
        "survives anyway": SURVIVES,
        "policy decides": Style(ORANGE),
        "lost whatever is done": Style(BLACK),
    }
    panels = {}
    for over in OVER:
        parts: dict[str, dict[tuple[str, Style], float]] = {}
        for row in rows_of(folder, "worlds_posterior"):
            if row["class"] in looks and row["policy"] == "any of them":
                shares = parts.setdefault(row["district"], {})
                shares[row["class"], looks[row["class"]]] = number(row[f"{over}, share"])
        panels[over] = {d: {k: own[k] for k in looks.items()} for d, own in parts.items()}
    note = f"{BOTH} Policy decides: it survives under some of the policies only."
    return Sheet((stacked(panels),), note=note)


def stacked(panels: dict[str, dict[str, dict[tuple[str, Style], float]]]) -> Block:
    """Bars from 0 to 100%, a panel over each kind of draws; the largest first part on top."""
    firsts = {d: next(iter(own.values())) for d, own in next(iter(panels.values())).items()}
    order = sorted(firsts, key=lambda d: -firsts[d])
    found = []
    for over, parts in panels.items():
        rows = []
        for district in order:
            bars, start = [], 0.0
            for (words, style), share in parts[district].items():
                bars.append(Bar(start, start + 100 * share, style, words, 0.72))
                start += 100 * share
            first = next(iter(parts[district].values()))
            rows.append(Row(short(district), tuple(bars), note=f"{100 * first:.0f}%"))
        found.append(RowsPanel(OVER[over], tuple(rows)))
    return Block(tuple(found), 2, "% of the draws", "", x_range=(0.0, 100.0), tall=0.19)
