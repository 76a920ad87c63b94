"""Roots of nonlinear equations near a guess: damped Newton, then scipy's hybrid method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals

# largest residual and last step of a root, in scaled units
RESIDUAL = 1e-10
STEP = 1e-8
ITERATIONS = 60
_HALVINGS = 25
# rounding may limit the residual: below this it is a root once the steps are tiny
_NOISE = 1e-8


@dataclass(frozen=True, eq=False)
class Root:
    """The end of a search; found: whether it is a root; residual: the largest one left."""

    point: Reals
    residual: float
    found: bool


def newton(
    function: Callable[[Reals], Reals],
    jacobian: Callable[[Reals], Reals],
    guess: Reals,
    iterations: int = ITERATIONS,
    largest: float = np.inf,
) -> Root:
    """Newton's method with steps halved until the residual falls.

    largest: a longer step, in any component, is shortened to this.
    """
    point, value = guess, function(guess)
    residual = norm(value)
    for _ in range(iterations):
        if not np.isfinite(residual):
            return Root(point, residual, False)
        step = _solve(jacobian(point), -value)
        if step is None:
            return Root(point, residual, False)
        step *= min(1.0, largest / max(norm(step), 1e-300))
        if norm(step) <= STEP and residual <= _NOISE:
            return _polished(function, point, step, value)
        factor = 1.0
        for _ in range(_HALVINGS):
            there = point + factor * step
            found = function(there)
            if norm(found) < (1 - 1e-4 * factor) * residual:
                break
            factor /= 2
        else:
            break
        point, value, residual = there, found, norm(found)
    return Root(point, residual, residual <= RESIDUAL)


def _polished(function: Callable[[Reals], Reals], point: Reals, step: Reals, value: Reals) -> Root:
    """The root after the last step, or before it where the step increases the residual."""
    after = point + step
    found = function(after)
    if norm(found) <= norm(value):
        return Root(after, norm(found), True)
    return Root(point, norm(value), True)


def with_fallback(
    function: Callable[[Reals], Reals],
    jacobian: Callable[[Reals], Reals],
    guess: Reals,
    largest: float = np.inf,
) -> Root:
    """Newton's method; where it fails, Powell's hybrid method and then Newton's again."""
    first = newton(function, jacobian, guess, largest=largest)
    if first.found:
        return first
    from scipy.optimize import root

    def finite(point: Reals) -> Reals:
        value = function(point)
        # the method understands only finite values: a large one keeps it away
        return np.where(np.isfinite(value), value, 1e6)

    start = first.point if np.isfinite(first.residual) else guess
    with np.errstate(all="ignore"):
        try:
            second = root(finite, start, method="hybr", options={"maxfev": 20 * (len(guess) + 5)})
        except (np.linalg.LinAlgError, ValueError):
            return first
    return newton(function, jacobian, np.asarray(second.x, float), largest=largest)


def norm(value: Reals) -> float:
    """The largest component, infinite where one has no value."""
    if not np.isfinite(value).all():
        return float("inf")
    return float(np.abs(value).max(initial=0.0))


def _solve(matrix: Reals, side: Reals) -> Reals | None:
    if not np.isfinite(matrix).all():
        return None
    try:
        found = np.asarray(np.linalg.solve(matrix, side), float)
    except np.linalg.LinAlgError:
        found = np.asarray(np.linalg.lstsq(matrix, side, rcond=1e-12)[0], float)
    return found if np.isfinite(found).all() else None
