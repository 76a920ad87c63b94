"""Uncertainty of fitted constants: standard errors and profile ranges.

Both assume independent residuals of equal variance, weighted as in the payoff.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.calibration.payoff import Payoff
from simdistrict.calibration.search import Surface, descend, student, value_at

# resolution of a profile, as a share of the range between the bounds
CLOSE = 1e-3
NESTED = 60
NESTED_TOLERANCE = 1e-5
# singular values below this share of the largest are zero
_SINGULAR = 1e-9
# a constant is part of a direction with at least this loading
_PART = 1e-3
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The uncertainty of one constant, from the Jacobian at the fit.

    error: the standard error; low, high: the 95 % interval, not cut at the bounds, symmetric in
    the logarithm for a logarithmic search; twin: the most correlated constant, and the
    correlation. All None where the data do not determine the constant or it is at a bound.
    """

    error: float | None = None
    low: float | None = None
    high: float | None = None
    twin: str = ""
    correlation: float | None = None


@dataclass(frozen=True, slots=True)
class Doubts:
    """The uncertainty of each free constant; undetermined: what the data leave open, in words."""

    of: tuple[Uncertainty, ...]
    evaluations: int
    undetermined: tuple[str, ...] = ()


def uncertainties(payoff: Payoff, unit: Sequence[float]) -> Doubts:
    """The uncertainty of each free constant, from slopes: exact where the model has them."""
    free = payoff.target.free
    inside = [k for k, u in enumerate(unit) if 0 < u < 1]
    surface = Surface(payoff, 10**9, {k: u for k, u in enumerate(unit) if k not in inside})
    found = [Uncertainty() for _ in free]
    moving = [unit[k] for k in inside]
    base = surface.residuals(moving)
    if not inside:
        return Doubts(tuple(found), surface.count)
    slopes = surface.jacobian(moving)
    freedom = len(base) - len(inside)
    _, singular, ways = np.linalg.svd(slopes, full_matrices=True)
    size = np.zeros(len(inside))
    size[: len(singular)] = singular
    empty = ways[size <= singular[0] * _SINGULAR]
    undetermined = tuple(_said(way, [free[k].name for k in inside]) for way in empty)
    if freedom <= 0 or undetermined:
        return Doubts(tuple(found), surface.count, undetermined)
    covariance = np.linalg.inv(slopes.T @ slopes) * float(base @ base) / freedom
    errors = np.sqrt(np.diag(covariance))
    t = student(freedom)
    for row, k in enumerate(inside):
        value, error = value_at(free[k], unit[k]), float(errors[row])
        if free[k].logarithmic:
            error *= math.log(free[k].high / free[k].low)
            factor = math.exp(min(t * error, 700.0))
            low, high, error = value / factor, value * factor, value * error
        else:
            error *= free[k].high - free[k].low
            low, high = value - t * error, value + t * error
        twin, correlation = _twin(covariance, row, [free[j].name for j in inside])
        found[k] = Uncertainty(error, low, high, twin, correlation)
    return Doubts(tuple(found), surface.count, undetermined)


def _said(way: np.ndarray, names: list[str]) -> str:
    """A direction that changes no residual, in shares of the ranges."""
    way = way * np.sign(way[np.argmax(np.abs(way))])
    order = [k for k in np.argsort(-np.abs(way)) if abs(way[k]) > _PART]
    if len(order) == 1:
        return f"no residual depends on {names[order[0]]} at the fit"
    parts = " ".join(f"{way[k]:+.2f} {names[k]}" for k in order[:_NAMED])
    more = f" and {len(order) - _NAMED} more" if len(order) > _NAMED else ""
    return f"no residual changes along {parts}{more}, in shares of the ranges of the search"


def _twin(covariance: np.ndarray, row: int, names: list[str]) -> tuple[str, float | None]:
    best, name = None, ""
    for other in range(len(names)):
        size = math.sqrt(covariance[row, row] * covariance[other, other])
        if other == row or size == 0:
            continue
        r = float(covariance[row, other]) / size
        if best is None or abs(r) > abs(best):
            best, name = r, names[other]
    return name, best


@dataclass(frozen=True, slots=True)
class ProfileRange:
    """The values of one constant for which refitting the others fits nearly as well.

    low, high: where the payoff reaches (1 + t^2 / (points - constants)) times the smallest, a
    95 % interval, or the bound where it does not. low_open, high_open: whether it is the bound.
    """

    low: float
    high: float
    low_open: bool
    high_open: bool


def profile(payoff: Payoff, unit: Sequence[float], k: int) -> tuple[ProfileRange | None, int]:
    """The profile range of constant k, and the evaluations used.

    None where there are no more points than constants, or the fit is exact.
    """
    free = payoff.target.free
    freedom = len(payoff.target.points) - len(free)
    here = descend(payoff, 0, unit, NESTED, dict(enumerate(unit)))
    used = here.evaluations
    if freedom <= 0 or here.payoff <= 0:
        return None, used
    level = here.payoff * (1 + student(freedom) ** 2 / freedom)
    ends: list[tuple[float, bool]] = []
    for bound in (0.0, 1.0):
        end, is_open, runs = _crossing(payoff, unit, k, bound, level)
        ends.append((value_at(free[k], end), is_open))
        used += runs
    return ProfileRange(ends[0][0], ends[1][0], ends[0][1], ends[1][1]), used


def _crossing(
    payoff: Payoff, unit: Sequence[float], k: int, bound: float, level: float
) -> tuple[float, bool, int]:
    """Where the smallest payoff with constant k fixed reaches a level, on one side."""
    inner, step, used = unit[k], 0.02, 0
    nearest = tuple(unit)
    outer = None
    while outer is None:
        if inner == bound:
            return bound, True, used
        held = max(inner - step, bound) if bound == 0 else min(inner + step, bound)
        found = descend(payoff, 0, nearest, NESTED, {k: held}, None, NESTED_TOLERANCE)
        used += found.evaluations
        if found.payoff > level:
            outer = held
        else:
            inner, nearest, step = held, found.unit, 2 * step
    while abs(outer - inner) > CLOSE:
        held = (inner + outer) / 2
        found = descend(payoff, 0, nearest, NESTED, {k: held}, None, NESTED_TOLERANCE)
        used += found.evaluations
        if found.payoff > level:
            outer = held
        else:
            inner, nearest = held, found.unit
    return (inner + outer) / 2, False, used
