"""Runs of one model for its checks: each runs once and saves every time step.

A failed run is data; its failure is reported once, however many checks need the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.statements import Statements, Term
from simdistrict.engine.outcome import Outcome
from simdistrict.model.expr import fold
from simdistrict.model.model import Model, Stock
from simdistrict.result.dataset import Run
from simdistrict.run.plan import Plan, Prepared, plan_run
from simdistrict.run.simulate import run_one
from simdistrict.scenario import Change, Policy, Resolved, Scenario, resolve

# most saved numbers of one run: 300 MB in the engine
MOST = 10_000_000
# accumulated rounding error over a run, relative to the largest value
ROUNDING = 1e-9
# the name of the unchanged run in findings
AS_IS = "the model as it is"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A defect of a run. element: folded name, empty for the whole run."""

    element: str
    what: str
    negative: bool = False


class Runs:
    """The runs of one model under its statements.

    told: names of the runs whose failure has been reported.
    """

    def __init__(self, prepared: Prepared, statements: Statements, bare: Resolved) -> None:
        self.prepared = prepared
        self.model: Model = prepared.model
        self.statements = statements
        self.bare = bare
        self.told: set[str] = set()
        self._done: dict[str, tuple[Run, Plan]] = {}

    # ------------------------------------------------------------------ which runs

    def named(self) -> dict[str, Scenario | None]:
        """The runs in which all statements must hold, by their name in findings."""
        found: dict[str, Scenario | None] = {
            f'the scenario "{s.name}"': s for s in self.statements.scenarios
        }
        return found or {AS_IS: None}

    def of(self, name: str, scenario: Scenario | None) -> tuple[Run, Plan]:
        """The model under a scenario; without one for None."""
        if name not in self._done:
            resolved = self.bare if scenario is None else resolve(scenario, self.model)
            self._done[name] = self.run(resolved)
        return self._done[name]

    def with_euler(self, name: str, scenario: Scenario | None) -> tuple[Run, Plan, str]:
        """The same run with Euler, and its name in findings."""
        run, plan = self.of(name, scenario)
        if plan.integrator == "euler":
            return run, plan, name
        name = f"{name}, with Euler"
        if name not in self._done:
            settings = replace(plan.resolved.run, integrator="euler")
            self._done[name] = self.run(replace(plan.resolved, run=settings))
        return *self._done[name], name

    def as_is(self) -> tuple[Run, Plan]:
        """The model as it is."""
        return self.of(AS_IS, None)

    def changed(self, changes: Sequence[Change], begin: float | None = None) -> tuple[Run, Plan]:
        """The model with changed constants, for the whole run or from a time on."""
        if begin is None:
            return self.run(replace(self.bare, assumptions=tuple(changes)))
        policy = Policy("condition", begin, None, 0.0, tuple(changes))
        return self.run(replace(self.bare, policies=(policy,)))

    def run(self, resolved: Resolved) -> tuple[Run, Plan]:
        """One run with every time step saved, as far as memory allows."""
        plan = dense(plan_run(self.prepared, resolved))
        return run_one(plan), plan

    # ------------------------------------------------------------------ what failed

    def flaws(self, run: Run, *, stocks: bool = True) -> Iterator[Flaw]:
        """Defects of a run: it stopped early, a value is not finite, a stock is negative.

        The first element of each kind, causes first.
        """
        order = [n for n in self.prepared.program.order if n in run.values]
        done = run.ending.outcome == Outcome.completed
        after = "" if done else f", and the run did not complete: {run.ending.message}"
        # after an early end, NaN stands for values that were never computed
        computed = np.isfinite(run.time) if done else run.time <= run.ending.time
        for name in order:
            bad = ~np.isfinite(self.defined(run, name)) & computed[:, None]
            if bad.any():
                yield Flaw(name, f"is no finite number {self.spot(run, name, bad)}{after}")
                return
        if not done:
            yield Flaw("", f"the run did not complete: {run.ending.message}")
            return
        for name in order if stocks else ():
            if name in self.statements.may_be_negative or not self.is_stock(name):
                continue
            values = self.defined(run, name)
            bad = values < -ROUNDING * np.abs(values).max(initial=0.0)
            if bad.any():
                what = f"is negative {self.spot(run, name, bad)}"
                yield Flaw(name, what, negative=True)
                return

    def tell(self, check: str, name: str, run: Run, *, stocks: bool = True) -> list[Finding]:
        """Findings for the defects of a run, unless an earlier check reported them."""
        found = list(self.flaws(run, stocks=stocks))
        if name in self.told or not found:
            return []
        self.told.add(name)
        return [self.finding(check, f.element, f"{f.what} ({name})", self.weight(f)) for f in found]

    def weight(self, flaw: Flaw) -> str:
        """The severity of a flaw: without a checks file a stock may be negative on purpose."""
        return "warning" if flaw.negative and not self.statements.where else "error"

    def broken(self, run: Run) -> bool:
        """Whether a run is too defective for further checks."""
        return any(not flaw.negative for flaw in self.flaws(run, stocks=False))

    def finding(self, check: str, name: str, what: str, severity: str = "error") -> Finding:
        """A finding about an element, by folded name, or about the model."""
        element = self.model.by_name.get(name)
        if element is None:
            return Finding(check, severity, "", 0, what)
        return Finding(check, severity, element.name, element.line, what)

    def is_stock(self, name: str) -> bool:
        """Whether a folded name is that of a stock."""
        return isinstance(self.model.by_name.get(name), Stock)

    # ------------------------------------------------------------------ numbers

    def series(self, run: Run, name: str) -> Reals:
        """The values of an element: (points, *its shape), even where it is constant."""
        values = np.asarray(run.values[name], float)
        if values.ndim == len(self.model.by_name[name].dims):
            return np.broadcast_to(values, (len(run.time), *values.shape))
        return values

    def flat(self, run: Run, term: Term) -> Reals:
        """The values of a term: (points, places)."""
        return self.series(run, term.element).reshape(len(run.time), -1)[:, list(term.places)]

    def summed(self, run: Run, term: Term, per: Sequence[str]) -> Reals:
        """A term summed over all dimensions except those in per: (points, *labels of per)."""
        whole = self.series(run, term.element)
        kept = np.zeros(whole.shape).reshape(len(whole), -1)
        # undefined elements of an array are NaN and do not count
        kept[:, list(term.places)] = np.nan_to_num(self.flat(run, term))
        dims = [fold(d) for d in self.model.by_name[term.element].dims]
        out = tuple(k + 1 for k, dim in enumerate(dims) if dim not in per)
        total = kept.reshape(whole.shape).sum(axis=out)
        left = [dim for dim in dims if dim in per]
        return np.transpose(total, (0, *(left.index(dim) + 1 for dim in per)))

    def where(self, name: str, place: int) -> str:
        """`at [north,young] ` for a flat index of an array; empty for a scalar."""
        labels = bracket(self.model, tuple(map(fold, self.model.by_name[name].dims)), place)
        return labels and f"at {labels} "

    def defined(self, run: Run, name: str) -> Reals:
        """Values as (points, places), without indices that the model does not define."""
        slot = self.prepared.program.shown(name)
        values = self.series(run, name).reshape(len(run.time), -1)
        return values if slot.defined is None else values[:, list(slot.defined)]

    def spot(self, run: Run, name: str, bad: NDArray[np.bool_]) -> str:
        """Labels, time and value of the first bad value, for a message."""
        point, column = (int(i) for i in np.argwhere(bad)[0])
        slot = self.prepared.program.shown(name)
        place = column if slot.defined is None else slot.defined[column]
        value = self.defined(run, name)[point, column]
        return f"{self.where(name, place)}in {run.time[point]:.10g}: {value:.6g}"


def dense(plan: Plan) -> Plan:
    """The plan with every time step saved, or fewer to keep MOST numbers."""
    numbers = plan.grid.steps * plan.prepared.program.layout.values
    every = 1 if numbers <= MOST else -(-numbers // MOST)
    return replace(plan, grid=replace(plan.grid, every=every))


def bracket(model: Model, dims: Sequence[str], place: int) -> str:
    """The labels of a flat index along some dimensions, in brackets; empty without any."""
    if not dims:
        return ""
    labels = [model.dims_by_name[dim].labels for dim in dims]
    position = np.unravel_index(place, [len(names) for names in labels])
    return "[" + ",".join(names[i] for names, i in zip(labels, position, strict=True)) + "]"
