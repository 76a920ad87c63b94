"""Non-negative stocks: the flows of a step are limited to what the stocks hold and receive.

A loop takes a step without limits. Where a stock would fall below zero, its last outflows are held
for the whole step at rates that leave zero at its end, and the step is taken again: what leaves
one stock arrives in the next, and all that depends on these flows sees what flows. Stocks that
depend on others wait until these are settled (`layout.Limits.levels`), so that no flow is held
for an inflow that does not arrive. In a ring each waits for the ones before it in the file, until
each has had its turn; then they are cut together. The module is part of the compiled subset of
Python, as `loop` is.
"""

from __future__ import annotations

from typing import Final, Protocol

from simdistrict.engine.helpers.primitives import IntTable, Vector, anywhere, copy, everywhere
from simdistrict.engine.integrators.tableaus import RK4

# below this share of what a stock holds, receives and gives, a stock is empty
ROUNDING: Final = 1e-14
# rounds of cuts beyond one for each stock
ROUNDS: Final = 50
# how often a step is taken again, beyond once for each level, before all flows are held
ATTEMPTS: Final = 50


class LimitedEquations(Protocol):
    """The tables of `layout.Limits` as a loop sees them, and the sizes that it needs."""

    stocks: int
    n_stocks: int
    sampled: int
    held: int
    n_sampled: int
    n_bounded: int
    n_limited: int
    n_levels: int
    bounded: IntTable
    bounded_first: IntTable
    bounded_flows: IntTable
    bounded_signs: IntTable
    flow_held: IntTable
    flow_rates: IntTable
    flow_amounts: IntTable
    bounded_forced: IntTable
    bounded_levels: IntTable
    bounded_last: IntTable


def remember(e: LimitedEquations, v: Vector, work: Vector) -> None:
    """Keep the state at the beginning of a step."""
    copy(work, 0, v, e.stocks, e.n_stocks)
    copy(work, (RK4.stages + 1) * e.n_stocks, v, e.held, e.n_sampled)


def keep(e: LimitedEquations, v: Vector, work: Vector) -> None:
    """Begin a step without limits, and keep what it changes."""
    for j in range(e.n_limited):
        v[e.flow_held[j]] = 0.0
        v[e.flow_amounts[j]] = 0.0
    remember(e, v, work)


def rewind(e: LimitedEquations, v: Vector, work: Vector) -> None:
    """Go back to the beginning of the step."""
    copy(v, e.stocks, work, 0, e.n_stocks)
    copy(v, e.held, work, (RK4.stages + 1) * e.n_stocks, e.n_sampled)


def balance(e: LimitedEquations, v: Vector, work: Vector, s: int, alone: float) -> float:
    """What a stock has at the end of the step with the amounts so far; 0 for a rounding error.

    alone: 1 where it gives only what it held at the beginning.
    """
    before = (RK4.stages + 1) * e.n_stocks + e.n_sampled
    slot = e.bounded[s]
    end = v[slot]
    size = abs(work[slot - e.stocks])
    received = 0.0
    for k in range(e.bounded_first[s], e.bounded_first[s + 1]):
        j = e.bounded_flows[k]
        sign = float(e.bounded_signs[k])
        amount = v[e.flow_amounts[j]]
        end = end + sign * (amount - work[before + j])
        size = size + abs(amount)
        received = received + max(sign * amount, 0.0)
    end = end - received if alone > 0.0 else end
    return 0.0 if abs(end) <= ROUNDING * size else end


def gives(e: LimitedEquations, v: Vector, s: int) -> float:
    """What leaves a stock in the step by flows that can be cut."""
    given = 0.0
    for k in range(e.bounded_first[s], e.bounded_first[s + 1]):
        amount = v[e.flow_amounts[e.bounded_flows[k]]]
        given = given + max(0.0 - float(e.bounded_signs[k]) * amount, 0.0)
    return given


def cut(
    e: LimitedEquations, v: Vector, work: Vector, since: float, last: float, alone: float
) -> int:
    """Cut what leaves stocks with too little, the flows served last first; 1 if any was cut.

    since, last: the first and the last level to cut.
    """
    cuts = 0
    for s in range(e.n_bounded):
        end = balance(e, v, work, s, alone)
        level = float(e.bounded_levels[s])
        end = end if level >= since else 0.0
        end = end if level <= last else 0.0
        lack = 0.0 - end if end < 0.0 else 0.0
        if anywhere(lack > 0.0):
            stop = e.bounded_first[s + 1]
            for back in range(stop - e.bounded_first[s]):
                k = stop - 1 - back
                j = e.bounded_flows[k]
                sign = float(e.bounded_signs[k])
                amount = v[e.flow_amounts[j]]
                less = min(max(0.0 - sign * amount, 0.0), lack)
                lack = lack - less
                v[e.flow_amounts[j]] = amount + sign * less
                if anywhere(less > 0.0):
                    cuts = 1
    return cuts


def cut_all(e: LimitedEquations, v: Vector, work: Vector, since: float, last: float) -> int:
    """Cut until no stock has too little, since a cut at one is a loss of another; 1 if any has."""
    more = 1
    rounds = 0
    while more > 0 and rounds < e.n_bounded + ROUNDS:
        more = cut(e, v, work, since, last, 0.0)
        rounds = rounds + 1
    return more


def negative(e: LimitedEquations, v: Vector) -> int:
    """1 if any of the stocks is below zero."""
    found = 0
    for s in range(e.n_bounded):
        if anywhere(v[e.bounded[s]] < 0.0):
            found = 1
    return found


def lacking(e: LimitedEquations, v: Vector, work: Vector) -> float:
    """The first level with a stock that gives more than it has; `n_levels` where there is none."""
    found = float(e.n_levels)
    for s in range(e.n_bounded):
        level = float(e.bounded_levels[s])
        level = level if balance(e, v, work, s, 0.0) < 0.0 else found
        level = level if gives(e, v, s) > 0.0 else found
        found = min(found, level)
    return found


def limit(e: LimitedEquations, v: Vector, work: Vector, h: float, attempt: int) -> int:
    """Hold flows where a step of length h leaves stocks below zero; 1 to take it again."""
    if negative(e, v) == 0:
        return 0
    before = (RK4.stages + 1) * e.n_stocks + e.n_sampled
    for j in range(e.n_limited):
        work[before + j] = v[e.flow_amounts[j]]
    none = float(e.n_levels)
    first = lacking(e, v, work)
    short = 1.0 if first < none else 0.0
    if everywhere(short == 0.0):
        return 0
    since = first
    last = first
    if attempt >= e.n_levels:
        since = min(first, 0.0)
        for s in range(e.n_bounded):
            level = float(e.bounded_levels[s])
            last = max(last, float(e.bounded_last[s])) if level == first else last
    if attempt >= e.n_levels + ATTEMPTS:
        last = max(first, none)
    left = cut_all(e, v, work, since, last)
    if left > 0:
        # around a ring of stocks with nothing in them
        still = lacking(e, v, work)
        alone = 1.0 if still <= last else 0.0
        alone = alone if still >= since else 0.0
        alone = alone if still < none else 0.0
        for j in range(e.n_limited):
            amount = v[e.flow_amounts[j]]
            v[e.flow_amounts[j]] = work[before + j] if alone > 0.0 else amount
        cut(e, v, work, since, last, alone)
    found = 0
    for j in range(e.n_limited):
        amount = v[e.flow_amounts[j]]
        # what is not cut keeps its rate
        changed = amount != work[before + j]
        if anywhere(changed):
            found = 1
            v[e.flow_rates[j]] = amount / h if changed else v[e.flow_rates[j]]
            v[e.flow_held[j]] = 1.0 if changed else v[e.flow_held[j]]
    if attempt >= e.n_levels + ATTEMPTS:
        for j in range(e.n_limited):
            free = short > 0.0 and v[e.flow_held[j]] == 0.0
            v[e.flow_rates[j]] = v[e.flow_amounts[j]] / h if free else v[e.flow_rates[j]]
            v[e.flow_held[j]] = 1.0 if free else v[e.flow_held[j]]
    return found


def settle(e: LimitedEquations, v: Vector, work: Vector) -> None:
    """Set stocks to zero that are empty but for a rounding error, or for flows that none limits."""
    before = (RK4.stages + 1) * e.n_stocks + e.n_sampled
    for j in range(e.n_limited):
        work[before + j] = v[e.flow_amounts[j]]
    for s in range(e.n_bounded):
        slot = e.bounded[s]
        emptied = 1.0 if v[slot] < 0.0 else 0.0
        for k in range(e.bounded_first[s], e.bounded_first[s + 1]):
            emptied = max(emptied, v[e.flow_held[e.bounded_flows[k]]])
        end = balance(e, v, work, s, 0.0)
        if e.bounded_forced[s] > 0:
            end = max(end, 0.0)
        v[slot] = 0.0 if end == 0.0 and emptied > 0.0 else v[slot]
