"""All kinds of warnings, in the order in which they are printed."""

from __future__ import annotations

from simdistrict.run.preflight.dates import dates
from simdistrict.run.preflight.delays import delays
from simdistrict.run.preflight.intended import IntendedRun, RunWarning
from simdistrict.run.preflight.lookups import lookups
from simdistrict.run.preflight.numbers import merged, parts_of
from simdistrict.run.preflight.settings import policies, ranges, saved_times, time_grid


def warnings_of(run: IntendedRun) -> tuple[RunWarning, ...]:
    """What a run hardly means, known before it starts."""
    parts = parts_of(run)
    remarks = (*delays(run, parts), *dates(run, parts), *lookups(run, parts))
    stated = (*ranges(run), *time_grid(run), *saved_times(run), *policies(run))
    return (*stated, *merged(run, remarks))
