"""The table of how well the model follows each series of its record, fit and prediction apart."""

from __future__ import annotations

from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

COLUMNS = (
    Column("series"),
    Column("in the fit"),
    Column("period"),
    Column("n"),
    Column("R2", decimals=2),
    Column("MAE", significant=3),
    Column("MAPE", decimals=1),
    Column("RMSE", significant=3),
    Column("bias", decimals=2),
    Column("unequal variation", decimals=2),
    Column("unequal covariation", decimals=2),
    Column("U", decimals=3),
)
FEWEST = 3


def table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per series and period."""
    found = study.assessment
    until = study.settings.until
    fitted = "fit" if until is None else f"fit to {until:g}"
    weights: dict[str, float] = {}
    for point in found.points:
        weights[point.series] = weights.get(point.series, 0) + point.weight
    rows: list[tuple[Cell, ...]] = []
    # a series may occur under several elements or base years, each with its own points
    for series in found.series:
        for period, s in ((fitted, series.fit), ("prediction", series.prediction)):
            if not s.n:
                continue
            enough = s.n >= FEWEST
            counted = "yes" if weights[series.series] and period != "prediction" else ""
            r2, shares = (s.r2, (s.um, s.us, s.uc)) if enough else (None, (None, None, None))
            rows.append(
                (series.series, counted, period, s.n, r2, s.mae, s.mape, s.rmse, *shares, s.u)
            )
    return Table(name, heading, COLUMNS, tuple(rows), note)
