"""The table of classes: shares of members that survive anyway, never, or by policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.wilson import wilson
from simdistrict.regimes.classes import ANYWAY, LOST, UNDECIDED, Classes, classified
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.intervals import doubted_share
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE, short
from .indicators import YEARS
from .paired import Source, all_of, some_of
from .survival import survives

# policies that somebody could choose; shocks and dead ends are none
DECIDED = (
    "security_tariffs",
    "carbon_social_tariffs",
    "friend_shoring",
    "industrial_policy",
    "industry40_colocation",
    "district_renaissance",
    "fdi_openness",
    "tariff_only",
    "capability_only",
)
AGAIN = 256
ANY = "any of them"
CLASSES = ("survives anyway", "lost whatever is done", "policy decides", "undecided")
SAVED, HARMED = "saved by", "lost by"
COLUMNS = (
    Column("district"),
    Column("class"),
    Column("policy"),
    Column("members"),
    Column("share", decimals=3),
    Column("share low", decimals=3),
    Column("share high", decimals=3),
)
SHARE = 4
NOTE = """{members} draws of the prior, each run without a policy and under each of {policies}
policies. A district *survives* as in [survival](survival.md): in {year:g} it has half of its
chain, of its supplier base and of its place of 1980 in the world market. *Policy decides* where
it survives under at least one policy and not without. *Saved by*: survives under this policy
and not without; *lost by*: the reverse. Shares of all draws, with intervals of 95% (Wilson
1927)."""


def flags(source: Source, places: list[str]) -> Classes:
    """The class of each member and district."""
    alive = np.stack([survives(source, name) for name in (BASELINE, *DECIDED)])
    sure = np.isfinite(alive)
    return classified("district", places, DECIDED, alive == 1, sure, alive[0])


def shares(found: Classes) -> Iterator[tuple[str, str, str, Reals]]:
    """District, class, policy, and a flag for each member."""
    for d, district in enumerate(found.labels):
        of = found.of[:, d]
        decided = ~np.isin(of, (ANYWAY, LOST, UNDECIDED))
        kinds = (of == ANYWAY, of == LOST, decided, of == UNDECIDED)
        for name, inside in zip(CLASSES, kinds, strict=True):
            yield district, name, ANY, inside.astype(float)
        for p, policy in enumerate(found.policies):
            yield district, SAVED, policy, found.suffices[p, d].astype(float)
            yield district, HARMED, policy, found.harms[p, d].astype(float)


def table(study: Study) -> Table:
    """One row per district and class, then one per policy that saves or harms it."""
    places = list(study.model.dims_by_name["district"].labels)
    rows: list[tuple[Cell, ...]] = []
    for district, name, policy, inside in shares(flags(all_of(study), places)):
        hits, total = int(inside.sum()), len(inside)
        rows.append((district, name, policy, total, hits / total, *wilson(hits, total)))
    note = NOTE.format(members=study.sampling.members, policies=len(DECIDED), year=YEARS[-1])
    pages = (_classes(rows, places), _policies(rows, places))
    return Table("worlds", "Where policy decides", COLUMNS, tuple(rows), note, pages)


def _classes(rows: list[tuple[Cell, ...]], places: list[str]) -> Table:
    found = {(row[0], row[1]): _told(row) for row in rows if row[2] == ANY}
    heads = (Column("district"), *(Column(name) for name in CLASSES))
    lines = tuple((short(d), *(found[d, name] for name in CLASSES)) for d in places)
    return Table("worlds", "Classes", heads, lines)


def _policies(rows: list[tuple[Cell, ...]], places: list[str]) -> Table:
    found = {(row[0], row[1], row[2]): row[SHARE] for row in rows}
    heads = (Column("policy"), *(Column(short(d)) for d in places))
    lines = []
    for policy in DECIDED:
        cells = []
        for d in places:
            saved, harmed = (COLUMNS[SHARE].text(found[d, k, policy]) for k in (SAVED, HARMED))
            cells.append(f"{saved} / {harmed}")
        lines.append((policy.replace("_", " "), *cells))
    return Table("worlds", "Share of members saved by a policy / lost by it", heads, tuple(lines))


def _told(row: tuple[Cell, ...]) -> str:
    share, low, high = (COLUMNS[k].text(row[k]) for k in (SHARE, SHARE + 1, SHARE + 2))
    return f"{share} ({low} to {high})"


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed shares that are next to impossible given some members that are run again."""
    places = list(study.model.dims_by_name["district"].labels)
    again = {
        (district, name, policy): inside
        for district, name, policy, inside in shares(flags(some_of(study, AGAIN), places))
    }
    for line, row in committed_rows(committed, len(COLUMNS)):
        inside = again.get((row[0], row[1], row[2]))
        if inside is not None:
            where = f"{committed.name}:{line}"
            yield from doubted_share(where, COLUMNS[SHARE].name, row[SHARE], inside, 1e-3)
