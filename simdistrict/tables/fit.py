"""Tables of a fit: how well the model follows its record, and the fitted constants."""

from __future__ import annotations

import numpy as np

from simdistrict.model.expr import fold
from simdistrict.tables.intervals import HIGH, LOW
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

SERIES = (
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
CONSTANTS = (
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
FEWEST = 3


def series_table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per series and period, fit and prediction apart."""
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
    return Table(name, heading, SERIES, tuple(rows), note)


def constants_table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per constant. Runs the fit, which takes minutes.

    Where the study states a posterior, its ranges stand beside those of the fit, and a range of
    95% that is narrower than 90% of the posterior is marked.
    """
    over = study.definition.file.posterior is not None or study.other_posterior is not None
    rows: list[tuple[Cell, ...]] = []
    for c in study.fit().constants:
        u = c.uncertainty
        doubts = (u.error, u.low, u.high, u.twin, u.correlation)
        row = (c.name, c.units, c.fitted, c.start, c.low, c.high, c.at_bound, *doubts)
        rows.append((*row, *given_range(study, c.name, u.low, u.high)) if over else row)
    return Table(name, heading, CONSTANTS + GIVEN if over else CONSTANTS, tuple(rows), note)


GIVEN = (
    Column("posterior 5%", significant=4),
    Column("posterior 95%", significant=4),
    Column("range of the fit"),
)
NARROW, AS_WIDE, NO_RANGE = "narrower than the posterior", "as wide", "none: at a bound"


def given_range(study: Study, name: str, low: float | None, high: float | None) -> tuple[Cell, ...]:
    """The range of a constant over the posterior, and a word on that of the fit."""
    given = study.posterior
    study.note_posterior()
    column = next((k for k, p in enumerate(given.priors) if fold(p.name) == fold(name)), None)
    if column is None:
        return (None, None, None)
    ends = np.quantile(given.numbers[:, column], (LOW, HIGH))
    if low is None or high is None:
        said = NO_RANGE
    else:
        said = NARROW if high - low < ends[1] - ends[0] else AS_WIDE
    return float(ends[0]), float(ends[1]), said
