"""The numbers of a table over the prior, for the same table over the posterior.

They are taken from the committed table, where it was made of the present model, scenarios, prior
and design, so that no member of the prior is run again; else the table is made.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.numbers import real
from simdistrict.ensemble.given import UNTRUSTED
from simdistrict.tables.catalogue import made
from simdistrict.tables.compare import committed_rows
from simdistrict.tables.files import mismatches
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column

Key = tuple[str, ...]
# columns of a share over the prior and over the posterior
SHARES = (
    Column("prior, share", decimals=3),
    Column("prior low", decimals=3),
    Column("prior high", decimals=3),
    Column("posterior, share", decimals=3),
    Column("posterior low", decimals=3),
    Column("posterior high", decimals=3),
    Column("standard error", decimals=4),
    Column("effective draws"),
)
# places of the shares in these columns
PRIOR_SHARE, POSTERIOR_SHARE = 0, 3
COVERS = """The intervals of shares cover 95% of the Monte-Carlo error: over the prior those of
independent draws (Wilson 1927), over the posterior those of the effective number of draws, which
are correlated. They are no uncertainty about the world: that lies in the model, in the data and
in the prior."""


def prior_rows(study: Study, name: str, columns: int, keys: int) -> Mapping[Key, list[str]]:
    """The rows of the table over the prior by their first cells.

    columns, keys: how many of its cells there are, and how many of them identify a row. Call it
    when the members of the posterior have been read, which tell the scenarios of both tables.
    """
    folder = study.committed
    if folder is not None and not list(mismatches(folder, name, study.prior_stamp())):
        path = folder / f"{name}.csv"
        study.note_table(path)
        found = [row for _, row in committed_rows(path, columns)]
    else:
        text = made(name, study)[0].texts[f"{name}.csv"]
        found = list(csv.reader(text.splitlines()))[2:]
    return {tuple(row[:keys]): row for row in found}


def numbers_of(row: Sequence[str] | None, places: Sequence[int]) -> tuple[Cell, ...]:
    """Cells of a row as numbers; empty ones where there is no row, or no number."""
    return tuple(None if row is None else real(row[k]) for k in places)


def share_cells(study: Study, flags: Flags | Reals) -> tuple[Cell, ...]:
    """The cells of a share over the posterior, as in `SHARES`; study: over the posterior.

    flags: of the members; NaN is left out.
    """
    share, low, high, error = map(float, study.worth.shares(flags))
    count = share * (1 - share) / error**2 if error > 0 else float(study.worth.of(flags))
    return share, low, high, error, round(count)


def noted(study: Study, note: str) -> str:
    """The note of a table over the posterior, which says first where that has not converged."""
    origin = study.posterior.origin
    bad = origin is not None and origin.converged is False
    return f"**{UNTRUSTED}.**\n\n{note}" if bad else note
