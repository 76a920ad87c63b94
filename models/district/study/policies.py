"""The table of policies: medians and intervals over the prior, per district."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.intervals import (
    HIGH,
    LOW,
    MIDDLE,
    doubted_quantiles,
    doubted_share,
    interval,
)
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE, short
from .indicators import REGIMES, YEARS
from .paired import POLICIES, Numbers, all_of, numbers, some_of

COLUMNS = (
    Column("scenario"),
    Column("district"),
    Column("indicator"),
    Column("year"),
    Column("members"),
    Column("median"),
    Column("5%"),
    Column("95%"),
    Column("change median"),
    Column("change 5%"),
    Column("change 95%"),
)
# first column and share of each quantile
LEVELS = ((5, MIDDLE), (6, LOW), (7, HIGH))
CHANGES = ((8, MIDDLE), (9, LOW), (10, HIGH))
NOTE = """Each scenario beside the baseline (neoliberal globalisation) over {members} draws of
the prior, the same draws in both: medians, and in brackets the quantiles of 5 and 95%, of the
*change* of each member. Policies of 2025 to 2045 are in force in 2035 and have ended for 15
years in 2060. Present values: yearly flows of 2020 to 2060, at 3% to 2020. Subsidy per job-year
kept: subsidies over job-years, both discounted and beyond the baseline's, only of members in
which both are more; no tariff, price or other cost is in it. Regimes by the rules of
`simdistrict regimes`; a share of members has no band. Units, rounding and meaning of each
indicator: [indicators](indicators.md)."""
AGAIN = 256  # members that a check runs
# a loss is listed if at least this share of the members has it
MOST = 0.75
SHOWN = (
    ("home share of the chain", "2060", "Home share of the chain in 2060, change in points"),
    ("home share of the chain, 15 years after repeal", "", "The same 15 years after repeal"),
    ("jobs, all", "2035", "Jobs in 2035, change in %"),
    ("jobs, all", "2060", "Jobs in 2060, change in %"),
    ("value added per worker", "2060", "Value added per worker in 2060, change in %"),
    ("consumer price", "2035", "Consumer price in 2035, change in %"),
    ("subsidy per job-year kept", "", "Subsidy per job-year kept, thousand EUR of 2015"),
)
LOSSES = (
    ("jobs, all", "2035", -1, "fewer jobs in 2035"),
    ("jobs, all", "2060", -1, "fewer jobs in 2060"),
    ("consumer price", "2035", 1, "dearer goods in 2035"),
    ("value added per worker", "2060", -1, "less value added per worker in 2060"),
    ("near share", "2035", -1, "less work for near suppliers in 2035"),
)


def table(study: Study) -> Table:
    """All numbers as rows; the page shows changes, regimes and losses."""
    places = list(study.model.dims_by_name["district"].labels)
    found = list(numbers(study, all_of(study)))
    rows = tuple(row for one in found for row in rows_of_numbers(one, places))
    shown = [_changes(found, places, *what) for what in SHOWN]
    shown += [_regimes(found, places), _losses(found, places)]
    note = NOTE.format(members=study.sampling.members)
    title = "Every scenario against the baseline"
    return Table("policies", title, COLUMNS, rows, note, tuple(t for t in shown if t.rows))


def rows_of_numbers(one: Numbers, places: list[str]) -> Iterator[tuple[Cell, ...]]:
    """A row per district with members that have the number."""
    for k, district in enumerate(places):
        some = one.level if one.level is not None else one.change
        assert some is not None
        good = int(np.isfinite(some[:, k]).sum())
        if not good:
            continue
        level: list[Cell] = [None, None, None]
        change: list[Cell] = [None, None, None]
        if one.level is not None:
            level = [one.told(x, change=False) for x in _band(one, one.level[:, k])]
        if one.change is not None:
            change = [one.told(x, change=True) for x in _band(one, one.change[:, k])]
        key = (one.scenario, district, one.indicator, one.year)
        yield (*key, good, *level, *change)


def _band(one: Numbers, values: Reals) -> tuple[float, float, float]:
    """Median and quantiles, or the mean alone where members are counted."""
    if one.counted:
        return float(np.nanmean(values)), math.nan, math.nan
    return interval(values)


def _changes(
    found: list[Numbers], places: list[str], indicator: str, year: str, title: str
) -> Table:
    """Scenario by district, as text: median and interval."""
    rows = []
    for one in found:
        if one.change is None or one.indicator != indicator or (year and one.year != year):
            continue
        cells = []
        for k in range(len(places)):
            told = [one.told(x, change=True).text for x in _band(one, one.change[:, k])]
            cells.append(f"{told[0]} ({told[1]} to {told[2]})" if told[0] else "")
        rows.append((spoken(one.scenario), *cells))
    return _text("policies", title, places, rows)


def _regimes(found: list[Numbers], places: list[str]) -> Table:
    """Scenario by district: the regime in which most members are in 2060."""
    rows = []
    for name in POLICIES:
        own = [n for n in found if n.scenario == name and n.counted and n.year == f"{YEARS[-1]:g}"]
        shares = np.array([np.nanmean(n.level, axis=0) for n in own if n.level is not None])
        most = shares.argmax(axis=0)
        cells = [f"{REGIMES[m]} {100 * shares[m, k]:.0f}%" for k, m in enumerate(most)]
        rows.append((spoken(name), *cells))
    return _text("policies", "Regime of most members in 2060, and their share", places, rows)


def _losses(found: list[Numbers], places: list[str]) -> Table:
    """Scenario by kind of loss: the districts where it is likely."""
    rows = []
    for name in POLICIES:
        if name == BASELINE:
            continue
        cells = []
        for indicator, year, sign, _ in LOSSES:
            (one,) = (
                n for n in found if (n.scenario, n.indicator, n.year) == (name, indicator, year)
            )
            assert one.change is not None
            # no loss if it prints as zero
            lost = (sign * one.change > 10**-one.decimals).mean(axis=0) >= MOST
            cells.append(", ".join(short(d) for d, bad in zip(places, lost, strict=True) if bad))
        rows.append((spoken(name), *(cell or "none" for cell in cells)))
    title = f"Who loses: districts in which at least {100 * MOST:.0f}% of the members have"
    heads = (Column("scenario"), *(Column(loss[-1]) for loss in LOSSES))
    return Table("policies", title, heads, tuple(rows))


def _text(name: str, title: str, places: list[str], rows: list[tuple[str, ...]]) -> Table:
    heads = (Column("scenario"), *(Column(short(d)) for d in places))
    return Table(name, title, heads, tuple(rows))


def spoken(scenario: str) -> str:
    """A scenario in words."""
    return scenario.replace("_", " ").replace(":", ": ")


# ---------------------------------------------------------------------- check


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed cells that are next to impossible given some members that are run again."""
    return cell_doubts(study, committed, COLUMNS)


def cell_doubts(
    study: Study, committed: Path, columns: tuple[Column, ...], moved: int = 0
) -> Iterator[Discrepancy]:
    """The same of any table with these rows; moved: places by which its numbers stand further."""
    places = list(study.model.dims_by_name["district"].labels)
    again = {
        (one.scenario, places[k], one.indicator, one.year): (one, k)
        for one in numbers(study, some_of(study, AGAIN))
        for k in range(len(places))
    }
    for line, row in committed_rows(committed, len(columns)):
        found = again.get((row[0], row[1], row[2], row[3]))
        if found is not None:
            own = [*row[: LEVELS[0][0]], *row[LEVELS[0][0] + moved :]]
            yield from _doubts(f"{committed.name}:{line}", own, *found)


def _doubts(where: str, row: list[str], one: Numbers, k: int) -> Iterator[Discrepancy]:
    if one.counted:
        assert one.level is not None
        yield from doubted_share(
            where, COLUMNS[LEVELS[0][0]].name, row[LEVELS[0][0]], one.level[:, k], 1e-3
        )
        return
    for columns, values, change in ((LEVELS, one.level, False), (CHANGES, one.change, True)):
        if values is not None:
            told = {COLUMNS[column].name: (row[column], share) for column, share in columns}
            unit = partial(_unit, one, change)
            yield from doubted_quantiles(where, told, values[:, k], unit)


def _unit(one: Numbers, change: bool, value: float) -> float:
    return one.told(value, change=change).unit
