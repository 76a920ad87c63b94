"""The flow of a frozen world from many states, in machine code: end states, no trajectories.

A program cut down to some stocks (`lowering.restrict`) is compiled together with `flow_loop`.
Threads share the members; each has the bits that it has alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.integrators.flow_loop import (
    BLOCKS,
    BUDGET,
    MEMBER,
    PROGRESS,
    FlowTask,
    flow_members,
)
from simdistrict.engine.native.batch import cores
from simdistrict.engine.native.code import arguments, ctypes_of, kept_code, reader_of
from simdistrict.engine.native.frame import aligned
from simdistrict.engine.native.slices import CompiledFunction, on_threads
from simdistrict.engine.native.translate import translated
from simdistrict.engine.program import Program

_SHARES = 8  # parts of the work for each thread, so that all end together


@dataclass(frozen=True, eq=False)
class FrozenFlow:
    """Program, slots and scales that all members share.

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
        slots = (np.array(places, np.int64) for places in (self.stocks, self.rates, self.moved))
        stocks, rates, moved = slots
        task = FlowTask(
            n,
            stocks,
            rates,
            len(moved),
            moved,
            tolerance,
            arrived,
            horizon,
            float(evaluations),
            np.array(self.scale, float),
            np.array(self.dilution, float),
        )
        samples = np.ascontiguousarray(np.hstack([numbers, states]), float)
        template = np.ascontiguousarray(self.template, float)
        found = np.empty((members, n + 1))
        given = arguments(task, found, samples, template)

        def work(first: int) -> None:
            own = aligned(len(template), 1), aligned(BLOCKS * n, 1)
            progress = np.zeros(PROGRESS)
            stop = min(first + size, members)
            while first < stop:
                progress[BUDGET] = units = run.units
                with run.timed(units):
                    run(*arguments(*own), *given, *arguments(progress), first, stop)
                first = int(progress[MEMBER])

        workers = threads or cores()
        size = max(-(-members // (_SHARES * workers)), 1)
        if workers < 2 or members < 2:
            size = max(members, 1)
            work(0)
        else:
            on_threads(work, range(0, members, size), workers)
        return found[:, :n].copy(), found[:, n].copy()


def _compiled(program: Program) -> CompiledFunction:
    """`flow_members` of a program."""

    def text() -> str:
        reader = reader_of(program)
        return translated(reader, 1, [reader.name_of(flow_members)])

    code = kept_code(f"flow {len(program.layout.template)} {program.digest}", text)
    return code.function("flow_members", ctypes_of(flow_members))
