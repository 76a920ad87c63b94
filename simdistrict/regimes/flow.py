"""Where a frozen world goes from a state: the flow followed in time.

Steps are those of an embedded Runge-Kutta pair of low order (Bogacki and Shampine 1989): an end
state is wanted, not a trajectory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from simdistrict.regimes.field import Array, Scaled
from simdistrict.regimes.newton import norm

# a state whose net flows are all smaller has arrived
ARRIVED = 1e-9
TOLERANCE = 1e-5
EVALUATIONS = 6000


@runtime_checkable
class Followed(Protocol):
    """A field that follows its flow itself, for many states at once."""

    def ends(self, parameters: Array, states: Array, horizon: float) -> Array:
        """What `settle_each` gives, to rounding."""
        ...


def settle_each(scaled: Scaled, parameters: Array, starts: Array, horizon: float) -> Array:
    """`settle` from many states: (members, stocks).

    parameters: (members, parameters), or one row for all; starts: (members, stocks), in scales.
    """
    states = np.atleast_2d(np.asarray(starts, float))
    numbers = np.broadcast_to(
        np.atleast_2d(np.asarray(parameters, float)), (len(states), np.shape(parameters)[-1])
    )
    if isinstance(scaled.field, Followed):
        return scaled.field.ends(numbers, states, horizon)
    return settle_one_by_one(scaled, numbers, states, horizon)


def settle_one_by_one(scaled: Scaled, parameters: Array, states: Array, horizon: float) -> Array:
    """The same, evaluated by the field."""
    ends = [
        settle(scaled, tuple(map(float, own)), state, horizon)
        for own, state in zip(parameters, states, strict=True)
    ]
    found: Array = np.array(ends).reshape(states.shape)
    return found


def settle(
    scaled: Scaled,
    parameters: Sequence[float],
    start: Array,
    horizon: float,
    *,
    slowest: bool = False,
) -> Array:
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
        if speed < ARRIVED:
            break
        step = min(step, horizon - t)
        k2 = scaled.one(x + step / 2 * k1, parameters)
        k3 = scaled.one(x + 3 * step / 4 * k2, parameters)
        there = x + step / 9 * (2 * k1 + 3 * k2 + 4 * k3)
        k4 = scaled.one(there, parameters)
        used += 3
        error = norm(step * (-5 / 72 * k1 + k2 / 12 + k3 / 9 - k4 / 8)) / TOLERANCE
        if error <= 1:
            t, x, k1 = t + step, there, k4
        if not np.isfinite(error):
            step /= 5
        else:
            step *= min(4.0, max(0.2, 0.9 * max(error, 1e-9) ** (-1 / 3)))
        if step < 1e-9:
            return np.full_like(start, np.nan) if not np.isfinite(error) else x
    return best if slowest else x
