"""Home share and jobs of every district under the four scenarios that are shipped."""

from __future__ import annotations

from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE, SCENARIOS, districts

COLUMNS = (
    Column("district"),
    Column("home share 2020", decimals=2),
    *(Column(f"2060 {name.replace('_', ' ')}", decimals=2) for name in SCENARIOS),
    *(Column(f"jobs 2060, {name.replace('_', ' ')}", decimals=2) for name in SCENARIOS[1:]),
)
NOTE = """Home share: the part of all stages made in the district, weighted by cost, from 0 to 1.
Jobs: those with incumbents in 2060, relative to the baseline (neoliberal globalisation) in that
year. All of this is prediction."""


def table(study: Study) -> Table:
    """One row per district."""
    rows: list[tuple[Cell, ...]] = []
    base = study.run(BASELINE)
    for district in districts(study):
        now = base.at("home share", 2020, district=district)
        runs = [study.run(name) for name in SCENARIOS]
        end = [run.at("home share", 2060, district=district) for run in runs]
        jobs = [run.at("employment", 2060, district=district) for run in runs]
        rows.append((district, now, *end, *(j / jobs[0] for j in jobs[1:])))
    return Table("scenarios", "Home share under four scenarios", COLUMNS, tuple(rows), NOTE)
