"""The tables of claims and of targets, measured in the unchanged model; failures first."""

from __future__ import annotations

import math

from simdistrict.tables.evidence import Measure, StudyRuns
from simdistrict.tables.stated import claims_of, targets_of
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Table
from simdistrict.tables.verdicts import FAILS, NO_CASE, Test, failing_first, verdict_columns

NOT_HERE, OVER_DRAWS = "not tested", "over the prior"
NEVER = "never"


def verdict(measure: Measure, value: float) -> str:
    """Whether a number lies in its range."""
    return Test("", measure.what, measure.low, measure.high, value).verdict


def claims_table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per measure, failures first; then the claims that are not tested."""
    runs = StudyRuns(study)
    rows: list[tuple[Cell, ...]] = []
    for claim in claims_of(study):
        for m in claim.measures:
            value = float(m.value(runs)[0])
            detail = f" ({m.detail(runs)})" if m.detail else ""
            shown: Cell = NEVER if math.isinf(value) else value
            rows.append((verdict(m, value), claim.id, m.what + detail, m.low, m.high, shown))
    order = {FAILS: 0, NO_CASE: 1}
    rows.sort(key=lambda row: order.get(str(row[0]), 2))
    file = study.definition.file
    for told, names in ((OVER_DRAWS, file.tested_elsewhere), (NOT_HERE, file.not_tested)):
        rows += [(told, name, why, None, None, None) for name, why in names.items()]
    return Table(name, heading, verdict_columns("claim"), tuple(rows), note)


def targets_table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per target."""
    rows = failing_first(targets_of(study))
    return Table(name, heading, verdict_columns("target"), rows, note)
