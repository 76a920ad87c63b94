"""Curves of solutions of N equations in N + 1 unknowns, followed by pseudo-arclength.

What the unknowns mean is not known here; the last of them is the one whose bounds end the curve.
Keller (1977); steps and tangents as in Allgower and Georg (1990).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.newton import newton


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
    """How a curve is followed; lengths are in scaled units, in which the last unknown's range is 1.

    most: points before it is given up; turn: the largest angle between tangents of neighbours;
    drift: how far, as a share of the step, the corrector may move a predicted point.
    """

    first: float = 0.01
    longest: float = 0.05
    shortest: float = 1e-9
    most: int = 4000
    turn: float = 0.25
    drift: float = 0.5
    corrections: int = 8


# a point beyond a corner that is nearer to the way so far, as a share of its distance, is on it
_APART = 0.1
_REMEMBERED = 200


@dataclass(frozen=True, eq=False)
class Point:
    """A point of a curve with its unit tangent."""

    z: Reals
    tangent: Reals


@dataclass(frozen=True, eq=False)
class Curve:
    """Points in order, and why the last is the last."""

    points: tuple[Point, ...]
    ending: str


class Watch(Protocol):
    """What the caller notes on the way."""

    def __call__(self, here: Point, there: Point, step: float) -> bool:
        """Told of every two neighbours with the step between; false asks for a shorter one."""
        ...

    def corner(self, here: Point, there: Point) -> None:
        """Told of two neighbours with a corner of the curve between them."""
        ...


class Follower:
    """Follows a curve from point to point.

    weights: of every unknown in lengths and angles; limits: unknowns below or above which a
    curve ends, by (low, high) arrays; the last unknown ends on its limits exactly.
    """

    def __init__(
        self, equations: Equations, weights: Reals, low: Reals, high: Reals, steps: Steps
    ) -> None:
        self.equations = equations
        self.weights = weights
        self.low, self.high = low, high
        self.steps = steps

    # ------------------------------------------------------------------ lengths and tangents

    def length(self, z: Reals) -> float:
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

    def at_last(self, guess: Reals, last: float) -> Reals | None:
        """The point of the curve at a value of the last unknown."""
        unit = np.zeros(len(guess))
        unit[-1] = 1.0 / self.weights[-1]
        return self.correct(guess, unit, last, np.zeros(len(guess)))

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

    # ------------------------------------------------------------------ the whole way

    def follow(self, start: Point, watch: Watch) -> Curve:
        """All points from a start in the direction of its tangent."""
        points = [start]
        step = self.steps.first
        while len(points) < self.steps.most:
            here = points[-1]
            there = self.advance(here, step)
            if there is not None and not self.inside(there.z):
                ended = self.ending(here, there)
                if ended is not None:
                    last, reason = ended
                    if last is not None and watch(here, last, self.length(last.z - here.z)):
                        return Curve((*points, last), reason)
                    if last is None:
                        return Curve(tuple(points), reason)
                there = None
            if there is not None and not watch(here, there, step):
                there = None
            if there is None:
                step /= 2
                if step < self.steps.shortest:
                    there = self.around(points)
                    if there is None:
                        return Curve(tuple(points), "no convergence")
                    watch.corner(here, there)
                    points.append(there)
                    step = self.steps.first * 1e-2
                continue
            points.append(there)
            if self.closed(points, step):
                return Curve((*points, start), "closed")
            step = min(step * 1.5, self.steps.longest)
        return Curve(tuple(points), "too many points")

    def around(self, points: list[Point]) -> Point | None:
        """A point beyond a corner: where the equations have other slopes straight ahead.

        At a corner the curve may turn by more than a right angle, and then no step along the old
        tangent, however short, meets it again. The way back is no way on.
        """
        here = points[-1]
        for ahead in (1e-6, 1e-5, 1e-4, 1e-3):
            beyond = here.z + ahead * here.tangent
            slopes = self.equations.slopes(beyond)
            if not np.isfinite(slopes).all():
                continue
            new = null_direction(slopes, self.weights)
            for tangent in (new, -new):
                if float(self.weights @ (tangent * here.tangent)) < -0.99:
                    continue
                z = self.correct(here.z + 2 * ahead * tangent, tangent, 2 * ahead, here.z)
                if z is None or not self.inside(z):
                    continue
                if self.length(z - here.z) > 4 * ahead:
                    continue
                found = self.tangent(z, tangent)
                further = None if found is None else self.advance(Point(z, found), ahead)
                if found is None or further is None:
                    continue
                if self.gap(points, z) > _APART * ahead < self.gap(points, further.z):
                    return Point(z, found)
        return None

    def gap(self, points: list[Point], z: Reals) -> float:
        """The distance of a point from the way so far, chord by chord."""
        path = np.array([p.z for p in points[-_REMEMBERED:]])
        if len(path) < 2:
            return self.length(z - path[0])
        chords = np.diff(path, axis=0)
        square = np.maximum((chords * chords) @ self.weights, 1e-300)
        share = np.clip(((z - path[:-1]) * chords) @ self.weights / square, 0, 1)
        apart = z - path[:-1] - share[:, None] * chords
        return float(np.sqrt(((apart * apart) @ self.weights).min()))

    def inside(self, z: Reals) -> bool:
        return bool((z >= self.low).all() and (z <= self.high).all())

    def ending(self, here: Point, there: Point) -> tuple[Point | None, str] | None:
        """Where and why a curve ends that has left its limits; None asks for a shorter step."""
        last, low, high = there.z[-1], self.low[-1], self.high[-1]
        if not low <= last <= high:
            limit = low if last < low else high
            if here.z[-1] == limit:
                return None, "bounds"
            share = (limit - here.z[-1]) / (last - here.z[-1])
            z = self.at_last(here.z + share * (there.z - here.z), limit)
            if z is None:
                return None
            z[-1] = limit
            tangent = self.tangent(z, here.tangent)
            return None if tangent is None else (Point(z, tangent), "bounds")
        outside = np.flatnonzero((there.z < self.low) | (there.z > self.high))
        return None, f"region {outside[0]}"

    def closed(self, points: list[Point], step: float) -> bool:
        """Whether the curve has come back to where it began."""
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

    Regula falsi with halved weights (Illinois), at worst bisection, on the way along the tangent.
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
    # closed in on a place where the monitor does not get small: it jumps there
    return best, min(abs(a), abs(b)) < 1e-4 * max(first_size, 1e-4)
