"""The check that mass is conserved: stocks change by their flows, and both ends of a flow agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.runs import MOST, Runs
from simdistrict.run.mass import leaks
from simdistrict.run.simulate import trajectory


def mass(runs: Runs) -> Iterator[Finding]:
    """In each step of every stated run with Euler, stocks change by the sum of their flows.

    A run with too many steps is followed as far as memory allows.
    """
    if not runs.prepared.program.layout.stocks.size:
        return
    for usual, scenario in runs.named().items():
        run, plan, name = runs.with_euler(usual, scenario)
        if runs.broken(run):
            continue
        program = plan.prepared.program
        most = max(MOST // program.layout.values, 1)
        plan = replace(plan, grid=replace(plan.grid, every=1, steps=min(plan.grid.steps, most)))
        path = trajectory(plan)
        rows = np.asarray(path.rows, float)
        for leak in leaks(plan.prepared.model, program, path.times, rows, plan.grid.time_step):
            what = leak.what if leak.name == leak.stock else f"{leak.name} {leak.what}"
            yield Finding("mass", "error", leak.stock, leak.line, f"{what} ({name})")
