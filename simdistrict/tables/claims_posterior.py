"""The table of claims over the posterior, with the prior beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Flags
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.tables import claims_prior
from simdistrict.tables.beside import (
    COVERS,
    SHARES,
    Key,
    noted,
    numbers_of,
    prior_rows,
    share_cells,
)
from simdistrict.tables.claim_runs import measures
from simdistrict.tables.claims import verdict
from simdistrict.tables.claims_prior import WHOLE, Values, over_members, some, whole
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.evidence import Claim, StudyRuns
from simdistrict.tables.intervals import doubted_share, interval
from simdistrict.tables.stated import claims_of
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table
from simdistrict.tables.verdicts import FAILS, HOLDS, NO_CASE, SHOWN

QUANTILES = ("median", "5%", "95%")
COLUMNS = (
    Column("claim"),
    Column("what"),
    Column("low", significant=3),
    Column("high", significant=3),
    Column("calibrated"),
    Column("members"),
    *(Column(f"prior {q}", significant=3) for q in QUANTILES),
    *(Column(f"posterior {q}", significant=3) for q in QUANTILES),
    *SHARES,
)
FIRST = len(COLUMNS) - len(SHARES)
SHARE = FIRST + 3
# places in the table over the prior
_QUANTILES, _SHARES = (8, 9, 10), (11, 12, 13)


def posterior_table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per claim, and one per measure; then how many claims hold in most draws."""
    claims, over = claims_of(study), study.over_posterior()
    values = over_members(over, claims)
    told = _told(study, claims)
    before = prior_rows(study, _prior_name(study), len(claims_prior.COLUMNS), 2)
    rows = list(_rows(over, claims, values, told, before))
    words = {claim.id: claim.text for claim in claims}
    all_of = [row for row in rows if row[1] == WHOLE]
    order = {FAILS: 0, NO_CASE: 1}
    all_of.sort(key=lambda row: (order.get(str(row[4]), 2), row[SHARE]))
    page = Table(
        name,
        "Claims",
        (Column("claim"), Column("text"), COLUMNS[4], *SHARES),
        tuple((row[0], words[str(row[0])], row[4], *row[FIRST:]) for row in all_of),
    )
    said = noted(
        study, f"{note.format(members=over.sampling.members)}\n\n{_most(all_of)}\n\n{COVERS}"
    )
    return Table(name, heading, COLUMNS, tuple(rows), said, (page,))


def _prior_name(study: Study) -> str:
    """The table over the prior. Raises ScenarioError where the study has none."""
    for name, table in study.definition.file.tables.items():
        if table.standard == "claims over the prior":
            return name
    what = "the claims over the posterior stand beside those over the prior, and no table has these"
    hint = "add a table with `standard: claims over the prior`"
    raise ScenarioError(Problem(study.definition.where, what, hint))


def _most(rows: list[tuple[Cell, ...]]) -> str:
    """How many claims hold in most draws, in a sentence."""

    def count(place: int) -> int:
        return sum(isinstance(row[place], float) and float(str(row[place])) > 0.5 for row in rows)

    held = sum(row[4] == HOLDS for row in rows)
    lost = sum(row[4] == HOLDS and not float(str(row[SHARE] or 0)) > 0.5 for row in rows)
    return (
        f"Of {len(rows)} claims, {count(FIRST)} hold in most draws of the prior and {count(SHARE)} "
        f"in most of the posterior. Of the {held} that hold at the calibrated point, {lost} do not "
        "hold in most of the posterior."
    )


def _told(study: Study, claims: Sequence[Claim]) -> dict[tuple[str, str], str]:
    """The verdict in the calibrated model, by claim and measure."""
    runs = StudyRuns(study)
    found: dict[tuple[str, str], str] = {}
    for claim in claims:
        own = [verdict(m, float(m.value(runs)[0])) for m in claim.measures]
        bad = [one for one in own if one not in (HOLDS, SHOWN)]
        found[claim.id, WHOLE] = FAILS if FAILS in bad else bad[0] if bad else HOLDS
        found |= {(claim.id, m.what): one for m, one in zip(claim.measures, own, strict=True)}
    return found


def _rows(
    over: Study,
    claims: Sequence[Claim],
    values: Values,
    told: dict[tuple[str, str], str],
    before: Mapping[Key, list[str]],
) -> Iterator[tuple[Cell, ...]]:
    for claim in claims:
        if any(measure.has_range for measure in claim.measures):
            holds, key = whole(claim, values), (claim.id, WHOLE)
            shares = numbers_of(before.get(key), _SHARES)
            cells = share_cells(over, holds)
            empty = [None] * 6
            yield (*key, None, None, told[key], len(holds), *empty, *shares, *cells)
        for k, measure in enumerate(claim.measures):
            key, found = (claim.id, measure.what), values[claim.id, k]
            row = before.get(key)
            quantiles = (*numbers_of(row, _QUANTILES), *interval(found))
            shares = numbers_of(row, _SHARES)
            cells = share_cells(over, measure.holds(found)) if measure.has_range else (None,) * 5
            head = (*key, measure.low, measure.high, told[key], len(found))
            yield (*head, *quantiles, *shares, *cells)


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed shares that are next to impossible given some draws that are run again."""
    claims, over = claims_of(study), study.over_posterior()
    values = some(over, claims, claims_prior.AGAIN)
    again: dict[tuple[str, str], Flags] = {
        (claim.id, measure.what): np.asarray(measure.holds(values[claim.id, k]))
        for claim, k, measure in measures(claims)
        if measure.has_range
    }
    again |= {
        (claim.id, WHOLE): whole(claim, values)
        for claim in claims
        if any(measure.has_range for measure in claim.measures)
    }
    for line, row in committed_rows(committed, len(COLUMNS)):
        hits = again.get((row[0], row[1]))
        if hits is not None:
            where = f"{committed.name}:{line}"
            yield from doubted_share(
                where, COLUMNS[SHARE].name, row[SHARE], hits.astype(float), 1e-3
            )
