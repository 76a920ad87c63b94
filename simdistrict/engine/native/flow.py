"""The flow of a frozen world from many states, in machine code: end states and nothing between.

A program cut down to some stocks (`engine.restrict`) is compiled together with `flow_loops`;
members are shared out to threads, and each has the bits that it has alone.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.native import flow_loops
from simdistrict.engine.native.batch import cores
from simdistrict.engine.native.code import Run, kept_code, own_functions
from simdistrict.engine.native.frame import aligned
from simdistrict.engine.native.translate import add
from simdistrict.engine.program import Program

_ROWS = 7  # state, next state, four slopes, error
_SHARES = 8  # parts of the work for each thread, so that all end together
_CONSTANTS = {"FLOW_HEAD": flow_loops.FLOW_HEAD, "FLOW_REALS": flow_loops.FLOW_REALS}


@dataclass(frozen=True, eq=False)
class Flow:
    """What all members have in common.

    program: whose `derive` gives the rates of the stocks and touches nothing else; template: the
    vector of the frozen world; stocks, rates, moved: places of the free stocks, of their rates
    and of the parameters; scale, dilution: of every stock, see `regimes.model_field`.
    """

    program: Program
    template: Reals
    stocks: Sequence[int]
    rates: Sequence[int]
    moved: Sequence[int]
    scale: Reals
    dilution: Reals

    def ends(
        self,
        numbers: Reals,
        states: Reals,
        horizon: float,
        *,
        tolerance: float,
        arrived: float,
        evaluations: int,
        threads: int | None = None,
    ) -> tuple[Reals, Reals]:
        """Where the flow leads, (members, stocks), and the largest net flow there, (members,).

        Both are in scales; NaN and infinity where the flow leaves all values.

        numbers: (members, moved places); states: (members, stocks), in scales; the other
        arguments: of `regimes.flow`; threads: default one per core.
        """
        members, n = states.shape
        run = _compiled(self.program)
        ints = np.array([n, len(self.moved), *self.stocks, *self.rates, *self.moved], np.int64)
        reals = np.array(
            [tolerance, arrived, horizon, evaluations, *self.scale, *self.dilution], float
        )
        samples = np.ascontiguousarray(np.hstack([numbers, states]), float)
        template = np.ascontiguousarray(self.template, float)
        found = np.empty((members, n + 1))
        given = [a.ctypes.data for a in (found, samples, template, ints, reals)]

        def work(first: int) -> None:
            own = aligned(len(template), 1), aligned(_ROWS * n, 1)
            last = min(first + size, members)
            run(*(a.ctypes.data for a in own), *given, first, last)

        workers = threads or cores()
        size = max(-(-members // (_SHARES * workers)), 1)
        if workers < 2 or members < 2:
            size = max(members, 1)
            work(0)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(work, range(0, members, size)))
        return found[:, :n].copy(), found[:, n].copy()


def _compiled(program: Program) -> Run:
    """`flow_loops.flow_members` of a program."""
    source = Path(flow_loops.__file__).read_text(encoding="utf-8")

    def text() -> str:
        module = own_functions(program, ["derive"])
        module.constants.update(_CONSTANTS)
        add(module, source, None, exported=["flow_members"])
        return module.text()

    code = kept_code(f"flow {len(program.layout.template)} {program.digest}\0{source}", text)
    address, number = ctypes.c_void_p, ctypes.c_int64
    return code.function("flow_members", [*[address] * 7, number, number])
