"""From what a user gives to the plan of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from simdistrict.api.held import Held
from simdistrict.run.plan import AS_WRITTEN, Plan, intended, plan_run
from simdistrict.run.preflight import announce, overruled, warnings_of
from simdistrict.scenario import RunSettings, Scenario, bare_scenario, load_scenario, resolve


class Planning(Held):
    """The plans that the methods of a loaded model run."""

    def _plan(
        self,
        scenario: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        settings: RunSettings = AS_WRITTEN,
        backend: str = "auto",
        runs: int = 1,
        strict: bool = False,
    ) -> Plan:
        """The plan of one run, its warnings logged; runs: expected number of runs.

        scenario: a name, a path, a ScenarioBuilder or None for the model as it is; params and
        initial: as of `LoadedModel.run`.
        """
        prepared = self._prepared
        chosen = scenario if isinstance(scenario, Scenario) else None
        if chosen is None:
            chosen = bare_scenario(self._path) if scenario is None else load_scenario(scenario)
        sets = [f"{name}={value!r}" for name, value in (params or {}).items()]
        resolved = resolve(chosen, prepared.model, sets, settings)
        plan = plan_run(prepared, resolved, backend, runs)
        found = (*overruled(prepared.model, resolved), *warnings_of(intended(plan)))
        announce([found], strict)
        return replace(plan, warnings=found)

    def _plans(self, scenarios: Any, **options: Any) -> list[Plan]:
        """A plan for each of several scenarios, or for the one; options: as of `_plan`."""
        several = isinstance(scenarios, Sequence) and not isinstance(scenarios, str)
        return [self._plan(one, **options) for one in (scenarios if several else [scenarios])]
