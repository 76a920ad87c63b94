"""The table of a few members, which a check recomputes and compares exactly.

Means over districts keep the file small.
"""

from __future__ import annotations

from simdistrict.tables.members import Variant
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .indicators import COLUMNS as NUMBERS
from .paired import POLICIES, some_of

COUNT = 24
DIGITS = 5
NOTE = """A fixed random choice of {count} of the {members} members, each run again by
`simdistrict tables --check`: means over the ten districts of every indicator of the policy table,
and one line per scenario and member. They tell whether the tables over the ensemble are those of
this model, these scenarios and this prior."""
SHOWN = ("home share of the chain", "completeness", "consumer price")


def table(study: Study) -> Table:
    """One row per scenario and member; the page shows some columns of the first scenario."""
    kept = [k for k, (i, _) in enumerate(NUMBERS) if not i.name.startswith("regime: ")]
    names = [f"{NUMBERS[k][0].name} {NUMBERS[k][1]:g}" for k in kept]
    chosen = study.sampling.some(COUNT, study.sampling.members)
    source = some_of(study, COUNT)
    rows: list[tuple[Cell, ...]] = []
    for name in POLICIES:
        means = source(Variant(name), "indicators")[..., kept].mean(axis=1)
        for number, values in zip(chosen, means, strict=True):
            rows.append((name, int(number), *map(float, values)))
    columns = (
        Column("scenario"),
        Column("member"),
        *(Column(name, significant=DIGITS) for name in names),
    )
    few = [2 + names.index(f"{name} 2060") for name in SHOWN]
    page = Table(
        "members",
        "The baseline",
        (Column("member"), *(columns[k] for k in few)),
        tuple((row[1], *(row[k] for k in few)) for row in rows[: len(chosen)]),
    )
    note = NOTE.format(count=len(chosen), members=study.sampling.members)
    return Table("members", "A few members one by one", columns, tuple(rows), note, (page,))
