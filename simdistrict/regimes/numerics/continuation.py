"""Branches: equilibria followed along a parameter, with their folds, Hopf and branch points.

Several starts give several branches; one that lies on a branch already followed is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.curve import (
    Curve,
    Follower,
    Point,
    Steps,
    located,
    null_direction,
)
from simdistrict.regimes.numerics.equilibrium import Search, equilibria
from simdistrict.regimes.numerics.field import RELATIVE_STEP, Field, Scaled
from simdistrict.regimes.numerics.stability import Spectrum, spectrum

FOLD, HOPF, BRANCH_POINT, KINK = "fold", "hopf", "branch point", "kink"
# a start whose distance to a branch, at the same parameter, is smaller lies on it (scaled)
_ON_BRANCH = 1e-4
# stocks may fall so far below their box, in scales, before a branch has left it
_BELOW = 1e-6
_FAR = 1e6
# how far from a branch point the other branch is looked for, in scaled units
_SWITCH = (1e-3, 1e-2)
_MOST_BRANCHES = 40
# special points of one kind that are nearer to each other are one
_SAME = 1e-7
# an eigenvalue this near to zero, as a share of the largest, marks a branch point on a turn
_TOUCH = 1e-4
# so far ahead of a branch that ended, in scaled units, the flows are asked for
_AHEAD = (0.0, 1e-8, 1e-6, 1e-5)


@dataclass(frozen=True, eq=False)
class Special:
    """A point at which a branch turns or its stability changes.

    kind: fold, hopf, branch point, or kink (the field has a corner there, and the branch turns or
    changes its stability without any eigenvalue passing zero); frequency: of a Hopf point, in
    radians per time unit; position: index of the branch's point behind it.
    """

    kind: str
    parameter: float
    state: Reals
    spectrum: Spectrum
    position: int
    frequency: float = 0.0


@dataclass(frozen=True, eq=False)
class Branch:
    """One branch, from one end to the other.

    parameters: (points,); states: (points, stocks), in the stocks' units; spectra: one for each
    point; endings: why it ends at either end, with what is known about it.
    """

    parameters: Reals
    states: Reals
    spectra: tuple[Spectrum, ...]
    specials: tuple[Special, ...]
    endings: tuple[str, str]
    origin: str


@dataclass(frozen=True, eq=False)
class Diagram:
    """All branches found between two values of a parameter; searches: by parameter value."""

    low: float
    high: float
    branches: tuple[Branch, ...]
    searches: tuple[tuple[float, Search], ...]

    def specials(self, kind: str) -> list[Special]:
        """All special points of a kind."""
        return [s for b in self.branches for s in b.specials if s.kind == kind]


@dataclass(frozen=True, eq=False)
class Family:
    """The equations f(x, q) = 0, with q the parameter's share of the way from low to high."""

    scaled: Scaled
    low: float
    high: float
    before: tuple[float, ...] = ()

    def parameter(self, q: float) -> float:
        return self.low + q * (self.high - self.low)

    def parameters(self, z: Reals) -> tuple[float, ...]:
        return (*self.before, self.parameter(float(z[-1])))

    def value(self, z: Reals) -> Reals:
        return self.scaled.one(z[:-1], self.parameters(z))

    def slopes(self, z: Reals) -> Reals:
        step = RELATIVE_STEP
        up, down = z.copy(), z.copy()
        up[-1] += step
        down[-1] -= step
        last = (self.value(up) - self.value(down)) / (up[-1] - down[-1])
        jacobian = self.scaled.jacobian(z[:-1], self.parameters(z))
        return np.column_stack([jacobian, last])

    def spectrum(self, z: Reals) -> Spectrum:
        return spectrum(self.scaled.jacobian(z[:-1], self.parameters(z)))


def branches(
    model: Field,
    low: float,
    high: float,
    *,
    stops: int = 5,
    steps: Steps | None = None,
    starts: int = 20,
    seed: int = 0,
    known: Sequence[Reals] = (),
    horizon: float = 400.0,
    limits: tuple[str, str] = ("bounds", "bounds"),
) -> Diagram:
    """Search equilibria at some values of the only parameter, and follow them both ways.

    Lines of equilibria are found and not followed.
    stops: at how many values, ends included; limits: what low and high are called where a branch
    ends at them; the other arguments: see `equilibria` and `Steps`.
    """
    tracer = _Tracer(Family(Scaled(model), low, high), steps or Steps(), limits)
    searches = []
    for q in np.linspace(0.0, 1.0, stops):
        value = low + float(q) * (high - low)
        found = equilibria(model, (value,), starts=starts, seed=seed, known=known, horizon=horizon)
        searches.append((value, found))
        for e in found.equilibria:
            if e.continuum:
                continue  # every point of a line would be a branch of its own
            tracer.trace(np.append(e.state / model.scale, q), f"equilibrium at {value:g}")
    return Diagram(low, high, tuple(tracer.branches), tuple(searches))


def branch_from(model: Field, low: float, high: float, parameter: float, state: Reals) -> Diagram:
    """The branch through one equilibrium, and those that branch off from it."""
    tracer = _Tracer(Family(Scaled(model), low, high), Steps())
    z = np.append(np.asarray(state, float) / model.scale, (parameter - low) / (high - low))
    tracer.trace(z, f"given at {parameter:g}")
    return Diagram(low, high, tuple(tracer.branches), ())


@dataclass
class _Watch:
    """What is known of the points on the way, in one direction."""

    family: Family
    follower: Follower
    spectra: list[Spectrum] = field(default_factory=list)
    found: list[tuple[int, Point, str, float]] = field(default_factory=list)

    def __call__(self, here: Point, there: Point, step: float) -> bool:
        """Note what happens between two neighbours; false asks for a shorter step."""
        before, after = self.spectra[-1], self.family.spectrum(there.z)
        turned = here.tangent[-1] * there.tangent[-1] < 0
        signs = [int((s.eigenvalues.real > 0).sum()) for s in (before, after)]
        changed = abs(signs[1] - signs[0])
        # two things at once are taken apart by shorter steps, as far as that goes
        several = changed > 2 or (changed == 2 and not self.pair(before, after, max(signs)))
        if (several or (turned and changed != 1)) and step > 1e-6:
            return False
        position = len(self.spectra)
        if turned and changed == 1:
            self.note(position, here, step, lambda p: float(p.tangent[-1]), FOLD)
        elif turned:
            # it turns and no eigenvalue passes zero: through a branch point, or round a corner
            self.note(position, here, step, lambda p: float(p.tangent[-1]), BRANCH_POINT)
        elif changed:
            rank = max(signs) - 1
            kind = HOPF if self.pair(before, after, rank + 1) else BRANCH_POINT
            self.note(position, here, step, lambda p: self.real_part(p, rank), kind)
        self.spectra.append(after)
        return True

    def corner(self, here: Point, there: Point) -> None:
        """Note a corner, and go on behind it."""
        self.found.append((len(self.spectra), here, KINK, 0.0))
        self.spectra.append(self.family.spectrum(there.z))

    def real_part(self, point: Point, rank: int) -> float:
        return float(self.family.spectrum(point.z).eigenvalues[rank].real)

    @staticmethod
    def pair(before: Spectrum, after: Spectrum, rank: int) -> bool:
        """Whether the eigenvalues that change sign are a complex pair."""
        return all(abs(s.eigenvalues[rank - 1].imag) > 0 for s in (before, after))

    def note(self, position: int, here: Point, step: float, monitor: object, kind: str) -> None:
        assert callable(monitor)
        result = located(self.follower, here, step, monitor)
        if result is None:
            return
        point, smooth = result
        frequency = 0.0
        if kind == HOPF and smooth:
            eigenvalues = self.family.spectrum(point.z).eigenvalues
            nearest = eigenvalues[np.argmin(np.abs(eigenvalues.real))]
            frequency = abs(float(nearest.imag))
        if kind == BRANCH_POINT and not smooth and self.touches_zero(point):
            smooth = True
        self.found.append((position, point, kind if smooth else KINK, frequency))

    def touches_zero(self, point: Point) -> bool:
        """Whether an eigenvalue is next to zero, as at a branch point passed on a turn."""
        real = np.abs(self.family.spectrum(point.z).eigenvalues.real)
        return float(real.min()) < _TOUCH * max(float(real.max()), 1.0)


class _Tracer:
    """Follows branches, and remembers them."""

    def __init__(
        self, family: Family, steps: Steps, limits: tuple[str, str] = ("bounds", "bounds")
    ) -> None:
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

    def trace(self, z: Reals, origin: str) -> None:
        """Follow the branch through a point both ways, and then what branches off from it."""
        queue = [(z, origin)]
        while queue and len(self.branches) < _MOST_BRANCHES:
            start, origin = queue.pop(0)
            if self.known(start):
                continue
            queue += self.one(start, origin)

    def one(self, z: Reals, origin: str) -> list[tuple[Reals, str]]:
        slopes = self.family.slopes(z)
        if not np.isfinite(slopes).all():
            alone = Curve((Point(z, np.zeros(len(z))),), "no convergence")
            watch = _Watch(self.family, self.follower, [self.family.spectrum(z)])
            self.branches.append(self.joined([(alone, watch), (alone, watch)], origin))
            return []
        tangent = null_direction(slopes, self.weights)
        tangent = tangent if tangent[-1] >= 0 else -tangent
        first = self.family.spectrum(z)
        halves = []
        for sign in (-1.0, 1.0):
            watch = _Watch(self.family, self.follower, [first])
            curve = self.follower.follow(Point(z, sign * tangent), watch)
            halves.append((curve, watch))
            if curve.ending == "closed":
                alone = Curve((curve.points[0],), "closed")
                halves = [(alone, _Watch(self.family, self.follower, [first])), (curve, watch)]
                break
        self.branches.append(self.joined(halves, origin))
        return [
            (other, f"branch point at {self.family.parameter(float(point.z[-1])):g}")
            for _, watch in halves
            for _, point, kind, _ in watch.found
            if kind == BRANCH_POINT
            for other in self.switched(point)
        ]

    def joined(self, halves: list[tuple[Curve, _Watch]], origin: str) -> Branch:
        """One branch of two halves that begin at the same point."""
        (down, down_watch), (up, up_watch) = halves
        points = [*reversed(down.points), *up.points[1:]]
        spectra = [*reversed(down_watch.spectra), *up_watch.spectra[1:]]
        scale = self.family.scaled.field.scale
        shift = len(down.points) - 1
        specials = []
        found = [(shift - k, p, kind, w) for k, p, kind, w in reversed(down_watch.found)]
        found += [(shift + k - 1, p, kind, w) for k, p, kind, w in up_watch.found]
        for k, (position, point, kind, frequency) in enumerate(found):
            # a start on a special point is met from both sides
            same = k and kind == found[k - 1][2]
            if same and self.follower.length(point.z - found[k - 1][1].z) < _SAME:
                continue
            specials.append(
                Special(
                    kind,
                    self.family.parameter(float(point.z[-1])),
                    point.z[:-1] * scale,
                    self.family.spectrum(point.z),
                    position,
                    frequency,
                )
            )
        endings = (self.ending(down), self.ending(up))
        return Branch(
            np.array([self.family.parameter(float(p.z[-1])) for p in points]),
            np.array([p.z[:-1] * scale for p in points]),
            tuple(spectra),
            tuple(specials),
            endings,
            origin,
        )

    def ending(self, curve: Curve) -> str:
        """Why and where a curve ended, in words."""
        last = self.family.parameter(float(curve.points[-1].z[-1]))
        if curve.ending.startswith("region"):
            name = self.family.scaled.field.names[int(curve.ending.split()[1])]
            return f'region: "{name}" leaves the values that make sense, at {last:.8g}'
        if curve.ending == "no convergence" and self.undefined(curve.points[-1]):
            return f"undefined: the flows have no finite value next to it, at {last:.8g}"
        if curve.ending == "bounds":
            word = self.limits[int(curve.points[-1].z[-1] > 0.5)]
            return f"{word} at {last:.8g}"
        return curve.ending if curve.ending == "closed" else f"{curve.ending} at {last:.8g}"

    def undefined(self, point: Point) -> bool:
        """Whether the flows, or their slopes, have no finite value at a point or just ahead."""
        ahead = [point.z + step * point.tangent for step in _AHEAD]
        return not all(
            np.isfinite(self.family.value(z)).all() and np.isfinite(self.family.slopes(z)).all()
            for z in ahead
        )

    def known(self, z: Reals) -> bool:
        """Whether a point lies on a branch already followed."""
        scale = self.family.scaled.field.scale
        width = self.family.high - self.family.low
        for branch in self.branches:
            shares = (branch.parameters - self.family.low) / width
            path = np.column_stack([branch.states / scale, shares])
            chords = np.diff(path, axis=0)
            if not len(chords):
                continue
            square = np.maximum((chords * chords) @ self.weights, 1e-300)
            along = ((z - path[:-1]) * chords) @ self.weights / square
            nearest = path[:-1] + np.clip(along, 0, 1)[:, None] * chords
            gaps = np.sqrt(((z - nearest) ** 2) @ self.weights)
            # a chord is nearer to its curve than it is long
            for k in np.flatnonzero(gaps <= np.sqrt(square)):
                if gaps[k] < _ON_BRANCH or self.meets(z, nearest[k], chords[k]):
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
