"""Checks of single runs: completion, bounds, steady state, extreme conditions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.runs import AS_IS, ROUNDING, Runs
from simdistrict.behaviour.statements import Expectation
from simdistrict.result.dataset import Run


def completes(runs: Runs) -> Iterator[Finding]:
    """The unchanged model and every stated scenario complete; no stock is negative."""
    for name, scenario in {AS_IS: None, **runs.named()}.items():
        run, _ = runs.of(name, scenario)
        yield from runs.tell("run", name, run)


def bounds(runs: Runs) -> Iterator[Finding]:
    """Elements stay within their stated limits in every stated run."""
    for name, scenario in runs.named().items() if runs.statements.bounds else ():
        run, _ = runs.of(name, scenario)
        yield from runs.tell("bounds", name, run, stocks=False)
        if not runs.broken(run):
            yield from outside(runs, run, "bounds", name)


def outside(runs: Runs, run: Run, check: str, name: str) -> Iterator[Finding]:
    """Findings for the first value of each bounded element outside its limits."""
    for bound in runs.statements.bounds:
        values = runs.flat(run, bound.term)
        limits = [abs(b) for b in (bound.low, bound.high) if b is not None]
        slack = ROUNDING * max(limits)
        low = -np.inf if bound.low is None else bound.low - slack
        high = np.inf if bound.high is None else bound.high + slack
        bad = (values < low) | (values > high)
        if bad.any():
            point, column = (int(i) for i in np.argwhere(bad)[0])
            where = runs.where(bound.term.element, bound.term.places[column])
            ends = ["?" if b is None else f"{b:g}" for b in (bound.low, bound.high)]
            what = (
                f"leaves its bounds [{', '.join(ends)}] {where}in "
                f"{run.time[point]:.10g}: {values[point, column]:.6g} ({name})"
            )
            yield runs.finding(check, bound.term.element, what)


def steady_state(runs: Runs) -> Iterator[Finding]:
    """Under the stated constants every stock keeps its initial value throughout the run."""
    if not runs.statements.steady:
        return
    run, _ = runs.changed(runs.statements.steady)
    name = "the steady state"
    yield from runs.tell("steady-state", name, run, stocks=False)
    if runs.broken(run):
        return
    for stock in runs.prepared.program.order:
        if not runs.is_stock(stock) or stock in runs.statements.moving:
            continue
        values = runs.series(run, stock).reshape(len(run.time), -1)
        gap = np.nan_to_num(np.abs(values - values[0]))
        scale = float(np.nanmax(np.abs(values), initial=0.0))
        if gap.max(initial=0.0) <= ROUNDING * scale:
            continue
        first = int(np.argmax((gap > ROUNDING * scale).any(axis=1)))
        place = int(gap[first].argmax())
        where = runs.where(stock, place)
        what = (
            f"does not stay at its initial value {where}in the steady state: "
            f"{values[0, place]:.6g}, then {values[first, place]:.6g} in {run.time[first]:.10g} "
            f"and {values[-1, place]:.6g} at the end"
        )
        yield runs.finding("steady-state", stock, what)


def extremes(runs: Runs) -> Iterator[Finding]:
    """Every run under an extreme condition completes and meets the stated expectations."""
    _check_dates(runs)
    for extreme in runs.statements.extremes:
        name = f'the extreme condition "{extreme.name}"'
        run, plan = runs.changed(extreme.changes, extreme.begin)
        yield from runs.tell("extremes", name, run)
        if runs.broken(run):
            continue
        yield from outside(runs, run, "extremes", name)
        for expected in extreme.expect:
            at = plan.grid.stop if expected.at is None else expected.at
            yield from _expected(runs, run, expected, at, name)


def _check_dates(runs: Runs) -> None:
    """Raise ScenarioError for times outside the run."""
    if not runs.statements.extremes:
        return
    grid = runs.as_is()[1].grid
    problems = []
    for extreme in runs.statements.extremes:
        dates = [(extreme.begin, extreme.origin)] + [(e.at, e.origin) for e in extreme.expect]
        for date, origin in dates:
            if date is not None and not grid.start <= date <= grid.stop:
                what = f"the time {date:g} lies outside the run, {grid.start:g} to {grid.stop:g}"
                problems.append(Problem(origin, what))
    if problems:
        raise ScenarioError(problems)


def _expected(
    runs: Runs, run: Run, expected: Expectation, at: float, name: str
) -> Iterator[Finding]:
    point = int(np.abs(run.time - at).argmin())
    values = runs.flat(run, expected.term)[point]
    unit = np.ones_like(values)
    if expected.of == "initial":
        unit = runs.flat(run, expected.term)[0]
    elif expected.of == "unchanged":
        unit = runs.flat(runs.as_is()[0], expected.term)[point]
    words = {"": "", "initial": " of its initial value", "unchanged": " of its usual value"}
    for word, limit in (("below", expected.below), ("above", expected.above)):
        if limit is None:
            continue
        good = values < limit * unit if word == "below" else values > limit * unit
        if good.all():
            continue
        place = int(np.argmin(good))
        where = runs.where(expected.term.element, expected.term.places[place])
        what = (
            f"is not {word} {limit:g}{words[expected.of]} {where}in "
            f"{run.time[point]:.10g}: {values[place]:.6g} ({name}, {expected.origin})"
        )
        yield runs.finding("extremes", expected.term.element, what)
