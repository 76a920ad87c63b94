"""Values worked out from Vensim's own help pages, for what neither witness gets right.

Every function takes all points of a run and the time step, and returns whole series by key. The
formulas are those printed on the help pages of the functions (vensim.com/documentation/fn_*.html,
read 2026-11), written down here without any engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from tests.oracle.by_hand_arrays import BY_HAND_ARRAYS

Series: TypeAlias = dict[str, np.ndarray]
ByHand: TypeAlias = Callable[[np.ndarray, float], Series]


def pulse(t: np.ndarray, dt: float, start: float | np.ndarray, width: float) -> np.ndarray:
    """fn_pulse: with time plus = Time + TIME STEP / 2, start < time plus < start + width.

    A width of 0 counts as one time step.
    """
    plus = t + dt / 2
    return np.where((plus > start) & (plus < start + (width or dt)), 1.0, 0.0)


def pulse_train(
    t: np.ndarray, dt: float, start: float, width: float, between: float, end: float
) -> np.ndarray:
    """fn_pulse_train: a pulse every `between`, none after `end`, none shorter than a time step."""
    on = np.zeros_like(t)
    for k in range(1 + max(0, math.floor((end - start) / between))):
        on = np.maximum(on, pulse(t, dt, start + k * between, max(width, dt)))
    return np.where(t <= end, on, 0.0)


def euler(
    t: np.ndarray, dt: float, first: float, net_flow: Callable[[float, int], float]
) -> np.ndarray:
    """A stock by Euler's method; `net_flow` gets the stock and the number of the point."""
    stock = np.full_like(t, first)
    for i in range(len(t) - 1):
        stock[i + 1] = stock[i] + dt * net_flow(float(stock[i]), i)
    return stock


def _pulse(t: np.ndarray, dt: float) -> Series:
    impulse = 5 * pulse(t, dt, 8, 0) / dt
    filling = pulse(t, dt, 2, 4)
    return {
        "wide": pulse(t, dt, 3, 2),
        "no width": pulse(t, dt, 4, 0),
        "off grid": pulse(t, dt, 4.37, 2.2),
        "at start": pulse(t, dt, 0, 1),
        "before start": pulse(t, dt, -1, 3),
        "scaled": 7 * pulse(t, dt, 6, 3),
        "moving start": pulse(t, dt, 2.13 + t / 4, 3),
        "impulse": impulse,
        "content": euler(t, dt, 0, lambda _, i: impulse[i]),
        "filled": euler(t, dt, 1, lambda _, i: filling[i]),
    }


def _pulse_train(t: np.ndarray, dt: float) -> Series:
    filling = 3 * pulse_train(t, dt, 2, 2, 5, 11)
    return {
        "train": pulse_train(t, dt, 2, 1, 3, 11.63),
        "no width": pulse_train(t, dt, 1, 0, 4, 12),
        "narrow": pulse_train(t, dt, 1, 0.03, 4, 12),
        "cut off": pulse_train(t, dt, 1, 2, 4, 9.63),
        "end between": pulse_train(t, dt, 1, 2, 4, 8),
        "off grid": pulse_train(t, dt, 1.37, 1.2, 2.7, 10.9),
        "from start": pulse_train(t, dt, 0, 1, 2, 20),
        "wide as interval": pulse_train(t, dt, 3, 2, 2, 7.6),
        "filling": filling,
        "content": euler(t, dt, 1, lambda stock, i: filling[i] - stock / 6),
    }


def _names_blanks(t: np.ndarray, dt: float) -> Series:
    one = np.ones_like(t)
    return {
        "unit time": one,
        "unit flow": one,
        "first quantity": 2 * one,
        "spaced out": 4 * one,
        "mixed up": 6 * one,
        "content": euler(t, dt, 4, lambda *_: 6),
    }


def _sample_if_true_of_itself(t: np.ndarray, dt: float) -> Series:
    """fn_sample_if_true: on the right side, the variable's own name is its value before."""
    wave = 2 * np.sin(t) + t / 10
    largest, rise = np.empty_like(t), np.empty_like(t)
    held, sum_of_high = 0.5, 0.0
    for i, height in enumerate(wave):
        held = float(height) if height > held else held
        sum_of_high += float(height) * dt if height > 1.5 else 0.0
        largest[i], rise[i] = held, sum_of_high
    content = euler(t, dt, 1, lambda _, i: largest[i])
    ones = {name: np.ones_like(t) for name in ("unit time", "unit flow")}
    return {"wave": wave, "largest": largest, "rise": rise, "content": content, **ones}


def _gamma_ln(t: np.ndarray, dt: float) -> Series:
    """fn_gamma_ln, by the C library's lgamma."""
    argument = t * 3 + 0.25
    of_argument = np.array([math.lgamma(x) for x in argument])
    ones = {name: np.ones_like(t) for name in ("unit time", "unit flow")}
    return {
        "moving": t,
        "argument": argument,
        "of argument": of_argument,
        "factorial": np.array([math.gamma(x + 1) for x in t]),
        "small": np.full_like(t, math.lgamma(0.001)),
        "large": np.full_like(t, math.lgamma(1e6)),
        "content": euler(t, dt, math.log(24), lambda _, i: of_argument[i]),
        **ones,
    }


def npv(
    t: np.ndarray, dt: float, stream: np.ndarray, rate: float, first: float, end: bool
) -> np.ndarray:
    """fn_npv, fn_npve: each step's stream at compound interest; NPVE: from the end of the step."""
    factors = (1 + rate * dt) ** -(np.arange(len(t)) + (1.0 if end else 0.0))
    return first + np.cumsum(stream * dt * factors)


def _streams(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A step from 4 to 10 at 3, a ramp from 2 to 8 between 2 and 8."""
    return np.where(t > 3 - 1e-9, 10.0, 4.0), 2 + np.clip(t - 2, 0, 6)


def _npv(t: np.ndarray, dt: float) -> Series:
    _, ramped = _streams(t)
    discount = np.cumprod(1 / (1 + 0.08 * (1 + t / 10) * dt))
    factors = np.concatenate([[1.0], discount[:-1]])
    return {
        "of ramp": 2 * npv(t, dt, ramped, 0.08, 5, False),
        "moving rate": np.cumsum(ramped * dt * factors),
    }


def _random_other(t: np.ndarray, dt: float) -> Series:
    """Numbers within their bounds; `test_noise` looks at how they are distributed."""
    one = np.ones_like(t)
    names = ("unit time", "unit flow", "weibull inside", "triangular inside")
    return {"moving": t, **dict.fromkeys(names, one)}


def _npve(t: np.ndarray, dt: float) -> Series:
    stepped, ramped = _streams(t)
    plain = npv(t, dt, ramped, 0.08, 0, True)
    return {
        "unit time": np.ones_like(t),
        "unit flow": np.ones_like(t),
        "stepped": stepped,
        "ramped": ramped,
        "rate": np.full_like(t, 0.08),
        "of step": npv(t, dt, stepped, 0.08, 0, True),
        "of ramp": 2 * npv(t, dt, ramped, 0.08, 5, True),
        "content": euler(t, dt, 1, lambda _, i: plain[i]),
    }


def _delay_fixed(t: np.ndarray, dt: float) -> Series:
    """fn_delay_fixed: what went in a time ago, before that the initial value."""
    _, ramped = _streams(t)
    points = round(3 / dt)
    inner = np.concatenate([np.full(points, 2.0), ramped])
    return {"of itself": np.concatenate([np.full(points, 3.0), inner])[: len(t)]}


_CURVE = (np.array([0.0, 2, 3, 5]), np.array([1.0, 3, 7, 8]))
_FEW = (np.array([1.0, 4]), np.array([2.0, -1]))


def _continued(x: np.ndarray, points: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """fn_lookup_extrapolate: the first and the last line go on beyond the points."""
    xs, ys = points
    k = np.clip(np.searchsorted(xs, x, side="right"), 1, len(xs) - 1)
    return ys[k - 1] + (x - xs[k - 1]) * (ys[k] - ys[k - 1]) / (xs[k] - xs[k - 1])


def _lookup_extrapolate(t: np.ndarray, dt: float) -> Series:
    flow = _continued(t / 2 + 0.01, _CURVE)
    return {
        "of time": _continued(t + 0.03, _CURVE),
        "beyond": _continued(t - 4.03, _CURVE),
        "falling": _continued(t / 3 + 0.01, _FEW),
        "content": euler(t, dt, 5, lambda _, i: flow[i]),
    }


def _subscripted_lookup_modes(t: np.ndarray, dt: float) -> Series:
    north, south = (np.array([0.0, 4, 9]), np.array([1.0, 3, 7])), (np.array([1.0, 6]), [5.0, 2])
    return {
        "line[north]": _continued(t + 0.03, north),
        "line[south]": _continued(t + 0.03, (south[0], np.array(south[1]))),
    }


def _lookup_invert(t: np.ndarray, dt: float) -> Series:
    """fn_lookup_invert: the lookup with x and y exchanged; a falling one read from its end."""

    def of_curve(y: np.ndarray | float) -> np.ndarray:
        return np.interp(y, _CURVE[1], _CURVE[0])

    flow = of_curve(t / 2 + 0.01)
    return {
        "unit time": np.ones_like(t),
        "unit flow": np.ones_like(t),
        "moving": t,
        "of time": of_curve(t + 0.03),
        "beyond": of_curve(t - 4.03),
        "at point": np.full_like(t, 2),
        "falling": np.interp(t / 3 + 0.01, _FEW[1][::-1], _FEW[0][::-1]),
        "inside": 1 + 2 * of_curve(t / 3 + 0.01),
        "content": euler(t, dt, float(of_curve(2.5)), lambda _, i: flow[i]),
    }


def _external(t: np.ndarray, dt: float) -> Series:
    """The numbers of external.csv, typed again: data that a grid of tenths meets exactly."""
    years = {"inner": [0.0, 2, 7, 10], "outer": [0.0, 2, 3, 7, 10]}
    numbers = {"inner": [1.0, 3, 8, 2], "outer": [40.0, 30, 35, 10, 12.5]}
    found: Series = {}
    for place, x in years.items():
        y = np.array(numbers[place])
        before = np.searchsorted(x, t + 1e-6, side="right") - 1
        after = np.minimum(np.searchsorted(x, t - 1e-6), len(x) - 1)
        found[f"held[{place}]"] = y[before]
        found[f"of held[{place}]"] = y[before] + 1
        found[f"coming[{place}]"] = y[after]
        found[f"of coming[{place}]"] = y[after] + 1
        found[f"line[{place}]"] = np.interp(t, x, y)
    found["plain"] = np.interp(t, years["outer"], numbers["outer"])
    return found


def _get_data(t: np.ndarray, dt: float) -> Series:
    """fn_get_data_between_times, the last two modes as Vensim's published results have them."""
    x, y = [1.0, 2, 4, 9], [3.0, 5, -1, 2]
    at = dt * np.floor((t + 0.5) / dt + 1e-6)
    inside = (t + 0.5 >= 1 - 1e-6) & (t + 0.5 <= 9 + 1e-6)
    found = {"raw": np.full_like(t, -99), "the next": t.copy(), "the one before": t.copy()}
    for k, time in enumerate(t):
        for year, value in zip(x, y, strict=True):
            if abs(time - year) < 1e-6:
                found["raw"][k] = value
        earlier = [v for year, v in zip(x, y, strict=True) if year < at[k] - 1e-6]
        later = [v for year, v in zip(x, y, strict=True) if year > at[k] - 1e-6]
        found["the one before"][k] = earlier[-1] if earlier else y[0]
        found["the next"][k] = later[0] if later else y[-1]
    found["on the line"] = np.interp(t + 0.5, x, y)
    for name in ("on the line", "the next", "the one before"):
        found[name] = np.where(inside, found[name], -99)
    still = {"first time": 1.0, "last time": 9.0, "how many": 4.0, "half": 0.5}
    raw = np.where(found["raw"] == -99, -(2.0**109), found["raw"])
    return found | {n: np.full_like(t, v) for n, v in still.items()} | {"series": raw}


BY_HAND: dict[str, ByHand] = {
    **BY_HAND_ARRAYS,
    "external": _external,
    "get_data": _get_data,
    "delay_fixed": _delay_fixed,
    "gamma_ln": _gamma_ln,
    "npv": _npv,
    "npve": _npve,
    "random_other": _random_other,
    "lookup_extrapolate": _lookup_extrapolate,
    "lookup_invert": _lookup_invert,
    "subscripted_lookup_modes": _subscripted_lookup_modes,
    "names_blanks": _names_blanks,
    "pulse": _pulse,
    "pulse_train": _pulse_train,
    "sample_if_true_of_itself": _sample_if_true_of_itself,
}
