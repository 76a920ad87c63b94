"""Ensembles in machine code: many runs of one program that differ in some of their numbers.

On a grid members stand in the lanes of the processor's registers, a block of them in each round
of the loops; with adaptive steps each has steps of its own. Blocks are shared out to threads.
Only what is asked for is kept, so memory is small.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from threading import local

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.engine.backends import IMPLICIT
from simdistrict.engine.integrators.adaptive import (
    AS_USUAL,
    MAX_EVALUATIONS,
    Tolerance,
    refuse_stepwise,
    segments,
)
from simdistrict.engine.integrators.fixed import Trajectory
from simdistrict.engine.integrators.loop import Task
from simdistrict.engine.integrators.schedule import Move, task_of
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.native.code import loaded
from simdistrict.engine.native.frame import AdaptiveMemory, GridMemory, with_arrays
from simdistrict.engine.native.single import native_stiff
from simdistrict.engine.native.slices import on_threads
from simdistrict.engine.outcome import Outcome
from simdistrict.engine.over_time import reduced
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

LANES = 8  # one register of AVX-512, two of AVX2; processors with less take them in turns
_KEPT = 1 << 20  # numbers that a thread keeps before it hands them over
_MOST = 4096  # blocks that a thread takes at once


@dataclass(frozen=True, eq=False)
class Members:
    """The saved values and outcomes of many runs.

    values: (members, points, places), NaN from where a member ended early; outcome: per member
    an `Outcome`; time: the last time that was computed, of saved times where steps are adaptive;
    reduced: (members, reductions, places), NaN for a member that ended early.
    """

    values: Reals
    outcome: NDArray[np.int8]
    time: Reals
    reduced: Reals


@dataclass(frozen=True, eq=False)
class Batch:
    """Program, grid and settings that all members share.

    constants: the vector before a run, with the scenario's values in it; sampled: places in it
    that differ from member to member; places, points: what to keep, and the numbers of the
    points in time at which; integrator, tolerance, max_evaluations: as for a single run.
    fast: powers of members in lanes may differ from the C library's in their last digit.
    reduce: names of `over_time.REDUCTIONS`, taken over the saved points of the grid.
    """

    program: Program
    grid: TimeGrid
    constants: Sequence[float]
    sampled: Sequence[int]
    places: Sequence[int]
    points: Sequence[int]
    moves: Sequence[Move] = ()
    integrator: str = "euler"
    tolerance: Tolerance = AS_USUAL
    max_evaluations: int = MAX_EVALUATIONS
    fast: bool = False
    reduce: Sequence[str] = ()

    @cached_property
    def rows(self) -> Sequence[int]:
        """The time points that a run saves: those asked for, and those that `reduce` needs."""
        return sorted({*self.points, *self.grid.saved}) if self.reduce else self.points

    def __getstate__(self) -> dict[str, object]:
        """What a pickle holds: no memory of threads."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @cached_property
    def own(self) -> local:
        """What each thread keeps from one call of `run` to the next."""
        return local()

    @cached_property
    def task(self) -> Task:
        """The task of every member."""
        return task_of(
            self.grid,
            self.moves,
            self.rows,
            self.places,
            self.sampled,
            integrator=self.integrator,
        )

    @cached_property
    def arrays(self) -> Task:
        """The task with its tables as arrays."""
        return with_arrays(self.task)

    def empty(self, numbers: Reals) -> Members:
        """Allocate results; raises ValueError if the numbers do not match the sampled slots."""
        if numbers.ndim != 2 or numbers.shape[1] != len(self.sampled):
            raise ValueError(f"{numbers.shape} numbers for {len(self.sampled)} sampled places")
        count, places = len(numbers), len(self.places)
        values = np.empty((count, len(self.points), places))
        found = np.empty((count, len(self.reduce), places))
        return Members(values, np.empty(count, np.int8), np.empty(count), found)

    def keep(self, done: Members, members: slice, rows: Reals) -> None:
        """Store the rows of some members, (members, rows, places), or their reductions."""
        if not self.reduce:
            done.values[members] = rows
            return
        done.values[members] = rows[:, np.searchsorted(self.rows, self.points)]
        saved = list(self.grid.saved)
        times = [self.grid.at(i) for i in saved]
        series = rows[:, np.searchsorted(self.rows, saved)]
        done.reduced[members] = reduced(series, times, self.reduce)

    def end(self, done: Members, members: slice, ended: Reals) -> None:
        """Store the outcomes of some members on a grid; ended: see `loop.Memory`."""
        grid = self.grid
        if (ended < 0).all():
            done.outcome[members], done.time[members] = Outcome.completed, grid.stop
            return
        done.outcome[members] = np.where(ended < 0, Outcome.completed, Outcome.diverged)
        first, pace, parts = grid.whole
        before = (first + np.maximum(ended - 1, 0) * pace) / parts
        done.time[members] = np.where(ended < 0, grid.stop, before)

    def alone(self, grid: TimeGrid, constants: Sequence[float]) -> Trajectory:
        """Run one member with the implicit integrators of scipy."""
        return native_stiff(
            self.program,
            grid,
            constants,
            self.moves,
            integrator=self.integrator,
            tolerance=self.tolerance,
            max_evaluations=self.max_evaluations,
        )

    def run(self, numbers: Reals, threads: int | None = None) -> Members:
        """Run one member per row of `numbers`, whose columns stand for the sampled places.

        threads: default one per core. On a grid a member has the bits of its own single run,
        unless it is fast.
        Raises EngineError where adaptive steps cannot run the program.
        """
        numbers = np.ascontiguousarray(numbers, float)
        done = self.empty(numbers)
        threads = threads or cores()
        work: _BatchWork
        if self.integrator in IMPLICIT:
            threads = 1  # the library for stiff models is not thread-safe
            work = AloneWork(self, numbers, done, 1)
        elif self.integrator == "adaptive":
            work = _AdaptiveWork(self, numbers, done, 1)
        else:
            work = _BatchWork(self, numbers, done, LANES if len(numbers) > 2 else 1)
        chunks = list(work.chunks(threads))
        if threads < 2 or len(chunks) < 2:
            for chunk in chunks:
                work.do(chunk)
        else:
            on_threads(work.do, chunks, min(threads, len(chunks)))
        return done


def cores() -> int:
    """The number of cores that this process may use, which can be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _BatchWork:
    """The members of one call of `Batch.run` and their results."""

    def __init__(self, batch: Batch, numbers: Reals, done: Members, lanes: int) -> None:
        self.batch = batch
        self.numbers = numbers
        self.done = done
        self.lanes = lanes
        self.template = np.array(batch.constants, float)
        self.shape = (len(batch.rows), len(batch.places))
        self.blocks = -(-len(numbers) // lanes)
        self.at_once = 1
        self.prepare()

    def prepare(self) -> None:
        """Compile, and make what all threads share."""
        self.task = self.batch.arrays
        fast = self.batch.fast and self.lanes > 1
        self.run = loaded(self.batch.program, self.lanes, fast=fast)

    def chunks(self, workers: int) -> Iterator[tuple[int, int]]:
        """(first block, number of blocks): several per worker, so that all finish together."""
        room = _KEPT // max(self.shape[0] * self.shape[1] * self.lanes, 1)
        shared = -(-self.blocks // (4 * workers)) if workers > 1 else self.blocks
        self.at_once = max(min(room, shared, _MOST), 1)
        for first in range(0, self.blocks, self.at_once):
            yield first, min(self.at_once, self.blocks - first)

    def memory(self) -> GridMemory:
        """Memory of this thread for a chunk, that of the call before where it suffices."""
        kept: GridMemory | None = getattr(self.batch.own, "memory", None)
        if kept is None or kept.run is not self.run or kept.blocks < self.at_once:
            kept = GridMemory(self.batch.program, self.run, self.task, self.lanes, self.at_once)
            self.batch.own.memory = kept
        return kept

    def do(self, chunk: tuple[int, int]) -> None:
        """Run the blocks of a chunk and store their results."""
        first, blocks = chunk
        memory = self.memory()
        low = first * self.lanes
        high = min(low + blocks * self.lanes, len(self.numbers))
        rows = np.empty((blocks * self.lanes, self.task.n_sampled))
        rows[: high - low] = self.numbers[low:high]
        # lanes without a member repeat the last one
        rows[high - low :] = self.numbers[high - 1]
        samples = rows.reshape(blocks, self.lanes, -1).transpose(0, 2, 1)
        memory(self.template, np.ascontiguousarray(samples), blocks)
        kept = memory.kept(blocks).transpose(0, 3, 1, 2)
        here = slice(low, high)
        self.batch.keep(self.done, here, kept.reshape(-1, *self.shape)[: high - low])
        self.batch.end(self.done, here, memory.ended[: high - low])


class _AdaptiveWork(_BatchWork):
    """Members with adaptive steps."""

    def prepare(self) -> None:
        batch = self.batch
        refuse_stepwise(batch.program)
        self.run = loaded(batch.program, adaptive=True)
        self.task = batch.task
        self.cuts = segments(Kernel(batch.program), batch.grid, batch.constants, self.task)
        # dates that depend on constants may differ from member to member
        self.alike = not batch.program.has_switches

    def do(self, chunk: tuple[int, int]) -> None:
        first, count = chunk
        if self.alike:
            self.part(first, count, self.cuts)
            return
        kernel = Kernel(self.batch.program)
        for member in range(first, first + count):
            own = list(self.batch.constants)
            for place, number in zip(self.batch.sampled, self.numbers[member], strict=True):
                own[place] = float(number)
            self.part(member, 1, segments(kernel, self.batch.grid, own, self.task))

    def part(self, first: int, count: int, cuts: Sequence[float]) -> None:
        batch = self.batch
        memory = AdaptiveMemory(batch.program, self.run, self.task, count)
        here = slice(first, first + count)
        numbers = np.ascontiguousarray(self.numbers[here])
        memory(self.template, numbers, batch.tolerance, batch.max_evaluations, cuts, count)
        batch.keep(self.done, here, memory.kept(count)[..., 0])
        ended = memory.ended.reshape(-1, 2)
        self.done.outcome[here] = ended[:, 0]
        times = np.array([batch.grid.start, *(batch.grid.at(i) for i in batch.rows)])
        last = times[ended[:, 1].astype(int)]
        self.done.time[here] = np.where(ended[:, 0] == 0, batch.grid.stop, last)


class AloneWork(_BatchWork):
    """Members one after the other on one core, each as a single run."""

    def prepare(self) -> None:
        pass

    def do(self, chunk: tuple[int, int]) -> None:
        first, count = chunk
        batch = self.batch
        grid = replace(batch.grid, every=1)
        for member in range(first, first + count):
            own = np.array(batch.constants, float)
            own[list(batch.sampled)] = self.numbers[member]
            path = batch.alone(grid, own.tolist())
            whole = np.full((grid.steps + 1, len(batch.places)), np.nan)
            if len(path.rows):
                whole[: len(path.rows)] = np.array(path.rows)[:, list(batch.places)]
            here = slice(member, member + 1)
            batch.keep(self.done, here, whole[None, list(batch.rows)])
            self.done.outcome[member] = path.ending.outcome
            self.done.time[member] = path.ending.time
