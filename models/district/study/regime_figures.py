"""Figures of equilibria, classes over the prior, lasting effects, variance, and fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from simdistrict.plot import Figure, Line, Markers, Panel, RangeRow, Ranges, RangesPanel, Style
from simdistrict.regimes.numerics.branch import Branch
from simdistrict.regimes.numerics.diagram import BifurcationDiagram
from simdistrict.regimes.numerics.mix import Mix
from simdistrict.regimes.numerics.stability import Stability
from simdistrict.tables.compare import number, rows_of
from simdistrict.tables.palette import BLACK, BLUE, GREEN, ORANGE, RED
from simdistrict.tables.study import Study

from .common import districts, short, style_of
from .frozen_worlds import ALONG, Along, World, followed, turns, world
from .least_policy import BEGIN, ENDS, HISTORIES, JUDGED, MORE, lasting

COLUMNS = 5
STABLE, UNSTABLE, END = Style(BLACK, "-", "o"), Style(RED, "--", "s"), Style(BLUE, "-", "D")
CLASSES = {
    "survives anyway": Style(GREEN, "-", "o"),
    "policy decides": Style(ORANGE, "-", "s"),
    "lost whatever is done": Style(BLACK, "-", "X"),
}
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


def branches_tariff(study: Study) -> Figure:
    """Equilibria along the tariff on far parts."""
    return _branches(study, ALONG[0], (0.0, 0.5, 1.0, 1.5))


def branches_gap(study: Study) -> Figure:
    """Equilibria along the gap between home and far labour costs."""
    return _branches(study, ALONG[1], (0.0, 0.3, 0.6, 0.9))


def branches_renaissance(study: Study) -> Figure:
    """Equilibria along the share of the renaissance that is in force for good."""
    return _branches(study, ALONG[2], (0.0, 0.5, 1.0))


def _branches(study: Study, along: Along, ticks: tuple[float, ...]) -> Figure:
    panels = []
    for district in districts(study):
        here = world(study, district)
        field, diagram = followed(study, here, along)
        lines = [
            line for branch in diagram.branches for line in _pieces(here, field, along, branch)
        ]
        panels.append(Panel(short(district), tuple(lines), _ends(here, field, along, diagram)))
    ends = sorted((along.shown(along.low), along.shown(along.high)))
    return Figure(
        tuple(panels),
        COLUMNS,
        "relative output, 1980 = 1",
        (ends[0], ends[1]),
        (0.0, 2.0),
        ticks,
        x_label=along.name,
    )


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
        label, style = ("stable", STABLE) if stable[start] else ("not stable", UNSTABLE)
        yield Line(x[part], y[part], label, style)
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
    return (Markers(x, y, "a world ends", END, hollow=True),)


def lasting_output(study: Study) -> Figure:
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
    return Figure(
        panels,
        COLUMNS,
        f"output {JUDGED}, without = 1",
        (years[0], years[-1]),
        (0.8, 3.2),
        (5.0, 10.0, 15.0, 20.0),
        rule=MORE,
        rule_label=f"{MORE:g} times what it is without",
        log=False,
        x_label=f"years in force from {BEGIN}",
    )


def worlds(folder: Path) -> Ranges:
    """Share of members in which a district survives anyway, by policy, or not at all."""
    by_district: dict[str, list[RangeRow]] = {}
    for row in rows_of(folder, "worlds"):
        style = CLASSES.get(row["class"])
        if style is not None and row["policy"] == "any of them":
            low, middle, high = (number(row[c]) for c in ("share low", "share", "share high"))
            own = by_district.setdefault(row["district"], [])
            own.append(RangeRow(row["class"], low, middle, high, style))
    order = list(CLASSES)
    panels = tuple(
        RangesPanel(short(d), tuple(sorted(rows, key=lambda row: order.index(row.label))))
        for d, rows in by_district.items()
    )
    label = "share of members, interval of 95%"
    return Ranges(panels, COLUMNS, label, (0.0, 1.0), rule=None)


def technology(folder: Path) -> Ranges:
    """Shares of variance of technology and of the timing of policy."""
    by_district: dict[str, list[RangeRow]] = {}
    for row in rows_of(folder, "technology"):
        name = row["goes with"]
        words = f"{row['indicator']}: {name.removeprefix('of it ').removesuffix(' of policy')}"
        low, middle, high = (number(row[c]) for c in ("first low", "first", "first high"))
        if np.isfinite(middle):
            own = by_district.setdefault(row["district"], [])
            own.append(RangeRow(words, low, middle, high, DECIDES[name], number(row["total"])))
    panels = tuple(RangesPanel(short(d), tuple(rows)) for d, rows in by_district.items())
    note = "mark: first order with its interval of 95%; upright line: total"
    return Ranges(panels, COLUMNS, "share of variance", (-0.1, 1.0), note=note)


def calibration(folder: Path) -> Ranges:
    """Theil's inequality coefficient of each series, up to 2019 and later."""
    rows = list(rows_of(folder, "calibration"))
    # a rank repeats the jobs of its district
    named = (row["series"] for row in rows if not row["series"].startswith("rank: "))
    names = list(dict.fromkeys(named))
    panels = (
        RangesPanel("Fit to 2019: U", tuple(_bars(rows, names, "fit to 2019", "U"))),
        RangesPanel("Prediction: U", tuple(_bars(rows, names, "prediction", "U"))),
    )
    note = "0: no error; 1: as bad as can be; cross: in the fit; circle: only reported"
    return Ranges(
        panels, 2, "Theil's inequality coefficient", (0.0, 0.5), rule=None, note=note, width=2.4
    )


def _bars(
    rows: list[dict[str, str]], names: list[str], period: str, column: str
) -> Iterator[RangeRow]:
    """One row for each series in the order of its panel, worst first where a series has several."""
    for name in names:
        own = [r for r in rows if r["series"] == name and r["period"] == period and r[column]]
        if not own:
            yield RangeRow(name, np.nan, np.nan, np.nan)
            continue
        worst = max(own, key=lambda r: number(r[column]))
        value = number(worst[column])
        style = Style(RED, "-", "X") if worst["in the fit"] else Style(BLACK, "-", "o")
        yield RangeRow(name, 0.0, value, value, style)
