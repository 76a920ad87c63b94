"""Adaptive steps through scipy, stopped and restarted at every discontinuity.

Dates of STEP, PULSE, RAMP, of comparisons with Time and of policies are known before the run;
the conditions of SAMPLE IF TRUE are found as roots on the way. A door to scipy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from simdistrict.base.errors import EngineError, Problem
from simdistrict.engine.integrators.fixed import Trajectory, diverged
from simdistrict.engine.integrators.schedule import Move, Schedule
from simdistrict.engine.interpreted import Kernel, Vector
from simdistrict.engine.layout import HELD_TIME, MOVING_TIME, SAMPLING, SWITCH_TIME, TIME
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

MAX_EVALUATIONS = 2_000_000
# integrators for models whose time constants are very unlike, and scipy's names for them
IMPLICIT = {"stiff": "LSODA", "bdf": "BDF", "radau": "Radau"}
# restart this share of a segment behind a sampled condition's change, on its other side
_NUDGE = 1e-10


class _StepLimitError(Exception):
    pass


class _NotFiniteError(Exception):
    pass


FINEST = 1e-13  # relative tolerance; some hundred times what a rounding makes


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Error bounds per step: |error| < atol + rtol * |stock|, atol in each stock's own unit.

    Raises EngineError for an rtol that double precision does not hold.
    """

    rtol: float = 1e-8
    atol: float = 1e-10

    def __post_init__(self) -> None:
        if not self.rtol >= FINEST:
            what = f"{self.rtol:g} is finer than numbers in double precision can be told apart"
            raise EngineError(Problem("rtol", what, f"give {FINEST:g} or more"))


AS_USUAL = Tolerance()


def adaptive_steps(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move] = (),
    *,
    tolerance: Tolerance = AS_USUAL,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Trajectory:
    """Run with scipy's RK45 (Dormand and Prince 1980) and save at the grid's saved points.

    Raises EngineError where adaptive steps cannot run the program.
    """
    refuse_stepwise(program)
    vector: Vector = list(constants)
    return _Adaptive(
        Kernel(program), vector, program, grid, moves, tolerance, max_evaluations
    ).run()


def stiff_steps(
    program: Program,
    grid: TimeGrid,
    constants: Sequence[float],
    moves: Sequence[Move] = (),
    *,
    integrator: str = "stiff",
    tolerance: Tolerance = AS_USUAL,
    max_evaluations: int = MAX_EVALUATIONS,
    kernel: Kernel | None = None,
    vector: Any = None,
) -> Trajectory:
    """Run a model with very unlike time constants.

    integrator: `stiff` for scipy's LSODA (Hindmarsh and Petzold), which changes to explicit steps
    where they do; `bdf` for backward differentiation of order 1 to 5, `radau` for the implicit
    Runge-Kutta method of order 5 (Hairer and Wanner), whose Jacobians are finite differences.
    kernel, vector: another backend's, the vector with the constants in it. Otherwise as
    `adaptive_steps`.
    """
    refuse_stepwise(program)
    kernel = kernel or Kernel(program)
    vector = list(constants) if vector is None else vector
    return _Adaptive(
        kernel,
        vector,
        program,
        grid,
        moves,
        tolerance,
        max_evaluations,
        method=IMPLICIT[integrator],
    ).run()


def refuse_stepwise(program: Program) -> None:
    """Raise EngineError for what steps of their own length cannot run."""
    if program.stepwise:
        raise EngineError(
            Problem(
                program.stepwise,
                "counts steps of equal length (DELAY FIXED, DELAY N with a time that moves, "
                "RANDOM), which adaptive steps are not",
                "use --integrator euler or rk4",
            )
        )
    if program.equalities:
        raise EngineError(
            Problem(
                program.equalities[0],
                "SAMPLE IF TRUE tests an equality, which adaptive steps cannot find in time",
                "use --integrator euler or rk4, or compare with < or >",
            )
        )


def segments(
    kernel: Kernel, grid: TimeGrid, constants: Sequence[float], schedule: Schedule
) -> list[float]:
    """Start, every known discontinuity inside the run, stop."""
    start, stop = grid.start, grid.stop
    v = list(constants)
    kernel.once(v)
    dates = kernel.switches(v, stop) + schedule.dates()
    # dates that differ by rounding alone are one date
    shortest = 1e-9 * max(grid.time_step, 1e-9)
    cuts = [start]
    for date in sorted(d for d in dates if math.isfinite(d) and start < d < stop):
        if date - cuts[-1] > shortest and stop - date > shortest:
            cuts.append(date)
    return [*cuts, stop] if stop > start else cuts


class _Adaptive:
    def __init__(
        self,
        kernel: Kernel,
        vector: Vector,
        program: Program,
        grid: TimeGrid,
        moves: Sequence[Move],
        tolerance: Tolerance,
        max_evaluations: int,
        method: str = "RK45",
    ) -> None:
        self.program = program
        self.kernel = kernel
        self.grid = grid
        self.v = vector
        self.method = method
        self.schedule = Schedule(moves, list(vector))
        self.tolerance = tolerance
        self.most = self.left = max_evaluations
        layout = program.layout
        self.stocks = slice(layout.stocks.start, layout.stocks.stop)
        self.rates = slice(layout.rates.start, layout.rates.stop)
        self.sampled = slice(layout.sampled.start, layout.sampled.stop)
        self.held = slice(layout.held_samples.start, layout.held_samples.stop)
        self.times: list[float] = []
        self.rows: list[Vector] = []

    # ------------------------------------------------------------------ evaluation

    def clock(self, t: float, middle: float) -> None:
        self.v[TIME] = self.v[MOVING_TIME] = t
        self.v[HELD_TIME] = self.v[SWITCH_TIME] = middle

    def derive(self, t: float, middle: float) -> None:
        self.clock(t, middle)
        if self.schedule.places and self.schedule.apply(self.v):
            self.kernel.once(self.v)
            self.kernel.settle(self.v)
        self.kernel.derive(self.v)

    def slope(self, t: float, state: Any, middle: float) -> list[float]:
        if self.left <= 0:
            raise _StepLimitError
        self.left -= 1
        self.v[self.stocks] = state.tolist()
        self.derive(t, middle)
        # plain floats: a sum of numpy's own warns where it is no longer finite
        slopes = list(map(float, self.v[self.rates]))
        total = sum(slopes)
        if total - total != 0.0 and not all(map(math.isfinite, slopes)):
            raise _NotFiniteError
        return slopes

    def save(self, t: float, middle: float) -> None:
        self.derive(t, middle)
        self.times.append(t)
        self.rows.append(self.v[: self.program.layout.values].copy())

    def ask(self, t: float, middle: float) -> None:
        """Find which sampled conditions hold; they stay so until one of them changes."""
        self.v[SAMPLING] = 1.0
        self.derive(t, middle)
        self.v[SAMPLING] = 0.0

    def sample(self) -> None:
        self.v[self.held] = self.v[self.sampled]

    # ------------------------------------------------------------------ the run

    def run(self) -> Trajectory:
        start, stop = self.grid.start, self.grid.stop
        behind = stop + self.grid.time_step / 2
        cuts = segments(Kernel(self.program), self.grid, list(self.v), self.schedule)
        middle = (cuts[0] + cuts[1]) / 2 if len(cuts) > 1 else behind
        self.clock(start, middle)
        self.v[SAMPLING] = 1.0
        self.schedule.apply(self.v)
        self.kernel.once(self.v)
        self.kernel.start(self.v)
        self.kernel.settle(self.v)
        saved = [self.grid.at(i) for i in self.grid.saved]
        try:
            for a, b in pairwise(cuts):
                wanted = [t for t in saved if a <= t < b]
                saved = saved[len(wanted) :]
                self.segment(a, b, wanted)
            self.ask(stop, behind)
            self.save(stop, behind)
        except _StepLimitError:
            return self.stopped(Outcome.step_limit)
        except _NotFiniteError:
            return self.stopped(Outcome.diverged)
        if not all(map(math.isfinite, self.v[self.stocks])):
            self.times.pop()
            self.rows.pop()
            return self.stopped(Outcome.diverged)
        return self.path(Ending(Outcome.completed, stop))

    def path(self, ending: Ending) -> Trajectory:
        return Trajectory(tuple(self.times), self.rows, ending, self.most - self.left)

    def stopped(self, outcome: Outcome) -> Trajectory:
        last = self.times[-1] if self.times else self.grid.start
        if outcome is Outcome.diverged:
            ending = diverged(self.program, self.v, last)
        else:
            ending = exhausted(last, _EXPLICIT if self.method == "RK45" else _IMPLICIT)
        return self.path(ending)

    def segment(self, a: float, b: float, wanted: list[float]) -> None:
        """From a to b with a smooth right-hand side, but for sampled conditions."""
        middle = (a + b) / 2
        self.ask(a, middle)
        while wanted and wanted[0] <= a:
            self.save(wanted.pop(0), middle)
        if not self.program.layout.stocks.size:
            for t in (*wanted, b):
                self.ask(t, middle)
                self.sample()
                if t in wanted:
                    self.save(t, middle)
            return
        at = a
        while at < b:
            self.ask(at, middle)
            at = self.smooth(at, b, wanted, middle)

    def smooth(self, a: float, b: float, wanted: list[float], middle: float) -> float:
        """Solve until b or until a sampled condition changes; where that was."""
        import numpy as np
        from scipy.integrate import solve_ivp

        state = np.array(self.v[self.stocks])
        # what overflows inside a step is found as a slope that is not finite
        with np.errstate(all="ignore"):
            solution = solve_ivp(
                lambda t, y: self.slope(t, y, middle),
                (a, b),
                state,
                method=self.method,
                dense_output=True,
                events=self.events(a, middle),
                rtol=self.tolerance.rtol,
                atol=self.tolerance.atol,
            )
        if solution.status < 0:
            raise _NotFiniteError
        end = float(solution.t[-1])
        while wanted and (wanted[0] < end or end >= b):
            t = wanted.pop(0)
            self.v[self.stocks] = solution.sol(t).tolist()
            self.save(t, middle)
        self.v[self.stocks] = solution.y[:, -1].tolist()
        self.derive(end, middle)
        # what was followed until here is held from here on
        self.sample()
        if end < b:
            nudge = min(_NUDGE * (b - a), b - end)
            self.v[self.stocks] = [
                y + nudge * r for y, r in zip(self.v[self.stocks], self.v[self.rates], strict=True)
            ]
            end += nudge
        return end

    def events(self, a: float, middle: float) -> list[Callable[[float, Any], float]] | None:
        """A root function per sampled condition."""
        if not self.program.has_margins:
            return None
        self.derive(a, middle)
        count = len(self.kernel.margins(self.v))

        def event(k: int) -> Callable[[float, Any], float]:
            def margin(t: float, state: Any) -> float:
                self.v[self.stocks] = state.tolist()
                self.derive(t, middle)
                return self.kernel.margins(self.v)[k]

            margin.terminal = True  # type: ignore[attr-defined]
            return margin

        return [event(k) for k in range(count)]


_EXPLICIT = "use --integrator stiff, bdf or radau where the model is stiff, or relax --rtol"
_IMPLICIT = "relax --rtol, or use another one of stiff, bdf and radau"


def exhausted(last: float, hint: str = _EXPLICIT) -> Ending:
    """The ending of a run that used up its evaluations; last: the last saved time."""
    what = f"the limit of evaluations was reached after time {last:g}; {hint}"
    return Ending(Outcome.step_limit, last, what)
