"""What is said after a run: lookups of values that change, read beyond their points."""

from __future__ import annotations

from collections.abc import Sequence

from simdistrict.run.preflight.intended import IntendedRun, RunWarning
from simdistrict.run.preflight.lookups import lookups_seen
from simdistrict.run.preflight.numbers import Rows, merged, parts_seen


def warnings_after(run: IntendedRun, times: Sequence[float], rows: Rows) -> tuple[RunWarning, ...]:
    """At most one warning about a run that has ended. rows: of the vector at its saved points."""
    return tuple(merged(run, lookups_seen(run, parts_seen(run.program, times, rows))))
