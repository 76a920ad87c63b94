"""The equilibria of a field: searched from many starts, refined, classified, merged.

A search can miss an equilibrium; what it reports is a root to the stated tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.regimes.numerics.field import Field, Scaled
from simdistrict.regimes.numerics.flow import settle, settle_each
from simdistrict.regimes.numerics.newton import Root, newton, norm, with_fallback
from simdistrict.regimes.numerics.stability import Spectrum, Stability, spectrum

STARTS = 40
SEED = 0
# scaled states closer than this in every stock are one equilibrium
MERGED = 1e-5
# roots below the box are dropped, above it only those far away: a stock that hardly moved up to
# the date has a small box, and may be outside it in the long run
_OUTSIDE = 1e-9
_FAR = 1e6
_SCAN = 2001
_BISECTIONS = 30
# largest change of a stock in one step of Newton's method, as a fraction of its scale
_LARGEST = 0.5
# most numbers in the initial states of a study; several times as many are kept in memory
_AT_ONCE = 10**8
# largest distance of a root from the straight line between two others on a line of equilibria,
# or an eighth of theirs
_NEAR = 1e-4
# steps of Newton's method from a random start; more of them rarely help
_DIRECT = 25


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """A state in which all net flows are zero.

    state: in the stocks' own units; residual: the largest net flow left, in scales per time
    unit; origin: the kind of start that led to it; continuum: the number of roots found on the line
    of equilibria that this one represents, 0 where it is alone.
    """

    state: Reals
    spectrum: Spectrum
    residual: float
    origin: str
    continuum: int = 0

    @property
    def stable(self) -> bool:
        """Whether it is certainly stable."""
        return self.spectrum.stability is Stability.stable


@dataclass(frozen=True, eq=False)
class Search:
    """The result of a search.

    starts: number of starts; failed: those that led to no root; outside: number of roots outside
    the box, which were dropped.
    """

    equilibria: tuple[Equilibrium, ...]
    starts: int
    failed: int
    outside: int


def equilibria(
    field: Field,
    parameters: Sequence[float] = (),
    *,
    starts: int = STARTS,
    seed: int = SEED,
    known: Sequence[Reals] = (),
    horizon: float = 400.0,
) -> Search:
    """Search the box of a field.

    starts: points of a Latin hypercube, from each of which the flow is followed over `horizon`
    time units and a root is sought at both ends; known: further starts, such as the states of a
    run. Between each two attractors a separatrix is sought on the straight line between them.
    Roots on one line of equilibria, as where only a sum of stocks is fixed, are one.
    One free stock is scanned instead, so that no change of sign is missed at the scan's width.
    """
    search = _Searching(Scaled(field), tuple(parameters), horizon)
    for state in known:
        search.try_from(np.asarray(state, float) / field.scale, "run")
    if search.scaled.size == 1:
        search.scan()
    else:
        for start in hypercube(search.scaled.low, search.scaled.high, starts, seed):
            search.try_from(start, "start")
    search.between()
    found = sorted(search.without_lines(), key=lambda e: tuple(-e.state))
    return Search(tuple(found), search.starts, search.failed, search.outside)


def refine(
    field: Field, parameters: Sequence[float], state: Reals, origin: str = "given"
) -> Equilibrium | None:
    """The equilibrium next to a state, None where Newton's method does not converge."""
    scaled = Scaled(field)
    root = newton(
        lambda x: scaled.one(x, parameters),
        lambda x: scaled.jacobian(x, parameters),
        np.asarray(state, float) / field.scale,
        largest=_LARGEST,
    )
    return _equilibrium(scaled, parameters, root, origin) if root.found else None


def hypercube(low: Reals, high: Reals, count: int, seed: int) -> Reals:
    """A Latin hypercube: each stock's range in `count` slices, each slice used once.

    Raises EngineError for more states than are followed side by side.
    """
    most = _AT_ONCE // max(len(low), 1)
    if count > most:
        what = f"{count} are not between 1 and {most}, as many as are followed side by side here"
        raise EngineError(Problem("initial states", what, "ask for fewer"))
    draw = np.random.default_rng(seed)
    columns = [(draw.permutation(count) + draw.random(count)) / max(count, 1) for _ in low]
    return low + np.array(columns).T.reshape(count, len(low)) * (high - low)


def _equilibrium(
    scaled: Scaled, parameters: Sequence[float], root: Root, origin: str
) -> Equilibrium:
    verdict = spectrum(scaled.jacobian(root.point, parameters))
    return Equilibrium(root.point * scaled.field.scale, verdict, root.residual, origin)


class _Searching:
    """One search and the equilibria found so far."""

    def __init__(self, scaled: Scaled, parameters: tuple[float, ...], horizon: float) -> None:
        self.scaled = scaled
        self.parameters = parameters
        self.horizon = horizon
        self.found: list[Equilibrium] = []
        self.starts = self.failed = self.outside = 0

    def flows(self, state: Reals) -> Reals:
        return self.scaled.one(state, self.parameters)

    def jacobian(self, state: Reals) -> Reals:
        return self.scaled.jacobian(state, self.parameters)

    def end(self, start: Reals) -> Reals:
        """The state to which the flow leads."""
        one = start[None, :]
        end: Reals = settle_each(
            self.scaled, np.array(self.parameters, float), one, self.horizon
        ).states[0]
        return end

    def try_from(self, start: Reals, origin: str) -> None:
        """Seek a root near the start, and one near the state to which the flow leads."""
        self.starts += 1
        before = len(self.found) + self.outside
        merged = self.root_near(start, origin, iterations=_DIRECT)
        end = self.end(start)
        merged = self.root_near(end, f"end of the flow from {origin}") or merged
        if not merged and len(self.found) + self.outside == before:
            self.failed += 1

    def root_near(self, start: Reals, origin: str, iterations: int = 0) -> bool:
        """Whether there is a root, new or known; iterations: limits Newton's method, used alone."""
        if not np.isfinite(start).all():
            return False
        for known in self.found:
            # other flows have ended here
            if norm(known.state / self.scaled.field.scale - start) < 1e-3 * MERGED:
                return True
        if iterations:
            root = newton(self.flows, self.jacobian, start, iterations, _LARGEST)
        else:
            root = with_fallback(self.flows, self.jacobian, start, _LARGEST)
        return root.found and self.add(root, origin)

    def add(self, root: Root, origin: str) -> bool:
        low, high = self.scaled.low, self.scaled.high
        beyond = _FAR * (high - low)
        if (root.point < low - _OUTSIDE).any() or (root.point > high + beyond).any():
            self.outside += 1
            return False
        scale = self.scaled.field.scale
        if all(norm(e.state / scale - root.point) > MERGED for e in self.found):
            self.found.append(_equilibrium(self.scaled, self.parameters, root, origin))
        return True

    def scan(self) -> None:
        """All changes of sign, and near misses, of a single net flow over the box."""
        low, high = float(self.scaled.low[0]), float(self.scaled.high[0])
        even = np.linspace(low, high, _SCAN)
        near_zero = low + (high - low) * np.geomspace(1e-8, 1e-2, _SCAN // 4)
        points = np.unique(np.concatenate([even, near_zero]))
        flows = self.scaled.many(points[:, None], self.parameters)[:, 0]
        self.starts += len(points)
        for k in range(len(points) - 1):
            a, b = flows[k], flows[k + 1]
            if a == 0 or b == 0 or (np.isfinite(a) and np.isfinite(b) and (a < 0) != (b < 0)):
                self.enclosed(points[k], points[k + 1], a, b)
        size = np.abs(flows)
        for k in range(1, len(points) - 1):
            if size[k] <= size[k - 1] and size[k] <= size[k + 1]:
                root = newton(self.flows, self.jacobian, points[k : k + 1], largest=_LARGEST)
                if root.found:
                    self.add(root, "scan")

    def enclosed(self, left: float, right: float, a: float, b: float) -> None:
        """The root between two points with flows of opposite signs, by bisection and Newton."""
        if a == 0 or b == 0:
            point = np.array([left if a == 0 else right])
            self.add(Root(point, 0.0, True), "scan")
            return
        for _ in range(_BISECTIONS):
            middle = (left + right) / 2
            value = float(self.flows(np.array([middle]))[0])
            if (value < 0) == (a < 0):
                left = middle
            else:
                right = middle
        root = newton(self.flows, self.jacobian, np.array([(left + right) / 2]), largest=1e-3)
        # a jump through zero is enclosed as well, but is no root
        if root.found and left - 1e-3 <= root.point[0] <= right + 1e-3:
            self.add(root, "scan")

    def without_lines(self) -> list[Equilibrium]:
        """The equilibria found, each line of them represented by its first root."""
        alone: list[Equilibrium] = []
        lines: list[list[Equilibrium]] = []
        for e in self.found:
            if np.abs(e.spectrum.eigenvalues).min(initial=np.inf) > e.spectrum.threshold:
                alone.append(e)
                continue
            for line in lines:
                if self.joined(line[0], e):
                    line.append(e)
                    break
            else:
                lines.append([e])
        several = [replace(line[0], continuum=len(line)) for line in lines if len(line) > 1]
        return [*alone, *several, *(line[0] for line in lines if len(line) == 1)]

    def joined(self, one: Equilibrium, other: Equilibrium) -> bool:
        """Whether equilibria lie near all of three points between two."""
        scale = self.scaled.field.scale
        a, b = one.state / scale, other.state / scale
        reach = max(norm(b - a) / 8, _NEAR)
        for share in (0.25, 0.5, 0.75):
            point = a + share * (b - a)
            root = newton(self.flows, self.jacobian, point, _DIRECT, _LARGEST)
            if not root.found or norm(root.point - point) > reach:
                return False
        return True

    def between(self) -> None:
        """Seek saddles between attractors, from the slowest flow on the line between them."""
        if self.scaled.size == 1:
            return
        scale = self.scaled.field.scale
        stable = [e.state / scale for e in self.found if e.stable]
        for i, one in enumerate(stable):
            for other in stable[i + 1 :]:
                self.edge(one, other)

    def edge(self, one: Reals, other: Reals) -> None:
        left, right = 0.0, 1.0
        start = one
        for _ in range(_BISECTIONS):
            share = (left + right) / 2
            start = one + share * (other - one)
            end = self.end(start)
            if norm(end - one) <= norm(end - other):
                left = share
            else:
                right = share
        slow = settle(self.scaled, self.parameters, start, self.horizon, slowest=True)
        self.root_near(slow, "edge between two attractors")
