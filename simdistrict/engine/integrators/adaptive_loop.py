"""Adaptive steps through a run, one member after the other.

The pair of Dormand and Prince with its dense output and the step control of scipy's RK45 (read in
scipy 1.16). The run stops at every date at which the right-hand side is discontinuous, and where a
sampled condition changes, a date that is found by bisection. One source in the compiled subset
of Python, which CPython runs and `native` compiles.

`work` holds blocks of one number per stock: the state, seven slopes, and the state at the end of
the step; after them the margins at its beginning and the weights of the dense output.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from simdistrict.engine.helpers.primitives import RealTable, Vector, copy, total, unrolled
from simdistrict.engine.integrators.loop import (
    LoopEquations,
    Memory,
    Task,
    apply,
    evaluate,
    time_of,
)
from simdistrict.engine.integrators.tableaus import DORMAND_PRINCE, Weights, combine, weighted
from simdistrict.engine.layout import HELD_TIME, MOVING_TIME, SAMPLING, SLACK, SWITCH_TIME, TIME
from simdistrict.engine.outcome import Outcome

METHOD: Final = DORMAND_PRINCE
# the block of `work` after the state and the slopes
NEXT: Final = METHOD.stages + 1
BLOCKS: Final = NEXT + 1
FORWARD: Final = Weights("1")
COMPLETED: Final = int(Outcome.completed)
DIVERGED: Final = int(Outcome.diverged)
STEP_LIMIT: Final = int(Outcome.step_limit)
# no outcome: the run goes on at the next call
PAUSED: Final = 100
# the distance between a number near one and the next float
EPSILON: Final = 2.220446049250313e-16
# keeps a tolerance of zero from dividing by zero
TINY: Final = 2.2250738585072014e-308
# restart this share of a segment after the change of a sampled condition
NUDGE: Final = 1e-10
# what `progress` holds: rows saved, evaluations left, the time reached, the length of a step
SAVED: Final = 0
LEFT: Final = 1
REACHED: Final = 2
LENGTH: Final = 3
# evaluations until a call returns, and where it then was: the member, whether its run has begun,
# the segment, whether its steps have begun, their time, and whether the last one was rejected
BUDGET: Final = 4
MEMBER: Final = 5
RUNNING: Final = 6
SEGMENT: Final = 7
STEPPING: Final = 8
NOW: Final = 9
REJECTED: Final = 10
PROGRESS: Final = 11


class StepControl(NamedTuple):
    """The control of the steps.

    asked: the margins of the sampled conditions; progress: see above; cuts: the start, every
    known discontinuity, the stop; evaluations: how many slopes a run may take.
    """

    asked: Vector
    progress: Vector
    rtol: float
    atol: float
    evaluations: float
    n_cuts: int
    cuts: RealTable


def slope(e: LoopEquations, m: Memory, task: Task, t: float, middle: float) -> int:
    """Compute all values at a time; 1 if a rate is not finite."""
    v = m.v
    v[TIME] = t
    v[HELD_TIME] = middle
    v[SWITCH_TIME] = middle
    v[MOVING_TIME] = t
    evaluate(e, m, task)
    bad = 0
    found = total(v, e.rates, e.n_stocks)
    if found - found != 0.0:
        for k in range(e.n_stocks):
            gap = v[e.rates + k] - v[e.rates + k]
            if gap != 0.0:
                bad = 1
    return bad


def counted(
    e: LoopEquations, m: Memory, task: Task, c: StepControl, t: float, middle: float
) -> int:
    """Compute a slope of the method; 0, or the outcome that ends the run."""
    if c.progress[LEFT] <= 0.0:
        return STEP_LIMIT
    c.progress[LEFT] = c.progress[LEFT] - 1.0
    c.progress[BUDGET] = c.progress[BUDGET] - 1.0
    return DIVERGED if slope(e, m, task, t, middle) > 0 else 0


def instant(e: LoopEquations, m: Memory, task: Task, t: float, middle: float) -> None:
    """Compute all values at a point of time, where comparisons of Time are read at the point."""
    v = m.v
    v[TIME] = t
    v[HELD_TIME] = t
    v[SWITCH_TIME] = middle
    v[MOVING_TIME] = t
    v[SLACK] = task.slack
    evaluate(e, m, task)
    v[SLACK] = 0.0


def ask(e: LoopEquations, m: Memory, task: Task, t: float, middle: float) -> None:
    """Find which sampled conditions hold; they are fixed until one of them changes."""
    m.v[SAMPLING] = 1.0
    slope(e, m, task, t, middle)
    m.v[SAMPLING] = 0.0


def sample(e: LoopEquations, m: Memory) -> None:
    """Hold the sampled values from here on."""
    copy(m.v, e.held, m.v, e.sampled, e.n_sampled)


def record(
    e: LoopEquations, m: Memory, task: Task, c: StepControl, block: int, t: float, middle: float
) -> None:
    """Save the row of a time."""
    instant(e, m, task, t, middle)
    n = task.n_saved
    to = (block * task.n_rows + int(c.progress[SAVED])) * n
    if task.adjacent > 0:
        copy(m.out, to, m.v, task.saved[0], n)
    else:
        for k in range(n):
            m.out[to + k] = m.v[task.saved[k]]
    c.progress[SAVED] = c.progress[SAVED] + 1.0


def wanted(task: Task, c: StepControl) -> float:
    """The time of the next row, infinity if there is none."""
    saved = int(c.progress[SAVED])
    t = math.inf
    if saved < task.n_rows:
        t = time_of(task, task.rows[saved])
    return t


def stages(
    e: LoopEquations, m: Memory, task: Task, c: StepControl, t: float, h: float, middle: float
) -> int:
    """Compute the slopes of a step of length h and the state at its end."""
    n = e.n_stocks
    for s in unrolled(1, METHOD.stages):
        combine(m.v, e.stocks, m.work, n, h, METHOD.a[s])
        bad = counted(e, m, task, c, t + h * METHOD.times[s], middle)
        if bad > 0:
            return bad
        copy(m.work, (s + 1) * n, m.v, e.rates, n)
    copy(m.work, NEXT * n, m.v, e.stocks, n)
    return 0


def error(e: LoopEquations, m: Memory, c: StepControl, h: float) -> float:
    """The estimated error of a step relative to the tolerance, as a root mean square."""
    work = m.work
    n = e.n_stocks
    found = 0.0
    for k in range(n):
        largest = max(abs(work[k]), abs(work[NEXT * n + k]))
        part = h * weighted(METHOD.error, work, n, k) / max(c.atol + largest * c.rtol, TINY)
        found = found + part * part
    return math.sqrt(found / n)


def dense(e: LoopEquations, m: Memory, h: float, x: float) -> None:
    """Set the state after the share x of a step, by the interpolant of the method."""
    work = m.work
    n = e.n_stocks
    weights = BLOCKS * n + e.n_margins
    for s in unrolled(0, METHOD.stages):
        p = METHOD.powers[s]
        inner = p[1] + x * (p[2] + x * p[3])
        work[weights + s] = x * (p[0] + x * inner) if p[0] != 0.0 else x * x * inner
    for k in range(n):
        early = 0.0
        late = 0.0
        for s in unrolled(0, 4):
            early = early + work[weights + s] * work[(s + 1) * n + k]
        for s in unrolled(4, METHOD.stages):
            late = late + work[weights + s] * work[(s + 1) * n + k]
        m.v[e.stocks + k] = work[k] + h * (early + late)


def first_step(
    e: LoopEquations, m: Memory, task: Task, c: StepControl, t: float, stop: float, middle: float
) -> int:
    """Choose the length of the first step from t (Hairer, Norsett and Wanner, II.4)."""
    work = m.work
    n = e.n_stocks
    d0 = 0.0
    d1 = 0.0
    for k in range(n):
        scale = max(c.atol + abs(work[k]) * c.rtol, TINY)
        d0 = d0 + (work[k] / scale) * (work[k] / scale)
        d1 = d1 + (work[n + k] / scale) * (work[n + k] / scale)
    d0 = math.sqrt(d0 / n)
    d1 = math.sqrt(d1 / n)
    h = 1e-6
    if d0 >= 1e-5 and d1 >= 1e-5:
        h = 0.01 * d0 / d1
    h = min(h, stop - t)
    combine(m.v, e.stocks, work, n, h, FORWARD)
    bad = counted(e, m, task, c, t + h, middle)
    if bad > 0:
        return bad
    d2 = 0.0
    for k in range(n):
        scale = max(c.atol + abs(work[k]) * c.rtol, TINY)
        gap = (m.v[e.rates + k] - work[n + k]) / scale
        d2 = d2 + gap * gap
    d2 = math.sqrt(d2 / n) / max(h, TINY)
    most = max(d1, d2)
    longer = max(1e-6, h * 1e-3)
    if most > 1e-15:
        longer = math.pow(0.01 / most, 0.2)
    c.progress[LENGTH] = min(min(100 * h, longer), stop - t)
    return 0


def changed(e: LoopEquations, m: Memory, c: StepControl) -> int:
    """1 if a margin is on another side than at the beginning of the step."""
    found = 0
    for k in range(e.n_margins):
        was = m.work[BLOCKS * e.n_stocks + k]
        now = c.asked[k]
        if was > 0.0 and now <= 0.0:
            found = 1
        if was < 0.0 and now >= 0.0:
            found = 1
        if was == 0.0 and now != 0.0:
            found = 1
    return found


def crossing(
    e: LoopEquations, m: Memory, task: Task, c: StepControl, t: float, h: float, middle: float
) -> float:
    """The share of a step at whose end a sampled condition has just changed, by bisection."""
    low = 0.0
    high = 1.0
    for _ in range(60):
        x = (low + high) / 2
        dense(e, m, h, x)
        slope(e, m, task, t + x * h, middle)
        e.margins(m.v, c.asked)
        if changed(e, m, c) > 0:
            high = x
        else:
            low = x
    return high


def landing(
    e: LoopEquations, m: Memory, task: Task, c: StepControl, t: float, h: float, middle: float
) -> float:
    """The share of an accepted step that counts: below 1 where a sampled condition changes."""
    n = e.n_stocks
    x = 1.0
    if e.n_margins > 0:
        e.margins(m.v, c.asked)
        if changed(e, m, c) > 0:
            x = crossing(e, m, task, c, t, h, middle)
            dense(e, m, h, x)
            copy(m.work, NEXT * n, m.v, e.stocks, n)
        else:
            copy(m.work, BLOCKS * n, c.asked, 0, e.n_margins)
    return x


def stretch(wrong: float, rejected: int) -> float:
    """The factor from the length of a step to that of the next attempt."""
    factor = 10.0
    if wrong > 0.0:
        factor = max(0.2, min(10.0, 0.9 * math.pow(wrong, -0.2)))
    if rejected > 0:
        factor = min(1.0, factor)
    return factor


def begin(e: LoopEquations, m: Memory, task: Task, c: StepControl, t: float, middle: float) -> int:
    """Take the state in the vector, its slope and its margins as the beginning of a step."""
    n = e.n_stocks
    copy(m.work, 0, m.v, e.stocks, n)
    bad = counted(e, m, task, c, t, middle)
    copy(m.work, n, m.v, e.rates, n)
    if e.n_margins > 0:
        e.margins(m.v, c.asked)
        copy(m.work, BLOCKS * n, c.asked, 0, e.n_margins)
    return bad


def finish(
    e: LoopEquations, m: Memory, task: Task, start: float, t: float, stop: float, middle: float
) -> float:
    """Hold the sampled values at t; set the state and return the time to go on from."""
    v = m.v
    copy(v, e.stocks, m.work, 0, e.n_stocks)
    slope(e, m, task, t, middle)
    sample(e, m)
    # no nudge at the end of the segment
    nudge = min(NUDGE * (stop - start), stop - t)
    for k in range(e.n_stocks):
        v[e.stocks + k] = v[e.stocks + k] + nudge * v[e.rates + k]
    return t + nudge


def smooth(
    e: LoopEquations,
    m: Memory,
    task: Task,
    c: StepControl,
    block: int,
    start: float,
    stop: float,
    middle: float,
) -> int:
    """Step from `start` to `stop`, or to the first change of a sampled condition."""
    n = e.n_stocks
    bad = 0
    if c.progress[STEPPING] == 0.0:
        bad = begin(e, m, task, c, start, middle)
        if bad > 0:
            return bad
        bad = first_step(e, m, task, c, start, stop, middle)
        if bad > 0:
            return bad
        c.progress[NOW] = start
        c.progress[REJECTED] = 0.0
        c.progress[STEPPING] = 1.0
    t = c.progress[NOW]
    h = c.progress[LENGTH]
    rejected = int(c.progress[REJECTED])
    x = 1.0
    while x == 1.0 and t < stop:
        if c.progress[BUDGET] <= 0.0:
            c.progress[NOW] = t
            c.progress[LENGTH] = h
            c.progress[REJECTED] = float(rejected)
            return PAUSED
        # ten times the distance to the next float: a shorter step does not move the time
        least = 10 * EPSILON * abs(t)
        if h < least:
            if rejected > 0:
                return DIVERGED
            h = least
        after = min(t + h, stop)
        h = after - t
        bad = stages(e, m, task, c, t, h, middle)
        if bad > 0:
            return bad
        wrong = error(e, m, c, h)
        factor = stretch(wrong, rejected)
        rejected = 1
        if wrong < 1.0:
            rejected = 0
            x = landing(e, m, task, c, t, h, middle)
            if x < 1.0:
                after = t + x * h
            while wanted(task, c) < after:
                dense(e, m, h, (wanted(task, c) - t) / h)
                record(e, m, task, c, block, wanted(task, c), middle)
            t = after
            copy(m.work, 0, m.work, NEXT * n, n)
            copy(m.work, n, m.work, METHOD.stages * n, n)
        h = h * factor
    c.progress[STEPPING] = 0.0
    c.progress[REACHED] = finish(e, m, task, start, t, stop, middle)
    return 0


def segment(
    e: LoopEquations, m: Memory, task: Task, c: StepControl, block: int, start: float, stop: float
) -> int:
    """From `start` to `stop`, between which only sampled conditions are discontinuous."""
    middle = (start + stop) / 2
    at = start
    if c.progress[STEPPING] == 0.0:
        if e.n_sampled > 0:
            # conditions that hold at this point of time alone
            m.v[SAMPLING] = 1.0
            instant(e, m, task, start, middle)
            sample(e, m)
        ask(e, m, task, start, middle)
        while wanted(task, c) <= start:
            record(e, m, task, c, block, wanted(task, c), middle)
    else:
        at = c.progress[REACHED]
    if e.n_stocks > 0:
        while at < stop:
            if c.progress[STEPPING] == 0.0:
                ask(e, m, task, at, middle)
            c.progress[REACHED] = at
            bad = smooth(e, m, task, c, block, at, stop, middle)
            if bad > 0:
                return bad
            at = c.progress[REACHED]
    else:
        while wanted(task, c) < stop:
            ask(e, m, task, wanted(task, c), middle)
            sample(e, m)
            record(e, m, task, c, block, wanted(task, c), middle)
        ask(e, m, task, stop, middle)
        sample(e, m)
    return 0


def prepare(e: LoopEquations, m: Memory, task: Task, c: StepControl, behind: float) -> None:
    """Begin a run from the constants in the vector."""
    v = m.v
    start = time_of(task, 0)
    middle = behind
    if c.n_cuts > 1:
        middle = (c.cuts[0] + c.cuts[1]) / 2
    for g in range(task.n_changed):
        m.base[g] = v[task.changed[g]]
    v[TIME] = start
    v[HELD_TIME] = middle
    v[SWITCH_TIME] = middle
    v[MOVING_TIME] = start
    v[SAMPLING] = 1.0
    apply(m, task)
    e.once(v)
    e.start(v)
    e.settle(v)
    c.progress[SAVED] = 0.0
    c.progress[LEFT] = c.evaluations
    c.progress[SEGMENT] = 0.0
    c.progress[STEPPING] = 0.0
    c.progress[RUNNING] = 1.0


def whole(e: LoopEquations, m: Memory, task: Task, c: StepControl, block: int) -> int:
    """One run from the constants in the vector, or the rest of one that was paused; its outcome."""
    v = m.v
    stop = time_of(task, task.steps)
    behind = stop + task.time_step / 2
    if c.progress[RUNNING] == 0.0:
        prepare(e, m, task, c, behind)
    for k in range(int(c.progress[SEGMENT]), c.n_cuts - 1):
        c.progress[SEGMENT] = float(k)
        bad = segment(e, m, task, c, block, c.cuts[k], c.cuts[k + 1])
        if bad > 0:
            return bad
    ask(e, m, task, stop, behind)
    for k in range(e.n_stocks):
        gap = v[e.stocks + k] - v[e.stocks + k]
        if gap != 0.0:
            return DIVERGED
    while wanted(task, c) <= stop:
        record(e, m, task, c, block, stop, behind)
    return COMPLETED


def adaptive_members(
    e: LoopEquations,
    m: Memory,
    task: Task,
    c: StepControl,
    template: RealTable,
    samples: Vector,
    first: int,
    stop: int,
) -> None:
    """Runs from the template, each with its own sampled numbers in it.

    `ended` has two numbers per member: its outcome and how many rows it has; the others are NaN.
    Returns when the budget of evaluations is used up; the next call begins with the member in
    `progress`, where it was.
    """
    for block in range(first, stop):
        c.progress[MEMBER] = float(block)
        if c.progress[BUDGET] <= 0.0:
            return
        if c.progress[RUNNING] == 0.0:
            for k in range(e.size):
                m.v[k] = template[k]
            for k in range(task.n_sampled):
                m.v[task.sampled[k]] = samples[block * task.n_sampled + k]
        outcome = whole(e, m, task, c, block)
        if outcome == PAUSED:
            return
        c.progress[RUNNING] = 0.0
        m.ended[2 * block] = float(outcome)
        m.ended[2 * block + 1] = c.progress[SAVED]
        saved = int(c.progress[SAVED]) * task.n_saved
        to = block * task.n_rows * task.n_saved
        for k in range(saved, task.n_rows * task.n_saved):
            m.out[to + k] = math.nan
    c.progress[MEMBER] = float(stop)
