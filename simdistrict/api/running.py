"""One run of a loaded model, or one run of each of several scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdistrict.api.builder import ScenarioBuilder
from simdistrict.api.given import settings_of, times_text
from simdistrict.api.plans import Planning
from simdistrict.api.results import Pattern
from simdistrict.api.wording import in_python
from simdistrict.exchange.text.equations import quoted
from simdistrict.result.dataset import to_xarray
from simdistrict.result.selection import Selection
from simdistrict.run.plan import Plan, Prepared
from simdistrict.run.saving import selection_of
from simdistrict.run.simulate import result_of, run_one
from simdistrict.scenario import to_yaml

if TYPE_CHECKING:
    import xarray as xr

# datasets that a model keeps as patterns of the next ones
_KEPT = 20


class Running(Planning):
    """What a loaded model runs once."""

    def __init__(self, path: Path, prepared: Prepared) -> None:
        super().__init__(path, prepared)
        self._patterns: dict[object, Pattern] = {}

    @in_python
    def run(
        self,
        scenario: str
        | Path
        | ScenarioBuilder
        | Sequence[str | Path | ScenarioBuilder]
        | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        save: str | Sequence[str] | None = None,
        times: str | Sequence[float] | None = None,
        initial: Mapping[str, Any] | None = None,
        initial_time: float | None = None,
        final_time: float | None = None,
        time_step: float | None = None,
        save_step: float | None = None,
        integrator: str | None = None,
        rtol: float | None = None,
        atol: float | None = None,
        backend: str = "auto",
        strict: bool = False,
    ) -> xr.Dataset:
        """Run a scenario, or the model unchanged; the numbers of `simdistrict run`, bit for bit.

        scenario: a name, a path or what `scenario()` returns; of a list, or of a scenario with
        variants, each is run, along the dimension `scenario`.

        params: values for constants, by the name of an element (`"tariff"`), of a part of an array
        (`"tariff level[far]"`), or of what a policy sets (`"carbon tariff: tariff level[far]"`,
        `"carbon tariff: start"`). A value is in the element's unit: a number, which holds for all
        labels; an array of the element's shape; a pandas Series over the labels of one dimension;
        an xarray.DataArray over all of them. Labels are checked, their order is free. Over time: a
        Series whose index is times (named `time` where the element has labels), a DataFrame of
        times by labels, or a DataArray with the dimension `time`; each number holds until the next
        time, and before the first one the model's own value holds.

        initial: what stocks start from, by name, as numbers, arrays, Series or DataArrays.

        save: `"all"`, `"stocks"`, `"indicators"` (what the scenario reports) or a list of names,
        with or without labels. times: `"all"` (the saved steps), `"final"` or some saved times.
        initial_time, final_time, time_step, save_step: in the model's time unit; integrator:
        `"euler"`, `"rk4"`, `"adaptive"`, `"stiff"`, `"bdf"` or `"radau"`, with rtol and atol;
        backend: `"auto"`, `"interpreted"`, `"native"` or `"pysd"`; strict: warnings before the run
        are errors.

        Returns a Dataset: a variable per element with the dimensions (scenario, time, those of the
        element), without `time` where it is constant, with units in its attributes. Its attributes
        record the run, so that `rerun` repeats it. A run that does not complete is data: see the
        variable `outcome`. Raises ScenarioError, ModelError or EngineError with everything that
        does not fit.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> ds = m.run(params={"tariff": 0.1}, save=["home experience"], times=[0, 100, 200])
        >>> ds["home_experience"].dims, ds["home_experience"].shape
        (('time',), (3,))
        """
        settings = settings_of(
            initial_time, final_time, time_step, save_step, integrator, rtol, atol
        )
        plans = self._plans(
            scenario,
            params=params,
            initial=initial,
            settings=settings,
            backend=backend,
            strict=strict,
        )
        saved, points = saved_text(self, save), times_text(times)
        if len(plans) == 1:
            return self._one(plans[0], saved, points)
        return to_xarray(result_of(plans, saved, points, say=True))

    @in_python
    def scenario(self, name: str | Path | None = None) -> ScenarioBuilder:
        """A scenario to build on: one by name or path, or the unchanged model.

        Raises ScenarioError for a name that there is not, or with everything that does not fit the
        model.

        >>> import simdistrict as sd
        >>> sd.load("core").scenario().set("tariff", 0.1)
        <scenario core of core: 1 constant>
        """
        return ScenarioBuilder(self, self._one_written(name))

    def _one(self, plan: Plan, save: str, times: str) -> xr.Dataset:
        """One run, in the pattern of an earlier one of the same kind where there is one."""
        resolved = plan.resolved
        key = (
            *(resolved.name, resolved.title, resolved.run, resolved.report, save, times),
            *(plan.grid, plan.integrator, plan.rtol, plan.atol, plan.backend),
            *(id(plan.prepared), bool(resolved.policies)),
        )
        pattern = self._patterns.get(key)
        if pattern is not None:
            run = run_one(plan, say=True)
            text = to_yaml(resolved, plan.prepared.model)
            found = pattern.filled(run, scenario_yaml=text, scenario_sha256=resolved.sha256)
            if found is not None:
                return found
            return to_xarray(result_of([plan], save, times, runs=[run]))
        dataset = to_xarray(result_of([plan], save, times, say=True))
        if len(self._patterns) >= _KEPT:
            self._patterns.clear()
        selection: Selection = selection_of([plan], save)
        made = Pattern.of(dataset, plan.prepared, selection, times)
        if made is not None:
            self._patterns[key] = made
        return dataset


def saved_text(model: Planning, save: str | Sequence[str] | None) -> str:
    """What is to be saved, as the text that `--save` takes."""
    if save is None:
        return "all"
    if isinstance(save, str):
        return save
    known = model._prepared.model
    return ", ".join(quoted(known[n].name) if n in known else n for n in map(str, save))
