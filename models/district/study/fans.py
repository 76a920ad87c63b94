"""The table of fan charts: intervals of home share and jobs over time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.beside import noted, numbers_of, prior_rows
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.intervals import doubted_quantiles
from simdistrict.tables.members import Variant
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE
from .indicators import PATH
from .paired import Source, all_of, some_of

SCENARIOS = (BASELINE, "security_tariffs", "district_renaissance")
STEP = 4
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
AGAIN = 256
HOME, JOBS = "home share of the chain", "jobs, all, 1980 = 1"
COLUMNS = (
    Column("scenario"),
    Column("district"),
    Column("indicator"),
    Column("year"),
    *(Column(f"{100 * q:.0f}%", decimals=3) for q in QUANTILES),
)
FIRST = 4
NOTE = """Quantiles of {members} draws of the prior, every {step} years: each year by itself, so
that no line is the path of one member. Later years than 2019 are prediction."""


def paths(study: Study, source: Source) -> Iterator[tuple[str, str, str, float, Reals]]:
    """Scenario, district, indicator, year, and the values of the members."""
    for scenario in SCENARIOS:
        home = source(Variant(scenario), "home").astype(float)
        jobs = source(Variant(scenario), "jobs").astype(float)
        for d, district in enumerate(study.model.dims_by_name["district"].labels):
            relative = jobs[:, :, d] / jobs[:, :1, d]
            for name, values in ((HOME, home[:, :, d]), (JOBS, relative)):
                for k in range(0, len(PATH), STEP):
                    yield scenario, district, name, PATH[k], values[:, k]


def table(study: Study) -> Table:
    """A row per scenario, district, indicator and year; the page shows the last year."""
    rows: list[tuple[Cell, ...]] = []
    for scenario, district, name, year, values in paths(study, all_of(study)):
        good = values[np.isfinite(values)]
        told = np.quantile(good, QUANTILES) if len(good) else [math.nan] * len(QUANTILES)
        rows.append((scenario, district, name, int(year), *map(float, told)))
    note = NOTE.format(members=study.sampling.members, step=STEP)
    last = tuple(row for row in rows if row[3] == int(PATH[-1]))
    page = Table("fans", f"In {PATH[-1]:g}", COLUMNS, last)
    return Table("fans", "Paths as bands over the prior", COLUMNS, tuple(rows), note, (page,))


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed cells that are next to impossible given some members that are run again."""
    return _doubts(study, committed, COLUMNS, FIRST)


def _doubts(
    study: Study, committed: Path, columns: tuple[Column, ...], first: int
) -> Iterator[Discrepancy]:
    again = {
        (scenario, district, name, f"{year:g}"): values
        for scenario, district, name, year, values in paths(study, some_of(study, AGAIN))
    }
    for line, row in committed_rows(committed, len(columns)):
        values = again.get((row[0], row[1], row[2], row[3]))
        if values is None:
            continue
        told = {columns[k].name: (row[k], q) for k, q in enumerate(QUANTILES, first)}
        yield from doubted_quantiles(f"{committed.name}:{line}", told, values, lambda _: 1e-3)


# ---------------------------------------------------------------------- over the posterior

OVER = "fans_posterior"
OVER_COLUMNS = (
    *COLUMNS[:FIRST],
    *(
        Column(f"{over} {c.name}", decimals=3)
        for over in ("prior", "posterior")
        for c in COLUMNS[FIRST:]
    ),
)
OVER_FIRST = FIRST + len(QUANTILES)
OVER_NOTE = """Quantiles of {members} draws of the posterior, every {step} years, beside those of
the prior in [fans](fans.md): each year by itself. A band covers the constants given the record, in
this model; it does not cover errors of the model."""


def over_posterior(study: Study) -> Table:
    """The same rows over the posterior, with the prior beside them."""
    over = study.over_posterior()
    found = list(paths(over, all_of(over)))
    before = prior_rows(study, "fans", len(COLUMNS), FIRST)
    rows: list[tuple[Cell, ...]] = []
    for scenario, district, name, year, values in found:
        good = values[np.isfinite(values)]
        told = np.quantile(good, QUANTILES) if len(good) else [math.nan] * len(QUANTILES)
        key = (scenario, district, name, f"{year:g}")
        known = numbers_of(before.get(key), range(FIRST, FIRST + len(QUANTILES)))
        rows.append((scenario, district, name, int(year), *known, *map(float, told)))
    note = noted(study, OVER_NOTE.format(members=over.sampling.members, step=STEP))
    last = tuple(row for row in rows if row[3] == int(PATH[-1]))
    page = Table(OVER, f"In {PATH[-1]:g}", OVER_COLUMNS, last)
    title = "Paths as bands, given the record"
    return Table(OVER, title, OVER_COLUMNS, tuple(rows), note, (page,))


def over_posterior_doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """The same as `doubts`, of the table over the posterior."""
    return _doubts(study.over_posterior(), committed, OVER_COLUMNS, OVER_FIRST)
