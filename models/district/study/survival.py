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
from simdistrict.tables.beside import COVERS, SHARES, noted, numbers_of, prior_rows, share_cells
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
    rows: list[tuple[Cell, ...]] = []
    page: list[tuple[Cell, ...]] = []
    for district, alive, kind, own, limits in _districts(study):
        good = alive[np.isfinite(alive)]
        share = float(good.mean())
        head = (district, len(good), share, *wilson(int(good.sum()), len(good)))
        rows += [(*head, kind, *limit) for limit in limits]
        page.append((short(district), *head[2:5], kind, own))
    heads = (Column("district"), *COLUMNS[2:5], COLUMNS[5], Column(BOX))
    shown = Table("survival", "Who survives, and what decides it", heads, tuple(page))
    note = NOTE.format(
        members=study.sampling.members,
        year=YEARS[-1],
        density=CHOICES.density,
        mass=CHOICES.mass,
    )
    return Table("survival", "When a district survives", COLUMNS, tuple(rows), note, (shown,))


BOX = "its limits, density and coverage"


def _districts(
    study: Study,
) -> Iterator[tuple[str, Reals, str, str, list[tuple[Cell, ...]]]]:
    """Each district: which members survive, the kind that boxes hold, a box in words, its rows."""
    alive = survives(all_of(study))
    design = study.ensemble(Variant(BASELINE), KEPT).design
    names = tuple(prior.name for prior in design.priors)
    draws = design.rows(0, design.members)
    for d, district in enumerate(study.model.dims_by_name["district"].labels):
        share = float(np.nanmean(alive[:, d]))
        kind = "do not survive" if share > LEAST else "survive"
        wanted = 1 - alive[:, d] if share > LEAST else alive[:, d]
        sample = Sample(district, names, draws, wanted, "lhs", study.sampling.seed)
        rows = list(_rows(_boxes(sample), names))
        yield district, alive[:, d], kind, _told(rows), rows


def _boxes(sample: Sample) -> Discovery | None:
    """The boxes; None where all members have the same fate."""
    try:
        return discover(sample, above=LEAST, choices=CHOICES)
    except ScenarioError:
        return None


def _rows(found: Discovery | None, names: tuple[str, ...]) -> Iterator[tuple[Cell, ...]]:
    """Density, coverage, mass, constant, its limits and their quasi-p."""
    if found is None or not found.boxes:
        yield (*[None] * 3, "no box", *[None] * 3)
        return
    for box in found.boxes:
        measures = (box.measures.density, box.measures.coverage, box.measures.mass)
        for limit in box.limits:
            ends = (limit.low, limit.high, limit.quasi_p)
            yield (*measures, names[limit.place], *ends)


def _told(rows: list[tuple[Cell, ...]]) -> str:
    """A box in words."""
    if rows[0][0] is None:
        return "no box"
    parts = []
    for row in rows:
        low, high = (COLUMNS[k + 6].text(row[k]) for k in (4, 5))
        lead = f"{low} <= " if low else ""
        tail = f" <= {high}" if high else ""
        parts.append(f"{lead}{row[3]}{tail}")
    measures = "density {}, coverage {}".format(*(COLUMNS[k + 6].text(rows[0][k]) for k in (0, 1)))
    return f"{'; '.join(parts)} ({measures})"


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed shares that are next to impossible given some members that are run again."""
    return _doubts(study, committed, COLUMNS, 2)


def _doubts(
    study: Study, committed: Path, columns: tuple[Column, ...], share: int
) -> Iterator[Discrepancy]:
    alive = survives(some_of(study, AGAIN))
    places = list(study.model.dims_by_name["district"].labels)
    for line, row in committed_rows(committed, len(columns)):
        if row[0] not in places:
            continue
        where = f"{committed.name}:{line}"
        flags = alive[:, places.index(row[0])]
        yield from doubted_share(where, columns[share].name, row[share], flags, 1e-3)


# ---------------------------------------------------------------------- over the posterior

OVER = "survival_posterior"
OVER_COLUMNS = (*COLUMNS[:2], *SHARES, *COLUMNS[5:])
OVER_NOTE = (
    """Baseline, {members} draws of the posterior, in place of those of the prior in
[survival](survival.md). Survival and boxes as there; draws of a posterior are correlated, so that
a quasi-p, which counts them as independent, is too small.

"""
    + COVERS
)


def over_posterior(study: Study) -> Table:
    """The same over the posterior, with the shares of the prior beside them."""
    over = study.over_posterior()
    found = list(_districts(over))
    before = prior_rows(study, "survival", len(COLUMNS), 1)
    rows: list[tuple[Cell, ...]] = []
    page: list[tuple[Cell, ...]] = []
    for district, alive, kind, own, limits in found:
        shares = (*numbers_of(before.get((district,)), (2, 3, 4)), *share_cells(over, alive))
        count = int(np.isfinite(alive).sum())
        rows += [(district, count, *shares, kind, *limit) for limit in limits]
        page.append((short(district), *shares, kind, own))
    heads = (Column("district"), *SHARES, COLUMNS[5], Column(BOX))
    shown = Table(OVER, "Who survives, and what decides it", heads, tuple(page))
    title = "When a district survives, given the record"
    note = noted(study, OVER_NOTE.format(members=over.sampling.members))
    return Table(OVER, title, OVER_COLUMNS, tuple(rows), note, (shown,))


def over_posterior_doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """The same as `doubts`, of the table over the posterior."""
    return _doubts(study.over_posterior(), committed, OVER_COLUMNS, 5)
