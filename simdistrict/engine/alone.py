"""Ensembles in CPython, one member after the other: the reference for the other backends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.backends import FIXED, IMPLICIT
from simdistrict.engine.integrators.adaptive import adaptive_steps
from simdistrict.engine.integrators.fixed import Trajectory, fixed_steps
from simdistrict.engine.integrators.stiff import stiff_steps
from simdistrict.engine.native.batch import AloneWork, Batch, Members
from simdistrict.model.model import TimeGrid


class InterpretedBatch(Batch):
    """A `Batch` whose members run in CPython."""

    def run(self, numbers: Reals, threads: int | None = None) -> Members:
        """As `Batch.run`, on one core whatever `threads` says."""
        numbers = np.ascontiguousarray(numbers, float)
        done = self.empty(numbers)
        work = AloneWork(self, numbers, done, 1)
        for chunk in work.chunks(1):
            work.do(chunk)
        return done

    def alone(self, grid: TimeGrid, constants: Sequence[float]) -> Trajectory:
        given = (self.program, grid, constants, self.moves)
        if self.integrator in FIXED:
            return fixed_steps(*given, integrator=self.integrator)
        steps = adaptive_steps
        if self.integrator in IMPLICIT:
            steps = partial(stiff_steps, integrator=self.integrator)
        return steps(*given, tolerance=self.tolerance, max_evaluations=self.max_evaluations)
