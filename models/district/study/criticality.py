"""The table of the criticality index G_tot by district and year."""

from __future__ import annotations

from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE, districts

YEARS = (1980, 1990, 2000, 2010, 2019, 2030, 2045, 2060)
GAINS = ("sourcing gain", "market gain")
COLUMNS = (
    Column("district"),
    *(Column(str(year), decimals=2) for year in YEARS),
    *(Column(f"{gain} 2019", decimals=2) for gain in GAINS),
)
NOTE = """The gain of the reinforcing loops around sourcing and market share in the baseline, as an
elasticity: how much a percent of home output brings back. Two stable regimes need more than one
somewhere between them (Kucheryavyy, Lyn and Rodriguez-Clare 2023). The index is local and leaves
out the balancing loops: above one it does not prove two regimes, and below one it does not rule out
another regime far away; `simdistrict regimes` looks for those. Years after 2019 are predictions."""


def table(study: Study) -> Table:
    """One row per district."""
    run = study.run(BASELINE)
    rows: list[tuple[Cell, ...]] = []
    for district in districts(study):
        index = [run.at("criticality", year, district=district) for year in YEARS]
        gains = [run.at(gain, 2019, district=district) for gain in GAINS]
        rows.append((district, *index, *gains))
    title = "The criticality index by district and year"
    return Table("criticality", title, COLUMNS, tuple(rows), NOTE)
