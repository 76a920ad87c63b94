"""Fits of a loaded model to observed series."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdistrict.api.builder import ScenarioBuilder
from simdistrict.api.given import numbers
from simdistrict.api.running import Running
from simdistrict.api.sweeping import OneScenario
from simdistrict.api.wording import in_python
from simdistrict.base.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

    from simdistrict.calibration import Assessment, Calibration
    from simdistrict.calibration.data import Observations
    from simdistrict.calibration.settings import Settings

_CONSTANTS = (
    *("units", "start", "fitted", "low", "high", "at_bound", "standard_error", "range_low"),
    *("range_high", "most_correlated", "correlation", "profile_low", "profile_high"),
)
_MEASURES = ("n", "r2", "mae", "mape", "rmse", "um", "us", "uc", "u")

log = logging.getLogger("simdistrict")


class Fit:
    """What `calibrate` and `assess` find; `repr` is the page that the command prints.

    >>> import simdistrict as sd, pandas as pd
    >>> m = sd.load("core")
    >>> data = pd.Series({0: 1.0, 10: 0.9, 20: 0.85}, name="home experience")
    >>> m.assess(data).payoff > 0
    True
    """

    def __init__(
        self, model: Fitting, scenario: Any, params: Mapping[str, Any] | None, found: Any
    ) -> None:
        self._model, self._scenario, self._params = model, scenario, params
        self._found: Calibration | Assessment = found

    @property
    def _calibration(self) -> Calibration | None:
        from simdistrict.calibration import Calibration

        return self._found if isinstance(self._found, Calibration) else None

    @property
    def _after(self) -> Assessment:
        from simdistrict.calibration import Calibration

        return self._found.after if isinstance(self._found, Calibration) else self._found

    @property
    def payoff(self) -> float:
        """The distance of the run from the data that the fit makes small.

        >>> import simdistrict as sd, pandas as pd
        >>> m = sd.load("core")
        >>> m.assess(m.run()["home_experience"].to_series().rename("home experience")).payoff
        0.0
        """
        return self._after.payoff

    @property
    def constants(self) -> pd.DataFrame:
        """A row per free constant; empty where nothing was fitted.

        Columns: units; start, fitted, low and high in these units; at_bound: `low` or `high`
        where the fit is at an end of its bounds; standard_error, and range_low to range_high, a
        95% interval from the slopes at the fit; most_correlated with its correlation; profile_low
        to profile_high, NaN without `profile=True`.
        """
        rows = []
        for c in self._calibration.constants if self._calibration else ():
            u, p = c.uncertainty, c.profile
            row: dict[str, object] = {"constant": c.name, "units": c.units, "start": c.start}
            row |= {"fitted": c.fitted, "low": c.low, "high": c.high, "at_bound": c.at_bound}
            row |= {"standard_error": u.error, "range_low": u.low, "range_high": u.high}
            row |= {"most_correlated": u.twin, "correlation": u.correlation}
            row |= {"profile_low": p and p.low, "profile_high": p and p.high}
            rows.append(row)
        return _frame(rows, "constant", _CONSTANTS)

    @property
    def statistics(self) -> pd.DataFrame:
        """A row per series and period (`fit`, `prediction`), with the measures of its errors.

        n: points; r2, mae, mape (percent), rmse; um, us, uc: the shares of bias, unequal variation
        and unequal covariation in the mean squared error; u: Theil's inequality coefficient.
        """
        from dataclasses import asdict

        rows = []
        for s in self._after.series:
            for period, stats in (("fit", s.fit), ("prediction", s.prediction)):
                if stats.n:
                    head = {"series": s.series, "period": period, "element": s.element}
                    rows.append({**head, "payoff": s.payoff, **asdict(stats)})
        return _frame(rows, "series", ("period", "element", "payoff", *_MEASURES))

    @property
    def points(self) -> pd.DataFrame:
        """A row per observed value: its time, the data and the model there, error and weight."""
        rows = [
            {
                "series": p.series,
                "year": p.year,
                "period": p.period,
                "data": p.data,
                "model": p.model,
                "error": p.model - p.data,
                "weight": p.weight,
            }
            for p in self._after.points
        ]
        return _frame(rows, "series", ("year", "period", "data", "model", "error", "weight"))

    @property
    def starts(self) -> pd.DataFrame:
        """A row per start of the search: the payoff where it ended, and the constants there."""
        found = self._calibration
        names = [c.name for c in found.constants] if found else []
        rows = (
            [
                {
                    "start": s.start,
                    "payoff": s.payoff,
                    "evaluations": s.evaluations,
                    "ending": s.ending,
                    "taken": k == found.best,
                    **dict(zip(names, s.values, strict=True)),
                }
                for k, s in enumerate(found.starts)
            ]
            if found
            else []
        )
        return _frame(rows, "start", ("payoff", "evaluations", "ending", "taken", *names))

    def scenario(self) -> ScenarioBuilder:
        """The scenario that was fitted, with the fitted constants, to run or to build on.

        >>> import simdistrict as sd, pandas as pd
        >>> m = sd.load("core")
        >>> data = pd.Series({1: 0.98, 20: 0.8}, name="home experience")
        >>> fit = m.calibrate(data, {"forgetting rate": (0.05, 0.5)}, starts=1, evaluations=20)
        >>> fit.scenario()
        <scenario core of core: 1 constant>
        """
        given = self._scenario
        built = given if isinstance(given, ScenarioBuilder) else self._model.scenario(given)
        built = built.set(dict(self._params)) if self._params else built
        return built.set(self._calibration.fitted) if self._calibration else built

    @in_python
    def write(self, folder: str | Path, *, force: bool = False) -> list[Path]:
        """Write the tables, the page, fitted.cin and fitted.yaml of the command; their paths.

        force: replace files that simdistrict did not write, else ExchangeError.
        """
        from simdistrict.calibration.report import check_folder, files, origin_of, write_files

        target = Path(folder)
        name = self._scenario if isinstance(self._scenario, str) else str(self._model._path)
        texts = files(self._found, origin_of(name, self._model._path, target))
        check_folder(target, texts, force=force)
        return write_files(target, texts, force=force)

    def __repr__(self) -> str:
        from simdistrict.calibration.report import page

        return page(self._found).rstrip("\n")


class Fitting(Running):
    """What a loaded model says of data."""

    @in_python
    def calibrate(
        self,
        data: str | Path | pd.DataFrame | pd.Series[Any] | None = None,
        free: Mapping[str, tuple[float, float]] | None = None,
        *,
        scenario: OneScenario = None,
        params: Mapping[str, Any] | None = None,
        until: float | None = None,
        starts: int | None = None,
        evaluations: int | None = None,
        seed: int | None = None,
        workers: int = 1,
        profile: bool = False,
        backend: str = "auto",
        progress: Progress = None,
    ) -> Fit:
        """Fit constants to observed series.

        data: a CSV file with the columns series, element, year, value and others (see the page on
        calibration); a DataFrame with these columns; or one with times as index and a column per
        element, `"NAME[LABEL]"` for one label, or such a Series; NaN is no datum. free: a
        constant, one number of an array by its labels, to (low, high). Without both, the model's
        calibration.yaml states them.
        scenario, params: as of `run`; until: the last time to fit, later data are predicted;
        starts (default 8) of the search share `evaluations` (default 1000) runs; seed: of the
        starts, default 1; workers: processes; profile: also compute profile ranges, with hundreds
        of runs each. progress: as of `ensemble`, of the evaluations.

        Logs a warning where the fit is unreliable, and where data are missing (NaN). Raises
        ScenarioError for invalid names, bounds or data, ExchangeError for a file that cannot be
        read.

        >>> import simdistrict as sd, pandas as pd
        >>> m = sd.load("core")
        >>> data = m.run(params={"forgetting rate": 0.2})["home_experience"].to_series()[1:50]
        >>> fit = m.calibrate(data.rename("home experience"), {"forgetting rate": (0.05, 0.5)})
        >>> round(float(fit.constants.loc["forgetting rate", "fitted"]), 4)
        0.2
        """
        from simdistrict.base.progress import ticking
        from simdistrict.calibration.evaluation import free_constants
        from simdistrict.calibration.fit import effort_of, fit, runs_of

        own, observed = self._observed(data, free, until)
        plan = self._plan(scenario, params=params, backend=backend)
        effort = effort_of(own, starts, evaluations, seed, workers, profile)
        model = plan.prepared.model
        constants = free_constants(own.free, model, plan.resolved, own.where)
        with ticking(progress, "runs") as tick:
            found = fit(
                *(plan.prepared, plan.resolved, observed, constants, own.until, effort, backend),
                lambda now: tick(*runs_of(now, effort)),
            )
        return self._said(Fit(self, scenario, params, found), plan.resolved.name)

    @in_python
    def assess(
        self,
        data: str | Path | pd.DataFrame | pd.Series[Any] | None = None,
        *,
        scenario: OneScenario = None,
        params: Mapping[str, Any] | None = None,
        until: float | None = None,
        backend: str = "auto",
    ) -> Fit:
        """Compare a run with observed series, and fit nothing.

        Arguments as of `calibrate`; raises ScenarioError and ExchangeError as it does.

        >>> import simdistrict as sd, pandas as pd
        >>> data = pd.Series({0: 1.0, 10: 0.9, 20: 0.85}, name="home experience")
        >>> sd.load("core").assess(data).points.columns.tolist()[:4]
        ['year', 'period', 'data', 'model']
        """
        from simdistrict.calibration.fit import evaluate

        own, observed = self._observed(data, {}, until)
        plan = self._plan(scenario, params=params, backend=backend)
        found = evaluate(plan.prepared, plan.resolved, observed, own.until, backend)
        return self._said(Fit(self, scenario, params, found), plan.resolved.name)

    def _observed(self, data: Any, free: Any, until: float | None) -> tuple[Settings, Observations]:
        """The settings of a fit, and its data."""
        from simdistrict.api.observed import observed_text
        from simdistrict.base.errors import Problem, ScenarioError
        from simdistrict.calibration.data import data_from_text, read_data
        from simdistrict.calibration.settings import settings_for

        model = self._prepared.model
        path = Path(data) if isinstance(data, str | Path) else None
        text = None if data is None or path is not None else observed_text(data)
        given = path if text is None else Path("data")
        if free is not None and not isinstance(free, Mapping):
            what = f"it is a {type(free).__name__}"
            hint = "give a mapping of constants to (low, high)"
            raise ScenarioError(Problem("free", what, hint))
        bounds = (
            None if free is None else {name: _bounds(name, ends) for name, ends in free.items()}
        )
        own = settings_for(self._path, given, bounds, until)
        if text is not None:
            return own, data_from_text(text, model)
        if own.data is None:
            what = "there are no data"
            raise ScenarioError(Problem(f"model {model.name}", what, "give data"))
        return own, read_data(own.data, model)

    def _said(self, fit: Fit, name: str) -> Fit:
        """The fit, after warnings about it."""
        from simdistrict.calibration.report import doubts

        message = fit._after.message
        for text in (*doubts(fit._found), *([message] if message else [])):
            log.warning("%s | %s", name, text)
        return fit


def _bounds(name: str, ends: Any) -> tuple[float, float]:
    from simdistrict.base.errors import Problem, ScenarioError

    low, high = numbers(ends, f'free constant "{name}"', "(low, high)", 2)
    if not low < high:
        what = f"the bounds {low:g} and {high:g} do not enclose anything"
        hint = "give (low, high), the lower one first"
        raise ScenarioError(Problem(f'free constant "{name}"', what, hint))
    return low, high


def _frame(
    rows: Sequence[Mapping[str, object]], index: str, columns: Sequence[str]
) -> pd.DataFrame:
    from simdistrict.api.frames import frame

    return frame(rows, index, columns)
