"""What runs the members of a batch: CPython, the processor, or a GPU."""

from __future__ import annotations

from simdistrict.engine.native.batch import Batch
from simdistrict.errors import EngineError, Problem

BACKENDS = ("native", "interpreted", "cuda")


def batch_class(backend: str) -> type[Batch]:
    """The kind of batch whose members run on a backend."""
    if backend == "cuda":
        from simdistrict.engine.cuda.batch import CudaBatch

        return CudaBatch
    if backend == "interpreted":
        from simdistrict.engine.alone import InterpretedBatch

        return InterpretedBatch
    return Batch


def check_way(backend: str, integrator: str, *, fast: bool) -> None:
    """Raise EngineError for a backend that there is not, or that does not run members so."""
    where = f"backend {backend}"
    if backend not in BACKENDS:
        what = f'members do not run on "{backend}"'
        raise EngineError(Problem("backend", what, f"use one of {', '.join(BACKENDS)}"))
    if backend == "cuda" and integrator not in ("euler", "rk4"):
        what = f"a GPU runs steps of equal length, and {integrator} is asked for"
        raise EngineError(Problem(where, what, "use --integrator euler or rk4, or another backend"))
    if fast and backend != "native":
        what = "--fast is about powers of native members"
        raise EngineError(Problem(where, what, "leave out --fast or --backend"))


def check_backend(backend: str) -> None:
    """Raise EngineError where this machine lacks what a backend needs."""
    if backend == "cuda":
        from simdistrict.engine.cuda.device import numba_cuda

        numba_cuda()
