"""Runs with adaptive steps in CPython, and what all integrators under tolerances share.

CPython runs the same source that `native` compiles (`adaptive_loop`), so both backends give the
same bits. It costs nothing: a run of the district model takes 0.82 of the time of scipy's RK45
(measured 2026-11).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simdistrict.base.errors import EngineError, Problem
from simdistrict.engine.integrators import adaptive_loop
from simdistrict.engine.integrators.adaptive_loop import StepControl
from simdistrict.engine.integrators.fixed import Trajectory, diverged, memory_of
from simdistrict.engine.integrators.loop import Task
from simdistrict.engine.integrators.schedule import Move, dates, task_of
from simdistrict.engine.interpreted import Kernel, Numbers
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

if TYPE_CHECKING:
    from simdistrict.base.arrays import Reals

MAX_EVALUATIONS = 2_000_000

FINEST = 1e-13  # relative tolerance: some hundred rounding errors


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Error bounds per step: |error| < atol + rtol * |stock|, atol in each stock's own unit.

    Raises EngineError for an rtol that double precision does not hold.
    """

    rtol: float = 1e-8
    atol: float = 1e-10

    def __post_init__(self) -> None:
        if not self.rtol >= FINEST:
            what = f"{self.rtol:g} is finer than numbers in double precision can be told apart"
            raise EngineError(Problem("rtol", what, f"give {FINEST:g} or more"))


AS_USUAL = Tolerance()


def adaptive_steps(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move] = (),
    *,
    tolerance: Tolerance = AS_USUAL,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Trajectory:
    """Run in CPython with the pair of Dormand and Prince, saved at the grid's saved points.

    Raises EngineError where adaptive steps cannot run the program.
    """
    refuse_stepwise(program)
    kernel = Kernel(program)
    size = program.layout.values
    task = task_of(grid, moves, grid.saved, range(size))
    memory = memory_of(program, 0, len(task.changed), constants, task.n_rows * size)
    memory.work[:] = [0.0] * work_size(kernel)
    cuts = segments(Kernel(program), grid, constants, task)
    asked = [0.0] * kernel.n_margins
    progress = [0.0] * adaptive_loop.PROGRESS
    progress[adaptive_loop.BUDGET] = math.inf
    limits = (tolerance.rtol, tolerance.atol, float(max_evaluations))
    control = StepControl(asked, progress, *limits, len(cuts), cuts)
    outcome = adaptive_loop.whole(kernel, memory, task, control, 0)
    done = int(progress[adaptive_loop.SAVED])
    rows = [memory.out[k * size : (k + 1) * size] for k in range(done)]
    times = tuple(grid.at(i) for i in grid.saved[:done])
    ending = ending_of(program, grid, memory.v, outcome, times)
    used = max_evaluations - int(progress[adaptive_loop.LEFT])
    return Trajectory(times, rows, ending, used)


def work_size(numbers: Numbers) -> int:
    """How many numbers `adaptive_loop` works with."""
    method = adaptive_loop.METHOD
    return adaptive_loop.BLOCKS * numbers.n_stocks + numbers.n_margins + method.stages


def ending_of(
    program: Program,
    grid: TimeGrid,
    v: Sequence[float] | Reals,
    outcome: int,
    times: Sequence[float],
) -> Ending:
    """The ending of an adaptive run; times: of the rows that were saved."""
    last = times[-1] if times else grid.start
    if outcome == Outcome.diverged:
        return diverged(program, v, last)
    if outcome == Outcome.step_limit:
        return exhausted(last)
    return Ending(Outcome.completed, grid.stop)


def refuse_stepwise(program: Program) -> None:
    """Raise EngineError for a program that needs steps of equal length."""
    if program.stepwise:
        raise EngineError(
            Problem(
                program.stepwise,
                "counts steps of equal length (DELAY FIXED, DELAY N with a time that moves, "
                "RANDOM), which adaptive steps are not",
                "use --integrator euler or rk4",
            )
        )
    if program.limited:
        raise EngineError(
            Problem(
                program.limited,
                "is a non-negative stock: what it gives is limited once in each time step, which "
                "adaptive steps do not have",
                "use --integrator euler or rk4",
            )
        )
    if program.equalities:
        raise EngineError(
            Problem(
                program.equalities[0],
                "SAMPLE IF TRUE tests an equality, which adaptive steps cannot find in time",
                "use --integrator euler or rk4, or compare with < or >",
            )
        )


def segments(kernel: Kernel, grid: TimeGrid, constants: Sequence[float], task: Task) -> list[float]:
    """The start, every known discontinuity inside the run, and the stop."""
    start, stop = grid.start, grid.stop
    v = list(constants)
    kernel.once(v)
    # a date that means a point of the grid is that point
    found = [grid.nearest(date) for date in kernel.switches(v, stop) + dates(task)]
    # dates that differ only by rounding are one date
    shortest = 1e-9 * max(grid.time_step, 1e-9)
    cuts = [start]
    for date in sorted(d for d in found if math.isfinite(d) and start < d < stop):
        if date - cuts[-1] > shortest and stop - date > shortest:
            cuts.append(date)
    return [*cuts, stop] if stop > start else cuts


EXPLICIT = "use --integrator stiff, bdf or radau where the model is stiff, or relax --rtol"


def exhausted(last: float, hint: str = EXPLICIT) -> Ending:
    """The ending of a run that used up its evaluations; last: the last saved time."""
    what = f"the limit of evaluations was reached after time {last:g}; {hint}"
    return Ending(Outcome.step_limit, last, what)
