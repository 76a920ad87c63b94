"""Points on a curve of solutions of N equations in N + 1 unknowns, by pseudo-arclength.

Knows no meaning of the unknowns; the last one is the parameter whose bounds end the curve.
Keller (1977); steps and tangents as in Allgower and Georg (1990).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.ending import Reason
from simdistrict.regimes.numerics.newton import newton
from simdistrict.regimes.numerics.polyline import offsets

# reject a point after a corner that is closer to the curve than this fraction of its distance
_APART = 0.1
_REMEMBERED = 200


class Equations(Protocol):
    """N equations in N + 1 unknowns."""

    def value(self, z: Reals) -> Reals:
        """The N residuals."""
        ...

    def slopes(self, z: Reals) -> Reals:
        """Their derivatives, (N, N + 1)."""
        ...


@dataclass(frozen=True, slots=True)
class Steps:
    """How a curve is followed; lengths are in scaled units, in which the parameter's range is 1.

    most: number of points at which the curve ends; turn: largest angle between the tangents of
    neighbours; drift: largest correction of a predicted point, as a fraction of the step.
    """

    first: float = 0.01
    longest: float = 0.05
    shortest: float = 1e-9
    most: int = 4000
    turn: float = 0.25
    drift: float = 0.5
    corrections: int = 8


@dataclass(frozen=True, eq=False)
class Point:
    """A point of a curve with its unit tangent."""

    z: Reals
    tangent: Reals


@dataclass(frozen=True, eq=False)
class Follower:
    """Predicts and corrects points of a curve.

    weights: of every unknown in lengths and angles; low, high: limits of the unknowns; the curve
    ends on those of the last unknown exactly, and before it leaves those of the others.
    """

    equations: Equations
    weights: Reals
    low: Reals
    high: Reals
    steps: Steps

    def length(self, z: Reals) -> float:
        """The weighted length of a vector."""
        return float(math.sqrt(float(self.weights @ (z * z))))

    def tangent(self, z: Reals, like: Reals) -> Reals | None:
        """The unit tangent at a point, on the side of `like`."""
        slopes = self.equations.slopes(z)
        if not np.isfinite(slopes).all():
            return None
        matrix = np.vstack([slopes, self.weights * like])
        side = np.zeros(len(z))
        side[-1] = 1.0
        try:
            found = np.asarray(np.linalg.solve(matrix, side), float)
        except np.linalg.LinAlgError:
            return None
        size = self.length(found)
        return found / size if np.isfinite(size) and size > 0 else None

    def correct(self, guess: Reals, along: Reals, distance: float, base: Reals) -> Reals | None:
        """The point of the curve in the hyperplane `along . (z - base) = distance`."""
        row = self.weights * along

        def value(z: Reals) -> Reals:
            return np.append(self.equations.value(z), row @ (z - base) - distance)

        def slopes(z: Reals) -> Reals:
            return np.vstack([self.equations.slopes(z), row])

        root = newton(value, slopes, guess, self.steps.corrections)
        return root.point if root.found else None

    def advance(self, point: Point, step: float) -> Point | None:
        """The next point, None where the step is too long or the corrector fails."""
        z = self.correct(point.z + step * point.tangent, point.tangent, step, point.z)
        if z is None:
            return None
        if self.length(z - point.z - step * point.tangent) > self.steps.drift * step:
            return None
        tangent = self.tangent(z, point.tangent)
        if tangent is None:
            return None
        cosine = float(self.weights @ (tangent * point.tangent))
        if cosine < math.cos(self.steps.turn) and step > 100 * self.steps.shortest:
            return None
        return Point(z, tangent)

    def inside(self, z: Reals) -> bool:
        """Whether no unknown has left its limits."""
        return bool((z >= self.low).all() and (z <= self.high).all())

    def exit(self, here: Point, there: Point) -> tuple[Reason, int, Point | None] | None:
        """How a curve leaves its limits between two points; None asks for a shorter step.

        returns: why, which unknown leaves them, and the point on the limit, None where the curve
        ends at the point before.
        """
        last, low, high = there.z[-1], self.low[-1], self.high[-1]
        if low <= last <= high:
            outside = np.flatnonzero((there.z < self.low) | (there.z > self.high))
            return Reason.region, int(outside[0]), None
        limit, unknown = low if last < low else high, len(there.z) - 1
        if here.z[-1] == limit:
            return Reason.bounds, unknown, None
        share = (limit - here.z[-1]) / (last - here.z[-1])
        unit = np.zeros(len(here.z))
        unit[-1] = 1.0 / self.weights[-1]
        guess = here.z + share * (there.z - here.z)
        z = self.correct(guess, unit, limit, np.zeros(len(unit)))
        if z is None:
            return None
        z[-1] = limit
        tangent = self.tangent(z, here.tangent)
        return None if tangent is None else (Reason.bounds, unknown, Point(z, tangent))

    def around(self, points: Sequence[Point]) -> Point | None:
        """The next point after a corner, where the equations have other slopes straight ahead.

        The curve may turn by more than a right angle there, and then no step along the old
        tangent meets it again. Points on the curve already followed are rejected.
        """
        here = points[-1]
        for ahead in (1e-6, 1e-5, 1e-4, 1e-3):
            slopes = self.equations.slopes(here.z + ahead * here.tangent)
            if not np.isfinite(slopes).all():
                continue
            new = null_direction(slopes, self.weights)
            for tangent in (new, -new):
                if float(self.weights @ (tangent * here.tangent)) < -0.99:
                    continue
                z = self.correct(here.z + 2 * ahead * tangent, tangent, 2 * ahead, here.z)
                if z is None or not self.inside(z) or self.length(z - here.z) > 4 * ahead:
                    continue
                found = self.tangent(z, tangent)
                further = None if found is None else self.advance(Point(z, found), ahead)
                if found is None or further is None:
                    continue
                if self.gap(points, z) > _APART * ahead < self.gap(points, further.z):
                    return Point(z, found)
        return None

    def gap(self, points: Sequence[Point], z: Reals) -> float:
        """The distance of a point from the last points of a curve, chord by chord."""
        path = np.array([p.z for p in points[-_REMEMBERED:]])
        if len(path) < 2:
            return self.length(z - path[0])
        apart, _, _ = offsets(path, z, self.weights)
        return float(np.sqrt(((apart * apart) @ self.weights).min()))

    def closes(self, points: Sequence[Point], step: float) -> bool:
        """Whether the last step of a curve passes its first point."""
        if len(points) < 10:
            return False
        start, before, here = points[0], points[-2], points[-1]
        ahead = float(self.weights @ (start.tangent * (here.z - start.z)))
        behind = float(self.weights @ (start.tangent * (before.z - start.z)))
        near = min(self.length(here.z - start.z), self.length(before.z - start.z))
        same = float(self.weights @ (start.tangent * here.tangent)) > 0.5
        return behind < 0 <= ahead and near <= 1.5 * step and same


def null_direction(slopes: Reals, weights: Reals) -> Reals:
    """A unit vector along which the equations do not change, to first order."""
    root = np.sqrt(weights)
    found: Reals = np.linalg.svd(slopes / root)[2][-1] / root
    return found


def located(
    follower: Follower,
    here: Point,
    step: float,
    monitor: Callable[[Point], float],
) -> tuple[Point, bool] | None:
    """The point between `here` and the next one at which a monitor passes zero.

    Regula falsi with halved weights (Illinois) and, every third step, bisection.
    Returns the point, and whether the monitor is continuous there; None where a correction fails.
    """

    def at(s: float) -> Point | None:
        if s == 0:
            return here
        z = follower.correct(here.z + s * here.tangent, here.tangent, s, here.z)
        if z is None:
            return None
        # at a branch point itself there are two tangents, and no single one is found
        tangent = follower.tangent(z, here.tangent)
        return Point(z, here.tangent if tangent is None else tangent)

    left, right = 0.0, step
    end = at(step)
    if end is None:
        return None
    a, b = monitor(here), monitor(end)
    first_size = max(abs(a), abs(b))
    best = end if abs(b) < abs(a) else here
    weight_a, weight_b = a, b
    for k in range(80):
        if right - left < 1e-13 or not (np.isfinite(a) and np.isfinite(b)):
            break
        # every third step halves, for monitors that jump
        share = weight_a / (weight_a - weight_b) if k % 3 != 2 else 0.5
        s = left + min(max(share, 0.0), 1.0) * (right - left)
        point = at(s)
        if point is None:
            return best, False
        value = monitor(point)
        best = point
        if abs(value) < 1e-11:
            return best, True
        if (value < 0) == (a < 0):
            left, a = s, value
            weight_a, weight_b = value, weight_b / 2
        else:
            right, b = s, value
            weight_a, weight_b = weight_a / 2, value
    # the interval has shrunk to a point where the monitor stays large: it jumps there
    return best, min(abs(a), abs(b)) < 1e-4 * max(first_size, 1e-4)
