"""What one thread of a GPU does: one member, from the template to its saved rows.

Read as text and never called, as `native.loops` is, whose small functions it calls. An array
holds the numbers of WIDTH members side by side, then the next ones of the same members: so
threads that run together read neighbouring numbers, and where a number stands behind a member's
first one is known to the compiler (otherwise it keeps thousands of addresses in a slow memory).
The equations are asked at one place for every stage of every step, because a compiler for GPUs
copies what is called into each place that calls it.
"""

# mypy: ignore-errors
# ruff: noqa: F821
from __future__ import annotations


def approach(v: Vector, work: Vector, reals: Reals, i: int, stage: int) -> None:
    """The time and the state of a stage of Runge and Kutta's from point i; stages count from 0."""
    time_step = reals[1]
    half = time_step / 2
    way = half
    v[4] = 0.0
    v[0] = reals[0] + i * time_step + half
    if stage == 3:
        way = time_step
        v[0] = reals[0] + (i + 1) * time_step
    for k in range(N_STOCKS):
        v[STOCKS + k] = work[k] + way * work[stage * N_STOCKS + k]


def remember(v: Vector, work: Vector, stage: int) -> None:
    """The slopes of a stage, and in front of the first ones the state that they are of."""
    for k in range(N_STOCKS):
        if stage == 0:
            work[k] = v[STOCKS + k]
        work[(stage + 1) * N_STOCKS + k] = v[RATES + k]


def arrive(v: Vector, work: Vector, time_step: float) -> None:
    """The state behind a step of Runge and Kutta's, from its four slopes."""
    for k in range(N_STOCKS):
        inner = work[2 * N_STOCKS + k] + work[3 * N_STOCKS + k]
        slope = work[N_STOCKS + k] + 2 * inner + work[4 * N_STOCKS + k]
        v[STOCKS + k] = work[k] + time_step / 6 * slope


def fill(v: Vector, template: Reals, size: int) -> None:
    """The numbers that all members begin with."""
    for k in range(size):
        v[k] = template[k]


def replace(v: Vector, place: int, number: float) -> None:
    """A number of this member's own."""
    v[place] = number


def begin(v: Vector, base: Vector, ints: Ints, reals: Reals) -> None:
    """Initial values, from the constants that stand in v."""
    for g in range(ints[2]):
        base[g] = v[ints[HEAD + g]]
    clock(v, reals[0], reals[1] / 2)
    v[5] = 0.0
    apply(v, base, ints, reals)
    once(v)
    start(v)
    settle(v)


def arrived(v: Vector, out: Vector, ended: Vector, ints: Ints, i: int, row: int) -> int:
    """At point i with all its values: hold, record, save; the next row, below zero at an end."""
    rows = ints[3]
    for k in range(N_SAMPLED):
        v[HELD + k] = v[SAMPLED + k]
    for k in range(N_RECORDED):
        v[SIZE + i * N_RECORDED + k] = v[RECORDED + k]
    check(v, ended, 0, i)
    if ended[0] >= 0.0:
        for r in range(row, rows):
            save(v, out, ended, ints, 0, r)
        return -1
    if row < rows and ints[HEAD + 2 * ints[2] + 1 + row] == i:
        save(v, out, ended, ints, 0, row)
        return row + 1
    return row


def whole(
    v: Vector, base: Vector, work: Vector, out: Vector, ended: Vector, ints: Ints, reals: Reals
) -> None:
    """One run, with the numbers of `integrate.fixed_steps`."""
    steps = ints[0]
    time_step = reals[1]
    begin(v, base, ints, reals)
    ended[0] = -1.0
    row = 0
    for i in range(steps + 1):
        clock(v, reals[0] + i * time_step, time_step / 2)
        v[5] = i
        stages = 1
        if ints[1] > 0 and i < steps:
            stages = 4
        for stage in range(stages):
            if stage > 0:
                approach(v, work, reals, i, stage)
            evaluate(v, base, ints, reals)
            if stage == 0:
                row = arrived(v, out, ended, ints, i, row)
                if row < 0:
                    return
            if stages > 1:
                remember(v, work, stage)
        if stages > 1:
            arrive(v, work, time_step)
        elif i < steps:
            euler(v, time_step)


def run_members(vectors, bases, works, outs, ends, samples, template, ints, reals, count: int):
    """One member per thread, with its own part of each array; `samples` has a column for each."""
    column = cuda.grid(1)
    if column < count:
        tile = column // WIDTH * WIDTH
        lane = column - tile
        groups = ints[2]
        length = SIZE + N_RECORDED * (ints[0] + 1)
        v = vectors[tile * length + lane :]
        base = bases[tile * groups + lane :]
        work = works[tile * 5 * N_STOCKS + lane :]
        out = outs[tile * ints[3] * ints[4] + lane :]
        sampled = ints[5]
        behind = HEAD + 2 * groups + 1 + ints[3] + ints[4]
        fill(v, template, SIZE)
        for k in range(sampled):
            replace(v, ints[behind + k], samples[k, column])
        whole(v, base, work, out, ends[tile + lane :], ints, reals)
