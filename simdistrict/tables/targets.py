"""The table of calibration targets: range, value, verdict; failures first."""

from __future__ import annotations

from simdistrict.tables.stated import targets_of
from simdistrict.tables.study import Study
from simdistrict.tables.table import Table
from simdistrict.tables.verdicts import failing_first, verdict_columns


def table(study: Study, name: str, heading: str, note: str) -> Table:
    """One row per target."""
    rows = failing_first(targets_of(study))
    return Table(name, heading, verdict_columns("target"), rows, note)
