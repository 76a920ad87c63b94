"""One run in machine code: the twin of `integrate.fixed_steps`, with the same numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simdistrict.engine.integrate import Trajectory, diverged
from simdistrict.engine.native.code import loaded
from simdistrict.engine.native.frame import Memory, orders
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.engine.program import Program
from simdistrict.engine.schedule import Move
from simdistrict.model import TimeGrid


def native_steps(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move] = (),
    *,
    integrator: str = "euler",
) -> Trajectory:
    """Run on the grid with `euler` or `rk4`; every bit is that of `integrate.fixed_steps`."""
    saved = list(grid.saved)
    given = orders(grid, integrator, moves, saved, range(program.layout.values))
    memory = Memory(program, loaded(program), given, 1, 1)
    memory(np.array(constants, float), np.zeros(1), 1)
    rows = memory.kept(1)[0, :, :, 0]
    failed = int(memory.ended[0])
    if failed < 0:
        done, ending = len(saved), Ending(Outcome.completed, grid.stop)
    else:
        done = sum(point < failed for point in saved)
        ending = diverged(program, memory.v.tolist(), grid.at(max(failed - 1, 0)))
    return Trajectory(tuple(grid.at(i) for i in saved[:done]), list(rows[:done]), ending)
