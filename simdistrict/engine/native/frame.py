"""What a compiled run reads, as arrays: the order of its integers and reals, aligned memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.engine.integrators.schedule import Move, Schedule
from simdistrict.engine.layout import record_size
from simdistrict.engine.native.code import Run
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

Whole = Sequence[int] | NDArray[np.int64]


@dataclass(frozen=True)
class Orders:
    """What to do in every run of a batch.

    ints, reals: as `loops.py` reads them; rows, places: how much one run keeps; sampled: how
    many numbers of its own one run brings; groups: how many constants move.
    """

    ints: NDArray[np.int64]
    reals: Reals
    rows: int
    places: int
    sampled: int
    groups: int


def orders(
    grid: TimeGrid,
    integrator: str,
    moves: Sequence[Move],
    points: Whole,
    places: Whole,
    sampled: Whole = (),
    cuts: int = 0,
) -> Orders:
    """Orders for a batch of runs on a grid.

    points: numbers of the points in time to keep, ascending; places: what to keep there;
    sampled: places of the numbers that differ from run to run; cuts: how many dates adaptive
    steps stop at, both ends included.
    """
    groups = Schedule(moves).groups
    first = [0]
    reals = [grid.start, grid.time_step]
    for group in groups.values():
        first.append(first[-1] + len(group))
        for move in group:
            end = math.inf if move.end is None else move.end
            reals += [move.target, move.start, end, move.ramp]
    head = [grid.steps, int(integrator == "rk4"), len(groups), len(points), len(places)]
    kept = np.asarray(places, np.int64)
    together = len(kept) > 0 and bool((kept[1:] - kept[:-1] == 1).all())
    head += [len(sampled), cuts, int(together)]
    parts = ([*head, *groups, *first], points, kept, sampled)
    ints = np.concatenate([np.asarray(part, np.int64) for part in parts])
    return Orders(ints, np.array(reals), len(points), len(places), len(sampled), len(groups))


class Memory:
    """The arrays of one thread, and the call that works on them."""

    def __init__(self, program: Program, run: Run, given: Orders, lanes: int, blocks: int) -> None:
        layout = program.layout
        self.run = run
        self.given = given
        self.lanes = lanes
        # one point more than there are steps
        record = record_size(layout, int(given.ints[0]) + 1)
        kept = blocks * given.rows * given.places
        sizes = (len(layout.template) + record, given.groups, 4 * layout.stocks.size, kept, blocks)
        arrays, own = together([size * lanes for size in sizes])
        self.v, _, _, self.out, self.ended = arrays
        self._own = own
        self._given = [given.ints.ctypes.data, given.reals.ctypes.data]

    def __call__(self, template: Reals, samples: Reals, blocks: int) -> None:
        """Run blocks 0 to `blocks`; samples: (blocks, sampled, lanes)."""
        asked = (samples.ctypes.data, template.ctypes.data)
        self.run(*self._own, *asked, *self._given, 0, blocks)

    def kept(self, blocks: int) -> Reals:
        """(blocks, rows, places, lanes): what the last call kept."""
        shape = (blocks, self.given.rows, self.given.places, self.lanes)
        return self.out[: math.prod(shape)].reshape(shape)


class Adaptive:
    """The arrays of one thread for adaptive steps, one member at a time."""

    def __init__(self, program: Program, run: Run, given: Orders, members: int) -> None:
        layout = program.layout
        self.run = run
        self.given = given
        self.v = aligned(len(layout.template), 1)
        margins = layout.sampled.size
        self.buffers = (
            aligned(given.groups, 1),
            aligned(9 * layout.stocks.size + margins, 1),
            np.zeros(margins + 1),
        )
        self.out = aligned(members * given.rows * given.places, 1)
        self.ended = np.empty(2 * members)
        self.done = np.zeros(3)

    def __call__(self, template: Reals, samples: Reals, limits: Reals, members: int) -> None:
        """Run the first members; samples: (members, sampled).

        limits: relative and absolute tolerance, evaluations per member, and the dates at which
        the right-hand side is discontinuous, with both ends.
        """
        arrays = (self.v, *self.buffers, self.out, self.ended, self.done, samples, template)
        given = (self.given.ints, self.given.reals, limits)
        self.run(*(array.ctypes.data for array in (*arrays, *given)), 0, members)

    def kept(self, members: int) -> Reals:
        """(members, rows, places, 1): what the last call kept."""
        shape = (members, self.given.rows, self.given.places, 1)
        return self.out[: math.prod(shape)].reshape(shape)


def together(sizes: Sequence[int]) -> tuple[list[Reals], list[int]]:
    """Arrays side by side in one piece of memory, each aligned, and their addresses."""
    starts = [0]
    for size in sizes:
        # whole lines of a cache, one at least
        starts.append(starts[-1] + max(-(-size // 8), 1) * 8)
    space = aligned(starts[-1], 1)
    first = space.ctypes.data
    arrays = [space[start : start + size] for start, size in zip(starts, sizes, strict=False)]
    return arrays, [first + 8 * start for start in starts[:-1]]


def aligned(numbers: int, lanes: int) -> Reals:
    """Memory that begins where a processor likes to load many numbers at once."""
    size = max(numbers * lanes, 1)
    space = np.empty(size + 8)
    skip = (-space.ctypes.data % 64) // 8
    return space[skip : skip + size]
