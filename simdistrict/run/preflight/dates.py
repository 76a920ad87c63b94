"""Remarks on dates that a run never meets: comparisons with Time, STEP, PULSE and their like."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from simdistrict.engine.helpers.runtime import pulse, pulse_train
from simdistrict.engine.watched import Watched
from simdistrict.model.model import TimeGrid
from simdistrict.run.preflight.intended import IntendedRun
from simdistrict.run.preflight.numbers import FIRST, Part, Remark, place_of
from simdistrict.run.preflight.settings import NEAR, off_grid

# most time steps of a PULSE TRAIN to look at
_MOST = 10_000
# a comparison read from right to left
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
# what is to be said of one label, and what to do about it
Reason = tuple[str, str]


def dates(run: IntendedRun, parts: Sequence[Part]) -> Iterator[Remark]:
    """Every comparison with Time can hold and fail, and every switch acts."""
    for part in parts:
        if part.watched.kind not in ("comparison", "switch"):
            continue
        for label in range(part.watched.rounds):
            states = [
                _reason(run, part.watched, part.numbers[state, 0, label, FIRST:].tolist())
                for state in range(len(part.numbers))
                if part.live[state, label]
            ]
            # one that acts under a policy is meant
            if states and all(states) and (reason := states[0]):
                yield Remark("date", part.watched, place_of(part, label), *reason)


def _reason(run: IntendedRun, watched: Watched, numbers: Sequence[float]) -> Reason | None:
    """Why a part never acts, or always does; None where it is in order."""
    if watched.kind == "comparison":
        return _compared(run, watched.what, numbers)
    match watched.what, numbers:
        case "STEP", (height, start):
            return None if height == 0.0 else _starts(run.grid, f"STEP at {start:.10g}", start)
        case "RAMP", (slope, start, end):
            return None if slope == 0.0 else _ramp(run.grid, start, end)
        case "PULSE", (start, width, _):
            return _pulse(run, start, width)
        case "PULSE TRAIN", (start, width, interval, end, _):
            return _train(run, start, width, interval, end)
    return None


def _compared(run: IntendedRun, what: str, numbers: Sequence[float]) -> Reason | None:
    """Why a comparison of Time, or two that hold together, never hold or always do."""
    ops = [
        _TURNED[op] if slope < 0.0 else op
        for op, slope in zip(what.split(), numbers[1::2], strict=True)
    ]
    found = list(zip(ops, numbers[::2], strict=True))
    if not all(map(math.isfinite, numbers)) or 0.0 in numbers[1::2]:
        return None
    if len(found) == 1:
        return _one(run, *found[0])
    grid = run.grid
    if run.adaptive or any(_one(run, *one) for one in found) or not grid.steps:
        return None
    # the steps from a lower bound up to an upper one, where that is how they are written
    found.sort(key=lambda one: one[0] in ("<", "<="))
    (low, after), (high, before) = found
    if low not in (">", ">=") or high not in ("<", "<=") or after > grid.stop:
        return None
    first = max(0, math.floor((after - grid.start) / grid.time_step) - 1)
    step = next(k for k in range(first, first + 4) if _holds(grid, k, low, after))
    if step <= grid.steps and _holds(grid, step, high, before):
        return None
    told = f"Time {low} {after:.10g} :AND: Time {high} {before:.10g} is never true"
    return f"{told}, with time steps of {grid.time_step:.10g}", ""


def _holds(grid: TimeGrid, k: int, op: str, date: float) -> bool:
    """Whether a comparison holds at a step, as a run reads it."""
    time, slack = grid.at(k), grid.slack
    match op:
        case ">":
            return time - slack > date
        case ">=":
            return time + slack >= date
        case "<":
            return time + slack < date
        case _:
            return time - slack <= date


def _one(run: IntendedRun, op: str, date: float) -> Reason | None:
    grid = run.grid
    told = f"Time {op} {date:.10g} is"
    after, before = date > grid.stop + grid.slack, date < grid.start - grid.slack
    if op in ("=", "<>"):
        outcome = "never true" if op == "=" else "always true"
        if after or before:
            return f"{told} {outcome}: {_lasts(grid)}", ""
        near = "" if run.adaptive else off_grid(run, date, grid.slack)
        if near:
            return f"{told} {outcome}, with time steps of {grid.time_step:.10g}", f"use {near}"
        return None
    if after:
        return f"{told} {'never' if op in ('>', '>=') else 'always'} true: {_lasts(grid)}", ""
    if before:
        return f"{told} {'always' if op in ('>', '>=') else 'never'} true: {_lasts(grid)}", ""
    return None


def _starts(grid: TimeGrid, name: str, start: float) -> Reason | None:
    """A function that starts during the run."""
    if start > grid.stop + NEAR * grid.time_step:
        return f"{name} never acts: {_lasts(grid)}", ""
    return None


def _ramp(grid: TimeGrid, start: float, end: float) -> Reason | None:
    name = f"RAMP from {start:.10g} to {end:.10g}"
    if start <= grid.stop and end < start:
        return f"{name} ends before it starts, so it jumps to a negative rise", "swap the dates"
    # without an end of its own, it ends with the run
    return _starts(grid, name if start <= end else f"RAMP from {start:.10g}", start)


def _pulse(run: IntendedRun, start: float, width: float) -> Reason | None:
    grid = run.grid
    lasts = width if width > grid.slack else grid.time_step
    name = f"PULSE at {start:.10g} over {lasts:.10g}"
    if not math.isfinite(start + lasts):
        return None
    if start > grid.stop + grid.slack or start + lasts <= grid.start:
        return f"{name} never acts: {_lasts(grid)}", ""
    if run.adaptive or _pulses(grid, start, width):
        return None
    what = f"{name} never acts, with time steps of {grid.time_step:.10g}"
    least = f"last for at least {grid.time_step:.10g}"
    if _pulses(grid, start, grid.time_step):
        return what, f"let it {least}"
    # one that starts in the middle of a step misses the middles of two
    lasts = max(lasts, grid.time_step)
    before = math.floor((start - grid.start) / grid.time_step)
    dates = [grid.at(k) for k in (before, before + 1) if 0 <= k <= grid.steps]
    near = " or ".join(f"{date:.10g}" for date in dates if _pulses(grid, date, lasts))
    longer = f" and {least}" if grid.slack < width < grid.time_step - grid.slack else ""
    return what, near and f"let it start at {near}{longer}"


def _pulses(grid: TimeGrid, start: float, width: float) -> bool:
    """Whether a PULSE acts at any step."""
    return any(
        pulse(_middle(grid, k), grid.slack, start, width, grid.time_step)
        for k in _points(grid, start, 1)
    )


def _train(
    run: IntendedRun, start: float, width: float, interval: float, end: float
) -> Reason | None:
    grid = run.grid
    name = f"PULSE TRAIN from {start:.10g} to {end:.10g}"
    if not all(map(math.isfinite, (start, width, interval, end))):
        return None
    if start > grid.stop + grid.slack or max(start, grid.start) > end + grid.slack:
        return f"{name} never acts: {_lasts(grid)}", ""
    # XMILE states an interval of zero for a single pulse of one time step
    if interval <= 0.0 and width > grid.time_step + grid.slack:
        return f"PULSE TRAIN has an interval of {interval:.10g}: it is one pulse", "use PULSE"
    if run.adaptive:
        return None
    if 0.0 < interval < grid.time_step - grid.slack and width < interval:
        what = f"{name} has an interval of {interval:.10g}, shorter than TIME STEP "
        what += f"{grid.time_step:.10g}: it is always on"
        # a pulse lasts for a time step or more, and a time step is to lie between two pulses
        most = min(interval / 2.0, interval - width)
        return what, f"give a time step of at most {most:.10g}"
    points = _points(grid, start, math.ceil(min(interval / grid.time_step, _MOST)))

    def acts(last: float) -> bool:
        numbers = grid.slack, start, width, interval, last, grid.time_step
        return any(pulse_train(_middle(grid, k), grid.at(k), *numbers) for k in points)

    if acts(end):
        return None
    later = next((grid.at(k) for k in points if grid.at(k) > end and acts(grid.at(k))), None)
    hint = "" if later is None else f"let it end at {later:.10g} or later"
    return f"{name} never acts, with time steps of {grid.time_step:.10g}", hint


def _points(grid: TimeGrid, start: float, count: int) -> range:
    """So many time steps from a date on, with those next to it; of the run alone."""
    near = math.floor((start - grid.start) / grid.time_step)
    first = min(max(near - 1, 0), grid.steps)
    return range(first, min(first + count + 3, grid.steps + 1))


def _middle(grid: TimeGrid, k: int) -> float:
    """The time at which a switch is read at a step, as the loop of a run has it."""
    first, pace, parts = grid.whole
    return (first + k * pace + pace / 2.0) / parts - grid.slack


def _lasts(grid: TimeGrid) -> str:
    return f"the run lasts from {grid.start:.10g} to {grid.stop:.10g}"
