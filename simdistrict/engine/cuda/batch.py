"""Ensembles on a GPU: one thread per member, steps of equal length."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.engine.backends import check_way
from simdistrict.engine.cuda import device
from simdistrict.engine.cuda.source import WIDTH
from simdistrict.engine.integrators.fixed import work_size
from simdistrict.engine.interpreted import Numbers
from simdistrict.engine.layout import record_size
from simdistrict.engine.native.batch import Batch, Members
from simdistrict.engine.native.frame import with_arrays

# the share of the free memory that arrays take; the rest is for the kernel's own stack
_SHARE = 0.8


class CudaBatch(Batch):
    """A `Batch` whose members run on a GPU."""

    def run(self, numbers: Reals, threads: int | None = None) -> Members:
        """As `Batch.run`; `threads` is ignored.

        A member has the numbers of its own single run to the last digits: a GPU has its own
        exponentials, powers and sines. Without them it has the same bits.
        Raises EngineError where there is no GPU, or one cannot run this.
        """
        numbers = np.ascontiguousarray(numbers, float)
        done = self.empty(numbers)
        check_way("cuda", self.integrator, fast=self.fast)
        kernel = device.kernel_of(self.program)
        task = with_arrays(self.task)
        layout = self.program.layout
        vector = len(layout.template) + record_size(layout, task.steps + 1)
        kept = task.n_rows * task.n_saved
        work = work_size(Numbers(self.program))
        sizes = (vector, task.n_changed, work, kept, 1, task.n_sampled)
        room = int(_SHARE * device.free_memory()) // (8 * sum(sizes)) // WIDTH * WIDTH
        if room < WIDTH:
            what = f"{WIDTH} members do not fit into the memory of the GPU"
            raise EngineError(Problem("backend cuda", what, "leave --backend out"))
        template = device.given(np.array(self.constants, float))
        shared = [device.given(x) if isinstance(x, np.ndarray) else x for x in task]
        for first in range(0, len(numbers), room):
            part = numbers[first : first + room]
            count = len(part)
            tiles = -(-count // WIDTH)
            arrays = [device.empty(max(tiles * size, 1) * WIDTH) for size in sizes[:-1]]
            samples = part.T if part.shape[1] else np.zeros((1, count))
            device.launch(kernel, [*arrays, device.given(samples), template, *shared], count)
            rows = device.fetched(arrays[3])[: tiles * kept * WIDTH]
            rows = rows.reshape(tiles, task.n_rows, task.n_saved, WIDTH).transpose(0, 3, 1, 2)
            here = slice(first, first + count)
            self.keep(done, here, rows.reshape(-1, task.n_rows, task.n_saved)[:count])
            self.end(done, here, device.fetched(arrays[4])[:count])
        return done
