"""Many runs of one program side by side: members that differ in some of their numbers.

Members stand in the lanes of the processor's registers, a block of them in each round of the
loops, and blocks are shared out to threads. Only what is asked for is kept, so memory is small.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import local

import numpy as np
from numpy.typing import NDArray

from simdistrict.engine.native.code import loaded
from simdistrict.engine.native.frame import Memory, Orders, Reals, orders
from simdistrict.engine.program import Program
from simdistrict.engine.schedule import Move
from simdistrict.model import TimeGrid

LANES = 8  # one register of AVX-512, two of AVX2; processors with less take them in turns
_KEPT = 1 << 20  # numbers that a thread keeps before it hands them over
_MOST = 4096  # blocks that a thread takes at once


@dataclass(frozen=True, eq=False)
class Members:
    """What was kept of many runs.

    values: (members, points, places), NaN from where a member diverged; ended: per member the
    number of the point at which a stock was no longer finite, -1 for a member that completed.
    """

    values: Reals
    ended: NDArray[np.int64]


def run_members(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    sampled: Sequence[int],
    numbers: Reals,
    *,
    places: Sequence[int],
    points: Sequence[int] | None = None,
    moves: Sequence[Move] = (),
    integrator: str = "euler",
    threads: int | None = None,
) -> Members:
    """Run one member per row of `numbers`.

    constants: the vector before a run, with the scenario's values in it; sampled: places in it
    that differ from member to member, in the order of the columns of `numbers`; places, points:
    what to keep, and the numbers of the points in time at which (default: the saved points of
    the grid); threads: default one per core. A member has the bits of its own single run.
    """
    numbers = np.ascontiguousarray(numbers, float)
    if numbers.ndim != 2 or numbers.shape[1] != len(sampled):
        raise ValueError(f"{numbers.shape} numbers for {len(sampled)} sampled places")
    kept = sorted(grid.saved if points is None else points)
    given = orders(grid, integrator, moves, kept, places, sampled)
    lanes = LANES if len(numbers) > 2 else 1
    work = _Work(program, given, np.array(constants, float), numbers, lanes)
    workers = min(threads or os.cpu_count() or 1, work.blocks)
    chunks = list(work.chunks(workers))
    if workers < 2 or len(chunks) < 2:
        for chunk in chunks:
            work.do(chunk)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work.do, chunks))
    return Members(work.values, work.ended)


class _Work:
    """The members of one call, and where their results go."""

    def __init__(
        self, program: Program, given: Orders, template: Reals, numbers: Reals, lanes: int
    ) -> None:
        self.program = program
        self.given = given
        self.template = template
        self.numbers = numbers
        self.lanes = lanes
        self.blocks = -(-len(numbers) // lanes)
        most = _KEPT // max(given.rows * given.places * lanes, 1)
        self.at_once = min(max(most, 1), _MOST)
        self.run = loaded(program, lanes)
        self.values = np.empty((len(numbers), given.rows, given.places))
        self.ended = np.empty(len(numbers), np.int64)
        self.own = local()

    def chunks(self, workers: int) -> Iterator[tuple[int, int]]:
        """(first block, number of blocks), several for each worker, so that all end together."""
        self.at_once = max(min(self.at_once, -(-self.blocks // (4 * workers))), 1)
        for first in range(0, self.blocks, self.at_once):
            yield first, min(self.at_once, self.blocks - first)

    def do(self, chunk: tuple[int, int]) -> None:
        """Run the blocks of a chunk and put what they kept in its place."""
        first, blocks = chunk
        if not hasattr(self.own, "memory"):
            self.own.memory = Memory(self.program, self.run, self.given, self.lanes, self.at_once)
        memory: Memory = self.own.memory
        low = first * self.lanes
        high = min(low + blocks * self.lanes, len(self.numbers))
        rows = np.empty((blocks * self.lanes, self.given.sampled))
        rows[: high - low] = self.numbers[low:high]
        # lanes without a member repeat the last one
        rows[high - low :] = self.numbers[high - 1]
        samples = rows.reshape(blocks, self.lanes, -1).transpose(0, 2, 1)
        memory(self.template, np.ascontiguousarray(samples), blocks)
        kept = memory.kept(blocks).transpose(0, 3, 1, 2)
        shape = (blocks * self.lanes, self.given.rows, self.given.places)
        self.values[low:high] = kept.reshape(shape)[: high - low]
        self.ended[low:high] = memory.ended[: blocks * self.lanes][: high - low]
