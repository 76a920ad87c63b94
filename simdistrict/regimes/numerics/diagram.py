"""Diagrams: all branches that are found between two values of a parameter.

Equilibria are searched at some values and followed both ways; one that lies on a branch already
followed is left out. Branches that branch off are followed too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.branch import (
    Branch,
    BranchContinuation,
    Family,
    Kind,
    Special,
    joined,
)
from simdistrict.regimes.numerics.curve import Follower, Point, Steps, null_direction
from simdistrict.regimes.numerics.ending import Reason
from simdistrict.regimes.numerics.equilibrium import Search, equilibria
from simdistrict.regimes.numerics.field import Field, Scaled
from simdistrict.regimes.numerics.polyline import offsets

# a start closer to a branch than this lies on it (scaled)
_ON_BRANCH = 1e-4
# how far below their box stocks may fall, in scales, before a branch leaves it
_BELOW = 1e-6
_FAR = 1e6
# distances from a branch point at which the other branch is sought, in scaled units
_SWITCH = (1e-3, 1e-2)
_MOST_BRANCHES = 40
# special points of one kind that are nearer to each other are one
_SAME = 1e-7


@dataclass(frozen=True, eq=False)
class BifurcationDiagram:
    """All branches found between two values of a parameter; searches: by parameter value."""

    low: float
    high: float
    branches: tuple[Branch, ...]
    searches: tuple[tuple[float, Search], ...]

    def specials(self, kind: str) -> list[Special]:
        """All special points of a kind."""
        return [s for b in self.branches for s in b.specials if s.kind == kind]


def branches(
    model: Field,
    low: float,
    high: float,
    *,
    stops: int = 5,
    starts: int = 20,
    seed: int = 0,
    known: Sequence[Reals] = (),
    horizon: float = 400.0,
    limits: tuple[str, str] = ("", ""),
) -> BifurcationDiagram:
    """Search equilibria at some values of the only parameter, and follow them both ways.

    Lines of equilibria are found and not followed.
    stops: number of values, ends included; limits: the ranges of which low and high are ends,
    empty for none; the other arguments: see `equilibria`.
    """
    tracer = Tracer(Family(Scaled(model), low, high), Steps(), limits)
    searches = []
    for q in np.linspace(0.0, 1.0, stops):
        value = low + float(q) * (high - low)
        found = equilibria(model, (value,), starts=starts, seed=seed, known=known, horizon=horizon)
        searches.append((value, found))
        for e in found.equilibria:
            if e.continuum:
                continue  # every point of a line would be a branch of its own
            tracer.trace(np.append(e.state / model.scale, q), f"equilibrium at {value:g}")
    return BifurcationDiagram(low, high, tuple(tracer.branches), tuple(searches))


def continuations(
    model: Field,
    low: float,
    high: float,
    parameter: float,
    state: Reals,
    steps: Steps | None = None,
) -> tuple[BranchContinuation, BranchContinuation]:
    """The branch through an equilibrium towards lower and higher values, point by point."""
    tracer = Tracer(Family(Scaled(model), low, high), steps or Steps())
    return tracer.halves(tracer.point(parameter, state))


class Tracer:
    """Follows branches and records them.

    branches: in the order in which they were followed.
    """

    def __init__(self, family: Family, steps: Steps, limits: tuple[str, str] = ("", "")) -> None:
        self.family = family
        self.limits = limits
        scaled = family.scaled
        n = scaled.size
        self.weights = np.append(np.full(n, 1.0 / n), 1.0)
        width = scaled.high - scaled.low
        low = np.append(scaled.low - _BELOW, 0.0)
        high = np.append(scaled.high + _FAR * width, 1.0)
        self.follower = Follower(family, self.weights, low, high, steps)
        self.branches: list[Branch] = []

    def point(self, parameter: float, state: Reals) -> Reals:
        """The unknowns at a value of the parameter, in scaled units."""
        share = (parameter - self.family.low) / (self.family.high - self.family.low)
        return np.append(np.asarray(state, float) / self.family.scaled.field.scale, share)

    def trace(self, z: Reals, origin: str) -> None:
        """Follow the branch through a point both ways, and then what branches off from it."""
        queue = [(z, origin)]
        while queue and len(self.branches) < _MOST_BRANCHES:
            start, origin = queue.pop(0)
            if self.known(start):
                continue
            halves = self.halves(start)
            for half in halves:
                half.run()
                if half.ended is Reason.closed:
                    halves = self.alone(half.points[0], Reason.closed), half
                    break
            self.branches.append(joined(*halves, origin, self.limits, _SAME))
            for half in halves:
                for found in half.found:
                    if found.kind is Kind.branch_point:
                        value = self.family.parameter(float(found.point.z[-1]))
                        others = self.switched(found.point)
                        queue += [(other, f"branch point at {value:g}") for other in others]

    def halves(self, z: Reals) -> tuple[BranchContinuation, BranchContinuation]:
        """The continuations from a point towards lower and higher values of the parameter."""
        slopes = self.family.slopes(z)
        if not np.isfinite(slopes).all():
            alone = self.alone(Point(z, np.zeros(len(z))), Reason.no_convergence)
            return alone, alone
        tangent = null_direction(slopes, self.weights)
        tangent = tangent if tangent[-1] >= 0 else -tangent
        down, up = (
            BranchContinuation(self.family, self.follower, Point(z, sign * tangent))
            for sign in (-1.0, 1.0)
        )
        return down, up

    def alone(self, point: Point, reason: Reason) -> BranchContinuation:
        """A half that has ended at its start."""
        return BranchContinuation(self.family, self.follower, point, reason)

    def known(self, z: Reals) -> bool:
        """Whether a point lies on a branch already followed."""
        scale = self.family.scaled.field.scale
        width = self.family.high - self.family.low
        for branch in self.branches:
            shares = (branch.parameters - self.family.low) / width
            path = np.column_stack([branch.states / scale, shares])
            apart, chords, squares = offsets(path, z, self.weights)
            gaps = np.sqrt((apart * apart) @ self.weights)
            # a chord is nearer to its curve than it is long
            for k in np.flatnonzero(gaps <= np.sqrt(squares)):
                if gaps[k] < _ON_BRANCH or self.meets(z, z - apart[k], chords[k]):
                    return True
        return False

    def meets(self, z: Reals, guess: Reals, chord: Reals) -> bool:
        """Whether the curve next to a chord passes through a point."""
        along = chord / self.follower.length(chord)
        found = self.follower.correct(guess, along, float(self.weights @ (along * z)), 0 * z)
        return found is not None and self.follower.length(found - z) < _ON_BRANCH

    def switched(self, point: Point) -> list[Reals]:
        """Points on the other branch through a branch point.

        They are sought across the known tangent, in the plane of the two tangents.
        """
        slopes = self.family.slopes(point.z) / np.sqrt(self.weights)
        if not np.isfinite(slopes).all():
            return []
        *_, vectors = np.linalg.svd(slopes)
        plane = vectors[-2:]
        along = point.tangent * np.sqrt(self.weights)
        inside = plane @ along
        across = plane.T @ np.array([-inside[1], inside[0]])
        across = across / np.linalg.norm(across) / np.sqrt(self.weights)
        found = []
        for sign in (1.0, -1.0):
            for size in _SWITCH:
                z = self.follower.correct(
                    point.z + sign * size * across, across, sign * size, point.z
                )
                if z is not None and self.follower.inside(z):
                    found.append(z)
                    break
        return found
