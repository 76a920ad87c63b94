"""Folds followed in two parameters: the border of the region with two stable equilibria.

A fold is an equilibrium whose Jacobian is singular. The singularity is one number, g, from a
bordered linear system (Govaerts 2000, section 3.3): [[J, b], [c', 0]] (v, g) = (0, 1), and g = 0
where J is singular. Two curves of folds meet in a cusp, where the curvature along v vanishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.branch import Special
from simdistrict.regimes.numerics.continuation import Continuation
from simdistrict.regimes.numerics.curve import Follower, Point, Steps, located, null_direction
from simdistrict.regimes.numerics.ending import CurveEnding, Reason
from simdistrict.regimes.numerics.field import RELATIVE_STEP, Field, Scaled
from simdistrict.regimes.numerics.polyline import offsets

# of second differences: the error is step^2 from curvature and 1e-16/step^2 from rounding
_WIDE = 1e-4
_BELOW = 1e-6
_FAR = 1e6
_ON_CURVE = 1e-4


@dataclass(frozen=True, eq=False)
class Cusp:
    """Where two curves of folds meet."""

    parameters: tuple[float, float]
    state: Reals


@dataclass(frozen=True, eq=False)
class FoldCurve:
    """One curve of folds. parameters: (points, 2); states: (points, stocks)."""

    parameters: Reals
    states: Reals
    cusps: tuple[Cusp, ...]
    endings: tuple[CurveEnding, CurveEnding]


def fold_curves(
    model: Field,
    folds: Sequence[Special],
    other: float,
    first: tuple[float, float],
    second: tuple[float, float],
) -> list[FoldCurve]:
    """Follow folds in both parameters; they were found along the first one.

    other: the value of the second parameter there. A fold on a curve already followed is left out.
    """
    curves: list[FoldCurve] = []
    scaled = Scaled(model)
    low, high = (np.array(pair) for pair in zip(first, second, strict=True))
    for fold in folds:
        shares = (np.array([fold.parameter, other]) - low) / (high - low)
        z = np.concatenate([fold.state / model.scale, shares])
        if any(_passes(curve, z, model.scale, low, high) for curve in curves):
            continue
        found = _traced(scaled, low, high, Steps(), z)
        if found is not None:
            curves.append(found)
    return curves


def _passes(curve: FoldCurve, z: Reals, scale: Reals, low: Reals, high: Reals) -> bool:
    path = np.column_stack([curve.states / scale, (curve.parameters - low) / (high - low)])
    apart, _, squares = offsets(path, z, np.ones(len(z)))
    # a chord is off its curve by about its length squared
    return bool((np.abs(apart).max(axis=1) < _ON_CURVE + squares).any())


@dataclass(frozen=True, eq=False)
class _Bordered:
    """The equations f = 0, g = 0; their borders are constant between two points."""

    scaled: Scaled
    low: Reals
    high: Reals
    left: Reals
    right: Reals

    def parameters(self, z: Reals) -> tuple[float, ...]:
        values = self.low + z[-2:] * (self.high - self.low)
        return tuple(map(float, values))

    def vectors(self, z: Reals) -> tuple[Reals, Reals, float]:
        """Null vectors of the Jacobian, right and left, and its distance g from singularity."""
        jacobian = self.scaled.jacobian(z[:-2], self.parameters(z))
        n = len(jacobian)
        matrix = np.zeros((n + 1, n + 1))
        matrix[:n, :n], matrix[:n, n], matrix[n, :n] = jacobian, self.left, self.right
        side = np.zeros(n + 1)
        side[n] = 1.0
        if not np.isfinite(matrix).all():
            nothing = np.full(n, np.nan)
            return nothing, nothing, float("nan")
        try:
            right = np.asarray(np.linalg.solve(matrix, side), float)
            left = np.asarray(np.linalg.solve(matrix.T, side), float)
        except np.linalg.LinAlgError:
            nothing = np.full(n, np.nan)
            return nothing, nothing, float("nan")
        return right[:n], left[:n], float(right[n])

    def value(self, z: Reals) -> Reals:
        return np.append(self.flows(z), self.vectors(z)[2])

    def slopes(self, z: Reals) -> Reals:
        n = len(z) - 2
        rows = np.empty((n + 1, n + 2))
        rows[:n, :n] = self.scaled.jacobian(z[:-2], self.parameters(z))
        for k in (n, n + 1):
            up, down = z.copy(), z.copy()
            up[k] += RELATIVE_STEP
            down[k] -= RELATIVE_STEP
            rise = self.flows(up) - self.flows(down)
            rows[:n, k] = rise / (up[k] - down[k])
        right, left, _ = self.vectors(z)
        # dg = - left' dJ right, and left' J right is a slope of left' f along right
        for k in range(n + 2):
            up, down = z.copy(), z.copy()
            up[k] += _WIDE
            down[k] -= _WIDE
            slope = self.along(up, right, left) - self.along(down, right, left)
            rows[n, k] = -slope / (up[k] - down[k])
        return rows

    def flows(self, z: Reals) -> Reals:
        return self.scaled.one(z[:-2], self.parameters(z))

    def along(self, z: Reals, right: Reals, left: Reals) -> float:
        """left' J right at a point."""
        step = _WIDE * np.append(np.append(right, 0.0), 0.0)
        rise = self.flows(z + step) - self.flows(z - step)
        return float(left @ rise) / (2 * _WIDE)

    def curvature(self, z: Reals) -> float:
        """left' f'' (right, right), zero at a cusp."""
        right, left, _ = self.vectors(z)
        right, left = right / np.linalg.norm(right), left / np.linalg.norm(left)
        step = _WIDE * 3 * np.append(np.append(right, 0.0), 0.0)
        rise = self.flows(z + step) - 2 * self.flows(z) + self.flows(z - step)
        return float(left @ rise) / (3 * _WIDE) ** 2


class FoldContinuation(Continuation):
    """Folds followed in one direction; the borders turn along with the curve.

    Further state: cusps, those found so far.
    """

    def __init__(self, follower: Follower, start: Point, ended: Reason | None = None) -> None:
        super().__init__(follower, start, ended)
        self.cusps: list[Cusp] = []

    @property
    def equations(self) -> _Bordered:
        """The equations with the borders of the last point."""
        assert isinstance(self.follower.equations, _Bordered)
        return self.follower.equations

    def passed(self, here: Point, there: Point, step: float) -> bool:
        equations = self.equations

        def monitor(point: Point) -> float:
            return equations.curvature(point.z)

        if monitor(here) * monitor(there) < 0:
            found = located(self.follower, here, step, monitor)
            if found is not None:
                z = found[0].z
                a, b = equations.parameters(z)
                self.cusps.append(Cusp((a, b), z[:-2] * equations.scaled.field.scale))
        right, left, _ = equations.vectors(there.z)
        if np.isfinite(right).all() and np.isfinite(left).all():
            left, right = left / np.linalg.norm(left), right / np.linalg.norm(right)
            turned = replace(equations, left=left, right=right)
            self.follower = replace(self.follower, equations=turned)
        return True

    def ending(self) -> CurveEnding:
        """Why and where it ended."""
        assert self.ended is not None
        at = self.equations.parameters(self.points[-1].z)
        if self.ended is not Reason.region:
            return CurveEnding(self.ended, at)
        names = self.equations.scaled.field.names
        # the first parameter is no unknown that a curve ends on exactly
        if self.outside >= len(names):
            return CurveEnding(Reason.bounds, at)
        return CurveEnding(Reason.region, at, names[self.outside])


def _traced(scaled: Scaled, low: Reals, high: Reals, steps: Steps, z: Reals) -> FoldCurve | None:
    """The curve through a fold, both ways; None where no point of it is found."""
    n = scaled.size
    weights = np.concatenate([np.full(n, 1.0 / n), [1.0, 1.0]])
    least = np.concatenate([scaled.low - _BELOW, [0.0, 0.0]])
    most = np.concatenate([scaled.high + _FAR * (scaled.high - scaled.low), [1.0, 1.0]])
    values = tuple(map(float, low + z[-2:] * (high - low)))
    left, _, right = np.linalg.svd(scaled.jacobian(z[:-2], values))
    equations = _Bordered(scaled, low, high, left[:, -1], right[-1])
    follower = Follower(equations, weights, least, most, steps)
    tangent = null_direction(equations.slopes(z), weights)
    start = follower.correct(z, tangent, float(weights @ (tangent * z)), 0 * z)
    if start is None:
        return None
    halves: list[FoldContinuation] = []
    for sign in (-1.0, 1.0):
        # the second half begins with the borders with which the first one ends
        borders = halves[-1].follower if halves else follower
        half = FoldContinuation(borders, Point(start, sign * tangent))
        half.run()
        halves.append(half)
        if half.ended is Reason.closed:
            halves = [FoldContinuation(follower, half.points[0], Reason.closed), half]
            break
    down, up = halves
    points = np.array([p.z for p in (*reversed(down.points), *up.points[1:])])
    return FoldCurve(
        low + points[:, n:] * (high - low),
        points[:, :n] * scaled.field.scale,
        (*reversed(down.cusps), *up.cusps),
        (down.ending(), up.ending()),
    )
