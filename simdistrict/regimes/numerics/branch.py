"""One branch: equilibria followed along a parameter, with the points at which they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.continuation import Continuation
from simdistrict.regimes.numerics.curve import Follower, Point, located
from simdistrict.regimes.numerics.ending import CurveEnding, Reason
from simdistrict.regimes.numerics.field import RELATIVE_STEP, Scaled
from simdistrict.regimes.numerics.stability import Spectrum, spectrum

# an eigenvalue this near to zero, as a fraction of the largest, marks a branch point at a turn
_TOUCH = 1e-4
# a step with tangents and a change of the parameter below these shares lies on a line of equilibria
# at one value; a fold is flat over shorter steps only
_FLAT = 1e-9
_FLAT_STEP = 1e-3
# the length from its start, in scaled units, over which a curve is flat that is such a line
_LINE = 0.1
# distances ahead of the last point, in scaled units, at which the flows are evaluated
_AHEAD = (0.0, 1e-8, 1e-6, 1e-5)


class Kind(StrEnum):
    """Kinds of special points.

    kink: the field has a corner there, and the branch turns or changes its stability although no
    eigenvalue passes zero.
    """

    fold = "fold"
    hopf = "hopf"
    branch_point = "branch point"
    kink = "kink"

    @property
    def noun(self) -> str:
        """The kind in sentences."""
        return "Hopf point" if self is Kind.hopf else self.value


@dataclass(frozen=True, eq=False)
class Special:
    """A point at which a branch turns or its stability changes.

    position: index of the branch's point after it; frequency: of a Hopf point, in radians per
    time unit.
    """

    kind: Kind
    parameter: float
    state: Reals
    spectrum: Spectrum
    position: int
    frequency: float = 0.0


@dataclass(frozen=True, eq=False)
class Branch:
    """One branch, from one end to the other.

    parameters: (points,); states: (points, stocks), in the stocks' units; spectra: one for each
    point; origin: the point from which it was followed.
    """

    parameters: Reals
    states: Reals
    spectra: tuple[Spectrum, ...]
    specials: tuple[Special, ...]
    endings: tuple[CurveEnding, CurveEnding]
    origin: str


@dataclass(frozen=True, eq=False)
class Family:
    """The equations f(x, q) = 0, with q the parameter's share of the way from low to high."""

    scaled: Scaled
    low: float
    high: float

    def parameter(self, q: float) -> float:
        """The parameter at a share of the way."""
        return self.low + q * (self.high - self.low)

    def parameters(self, z: Reals) -> tuple[float]:
        """The parameters of the field at a point."""
        return (self.parameter(float(z[-1])),)

    def value(self, z: Reals) -> Reals:
        """The net flows."""
        return self.scaled.one(z[:-1], self.parameters(z))

    def slopes(self, z: Reals) -> Reals:
        """The derivatives of the net flows by stocks and parameter."""
        step = RELATIVE_STEP
        up, down = z.copy(), z.copy()
        up[-1] += step
        down[-1] -= step
        last = (self.value(up) - self.value(down)) / (up[-1] - down[-1])
        jacobian = self.scaled.jacobian(z[:-1], self.parameters(z))
        return np.column_stack([jacobian, last])

    def spectrum(self, z: Reals) -> Spectrum:
        """The eigenvalues at a point."""
        return spectrum(self.scaled.jacobian(z[:-1], self.parameters(z)))


@dataclass(frozen=True, eq=False)
class _Event:
    """A special point on one side of the start; position: index in the continuation's points."""

    kind: Kind
    point: Point
    position: int
    frequency: float = 0.0


class BranchContinuation(Continuation):
    """Equilibria followed in one direction.

    Further state: spectra, one for each point; found: the special points so far; flat: the length
    over which the parameter has not changed since the start, None once it has.
    """

    def __init__(
        self, family: Family, follower: Follower, start: Point, ended: Reason | None = None
    ) -> None:
        super().__init__(follower, start, ended)
        self.family = family
        self.spectra = [family.spectrum(start.z)]
        self.found: list[_Event] = []
        self.flat: float | None = 0.0

    def passed(self, here: Point, there: Point, step: float) -> bool:
        before, after = self.spectra[-1], self.family.spectrum(there.z)
        if step >= _FLAT_STEP and _flat(here, there):
            # the parameter's changes there are rounding: neither folds nor branch points
            self.spectra.append(after)
            return True
        turned = here.tangent[-1] * there.tangent[-1] < 0
        counts = [int((s.eigenvalues.real > 0).sum()) for s in (before, after)]
        changed = abs(counts[1] - counts[0])
        # shorter steps separate two events, as far as that is possible
        several = changed > 2 or (changed == 2 and not _pair(before, after, max(counts)))
        if (several or (turned and changed != 1)) and step > 1e-6:
            return False
        if turned:
            # where no eigenvalue passes zero it turns at a branch point, or at a corner
            kind = Kind.fold if changed == 1 else Kind.branch_point
            self.note(here, step, lambda p: float(p.tangent[-1]), kind)
        elif changed:
            rank = max(counts) - 1
            kind = Kind.hopf if _pair(before, after, rank + 1) else Kind.branch_point
            self.note(here, step, lambda p: self.real_part(p, rank), kind)
        self.spectra.append(after)
        return True

    def turned(self, here: Point, there: Point) -> None:
        self.found.append(_Event(Kind.kink, here, len(self.spectra)))
        self.spectra.append(self.family.spectrum(there.z))

    def add(self, there: Point) -> None:
        if self.flat is not None:
            step = self.follower.length(there.z - self.points[-1].z)
            self.flat = self.flat + step if _flat(self.points[-1], there) else None
        super().add(there)
        if self.ended is None and self.flat is not None and self.flat >= _LINE:
            self.ended = Reason.line
        if self.ended is Reason.closed:
            self.spectra.append(self.spectra[0])

    def real_part(self, point: Point, rank: int) -> float:
        """The real part of the eigenvalue of a rank."""
        return float(self.family.spectrum(point.z).eigenvalues[rank].real)

    def note(self, here: Point, step: float, monitor: Callable[[Point], float], kind: Kind) -> None:
        """Locate a special point; it is a kink where the monitor jumps."""
        result = located(self.follower, here, step, monitor)
        if result is None:
            return
        point, smooth = result
        frequency = 0.0
        if kind is Kind.hopf and smooth:
            eigenvalues = self.family.spectrum(point.z).eigenvalues
            nearest = eigenvalues[np.argmin(np.abs(eigenvalues.real))]
            frequency = abs(float(nearest.imag))
        if kind is Kind.branch_point and not smooth:
            real = np.abs(self.family.spectrum(point.z).eigenvalues.real)
            smooth = float(real.min()) < _TOUCH * max(float(real.max()), 1.0)
        own = kind if smooth else Kind.kink
        self.found.append(_Event(own, point, len(self.spectra), frequency))

    def ending(self, limits: tuple[str, str]) -> CurveEnding:
        """Why and where it ended; limits: ranges that the bounds are ends of, empty for none."""
        last, names = self.points[-1], self.family.scaled.field.names
        at = self.family.parameters(last.z)
        match self.ended:
            case Reason.closed:
                return CurveEnding(Reason.closed)
            case Reason.region:
                return CurveEnding(Reason.region, at, names[self.outside])
            case Reason.bounds if limits[int(last.z[-1] > 0.5)]:
                return CurveEnding(Reason.range, at, limits[int(last.z[-1] > 0.5)])
            case Reason.no_convergence if self.undefined(last):
                return CurveEnding(Reason.undefined, at)
        assert self.ended is not None
        return CurveEnding(self.ended, at)

    def undefined(self, point: Point) -> bool:
        """Whether the flows, or their slopes, have no finite value at a point or just ahead."""
        ahead = [point.z + step * point.tangent for step in _AHEAD]
        return not all(
            np.isfinite(self.family.value(z)).all() and np.isfinite(self.family.slopes(z)).all()
            for z in ahead
        )


def joined(
    down: BranchContinuation,
    up: BranchContinuation,
    origin: str,
    limits: tuple[str, str],
    nearest: float,
) -> Branch:
    """One branch of two halves with the same start.

    nearest: two special points of one kind that are nearer to each other are one, as where the
    start is one of them.
    """
    family, follower = up.family, up.follower
    points = [*reversed(down.points), *up.points[1:]]
    scale = family.scaled.field.scale
    shift = len(down.points) - 1
    found = [(shift - f.position, f) for f in reversed(down.found)]
    found += [(shift + f.position - 1, f) for f in up.found]
    specials = []
    for k, (position, own) in enumerate(found):
        before = found[k - 1][1]
        gap = follower.length(own.point.z - before.point.z) if k else np.inf
        if own.kind is before.kind and gap < nearest:
            continue
        z = own.point.z
        (parameter,) = family.parameters(z)
        specials.append(
            Special(
                own.kind, parameter, z[:-1] * scale, family.spectrum(z), position, own.frequency
            )
        )
    return Branch(
        np.array([family.parameter(float(p.z[-1])) for p in points]),
        np.array([p.z[:-1] * scale for p in points]),
        (*reversed(down.spectra), *up.spectra[1:]),
        tuple(specials),
        (down.ending(limits), up.ending(limits)),
        origin,
    )


def _flat(here: Point, there: Point) -> bool:
    """Whether the parameter is the same at two neighbours and does not change along the curve."""
    changes = (here.tangent[-1], there.tangent[-1], there.z[-1] - here.z[-1])
    return bool(max(map(abs, changes)) < _FLAT)


def _pair(before: Spectrum, after: Spectrum, rank: int) -> bool:
    """Whether the eigenvalues that change sign are a complex pair."""
    return all(abs(s.eigenvalues[rank - 1].imag) > 0 for s in (before, after))
