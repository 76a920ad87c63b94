"""One run in machine code, with the same numbers as in CPython."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simdistrict.engine.integrators import adaptive, fixed
from simdistrict.engine.integrators.adaptive import (
    AS_USUAL,
    MAX_EVALUATIONS,
    Tolerance,
    refuse_stepwise,
    segments,
)
from simdistrict.engine.integrators.adaptive_loop import LEFT
from simdistrict.engine.integrators.fixed import Trajectory
from simdistrict.engine.integrators.schedule import Move, task_of
from simdistrict.engine.integrators.stiff import stiff_steps
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.native.code import loaded
from simdistrict.engine.native.frame import AdaptiveMemory, GridMemory
from simdistrict.engine.native.kernel import NativeKernel
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
    """Run on the grid with `euler` or `rk4`; the same bits as `fixed.fixed_steps`."""
    saved = _saved(grid)
    task = task_of(grid, moves, saved, range(program.layout.values), integrator=integrator)
    memory = GridMemory(program, loaded(program), task, 1, 1)
    memory(np.array(constants, float), np.zeros(1), 1)
    failed = int(memory.ended[0])
    done = len(saved) if failed < 0 else int((saved < failed).sum())
    ending = fixed.ending_of(program, grid, memory.v, failed)
    return Trajectory(_times(grid, saved[:done]), memory.kept(1)[0, :done, :, 0], ending)


def native_adaptive(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move] = (),
    *,
    tolerance: Tolerance = AS_USUAL,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Trajectory:
    """Run with adaptive steps; the same bits as `adaptive.adaptive_steps`.

    Raises EngineError where adaptive steps cannot run the program.
    """
    refuse_stepwise(program)
    saved = _saved(grid)
    task = task_of(grid, moves, saved, range(program.layout.values))
    memory = AdaptiveMemory(program, loaded(program, adaptive=True), task, 1)
    cuts = segments(Kernel(program), grid, constants, task)
    memory(np.array(constants, float), np.zeros(1), tolerance, max_evaluations, cuts, 1)
    outcome, done = (int(x) for x in memory.ended)
    times = _times(grid, saved[:done])
    ending = adaptive.ending_of(program, grid, memory.v, outcome, times)
    used = max_evaluations - int(memory.progress[LEFT])
    return Trajectory(times, memory.kept(1)[0, :done, :, 0], ending, used)


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
    """Run with scipy's implicit methods over compiled slopes, see `stiff.stiff_steps`."""
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
    """`grid.saved` as an array, made without a loop in CPython."""
    if not grid.divided:
        return np.array(grid.saved)
    points = np.arange(0, grid.steps + 1, int(grid.every))
    return points if points[-1] == grid.steps else np.append(points, grid.steps)


def _times(grid: TimeGrid, points: NDArray[np.int64]) -> tuple[float, ...]:
    """The times of points, as `grid.at` has them."""
    first, pace, parts = grid.whole
    return tuple(((first + points * pace) / parts).tolist())
