"""Warnings about the time grid, the policies and the values of a scenario."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simdistrict.model.causality import grid_constants
from simdistrict.model.model import Model
from simdistrict.run.preflight.intended import IntendedRun, RunWarning
from simdistrict.scenario.values import CONTROL_FIELDS, Resolved

# a date this near to a step, as a share of the time step, lies on it; as `TimeGrid.of`
NEAR = 1e-5


def time_grid(run: IntendedRun) -> Iterator[RunWarning]:
    """FINAL TIME and SAVEPER fit the steps of the run."""
    grid, final, save = run.grid, run.control["final time"], run.control["saveper"]
    step = grid.time_step
    span = final - grid.start
    if not run.fixed or span <= 0.0:
        return
    ends = f"FINAL TIME {final:.10g} is no time step: the run ends at {grid.stop:.10g}, "
    ends += f"with steps of {step:.10g}"
    if step > span * (1.0 + NEAR):
        what = f"TIME STEP {step:.10g} is longer than the run, so nothing moves; {ends}"
        yield _of_control(run, "time step", what, f"give a time step of at most {span:.10g}")
        return
    # as in `TimeGrid.of`: a TIME STEP typed as 0.333333 still meets a final time of 10
    if abs(final - grid.stop) > NEAR * max(step, span):
        hint = f"give a final time of {grid.stop:.10g} or {grid.at(grid.steps + 1):.10g}"
        yield _of_control(run, "final time", ends, hint)
    if save > span * (1.0 + NEAR):
        what = f"SAVEPER {save:.10g} is longer than the run: only its start and its end are saved"
        yield _of_control(run, "saveper", what, f"give a save step of at most {span:.10g}")


def saved_times(run: IntendedRun) -> Iterator[RunWarning]:
    """SAVEPER is a whole number of time steps; else the nearest ones are saved."""
    grid, save = run.grid, run.control["saveper"]
    step, near = grid.time_step, max(1, round(grid.every))
    hint = f"give a save step of {near * step:.10g}, or a time step of {save / near:.10g}"
    if save < step * (1.0 - NEAR):
        what = f"SAVEPER {save:.10g} is shorter than a time step, {step:.10g}: every step is saved"
        yield _of_control(run, "saveper", what, hint)
    elif not grid.divided:
        what = f"SAVEPER {save:.10g} is not a whole number of time steps of {step:.10g}: the step "
        what += "nearest to each save time is saved, at unequal intervals"
        yield _of_control(run, "saveper", what, hint)


def overruled(model: Model, resolved: Resolved) -> Iterator[RunWarning]:
    """A constant that decides a control element is changed only where the latter is not set.

    model: as read, with the equation of the control element.
    """
    for name, field in CONTROL_FIELDS.items():
        value = getattr(resolved.run, field)
        decides = grid_constants(model, (name,)) if value is not None else {}
        for change in resolved.assumptions:
            if change.element in decides:
                what = f"{change.text} = {change.value:g} does not move {name.upper()}, which the "
                what += f"settings of the run fix at {value:.10g}"
                kind = "save-step" if name == "saveper" else name.replace(" ", "-")
                yield RunWarning(kind, change.origin, what, "set one of them only")


def policies(run: IntendedRun) -> Iterator[RunWarning]:
    """Every policy acts during the run, from a time step on."""
    grid = run.grid
    step = grid.time_step
    for policy in run.resolved.policies:
        name, where = f'the policy "{policy.name}"', policy.origin
        if policy.start >= grid.stop:
            what = f"{name} starts in {policy.start:.10g}, and the run ends in {grid.stop:.10g}"
            yield RunWarning("policy", where, f"{what}: it never acts")
            continue
        end = None if policy.end is None else policy.end + policy.ramp
        if end is not None and end <= grid.start:
            what = f"{name} ends in {end:.10g}, and the run starts in {grid.start:.10g}"
            yield RunWarning("policy", where, f"{what}: it never acts")
            continue
        if run.adaptive:
            continue
        jump = policy.ramp == 0.0
        if jump and policy.end is not None and not _acts(run, policy.start, policy.end):
            what = f"{name} acts from {policy.start:.10g} to {policy.end:.10g}, between two steps"
            hint = f"let it last for at least one time step, {step:.10g}"
            if not _acts(run, policy.start, policy.start + step):
                # it starts before the run
                hint = f"let it end at {grid.at(1):.10g} or later"
            yield RunWarning("policy", where, f"{what}: it never acts", hint)
        elif jump:
            for verb, date in (("start", policy.start), ("end", policy.end)):
                if date is None or date <= grid.start:
                    continue
                # as FINAL TIME: a TIME STEP typed as 0.333333 still meets whole years
                if near := off_grid(run, date, NEAR * max(step, date - grid.start)):
                    what = f"{name} {verb}s in {date:.10g}, between two steps of {step:.10g}"
                    yield RunWarning("policy", where, what, f"let it {verb} in {near}")


def ranges(run: IntendedRun) -> Iterator[RunWarning]:
    """Every value of the scenario is within the range that the model states."""
    model, resolved = run.model, run.resolved
    moved = (change for policy in resolved.policies for change in policy.changes)
    for change in [*resolved.assumptions, *resolved.initial, *moved]:
        element = model.by_name[change.element]
        if change.value in element.range:
            continue
        unit = f" {element.units}" if element.units not in ("", "Dmnl") else ""
        what = f"{change.text} = {change.value:g} is outside the range {element.range}{unit} "
        what += f"that the model {model.name} states"
        yield RunWarning("range", change.origin, what, "", element.name, element.line)


def off_grid(run: IntendedRun, date: float, slack: float) -> str:
    """The steps before and after a date that is no time step, as text; else nothing.

    slack: how far a date may be from a step and still mean it.
    """
    grid = run.grid
    steps = (date - grid.start) / grid.time_step
    if not math.isfinite(steps) or abs(grid.at(round(steps)) - date) <= slack:
        return ""
    return "{:.10g} or {:.10g}".format(*grid.around(date))


def _acts(run: IntendedRun, start: float, end: float) -> bool:
    """Whether the middle of some step lies between two dates, as a policy's change is read."""
    grid = run.grid
    first = max(0, math.floor((start - grid.start) / grid.time_step - 0.5 + NEAR) + 1)
    return grid.at(first) + grid.time_step / 2.0 - grid.slack < end


def _of_control(run: IntendedRun, name: str, what: str, hint: str) -> RunWarning:
    """A warning about a control element: where it, or else the time step, was set."""
    model = run.model
    kind = "save-step" if name == "saveper" else name.replace(" ", "-")
    element = model.by_name.get(name)
    spelled, line = (element.name, element.line) if element is not None else (name.upper(), 0)
    where = f"model {model.name}, line {line}" if line else f"model {model.name}"
    changed = dict(run.resolved.run_origins)
    where = changed.get(CONTROL_FIELDS[name]) or changed.get("time_step") or where
    return RunWarning(kind, where, what, hint, spelled, line)
