"""The table of targets over the prior: how many draws reproduce the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.calibration import spearman
from simdistrict.tables.beside import COVERS, SHARES, noted, numbers_of, prior_rows, share_cells
from simdistrict.tables.claims_prior import Values, over_members, share_of, some
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.evidence import Claim, Measure, ScenarioRuns
from simdistrict.tables.intervals import doubted_share, interval
from simdistrict.tables.reading import stacked
from simdistrict.tables.stated import Reading, reading_of, recorded, targets_of, value_of
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE
from .jobs import pairs
from .reading import hands_on_offshore

Number = Callable[[ScenarioRuns], Reals]
JOBS = "employment"
TOGETHER, ENOUGH = "together", "at least {count} of {of} targets"
MISSED = (0, 1, 2, 4, 8)
AGAIN = 256
COLUMNS = (
    Column("target"),
    Column("what"),
    Column("low", significant=3),
    Column("high", significant=3),
    Column("calibrated"),
    Column("members"),
    Column("median", significant=3),
    Column("5%", significant=3),
    Column("95%", significant=3),
    Column("holds, share", decimals=4),
    Column("share low", decimals=4),
    Column("share high", decimals=4),
)
SHARE = 9
NOTE = """The targets of the calibration in {members} draws of the prior: the share of the draws in
which each holds, with its 95% interval (Wilson 1927). The draws are not conditioned on the record:
they show what the stated ranges of the constants allow, not which constants the record supports."""


def _over_record(reading: Reading, record: float, runs: ScenarioRuns) -> Reals:
    return reading.of(runs) / record


def _rank_of_districts(study: Study) -> Number:
    known = list(pairs(study).values())
    record = [p.record for p in known]

    def over(runs: ScenarioRuns) -> Reals:
        ratios = stacked(
            runs.at(BASELINE, JOBS, p.end, district=p.district)
            / runs.at(BASELINE, JOBS, p.start, district=p.district)
            for p in known
        )
        ranks = [
            spearman(row.tolist(), record) if np.isfinite(row).all() else None for row in ratios
        ]
        return np.array([np.nan if rank is None else rank for rank in ranks])

    return over


def _tiles_abroad(_: Study) -> Number:
    def over(runs: ScenarioRuns) -> Reals:
        shares = hands_on_offshore(runs, BASELINE, 1980, 2019, "Sassuolo")
        return np.asarray(100 * shares.max(axis=1))

    return over


# the functions of single runs that the study file names, over members
FUNCTIONS = {
    "measures:rank_of_districts": _rank_of_districts,
    "measures:tiles_abroad_to_2019": _tiles_abroad,
}


def _numbers(study: Study) -> Iterator[Number]:
    """The function of each target, in the order of `targets_of`."""
    elements = {s.series: s.element for s in study.assessment.series}
    for k, written in enumerate(study.definition.file.targets):
        for p in recorded(study, written):
            reading = reading_of(study, BASELINE, elements[p.series], p.year, p.series)
            yield partial(_over_record, reading, p.data)
        if written.by:
            yield FUNCTIONS[written.by](study)
        elif written.element:
            yield value_of(study, written, ("targets", k))


def measured(study: Study) -> Claim:
    """The targets as measures over members."""
    own = zip(targets_of(study), _numbers(study), strict=True)
    return Claim("targets", "", tuple(Measure(t.what, t.low, t.high, n) for t, n in own))


def held(targets: Claim, values: Values) -> Flags:
    """Which targets each member meets, (members, targets); a missing number meets none."""
    own = enumerate(targets.measures)
    return np.stack([m.holds(values[targets.id, k]) for k, m in own], axis=-1)


def table(study: Study) -> Table:
    """A row for each number of targets met together, then one per target."""
    targets = measured(study)
    values = over_members(study, [targets])
    met = held(targets, values)
    rows = [
        (TOGETHER, name, *[None] * 3, len(met), *[None] * 3, *share_of(hits))
        for name, hits in together(met)
    ]
    for k, test in enumerate(targets_of(study)):
        ends = (test.low, test.high, test.verdict, len(met), *interval(values[targets.id, k]))
        rows.append((test.of, test.what, *ends, *share_of(met[:, k])))
    note = NOTE.format(members=len(met))
    return Table("targets_prior", "The targets over the prior", COLUMNS, tuple(rows), note)


def together(met: Flags) -> Iterator[tuple[str, Flags]]:
    """Members that meet all targets, and that miss a few at most."""
    of = met.shape[-1]
    for missed in MISSED:
        yield ENOUGH.format(count=of - missed, of=of), (~met).sum(axis=-1) <= missed


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed shares that are next to impossible given some members that are run again."""
    return _doubts(study, committed, COLUMNS, SHARE)


def _doubts(
    study: Study, committed: Path, columns: tuple[Column, ...], share: int
) -> Iterator[Discrepancy]:
    targets = measured(study)
    met = held(targets, some(study, [targets], AGAIN))
    again = {(TOGETHER, name): hits for name, hits in together(met)}
    again |= {(test.of, test.what): met[:, k] for k, test in enumerate(targets_of(study))}
    for line, row in committed_rows(committed, len(columns)):
        hits = again.get((row[0], row[1]))
        if hits is not None:
            where = f"{committed.name}:{line}"
            flags = hits.astype(float)
            yield from doubted_share(where, columns[share].name, row[share], flags, 1e-3)


# ---------------------------------------------------------------------- over the posterior

OVER = "targets_posterior"
OVER_COLUMNS = (
    *COLUMNS[:6],
    *(
        Column(f"{over} {c.name}", significant=3)
        for over in ("prior", "posterior")
        for c in COLUMNS[6:9]
    ),
    *SHARES,
)
OVER_NOTE = (
    """The targets of the calibration in {members} draws of the posterior, beside the prior of
[targets over the prior](targets_prior.md). Most targets are among the data of the posterior, so
that a high share says that the structure can follow the record, not that it predicts it.

"""
    + COVERS
)


def over_posterior(study: Study) -> Table:
    """The same rows over the posterior, with the prior beside them."""
    targets, over = measured(study), study.over_posterior()
    values = over_members(over, [targets])
    met = held(targets, values)
    before = prior_rows(study, "targets_prior", len(COLUMNS), 2)
    rows: list[tuple[Cell, ...]] = []

    def row(
        key: tuple[str, str], ends: tuple[Cell, ...], own: tuple[Cell, ...], hits: Flags
    ) -> None:
        known = before.get(key)
        told = (*numbers_of(known, (6, 7, 8)), *own)
        shares = (*numbers_of(known, (9, 10, 11)), *share_cells(over, hits))
        rows.append((*key, *ends, len(met), *told, *shares))

    for name, hits in together(met):
        row((TOGETHER, name), (None,) * 3, (None,) * 3, hits)
    for k, test in enumerate(targets_of(study)):
        own = interval(values[targets.id, k])
        row((test.of, test.what), (test.low, test.high, test.verdict), own, met[:, k])
    note = noted(study, OVER_NOTE.format(members=len(met)))
    return Table(OVER, "The targets over the posterior", OVER_COLUMNS, tuple(rows), note)


def over_posterior_doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """The same as `doubts`, of the table over the posterior."""
    return _doubts(study.over_posterior(), committed, OVER_COLUMNS, 15)
