"""The functions of a program in machine code, with the interface of the interpreted kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.native.code import phases
from simdistrict.engine.program import Program


class NativeKernel(Kernel):
    """The kernel for integrators of scipy; the vector is a contiguous array of floats."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._native = phases(program)
        self._asked = np.zeros(max(self.n_margins, 1))

    def derive(self, v: Any) -> None:
        self._native["derive"](v.ctypes.data)

    def once(self, v: Any) -> None:
        self._native["once"](v.ctypes.data)

    def start(self, v: Any) -> None:
        self._native["start"](v.ctypes.data)

    def settle(self, v: Any) -> None:
        self._native["settle"](v.ctypes.data)

    def margins(self, v: Any, out: list[float]) -> None:
        self._native["margins"](v.ctypes.data, self._asked.ctypes.data)
        out[:] = self._asked[: len(out)].tolist()

    def conditions(self, v: Any) -> int:
        return super().conditions(v.tolist())
