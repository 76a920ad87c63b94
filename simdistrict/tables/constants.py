"""The table of fitted constants. Runs the fit, which takes minutes."""

from __future__ import annotations

from simdistrict.tables.study import Study
from simdistrict.tables.table import Column, Table

COLUMNS = (
    Column("constant"),
    Column("unit"),
    Column("fitted", significant=6),
    Column("in the model", significant=6),
    Column("low", significant=4),
    Column("high", significant=4),
    Column("at bound"),
    Column("standard error", significant=2),
    Column("range low", significant=4),
    Column("range high", significant=4),
    Column("most correlated with"),
    Column("correlation", decimals=2),
)


def table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per constant."""
    rows = []
    for c in study.fit().constants:
        u = c.uncertainty
        doubts = (u.error, u.low, u.high, u.twin, u.correlation)
        rows.append((c.name, c.units, c.fitted, c.start, c.low, c.high, c.at_bound, *doubts))
    return Table(name, heading, COLUMNS, tuple(rows), note)
