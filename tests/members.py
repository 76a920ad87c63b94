"""Members of a model in machine code, without scenarios and designs."""

from __future__ import annotations

from collections.abc import Sequence

from simdistrict.base.arrays import Reals
from simdistrict.engine.integrators.schedule import Move
from simdistrict.engine.native.batch import Batch, Members
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid


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
    """Run a `Batch` once; points: default the saved points of the grid."""
    kept = sorted(grid.saved if points is None else points)
    batch = Batch(program, grid, constants, sampled, places, kept, moves, integrator)
    return batch.run(numbers, threads)
