"""The way through the time grid, in the part of Python that `translate` takes.

The same scheme, operation by operation, as `integrate` has it for lists. These functions are
read as text and never called; names in capitals are whole numbers of the model's layout.
"""

# mypy: ignore-errors
# ruff: noqa: F821, SIM102 - `and` asks both sides here, so what must not be read stands inside
from __future__ import annotations

# what stands where in `ints`, in front of groups, their first moves, saved points and places
HEAD = 8
# tables with more points than this are searched first
FEW = 16


def lookup(v: Vector, a: int, n: int, x: float) -> float:
    """The line through n points, for members side by side: all lanes ask the same points.

    Of a long table only the points between the lanes are asked.
    """
    b = a + n - 1
    first = a + 1
    last = b
    if n > FEW:
        while first < last:
            middle = (first + last) // 2
            if all(x >= v[middle]):
                first = middle + 1
            else:
                last = middle
        low = first
        last = b
        while low < last:
            middle = (low + last) // 2
            if any(x >= v[middle]):
                low = middle + 1
            else:
                last = middle
    from_x = v[first - 1]
    from_y = v[first - 1 + n]
    slope = v[first - 1 + 2 * n]
    for k in range(first, last):
        behind = x >= v[k]
        from_x = v[k] if behind else from_x
        from_y = v[k + n] if behind else from_y
        slope = v[k + 2 * n] if behind else slope
    between = from_y + (x - from_x) * slope
    return v[a + n] if x <= v[a] else (v[b + n] if x >= v[b] else between)


def lookup_alone(v: Vector, a: int, n: int, x: float) -> float:
    """The same for one member, by bisection."""
    b = a + n - 1
    if x <= v[a]:
        return v[a + n]
    if x >= v[b]:
        return v[b + n]
    low = a
    high = b
    while low < high:
        middle = (low + high) // 2
        if x < v[middle]:
            high = middle
        else:
            low = middle + 1
    k = low - 1
    return v[k + n] + (x - v[k]) * v[k + 2 * n]


def share(t: float, s: float, start: float, end: float, ramp: float) -> float:
    """See `schedule.Move.share`; a move without end ends at infinity."""
    if ramp <= 0.0:
        return 1.0 if s > start and s < end else 0.0
    part = min(max((t - start) / ramp, 0.0), 1.0)
    return part * min(max(1.0 - (t - end) / ramp, 0.0), 1.0)


def apply(v: Vector, base: Vector, ints: Ints, reals: Reals) -> int:
    """Put the moved constants where they belong at the times in v; whether any value changed."""
    groups = ints[2]
    changed = 0
    for g in range(groups):
        place = ints[HEAD + g]
        value = base[g]
        for m in range(ints[HEAD + groups + g], ints[HEAD + groups + g + 1]):
            at = 2 + 4 * m
            target = reals[at]
            part = share(v[0], v[2], reals[at + 1], reals[at + 2], reals[at + 3])
            value = target if part == 1.0 else value + (target - value) * part
        if any(v[place] != value):
            changed = 1
            v[place] = value
    return changed


def evaluate(v: Vector, base: Vector, ints: Ints, reals: Reals) -> None:
    """All values at the times in v."""
    if ints[2] > 0:
        if apply(v, base, ints, reals) > 0:
            once(v)
            settle(v)
    derive(v)


def euler(v: Vector, time_step: float) -> None:
    """One step of Euler's."""
    for k in range(N_STOCKS):
        v[STOCKS + k] = v[STOCKS + k] + time_step * v[RATES + k]


def rk4(v: Vector, base: Vector, work: Vector, ints: Ints, reals: Reals, i: int) -> None:
    """One step of the classical scheme from point i; its first slope is evaluated already."""
    time_step = reals[1]
    half = time_step / 2
    t = reals[0] + i * time_step
    for k in range(N_STOCKS):
        work[k] = v[STOCKS + k]
        work[N_STOCKS + k] = v[RATES + k]
        v[STOCKS + k] = work[k] + half * v[RATES + k]
    v[4] = 0.0
    v[0] = t + half
    evaluate(v, base, ints, reals)
    for k in range(N_STOCKS):
        work[2 * N_STOCKS + k] = v[RATES + k]
        v[STOCKS + k] = work[k] + half * v[RATES + k]
    evaluate(v, base, ints, reals)
    for k in range(N_STOCKS):
        work[3 * N_STOCKS + k] = v[RATES + k]
        v[STOCKS + k] = work[k] + time_step * v[RATES + k]
    v[0] = reals[0] + (i + 1) * time_step
    evaluate(v, base, ints, reals)
    for k in range(N_STOCKS):
        inner = work[2 * N_STOCKS + k] + work[3 * N_STOCKS + k]
        slope = work[N_STOCKS + k] + 2 * inner + v[RATES + k]
        v[STOCKS + k] = work[k] + time_step / 6 * slope


def check(v: Vector, ended: Vector, block: int, i: int) -> None:
    """Note in `ended` the point at which a stock is no longer finite; below zero while all are."""
    total = 0.0
    second = 0.0
    third = 0.0
    fourth = 0.0
    # four sums that do not wait for each other
    for k in range(N_STOCKS // 4):
        total = total + v[STOCKS + 4 * k]
        second = second + v[STOCKS + 4 * k + 1]
        third = third + v[STOCKS + 4 * k + 2]
        fourth = fourth + v[STOCKS + 4 * k + 3]
    for k in range(N_STOCKS // 4 * 4, N_STOCKS):
        total = total + v[STOCKS + k]
    total = total + second + (third + fourth)
    if any(total - total != 0.0):
        bad = 0.0
        for k in range(N_STOCKS):
            gap = v[STOCKS + k] - v[STOCKS + k]
            bad = 1.0 if gap != 0.0 else bad
        past = ended[block]
        ended[block] = i if bad > 0.0 and past < 0.0 else past


def clock(v: Vector, t: float, half: float) -> None:
    """The times of point t on a grid; see `program.Program`."""
    v[0] = t
    v[1] = t
    v[2] = t + half
    v[3] = t + half
    v[4] = 1.0


def save(v: Vector, out: Vector, ended: Vector, ints: Ints, block: int, row: int) -> None:
    """Keep the wanted places; NaN for a member that has ended."""
    places = ints[4]
    first = HEAD + 2 * ints[2] + 1 + ints[3]
    to = (block * ints[3] + row) * places
    past = ended[block]
    if places > 0:
        start = ints[first]
        if all(past < 0.0):
            if ints[7] > 0:
                for k in range(places):
                    out[to + k] = v[start + k]
                return
        for k in range(places):
            out[to + k] = v[ints[first + k]] if past < 0.0 else nan


def member(
    v: Vector,
    base: Vector,
    work: Vector,
    out: Vector,
    ended: Vector,
    ints: Ints,
    reals: Reals,
    block: int,
) -> None:
    """One run, or one run per lane, from the constants that stand in v."""
    steps = ints[0]
    groups = ints[2]
    rows = ints[3]
    time_step = reals[1]
    half = time_step / 2
    for g in range(groups):
        base[g] = v[ints[HEAD + g]]
    clock(v, reals[0], half)
    v[5] = 0.0
    apply(v, base, ints, reals)
    once(v)
    start(v)
    settle(v)
    ended[block] = -1.0
    row = 0
    for i in range(steps + 1):
        t = reals[0] + i * time_step
        clock(v, t, half)
        v[5] = i
        evaluate(v, base, ints, reals)
        for k in range(N_SAMPLED):
            v[HELD + k] = v[SAMPLED + k]
        for k in range(N_RECORDED):
            v[SIZE + i * N_RECORDED + k] = v[RECORDED + k]
        check(v, ended, block, i)
        if all(ended[block] >= 0.0):
            for r in range(row, rows):
                save(v, out, ended, ints, block, r)
            return
        if row < rows:
            if ints[HEAD + 2 * groups + 1 + row] == i:
                save(v, out, ended, ints, block, row)
                row = row + 1
        if i < steps:
            if ints[1] > 0:
                rk4(v, base, work, ints, reals, i)
            else:
                euler(v, time_step)


def members(
    v: Vector,
    base: Vector,
    work: Vector,
    out: Vector,
    ended: Vector,
    samples: Vector,
    template: Reals,
    ints: Ints,
    reals: Reals,
    first: int,
    last: int,
) -> None:
    """Blocks of runs, each from the template with its own sampled numbers in it."""
    sampled = ints[5]
    behind = HEAD + 2 * ints[2] + 1 + ints[3] + ints[4]
    for block in range(first, last):
        for k in range(SIZE):
            v[k] = template[k]
        for k in range(sampled):
            v[ints[behind + k]] = samples[block * sampled + k]
        member(v, base, work, out, ended, ints, reals, block)
