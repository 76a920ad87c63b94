"""The flow of a frozen world, in the compiled subset of Python.

The pair of Bogacki and Shampine; an end state is wanted, not a trajectory. `work` holds blocks of
one number per stock, all in scales: the state, four slopes, the state at the end of the step and
its error. The times in the vector never change, so the world stays as it was.
`regimes.numerics.flow` does the same for any field, in arrays of numpy.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from simdistrict.engine.helpers.primitives import IntTable, RealTable, Vector, copy, unrolled
from simdistrict.engine.integrators.loop import LoopEquations
from simdistrict.engine.integrators.tableaus import BOGACKI_SHAMPINE, combine, weighted

METHOD: Final = BOGACKI_SHAMPINE
# the blocks of `work` after the state and the slopes
NEXT: Final = METHOD.stages + 1
ERROR: Final = METHOD.stages + 2
BLOCKS: Final = ERROR + 1
# what `progress` holds: evaluations until a call returns, and where it then was: the member,
# whether its flow has begun, the time, the length of a step, evaluations used
BUDGET: Final = 0
MEMBER: Final = 1
RUNNING: Final = 2
NOW: Final = 3
LENGTH: Final = 4
USED: Final = 5
PROGRESS: Final = 6
# no end: the flow goes on at the next call
PAUSED: Final = 2


class FlowTask(NamedTuple):
    """What to do for every member.

    stocks, rates, moved: slots of the free stocks, of their rates and of the parameters;
    tolerance: of the error of a step; arrived: the flow ends where all net flows are smaller;
    evaluations: how many slopes a member may take; scale, dilution: of every stock.
    """

    n_stocks: int
    stocks: IntTable
    rates: IntTable
    n_moved: int
    moved: IntTable
    tolerance: float
    arrived: float
    horizon: float
    evaluations: float
    scale: RealTable
    dilution: RealTable


def slope(e: LoopEquations, v: Vector, work: Vector, task: FlowTask, state: int, to: int) -> None:
    """Compute the net flows of a state, both in scales."""
    n = task.n_stocks
    for k in range(n):
        v[task.stocks[k]] = work[state * n + k] * task.scale[k]
    e.derive(v)
    for k in range(n):
        scale = task.scale[k]
        grown = work[state * n + k] * scale * task.dilution[k]
        work[to * n + k] = (v[task.rates[k]] - grown) / scale


def largest(work: Vector, n: int, block: int) -> float:
    """The largest magnitude in a block of `work`, infinity where one is not finite."""
    most = 0.0
    for k in range(n):
        x = work[block * n + k]
        most = math.inf if x - x != 0.0 else max(most, abs(x))
    return most


def attempt(e: LoopEquations, v: Vector, work: Vector, task: FlowTask, h: float) -> float:
    """Try a step of length h; its error in tolerances."""
    n = task.n_stocks
    for s in unrolled(1, METHOD.stages):
        combine(work, NEXT * n, work, n, h, METHOD.a[s])
        slope(e, v, work, task, NEXT, s + 1)
    for k in range(n):
        work[ERROR * n + k] = h * weighted(METHOD.error, work, n, k)
    return largest(work, n, ERROR) / task.tolerance


def follow(e: LoopEquations, v: Vector, work: Vector, task: FlowTask, progress: Vector) -> int:
    """Move the state along the flow; 1 if it left all values."""
    n = task.n_stocks
    if progress[RUNNING] == 0.0:
        progress[RUNNING] = 1.0
        progress[NOW] = 0.0
        progress[LENGTH] = min(0.01, task.horizon)
        progress[USED] = 1.0
        slope(e, v, work, task, 0, 1)
    t = progress[NOW]
    h = progress[LENGTH]
    used = progress[USED]
    while t < task.horizon and used < task.evaluations:
        if progress[BUDGET] <= 0.0:
            progress[NOW] = t
            progress[LENGTH] = h
            progress[USED] = used
            return PAUSED
        speed = largest(work, n, 1)
        if speed == math.inf:
            return 1
        if speed < task.arrived:
            return 0
        h = min(h, task.horizon - t)
        error = attempt(e, v, work, task, h)
        used = used + 3.0
        progress[BUDGET] = progress[BUDGET] - 3.0
        if error <= 1.0:
            t = t + h
            copy(work, 0, work, NEXT * n, n)
            copy(work, n, work, METHOD.stages * n, n)
        if error == math.inf:
            h = h / 5
        else:
            h = h * min(4.0, max(0.2, 0.9 * math.pow(max(error, 1e-9), -1 / 3)))
        if h < 1e-9:
            return 1 if error == math.inf else 0
    return 0


def flow_members(
    e: LoopEquations,
    v: Vector,
    work: Vector,
    task: FlowTask,
    out: Vector,
    samples: Vector,
    template: RealTable,
    progress: Vector,
    first: int,
    stop: int,
) -> None:
    """Members from the template, each with its parameters and its state.

    `out` has the end state of each, and its largest net flow, both in scales. Returns when the
    budget of evaluations is used up; the next call begins with the member in `progress`, where it
    was.
    """
    n = task.n_stocks
    for member in range(first, stop):
        progress[MEMBER] = float(member)
        if progress[BUDGET] <= 0.0:
            return
        if progress[RUNNING] == 0.0:
            for k in range(e.size):
                v[k] = template[k]
            at = member * (task.n_moved + n)
            for k in range(task.n_moved):
                v[task.moved[k]] = samples[at + k]
            copy(work, 0, samples, at + task.n_moved, n)
        bad = follow(e, v, work, task, progress)
        if bad == PAUSED:
            return
        progress[RUNNING] = 0.0
        for k in range(n):
            out[member * (n + 1) + k] = math.nan if bad > 0 else work[k]
        out[member * (n + 1) + n] = math.inf if bad > 0 else largest(work, n, 1)
    progress[MEMBER] = float(stop)
