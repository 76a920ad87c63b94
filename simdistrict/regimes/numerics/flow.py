"""Where a frozen world goes from a state: the flow followed in time.

Steps are those of the pair of Bogacki and Shampine: an end state is wanted, not a trajectory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.integrators.tableaus import BOGACKI_SHAMPINE, Row
from simdistrict.regimes.numerics.field import Scaled
from simdistrict.regimes.numerics.newton import norm

# a state whose net flows are all smaller has arrived
ARRIVED = 1e-9
TOLERANCE = 1e-5
EVALUATIONS = 6000


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How exactly a flow is followed, in scales.

    tolerance: of one step; arrived: where all net flows are smaller, the flow has ended. Near a
    state of rest long steps swing about it by a little more than the tolerance, and only with a
    small one does a flow arrive.
    """

    tolerance: float = TOLERANCE
    arrived: float = ARRIVED


USUAL = Accuracy()


@dataclass(frozen=True, eq=False)
class Ends:
    """Where the flow led from many states, all in scales.

    states: (members, stocks), NaN where the flow left all values; speeds: (members,), the largest
    net flow there.
    """

    states: Reals
    speeds: Reals


@runtime_checkable
class Followed(Protocol):
    """A field that follows its flow itself, for many states at once."""

    def ends(self, parameters: Reals, states: Reals, horizon: float, exact: Accuracy) -> Ends:
        """What `settle_each` gives, to rounding."""
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
    """The same, evaluated by the field."""
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
    """The state after `horizon` time units, or on arrival; NaN where the flow leaves all values.

    slowest: instead the state on the way, after a first approach, at which the flow was slowest.
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
        there = x + row.times * step / row.over * _sum(row, slopes)
        slopes.append(scaled.one(there, parameters))
    error = norm(step * _sum(BOGACKI_SHAMPINE.error, slopes)) / tolerance
    return there, slopes[-1], error


def _sum(row: Row, slopes: Sequence[Reals]) -> Reals:
    """The weighted sum of slopes, as `tableaus.weighted`."""
    groups = [sum(weight * slopes[k] for k, weight in group) for group in row.groups]
    return np.asarray(sum(groups))


def next_step(step: float, error: float) -> float:
    """How long the next attempt is."""
    if not np.isfinite(error):
        return step / 5
    return float(step * min(4.0, max(0.2, 0.9 * max(error, 1e-9) ** (-1 / 3))))
