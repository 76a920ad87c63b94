"""Hysteresis: a parameter swept slowly up and down, and the kind of memory that this shows.

Three kinds look the same in one sweep. With two attractors the loop stays open however slow the
sweep; with slow stocks it closes; in a band of inaction it stays open, but the states between the
two ways are equilibria themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.engine.integrators.tableaus import EULER, RK4, Weights
from simdistrict.regimes.numerics.equilibrium import MERGED, refine
from simdistrict.regimes.numerics.field import Field, Scaled
from simdistrict.regimes.numerics.flow import moved, settle
from simdistrict.regimes.numerics.newton import norm

SPEEDS = (1.0, 10.0, 100.0)
# number of parameter values at which each way is read
READ = 201
# fewest time steps of one way
FEWEST = 20

# the slopes of RK4 are summed in their order, as in sweeps recorded by earlier versions
_METHODS = {"euler": EULER, "rk4": replace(RK4, b=Weights("1 2 2 1", "1/6"))}

BISTABLE, SLOW, BAND, UNDECIDED = (
    "true bistability",
    "slow stocks",
    "band of inaction",
    "undecided",
)
# largest gap of a closed loop, relative to the span of the sweep
CLOSED = 0.01
# slow stocks: a slower sweep leaves less than this share of the area
_SHRINKS = 0.35
# largest move, as a fraction of the gap, of a state that has stayed
_STAYS = 0.15
# smallest gap of an open loop, as a fraction of the widest one
_OPEN = 0.3
# values at which the gap is examined: a fast sweep opens a loop far wider than the bistable part
_ASKED = 25
_BETWEEN = (0.35, 0.6)
# smallest ratio between the slowest and the fastest sweep that allows a verdict
_SLOWER = 1.5
# largest distance between the end of a flow and its equilibrium, as a fraction of the gap
_NEAR = 0.3


@dataclass(frozen=True, eq=False)
class Sweep:
    """One way up and one way down, read at the same parameters, ascending.

    up, down: (parameters, outputs); up_states, down_states: (parameters, stocks); duration: of one
    way, a whole number of time steps; asked: before rounding.
    """

    duration: float
    asked: float
    parameters: Reals
    up: Reals
    down: Reals
    up_states: Reals
    down_states: Reals

    @property
    def area(self) -> Reals:
        """Mean distance between the ways, for each output, in its unit."""
        gap = np.abs(self.up - self.down)
        width = np.diff(self.parameters)
        area: Reals = ((gap[1:] + gap[:-1]) / 2 * width[:, None]).sum(axis=0) / width.sum()
        return area

    @property
    def relative(self) -> Reals:
        """The area as a share of the span of each output; zero where it does not move."""
        both = np.concatenate([self.up, self.down])
        span = both.max(axis=0) - both.min(axis=0)
        size = np.abs(both).max(axis=0)
        moved = span > 1e-9 * np.maximum(size, 1e-300)
        share: Reals = np.divide(self.area, span, out=np.zeros_like(span), where=moved)
        return share


@dataclass(frozen=True, eq=False)
class Hysteresis:
    """Sweeps at several speeds, the verdict and its reason."""

    sweeps: tuple[Sweep, ...]
    verdict: str
    why: str


def hysteresis(
    model: Field,
    low: float,
    high: float,
    duration: float,
    *,
    start: Reals,
    time_step: float,
    integrator: str = "euler",
    observe: Callable[[Reals, Sequence[float]], Reals] | None = None,
    speeds: Sequence[float] = SPEEDS,
    horizon: float = 2000.0,
) -> Hysteresis:
    """Sweep the only parameter from low to high and back, in `duration` time units each way.

    At the top the parameter rests until the flow has come to rest, `horizon` at most.

    start: a state, from which the flow is followed at `low` before the sweep begins; observe:
    outputs of a state, by default the free stocks; speeds: multiples of the duration, ascending.
    Durations are rounded to whole time steps.
    Raises ScenarioError for a way of fewer than FEWEST steps, and for two of equal length.
    """
    lengths = _lengths([duration * factor for factor in speeds], time_step)
    scaled = Scaled(model)
    settled = settle(scaled, (low,), np.asarray(start, float) / model.scale, horizon)
    if not np.isfinite(settled).all():
        settled = np.asarray(start, float) / model.scale
    begin = settled * model.scale
    read = observe or (lambda state, _: state)
    sweeps = []
    for factor, steps in zip(speeds, lengths, strict=True):
        up_states, top = _ramp(model, low, high, steps, begin, time_step, integrator)
        # it rests before it turns: just beyond a fold the other attractor is reached slowly
        rested = settle(scaled, (high,), top / model.scale, horizon) * model.scale
        top = rested if np.isfinite(rested).all() else top
        down_states, _ = _ramp(model, high, low, steps, top, time_step, integrator)
        parameters = np.linspace(low, high, READ)
        pairs = [(up_states, parameters), (down_states[::-1], parameters)]
        up, down = (
            np.array([read(x, (float(p),)) for x, p in zip(states, values, strict=True)])
            for states, values in pairs
        )
        asked = duration * factor
        real = steps * time_step
        real = asked if math.isclose(real, asked, rel_tol=1e-9) else real
        sweeps.append(Sweep(real, asked, parameters, up, down, up_states, down_states[::-1]))
    verdict, why = _verdict(scaled, sweeps, horizon)
    return Hysteresis(tuple(sweeps), verdict, why)


def _lengths(durations: Sequence[float], time_step: float) -> list[int]:
    """Durations in whole time steps, long enough and all different."""
    lengths: list[int] = []
    for duration in durations:
        ratio = duration / time_step
        steps = round(ratio) if math.isfinite(ratio) else 0
        if steps < FEWEST:
            what = f"a way of {duration:g} is {steps} time steps of {time_step:g}"
            least = f"at least {FEWEST * time_step:g}, {FEWEST} time steps"
            raise ScenarioError(Problem("--duration", what, f"give {least}, or a smaller step"))
        if steps in lengths:
            what = f"two sweeps take {steps} time steps of {time_step:g} each way"
            hint = "give every --slower another value; equal sweeps compare nothing"
            raise ScenarioError(Problem("--slower", what, hint))
        lengths.append(steps)
    return lengths


def _ramp(
    model: Field,
    first: float,
    last: float,
    steps: int,
    state: Reals,
    time_step: float,
    integrator: str,
) -> tuple[Reals, Reals]:
    """States at evenly spaced parameters on one way, and the state at its end.

    Readings between two time steps are interpolated linearly.
    """
    method = _METHODS[integrator]
    stages = list(zip(method.times, method.a, strict=True))
    x = state[None, :].copy()
    states = [x[0].copy()]
    for k in range(steps):
        before, slopes = x, list[Reals]()
        for time, stage in stages:
            parameter = first + (last - first) * ((k + time) / steps)
            slopes.append(model(moved(x, stage, time_step, slopes), (parameter,)))
        x = moved(x, method.b, time_step, slopes)
        # the j-th reading is at j * steps / (READ - 1) steps, compared in whole numbers
        while len(states) < READ and len(states) * steps <= (k + 1) * (READ - 1):
            back = (k + 1) - len(states) * steps / (READ - 1)
            states.append(x[0] - back * (x[0] - before[0]) if back > 0 else x[0].copy())
    return np.array(states), x[0]


@dataclass(frozen=True, eq=False)
class _HeldPair:
    """The states to which both ways lead when the parameter is held at a value, scaled.

    confirmed: whether both ends are equilibria, found by Newton's method next to the flows' ends.
    """

    parameter: float
    ends: tuple[Reals, Reals]
    confirmed: bool

    @property
    def gap(self) -> float:
        """The distance between the ends; zero for one equilibrium, infinite for none."""
        apart = norm(self.ends[0] - self.ends[1])
        return 0.0 if self.confirmed and apart <= MERGED else apart


def _held(scaled: Scaled, parameter: float, states: Sequence[Reals], horizon: float) -> _HeldPair:
    """Follow the flow from both ways, and refine the equilibria that it approaches.

    The flow alone is not enough: it ends within its tolerance of an equilibrium, on either side,
    and in a loop as small as that, one equilibrium looks like two.
    """
    scale = scaled.field.scale
    flown = [settle(scaled, (parameter,), x, horizon) for x in states]
    apart = norm(flown[0] - flown[1])
    if not np.isfinite(apart):
        return _HeldPair(parameter, (flown[0], flown[1]), False)
    found = [refine(scaled.field, (parameter,), x * scale) for x in flown]
    ends = [e.state / scale for e in found if e is not None]
    # the tolerance of the flow is of the order of MERGED
    near = max(_NEAR * apart, 10 * MERGED)
    if len(ends) < 2 or any(norm(a - b) > near for a, b in zip(ends, flown, strict=True)):
        return _HeldPair(parameter, (flown[0], flown[1]), False)
    return _HeldPair(parameter, (ends[0], ends[1]), True)


def _widest(
    scaled: Scaled, sweep: Sweep, gaps: Reals, horizon: float
) -> tuple[_HeldPair | None, int]:
    """The widest gap that stays at some values in the loop, and the number of values tried.

    Values where both ends are equilibria go before others; None where no gap stays.
    """
    scale = scaled.field.scale
    # just beyond a fold a sweep lags behind, so several values in the loop are tried
    open_at = np.flatnonzero(gaps.max(axis=1) > _OPEN * gaps.max())
    asked = open_at[np.unique(np.linspace(0, len(open_at) - 1, _ASKED).round().astype(int))]
    held = [
        _held(
            scaled,
            float(sweep.parameters[k]),
            (sweep.up_states[k] / scale, sweep.down_states[k] / scale),
            horizon,
        )
        for k in asked
    ]
    stay = [h for h in held if _STAYS * float(gaps.max()) <= h.gap < np.inf]
    best = max(stay, key=lambda h: (h.confirmed, h.gap), default=None)
    return best, len(asked)


def _alike(sweeps: Sequence[Sweep]) -> str:
    """The reason why the sweeps cannot be compared, empty where they can."""
    if len(sweeps) < 2:
        return "one sweep alone tells nothing; sweep again more slowly"
    times = sweeps[-1].duration / sweeps[0].duration
    if times < _SLOWER:
        return f"the slowest sweep takes {times:.3g} times as long as the fastest; slow it more"
    return ""


def _left(sweeps: Sequence[Sweep]) -> str:
    """The value from which on a sweep has no finite state, empty where all states are finite."""
    for sweep in sweeps:
        for way, states in (("up", sweep.up_states), ("down", sweep.down_states[::-1])):
            lost = np.flatnonzero(~np.isfinite(states).all(axis=1))
            if len(lost):
                values = sweep.parameters if way == "up" else sweep.parameters[::-1]
                at = f"{float(values[lost[0]]):.6g}"
                return f"the way {way} of {sweep.duration:g} has no finite state from {at} on"
    return ""


def _verdict(scaled: Scaled, sweeps: Sequence[Sweep], horizon: float) -> tuple[str, str]:
    """The kind of hysteresis that the sweeps show, by their states and not their outputs."""
    scale = scaled.field.scale
    slowest = sweeps[-1]
    nothing = _left(sweeps) or _alike(sweeps)
    if nothing:
        return UNDECIDED, nothing
    gaps = np.abs(slowest.up_states - slowest.down_states) / scale
    span = np.concatenate([slowest.up_states, slowest.down_states]) / scale
    moved = float((span.max(axis=0) - span.min(axis=0)).max())
    share = float(gaps.max()) / moved if moved > 0 else 0.0
    if share < CLOSED:
        return SLOW, f"the slowest loop is closed: its widest gap is {share:.2g} of what moves"
    held, asked = _widest(scaled, slowest, gaps, horizon)
    if held is None:
        return SLOW, f"held at {asked} places in the loop, both ways go to the same state"
    gaps_before = np.abs(sweeps[-2].up_states - sweeps[-2].down_states) / scale
    rest = float(gaps.mean() / gaps_before.mean())
    if rest < _SHRINKS:
        return SLOW, f"the area falls to {rest:.2g} of itself as the sweep slows"
    return _kind(scaled, held, horizon)


def _kind(scaled: Scaled, held: _HeldPair, horizon: float) -> tuple[str, str]:
    """The meaning of a gap that stays, by the flow from states between its ends."""
    where, ends, gap = f"held at {held.parameter:.6g}", held.ends, held.gap
    # not halfway: a separatrix may lie exactly there
    between = [ends[0] + share * (ends[1] - ends[0]) for share in _BETWEEN]
    after = [settle(scaled, (held.parameter,), x, horizon) for x in between]
    if not all(np.isfinite(end).all() for end in after):
        return UNDECIDED, f"the flow at {held.parameter:.6g} leaves the values that make sense"
    if all(norm(a - b) < _STAYS * gap for a, b in zip(after, between, strict=True)):
        return BAND, f"{where}, states between the two ways stay where they are"
    if not all(min(norm(x - e) for e in ends) < _STAYS * gap for x in after):
        return UNDECIDED, f"{where}, the two ways stay apart, and states between them go elsewhere"
    if not held.confirmed:
        return UNDECIDED, f"{where}, the two ways stay apart, but not at two equilibria"
    return (
        BISTABLE,
        f"{where}, the two ways stay apart at two equilibria, and states between them go to one of "
        "them",
    )
