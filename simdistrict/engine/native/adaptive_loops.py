"""Adaptive steps in the part of Python that `translate` takes: one member after the other.

The embedded pair of Dormand and Prince (1980) with its dense output and the step control of
scipy's RK45 (read in scipy 1.16), and the restarts of `engine.adaptive`, whose twin this is.
`work` holds the state, the next state, seven slopes and the margins at the beginning of a step;
`run` the rows saved, the evaluations left and the time reached.
"""

# mypy: ignore-errors
# ruff: noqa: F821 - `and` asks both sides here, so what must not be read stands inside
from __future__ import annotations


def slope(v: Vector, base: Vector, ints: Ints, reals: Reals, t: float, middle: float) -> int:
    """All values at a time; 1 when a rate is not finite."""
    v[0] = t
    v[1] = middle
    v[2] = middle
    v[3] = t
    evaluate(v, base, ints, reals)
    bad = 0
    for k in range(N_STOCKS):
        gap = v[RATES + k] - v[RATES + k]
        if gap != 0.0:
            bad = 1
    return bad


def counted(
    v: Vector, base: Vector, run: Vector, ints: Ints, reals: Reals, t: float, middle: float
) -> int:
    """A slope for the integrator: 0, or the outcome with which the run ends."""
    if run[1] <= 0.0:
        return 3
    run[1] = run[1] - 1.0
    return slope(v, base, ints, reals, t, middle)


def ask(v: Vector, base: Vector, ints: Ints, reals: Reals, t: float, middle: float) -> None:
    """Find which sampled conditions hold; they stay so until one of them changes."""
    v[4] = 1.0
    slope(v, base, ints, reals, t, middle)
    v[4] = 0.0


def sample(v: Vector) -> None:
    """What was followed until here is held from here on."""
    for k in range(N_SAMPLED):
        v[HELD + k] = v[SAMPLED + k]


def put(v: Vector, work: Vector, at: int) -> None:
    """A state into the vector."""
    for k in range(N_STOCKS):
        v[STOCKS + k] = work[at * N_STOCKS + k]


def take(v: Vector, work: Vector, at: int) -> None:
    """The rates out of the vector."""
    for k in range(N_STOCKS):
        work[at * N_STOCKS + k] = v[RATES + k]


def record(
    v: Vector,
    base: Vector,
    out: Vector,
    run: Vector,
    ints: Ints,
    reals: Reals,
    block: int,
    t: float,
    middle: float,
) -> None:
    """Save the row of a time."""
    slope(v, base, ints, reals, t, middle)
    row = int(run[0])
    places = ints[4]
    first = HEAD + 2 * ints[2] + 1 + ints[3]
    to = (block * ints[3] + row) * places
    for k in range(places):
        out[to + k] = v[ints[first + k]]
    run[0] = run[0] + 1.0


def wanted(run: Vector, ints: Ints, reals: Reals) -> float:
    """The time of the next row, infinity when there is none."""
    row = int(run[0])
    t = inf
    if row < ints[3]:
        t = reals[0] + ints[HEAD + 2 * ints[2] + 1 + row] * reals[1]
    return t


def stage(
    v: Vector,
    work: Vector,
    h: float,
    a: float,
    b: float,
    c: float,
    d: float,
    e: float,
    f: float,
) -> None:
    """The state of a stage from up to six slopes."""
    n = N_STOCKS
    for k in range(n):
        one = a * work[2 * n + k] + b * work[3 * n + k] + c * work[4 * n + k]
        two = d * work[5 * n + k] + e * work[6 * n + k] + f * work[7 * n + k]
        v[STOCKS + k] = work[k] + h * (one + two)


def clear(work: Vector) -> None:
    """No slopes yet: what is multiplied by zero must be finite."""
    for k in range(3 * N_STOCKS, 9 * N_STOCKS):
        work[k] = 0.0


def stages(
    v: Vector,
    base: Vector,
    work: Vector,
    run: Vector,
    ints: Ints,
    reals: Reals,
    t: float,
    h: float,
    middle: float,
) -> int:
    """The slopes of a step of length h and the state at its end."""
    stage(v, work, h, 1 / 5, 0.0, 0.0, 0.0, 0.0, 0.0)
    bad = counted(v, base, run, ints, reals, t + h / 5, middle)
    if bad > 0:
        return bad
    take(v, work, 3)
    stage(v, work, h, 3 / 40, 9 / 40, 0.0, 0.0, 0.0, 0.0)
    bad = counted(v, base, run, ints, reals, t + h * (3 / 10), middle)
    if bad > 0:
        return bad
    take(v, work, 4)
    stage(v, work, h, 44 / 45, -56 / 15, 32 / 9, 0.0, 0.0, 0.0)
    bad = counted(v, base, run, ints, reals, t + h * (4 / 5), middle)
    if bad > 0:
        return bad
    take(v, work, 5)
    stage(v, work, h, 19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0.0, 0.0)
    bad = counted(v, base, run, ints, reals, t + h * (8 / 9), middle)
    if bad > 0:
        return bad
    take(v, work, 6)
    stage(v, work, h, 9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0.0)
    bad = counted(v, base, run, ints, reals, t + h, middle)
    if bad > 0:
        return bad
    take(v, work, 7)
    stage(v, work, h, 35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84)
    for k in range(N_STOCKS):
        work[N_STOCKS + k] = v[STOCKS + k]
    bad = counted(v, base, run, ints, reals, t + h, middle)
    if bad > 0:
        return bad
    take(v, work, 8)
    return 0


def error(work: Vector, h: float, rtol: float, atol: float) -> float:
    """The estimated error of a step over what is allowed, as a root mean square."""
    n = N_STOCKS
    total = 0.0
    for k in range(n):
        one = (-71 / 57600) * work[2 * n + k] + (71 / 16695) * work[4 * n + k]
        two = (-71 / 1920) * work[5 * n + k] + (17253 / 339200) * work[6 * n + k]
        three = (-22 / 525) * work[7 * n + k] + (1 / 40) * work[8 * n + k]
        scale = atol + max(abs(work[k]), abs(work[n + k])) * rtol
        share = h * (one + two + three) / scale
        total = total + share * share
    return sqrt(total / n)


def dense(v: Vector, work: Vector, h: float, x: float) -> None:
    """The state after the share x of a step, by the interpolant of fourth order."""
    n = N_STOCKS
    b1 = x * (
        1.0
        + x
        * (
            -8048581381 / 2820520608
            + x * (8663915743 / 2820520608 + x * (-12715105075 / 11282082432))
        )
    )
    b3 = (
        x
        * x
        * (
            131558114200 / 32700410799
            + x * (-68118460800 / 10900136933 + x * (87487479700 / 32700410799))
        )
    )
    b4 = (
        x
        * x
        * (
            -1754552775 / 470086768
            + x * (14199869525 / 1410260304 + x * (-10690763975 / 1880347072))
        )
    )
    b5 = (
        x
        * x
        * (
            127303824393 / 49829197408
            + x * (-318862633887 / 49829197408 + x * (701980252875 / 199316789632))
        )
    )
    b6 = (
        x
        * x
        * (-282668133 / 205662961 + x * (2019193451 / 616988883 + x * (-1453857185 / 822651844)))
    )
    b7 = x * x * (40617522 / 29380423 + x * (-110615467 / 29380423 + x * (69997945 / 29380423)))
    for k in range(n):
        one = b1 * work[2 * n + k] + b3 * work[4 * n + k] + b4 * work[5 * n + k]
        two = b5 * work[6 * n + k] + b6 * work[7 * n + k] + b7 * work[8 * n + k]
        v[STOCKS + k] = work[k] + h * (one + two)


def first_step(
    v: Vector,
    base: Vector,
    work: Vector,
    run: Vector,
    ints: Ints,
    reals: Reals,
    cuts: Reals,
    t: float,
    b: float,
    middle: float,
) -> float:
    """The length of the first step from t (Hairer, Norsett and Wanner, II.4); -1 - outcome else."""
    n = N_STOCKS
    d0 = 0.0
    d1 = 0.0
    for k in range(n):
        scale = cuts[1] + abs(work[k]) * cuts[0]
        d0 = d0 + (work[k] / scale) * (work[k] / scale)
        d1 = d1 + (work[2 * n + k] / scale) * (work[2 * n + k] / scale)
    d0 = sqrt(d0 / n)
    d1 = sqrt(d1 / n)
    h = 0.01 * d0 / d1
    if d0 < 1e-5 or d1 < 1e-5:
        h = 1e-6
    h = min(h, b - t)
    stage(v, work, h, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    bad = counted(v, base, run, ints, reals, t + h, middle)
    if bad > 0:
        return -1.0 - bad
    d2 = 0.0
    for k in range(n):
        scale = cuts[1] + abs(work[k]) * cuts[0]
        gap = (v[RATES + k] - work[2 * n + k]) / scale
        d2 = d2 + gap * gap
    d2 = sqrt(d2 / n) / h
    most = max(d1, d2)
    longer = pow(0.01 / most, 0.2)
    if most <= 1e-15:
        longer = max(1e-6, h * 1e-3)
    return min(min(100 * h, longer), b - t)


def changed(asked: Vector, work: Vector) -> int:
    """Whether a margin is on another side than at the beginning of the step."""
    found = 0
    for k in range(N_MARGINS):
        was = work[9 * N_STOCKS + k]
        now = asked[k]
        if was > 0.0 and now <= 0.0:
            found = 1
        if was < 0.0 and now >= 0.0:
            found = 1
        if was == 0.0 and now != 0.0:
            found = 1
    return found


def crossing(
    v: Vector,
    base: Vector,
    work: Vector,
    asked: Vector,
    ints: Ints,
    reals: Reals,
    t: float,
    h: float,
    middle: float,
) -> float:
    """The share of a step at whose end a sampled condition has just changed."""
    low = 0.0
    high = 1.0
    for _ in range(60):
        x = (low + high) / 2
        dense(v, work, h, x)
        slope(v, base, ints, reals, t + x * h, middle)
        margins(v, asked)
        if changed(asked, work) > 0:
            high = x
        else:
            low = x
    return high


def landing(
    v: Vector,
    base: Vector,
    work: Vector,
    asked: Vector,
    ints: Ints,
    reals: Reals,
    t: float,
    h: float,
    middle: float,
) -> float:
    """The share of an accepted step that counts: less than 1 where a sampled condition changes."""
    n = N_STOCKS
    x = 1.0
    if N_MARGINS > 0:
        margins(v, asked)
        if changed(asked, work) > 0:
            x = crossing(v, base, work, asked, ints, reals, t, h, middle)
            dense(v, work, h, x)
            for k in range(n):
                work[n + k] = v[STOCKS + k]
        else:
            for k in range(N_MARGINS):
                work[9 * n + k] = asked[k]
    return x


def advance(work: Vector) -> None:
    """The end of a step becomes the beginning of the next one, with its slope."""
    n = N_STOCKS
    for k in range(n):
        work[k] = work[n + k]
        work[2 * n + k] = work[8 * n + k]


def stretch(wrong: float, rejected: int) -> float:
    """By how much the next step is longer, or the same one shorter."""
    factor = 10.0
    if wrong > 0.0:
        factor = max(0.2, min(10.0, 0.9 * pow(wrong, -0.2)))
    if rejected > 0:
        factor = min(1.0, factor)
    return factor


def begin(
    v: Vector,
    base: Vector,
    work: Vector,
    asked: Vector,
    run: Vector,
    ints: Ints,
    reals: Reals,
    a: float,
    middle: float,
) -> int:
    """The state in v, its slope and its margins, from which steps start."""
    n = N_STOCKS
    for k in range(n):
        work[k] = v[STOCKS + k]
    clear(work)
    bad = counted(v, base, run, ints, reals, a, middle)
    take(v, work, 2)
    margins(v, asked)
    for k in range(N_MARGINS):
        work[9 * n + k] = asked[k]
    return bad


def finish(
    v: Vector,
    base: Vector,
    work: Vector,
    ints: Ints,
    reals: Reals,
    a: float,
    t: float,
    b: float,
    middle: float,
) -> float:
    """Hold what was followed until t; where to go on, in v and as the result."""
    put(v, work, 0)
    slope(v, base, ints, reals, t, middle)
    sample(v)
    # restart a little behind the change, on its other side; not at all when t is b
    nudge = min(1e-10 * (b - a), b - t)
    for k in range(N_STOCKS):
        v[STOCKS + k] = v[STOCKS + k] + nudge * v[RATES + k]
    return t + nudge


def smooth(
    v: Vector,
    base: Vector,
    work: Vector,
    asked: Vector,
    out: Vector,
    run: Vector,
    ints: Ints,
    reals: Reals,
    cuts: Reals,
    block: int,
    a: float,
    b: float,
    middle: float,
) -> int:
    """Steps from a to b or to a sampled condition's change, whichever is first."""
    bad = begin(v, base, work, asked, run, ints, reals, a, middle)
    if bad > 0:
        return bad
    t = a
    h = first_step(v, base, work, run, ints, reals, cuts, t, b, middle)
    if h < 0.0:
        return int(-1.0 - h)
    rejected = 0
    x = 1.0
    while x == 1.0 and t < b:
        # ten times the distance to the next number, below which a step cannot resolve the time
        least = 10 * 2.220446049250313e-16 * abs(t)
        if h < least:
            if rejected > 0:
                return 1
            h = least
        behind = min(t + h, b)
        h = behind - t
        bad = stages(v, base, work, run, ints, reals, t, h, middle)
        if bad > 0:
            return bad
        wrong = error(work, h, cuts[0], cuts[1])
        factor = stretch(wrong, rejected)
        rejected = 1
        if wrong < 1.0:
            rejected = 0
            x = landing(v, base, work, asked, ints, reals, t, h, middle)
            if x < 1.0:
                behind = t + x * h
            while wanted(run, ints, reals) < behind:
                dense(v, work, h, (wanted(run, ints, reals) - t) / h)
                record(v, base, out, run, ints, reals, block, wanted(run, ints, reals), middle)
            t = behind
            advance(work)
        h = h * factor
    run[2] = finish(v, base, work, ints, reals, a, t, b, middle)
    return 0


def segment(
    v: Vector,
    base: Vector,
    work: Vector,
    asked: Vector,
    out: Vector,
    run: Vector,
    ints: Ints,
    reals: Reals,
    cuts: Reals,
    block: int,
    a: float,
    b: float,
) -> int:
    """From a to b with a smooth right-hand side, but for sampled conditions."""
    middle = (a + b) / 2
    ask(v, base, ints, reals, a, middle)
    while wanted(run, ints, reals) <= a:
        record(v, base, out, run, ints, reals, block, wanted(run, ints, reals), middle)
    if N_STOCKS > 0:
        at = a
        while at < b:
            ask(v, base, ints, reals, at, middle)
            bad = smooth(v, base, work, asked, out, run, ints, reals, cuts, block, at, b, middle)
            if bad > 0:
                return bad
            at = run[2]
    else:
        while wanted(run, ints, reals) < b:
            ask(v, base, ints, reals, wanted(run, ints, reals), middle)
            sample(v)
            record(v, base, out, run, ints, reals, block, wanted(run, ints, reals), middle)
        ask(v, base, ints, reals, b, middle)
        sample(v)
    return 0


def whole(
    v: Vector,
    base: Vector,
    work: Vector,
    asked: Vector,
    out: Vector,
    run: Vector,
    ints: Ints,
    reals: Reals,
    cuts: Reals,
    block: int,
) -> int:
    """One run from the constants that stand in v; its outcome."""
    begin = reals[0]
    stop = reals[0] + ints[0] * reals[1]
    behind = stop + reals[1] / 2
    count = ints[6]
    middle = behind
    if count > 1:
        middle = (cuts[3] + cuts[4]) / 2
    for g in range(ints[2]):
        base[g] = v[ints[HEAD + g]]
    v[0] = begin
    v[1] = middle
    v[2] = middle
    v[3] = begin
    v[4] = 1.0
    apply(v, base, ints, reals)
    once(v)
    start(v)
    settle(v)
    run[0] = 0.0
    run[1] = cuts[2]
    for c in range(count - 1):
        bad = segment(
            v, base, work, asked, out, run, ints, reals, cuts, block, cuts[3 + c], cuts[4 + c]
        )
        if bad > 0:
            return bad
    ask(v, base, ints, reals, stop, behind)
    for k in range(N_STOCKS):
        gap = v[STOCKS + k] - v[STOCKS + k]
        if gap != 0.0:
            return 1
    while wanted(run, ints, reals) <= stop:
        record(v, base, out, run, ints, reals, block, stop, behind)
    return 0


def adaptive_members(
    v: Vector,
    base: Vector,
    work: Vector,
    asked: Vector,
    out: Vector,
    ended: Vector,
    run: Vector,
    samples: Vector,
    template: Reals,
    ints: Ints,
    reals: Reals,
    cuts: Reals,
    first: int,
    last: int,
) -> None:
    """Runs from the template, each with its own sampled numbers in it.

    ended: per member its outcome and how many rows it has; the others are NaN.
    """
    sampled = ints[5]
    behind = HEAD + 2 * ints[2] + 1 + ints[3] + ints[4]
    for block in range(first, last):
        for k in range(SIZE):
            v[k] = template[k]
        for k in range(sampled):
            v[ints[behind + k]] = samples[block * sampled + k]
        outcome = whole(v, base, work, asked, out, run, ints, reals, cuts, block)
        ended[2 * block] = outcome
        ended[2 * block + 1] = run[0]
        to = block * ints[3] * ints[4]
        for k in range(int(run[0]) * ints[4], ints[3] * ints[4]):
            out[to + k] = nan
