"""The arrays of a compiled run: a task as arrays, and aligned memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, get_type_hints

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.helpers.primitives import IntTable, RealTable
from simdistrict.engine.integrators import fixed
from simdistrict.engine.integrators.adaptive import Tolerance, work_size
from simdistrict.engine.integrators.adaptive_loop import BUDGET, MEMBER, PROGRESS
from simdistrict.engine.integrators.loop import Task
from simdistrict.engine.interpreted import Numbers
from simdistrict.engine.layout import record_size
from simdistrict.engine.native.code import arguments
from simdistrict.engine.native.slices import CompiledFunction
from simdistrict.engine.program import Program

_TABLES = {
    name: {IntTable: np.int64, RealTable: np.float64}[kind]
    for name, kind in get_type_hints(Task).items()
    if kind in (IntTable, RealTable)
}


def with_arrays(task: Task) -> Task:
    """The task with its tables as arrays."""
    changed: dict[str, Any]
    changed = {name: np.asarray(getattr(task, name), kind) for name, kind in _TABLES.items()}
    return task._replace(**changed)


class _Memory:
    """What a call has saved."""

    task: Task
    out: Reals
    lanes = 1

    def kept(self, blocks: int) -> Reals:
        """(blocks, rows, saved, lanes): what the last call saved."""
        shape = (blocks, self.task.n_rows, self.task.n_saved, self.lanes)
        return self.out[: math.prod(shape)].reshape(shape)


class GridMemory(_Memory):
    """The arrays of one thread for runs on a grid, and the call that works on them.

    blocks: the most in one call.
    """

    def __init__(
        self, program: Program, run: CompiledFunction, task: Task, lanes: int, blocks: int
    ) -> None:
        layout = program.layout
        self.run = run
        self.task = with_arrays(task)
        self.lanes = lanes
        self.blocks = blocks
        record = record_size(layout, task.steps + 1)
        kept = blocks * task.n_rows * task.n_saved
        sizes = (
            len(layout.template) + record,
            task.n_changed,
            fixed.work_size(Numbers(program)),
            kept,
            blocks,
        )
        arrays = together([size * lanes for size in sizes])
        self.v, _, _, self.out, self.ended = arrays
        self._own = arguments(*arrays, self.task)

    def __call__(self, template: Reals, samples: Reals, blocks: int) -> None:
        """Run blocks 0 to `blocks`; samples: (blocks, sampled, lanes)."""
        given = (*self._own, *arguments(template, samples))
        points = self.task.steps + 1
        for at, stop in self.run.slices(blocks * points):
            self._slice(given, at, stop)

    def _slice(self, given: Sequence[object], at: int, stop: int) -> None:
        """The points `at` to `stop` - 1 of all blocks, one block after the other."""
        points = self.task.steps + 1
        while at < stop:
            block, since = divmod(at, points)
            whole = (stop - at) // points
            if since == 0 and whole > 0:
                self.run(*given, block, block + whole, -1, points, 0)
                at += whole * points
                continue
            until = min(since + stop - at, points)
            # a block whose members have all ended is done
            if since == 0 or (self.ended[block * self.lanes :][: self.lanes] < 0).any():
                row = int(np.searchsorted(self.task.rows, since))  # type: ignore[call-overload]
                self.run(*given, block, block + 1, since or -1, until, row)
            at += until - since


class AdaptiveMemory(_Memory):
    """The arrays of one thread for adaptive steps, one member at a time."""

    def __init__(self, program: Program, run: CompiledFunction, task: Task, members: int) -> None:
        numbers = Numbers(program)
        self.run = run
        self.task = with_arrays(task)
        kept = members * task.n_rows * task.n_saved
        sizes = (numbers.size, task.n_changed, work_size(numbers), kept, 2 * members)
        self.arrays = together([*sizes, numbers.n_margins, PROGRESS])
        self.v, _, _, self.out, self.ended, asked, self.progress = self.arrays
        asked[:] = 0.0
        self.progress[:] = 0.0

    def __call__(
        self,
        template: Reals,
        samples: Reals,
        tolerance: Tolerance,
        evaluations: int,
        cuts: Sequence[float],
        members: int,
    ) -> None:
        """Run the first members; samples: (members, sampled).

        cuts: the dates at which the right-hand side is discontinuous, with both ends.
        """
        dates = np.array(cuts)
        limits = (tolerance.rtol, tolerance.atol, float(evaluations), len(cuts), dates)
        memory, control = self.arrays[:5], self.arrays[5:]
        given = arguments(*memory, self.task, *control, *limits, template, samples)
        first = 0
        while first < members:
            self.progress[BUDGET] = units = self.run.units
            with self.run.timed(units):
                self.run(*given, first, members)
            first = int(self.progress[MEMBER])


def together(sizes: Sequence[int]) -> list[Reals]:
    """Arrays side by side in one piece of memory, each aligned."""
    starts = [0]
    for size in sizes:
        # whole lines of a cache, one at least
        starts.append(starts[-1] + max(-(-size // 8), 1) * 8)
    space = aligned(starts[-1], 1)
    return [space[start : start + size] for start, size in zip(starts, sizes, strict=False)]


def aligned(numbers: int, lanes: int) -> Reals:
    """Memory that begins at a line of the cache, for loads of many numbers at once."""
    size = max(numbers * lanes, 1)
    space = np.empty(size + 8)
    skip = (-space.ctypes.data % 64) // 8
    return space[skip : skip + size]
