"""Kernels on a GPU, and its memory. The only importer of numba.

numba.cuda is in the package numba-cuda; with NUMBA_ENABLE_CUDASIM=1 in the environment it runs
kernels in CPython instead, one thread after the other, which is how they are tested without a GPU.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.errors import EngineError, Problem
from simdistrict.engine.cuda.source import ENTRY, device_source
from simdistrict.engine.helpers.runtime import GUARDED, divide
from simdistrict.engine.program import Program

# threads of a block: few, because a member needs many registers
THREADS = 64
# in the simulator a thread of a GPU is a thread of Python
_SIMULATED_MEMORY = 1 << 28

_compiled: dict[str, Callable[..., Any]] = {}
_making = Lock()


def numba_cuda() -> Any:
    """Import numba.cuda. Raises EngineError if it is not installed or there is no GPU."""
    where = "backend cuda"
    other = "or leave --backend out: native runs on the processor"
    try:
        from numba import cuda
    except ImportError:
        hint = f'pip install "simdistrict[gpu]", {other}'
        raise EngineError(Problem(where, "numba.cuda is not installed", hint)) from None
    try:
        found = cuda.is_available()
    except Exception as error:  # noqa: BLE001 - a broken driver raises whatever it likes
        raise EngineError(Problem(where, f"the GPU does not answer ({error})", other)) from None
    if not found:
        hint = f"an NVIDIA GPU and its driver are needed; {other}"
        raise EngineError(Problem(where, "no GPU was found", hint))
    return cuda


def is_simulated() -> bool:
    """Whether kernels run in CPython instead of on a GPU."""
    from numba import config

    return bool(config.ENABLE_CUDASIM)


def functions_of(program: Program, cuda: Any) -> dict[str, Any]:
    """The functions of a program, each ready to be called by the others; `ENTRY` is plain Python.

    cuda: numba.cuda, which need not have a GPU.
    """
    text, tables = device_source(program)
    names: dict[str, Any] = {**primitives(cuda), "cuda": cuda, "nan": math.nan}
    names |= {name: np.array(table, np.int64) for name, table in tables.items()}
    exec(compile(text, "<device>", "exec"), names)
    if not is_simulated():
        for name, value in list(names.items()):
            own = getattr(value, "__globals__", None) is names
            if own and name != ENTRY:
                names[name] = cuda.jit(device=True)(value)
    return names


def primitives(cuda: Any) -> Mapping[str, Callable[..., Any]]:
    """The mathematical functions, products and quotients that `source` calls."""
    import math

    if is_simulated():
        own = {"_product": operator.mul, "_divide": divide, "fmod": GUARDED["modulo"]}
        plain: dict[str, Callable[..., Any]] = {}
        plain |= {"isfinite": math.isfinite, "copysign": math.copysign}
        whole = {name: _rounded(getattr(np, name)) for name in ("floor", "trunc")}
        return {**GUARDED, **plain, **whole, **own}
    from numba.cuda import libdevice

    # rounded separately: a plain product, or quotient by 2, may be fused with a sum
    multiply, divided = libdevice.dmul_rn, libdevice.ddiv_rn

    def product(x: float, y: float) -> float:
        return multiply(float(x), float(y))  # type: ignore[no-any-return]

    def quotient(x: float, y: float) -> float:
        return divided(float(x), float(y))  # type: ignore[no-any-return]

    names = "exp log sqrt sin cos tan acos asin atan sinh cosh tanh pow fmod isfinite copysign"
    whole = {"floor": libdevice.floor, "trunc": libdevice.trunc}
    found = {name: getattr(math, name) for name in names.split()}
    device = cuda.jit(device=True)
    return {**found, **whole, "_product": device(product), "_divide": device(quotient)}


def _rounded(function: Callable[..., Any]) -> Callable[[float], float]:
    """A function of floats to floats, without limit of size, as on a GPU."""
    return lambda x: float(function(x))


def kernel_of(program: Program) -> Callable[..., Any]:
    """The kernel of a program, made once per process and compiled at its first launch."""
    cuda = numba_cuda()
    with _making:
        if program.source not in _compiled:
            _compiled[program.source] = cuda.jit(functions_of(program, cuda)[ENTRY])
        return _compiled[program.source]


def launch(kernel: Any, arrays: list[Any], count: int) -> None:
    """Run a kernel for `count` members and wait for all of them."""
    with warnings.catch_warnings():
        # no warnings of low occupancy with few members, or of overflow, which is data
        warnings.simplefilter("ignore")
        try:
            kernel[-(-count // THREADS), THREADS](*arrays, count)
        except AttributeError as error:
            # numba-cuda compiles at the first call, with names that a newer numpy may lack
            what = f"numba-cuda does not work with numpy {np.__version__} ({error})"
            hint = 'pip install "simdistrict[gpu]", which installs versions that work together'
            raise EngineError(Problem("backend cuda", what, hint)) from error
        numba_cuda().synchronize()


def free_memory() -> int:
    """The free memory of the GPU in bytes."""
    if is_simulated():
        return _SIMULATED_MEMORY
    return int(numba_cuda().current_context().get_memory_info().free)


def given(values: NDArray[Any]) -> Any:
    """Copy an array into the memory of the GPU."""
    return numba_cuda().to_device(np.ascontiguousarray(values))


def empty(size: int) -> Any:
    """Allocate an array of floats in the memory of the GPU."""
    return numba_cuda().device_array(size, np.float64)


def fetched(array: Any) -> NDArray[Any]:
    """Copy an array from the memory of the GPU."""
    return np.asarray(array.copy_to_host())
