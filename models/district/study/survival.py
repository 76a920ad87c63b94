"""The table of survival: constants under which a district survives, as boxes by PRIM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ScenarioError
from simdistrict.base.wilson import wilson
from simdistrict.sensitivity.discovery import Discovery, discover
from simdistrict.sensitivity.prim import Choices
from simdistrict.sensitivity.sample import Sample
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.intervals import doubted_share
from simdistrict.tables.members import Variant
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE, short
from .indicators import KEPT, YEARS, place
from .kept import LEAST
from .paired import Source, all_of, some_of

WHAT = ("home share of the chain", "completeness", "relative output")
CHOICES = Choices(mass=0.05, density=0.8, boxes=1, chance=0.05)
AGAIN = 256
COLUMNS = (
    Column("district"),
    Column("members"),
    Column("survives, share", decimals=3),
    Column("share low", decimals=3),
    Column("share high", decimals=3),
    Column("box of members that"),
    Column("density", decimals=3),
    Column("coverage", decimals=3),
    Column("mass", decimals=3),
    Column("constant"),
    Column("from", significant=3),
    Column("to", significant=3),
    Column("quasi-p", significant=2),
)
NOTE = """Baseline, {members} draws of the prior. A district *survives* when in {year:g} at
least half of the chain is at home, half of the supplier base is there, and it has half of its
place of 1980 in the world market. Where most members survive, boxes are sought for those that
do not, else for those that do (PRIM: Friedman and Fisher 1999; Bryant and Lempert 2010).
Density: the share of a box's members that are of the kind; coverage: the share of all of the
kind that lie in it; mass: the share of all members in it. A box is the first of the peeling
with a density of {density:.0%}, else the densest that still holds {mass:.0%} of all members;
limits that may be chance (quasi-p above 0.05) are left out. Shares with intervals of 95%
(Wilson 1927)."""


def survives(source: Source, scenario: str = BASELINE) -> Reals:
    """1 where a district survives, else 0: members by districts."""
    found = source(Variant(scenario), "indicators")
    values = found[..., [place(name, YEARS[-1]) for name in WHAT]]
    return np.where(np.isnan(values).any(axis=-1), np.nan, (values >= LEAST).all(axis=-1))


def table(study: Study) -> Table:
    """One row per limit of each box; a district without a box has one row."""
    alive = survives(all_of(study))
    design = study.ensemble(Variant(BASELINE), KEPT).design
    names = tuple(prior.name for prior in design.priors)
    rows: list[tuple[Cell, ...]] = []
    page: list[tuple[Cell, ...]] = []
    draws = design.rows(0, design.members)
    for d, district in enumerate(study.model.dims_by_name["district"].labels):
        good = alive[np.isfinite(alive[:, d]), d]
        share = float(good.mean())
        head = (district, len(good), share, *wilson(int(good.sum()), len(good)))
        kind = "do not survive" if share > LEAST else "survive"
        wanted = 1 - alive[:, d] if share > LEAST else alive[:, d]
        sample = Sample(district, names, draws, wanted, "lhs", study.sampling.seed)
        found = _boxes(sample)
        own = list(_rows(head, kind, found, names))
        rows += own
        page.append((short(district), *head[2:5], kind, _told(own)))
    shown = Table(
        "survival",
        "Who survives, and what decides it",
        (
            Column("district"),
            *COLUMNS[2:5],
            Column("box of members that"),
            Column("its limits, density and coverage"),
        ),
        tuple(page),
    )
    note = NOTE.format(
        members=len(alive), year=YEARS[-1], density=CHOICES.density, mass=CHOICES.mass
    )
    return Table("survival", "When a district survives", COLUMNS, tuple(rows), note, (shown,))


def _boxes(sample: Sample) -> Discovery | None:
    """The boxes; None where all members have the same fate."""
    try:
        return discover(sample, above=LEAST, choices=CHOICES)
    except ScenarioError:
        return None


def _rows(
    head: tuple[Cell, ...], kind: str, found: Discovery | None, names: tuple[str, ...]
) -> Iterator[tuple[Cell, ...]]:
    if found is None or not found.boxes:
        yield (*head, kind, *[None] * 3, "no box", *[None] * 3)
        return
    for box in found.boxes:
        measures = (box.measures.density, box.measures.coverage, box.measures.mass)
        for limit in box.limits:
            ends = (limit.low, limit.high, limit.quasi_p)
            yield (*head, kind, *measures, names[limit.place], *ends)


def _told(rows: list[tuple[Cell, ...]]) -> str:
    """A box in words."""
    if rows[0][6] is None:
        return "no box"
    parts = []
    for row in rows:
        low, high = (COLUMNS[k].text(row[k]) for k in (10, 11))
        lead = f"{low} <= " if low else ""
        tail = f" <= {high}" if high else ""
        parts.append(f"{lead}{row[9]}{tail}")
    measures = "density {}, coverage {}".format(*(COLUMNS[k].text(rows[0][k]) for k in (6, 7)))
    return f"{'; '.join(parts)} ({measures})"


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed shares that are next to impossible given some members that are run again."""
    alive = survives(some_of(study, AGAIN))
    places = list(study.model.dims_by_name["district"].labels)
    for line, row in committed_rows(committed, len(COLUMNS)):
        if row[0] not in places:
            continue
        where = f"{committed.name}:{line}"
        yield from doubted_share(
            where, COLUMNS[2].name, row[2], alive[:, places.index(row[0])], 1e-3
        )
