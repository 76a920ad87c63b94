"""Delays: helpers that read the records of earlier time points, as plain Python.

A record is given by the slot of its first number and the distance between its rows. It has a row
for every time point before the present one, whose number is in v[POINT] (see `layout`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from simdistrict.engine.helpers.arrays import pick
from simdistrict.engine.layout import POINT

# the rounding error allowed in a quotient of two times
SLACK = 1e-6


def points(x: float) -> int:
    """A number of time points, equal in all members of an ensemble."""
    return int(x)


def lag(delay: float, time_step: float) -> float:
    """The length of a delay in time points, at least one."""
    count = delay / time_step + 0.5 + SLACK
    whole = float(math.floor(count)) if math.isfinite(count) else count
    return max(whole, 1.0)


def delayed(v: Sequence[float], place: int, row: int, back: float, first: float) -> float:
    """The record `back` time points ago, `first` before the start of the run."""
    point = v[POINT] - back
    then = pick(v, place, (point if point > 0.0 else 0.0) * row)
    return first if point < 0.0 else then


def delay_material(
    v: Sequence[float],
    place: int,
    row: int,
    lags: int,
    lag_row: int,
    missing: float,
    first_lag: float,
    first: float,
) -> float:
    """The sum of what arrives at this point, each input after its own lag; else `missing`.

    Before the first lag is over, what was on its way at the start arrives as well.
    """
    now = v[POINT]
    arrived = 1.0 if now < first_lag else 0.0
    total = first if now < first_lag else 0.0
    for k in range(points(v[POINT])):
        here = k + v[lags + k * lag_row] == now
        total = total + (v[place + k * row] if here else 0.0)
        arrived = 1.0 if here else arrived
    return total if arrived > 0.0 else missing


def delay_information(
    v: Sequence[float], place: int, row: int, lags: int, lag_row: int, first: float
) -> float:
    """The latest input that has arrived by now, each after its own lag; `first` before any."""
    now = v[POINT]
    result = first
    for k in range(points(v[POINT])):
        result = v[place + k * row] if k + v[lags + k * lag_row] <= now else result
    return result


def depreciation(
    v: Sequence[float],
    place: int,
    row: int,
    stream: float,
    life: float,
    period: float,
    first: float,
    time_step: float,
) -> float:
    """An equal part, in each fiscal period of its life, of what was invested in one period.

    Fiscal periods are counted from the start of the run; before it `first` was invested. The
    present period gives its part of the present stream.
    """
    share = time_step / period if period > 0.0 else math.nan
    share = share if abs(share) < 1e9 else math.nan
    count = life / period if period > 0.0 else math.nan
    parts = max(math.floor(count + 0.5), 1.0) if abs(count) < 1e9 else math.nan
    present = math.floor(v[POINT] * share + SLACK)
    total = stream
    for k in range(points(v[POINT])):
        age = present - math.floor(k * share + SLACK)
        total = total + (v[place + k * row] * share if age >= 1.0 and age < parts else 0.0)
    return (total + first * max(parts - 1.0 - present, 0.0)) / parts


HELPERS: dict[str, Callable[..., float]] = {
    "lag": lag,
    "delayed": delayed,
    "delay_material": delay_material,
    "delay_information": delay_information,
    "depreciation": depreciation,
}
