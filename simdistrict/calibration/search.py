"""The search for the smallest payoff: bounded least squares from several starts.

Deterministic: each start has its own share of the evaluations, in whatever process it runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.calibration.evaluation import FreeConstant
from simdistrict.calibration.payoff import Payoff
from simdistrict.engine.native.dual import DIRECTIONS

# finite-difference step, as a share of the range: small for a slope, large against noise
STEP = 1e-6
TOLERANCE = 1e-10
# within this share of the range from a bound, the bound itself is tried
NEAR = 1e-2

Tick = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class Found:
    """Where the search from one start ended.

    values: of the free constants; unit: the same scaled to [0, 1] between the bounds; payoff:
    at these values; evaluations: model runs used; ending: `converged` or `budget`.
    """

    start: int
    values: tuple[float, ...]
    unit: tuple[float, ...]
    payoff: float
    evaluations: int
    ending: str


class _BudgetError(Exception):
    pass


def value_at(free: FreeConstant, unit: float) -> float:
    """The value at a scaled position between low and high; logarithmic where both are positive."""
    if unit <= 0:
        return free.low
    if unit >= 1:
        return free.high
    if free.logarithmic:
        value = free.low * math.pow(free.high / free.low, unit)
    else:
        value = free.low + unit * (free.high - free.low)
    return min(max(value, free.low), free.high)


def unit_of(free: FreeConstant, value: float) -> float:
    """The scaled position of a value between the bounds; 0 or 1 beyond them."""
    if value <= free.low:
        return 0.0
    if value >= free.high:
        return 1.0
    if free.logarithmic:
        return math.log(value / free.low) / math.log(free.high / free.low)
    return (value - free.low) / (free.high - free.low)


def _stretch(free: FreeConstant, value: float) -> float:
    """How fast a value moves with its scaled position."""
    if free.logarithmic:
        return value * math.log(free.high / free.low)
    return free.high - free.low


def starts(free: Sequence[FreeConstant], count: int, seed: int) -> list[tuple[float, ...]]:
    """The present values, then a Latin hypercube."""
    first = tuple(unit_of(f, f.start) for f in free)
    rest = max(count - 1, 0)
    draw = np.random.default_rng(seed)
    columns = [(draw.permutation(rest) + draw.random(rest)) / max(rest, 1) for _ in free]
    return [first, *(tuple(float(c[k]) for c in columns) for k in range(rest))]


class Surface:
    """The residuals as a function of scaled values; counts evaluations.

    fixed: scaled values of constants that the search does not vary, by index.
    """

    def __init__(
        self,
        payoff: Payoff,
        budget: int,
        fixed: dict[int, float] | None = None,
        tick: Tick | None = None,
    ) -> None:
        self.payoff = payoff
        self.budget = budget
        self.fixed = fixed or {}
        self.tick = tick
        self.moving = [k for k in range(len(payoff.target.free)) if k not in self.fixed]
        self.count = 0
        self.best: tuple[float, ...] | None = None
        self.least = math.inf
        self._last: tuple[tuple[float, ...], Reals, Reals | None] | None = None

    def full(self, moving: Sequence[float]) -> tuple[float, ...]:
        """All scaled values, including the fixed ones."""
        unit = dict(self.fixed)
        unit |= dict(zip(self.moving, (float(u) for u in moving), strict=True))
        return tuple(unit[k] for k in range(len(unit)))

    def residuals(self, moving: Sequence[float]) -> Reals:
        """The residuals at scaled values; raises where the budget is used up."""
        return self._at(moving)[0]

    def jacobian(self, moving: Sequence[float]) -> Reals:
        """The Jacobian of the residuals: exact, or by one-sided differences inside the bounds.

        Differences where the model has no derivatives, and for a constant by which all of them
        are zero: it may decide when something happens, which they do not see.
        """
        slopes = self._at(moving)[1]
        if slopes is None:
            return self._differences(moving, list(range(len(self.moving))))
        found = slopes[:, self.moving]
        silent = [k for k in range(len(self.moving)) if not found[:, k].any()]
        if silent:
            found[:, silent] = self._differences(moving, silent)
        return found

    def _at(self, moving: Sequence[float]) -> tuple[Reals, Reals | None]:
        """The residuals and their exact derivatives by all scaled values, which one run gives."""
        unit = self.full(moving)
        if self._last is None or self._last[0] != unit:
            if self.payoff.target.why_no_slopes:
                self._last = (unit, self._run(unit), None)
            else:
                self._last = (unit, *self._sloped(unit))
        return self._last[1], self._last[2]

    def _sloped(self, unit: tuple[float, ...]) -> tuple[Reals, Reals]:
        free = self.payoff.target.free
        self._count(-(-len(free) // DIRECTIONS))
        values = [value_at(f, u) for f, u in zip(free, unit, strict=True)]
        found, slopes = self.payoff.with_slopes(values)
        self._note(unit, found)
        return found, slopes * [_stretch(f, v) for f, v in zip(free, values, strict=True)]

    def _differences(self, moving: Sequence[float], columns: Sequence[int]) -> Reals:
        base = self.residuals(moving)
        slopes = np.empty((len(base), len(columns)))
        for k, column in enumerate(columns):
            step = STEP if moving[column] + STEP <= 1 else -STEP
            there = [*moving]
            there[column] = moving[column] + step
            slopes[:, k] = (self._run(self.full(there)) - base) / step
        return slopes

    def _count(self, runs: int) -> None:
        if self.count + runs > self.budget:
            raise _BudgetError
        self.count += runs

    def _run(self, unit: tuple[float, ...]) -> Reals:
        self._count(1)
        free = self.payoff.target.free
        found = self.payoff.residuals([value_at(f, u) for f, u in zip(free, unit, strict=True)])
        self._note(unit, found)
        return found

    def _note(self, unit: tuple[float, ...], found: Reals) -> None:
        """Keep the best values, and report progress."""
        cost = float(found @ found)
        if cost < self.least:
            self.least, self.best = cost, unit
        if self.tick is not None:
            self.tick(self.count, self.least)


def descend(
    payoff: Payoff,
    start: int,
    unit: Sequence[float],
    budget: int,
    fixed: dict[int, float] | None = None,
    tick: Tick | None = None,
    tolerance: float = TOLERANCE,
) -> Found:
    """Minimise from one start until convergence or until the evaluations are used up.

    tolerance: relative, of the payoff and of the scaled values.
    """
    surface = Surface(payoff, budget, fixed, tick)
    ending = "converged"
    try:
        if surface.moving:
            _least_squares(surface, [unit[k] for k in surface.moving], tolerance)
            _to_bounds(surface)
        else:
            surface.residuals([])
    except _BudgetError:
        ending = "budget"
    best = surface.best or surface.full([unit[k] for k in surface.moving])
    free = payoff.target.free
    values = tuple(value_at(f, u) for f, u in zip(free, best, strict=True))
    return Found(start, values, best, surface.least, surface.count, ending)


def _least_squares(surface: Surface, moving: Sequence[float], tolerance: float) -> None:
    from scipy.optimize import least_squares

    least_squares(
        surface.residuals,
        moving,
        jac=surface.jacobian,
        bounds=(0.0, 1.0),
        method="trf",
        ftol=tolerance,
        xtol=tolerance,
        gtol=tolerance * 1e-4,
        # never reached: the surface stops the search at its budget
        max_nfev=surface.budget + 1,
    )


def _to_bounds(surface: Surface) -> None:
    """Try the bounds themselves, which the method approaches but never reaches."""
    for k in range(len(surface.moving)):
        assert surface.best is not None
        best = [surface.best[m] for m in surface.moving]
        if NEAR < best[k] < 1 - NEAR or best[k] in (0.0, 1.0):
            continue
        best[k] = round(best[k])
        surface.residuals(best)


def student(freedom: int, confidence: float = 0.95) -> float:
    """The quantile of Student's t for a two-sided interval."""
    from scipy.special import stdtrit

    quantile: Any = stdtrit(freedom, 0.5 + confidence / 2)
    return float(quantile)
