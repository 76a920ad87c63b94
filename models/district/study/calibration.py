"""How well the model follows each series of its record: fit and prediction apart."""

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
NOTE = """The model as it is, beside `models/district/record/record.csv`; nothing is fitted here.
Fit: data up to 2019. Prediction: later data, kept out of the fit. Series that are not in the fit
have weight 0 and are only reported. MAPE is in percent; bias, unequal variation and unequal
covariation are the shares of the mean squared error (Theil 1966), U is his inequality coefficient.
R2 and the shares are given from three points on; of two they say nothing."""


def table(study: Study) -> Table:
    """One row per series and period."""
    found = study.assessment
    weights: dict[str, float] = {}
    for point in found.points:
        weights[point.series] = weights.get(point.series, 0) + point.weight
    rows: list[tuple[Cell, ...]] = []
    # a series may have rows under several elements or base years: told apart by their own points
    for series in found.series:
        for period, s in (("fit to 2019", series.fit), ("prediction", series.prediction)):
            if not s.n:
                continue
            enough = s.n >= FEWEST
            counted = "yes" if weights[series.series] and period != "prediction" else ""
            r2, shares = (s.r2, (s.um, s.us, s.uc)) if enough else (None, (None, None, None))
            rows.append(
                (series.series, counted, period, s.n, r2, s.mae, s.mape, s.rmse, *shares, s.u)
            )
    return Table(
        "calibration", "How well the model follows each series", COLUMNS, tuple(rows), NOTE
    )
