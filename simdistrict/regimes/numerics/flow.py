"""The flow of a field from a state: its end, not its trajectory.

The pair of Bogacki and Shampine chooses the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.integrators.tableaus import BOGACKI_SHAMPINE, Weights
from simdistrict.regimes.numerics.field import Scaled
from simdistrict.regimes.numerics.newton import norm

# largest net flow of a state at rest, in scales per time unit
ARRIVED = 1e-9
TOLERANCE = 1e-5
EVALUATIONS = 6000


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The accuracy of a flow, in scales.

    tolerance: error of one step; arrived: largest net flow of a state at rest. Near such a state
    long steps oscillate by slightly more than the tolerance, so that only a small tolerance lets a
    flow arrive.
    """

    tolerance: float = TOLERANCE
    arrived: float = ARRIVED


USUAL = Accuracy()


@dataclass(frozen=True, eq=False)
class Ends:
    """The ends of flows from many states, all in scales.

    states: (members, stocks), NaN where the flow has no finite value; speeds: (members,), the
    largest net flow there.
    """

    states: Reals
    speeds: Reals


@runtime_checkable
class Followed(Protocol):
    """A field that follows its flow itself, from many states at once."""

    def ends(self, parameters: Reals, states: Reals, horizon: float, exact: Accuracy) -> Ends:
        """The ends that `settle_each` gives, to rounding."""
        ...


def settle_each(
    scaled: Scaled,
    parameters: Reals,
    starts: Reals,
    horizon: float,
    exact: Accuracy = USUAL,
) -> Ends:
    """`settle` from many states.

    parameters: (members, parameters), or one row for all; starts: (members, stocks), in scales.
    """
    states = np.atleast_2d(np.asarray(starts, float))
    numbers = np.broadcast_to(
        np.atleast_2d(np.asarray(parameters, float)), (len(states), np.shape(parameters)[-1])
    )
    if isinstance(scaled.field, Followed):
        return scaled.field.ends(numbers, states, horizon, exact)
    return settle_one_by_one(scaled, numbers, states, horizon, exact)


def settle_one_by_one(
    scaled: Scaled, parameters: Reals, states: Reals, horizon: float, exact: Accuracy = USUAL
) -> Ends:
    """`settle` from many states, one after the other."""
    ends = np.empty(states.shape)
    speeds = np.empty(len(states))
    for k, (row, state) in enumerate(zip(parameters, states, strict=True)):
        own = tuple(map(float, row))
        ends[k] = settle(scaled, own, state, horizon, exact)
        speeds[k] = norm(scaled.one(ends[k], own))
    return Ends(ends, speeds)


def settle(
    scaled: Scaled,
    parameters: Sequence[float],
    start: Reals,
    horizon: float,
    exact: Accuracy = USUAL,
    *,
    slowest: bool = False,
) -> Reals:
    """The state after `horizon` time units, or at rest; NaN where the flow has no finite value.

    slowest: instead the state at which the flow was slowest, the start excluded.
    """
    x, t, step = start, 0.0, min(0.01, horizon)
    k1 = scaled.one(x, parameters)
    used = 1
    best, least = start, np.inf
    while t < horizon and used < EVALUATIONS:
        speed = norm(k1)
        if not np.isfinite(speed):
            return np.full_like(start, np.nan)
        if speed < least and t > 0:
            best, least = x, speed
        if speed < exact.arrived:
            break
        step = min(step, horizon - t)
        there, k4, error = attempt(scaled, parameters, x, k1, step, exact.tolerance)
        used += 3
        if error <= 1:
            t, x, k1 = t + step, there, k4
        step = next_step(step, error)
        if step < 1e-9:
            return np.full_like(start, np.nan) if not np.isfinite(error) else x
    return best if slowest else x


def attempt(
    scaled: Scaled,
    parameters: Sequence[float],
    x: Reals,
    k1: Reals,
    step: float,
    tolerance: float = TOLERANCE,
) -> tuple[Reals, Reals, float]:
    """The state after a step, its slope, and the error in tolerances; k1: the slope at x."""
    slopes = [k1]
    there = x
    for row in BOGACKI_SHAMPINE.a[1:]:
        there = moved(x, row, step, slopes)
        slopes.append(scaled.one(there, parameters))
    error = norm(step * weighted(BOGACKI_SHAMPINE.error, slopes)) / tolerance
    return there, slopes[-1], error


def moved(x: Reals, row: Weights, step: float, slopes: Sequence[Reals]) -> Reals:
    """The state after a row of a tableau, as `tableaus.combine`."""
    return x + row.times * step / row.over * weighted(row, slopes) if slopes else x


def weighted(row: Weights, slopes: Sequence[Reals]) -> Reals:
    """The weighted sum of slopes, as `tableaus.weighted`."""
    groups = [sum(weight * slopes[k] / over for k, weight, over in group) for group in row.groups]
    return np.asarray(sum(groups))


def next_step(step: float, error: float) -> float:
    """The length of the next attempt."""
    if not np.isfinite(error):
        return step / 5
    return float(step * min(4.0, max(0.2, 0.9 * max(error, 1e-9) ** (-1 / 3))))
