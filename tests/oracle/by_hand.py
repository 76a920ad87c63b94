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


BY_HAND: dict[str, ByHand] = {
    "names_blanks": _names_blanks,
    "pulse": _pulse,
    "pulse_train": _pulse_train,
    "sample_if_true_of_itself": _sample_if_true_of_itself,
}
