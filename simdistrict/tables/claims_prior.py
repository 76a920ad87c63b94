"""The table of claims over the prior: share of members in which each claim holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.wilson import wilson
from simdistrict.tables.claim_runs import evaluated, measures
from simdistrict.tables.claims import verdict
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.evidence import Claim, StudyRuns
from simdistrict.tables.intervals import doubted_share, interval
from simdistrict.tables.members import Kept, Variant
from simdistrict.tables.stated import claims_of
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table
from simdistrict.tables.verdicts import FAILS, HOLDS, NO_CASE, SHOWN

Values = Mapping[tuple[str, int], Reals]
AGAIN = 64
WHOLE = "all of its numbers"
COLUMNS = (
    Column("claim"),
    Column("what"),
    Column("low", significant=3),
    Column("high", significant=3),
    Column("calibrated"),
    Column("value", significant=3),
    Column("members"),
    Column("no case, share", decimals=3),
    Column("median", significant=3),
    Column("5%", significant=3),
    Column("95%", significant=3),
    Column("holds, share", decimals=3),
    Column("share low", decimals=3),
    Column("share high", decimals=3),
)
SHARE = 11


def prior_table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per claim, and one per measure."""
    claims = claims_of(study)
    values = over_members(study, claims)
    rows = list(_rows(study, values))
    order = {FAILS: 0, NO_CASE: 1}
    whole = [row for row in rows if row[1] == WHOLE]
    whole.sort(key=lambda row: (order.get(str(row[4]), 2), row[SHARE]))
    words = {claim.id: claim.text for claim in claims}
    page = Table(
        name,
        "Claims",
        (Column("claim"), Column("text"), COLUMNS[4], *COLUMNS[SHARE:]),
        tuple((row[0], words[str(row[0])], row[4], *row[SHARE:]) for row in whole),
    )
    note = note.format(members=study.sampling.members)
    return Table(name, heading, COLUMNS, tuple(rows), note, (page,))


def over_members(study: Study, claims: Sequence[Claim]) -> Values:
    """The measures of some claims, over all members."""

    def chunks(variant: Variant, kept: Kept) -> Iterable[Reals]:
        return (chunk["numbers"] for chunk in study.chunks(variant, kept, "numbers"))

    return evaluated(claims, chunks)


def _rows(study: Study, values: Values) -> Iterator[tuple[Cell, ...]]:
    runs, claims = StudyRuns(study), claims_of(study)
    own: dict[str, list[str]] = {}
    rows: dict[str, list[tuple[Cell, ...]]] = {}
    for claim, k, measure in measures(claims):
        found = values[claim.id, k]
        value = float(measure.value(runs)[0])
        told = verdict(measure, value)
        own.setdefault(claim.id, []).append(told)
        missing = float(np.isnan(found).mean())
        hits = measure.holds(found) if measure.has_range else None
        rows.setdefault(claim.id, []).append(
            (
                claim.id,
                measure.what,
                measure.low,
                measure.high,
                told,
                value if math.isfinite(value) else None,
                len(found),
                missing,
                *interval(found),
                *share_of(hits),
            )
        )
    for claim in claims:
        if any(measure.has_range for measure in claim.measures):
            holds = whole(claim, values)
            bad = [told for told in own[claim.id] if told not in (HOLDS, SHOWN)]
            told = FAILS if FAILS in bad else bad[0] if bad else HOLDS
            empty = [None] * 4
            yield (claim.id, WHOLE, None, None, told, None, len(holds), *empty, *share_of(holds))
        yield from rows[claim.id]


def share_of(hits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] | None) -> tuple[Cell, ...]:
    """The cells of the share of members that hold, with its interval; empty without a range."""
    if hits is None:
        return (None, None, None)
    return float(hits.mean()), *wilson(int(hits.sum()), len(hits))


def whole(claim: Claim, values: Values) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Members in which all measures of a claim lie in their ranges."""
    flags = [
        measure.holds(values[claim.id, k])
        for k, measure in enumerate(claim.measures)
        if measure.has_range
    ]
    return np.asarray(np.logical_and.reduce(flags))


def some(study: Study, claims: Sequence[Claim], count: int) -> Values:
    """The same of a fixed random choice of members, which are run now."""
    members = study.sampling.some(count, study.sampling.members).tolist()
    return evaluated(
        claims,
        lambda variant, kept: [study.some(variant, kept, members)["numbers"]],
    )


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed shares that are next to impossible given some members that are run again."""
    claims = claims_of(study)
    values = some(study, claims, AGAIN)
    again = {
        (claim.id, measure.what): measure.holds(values[claim.id, k])
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
