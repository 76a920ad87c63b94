"""Periodic attractors: flows that return to the same state again and again.

Returns are sought in the plane through a state across the flow (a Poincare section). A cycle
counts as an attractor when a state next to it approaches it; what comes back otherwise, or
does not come back, is no cycle here and stays undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.field import Scaled
from simdistrict.regimes.numerics.flow import attempt, next_step
from simdistrict.regimes.numerics.newton import norm
from simdistrict.regimes.numerics.polyline import offsets

# number of returns that must be near, and their largest distance as a fraction of the cycle's size
_RETURNS = 8
_CLOSE = 5e-3
# smallest cycle, in scales, that is distinguished from rest
_SMALLEST = 1e-3
# distance from the cycle, as a fraction of its size, of a second start; it must halve
_BESIDE = 0.05
# largest distance, as a fraction of the size of a cycle, of a state on it
_ON = 0.05
_EVALUATIONS = 20000
_WITHOUT_RETURN = 2000


@dataclass(frozen=True, eq=False)
class Cycle:
    """A periodic attractor. orbit: (points, stocks), in scales; size: its reach, in scales."""

    orbit: Reals
    period: float
    size: float

    @property
    def middle(self) -> Reals:
        """The middle of the box around it."""
        found: Reals = (self.orbit.min(axis=0) + self.orbit.max(axis=0)) / 2
        return found

    def passes(self, state: Reals) -> bool:
        """Whether a state, in scales, lies on it."""
        path = np.vstack([self.orbit, self.orbit[:1]])
        gaps = np.abs(offsets(path, state, np.ones(len(state)))[0]).max(axis=1)
        return bool(gaps.min() < _ON * self.size)


def cycle_through(scaled: Scaled, parameters: Sequence[float], state: Reals) -> Cycle | None:
    """The attracting cycle through a state, in scales; None where there is none."""
    way = _returns(scaled, parameters, state, state, scaled.one(state, parameters))
    if way is None:
        return None
    orbit, times, crossings, size = way
    if size < _SMALLEST or any(norm(x - state) > _CLOSE * size for x in crossings):
        return None
    periods = np.diff([0.0, *times])
    if np.ptp(periods) > _CLOSE * periods.mean() * 2:
        return None
    found = Cycle(orbit, float(times[-1] / len(times)), size)
    beside = state + _BESIDE * (found.middle - state)
    away = norm(beside - state)
    again = _returns(scaled, parameters, beside, state, scaled.one(state, parameters))
    if away == 0 or again is None or norm(again[2][-1] - state) > away / 2:
        return None
    return found


def _returns(
    scaled: Scaled, parameters: Sequence[float], begin: Reals, centre: Reals, normal: Reals
) -> tuple[Reals, list[float], list[Reals], float] | None:
    """The first turn, the times and states of the returns to the plane, and the reach.

    A crossing far from the centre, a tenth of the way, is passed over: an orbit may cross its
    plane elsewhere as well.
    """
    x, t, step = begin, 0.0, 0.01
    k1 = scaled.one(x, parameters)
    used = 0
    path, times, places = [begin], list[float](), list[Reals]()
    reach = 0.0
    while used < _EVALUATIONS and (times or used < _WITHOUT_RETURN):
        there, k4, error = attempt(scaled, parameters, x, k1, step)
        used += 3
        if error <= 1:
            a, b = float(normal @ (x - centre)), float(normal @ (there - centre))
            reach = max(reach, norm(there - centre))
            if a < 0 <= b:
                share, place = _crossing(x, there, step * k1, step * k4, centre, normal)
                if norm(place - centre) < 0.1 * reach:
                    times.append(t + share * step)
                    places.append(place)
            if not times:
                path.append(there)
            t, x, k1 = t + step, there, k4
        if len(times) == _RETURNS:
            return np.array(path), times, places, reach
        step = next_step(step, error)
        if step < 1e-9:
            return None
    return None


def _crossing(
    x: Reals, there: Reals, k1: Reals, k4: Reals, centre: Reals, normal: Reals
) -> tuple[float, Reals]:
    """Where the cubic through both ends of a step, with its slopes, crosses the plane."""
    low, high = 0.0, 1.0
    place = there
    for _ in range(50):
        s = (low + high) / 2
        place = (
            (1 + 2 * s) * (1 - s) ** 2 * x
            + s * (1 - s) ** 2 * k1
            + s * s * (3 - 2 * s) * there
            + s * s * (s - 1) * k4
        )
        if float(normal @ (place - centre)) < 0:
            low = s
        else:
            high = s
    return (low + high) / 2, place
