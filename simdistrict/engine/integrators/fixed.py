"""Euler and fourth-order Runge-Kutta on a grid of counted steps.

A run that fails keeps what was computed; nothing is raised for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simdistrict.engine.helpers.runtime import SMALL
from simdistrict.engine.integrators.loop import Memory, begin, clock, limited_step, run, step
from simdistrict.engine.integrators.schedule import Move, task_of
from simdistrict.engine.integrators.tableaus import RK4
from simdistrict.engine.interpreted import Kernel, Numbers
from simdistrict.engine.layout import record_size
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

if TYPE_CHECKING:
    from simdistrict.base.arrays import Reals


@dataclass(frozen=True)
class Trajectory:
    """The saved points of one run.

    times: in the model's time unit; rows: for each time the values of the vector, up to
    `layout.values`. A run that ended early has fewer rows than its grid has saved points.
    evaluations: how many slopes a run under tolerances took; zero on a grid.
    """

    times: tuple[float, ...]
    rows: Sequence[Sequence[float]] | Reals
    ending: Ending
    evaluations: int = 0


def fixed_steps(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move] = (),
    *,
    integrator: str = "euler",
) -> Trajectory:
    """Run on the grid with `euler` or `rk4` in CPython.

    constants: the vector before the run, with the scenario's values in it.
    """
    kernel = Kernel(program)
    size = program.layout.values
    saved = grid.saved
    task = task_of(grid, moves, saved, range(size), integrator=integrator)
    memory = memory_of(program, grid.steps + 1, len(task.changed), constants, len(saved) * size)
    run(kernel, memory, task, 0)
    ending, done = ending_of(program, grid, memory.v, int(memory.ended[0])), len(saved)
    if ending.outcome is not Outcome.completed:
        done = sum(i < memory.ended[0] for i in saved)
    rows = [memory.out[k * size : (k + 1) * size] for k in range(done)]
    return Trajectory(tuple(grid.at(i) for i in saved[:done]), rows, ending)


def work_size(numbers: Numbers) -> int:
    """How many numbers `loop` works with."""
    size = (RK4.stages + 1) * numbers.n_stocks
    if numbers.n_bounded:
        # what `limits` keeps of a step
        size += numbers.n_sampled + numbers.n_limited
    return size


def memory_of(
    program: Program, points: int, changed: int, constants: Sequence[float], kept: int
) -> Memory:
    """The memory of one run in CPython."""
    record = record_size(program.layout, points)
    work = work_size(Numbers(program))
    v = [*constants, *[0.0] * record]
    return Memory(v, [0.0] * changed, [0.0] * work, [0.0] * kept, [0.0])


def ending_of(program: Program, grid: TimeGrid, v: Sequence[float] | Reals, failed: int) -> Ending:
    """The ending of a run on a grid; failed: where a stock was not finite, or below zero."""
    if failed < 0:
        return Ending(Outcome.completed, grid.stop)
    return diverged(program, v, grid.at(max(failed - 1, 0)))


def end_point(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move],
    place: int,
    *,
    integrator: str,
) -> int | None:
    """The first point whose time is at least the value of a slot there; None if there is none."""
    kernel = Kernel(program)
    points = range(grid.steps + 1)
    task = task_of(grid, moves, points, (place,), integrator=integrator)
    memory = memory_of(program, len(points), len(task.changed), constants, len(points))
    memory.ended[0] = -1.0
    clock(memory, task, 0)
    begin(kernel, memory, task)
    move = limited_step if kernel.n_bounded else step
    for i in points:
        # a run that diverges ends there
        over = move(kernel, memory, task, 0, i, i) < 0
        if over or grid.at(i) >= memory.out[i] - SMALL * grid.time_step:
            return i
    return None


def start_value(program: Program, constants: Sequence[float], place: int, time: float) -> float:
    """The value of a slot when a run starts at that time."""
    time_step = constants[program.layout.slots["time step"].offset]
    task = task_of(TimeGrid(time, 0, time_step, 1), (), (), ())
    memory = memory_of(program, 1, 0, constants, 0)
    run(Kernel(program), memory, task, 0)
    return memory.v[place]


def diverged(program: Program, v: Sequence[float] | Reals, last: float) -> Ending:
    """The ending of a run with a stock that is not finite; last: the last time before that."""
    block = program.layout.stocks
    stocks = range(block.start, block.start + block.size)
    slots = program.layout.slots
    # the model's own stocks first, then those inside functions such as SMOOTH
    for slot in (*(slots[name] for name in program.order), *program.layout.internal.values()):
        symbol = slot.symbol
        what = f'a stock inside "{symbol.name}"' if symbol.internal else f'the stock "{symbol}"'
        for place in range(slot.offset, slot.offset + slot.size):
            if place in stocks and not math.isfinite(v[place]):
                message = f"{what} became {v[place]} after time {last:g}"
                return Ending(Outcome.diverged, last, message)
    return Ending(Outcome.diverged, last, f"a value became infinite after time {last:g}")
