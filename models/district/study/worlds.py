"""The table of classes: shares of members that survive anyway, never, or by policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.wilson import wilson
from simdistrict.regimes.classes import ANYWAY, LOST, UNDECIDED, Classes, classified
from simdistrict.tables.beside import COVERS, SHARES, noted, numbers_of, prior_rows, share_cells
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
    return _doubts(study, committed, COLUMNS, SHARE)


def _doubts(
    study: Study, committed: Path, columns: tuple[Column, ...], share: int
) -> Iterator[Discrepancy]:
    places = list(study.model.dims_by_name["district"].labels)
    again = {
        (district, name, policy): inside
        for district, name, policy, inside in shares(flags(some_of(study, AGAIN), places))
    }
    for line, row in committed_rows(committed, len(columns)):
        inside = again.get((row[0], row[1], row[2]))
        if inside is not None:
            where = f"{committed.name}:{line}"
            yield from doubted_share(where, columns[share].name, row[share], inside, 1e-3)


# ---------------------------------------------------------------------- over the posterior

OVER_COLUMNS = (*COLUMNS[:4], *SHARES)
OVER = "worlds_posterior"


def over_posterior(study: Study) -> Table:
    """The same rows over the posterior, with the prior beside them."""
    places, over = list(study.model.dims_by_name["district"].labels), study.over_posterior()
    found = list(shares(flags(all_of(over), places)))
    before = prior_rows(study, "worlds", len(COLUMNS), 3)
    rows: list[tuple[Cell, ...]] = []
    for district, name, policy, inside in found:
        known = numbers_of(before.get((district, name, policy)), (SHARE, SHARE + 1, SHARE + 2))
        head = (district, name, policy, len(inside))
        rows.append((*head, *known, *share_cells(over, inside)))
    pages = tuple(_beside(rows, places, name) for name in CLASSES[:3])
    note = noted(
        study,
        OVER_NOTE.format(members=over.sampling.members, policies=len(DECIDED), year=YEARS[-1]),
    )
    return Table(OVER, OVER_TITLE, OVER_COLUMNS, tuple(rows), note, (*pages, _saved(rows, places)))


OVER_TITLE = "Where policy decides, given the record"
OVER_NOTE = (
    """{members} draws of the posterior, in place of those of the prior in [worlds](worlds.md),
each run without a policy and under each of {policies} policies. Classes as there, in {year:g}.

"""
    + COVERS
)


def _beside(rows: list[tuple[Cell, ...]], places: list[str], name: str) -> Table:
    """One class: prior and posterior by district."""
    found = {row[0]: row[4:] for row in rows if row[1] == name and row[2] == ANY}
    lines = tuple((short(d), *found[d]) for d in places)
    return Table(OVER, name.capitalize(), (Column("district"), *SHARES), lines)


def _saved(rows: list[tuple[Cell, ...]], places: list[str]) -> Table:
    """Policy by district: the share that it saves, prior then posterior."""
    found = {(row[0], row[2]): (row[4], row[7]) for row in rows if row[1] == SAVED}
    heads = (Column("policy"), *(Column(short(d)) for d in places))
    lines = []
    for policy in DECIDED:
        cells = [" / ".join(map(SHARES[0].text, found[d, policy])) for d in places]
        lines.append((policy.replace("_", " "), *cells))
    return Table(OVER, "Share of draws saved by a policy, prior / posterior", heads, tuple(lines))


def over_posterior_doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """The same as `doubts`, of the table over the posterior."""
    return _doubts(study.over_posterior(), committed, OVER_COLUMNS, 7)
