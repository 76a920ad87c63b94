"""What runs the members of a batch: CPython, the processor, or a GPU."""

from __future__ import annotations

from simdistrict.engine.native.batch import Batch


def batch_class(backend: str) -> type[Batch]:
    """The kind of batch whose members run on a backend."""
    if backend == "cuda":
        from simdistrict.engine.cuda.batch import CudaBatch

        return CudaBatch
    if backend == "interpreted":
        from simdistrict.engine.alone import InterpretedBatch

        return InterpretedBatch
    return Batch


def check_backend(backend: str) -> None:
    """Raise EngineError where this machine lacks what a backend needs."""
    if backend == "cuda":
        from simdistrict.engine.cuda.device import numba_cuda

        numba_cuda()
