"""Numbers that users give as arguments: of any numeric type, but no text and no truth value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.scenario import RunSettings


def is_number(value: Any) -> bool:
    """Whether a value is one real number, of Python, numpy or an array without dimensions."""
    if isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, Real) or (
        getattr(value, "ndim", None) == 0 and getattr(value, "dtype", np.dtype("O")).kind in "iuf"
    )


def number(value: Any, where: str) -> float:
    """A finite number; raises ScenarioError for anything else."""
    if not is_number(value):
        raise ScenarioError(Problem(where, f"{_shown(value)} is no number", "write a number"))
    found = float(value)
    if not math.isfinite(found):
        raise ScenarioError(Problem(where, f"{found} is not a finite number"))
    return found


def numbers(values: Any, where: str, form: str, count: int | None = None) -> tuple[float, ...]:
    """The numbers of a sequence; raises ScenarioError for anything else.

    form: how it is written, such as `(low, high)`; count: how many there are to be.
    """
    found = None if isinstance(values, str) or not hasattr(values, "__iter__") else [*values]
    if found is None or count not in (None, len(found)) or not all(map(is_number, found)):
        raise ScenarioError(Problem(where, f"{values!r:.80} is not {form}", f"give {form}"))
    return tuple(float(value) for value in found)


def whole(value: Any, where: str, low: int | None = None) -> int:
    """A whole number, at least `low`; raises ScenarioError for anything else."""
    found = number(value, where)
    if found != math.floor(found):
        what = f"{found:.10g} is no whole number"
        raise ScenarioError(Problem(where, what, f"write {math.floor(found)} or another one"))
    if low is not None and found < low:
        raise ScenarioError(
            Problem(where, f"{int(found)} {where} are too few", f"give {low} or more")
        )
    return int(value)


def whole_or_none(value: Any, where: str, low: int | None = None) -> int | None:
    """A whole number where one is given, at least `low`."""
    return None if value is None else whole(value, where, low)


def settings_of(
    initial_time: Any = None,
    final_time: Any = None,
    time_step: Any = None,
    save_step: Any = None,
    integrator: str | None = None,
    rtol: Any = None,
    atol: Any = None,
) -> RunSettings:
    """Settings of a run; raises ScenarioError with those that are no numbers, or not positive."""
    found: dict[str, float | None] = {}
    problems: list[Problem] = []
    times = {"initial_time": initial_time, "final_time": final_time}
    steps = {"time_step": time_step, "save_step": save_step, "rtol": rtol, "atol": atol}
    for name, value in {**times, **steps}.items():
        try:
            found[name] = None if value is None else number(value, name)
        except ScenarioError as error:
            problems += error.problems
            continue
        if name in steps and value is not None and value <= 0:
            problems.append(Problem(name, f"{value:g} is not positive"))
    if problems:
        raise ScenarioError(problems)
    return RunSettings(integrator=integrator, **found)


def times_text(times: str | Sequence[float] | None) -> str:
    """Which saved times a result holds: `all`, `final` or times separated by commas."""
    if times is None:
        return "all"
    if isinstance(times, str):
        return times
    hint = 'write times=[TIME, TIME], "all" or "final"'
    if is_number(times) or not hasattr(times, "__iter__"):
        raise ScenarioError(Problem("times", f"{_shown(times)} is no list of times", hint))
    found = [number(time, "times") for time in times]
    if not found:
        raise ScenarioError(Problem("times", "the list has no time", hint))
    return ",".join(map(repr, found))


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'the text "{value}"'
    return str(value) if is_number(value) or value is None else f"{value!r:.80}"
