"""The flow of a frozen world in the part of Python that `translate` takes.

The scheme of `regimes.flow.settle`, operation by operation, whose twin this is: the embedded pair
of Bogacki and Shampine (1989). `work` holds the state, the next state and four slopes, all in
scales; the times of the vector are never touched, so the world stays as it was.
"""

# mypy: ignore-errors
# ruff: noqa: F821 - `and` asks both sides here, so what must not be read stands inside
from __future__ import annotations

# how much stands in `ints` in front of the places of stocks, rates and parameters (how many stocks
# and parameters), and in `reals` in front of scales and dilutions (tolerance, speed of arrival,
# horizon, evaluations)
FLOW_HEAD = 2
FLOW_REALS = 4


def slope(v: Vector, work: Vector, ints: Ints, reals: Reals, state: int, to: int) -> None:
    """The net flows of a state, both in scales."""
    n = ints[0]
    for k in range(n):
        v[ints[FLOW_HEAD + k]] = work[state * n + k] * reals[FLOW_REALS + k]
    derive(v)
    for k in range(n):
        scale = reals[FLOW_REALS + k]
        grown = work[state * n + k] * scale * reals[FLOW_REALS + n + k]
        work[to * n + k] = (v[ints[FLOW_HEAD + n + k]] - grown) / scale


def largest(work: Vector, ints: Ints, at: int) -> float:
    """The largest magnitude in a row of `work`, infinity where one is not finite."""
    n = ints[0]
    most = 0.0
    for k in range(n):
        x = work[at * n + k]
        most = inf if x - x != 0.0 else max(most, abs(x))
    return most


def attempt(v: Vector, work: Vector, ints: Ints, reals: Reals, step: float) -> float:
    """A step from row 0 into row 1, slopes in rows 2 to 5; its error in tolerances."""
    n = ints[0]
    for k in range(n):
        work[n + k] = work[k] + step / 2 * work[2 * n + k]
    slope(v, work, ints, reals, 1, 3)
    for k in range(n):
        work[n + k] = work[k] + 3 * step / 4 * work[3 * n + k]
    slope(v, work, ints, reals, 1, 4)
    for k in range(n):
        inner = 2 * work[2 * n + k] + 3 * work[3 * n + k] + 4 * work[4 * n + k]
        work[n + k] = work[k] + step / 9 * inner
    slope(v, work, ints, reals, 1, 5)
    for k in range(n):
        one = -5 / 72 * work[2 * n + k] + work[3 * n + k] / 12
        work[6 * n + k] = step * (one + work[4 * n + k] / 9 - work[5 * n + k] / 8)
    return largest(work, ints, 6) / reals[0]


def follow(v: Vector, work: Vector, ints: Ints, reals: Reals) -> int:
    """The state in row 0 moved along the flow; 1 when it left all values."""
    n = ints[0]
    horizon = reals[2]
    t = 0.0
    step = min(0.01, horizon)
    used = 1.0
    slope(v, work, ints, reals, 0, 2)
    while t < horizon and used < reals[3]:
        speed = largest(work, ints, 2)
        if speed == inf:
            return 1
        if speed < reals[1]:
            return 0
        step = min(step, horizon - t)
        error = attempt(v, work, ints, reals, step)
        used = used + 3.0
        if error <= 1.0:
            t = t + step
            for k in range(n):
                work[k] = work[n + k]
                work[2 * n + k] = work[5 * n + k]
        if error == inf:
            step = step / 5
        else:
            step = step * min(4.0, max(0.2, 0.9 * pow(max(error, 1e-9), -1 / 3)))
        if step < 1e-9:
            return 1 if error == inf else 0
    return 0


def flow_members(
    v: Vector,
    work: Vector,
    out: Vector,
    samples: Vector,
    template: Reals,
    ints: Ints,
    reals: Reals,
    first: int,
    last: int,
) -> None:
    """Members from the template, each with its parameters and state.

    `out` has the end state of each, and its largest net flow, both in scales.
    """
    n = ints[0]
    sampled = ints[1]
    for member in range(first, last):
        for k in range(SIZE):
            v[k] = template[k]
        at = member * (sampled + n)
        for k in range(sampled):
            v[ints[FLOW_HEAD + 2 * n + k]] = samples[at + k]
        for k in range(n):
            work[k] = samples[at + sampled + k]
        bad = follow(v, work, ints, reals)
        for k in range(n):
            out[member * (n + 1) + k] = nan if bad > 0 else work[k]
        out[member * (n + 1) + n] = inf if bad > 0 else largest(work, ints, 2)
