"""Runs that a caller moves step by step, in machine code; several members stand in lanes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.integrators.loop import Memory, Task
from simdistrict.engine.integrators.stepper import Block, Course, Stepper
from simdistrict.engine.native.batch import LANES, cores
from simdistrict.engine.native.code import arguments, loaded
from simdistrict.engine.native.frame import aligned, with_arrays
from simdistrict.engine.native.slices import on_threads

# steps of blocks from which on it pays off to start threads
_SHARED = 1000


class NativeStepper(Stepper):
    """As `Stepper`, with the same bits."""

    def __init__(self, course: Course, samples: Reals | None = None) -> None:
        self.lanes = LANES if samples is not None and len(samples) > 2 else 1
        self.template = np.array(course.constants, float)
        super().__init__(course, samples)

    def load(self) -> None:
        self.run = loaded(self.course.program, self.lanes)

    def tables(self, task: Task) -> Task:
        return with_arrays(task)

    def vector(self, size: int) -> Any:
        found = aligned(max(size, self.lanes), 1)
        found[:] = 0.0
        return found

    def call(
        self, block: Block, task: Task, since: int, until: int, row: int, samples: Any = None
    ) -> None:
        if samples is not None:
            given = arguments(*block.memory, task, self.template, samples)
            self.run.call(*given, 0, 1, since, until, row)
            return
        if block.arguments is None:
            block.arguments = arguments(*block.memory, task, self.template, self.template)
        if until - since < 2:
            self.run.call(*block.arguments, 0, 1, since, until, row)
            return
        for at, stop in self.run.slices(until - since):
            first = row if at == 0 else int(np.searchsorted(self.rows, since + at))
            self.run(*block.arguments, 0, 1, since + at, since + stop, first)

    def part(self, vector: Any, first: int, count: int) -> Any:
        return vector[first * self.lanes : (first + count) * self.lanes].copy()

    def each(self, work: Callable[[int], None], steps: int) -> None:
        if len(self.blocks) < 2 or len(self.blocks) * steps < _SHARED or cores() < 2:
            super().each(work, steps)
            return
        parts = np.array_split(np.arange(len(self.blocks)), cores())

        def share(part: Any) -> None:
            for k in part:
                work(k)

        on_threads(share, parts, len(parts))

    def get(self, vector: Any, slots: Sequence[int]) -> Reals:
        wide = vector.reshape(-1, self.lanes)
        if isinstance(slots, range):
            return np.array(wide[slots.start : slots.stop].T)
        return np.array(wide[list(slots)].T)

    def put(self, vector: Any, slots: Sequence[int], values: Reals) -> None:
        wide = vector.reshape(-1, self.lanes)
        if isinstance(slots, range):
            wide[slots.start : slots.stop] = values.T
        else:
            wide[list(slots)] = values.T

    def finite(self, vector: Any, first: int, count: int) -> bool:
        part = vector[first * self.lanes : (first + count) * self.lanes]
        return bool(np.isfinite(part).all())

    def goes_on(self, memory: Memory) -> bool:
        ended: Any = memory.ended
        return bool(ended[0] < 0 if self.lanes == 1 else (ended[: self.lanes] < 0).any())
