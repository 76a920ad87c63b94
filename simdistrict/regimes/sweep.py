"""Hysteresis: a parameter swept slowly up and down, and what kind of memory that shows.

Three kinds look alike in one sweep. With two attractors the loop stays open however slow the sweep;
with slow stocks it closes; in a band of inaction it stays open too, but the states between the
two ways are equilibria themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.regimes.field import Array, Field, Scaled
from simdistrict.regimes.flow import settle
from simdistrict.regimes.newton import norm

SPEEDS = (1.0, 10.0, 100.0)
# parameter values at which a sweep is read, each way
READ = 201

BISTABLE, SLOW, BAND, UNDECIDED = (
    "true bistability",
    "slow stocks",
    "band of inaction",
    "undecided",
)
# a gap between the two ways that is smaller, relative to what the sweep moves, is closed
CLOSED = 0.01
# ten times slower leaves less than this share of the area when slow stocks make the loop
_SHRINKS = 0.35
# a state that moves by less than this share of the gap, in the end, has stayed
_STAYS = 0.15
# where the two ways are further apart than this share of the widest gap, the loop is open
_OPEN = 0.3
_ASKED = 9
_BETWEEN = (0.35, 0.6)


@dataclass(frozen=True, eq=False)
class Sweep:
    """One way up and one way down; both are read at the same parameters, ascending.

    up, down: (parameters, outputs); states the same for the free stocks.
    """

    duration: float
    parameters: Array
    up: Array
    down: Array
    up_states: Array
    down_states: Array

    @property
    def area(self) -> Array:
        """Mean distance between the ways, for each output, in its unit."""
        gap = np.abs(self.up - self.down)
        width = np.diff(self.parameters)
        area: Array = ((gap[1:] + gap[:-1]) / 2 * width[:, None]).sum(axis=0) / width.sum()
        return area

    @property
    def relative(self) -> Array:
        """The area as a share of what the sweep moves the output by; zero where it does not."""
        both = np.concatenate([self.up, self.down])
        span = both.max(axis=0) - both.min(axis=0)
        size = np.abs(both).max(axis=0)
        moved = span > 1e-9 * np.maximum(size, 1e-300)
        share: Array = np.divide(self.area, span, out=np.zeros_like(span), where=moved)
        return share


@dataclass(frozen=True, eq=False)
class Hysteresis:
    """Sweeps at several speeds, and the verdict; why: what it rests on."""

    sweeps: tuple[Sweep, ...]
    verdict: str
    why: str


def hysteresis(
    model: Field,
    low: float,
    high: float,
    duration: float,
    *,
    start: Array,
    time_step: float,
    integrator: str = "euler",
    observe: Callable[[Array, Sequence[float]], Array] | None = None,
    speeds: Sequence[float] = SPEEDS,
    horizon: float = 2000.0,
) -> Hysteresis:
    """Sweep the only parameter from low to high and back, in `duration` time units each way.

    At the top the parameter rests until the flow has come to rest, `horizon` at most.

    start: a state, from which the flow is followed at `low` before the sweep begins; observe:
    outputs of a state, the free stocks themselves where it is missing; speeds: how many times
    the duration.
    """
    scaled = Scaled(model)
    settled = settle(scaled, (low,), np.asarray(start, float) / model.scale, horizon)
    if not np.isfinite(settled).all():
        settled = np.asarray(start, float) / model.scale
    begin = settled * model.scale
    read = observe or (lambda state, _: state)
    sweeps = []
    for factor in speeds:
        up_states, top = _ramp(model, low, high, duration * factor, begin, time_step, integrator)
        # it rests before it turns: just beyond a fold the way to the other world is long
        rested = settle(scaled, (high,), top / model.scale, horizon) * model.scale
        top = rested if np.isfinite(rested).all() else top
        down_states, _ = _ramp(model, high, low, duration * factor, top, time_step, integrator)
        parameters = np.linspace(low, high, READ)
        pairs = [(up_states, parameters), (down_states[::-1], parameters)]
        up, down = (
            np.array([read(x, (float(p),)) for x, p in zip(states, values, strict=True)])
            for states, values in pairs
        )
        sweeps.append(Sweep(duration * factor, parameters, up, down, up_states, down_states[::-1]))
    verdict, why = _verdict(scaled, sweeps, horizon)
    return Hysteresis(tuple(sweeps), verdict, why)


def _ramp(
    model: Field,
    first: float,
    last: float,
    duration: float,
    state: Array,
    time_step: float,
    integrator: str,
) -> tuple[Array, Array]:
    """States at evenly spaced parameters on one way, and the state at its end.

    Time is counted in steps, as many between two readings; a duration that is no whole number
    of those is made a bit longer.
    """
    between = max(1, int(np.ceil(duration / time_step / (READ - 1) - 1e-9)))
    steps = between * (READ - 1)
    x = state[None, :].copy()
    states = [x[0].copy()]
    dt = time_step
    for k in range(steps):
        p = first + (last - first) * (k / steps)
        if integrator == "euler":
            x = x + dt * model(x, (p,))
        else:
            middle = first + (last - first) * ((k + 0.5) / steps)
            after = first + (last - first) * ((k + 1) / steps)
            k1 = model(x, (p,))
            k2 = model(x + dt / 2 * k1, (middle,))
            k3 = model(x + dt / 2 * k2, (middle,))
            k4 = model(x + dt * k3, (after,))
            x = x + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        if (k + 1) % between == 0:
            states.append(x[0].copy())
    return np.array(states), x[0]


def _verdict(scaled: Scaled, sweeps: Sequence[Sweep], horizon: float) -> tuple[str, str]:
    """What kind of hysteresis the sweeps show; states decide, so that outputs cannot hide it."""
    scale = scaled.field.scale
    slowest = sweeps[-1]
    gaps = np.abs(slowest.up_states - slowest.down_states) / scale
    if not np.isfinite(gaps).all():
        return UNDECIDED, "a sweep left the values that make sense"
    span = np.concatenate([slowest.up_states, slowest.down_states]) / scale
    moved = float((span.max(axis=0) - span.min(axis=0)).max())
    share = float(gaps.max()) / moved if moved > 0 else 0.0
    if share < CLOSED:
        return SLOW, f"the slowest loop is closed: its widest gap is {share:.2g} of what moves"
    # just beyond a fold a sweep is still on its way, so several places in the loop are asked
    open_at = np.flatnonzero(gaps.max(axis=1) > _OPEN * gaps.max())
    asked = open_at[np.unique(np.linspace(0, len(open_at) - 1, _ASKED).round().astype(int))]
    best, gap, ends = 0.0, 0.0, [gaps[0], gaps[0]]
    for k in asked:
        p = float(slowest.parameters[k])
        both = [slowest.up_states[k] / scale, slowest.down_states[k] / scale]
        kept = [settle(scaled, (p,), x, horizon) for x in both]
        left = norm(kept[0] - kept[1])
        if np.isfinite(left) and left > gap:
            best, gap, ends = p, left, kept
    if gap < _STAYS * float(gaps.max()):
        return SLOW, f"held at {len(asked)} places in the loop, both ways go to the same state"
    where = f"held at {best:.6g}"
    # not half way: a separatrix may lie exactly there
    between = [ends[0] + share * (ends[1] - ends[0]) for share in _BETWEEN]
    after = [settle(scaled, (best,), x, horizon) for x in between]
    if not all(np.isfinite(end).all() for end in after):
        return UNDECIDED, f"the flow at {best:.6g} leaves the values that make sense"
    if len(sweeps) > 1:
        gaps_before = np.abs(sweeps[-2].up_states - sweeps[-2].down_states) / scale
        rest = float(gaps.mean() / gaps_before.mean())
        if rest < _SHRINKS:
            return SLOW, f"the area falls to {rest:.2g} of itself as the sweep slows"
    if all(norm(a - b) < _STAYS * gap for a, b in zip(after, between, strict=True)):
        return BAND, f"{where}, states between the two ways stay where they are"
    if all(min(norm(x - e) for e in ends) < _STAYS * gap for x in after):
        return (
            BISTABLE,
            f"{where}, the two ways stay apart, and states between them go to one of them",
        )
    return UNDECIDED, f"{where}, the two ways stay apart, and states between them go elsewhere"
