"""The table of feedback loops over the prior: runs with and without each loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.compare import Discrepancy, committed_rows
from simdistrict.tables.intervals import HIGH, LOW, MIDDLE, doubted_quantiles, interval
from simdistrict.tables.members import Variant
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Rounded, Table

from .common import BASELINE, short
from .kept import END, LOOP_ENDS
from .knock_out import ACTING, PREFIX, switches

AGAIN = 128
# in the order of the saved elements: name, unit of a change, decimals
WHAT = (
    ("home share of the chain", "points", 1),
    ("relative output", "%", 1),
    ("jobs with incumbents", "%", 1),
)
COLUMNS = (
    Column("scenario"),
    Column("loop cut"),
    Column("district"),
    Column("indicator"),
    Column("members"),
    Column("change in"),
    Column("median"),
    Column("5%"),
    Column("95%"),
)
QUANTILES = ((6, MIDDLE), (7, LOW), (8, HIGH))
NOTE = """Change in {end:g} when one loop is cut, over {members} draws of the prior, each draw
beside itself with the loop whole: median, and in brackets the quantiles of 5 and 95%. Rows with
a scenario cut the loop where it acts, see [the single runs](knock_out.md). One decimal."""
# which members are wanted of a variant
Ends = Callable[[Variant], Reals]


def changes(study: Study, ends: Ends) -> Iterator[tuple[str, str, str, Reals]]:
    """Scenario, loop, indicator, and the change when the loop is cut: members by districts."""
    nothing: tuple[str, ...] = ()
    cases = [(loop, BASELINE, nothing, "baseline") for loop in switches(study.model)]
    cases += [
        (loop, scenario, sets, scenario.replace("_", " ") + (", risk weighed" if sets else ""))
        for loop, (scenario, sets) in ACTING.items()
    ]
    for loop, scenario, sets, told in cases:
        whole = ends(Variant(scenario, sets))
        cut = ends(Variant(scenario, (*sets, f"{loop}=0")))
        for k, (name, unit, _) in enumerate(WHAT):
            own, other = cut[..., k], whole[..., k]
            with np.errstate(invalid="ignore", divide="ignore"):
                moved = 100 * (own - other if unit == "points" else own / other - 1)
            yield told, loop.removeprefix(PREFIX), name, moved


def table(study: Study) -> Table:
    """One row per loop, district and indicator; the page shows loops by districts."""
    places = list(study.model.dims_by_name["district"].labels)
    units = {name: (unit, decimals) for name, unit, decimals in WHAT}
    rows: list[tuple[Cell, ...]] = []
    pages: dict[str, list[tuple[Cell, ...]]] = {name: [] for name in units}
    for told, loop, name, moved in changes(study, _all_of(study)):
        unit, decimals = units[name]
        cells = []
        for d, district in enumerate(places):
            good = int(np.isfinite(moved[:, d]).sum())
            numbers = [Rounded(x, decimals=decimals) for x in interval(moved[:, d])]
            rows.append((told, loop, district, name, good, unit, *numbers))
            middle, low, high = (number.text for number in numbers)
            cells.append(f"{middle} ({low} to {high})")
        label = loop if told == "baseline" else f"{loop} ({told})"
        pages[name].append((label, *cells))
    heads = (Column("loop cut"), *(Column(short(d)) for d in places))
    shown = tuple(
        Table("loops", f"{name.capitalize()}, change in {units[name][0]}", heads, tuple(found))
        for name, found in pages.items()
    )
    note = NOTE.format(end=END, members=study.sampling.members)
    return Table("loops", "What each loop carries", COLUMNS, tuple(rows), note, shown)


def _all_of(study: Study) -> Ends:
    return lambda variant: study.members(variant, LOOP_ENDS, "ends")["ends"]


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed cells that are next to impossible given some members that are run again."""
    members = study.sampling.some(AGAIN, study.sampling.members).tolist()
    places = list(study.model.dims_by_name["district"].labels)
    again = {
        (told, loop, places[d], name): moved[:, d]
        for told, loop, name, moved in changes(
            study, lambda v: study.some(v, LOOP_ENDS, members)["ends"]
        )
        for d in range(len(places))
    }
    for line, row in committed_rows(committed, len(COLUMNS)):
        values = again.get((row[0], row[1], row[2], row[3]))
        if values is None:
            continue
        told = {COLUMNS[column].name: (row[column], share) for column, share in QUANTILES}
        yield from doubted_quantiles(f"{committed.name}:{line}", told, values, lambda _: 0.1)
