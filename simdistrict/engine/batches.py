"""The class of batch for each backend: CPython, machine code or a GPU."""

from __future__ import annotations

from simdistrict.engine.native.batch import Batch


def batch_class(backend: str) -> type[Batch]:
    """The class of batch whose members run on a backend."""
    if backend == "cuda":
        from simdistrict.engine.cuda.batch import CudaBatch

        return CudaBatch
    if backend == "interpreted":
        from simdistrict.engine.alone import InterpretedBatch

        return InterpretedBatch
    return Batch


def check_backend(backend: str) -> None:
    """Raise EngineError if this machine cannot run a backend."""
    if backend == "cuda":
        from simdistrict.engine.cuda.device import numba_cuda

        numba_cuda()
