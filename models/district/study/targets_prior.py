"""The table of targets over the prior: how many draws reproduce the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.calibration import spearman
from simdistrict.regimes.numerics.proportion import wilson
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.intervals import doubted_share, interval
from simdistrict.tables.members import Kept, MemberRun, Variant
from simdistrict.tables.stated import targets_of
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table
from simdistrict.tables.verdicts import Test

from .common import BASELINE, HANDS_ON
from .jobs import pairs

Number = Callable[[MemberRun], Reals]
ELEMENTS = ("employment", "sourcing share", "cost share", "relative labour cost")
YEARS = tuple(float(year) for year in range(1980, 2020))
JOBS, RANK, TILES = "employment", "measures:rank_of_districts", "measures:tiles_abroad_to_2019"
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


def _ratio(late: float, early: float, percent: bool, district: str, run: MemberRun) -> Reals:
    ratio = run.at(JOBS, late, district=district) / run.at(JOBS, early, district=district)
    return 100 * (ratio - 1) if percent else ratio


def _rank(spans: list[tuple[str, float, float]], record: list[float], run: MemberRun) -> Reals:
    found = np.stack([_ratio(end, start, False, name, run) for name, start, end in spans], axis=-1)
    ranks = [spearman(row.tolist(), record) if np.isfinite(row).all() else None for row in found]
    return np.array([np.nan if rank is None else rank for rank in ranks])


def _tiles(run: MemberRun) -> Reals:
    place = {"district": "Sassuolo"}
    weights = [run.series("cost share", stage=stage, **place) for stage in HANDS_ON]
    away = [
        1 - run.series("sourcing share", stage=stage, location="home", **place)
        for stage in HANDS_ON
    ]
    share = (weights[0] * away[0] + weights[1] * away[1]) / (weights[0] + weights[1])
    return np.asarray(100 * share.max(axis=1))


def _cost(location: str, year: float, record: float, run: MemberRun) -> Reals:
    values = run.at("relative labour cost", year, district="Prato", offshore=location)
    return np.asarray(values / record)


def _numbers(study: Study) -> Iterator[Number]:
    """The function of each target, in the order of `targets_of`."""
    for written in study.definition.file.targets:
        for p in study.assessment.points if written.record else ():
            if p.series in written.record and (written.until is None or p.year <= written.until):
                element = {s.series: s.element for s in study.assessment.series}[p.series]
                yield partial(_cost, element.partition(",")[2].strip("] "), p.year, p.data)
        if written.by == RANK:
            known = list(pairs(study).values())
            spans = [(p.district, p.start, p.end) for p in known]
            yield partial(_rank, spans, [p.record for p in known])
        elif written.by == TILES:
            yield _tiles
        elif written.element:
            district = written.element.partition("[")[2].rstrip("]")
            assert written.at is not None
            assert written.against is not None
            assert written.against.at is not None
            percent = written.compared == "percent"
            yield partial(_ratio, written.at, written.against.at, percent, district)


def kept(study: Study) -> Kept:
    """The numbers of all targets, (members, targets)."""
    numbers = list(_numbers(study))
    assert len(numbers) == len(targets_of(study))

    def reduced(run: MemberRun) -> dict[str, Reals]:
        return {"targets": np.stack([number(run) for number in numbers], axis=-1)}

    told = repr([(t.of, t.what.partition(",")[0], t.low, t.high) for t in targets_of(study)])
    return Kept(ELEMENTS, YEARS, reduced, (Path(__file__),), tells=f"targets {told}")


def held(tests: list[Test], values: Reals) -> Flags:
    """Which targets each member meets: members by targets; a missing number meets none."""
    low = np.array([-np.inf if t.low is None else t.low for t in tests])
    high = np.array([np.inf if t.high is None else t.high for t in tests])
    return np.asarray((values >= low) & (values <= high), dtype=np.bool_)


def _share(hits: Flags) -> tuple[Cell, ...]:
    return float(hits.mean()), *wilson(int(hits.sum()), len(hits))


def table(study: Study) -> Table:
    """A row for each number of targets met together, then one per target."""
    tests = targets_of(study)
    values = study.members(Variant(BASELINE), kept(study), "targets")["targets"]
    met = held(tests, values)
    rows = [
        (TOGETHER, name, *[None] * 3, len(met), *[None] * 3, *_share(hits))
        for name, hits in together(met)
    ]
    for k, test in enumerate(tests):
        verdict = "holds" if test.holds else "FAILS"
        ends = (test.low, test.high, verdict, len(met), *interval(values[:, k]))
        rows.append((test.of, test.what, *ends, *_share(met[:, k])))
    note = NOTE.format(members=len(met))
    return Table("targets_prior", "The targets over the prior", COLUMNS, tuple(rows), note)


def together(met: Flags) -> Iterator[tuple[str, Flags]]:
    """Members that meet all targets, and that miss a few at most."""
    of = met.shape[-1]
    for missed in MISSED:
        yield ENOUGH.format(count=of - missed, of=of), (~met).sum(axis=-1) <= missed


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed shares that are next to impossible given some members that are run again."""
    tests = targets_of(study)
    members = study.sampling.some(AGAIN, study.sampling.members).tolist()
    met = held(tests, study.some(Variant(BASELINE), kept(study), members)["targets"])
    again = {(TOGETHER, name): hits for name, hits in together(met)}
    again |= {(test.of, test.what): met[:, k] for k, test in enumerate(tests)}
    for line, row in committed_rows(committed, len(COLUMNS)):
        hits = again.get((row[0], row[1]))
        if hits is not None:
            where = f"{committed.name}:{line}"
            yield from doubted_share(
                where, COLUMNS[SHARE].name, row[SHARE], hits.astype(float), 1e-4
            )
