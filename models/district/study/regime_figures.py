"""Figures of equilibria, classes over the prior, lasting effects, variance, and fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from simdistrict.plot import (
    Block,
    Line,
    Mark,
    Markers,
    Panel,
    Row,
    RowsPanel,
    Sheet,
    Style,
    interval_row,
)
from simdistrict.regimes.numerics.branch import Branch
from simdistrict.regimes.numerics.diagram import BifurcationDiagram
from simdistrict.regimes.numerics.mix import Mix
from simdistrict.regimes.numerics.stability import Stability
from simdistrict.tables.compare import number, rows_of
from simdistrict.tables.palette import BLACK, BLUE, RED
from simdistrict.tables.study import Study

from .common import districts, short, style_of
from .frozen_worlds import ALONG, AT, Along, World, followed, turns, world
from .least_policy import BEGIN, ENDS, HISTORIES, JUDGED, MORE, lasting

COLUMNS = 5
STABLE, UNSTABLE, END = Style(BLACK, "-", "o"), Style(RED, "--", "s"), Style(BLUE, "-", "D")
DECIDES = {
    "technology": Style(BLUE, "-", "o"),
    "of it automation": Style(BLACK, "-", "s"),
    "timing of policy": Style(RED, "-", "X"),
}
# a repealed policy has the style of the policy
LASTING = {
    "security": style_of("security_tariffs"),
    "tariffs": style_of("tariff_only"),
    "renaissance": style_of("district_renaissance"),
}


def branches_tariff(study: Study) -> Sheet:
    """Equilibria along the tariff on far parts."""
    return _branches(study, ALONG[0], "tariff on parts from far away, share of their price")


def branches_gap(study: Study) -> Sheet:
    """Equilibria along the gap between home and far labour costs."""
    return _branches(
        study, ALONG[1], "labour-cost gap: how much less far labour costs, share of the home cost"
    )


def branches_renaissance(study: Study) -> Sheet:
    """Equilibria along the share of the renaissance that is in force for good."""
    return _branches(
        study, ALONG[2], "share of the district renaissance in force for good, 1 = all of it"
    )


def _branches(study: Study, along: Along, label: str) -> Sheet:
    panels = []
    for district in districts(study):
        here = world(study, district)
        field, diagram = followed(study, here, along)
        lines = [
            line for branch in diagram.branches for line in _pieces(here, field, along, branch)
        ]
        panels.append(Panel(short(district), tuple(lines), _ends(here, field, along, diagram)))
    ends = sorted((along.shown(along.low), along.shown(along.high)))
    room = 0.02 * (ends[1] - ends[0])
    block = Block(
        tuple(panels), COLUMNS, label, "relative output, 1980 = 1",
        x_range=(ends[0] - room, ends[1] + room), y_range=(-0.04, 2.0),
    )  # fmt: skip
    note = f"Frozen at {AT:g}. A regime ends where a stable and an unstable equilibrium meet."
    return Sheet((block,), note=note)


def _pieces(here: World, field: Mix, along: Along, branch: Branch) -> Iterator[Line]:
    """Stable and unstable pieces of one branch, each up to the first point of the next."""
    doses = [float(p) for p in branch.parameters]
    x = [along.shown(dose) for dose in doses]
    y = [
        float(here.read(field, dose, state)[1])
        for dose, state in zip(doses, branch.states, strict=True)
    ]
    stable = [s.stability is Stability.stable for s in branch.spectra]
    start = 0
    for k in range(1, len(x) + 1):
        if k < len(x) and stable[k] == stable[start]:
            continue
        part = slice(start, min(k + 1, len(x)))
        kind, style = ("stable", STABLE) if stable[start] else ("unstable", UNSTABLE)
        yield Line(x[part], y[part], f"{kind} equilibrium", style)
        start = k


def _ends(
    here: World, field: Mix, along: Along, diagram: BifurcationDiagram
) -> tuple[Markers, ...]:
    """The folds where a stable equilibrium ends."""
    ends = [turn for turn in turns(diagram) if turn.of_a_world]
    if not ends:
        return ()
    x = [along.shown(turn.dose) for turn in ends]
    y = [float(here.read(field, turn.dose, turn.state)[1]) for turn in ends]
    return (Markers(x, y, "fold (tipping point)", END, hollow=True),)


def lasting_output(study: Study) -> Sheet:
    """Output long after the repeal of a policy over that without it, by how long it lasted."""
    years = [float(end - BEGIN) for end in ENDS]
    panels = tuple(
        Panel(
            short(district),
            tuple(
                Line(years, lasting(study, name, district), words, LASTING[name])
                for name, words in HISTORIES.items()
            ),
        )
        for district in districts(study)
    )
    block = Block(
        panels, COLUMNS, f"years in force from {BEGIN}, then repealed",
        f"output of {JUDGED}, without policy = 1",
        x_range=(years[0] - 0.5, years[-1] + 0.5), y_range=(0.8, 3.2), rule=MORE,
        rule_label=f"{MORE:g} times what it is without",
    )  # fmt: skip
    return Sheet((block,))


def technology(folder: Path) -> Sheet:
    """Shares of variance of technology and of the timing of policy."""
    titles = {"home share": "Home share in 2060", "survives": "Whether the district survives"}
    by_panel: dict[str, dict[str, list[Row]]] = {name: {} for name in titles}
    for row in rows_of(folder, "technology"):
        numbers = tuple(number(row[c]) for c in ("first low", "first", "first high"))
        if np.isfinite(numbers[1]):
            name = row["goes with"]
            own = by_panel[row["indicator"]].setdefault(short(row["district"]), [])
            low, middle, high = numbers
            words = ("", f"{name}, first-order index")
            own.append(interval_row(name, (low, middle, high), (-0.1, 1.0), DECIDES[name], words))
    panels = tuple(
        RowsPanel(titles[name], tuple(_lifted(d, rows) for d, rows in own.items()), 0.0)
        for name, own in by_panel.items()
    )
    label = "share of the variance, dimensionless"
    block = Block(panels, 2, label, "", x_range=(-0.1, 1.0), tall=0.26)
    note = "Bar: interval of 95%. Total indices stand in the table."
    return Sheet((block,), note=note)


def _lifted(district: str, rows: list[Row]) -> Row:
    """Several rows on top of each other as one."""
    lifts = [0.24 * (k - (len(rows) - 1) / 2) for k in range(len(rows))]
    bars = [
        replace(bar, lift=lift, thick=0.1)
        for row, lift in zip(rows, lifts, strict=True)
        for bar in row.bars
    ]
    marks = [
        replace(mark, lift=lift)
        for row, lift in zip(rows, lifts, strict=True)
        for mark in row.marks
    ]
    return Row(district, tuple(bars), tuple(marks))


def calibration(folder: Path) -> Sheet:
    """Theil's inequality coefficient of each series, up to 2019 and later."""
    rows = list(rows_of(folder, "calibration"))
    # a rank repeats the jobs of its district
    named = (row["series"] for row in rows if not row["series"].startswith("rank: "))
    names = list(dict.fromkeys(named))
    panels = (
        RowsPanel("Until 2019", tuple(_marks(rows, names, "fit to 2019"))),
        RowsPanel("After 2019", tuple(_marks(rows, names, "prediction"))),
    )
    label = "Theil's inequality coefficient: 0 is no error, 1 as bad as can be"
    return Sheet((Block(panels, 2, label, "", x_range=(-0.01, 0.52)),))


def _marks(rows: list[dict[str, str]], names: list[str], period: str) -> Iterator[Row]:
    """One row for each series in the order of the table, the worst where it has several."""
    for name in names:
        own = [r for r in rows if r["series"] == name and r["period"] == period and r["U"]]
        if not own:
            yield Row(name)
            continue
        worst = max(own, key=lambda r: number(r["U"]))
        fitted = bool(worst["in the fit"])
        style = Style(RED, "-", "X") if fitted else Style(BLACK, "-", "o")
        words = "in the fit" if fitted else "only reported"
        yield Row(name, marks=(Mark(number(worst["U"]), style, words),))
