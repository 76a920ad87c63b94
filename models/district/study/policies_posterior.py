"""The table of policies over the posterior, with the prior beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from simdistrict.tables.beside import noted, prior_rows
from simdistrict.tables.compare import Discrepancy
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import short
from .paired import Numbers, all_of, numbers
from .policies import COLUMNS, SHOWN, cell_doubts, rows_of_numbers, spoken

OVER = "policies_posterior"
KEYS, FIRST = 4, 5
OVER_COLUMNS = (
    *COLUMNS[:FIRST],
    *(Column(f"prior {column.name}") for column in COLUMNS[FIRST:]),
    *(Column(f"posterior {column.name}") for column in COLUMNS[FIRST:]),
)
OVER_FIRST = FIRST + len(COLUMNS) - FIRST
CHANGES = slice(3, 6)
NOTE = """Each scenario beside the baseline over {members} draws of the posterior, the same draws in
both, and next to it the numbers over the prior from [policies](policies.md), which says what each
means: medians, and in brackets the quantiles of 5 and 95%, of the *change* of each draw; prior,
then posterior. A band covers the constants given the record, in this model. It does not cover
errors of the model or of the record."""


def over_posterior(study: Study) -> Table:
    """The rows of the table over the prior with those over the posterior."""
    places = list(study.model.dims_by_name["district"].labels)
    over = study.over_posterior()
    found = list(numbers(over, all_of(over)))
    before = prior_rows(study, "policies", len(COLUMNS), KEYS)
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        for row in rows_of_numbers(one, places):
            known = before.get(tuple(map(str, row[:KEYS])))
            empty = [None] * (len(COLUMNS) - FIRST)
            rows.append((*row[:FIRST], *(known[FIRST:] if known else empty), *row[FIRST:]))
    shown = [_changes(found, rows, places, *what) for what in SHOWN]
    note = noted(study, NOTE.format(members=over.sampling.members))
    title = "Every scenario against the baseline, given the record"
    pages = tuple(page for page in shown if page.rows)
    return Table(OVER, title, OVER_COLUMNS, tuple(rows), note, pages)


def _changes(
    found: list[Numbers],
    rows: list[tuple[Cell, ...]],
    places: list[str],
    indicator: str,
    year: str,
    title: str,
) -> Table:
    """Scenario by district, as text: prior, then posterior."""
    by_key: Mapping[tuple[Cell, ...], tuple[Cell, ...]] = {row[:KEYS]: row for row in rows}
    lines = []
    for one in found:
        if one.change is None or one.indicator != indicator or (year and one.year != year):
            continue
        cells = []
        for district in places:
            row = by_key.get((one.scenario, district, one.indicator, one.year))
            parts = () if row is None else (row[FIRST:OVER_FIRST], row[OVER_FIRST:])
            cells.append(" / ".join(_told(part[CHANGES]) for part in parts))
        lines.append((spoken(one.scenario), *cells))
    heads = (Column("scenario"), *(Column(short(d)) for d in places))
    return Table(OVER, title, heads, tuple(lines))


def _told(cells: tuple[Cell, ...]) -> str:
    """Median and interval as text; the cells of the prior are texts already."""
    middle, low, high = (Column("").text(cell) for cell in cells)
    return f"{middle} ({low} to {high})" if middle else "none"


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """Committed cells that are next to impossible given some draws that are run again."""
    moved = OVER_FIRST - FIRST
    return cell_doubts(study.over_posterior(), committed, OVER_COLUMNS, moved)
