"""`calibrate` fits constants of a model to data; `assess` compares without fitting."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.workers import mapped
from simdistrict.calibration.assessment import Assessment, assessment
from simdistrict.calibration.data import Observations, read_data
from simdistrict.calibration.evaluation import FreeConstant, free_constants, points_of, target
from simdistrict.calibration.payoff import Payoff, distance, is_fitted
from simdistrict.calibration.ranges import ProfileRange, Uncertainty, profile, uncertainties
from simdistrict.calibration.search import Found, Tick, descend, starts, unit_of, value_at
from simdistrict.calibration.settings import Settings
from simdistrict.model.model import Model
from simdistrict.run.plan import Prepared, lowered
from simdistrict.scenario import Resolved, Scenario, bare_scenario, resolve

DIGITS = 10
STARTS, EVALUATIONS, SEED = 8, 1000, 1

Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class FitProgress:
    """The progress of a fit.

    stage: `starts` or `profiles`; done, total: their number; evaluations: model runs in this
    stage; payoff: the smallest so far, None for profiles.
    """

    stage: str
    done: int
    total: int
    evaluations: int
    payoff: float | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """One constant before and after the fit. profile: None unless requested and defined."""

    name: str
    units: str
    start: float
    fitted: float
    low: float
    high: float
    at_bound: str
    uncertainty: Uncertainty
    profile: ProfileRange | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """The result of a fit.

    before, after: the assessments with the original and the fitted constants; starts: the result
    from each start; best: the index of the one taken; evaluations: all model runs, including
    those for the ranges; a run that gives slopes as well counts once for eight constants.
    differences: why slopes are differences of runs, empty where they are exact; undetermined: what
    the data leave open at the fit, in words.
    """

    constants: tuple[Fitted, ...]
    before: Assessment
    after: Assessment
    starts: tuple[Found, ...]
    best: int
    seed: int
    evaluations: int
    differences: str = ""
    undetermined: tuple[str, ...] = ()

    @property
    def fitted(self) -> dict[str, float]:
        """The fitted values by name, as `simulate(model, sets=...)` and `assume:` take them."""
        return {c.name: c.fitted for c in self.constants}


@dataclass(frozen=True, slots=True)
class Effort:
    """The effort of a fit.

    starts: the present values, and a Latin hypercube for the others, drawn with seed;
    evaluations: total model runs, shared equally by the starts; workers: processes;
    profile: compute profile ranges, in addition to the evaluations.
    """

    starts: int = STARTS
    evaluations: int = EVALUATIONS
    seed: int = SEED
    workers: int = 1
    profile: bool = False


def effort_of(
    own: Settings,
    starts: int | None,
    evaluations: int | None,
    seed: int | None,
    workers: int,
    profile: bool,
) -> Effort:
    """The effort that is given, else that of the model's own settings, else the usual one."""
    return Effort(
        _first(starts, own.starts, STARTS),
        _first(evaluations, own.evaluations, EVALUATIONS),
        _first(seed, own.seed, SEED),
        workers,
        profile,
    )


def runs_of(now: FitProgress, effort: Effort) -> tuple[int, int]:
    """The model runs of a stage, done and expected; those of profiles are not known before."""
    return now.evaluations, max(effort.evaluations, now.evaluations)


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def calibrate(
    model: Model,
    data: str | Path | Observations,
    free: Bounds,
    *,
    scenario: Scenario | None = None,
    sets: Sequence[str] = (),
    until: float | None = None,
    starts: int = STARTS,
    evaluations: int = EVALUATIONS,
    seed: int = SEED,
    workers: int = 1,
    profile: bool = False,
    backend: str = "auto",
    progress: Callable[[FitProgress], None] | None = None,
) -> Calibration:
    """Fit constants of a model to data, between bounds.

    free: name -> (low, high), the name of a constant or of one element of an array; data: a data
    file or the result of `read_data`; until: later data are for prediction only.
    Raises ScenarioError for invalid names, bounds or data; a run that fails during the fit has a
    large payoff.
    """
    prepared, resolved = _resolved(model, scenario, sets)
    effort = Effort(starts, evaluations, seed, workers, profile)
    found = data if isinstance(data, Observations) else read_data(data, model)
    constants = free_constants(free, model, resolved)
    return fit(prepared, resolved, found, constants, until, effort, backend, progress)


def assess(
    model: Model,
    data: str | Path | Observations,
    *,
    scenario: Scenario | None = None,
    sets: Sequence[str] = (),
    until: float | None = None,
    backend: str = "auto",
) -> Assessment:
    """Compare a model, with or without a scenario, with data; fits nothing."""
    prepared, resolved = _resolved(model, scenario, sets)
    found = data if isinstance(data, Observations) else read_data(data, model)
    return evaluate(prepared, resolved, found, until, backend)


def _resolved(
    model: Model, scenario: Scenario | None, sets: Sequence[str]
) -> tuple[Prepared, Resolved]:
    chosen = scenario or bare_scenario(Path(f"{model.name}.mdl"))
    return lowered(model), resolve(chosen, model, sets)


# ---------------------------------------------------------------------- the work


def evaluate(
    prepared: Prepared,
    resolved: Resolved,
    data: Observations,
    until: float | None,
    backend: str = "auto",
) -> Assessment:
    """`assess` for a prepared model and a resolved scenario."""
    whole = target(prepared, resolved, data, points_of(data, until), (), backend)
    return assessment(whole, data, until)


def fit(
    prepared: Prepared,
    resolved: Resolved,
    data: Observations,
    free: Sequence[FreeConstant],
    until: float | None,
    effort: Effort,
    backend: str = "auto",
    progress: Callable[[FitProgress], None] | None = None,
) -> Calibration:
    """`calibrate` for a prepared model and a resolved scenario."""
    points = points_of(data, until)
    fitted = [p for p in points if is_fitted(p)]
    _check(free, fitted, data, until, effort)
    plan = target(prepared, resolved, data, fitted, free, backend)
    payoff = Payoff(plan, distance(fitted, data))
    # planned before the search, so that its errors are reported first
    whole = target(prepared, resolved, data, points, free, backend)
    before = assessment(whole, data, until, [f.start for f in free])
    found = _search(payoff, effort, progress)
    best = _best(found)
    values = [_rounded(f, u) for f, u in zip(free, found[best].unit, strict=True)]
    unit = [unit_of(f, v) for f, v in zip(free, values, strict=True)]
    doubts = uncertainties(payoff, unit)
    profiles, runs = _profiles(payoff, unit, effort, progress)
    model = prepared.model
    return Calibration(
        constants=tuple(
            Fitted(
                f.name,
                model.by_name[f.element].units,
                f.start,
                values[k],
                f.low,
                f.high,
                "low" if values[k] == f.low else "high" if values[k] == f.high else "",
                doubts.of[k],
                profiles[k],
            )
            for k, f in enumerate(free)
        ),
        before=before,
        after=assessment(whole, data, until, values),
        starts=tuple(found),
        best=best,
        seed=effort.seed,
        evaluations=sum(f.evaluations for f in found) + doubts.evaluations + runs + 2,
        differences=plan.why_no_slopes,
        undetermined=doubts.undetermined,
    )


def _check(
    free: Sequence[FreeConstant],
    fitted: Sequence[object],
    data: Observations,
    until: float | None,
    effort: Effort,
) -> None:
    problems = []
    if not free:
        problems.append(Problem("free constants", "there are none", "name at least one"))
    if not fitted:
        what = "no row with a weight is left to fit"
        what += f" up to {until:g}" if until is not None else ""
        problems.append(Problem(data.where, what, "all later rows are for prediction only"))
    if effort.starts < 1 or effort.workers < 1:
        problems.append(Problem("starts and workers", "at least one of each is needed"))
    elif effort.evaluations < effort.starts * (len(free) + 1):
        least = effort.starts * (len(free) + 1)
        what = f"{effort.evaluations} are too few for {effort.starts} starts with {len(free)} free"
        problems.append(Problem("evaluations", what, f"give {least} or more, or fewer starts"))
    if problems:
        raise ScenarioError(problems)


def _best(found: Sequence[Found]) -> int:
    """The first start with the smallest payoff, up to rounding."""
    least = min(f.payoff for f in found)
    return next(k for k, f in enumerate(found) if f.payoff <= least * (1 + 1e-9))


def _rounded(free: FreeConstant, unit: float) -> float:
    """The value rounded to the digits of the files, so that a file reproduces the fit."""
    value = float(f"{value_at(free, unit):.{DIGITS}g}")
    return min(max(value, free.low), free.high)


def _search(
    payoff: Payoff, effort: Effort, progress: Callable[[FitProgress], None] | None
) -> list[Found]:
    budget = effort.evaluations // effort.starts
    begins = starts(payoff.target.free, effort.starts, effort.seed)
    found: list[Found] = []

    def tell(count: int, least: float) -> None:
        if progress is not None:
            done = sum(f.evaluations for f in found)
            least = min([least, *(f.payoff for f in found)])
            progress(FitProgress("starts", len(found), len(begins), done + count, least))

    descent = _Descent(payoff, budget, tell if effort.workers == 1 else None)
    for result in mapped(descent, list(enumerate(begins)), effort.workers):
        found.append(result)
        tell(0, math.inf)
    return found


def _profiles(
    payoff: Payoff,
    unit: Sequence[float],
    effort: Effort,
    progress: Callable[[FitProgress], None] | None,
) -> tuple[list[ProfileRange | None], int]:
    """The profile range of each constant, if requested, and the evaluations used."""
    count = len(unit)
    if not effort.profile:
        return [None] * count, 0
    found: list[ProfileRange | None] = []
    used = 0
    for result, runs in mapped(_Profile(payoff, tuple(unit)), list(range(count)), effort.workers):
        found.append(result)
        used += runs
        if progress is not None:
            progress(FitProgress("profiles", len(found), count, used, None))
    return found, used


@dataclass(frozen=True)
class _Descent:
    """The search from one start, picklable for a worker."""

    payoff: Payoff
    budget: int
    tick: Tick | None = None

    def __call__(self, begin: tuple[int, tuple[float, ...]]) -> Found:
        return descend(self.payoff, *begin, self.budget, tick=self.tick)


@dataclass(frozen=True)
class _Profile:
    """The profile range of one constant, picklable for a worker."""

    payoff: Payoff
    unit: tuple[float, ...]

    def __call__(self, k: int) -> tuple[ProfileRange | None, int]:
        return profile(self.payoff, self.unit, k)
