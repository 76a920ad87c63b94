"""The constants that are fitted to the record. Makes the fit, which takes minutes."""

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
NOTE = """Fitted to the record up to 2019 between the bounds low and high (least squares from
several starts; `models/district/calibration.yaml`). What is fitted is rounded to four digits in
`models/district/data/parameters.csv`, and so reaches the model. The range is the 95% range from the
slopes at the fit, which takes residuals for independent: read it as the least that is uncertain. A
constant at a bound has none: the data would move it further than its source allows."""


def table(study: Study) -> Table:
    """One row per constant."""
    rows = []
    for c in study.fit().constants:
        u = c.uncertainty
        doubts = (u.error, u.low, u.high, u.twin, u.correlation)
        rows.append((c.name, c.units, c.fitted, c.start, c.low, c.high, c.at_bound, *doubts))
    return Table(
        "constants", "The constants that are fitted to the record", COLUMNS, tuple(rows), NOTE
    )
