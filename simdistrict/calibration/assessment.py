"""The fit of a model to data, without changing it; fit and prediction separately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simdistrict.base.arrays import Reals
from simdistrict.calibration.data import Observations
from simdistrict.calibration.evaluation import FIT, PREDICTION, FitTarget, last_of, series_points
from simdistrict.calibration.payoff import distance, is_fitted
from simdistrict.calibration.statistics import Statistics, spearman, statistics


@dataclass(frozen=True, slots=True)
class SeriesFit:
    """The fit of one series; a period without points has n = 0.

    payoff: the series' part of the payoff.
    """

    series: str
    element: str
    relative_to: float | None
    group: str
    payoff: float
    fit: Statistics
    prediction: Statistics


@dataclass(frozen=True, slots=True)
class GroupFit:
    """Rank agreement between model and data for a group of series, at their last points.

    fit, prediction: Spearman's rank correlation in each period, None where undefined; n: number
    of series with a point.
    """

    group: str
    fit_n: int
    fit: float | None
    prediction_n: int
    prediction: float | None


@dataclass(frozen=True, slots=True)
class PointFit:
    """One observed and simulated value; model is NaN where the run ended before."""

    series: str
    year: float
    period: str
    data: float
    model: float
    weight: float
    confidence: str
    source: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """A model, or a scenario, compared with a data file.

    data: the file name. until: later data are for prediction; None where all are fitted. payoff:
    see `calibration.payoff`. message: why the run did not complete, empty if it did.
    """

    model: str
    scenario: str
    data: str
    data_sha256: str
    until: float | None
    payoff: float
    series: tuple[SeriesFit, ...]
    groups: tuple[GroupFit, ...]
    points: tuple[PointFit, ...]
    message: str = ""


def assessment(
    whole: FitTarget, data: Observations, until: float | None, values: Sequence[float] = ()
) -> Assessment:
    """Run a target with all points of the data, and compare. values: of its free constants.

    Raises ScenarioError as `payoff.distance` does.
    """
    found, message = whole.at(values)
    points = whole.points
    chosen = [k for k, p in enumerate(points) if is_fitted(p)]
    fitted = [points[k] for k in chosen]
    costs = distance(fitted, data).residuals(found[chosen]) ** 2
    parts = [
        float(sum(c for c, p in zip(costs, fitted, strict=True) if p.series == k))
        for k in range(len(data.series))
    ]
    plan = whole.plan
    return Assessment(
        model=plan.prepared.model.name,
        scenario=plan.resolved.name,
        data=data.name,
        data_sha256=data.sha256,
        until=until,
        payoff=float(sum(parts)),
        series=tuple(
            SeriesFit(
                s.name,
                s.element,
                s.relative_to,
                s.group,
                parts[k],
                _statistics(whole, found, k, FIT),
                _statistics(whole, found, k, PREDICTION),
            )
            for k, s in enumerate(data.series)
        ),
        groups=_groups(whole, data, found),
        points=tuple(
            PointFit(
                series.name,
                row.year,
                point.period,
                row.value,
                float(value),
                row.weight,
                row.confidence,
                row.source,
            )
            for (series, row), point, value in zip(data.rows(), points, found, strict=True)
        ),
        message=message,
    )


def _statistics(whole: FitTarget, found: Reals, series: int, period: str) -> Statistics:
    own = series_points(whole.points, series, period)
    return statistics(found[own], [whole.points[k].value for k in own])


def _groups(whole: FitTarget, data: Observations, found: Reals) -> tuple[GroupFit, ...]:
    names = dict.fromkeys(s.group for s in data.series if s.group)
    both = {period: last_of(data, whole.points, period) for period in (FIT, PREDICTION)}
    fits = []
    for name in names:
        sizes, ranks = [], []
        for period in (FIT, PREDICTION):
            last = [k for _, k in both[period].get(name, [])]
            sizes.append(len(last))
            ranks.append(
                spearman([float(found[k]) for k in last], [whole.points[k].value for k in last])
            )
        fits.append(GroupFit(name, sizes[0], ranks[0], sizes[1], ranks[1]))
    return tuple(fits)
