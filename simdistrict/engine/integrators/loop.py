"""The loop through a time grid, with the steps of Euler and Runge-Kutta.

One source in the compiled subset of Python (`helpers.primitives`): CPython runs it, `native`
compiles it for the processor and `cuda` for a GPU. The equations are evaluated in one place for
all stages of all steps, because a compiler for GPUs copies a function into each place that calls
it. CPython loses nothing by it: a run of the district model takes as long as with a loop of its own
(0.95 to 1.0 of the time, measured 2026-11).
"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

from simdistrict.engine.helpers.primitives import (
    IntTable,
    RealTable,
    Vector,
    anywhere,
    copy,
    everywhere,
    total,
    unrolled,
)
from simdistrict.engine.integrators import limits
from simdistrict.engine.integrators.limits import LimitedEquations
from simdistrict.engine.integrators.tableaus import RK4, combine
from simdistrict.engine.layout import (
    HELD_TIME,
    MOVING_TIME,
    POINT,
    SAMPLING,
    SLACK,
    SWITCH_TIME,
    TIME,
)


class LoopEquations(LimitedEquations, Protocol):
    """A program as a loop sees it: its functions and where the blocks of its vector begin.

    A compiler knows these numbers: they are constants of the code. size: of the template.
    """

    size: int
    rates: int
    recorded: int
    n_recorded: int
    n_margins: int

    def once(self, v: Vector, /) -> None:
        """Compute what depends on constants alone."""

    def start(self, v: Vector, /) -> None:
        """Compute initial values."""

    def settle(self, v: Vector, /) -> None:
        """Compute what depends on constants and on values held since the start."""

    def derive(self, v: Vector, /) -> None:
        """Compute all values and rates at the times in v."""

    def margins(self, v: Vector, out: Vector, /) -> None:
        """Compute a number per sampled condition; it passes zero where the condition changes."""


class Task(NamedTuple):
    """What to do in every run of a batch.

    first, pace, parts: the time of point i is (first + i * pace) / parts, see
    `model.exact_time`; slack: how far a number may be from a point and still mean it; stages: 1
    for Euler, 4 for Runge-Kutta. changed: slots of the constants that the policies
    change; the changes of the k-th one are first_change[k] to first_change[k + 1], each with its
    target, its dates and the length of its ramp. rows: numbers of the time points to save;
    saved: the slots saved there, `adjacent` is 1 where they lie side by side; sampled: slots of
    the numbers that differ between members. given: 1 where a caller has set values at the start,
    so that initial values are not computed again.
    """

    first: float
    pace: float
    parts: float
    slack: float
    time_step: float
    steps: int
    stages: int
    n_changed: int
    changed: IntTable
    first_change: IntTable
    targets: RealTable
    starts: RealTable
    ends: RealTable
    ramps: RealTable
    n_rows: int
    rows: IntTable
    n_saved: int
    saved: IntTable
    adjacent: int
    n_sampled: int
    sampled: IntTable
    given: int


class Memory(NamedTuple):
    """The arrays of a loop.

    v: the vector of a run; base: the changed constants before any change; work: the state and the
    slopes of a step; out: what is saved; ended: per block of members the time point at which a
    stock is no longer finite, below zero while all are.
    """

    v: Vector
    base: Vector
    work: Vector
    out: Vector
    ended: Vector


def share(t: float, s: float, start: float, end: float, ramp: float) -> float:
    """How much of a change has happened: 0 before it, 1 when complete; end: infinity for good."""
    if ramp <= 0.0:
        return 1.0 if s > start and s < end else 0.0
    part = min(max((t - start) / ramp, 0.0), 1.0)
    return part * min(max(1.0 - (t - end) / ramp, 0.0), 1.0)


def apply(m: Memory, task: Task) -> int:
    """Set the changed constants for the times in the vector; 1 if any value changed."""
    v = m.v
    moved = 0
    for g in range(task.n_changed):
        slot = task.changed[g]
        value = m.base[g]
        for k in range(task.first_change[g], task.first_change[g + 1]):
            target = task.targets[k]
            part = share(v[TIME], v[SWITCH_TIME], task.starts[k], task.ends[k], task.ramps[k])
            value = target if part == 1.0 else value + (target - value) * part
        if anywhere(v[slot] != value):
            moved = 1
            v[slot] = value
    return moved


def evaluate(e: LoopEquations, m: Memory, task: Task) -> None:
    """Compute all values at the times in the vector."""
    if task.n_changed > 0 and apply(m, task) > 0:
        e.once(m.v)
        e.settle(m.v)
    e.derive(m.v)


def time_of(task: Task, i: int) -> float:
    """The time of point i."""
    return (task.first + i * task.pace) / task.parts


def clock(m: Memory, task: Task, i: int) -> None:
    """Set the times of point i; their meaning is stated in `program.Program`."""
    v = m.v
    t = time_of(task, i)
    # less than the middle of the step, so that a date just there counts in the next one
    middle = (task.first + i * task.pace + task.pace / 2) / task.parts - task.slack
    v[TIME] = t
    v[HELD_TIME] = t
    v[SWITCH_TIME] = middle
    v[MOVING_TIME] = middle
    v[SLACK] = task.slack
    v[SAMPLING] = 1.0
    v[POINT] = float(i)


def begin(e: LoopEquations, m: Memory, task: Task) -> None:
    """Compute the initial values from the constants in the vector, whose times are set."""
    for g in range(task.n_changed):
        m.base[g] = m.v[task.changed[g]]
    apply(m, task)
    e.once(m.v)
    e.start(m.v)
    e.settle(m.v)


def check(e: LoopEquations, m: Memory, block: int, i: int) -> None:
    """Note point i in `ended` if a stock is not finite there."""
    v = m.v
    found = total(v, e.stocks, e.n_stocks)
    if anywhere(found - found != 0.0):
        bad = 0.0
        for k in range(e.n_stocks):
            gap = v[e.stocks + k] - v[e.stocks + k]
            bad = 1.0 if gap != 0.0 else bad
        past = m.ended[block]
        m.ended[block] = float(i) if bad > 0.0 and past < 0.0 else past


def save(m: Memory, task: Task, block: int, row: int) -> None:
    """Save a row; NaN for a member that has ended."""
    n = task.n_saved
    to = (block * task.n_rows + row) * n
    past = m.ended[block]
    if task.adjacent > 0 and everywhere(past < 0.0):
        copy(m.out, to, m.v, task.saved[0], n)
        return
    for k in range(n):
        m.out[to + k] = m.v[task.saved[k]] if past < 0.0 else math.nan


def arrive(e: LoopEquations, m: Memory, task: Task, block: int, i: int, row: int) -> int:
    """Hold, record, check and save the values of point i; the next row, -1 at the run's end."""
    copy(m.v, e.held, m.v, e.sampled, e.n_sampled)
    copy(m.v, e.size + i * e.n_recorded, m.v, e.recorded, e.n_recorded)
    check(e, m, block, i)
    if everywhere(m.ended[block] >= 0.0):
        for r in range(row, task.n_rows):
            save(m, task, block, r)
        return -1
    if row < task.n_rows and task.rows[row] == i:
        save(m, task, block, row)
        return row + 1
    return row


def approach(e: LoopEquations, m: Memory, task: Task, i: int, stage: int) -> None:
    """Set the time and the state of a later stage of the step from point i."""
    h = task.time_step
    t = time_of(task, i)
    m.v[SAMPLING] = 0.0
    for s in unrolled(1, RK4.stages):
        if stage == s:
            combine(m.v, e.stocks, m.work, e.n_stocks, h, RK4.a[s])
            # the end of a step is the next point exactly
            m.v[TIME] = time_of(task, i + 1) if RK4.times[s] == 1.0 else t + RK4.times[s] * h


def remember(e: LoopEquations, m: Memory, stage: int) -> None:
    """Keep the slope of a stage, and with the first one the state."""
    n = e.n_stocks
    if stage == 0:
        copy(m.work, 0, m.v, e.stocks, n)
    copy(m.work, (stage + 1) * n, m.v, e.rates, n)


def advance(e: LoopEquations, m: Memory, task: Task) -> None:
    """Move the state to the end of the step."""
    v = m.v
    h = task.time_step
    y = e.stocks
    r = e.rates
    if task.stages > 1:
        combine(v, y, m.work, e.n_stocks, h, RK4.b)
    else:
        for k in range(e.n_stocks):
            v[y + k] = v[y + k] + h * v[r + k]


def step(e: LoopEquations, m: Memory, task: Task, block: int, i: int, row: int) -> int:
    """Evaluate point i, save it, and move on to the next one; as `arrive`."""
    clock(m, task, i)
    stages = 1
    if i < task.steps:
        stages = task.stages
    after = row
    for stage in range(stages):
        if stage > 0:
            approach(e, m, task, i, stage)
        evaluate(e, m, task)
        if stage == 0:
            after = arrive(e, m, task, block, i, row)
            if after < 0:
                return after
        if stages > 1:
            remember(e, m, stage)
    if i < task.steps:
        advance(e, m, task)
    return after


def limited_step(e: LoopEquations, m: Memory, task: Task, block: int, i: int, row: int) -> int:
    """`step` where stocks are non-negative: taken again until none is below zero.

    The last point has a step too, so that its flows are those that the stocks can give.
    """
    limits.keep(e, m.v, m.work)
    after = row
    attempt = 0
    again = 1
    while again > 0:
        clock(m, task, i)
        if attempt > 0 and i == 0 and task.given == 0:
            # initial values that depend on a limited flow
            e.start(m.v)
            e.settle(m.v)
            limits.remember(e, m.v, m.work)
        for stage in range(task.stages):
            if stage > 0:
                approach(e, m, task, i, stage)
            evaluate(e, m, task)
            if stage == 0:
                after = arrive(e, m, task, block, i, row)
                if after < 0:
                    return after
            if task.stages > 1:
                remember(e, m, stage)
        advance(e, m, task)
        again = 0
        if attempt <= e.n_levels + limits.ATTEMPTS:
            again = limits.limit(e, m.v, m.work, task.time_step, attempt)
        attempt = attempt + 1
        if again > 0:
            limits.rewind(e, m.v, m.work)
    if attempt > 1 or limits.negative(e, m.v) > 0:
        limits.settle(e, m.v, m.work)
    return after


def prepare(e: LoopEquations, m: Memory, task: Task, block: int) -> None:
    """Begin a run, or one of each member side by side, from the constants in the vector."""
    m.ended[block] = -1.0
    clock(m, task, 0)
    begin(e, m, task)


def stretch(
    e: LoopEquations, m: Memory, task: Task, block: int, since: int, until: int, first_row: int
) -> None:
    """The points `since` to `until` - 1; first_row: the first row that is not saved yet."""
    row = first_row
    for i in range(since, until):
        if e.n_bounded > 0:
            row = limited_step(e, m, task, block, i, row)
        else:
            row = step(e, m, task, block, i, row)
        if row < 0:
            return


def run(e: LoopEquations, m: Memory, task: Task, block: int) -> None:
    """One run, or one of each member side by side, from the constants in the vector."""
    prepare(e, m, task, block)
    stretch(e, m, task, block, 0, task.steps + 1, 0)


def members(
    e: LoopEquations,
    m: Memory,
    task: Task,
    template: RealTable,
    samples: Vector,
    first: int,
    stop: int,
    since: int,
    until: int,
    first_row: int,
) -> None:
    """Blocks of runs, each from the template with its own sampled numbers in it.

    since: below zero to begin runs, which then take the points 0 to `until` - 1. A caller that
    wants a long run in stretches gives one block and the points of a stretch, as in `stretch`;
    the memory must be that of the stretch before.
    """
    for block in range(first, stop):
        begun = since
        if since < 0:
            begun = 0
            for k in range(e.size):
                m.v[k] = template[k]
            for k in range(task.n_sampled):
                m.v[task.sampled[k]] = samples[block * task.n_sampled + k]
            prepare(e, m, task, block)
        stretch(e, m, task, block, begun, until, first_row)
