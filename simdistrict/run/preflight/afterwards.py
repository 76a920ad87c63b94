"""What is said after a run: lookups read beyond their points, mass that is not conserved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from simdistrict.base.errors import typed
from simdistrict.run.mass import leaks
from simdistrict.run.preflight.intended import IntendedRun, RunWarning
from simdistrict.run.preflight.lookups import lookups_seen
from simdistrict.run.preflight.numbers import Rows, merged, parts_seen


def warnings_after(run: IntendedRun, times: Sequence[float], rows: Rows) -> tuple[RunWarning, ...]:
    """At most one warning of a kind about a run that has ended.

    rows: of the vector at its saved points.
    """
    found = merged(run, lookups_seen(run, parts_seen(run.program, times, rows)))
    return (*found, *_mass(run, times, rows))


def _mass(run: IntendedRun, times: Sequence[float], rows: Rows) -> Iterator[RunWarning]:
    """The first stock whose mass does not add up, in a model with non-negative stocks."""
    if not run.program.limits.stocks or not len(rows):
        return
    model, grid = run.model, run.grid
    step = grid.time_step if grid.every == 1 and run.integrator == "euler" else None
    for leak in leaks(model, run.program, times, np.asarray(rows, float), step):
        where = f"model {model.name}" + (f", line {leak.line}" if leak.line else "")
        hint = f"{typed('check', model.argument)} finds every such stock"
        yield RunWarning("mass", where, leak.what, hint, leak.stock, leak.line, (leak.name,))
        return
