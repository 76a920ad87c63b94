"""Runs of a loaded model step by step, alone or many side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdistrict.api.given import settings_of, whole
from simdistrict.api.plans import Planning
from simdistrict.api.wording import in_python

if TYPE_CHECKING:
    import xarray as xr

    from simdistrict.api.builder import ScenarioBuilder
    from simdistrict.api.simulator import Simulator, SimulatorBatch


class Stepping(Planning):
    """What a loaded model starts and steps."""

    @in_python
    def start(
        self,
        scenario: str | Path | ScenarioBuilder | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        initial_time: float | None = None,
        final_time: float | None = None,
        time_step: float | None = None,
        save_step: float | None = None,
        integrator: str | None = None,
        save: str | Sequence[str] | None = None,
        backend: str = "auto",
        strict: bool = False,
        state: xr.Dataset | None = None,
    ) -> Simulator:
        """Start a run that the caller moves on step by step.

        The arguments are those of `run`, with integrator euler or rk4. save: what `results` keeps,
        default all; an empty list keeps nothing and starts faster. state: go on from a saved
        `Simulator.state`; it holds scenario and settings, so save and backend alone go with it.

        Raises as `run`; EngineError for an integrator that chooses its own steps; ExchangeError for
        a state that is damaged or of another model.

        >>> import simdistrict as sd
        >>> s = sd.load("core").start(params={"tariff": 0.1}, final_time=50)
        >>> s.run_to(50)
        50.0
        >>> s.done, s["tariff"]
        (True, 0.1)
        """
        from simdistrict.api.running import saved_text
        from simdistrict.api.simulator import Simulator
        from simdistrict.base.errors import Problem, ScenarioError
        from simdistrict.result.dataset import from_xarray
        from simdistrict.run.states import recorded_plan, restored
        from simdistrict.run.stepping import SteppedRun
        from simdistrict.scenario import RunSettings

        kept = "" if save is not None and not len(save) else saved_text(self, save)
        settings = settings_of(initial_time, final_time, time_step, save_step, integrator)
        if state is not None:
            if scenario is not None or params or initial or settings != RunSettings():
                what = "the state holds its own scenario and settings"
                hint = "restore it alone, and set values with s[name] = value"
                raise ScenarioError(Problem("start", what, hint))
            found = from_xarray(state)
            return Simulator(restored(recorded_plan(self._prepared, found, backend), found, kept))
        plan = self._plan(
            scenario,
            params=params,
            initial=initial,
            settings=settings,
            backend=backend,
            strict=strict,
        )
        return Simulator(SteppedRun(plan, kept))

    @in_python
    def start_batch(
        self,
        members: int,
        scenario: str | Path | ScenarioBuilder | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        initial_time: float | None = None,
        final_time: float | None = None,
        time_step: float | None = None,
        save_step: float | None = None,
        integrator: str | None = None,
        backend: str = "auto",
        strict: bool = False,
    ) -> SimulatorBatch:
        """Start many runs side by side, which differ in some constants or in what is set later.

        params: as of `start` for all members; or for each its own: an array whose first dimension
        is the members, or a DataArray with the dimension `member`. The other arguments are those of
        `start`. A member has the bits of its own single run. Nothing is saved: read what is needed.

        Raises as `start`; ScenarioError where a constant decides the time grid.

        >>> import simdistrict as sd
        >>> b = sd.load("core").start_batch(3, params={"tariff": [0.0, 0.1, 0.2]})
        >>> b.step()
        0.25
        >>> b["home share"].sizes["member"]
        3
        """
        import numpy as np

        from simdistrict.api.drawn import drawn_of, parted
        from simdistrict.api.simulator import SimulatorBatch
        from simdistrict.run.stepping import Drawn, SteppedRun

        members = whole(members, "members", low=1)
        shared, own = parted(self._prepared.model, params or {}, members)
        plan = self._plan(
            scenario,
            params=shared,
            initial=initial,
            settings=settings_of(initial_time, final_time, time_step, save_step, integrator),
            backend=backend,
            runs=members,
            strict=strict,
        )
        nothing = Drawn((), np.zeros((members, 0)))
        return SimulatorBatch(SteppedRun(plan, "", drawn_of(plan, own, members) or nothing))
