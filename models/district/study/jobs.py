"""Jobs of the ten districts, in the years of the record and from 1991 to 2019."""

from __future__ import annotations

from dataclasses import dataclass

from simdistrict.calibration import spearman
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE, districts, percent

COLUMNS = (
    Column("district"),
    Column("years of the record"),
    Column("record", decimals=2),
    Column("model", decimals=2),
    Column("model off by %", decimals=0),
    Column("confidence"),
    Column("model 1991-2019", decimals=2),
    Column("entrants 2019 over jobs 1980", decimals=2),
)
NONE = "no record found"


@dataclass(frozen=True, slots=True)
class Pair:
    """Late over early jobs of one district, in the record and in the model."""

    district: str
    start: float
    end: float
    record: float
    model: float
    confidence: str


def pairs(study: Study) -> dict[str, Pair]:
    """The districts with a record: the last point that is fitted of each series `rank: ...`."""
    found = study.assessment
    base = {s.series: s.relative_to for s in found.series}
    result: dict[str, Pair] = {}
    for p in found.points:
        if p.series.startswith("rank: ") and p.period == "fit":
            district = p.series.removeprefix("rank: ")
            start = base[p.series]
            assert start is not None
            known = result.get(district)
            if known is None or known.end < p.year:
                result[district] = Pair(district, start, p.year, p.data, p.model, p.confidence)
    return result


def rank_correlation(study: Study) -> tuple[float, int]:
    """Spearman's rank correlation of model and record over the districts, and their number."""
    found = list(pairs(study).values())
    rank = spearman([p.model for p in found], [p.record for p in found])
    assert rank is not None
    return rank, len(found)


def table(study: Study) -> Table:
    """One row per district."""
    run, known = study.run(BASELINE), pairs(study)
    rows: list[tuple[Cell, ...]] = []
    for district in districts(study):
        pair = known.get(district)
        beside: tuple[Cell, ...] = (NONE, None, None, None, "")
        if pair:
            off = percent(pair.model / pair.record)
            years = f"{pair.start:.0f}-{pair.end:.0f}"
            beside = (years, pair.record, pair.model, off, pair.confidence)
        late = run.ratio("employment", 2019, 1991, district=district)
        entrants = run.at("entrant employment", 2019, district=district)
        over = entrants / run.at("employment", 1980, district=district)
        rows.append((district, *beside, late, over))
    rank, n = rank_correlation(study)
    note = (
        "Jobs are those with incumbents (`employment`), late over early year. The years differ by "
        "district, so the ratios can be ranked but not averaged; definitions and sources are in "
        "`models/district/record/README.md`. Entrants are low-cost workshops in vacated premises, "
        "counted apart.\n\n"
        f"Spearman's rank correlation of model and record over the {n} districts with a record: "
        f"{rank:.2f}."
    )
    return Table("jobs", "Jobs of the ten districts against the record", COLUMNS, tuple(rows), note)
