"""One run in machine code: the twin of `integrate.fixed_steps`, with the same numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simdistrict.engine.integrators.adaptive import (
    AS_USUAL,
    MAX_EVALUATIONS,
    Tolerance,
    exhausted,
    refuse_stepwise,
    segments,
    stiff_steps,
)
from simdistrict.engine.integrators.fixed import Trajectory, diverged
from simdistrict.engine.integrators.schedule import Move, Schedule
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.native.code import loaded
from simdistrict.engine.native.frame import Adaptive, Memory, orders
from simdistrict.engine.native.kernel import NativeKernel
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid


def native_steps(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move] = (),
    *,
    integrator: str = "euler",
) -> Trajectory:
    """Run on the grid with `euler` or `rk4`; every bit is that of `integrate.fixed_steps`."""
    saved = _saved(grid)
    given = orders(grid, integrator, moves, saved, np.arange(program.layout.values))
    memory = Memory(program, loaded(program), given, 1, 1)
    memory(np.array(constants, float), np.zeros(1), 1)
    rows = memory.kept(1)[0, :, :, 0]
    failed = int(memory.ended[0])
    if failed < 0:
        done, ending = len(saved), Ending(Outcome.completed, grid.stop)
    else:
        done = int((saved < failed).sum())
        ending = diverged(program, memory.v.tolist(), grid.at(max(failed - 1, 0)))
    return Trajectory(_times(grid, saved[:done]), rows[:done], ending)


def native_adaptive(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move] = (),
    *,
    tolerance: Tolerance = AS_USUAL,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Trajectory:
    """Run with adaptive steps: the scheme of `adaptive.adaptive_steps`, to its tolerance.

    Raises EngineError where adaptive steps cannot run the program.
    """
    refuse_stepwise(program)
    saved = _saved(grid)
    cuts = segments(Kernel(program), grid, constants, Schedule(moves))
    places = np.arange(program.layout.values)
    given = orders(grid, "adaptive", moves, saved, places, cuts=len(cuts))
    memory = Adaptive(program, loaded(program, adaptive=True), given, 1)
    limits = np.array([tolerance.rtol, tolerance.atol, max_evaluations, *cuts])
    memory(np.array(constants, float), np.zeros(1), limits, 1)
    outcome, done = (int(x) for x in memory.ended[:2])
    times = _times(grid, saved[:done])
    last = times[-1] if times else grid.start
    if outcome == Outcome.diverged:
        ending = diverged(program, memory.v.tolist(), last)
    elif outcome == Outcome.step_limit:
        ending = exhausted(last)
    else:
        ending = Ending(Outcome.completed, grid.stop)
    asked = max_evaluations - int(memory.done[1])
    return Trajectory(times, memory.kept(1)[0, :done, :, 0], ending, asked)


def native_stiff(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move] = (),
    *,
    integrator: str = "stiff",
    tolerance: Tolerance = AS_USUAL,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Trajectory:
    """Run with scipy's implicit methods over compiled slopes, see `adaptive.stiff_steps`."""
    return stiff_steps(
        program,
        grid,
        constants,
        moves,
        integrator=integrator,
        tolerance=tolerance,
        max_evaluations=max_evaluations,
        kernel=NativeKernel(program),
        vector=np.array(constants, float),
    )


def _saved(grid: TimeGrid) -> NDArray[np.int64]:
    """`grid.saved`, which counts in CPython."""
    points = np.arange(0, grid.steps + 1, grid.every)
    return points if points[-1] == grid.steps else np.append(points, grid.steps)


def _times(grid: TimeGrid, points: NDArray[np.int64]) -> tuple[float, ...]:
    """As `grid.at` has them, all at once."""
    return tuple((grid.start + points * grid.time_step).tolist())
