"""One run of a loaded model, or one run of each of several scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simdistrict.api.plans import Planning

if TYPE_CHECKING:
    import xarray as xr


class Running(Planning):
    """What a loaded model runs once."""

    def run(
        self,
        scenario: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        save: str | Sequence[str] = "all",
        times: str | Sequence[float] = "all",
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
        """Run the model.

        >>> import simdistrict as sd
        >>> sd.load("core").run(params={"tariff": 0.1}).attrs["model_name"]
        'core'
        """
        from simdistrict.result.dataset import to_xarray
        from simdistrict.run.simulate import result_of
        from simdistrict.scenario import RunSettings

        settings = RunSettings(
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
        saved = save if isinstance(save, str) else ", ".join(save)
        return to_xarray(result_of(plans, saved, say=True))
