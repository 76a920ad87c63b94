"""From what a user gives to the plan of a run.

A plan is made once for each scenario, run settings and set of changed constants; a run with other
numbers takes that plan with its own values, without reading a file or lowering the model again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simdistrict.api.builder import ScenarioBuilder
from simdistrict.api.resolving import OVER_TIME, Resolving
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.model.causality import grid_constants
from simdistrict.model.model import CONTROL, Constant
from simdistrict.run.plan import (
    AS_WRITTEN,
    Plan,
    Prepared,
    has_fixed_end,
    intended,
    plan_run,
    scenarios_of,
)
from simdistrict.run.preflight import RunWarning, announce, overruled, warnings_of
from simdistrict.scenario import (
    Resolved,
    RunSettings,
    Scenario,
    bare_scenario,
)

# plans that a model keeps
_KEPT = 100


class Planning(Resolving):
    """The plans that the methods of a loaded model run."""

    def __init__(self, path: Path, prepared: Prepared) -> None:
        super().__init__(path, prepared)
        model = prepared.model
        self._scenarios: dict[str, tuple[object, tuple[Scenario, ...]]] = {}
        self._plans_kept: dict[object, Plan] = {}
        self._logged: set[object] = set()
        self._bare = bare_scenario(path)
        self._grid_constants = frozenset(grid_constants(model))
        # a grid that the model computes may follow from what stocks start from
        self._computes_grid = not all(
            isinstance(model.by_name[name], Constant) for name in CONTROL if name in model.by_name
        )

    def _plan(
        self,
        scenario: str | Path | ScenarioBuilder | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        settings: RunSettings = AS_WRITTEN,
        backend: str = "auto",
        runs: int = 1,
        strict: bool = False,
    ) -> Plan:
        """The plan of one run, its warnings logged once; runs: expected number of runs.

        scenario: a name, a path, a ScenarioBuilder or None for the unchanged model; params and
        initial: as of `LoadedModel.run`. Raises ScenarioError where the name stands for several.
        """
        written = self._one_written(scenario)
        return self._plan_of(written, params, initial, settings, backend, runs, strict)

    def _plans(
        self,
        scenarios: str
        | Path
        | ScenarioBuilder
        | Sequence[str | Path | ScenarioBuilder | None]
        | None,
        *,
        params: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        settings: RunSettings = AS_WRITTEN,
        backend: str = "auto",
        runs: int = 1,
        strict: bool = False,
    ) -> list[Plan]:
        """A plan for each scenario; one with variants stands for all of them; as `_plan`."""
        several = isinstance(scenarios, Sequence) and not isinstance(scenarios, str)
        given: Iterable[Any] = scenarios if several else [scenarios]  # type: ignore[assignment]
        written = [one for each in given for one in self._written(each)]
        if not written:
            raise ScenarioError(Problem("scenario", "there is no scenario in the list"))
        plans = []
        for one in written:
            count = runs * len(written)
            plan = self._plan_of(one, params, initial, settings, backend, count, strict)
            # where backends differ in their last bits, one result records one
            backend = plan.backend if backend == "auto" and len(written) > 1 else backend
            plans.append(plan)
        return plans

    def _plan_of(
        self,
        scenario: Scenario,
        params: Mapping[str, Any] | None,
        initial: Mapping[str, Any] | None,
        settings: RunSettings,
        backend: str,
        runs: int,
        strict: bool,
    ) -> Plan:
        resolved = self._resolved(scenario, params, initial, settings)
        key = self._key(resolved), backend, runs
        base = self._plans_kept.get(key)
        if base is None:
            base = plan_run(self._prepared, resolved, backend, runs)
            if has_fixed_end(base):
                if len(self._plans_kept) >= _KEPT:
                    self._plans_kept.clear()
                self._plans_kept[key] = base
        plan = replace(base, resolved=resolved)
        found = (
            *overruled(self._prepared.model, resolved),
            *_before_the_run(plan),
            *warnings_of(intended(plan)),
        )
        if found:
            new = [one for one in found if strict or one not in self._logged]
            announce([new], strict)
            self._logged.update(new)
        return replace(plan, warnings=found)

    def _key(self, resolved: Resolved) -> object:
        """What of a scenario decides its plan, but for the values that the plan takes anyway."""
        changes = resolved.assumptions
        free = self._computes_grid
        return (
            resolved.run,
            tuple(c for c in changes if c.element in self._grid_constants),
            frozenset(c.element for c in changes),
            frozenset(c.element for p in resolved.policies for c in p.changes),
            resolved.initial if free else frozenset(c.element for c in resolved.initial),
            resolved.policies if free else None,
        )

    def _one_written(self, scenario: str | Path | ScenarioBuilder | None) -> Scenario:
        """The scenario that a user means; ScenarioError where the name stands for several."""
        found = self._written(scenario)
        if len(found) > 1:
            what = f"the scenario {scenario} has {len(found)} variants, and one is needed"
            hint = f"name one, such as {found[0].name}"
            raise ScenarioError(Problem(f"scenario {scenario}", what, hint))
        return found[0]

    def _written(self, scenario: Any) -> tuple[Scenario, ...]:
        """The scenarios that a user means, as files say them; kept until a file changes."""
        if scenario is None:
            return (self._bare,)
        if not isinstance(scenario, str | Path):
            if isinstance(scenario, ScenarioBuilder):
                return (scenario._scenario,)
            what = f"{type(scenario).__name__} is no kind of scenario"
            hint = "give a name, a path, or what m.scenario(...) returns"
            raise ScenarioError(Problem("scenario", what, hint))
        name = str(scenario)
        stamp, found = self._scenarios.get(name, (None, ()))
        if not found or stamp != _stamp(found):
            found = scenarios_of(name)
            self._scenarios[name] = _stamp(found), found
        return found


def _before_the_run(plan: Plan) -> Iterator[RunWarning]:
    """Values over time that begin before the run does: one of them holds from its start."""
    grid = plan.grid
    early: dict[str, float] = {}
    for policy in plan.resolved.policies:
        if policy.origin.startswith(OVER_TIME) and policy.start < grid.start - grid.slack:
            early[policy.origin] = policy.start
    for origin, time in early.items():
        what = f"the run starts in {grid.start:.10g}, and a value is given for {time:.10g} before: "
        yield RunWarning("policy", origin, f"{what}it holds from the start", "check the times")


def _stamp(scenarios: Iterable[Scenario]) -> object:
    """What changes when a file of some scenarios, or the folder of one's own, does."""
    files = dict.fromkeys(name for one in scenarios for name in one.chain)
    return [_modified(name) for name in (*files, "scenarios", "scenarios/probes")]


def _modified(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size
