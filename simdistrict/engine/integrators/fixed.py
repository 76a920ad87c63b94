"""Euler and fourth-order Runge-Kutta on a grid of counted steps.

A run that fails keeps what was computed; nothing is raised for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simdistrict.engine.helpers.runtime import SMALL
from simdistrict.engine.integrators.schedule import Move, Schedule
from simdistrict.engine.interpreted import Kernel, Vector
from simdistrict.engine.layout import (
    HELD_TIME,
    MOVING_TIME,
    POINT,
    SAMPLING,
    SWITCH_TIME,
    TIME,
    record_size,
)
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Trajectory:
    """The saved points of one run.

    times: in the model's time unit; rows: for each time the values of the vector, up to
    `layout.values`. A run that ended early has fewer rows than its grid has saved points.
    evaluations: how many slopes steps of their own length took; zero on a grid.
    """

    times: tuple[float, ...]
    rows: Sequence[Sequence[float]] | NDArray[np.float64]
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
    """Run on the grid with `euler` or `rk4`.

    constants: the vector before the run, with the scenario's values in it.
    """
    run = _Run(program, grid, constants, moves)
    advance = {"euler": run.euler, "rk4": run.rk4}[integrator]
    saved = set(grid.saved)
    times: list[float] = []
    rows: list[Vector] = []
    size = program.layout.values
    ending = Ending(Outcome.completed, grid.stop)
    for i in range(grid.steps + 1):
        run.evaluate(i)
        if not run.finite():
            ending = run.diverged(i)
            break
        if i in saved:
            times.append(grid.at(i))
            rows.append(run.v[:size])
        if i < grid.steps:
            advance(i)
    return Trajectory(tuple(times), rows, ending)


def end_point(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move],
    place: int,
    *,
    integrator: str,
) -> int | None:
    """The first point whose time is at least what stands at a place there; None: none of them."""
    run = _Run(program, grid, constants, moves)
    advance = run.rk4 if integrator == "rk4" else run.euler
    for i in range(grid.steps + 1):
        run.evaluate(i)
        if grid.at(i) >= run.v[place] - SMALL * grid.time_step:
            return i
        if i < grid.steps:
            advance(i)
    return None


def start_value(program: Program, constants: Sequence[float], place: int, time: float) -> float:
    """What stands at a place when a run starts at that time."""
    time_step = constants[program.layout.slots["time step"].offset]
    run = _Run(program, TimeGrid(time, 0, time_step, 1), constants, ())
    run.evaluate(0)
    return run.v[place]


class _Run:
    """The vector on its way through the grid."""

    def __init__(
        self, program: Program, grid: TimeGrid, constants: Sequence[float], moves: Sequence[Move]
    ) -> None:
        self.program = program
        self.kernel = Kernel(program)
        self.grid = grid
        self.v: Vector = list(constants)
        self.v += [0.0] * record_size(program.layout, grid.steps + 1)
        self.schedule = Schedule(moves, constants)
        self.moves = bool(moves)
        self.half = grid.time_step / 2
        layout = program.layout
        self.stocks = slice(layout.stocks.start, layout.stocks.stop)
        self.rates = slice(layout.rates.start, layout.rates.stop)
        self.sampled = slice(layout.sampled.start, layout.sampled.stop)
        self.held = slice(layout.held_samples.start, layout.held_samples.stop)
        self.recorded = slice(layout.recorded.start, layout.recorded.stop)
        self.row = layout.recorded.size
        self.clock(0)
        if self.moves:
            self.schedule.apply(self.v)
        self.kernel.once(self.v)
        self.kernel.start(self.v)
        self.kernel.settle(self.v)

    def clock(self, i: int) -> None:
        t = self.grid.at(i)
        v = self.v
        v[SAMPLING] = 1.0
        v[POINT] = float(i)
        v[TIME] = v[HELD_TIME] = t
        v[SWITCH_TIME] = v[MOVING_TIME] = t + self.half

    def evaluate(self, i: int) -> None:
        """All values at point i, and what is sampled there."""
        self.clock(i)
        self.derive()
        self.v[self.held] = self.v[self.sampled]
        if self.row:
            first = len(self.program.layout.template) + i * self.row
            self.v[first : first + self.row] = self.v[self.recorded]

    def derive(self) -> None:
        if self.moves and self.schedule.apply(self.v):
            self.kernel.once(self.v)
            self.kernel.settle(self.v)
        self.kernel.derive(self.v)

    def euler(self, i: int) -> None:
        v, dt = self.v, self.grid.time_step
        v[self.stocks] = [y + dt * r for y, r in zip(v[self.stocks], v[self.rates], strict=True)]

    def rk4(self, i: int) -> None:
        """The classical scheme; the first slope is the one evaluated at point i."""
        v, dt, t = self.v, self.grid.time_step, self.grid.at(i)
        start, k1 = v[self.stocks], v[self.rates]
        v[SAMPLING] = 0.0
        v[TIME] = t + self.half
        v[self.stocks] = [y + self.half * k for y, k in zip(start, k1, strict=True)]
        self.derive()
        k2 = v[self.rates]
        v[self.stocks] = [y + self.half * k for y, k in zip(start, k2, strict=True)]
        self.derive()
        k3 = v[self.rates]
        v[TIME] = self.grid.at(i + 1)
        v[self.stocks] = [y + dt * k for y, k in zip(start, k3, strict=True)]
        self.derive()
        k4 = v[self.rates]
        v[self.stocks] = [
            y + dt / 6 * (a + 2 * (b + c) + d)
            for y, a, b, c, d in zip(start, k1, k2, k3, k4, strict=True)
        ]

    def finite(self) -> bool:
        total = sum(self.v[self.stocks])
        return total - total == 0.0 or all(map(math.isfinite, self.v[self.stocks]))

    def diverged(self, i: int) -> Ending:
        return diverged(self.program, self.v, self.grid.at(max(i - 1, 0)))


def diverged(program: Program, v: Vector, last: float) -> Ending:
    """The ending of a run whose stocks are no longer finite; last: the last good time."""
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
