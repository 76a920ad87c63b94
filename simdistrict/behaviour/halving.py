"""The check of the time step: halving it must not change the indicators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.runs import AS_IS, Runs
from simdistrict.behaviour.statements import Term
from simdistrict.run.plan import plan_run
from simdistrict.run.simulate import run_one

# largest acceptable change, as a share of the largest magnitude in the run
MOST = 0.01


def halving(runs: Runs) -> Iterator[Finding]:
    """Half the time step changes no indicator by 1 % of its largest magnitude in the run.

    Each element of an array has its own magnitude. Without stated indicators all stocks are
    checked, and findings are warnings.
    """
    run, plan = runs.as_is()
    yield from runs.tell("halving", AS_IS, run, stocks=False)
    if runs.broken(run) or plan.grid.steps == 0:
        return
    grid, settings = plan.grid, plan.resolved.run
    settings = replace(settings, time_step=grid.time_step / 2, save_step=grid.save_step)
    half = plan_run(runs.prepared, replace(plan.resolved, run=settings))
    # exactly the same times, whatever rounding does to the number of steps
    every = 2 * grid.every
    half = replace(half, grid=replace(half.grid, steps=2 * grid.steps, every=every))
    finer = run_one(half)
    name = "the model with half its time step"
    yield from runs.tell("halving", name, finer, stocks=False)
    if runs.broken(finer):
        return
    stated = runs.statements.indicators
    severity = "error" if stated else "warning"
    for term in stated or _stocks(runs):
        coarse, fine = runs.flat(run, term), runs.flat(finer, term)
        change = np.nan_to_num(np.abs(fine - coarse))
        scale = np.nan_to_num(np.abs(coarse)).max(axis=0)
        bad = change > MOST * scale
        if not bad.any():
            continue
        relative = np.divide(change, scale, out=np.full_like(change, np.inf), where=scale > 0)
        relative[change == 0.0] = 0.0
        point, place = np.unravel_index(int(relative.argmax()), relative.shape)
        where = runs.where(term.element, term.places[int(place)])
        what = (
            f"changes by {relative.max():.2%} of its largest magnitude when the time step is "
            f"halved, at most {MOST:.0%} is good: {where}in "
            f"{run.time[point]:.10g} {coarse[point, place]:.6g} becomes {fine[point, place]:.6g}"
        )
        yield runs.finding("halving", term.element, what, severity)


def _stocks(runs: Runs) -> tuple[Term, ...]:
    found = []
    for name in runs.prepared.program.order:
        if runs.is_stock(name):
            element = runs.model.by_name[name]
            size = int(np.prod(runs.model.shape(element), dtype=int))
            found.append(Term(name, element.name, tuple(range(size))))
    return tuple(found)
