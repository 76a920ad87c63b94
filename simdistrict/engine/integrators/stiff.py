"""Implicit integrators of scipy, stopped and restarted at every discontinuity.

Dates of STEP, PULSE, RAMP, of comparisons with Time and of policies are known before the run; the
changes of sampled conditions are found as roots on the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from simdistrict.engine.helpers.primitives import Vector
from simdistrict.engine.integrators.adaptive import (
    AS_USUAL,
    MAX_EVALUATIONS,
    Tolerance,
    exhausted,
    refuse_stepwise,
    segments,
)
from simdistrict.engine.integrators.adaptive_loop import NUDGE
from simdistrict.engine.integrators.fixed import Trajectory, diverged
from simdistrict.engine.integrators.loop import Memory, apply, evaluate
from simdistrict.engine.integrators.schedule import Move, task_of
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.layout import HELD_TIME, MOVING_TIME, SAMPLING, SLACK, SWITCH_TIME, TIME
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

# scipy's names of the implicit integrators
METHODS = {"stiff": "LSODA", "bdf": "BDF", "radau": "Radau"}
_HINT = "relax --rtol, or use another one of stiff, bdf and radau"


class _StepLimitError(Exception):
    pass


class _NotFiniteError(Exception):
    pass


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
    """Run a stiff model.

    integrator: `stiff` for scipy's LSODA (Hindmarsh and Petzold), which changes to explicit steps
    where they do; `bdf` for backward differentiation of order 1 to 5, `radau` for the implicit
    Runge-Kutta method of order 5 (Hairer and Wanner), whose Jacobians are finite differences.
    kernel, vector: another backend's, the vector with the constants in it. Otherwise as
    `adaptive_steps`.
    """
    refuse_stepwise(program)
    kernel = kernel or Kernel(program)
    vector = list(constants) if vector is None else vector
    method = METHODS[integrator]
    return _Implicit(kernel, vector, program, grid, moves, tolerance, max_evaluations, method).run()


class _Implicit:
    def __init__(
        self,
        kernel: Kernel,
        vector: Vector,
        program: Program,
        grid: TimeGrid,
        moves: Sequence[Move],
        tolerance: Tolerance,
        max_evaluations: int,
        method: str,
    ) -> None:
        self.program = program
        self.kernel = kernel
        self.grid = grid
        self.v = vector
        self.method = method
        self.task = task_of(grid, moves, (), ())
        base = [float(vector[self.task.changed[k]]) for k in range(self.task.n_changed)]
        self.memory = Memory(vector, base, [], [], [])
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
        evaluate(self.kernel, self.memory, self.task)

    def slope(self, t: float, state: Any, middle: float) -> list[float]:
        if self.left <= 0:
            raise _StepLimitError
        self.left -= 1
        self.v[self.stocks] = state.tolist()
        self.derive(t, middle)
        # plain floats, because a sum in numpy warns if it is not finite
        slopes = list(map(float, self.v[self.rates]))
        total = sum(slopes)
        if total - total != 0.0 and not all(map(math.isfinite, slopes)):
            raise _NotFiniteError
        return slopes

    def instant(self, t: float, middle: float) -> None:
        """Compute all values at a point of time, where comparisons of Time are read there."""
        self.clock(t, middle)
        self.v[HELD_TIME] = t
        self.v[SLACK] = self.task.slack
        evaluate(self.kernel, self.memory, self.task)
        self.v[SLACK] = 0.0

    def save(self, t: float, middle: float) -> None:
        self.instant(t, middle)
        self.times.append(t)
        self.rows.append(self.v[: self.program.layout.values].copy())

    def ask(self, t: float, middle: float) -> None:
        """Find which sampled conditions hold; they are fixed until one of them changes."""
        self.v[SAMPLING] = 1.0
        self.derive(t, middle)
        self.v[SAMPLING] = 0.0

    def sample(self) -> None:
        self.v[self.held] = self.v[self.sampled]

    # ------------------------------------------------------------------ the run

    def run(self) -> Trajectory:
        start, stop = self.grid.start, self.grid.stop
        behind = stop + self.grid.time_step / 2
        cuts = segments(Kernel(self.program), self.grid, list(self.v), self.task)
        middle = (cuts[0] + cuts[1]) / 2 if len(cuts) > 1 else behind
        self.clock(start, middle)
        self.v[SAMPLING] = 1.0
        apply(self.memory, self.task)
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
            ending = exhausted(last, _HINT)
        return self.path(ending)

    def segment(self, a: float, b: float, wanted: list[float]) -> None:
        """From a to b, between which only sampled conditions are discontinuous."""
        middle = (a + b) / 2
        if self.program.layout.sampled.size:
            # conditions that hold at this point of time alone
            self.v[SAMPLING] = 1.0
            self.instant(a, middle)
            self.sample()
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
        # an overflow inside a step is reported as a slope that is not finite
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
        # sampled values are held from here on
        self.sample()
        if end < b:
            nudge = min(NUDGE * (b - a), b - end)
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
        count = self.kernel.conditions(self.v)
        asked = [0.0] * self.kernel.n_margins

        def event(k: int) -> Callable[[float, Any], float]:
            def margin(t: float, state: Any) -> float:
                self.v[self.stocks] = state.tolist()
                self.derive(t, middle)
                self.kernel.margins(self.v, asked)
                return float(asked[k])

            margin.terminal = True  # type: ignore[attr-defined]
            return margin

        return [event(k) for k in range(count)]
