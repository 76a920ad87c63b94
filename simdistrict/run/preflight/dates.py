"""Remarks on dates that a run never meets: comparisons with Time, STEP, PULSE and their like."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from simdistrict.engine.watched import Watched
from simdistrict.model.model import TimeGrid
from simdistrict.run.preflight.intended import IntendedRun
from simdistrict.run.preflight.numbers import FIRST, Part, Remark, place_of
from simdistrict.run.preflight.settings import NEAR, off_grid

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
        return _compared(run, watched.what, numbers[0])
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


def _compared(run: IntendedRun, op: str, date: float) -> Reason | None:
    grid = run.grid
    told = f"Time {op} {date:.10g} is"
    slack = NEAR * grid.time_step
    after, before = date > grid.stop + slack, date < grid.start - slack
    if op in ("=", "<>"):
        outcome = "never true" if op == "=" else "always true"
        if after or before:
            return f"{told} {outcome}: {_lasts(grid)}", ""
        near = "" if run.adaptive else off_grid(run, date)
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
    if end < start:
        return f"{name} ends before it starts, so it jumps to a negative rise", "swap the dates"
    return _starts(grid, name, start)


def _pulse(run: IntendedRun, start: float, width: float) -> Reason | None:
    grid = run.grid
    name = f"PULSE at {start:.10g}"
    lasts = width if width > 0.0 else grid.time_step
    if start + lasts <= grid.start:
        return f"{name} over {lasts:.10g} never acts: {_lasts(grid)}", ""
    if run.adaptive or not math.isfinite(start + lasts):
        return _starts(grid, name, start)
    # the middle of the first step after its start
    first = max(0, math.floor((start - grid.start) / grid.time_step - 0.5 + NEAR) + 1)
    if first <= grid.steps and grid.at(first) + grid.time_step / 2.0 >= start + lasts:
        what = f"{name} over {lasts:.10g} never acts, with time steps of {grid.time_step:.10g}"
        return what, f"let it last for at least {grid.time_step:.10g}"
    return _starts(grid, name, start)


def _train(
    run: IntendedRun, start: float, width: float, interval: float, end: float
) -> Reason | None:
    grid = run.grid
    name = f"PULSE TRAIN from {start:.10g} to {end:.10g}"
    if end < start or end < grid.start:
        return f"{name} never acts: {_lasts(grid)}", ""
    # XMILE states an interval of zero for a single pulse of one time step
    if interval <= 0.0 and width > grid.time_step * (1.0 + NEAR):
        return f"PULSE TRAIN has an interval of {interval:.10g}: it is one pulse", "use PULSE"
    if not run.adaptive and interval < grid.time_step * (1.0 - NEAR) and width < interval:
        what = f"{name} has an interval of {interval:.10g}, shorter than TIME STEP "
        what += f"{grid.time_step:.10g}: it is always on"
        return what, f"give a time step of at most {interval:.10g}"
    return _starts(grid, name, start)


def _lasts(grid: TimeGrid) -> str:
    return f"the run lasts from {grid.start:.10g} to {grid.stop:.10g}"
