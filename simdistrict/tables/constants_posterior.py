"""The table of constants over the posterior: their ranges in the prior and given the record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.ensemble.design import Design
from simdistrict.ensemble.prior import Prior
from simdistrict.scenario.places import find_element
from simdistrict.tables.beside import noted
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.intervals import HIGH, LOW, MIDDLE
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

COLUMNS = (
    Column("constant"),
    Column("unit"),
    Column("in the model", significant=4),
    *(Column(f"prior {q}", significant=4) for q in ("5%", "median", "95%")),
    *(Column(f"posterior {q}", significant=4) for q in ("5%", "median", "95%")),
    Column("posterior over prior, standard deviation", decimals=2),
    Column("effective draws"),
)
LEVELS = (LOW, MIDDLE, HIGH)
# draws of a prior, of which the quantiles are printed
DRAWS = 20_000
NOTE = """Ranges from 5 to 95% of {members} draws of the posterior, which rest on the model, on the
data and on the prior; the prior beside them. A ratio of standard deviations near 1 says that the
record tells little of a constant. Effective draws: of the mean of the draws here."""


def constants_table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per constant of the posterior, those of which the record tells most first."""
    given = study.posterior
    study.note_posterior()
    own = {prior.name: prior for prior in study.priors}
    worth = study.over_posterior().worth
    rows: list[tuple[Cell, ...]] = []
    for prior, values in zip(given.priors, given.numbers.T, strict=True):
        element, _ = find_element(study.model, prior.name)
        before = _of_prior(own.get(prior.name))
        spread = None if before is None else float(values.std() / before.std())
        quantiles = [None] * 3 if before is None else map(float, np.quantile(before, LEVELS))
        known = own[prior.name].value if prior.name in own else None
        rows.append(
            (
                prior.name,
                "" if element is None else element.units,
                known,
                *quantiles,
                *map(float, np.quantile(values, LEVELS)),
                spread,
                round(float(worth.of(values))),
            )
        )
    rows.sort(key=lambda row: float("inf") if row[-2] is None else float(str(row[-2])))
    said = note.format(members=given.members) or NOTE.format(members=given.members)
    return Table(name, heading, COLUMNS, tuple(rows), noted(study, said))


def _of_prior(prior: Prior | None) -> Reals | None:
    """Many draws of one prior; None where the constant has none."""
    if prior is None:
        return None
    return Design((prior,), DRAWS, seed=1).rows(0, DRAWS)[:, 0]


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed cells that the draws do not give: the table runs nothing, so it is made again."""
    table = constants_table(study, committed.stem, "", "")
    expected = {row[0]: row for row in table.cells()}
    for line, row in committed_rows(committed, len(COLUMNS)):
        again = expected.get(row[0])
        if again is not None and again != row:
            yield Discrepancy(f"{committed.name}:{line}", ", ".join(row), ", ".join(again))
