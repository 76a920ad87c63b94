"""Runs of a model at the points of its data: the simulated value of every observation.

Uses an ordinary plan and run, up to the last year needed; fits nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem, ScenarioError
from simdistrict.calibration.data import DataSeries, Observation, Observations
from simdistrict.calibration.reading import Reading, reading_of, step_of, steps_of
from simdistrict.engine.outcome import Outcome
from simdistrict.engine.tangents import Tangents
from simdistrict.model.expr import fold
from simdistrict.model.model import Model, TimeGrid, constant_values
from simdistrict.run.plan import (
    Plan,
    Prepared,
    check_free,
    check_one_grid,
    constants_of,
    moves_of,
    plan_run,
)
from simdistrict.run.simulate import run_one
from simdistrict.scenario import Change, Resolved
from simdistrict.scenario.places import find_constant, flat_place

FIT, PREDICTION = "fit", "prediction"
# tolerance for years such as 2008.333333, as a share of the time step
_NEAR = 1e-5


@dataclass(frozen=True, slots=True)
class FreeConstant:
    """A constant, or one element of an array, that a fit may vary between two bounds.

    name: in the model's spelling; start: its value before the fit.
    """

    name: str
    element: str
    places: tuple[int, ...]
    low: float
    high: float
    start: float

    @property
    def logarithmic(self) -> bool:
        """Whether the search is logarithmic: both bounds are positive, with a finite ratio."""
        return self.low > 0 and math.isfinite(self.high / self.low)


@dataclass(frozen=True, slots=True)
class DataPoint:
    """One observed value.

    series: the index of its series in the data; base_year: the year the series is relative to;
    band: the ends of an interval that is known instead of the value.
    """

    series: int
    key: str
    place: int
    year: float
    base_year: float | None
    value: float
    weight: float
    scale: float | None
    period: str
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class FitTarget:
    """A plan with the points at which its runs are compared with data.

    reading: the values of a run that the points need; free: the constants that `at` sets; no
    assumption of the plan sets them.
    """

    plan: Plan
    points: tuple[DataPoint, ...]
    reading: Reading
    free: tuple[FreeConstant, ...] = ()

    def at(self, values: Sequence[float]) -> tuple[Reals, str]:
        """The model's value at each point, NaN after the end of a run, and the error message.

        values: one per free constant. A failed run does not raise.
        """
        resolved = self.plan.resolved
        changes = tuple(
            Change(free.element, free.places, float(value), free.name, "calibration")
            for free, value in zip(self.free, values, strict=True)
        )
        resolved = replace(resolved, assumptions=(*resolved.assumptions, *changes))
        try:
            run = run_one(replace(self.plan, resolved=resolved))
        except (ArithmeticError, ValueError, EngineError) as error:
            return np.full(len(self.points), np.nan), f"the run failed: {error}"
        message = run.ending.message if run.ending.outcome is not Outcome.completed else ""
        model, grid = self.plan.prepared.model, self.plan.grid
        row = {i: k for k, i in enumerate(grid.saved)}
        rows = [row[step] for step in self.reading.steps]
        read = np.empty((len(rows), len(self.reading.columns)))
        for k, (key, place) in enumerate(self.reading.columns):
            shape = model.shape(model.by_name[key])
            read[:, k] = _column(run.values[key], shape, place, len(row))[rows]
        return self.reading.points(read), message

    def slopes(self, values: Sequence[float]) -> tuple[Reals, Reals]:
        """The model's value at each point, and its exact derivatives, (points, free).

        NaN after the end of a run. Only where `why_no_slopes` is empty.
        """
        found = self._tangents.run(np.array([values], float), threads=1)
        read, slopes = found.values[0], found.slopes[0]
        return self.reading.points(read), self.reading.slopes(read, slopes)

    @cached_property
    def why_no_slopes(self) -> str:
        """Why the runs have no derivatives by the free constants; empty where they have."""
        try:
            self._tangents  # noqa: B018 - building it finds what has none
        except EngineError as error:
            return f"{error.problems[0].where}: {error.problems[0].what}"
        return ""

    @cached_property
    def _tangents(self) -> Tangents:
        program = self.plan.prepared.program
        slots = program.layout.slots
        return Tangents(
            program,
            self.plan.grid,
            constants_of(self.plan),
            [slots[free.element].offset + free.places[0] for free in self.free],
            [program.shown(key).offset + place for key, place in self.reading.columns],
            self.reading.steps,
            moves_of(self.plan),
            self.plan.integrator,
        )


def _column(values: Reals, shape: tuple[int, ...], place: int, points: int) -> Reals:
    """One number of an element at all saved times."""
    if values.ndim == len(shape):
        return np.full(points, float(values.reshape(-1)[place]))
    column: Reals = values.reshape(points, -1)[:, place]
    return column


# ---------------------------------------------------------------------- what to run


def points_of(data: Observations, until: float | None) -> tuple[DataPoint, ...]:
    """All points with their periods: data after `until` are for prediction only."""
    return tuple(
        DataPoint(
            data.series.index(series),
            series.key,
            series.place,
            row.year,
            series.relative_to,
            row.value,
            row.weight,
            row.scale,
            PREDICTION if until is not None and row.year > until else FIT,
            row.band,
        )
        for series, row in data.rows()
    )


def target(
    prepared: Prepared,
    resolved: Resolved,
    data: Observations,
    points: Sequence[DataPoint],
    free: Sequence[FreeConstant] = (),
    backend: str = "auto",
) -> FitTarget:
    """A plan that ends at the last point and saves every point.

    Raises ScenarioError with every row whose year is no time step of the run, and for a free
    constant that a policy changes; EngineError for one that sets the order of a delay or the time
    grid; and as `plan_run` does.
    """
    check_free(prepared, (f.element for f in free))
    full = plan_run(prepared, resolved, backend)
    check_one_grid(full.prepared, (f.element for f in free))
    problems = [*off_grid(data, full.grid), *_moved(resolved, free)]
    if problems:
        raise ScenarioError(problems)
    freed = {(f.element, place) for f in free for place in f.places}
    kept = []
    for change in resolved.assumptions:
        places = tuple(p for p in change.places if (change.element, p) not in freed)
        if places:
            kept.append(replace(change, places=places))
    resolved = replace(resolved, assumptions=tuple(kept))
    steps = reading_of(data, points, full.grid).steps
    plan = plan_run(prepared, _shortened(resolved, prepared.model, full.grid, steps), backend)
    return FitTarget(plan, tuple(points), reading_of(data, points, plan.grid), tuple(free))


def _shortened(resolved: Resolved, model: Model, grid: TimeGrid, steps: Sequence[int]) -> Resolved:
    """The scenario with a run that ends with the last of some time steps and saves them."""
    run = resolved.run
    saved = set(grid.saved)
    if not all(i in saved for i in steps):
        run = replace(run, save_step=grid.time_step)
    # where equations use the final time, a shorter run would have other numbers
    if not model.users.get("final time"):
        run = replace(run, final_time=grid.at(max(steps, default=grid.steps)))
    return replace(resolved, run=run)


def off_grid(data: Observations, grid: TimeGrid) -> list[Problem]:
    """Problems for rows whose time, or period, is no time step of the run."""
    problems: list[Problem] = []
    for series in data.series:
        years = [row.year for row in series.rows]
        if len(years) > 1 and (years[-1] < grid.start or years[0] > grid.stop):
            what = f'all times of "{series.name}", {years[0]:g} to {years[-1]:g}, are outside '
            what += f"the run, {grid.start:g} to {grid.stop:g}"
            hint = "write them as the model counts time, or run the model over them"
            problems.append(Problem(f"{data.where}:{series.rows[0].line}", what, hint))
            continue
        for row in series.rows:
            problems += _row_off_grid(series, row, f"{data.where}:{row.line}", grid)
    return problems


def _row_off_grid(
    series: DataSeries, row: Observation, where: str, grid: TimeGrid
) -> list[Problem]:
    """Problems for one row, see `off_grid`."""
    period = series.error.mean_over
    count = period / grid.time_step
    if abs(count - round(count)) > _NEAR or (period and round(count) == 0):
        what = f"mean_over: {period:.10g} is no whole number of time steps ({grid.time_step:g})"
        return [Problem(where, what, "average over whole time steps")]
    problems = []
    for column, year in (("year", row.year), ("relative_to", series.relative_to)):
        if year is None:
            continue
        last = grid.at(step_of(grid, year) + steps_of(period, grid) - 1)
        longer = "leave the row out, or run the model longer"
        if not grid.start <= year <= grid.stop:
            what = f"{column}: {year:g} is outside the run, {grid.start:g} to {grid.stop:g}"
            problems.append(Problem(where, what, longer))
        elif abs(grid.at(step_of(grid, year)) - year) > _NEAR * grid.time_step:
            below = grid.at(int((year - grid.start) / grid.time_step))
            what = f"{column}: {year:.10g} is no time step of the run"
            hint = f"the nearest are {below:.10g} and {below + grid.time_step:.10g}"
            problems.append(Problem(where, what, hint))
        elif last > grid.stop + _NEAR * grid.time_step:
            what = f"{column}: the mean over {period:g} from {year:g} on needs the model up to "
            what += f"{last:.10g}, and the run ends at {grid.stop:g}"
            problems.append(Problem(where, what, longer))
    return problems


def _moved(resolved: Resolved, free: Sequence[FreeConstant]) -> list[Problem]:
    problems = []
    for f in free:
        for policy in resolved.policies:
            for change in policy.changes:
                if change.element == f.element and set(change.places) & set(f.places):
                    what = f'it is changed by the policy "{policy.name}" ({policy.origin})'
                    hint = "fit it without that policy"
                    problems.append(Problem(f'free constant "{f.name}"', what, hint))
    return problems


# ---------------------------------------------------------------------- free constants


def free_constants(
    free: Mapping[str, tuple[float, float]],
    model: Model,
    resolved: Resolved,
    where: Mapping[str, str] | None = None,
) -> tuple[FreeConstant, ...]:
    """The free constants, looked up in a model.

    free: name -> (low, high); where: name -> its location in messages.
    Raises ScenarioError with every invalid name or pair of bounds.
    """
    found: list[FreeConstant] = []
    problems: list[Problem] = []
    for name, (low, high) in free.items():
        place = (where or {}).get(name, f'free constant "{name}"')
        constant = find_constant(model, name, place)
        if isinstance(constant, Problem):
            problems.append(constant)
            continue
        element, places, spelled = constant
        if len(places) != 1:
            labels = ",".join(axis[0] for axis in model.labels(element))
            what = f'"{spelled}" is {len(places)} numbers, and a fit moves one'
            hint = f"name a label of each dimension: {element.name}[{labels}]"
            problems.append(Problem(place, what, hint))
            continue
        if not (np.isfinite([low, high]).all() and low < high):
            what = f"the bounds {low:g} and {high:g} do not enclose anything"
            problems.append(Problem(place, what, "write NAME=LOW:HIGH with LOW below HIGH"))
            continue
        if any(f.element == fold(element.name) and f.places == places for f in found):
            problems.append(Problem(place, f'"{spelled}" is free twice', "keep one of them"))
            continue
        start = _value(model, resolved, fold(element.name), places[0])
        found.append(
            FreeConstant(spelled, fold(element.name), places, float(low), float(high), start)
        )
    if problems:
        raise ScenarioError(problems)
    return tuple(found)


def _value(model: Model, resolved: Resolved, key: str, place: int) -> float:
    """A constant's value under a scenario."""
    for change in resolved.assumptions:
        if change.element == key and place in change.places:
            return change.value
    element = model.by_name[key]
    shape = model.shape(element)
    values = {flat_place(p, shape): v for p, v in constant_values(model, element).items()}
    return values[place]


def series_points(points: Sequence[DataPoint], series: int, period: str) -> list[int]:
    """The indices of a series' points in one period."""
    return [k for k, p in enumerate(points) if p.series == series and p.period == period]


def last_of(
    data: Observations, points: Sequence[DataPoint], period: str
) -> dict[str, list[tuple[DataSeries, int]]]:
    """Per group, the last point of each series in one period."""
    groups: dict[str, list[tuple[DataSeries, int]]] = {}
    for k, series in enumerate(data.series):
        own = series_points(points, k, period)
        if series.group and own:
            groups.setdefault(series.group, []).append((series, own[-1]))
    return groups
