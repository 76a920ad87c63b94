"""The posterior of a loaded model's uncertain constants, given data."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simdistrict.api.given import number, whole_or_none
from simdistrict.api.sweeping import OneScenario, Sweeping
from simdistrict.api.wording import in_python
from simdistrict.base.progress import Stages

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from simdistrict.inference.posterior import Posterior
    from simdistrict.inference.report import Report

log = logging.getLogger("simdistrict")

_COLUMNS = ("units", "prior_mean", "prior_sd", "mean", "sd", "low", "median", "high")
_QUALITY = ("rhat", "ess", "ess_tail", "mcse")
_POINTS = ("time", "data", "units", "low", "median", "high")


class Inferred:
    """What `infer` finds; `repr` is the beginning of the page that the command writes.

    >>> import simdistrict as sd, pandas as pd
    >>> m = sd.load("core")
    >>> data = pd.DataFrame({"element": "home experience", "year": [10.0, 20.0, 40.0],
    ...                      "value": [0.9, 0.85, 0.8], "scale": 0.05})
    >>> found = m.infer(data, {"forgetting rate": (0.01, 0.5)}, ess=200)
    >>> found.converged
    True
    """

    def __init__(self, model: Inferring, how: Mapping[str, Any], report: Report) -> None:
        self._model, self._how, self._report = model, how, report

    @property
    def posterior(self) -> Posterior:
        """The value that all others come from."""
        return self._report.posterior

    @property
    def converged(self) -> bool:
        """Whether the draws may be trusted as draws from the posterior."""
        return self.posterior.converged

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why they may not; empty where they may."""
        return self.posterior.reasons

    @property
    def draws(self) -> xr.Dataset:
        """The draws: a variable for each constant, by chain and draw.

        An estimated scale or correlation of the data's errors is a variable, too; the attribute
        `role` of each variable is `constant` or `nuisance`, and `long_name` its name in the model.
        """
        from simdistrict.inference.posterior_file import POSTERIOR, groups
        from simdistrict.result.dataset import to_xarray

        return to_xarray(groups(self.posterior)[POSTERIOR])

    @property
    def table(self) -> pd.DataFrame:
        """A row per constant: its prior and its posterior, in its own unit.

        Columns: units; prior_mean, prior_sd; mean, sd; low, median and high: the 5%, 50% and 95%
        quantiles; contraction: 1 - (sd / prior_sd) ** 2, near 0 where the data say nothing.
        """
        return self._frame((*_COLUMNS, "contraction"))

    @property
    def diagnostics(self) -> pd.DataFrame:
        """A row per constant: how good its draws are.

        rhat: rank-normalised, above 1.01 the chains disagree; ess, ess_tail: effective draws, of
        the middle and of the tails; mcse: Monte Carlo standard error of the mean.
        """
        return self._frame(_QUALITY)

    @property
    def points(self) -> pd.DataFrame:
        """A row per observed value: its time, the value, and the 90% interval predicted for it."""
        import numpy as np

        found = self.posterior
        flat = found.predicted.replicated.reshape(-1, len(found.data))
        ends = np.nanquantile(flat, (0.05, 0.5, 0.95), axis=0) if len(found.data) else flat[:0].T
        rows = [
            {
                "series": datum.series,
                "time": datum.time,
                "data": datum.value,
                "units": datum.units,
                "low": low,
                "median": median,
                "high": high,
            }
            for datum, low, median, high in zip(found.data, *ends, strict=True)
        ]
        return _frame(rows, "series", _POINTS)

    @in_python
    def design(self, members: int | None = None) -> pd.DataFrame:
        """The draws of the constants, a row for each, as `ensemble(design=...)` takes them.

        members: so many, evenly spaced; default all. Raises ScenarioError for more than there are.
        """
        import numpy as np

        from simdistrict.api.frames import table
        from simdistrict.base.errors import Problem, ScenarioError
        from simdistrict.inference.posterior import constants_of

        names, flat = constants_of(self.posterior)
        count = whole_or_none(members, "members", 1)
        if count is not None:
            if count > len(flat):
                what = f"there are {len(flat)} draws, and {count} are more"
                raise ScenarioError(Problem("members", what, f"give {len(flat)} or fewer"))
            flat = flat[((np.arange(count) + 0.5) * len(flat) / count).astype(int)]
        return table(names, flat.tolist())

    @in_python
    def predict(
        self,
        save: str | Sequence[str] | None = None,
        *,
        scenario: OneScenario = None,
        members: int = 200,
        times: str | Sequence[float] = "all",
        workers: int | None = None,
    ) -> xr.Dataset:
        """Run a scenario for draws of the posterior; the result is that of `ensemble`.

        save, times: as of `ensemble`; scenario: default that of `infer`; members: draws, evenly
        spaced, fewer where there are fewer.

        >>> import simdistrict as sd, pandas as pd
        >>> m = sd.load("core")
        >>> data = pd.DataFrame({"element": "home experience", "year": [10.0, 20.0, 40.0],
        ...                      "value": [0.9, 0.85, 0.8], "scale": 0.05})
        >>> found = m.infer(data, {"forgetting rate": (0.01, 0.5)}, ess=200)
        >>> found.predict("home experience", members=10).sizes["member"]
        10
        """
        chains, draws = self.posterior.shape
        how: dict[str, Any] = {"params": self._how["params"], "save": save, "times": times}
        result: xr.Dataset = self._model.ensemble(
            self._how["scenario"] if scenario is None else scenario,
            design=self.design(min(members, chains * draws)),
            workers=workers,
            **how,
        )
        return result

    def to_arviz(self) -> Any:
        """The groups of posterior.nc as ArviZ takes them. Raises EngineError without ArviZ."""
        from simdistrict.inference.arviz_groups import to_arviz
        from simdistrict.inference.posterior_file import groups

        return to_arviz(groups(self.posterior))

    @in_python
    def write(self, folder: str | Path, *, force: bool = False) -> list[Path]:
        """Write posterior.nc, design.nc, the tables and infer.md of the command; their paths.

        force: replace files that simdistrict did not write, else ExchangeError.
        """
        from simdistrict.inference.report import check_folder, write_report

        check_folder(Path(folder), force=force)
        return write_report(self._report, Path(folder), force=force)

    def __repr__(self) -> str:
        from simdistrict.inference.report import summary_lines

        return "\n".join(summary_lines(self._report))

    def _frame(self, columns: Sequence[str]) -> pd.DataFrame:
        rows = [
            {"constant": row.name, **{c: getattr(row, c) for c in columns}}
            for row in self.posterior.summaries
        ]
        return _frame(rows, "constant", columns)


class Inferring(Sweeping):
    """What a loaded model infers from data."""

    @in_python
    def infer(
        self,
        data: str | Path | pd.DataFrame | pd.Series[Any] | None = None,
        prior: str | Path | Mapping[str, Any] | pd.DataFrame | None = None,
        *,
        free: Sequence[str] | None = None,
        scenario: OneScenario = None,
        params: Mapping[str, Any] | None = None,
        statements: str | Path | None = None,
        until: float | None = None,
        leave_out: Sequence[str] = (),
        likelihood: Literal["series", "payoff"] | None = None,
        ess: int | None = None,
        runs: int | None = None,
        seed: int | None = None,
        waves: int | None = None,
        method: Literal["demc", "nuts"] | None = None,
        workers: int | None = None,
        scheduler: str | None = None,
        progress: Stages = None,
    ) -> Inferred:
        """Draw the values of uncertain constants that agree with observed series.

        data: as of `calibrate`, with a `scale` (the standard deviation of the error) in each row
        or `?` to estimate it; prior: as of `ensemble`; free: the constants of the prior to infer,
        others keep their values; default: all. What the model's calibration.yaml states in its
        section `infer` is the default of these and of the settings below.
        scenario, params: as of `run`; statements: a CSV file of what is known besides numbers,
        such as ranks and signs; until: the last time of the data to use, later data are forecast;
        leave_out: series not to use, to be predicted. likelihood: `series` takes the errors that
        the data state; `payoff` is exp(-payoff / 2) of `calibrate`, which gives a weighted
        posterior.
        ess: effective draws of each constant, default 1000; runs: the most runs of the model,
        default 500000; seed: default 1; waves: of history matching first, for a wide prior; method:
        the sampler, default `demc`; `nuts` follows exact gradients and needs the library mici;
        workers: cores, default all, with the same draws; scheduler: the address of a Dask cluster.
        progress: None for a line in a notebook or terminal, False, or a function of a stage.

        Logs a warning for what makes the posterior doubtful, and first of all where its chains
        have not converged (`converged` is then False). Raises ScenarioError for invalid data,
        priors and names, EngineError where (nearly) every draw of the prior fails, and for `nuts`
        where something has no gradient.

        >>> import simdistrict as sd, pandas as pd
        >>> m = sd.load("core")
        >>> data = pd.DataFrame({"element": "home experience", "year": [10.0, 20.0, 40.0],
        ...                      "value": [0.9, 0.85, 0.8], "scale": 0.05})
        >>> found = m.infer(data, {"forgetting rate": (0.01, 0.5)}, ess=200)
        >>> found.table.index.tolist()
        ['forgetting rate']
        """
        from simdistrict.api.commands.infer import asked, report_on
        from simdistrict.api.observed import observed_text

        given: dict[str, Any] = {
            "free": None if free is None else tuple(map(str, free)),
            "until": None if until is None else number(until, "until"),
            "leave_out": tuple(map(str, leave_out)),
            "likelihood": likelihood,
            "ess": whole_or_none(ess, "ess", 1),
            "runs": whole_or_none(runs, "runs", 1),
            "seed": whole_or_none(seed, "seed", 0),
            "waves": whole_or_none(waves, "waves", 1),
            "method": method,
        }
        plan = self._plan(scenario, params=params, backend="native")
        is_file = data is None or isinstance(data, str | Path)
        request = asked(
            plan,
            self._path,
            data=None if data is None or not is_file else Path(data),
            data_text=None if is_file else observed_text(data),
            prior=prior,
            statements=None if statements is None else Path(statements),
            **given,
        )
        how: dict[str, Any] = {"workers": whole_or_none(workers, "workers", 1)}
        report = report_on(plan, request, scheduler=scheduler, progress=progress, **how)
        found = Inferred(self, {"scenario": scenario, "params": params}, report)
        for text in report.warnings():
            log.warning("%s | %s", plan.resolved.name, text)
        return found


def _frame(
    rows: Sequence[Mapping[str, object]], index: str, columns: Sequence[str]
) -> pd.DataFrame:
    from simdistrict.api.frames import frame

    return frame(rows, index, columns)
