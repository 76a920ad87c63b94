"""What prior and posterior expect of the data, and whether the prior reaches them at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.inference.distributions import draws_of_normal
from simdistrict.inference.likelihood import Likelihood
from simdistrict.inference.posterior import Datum
from simdistrict.inference.target import Target

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# standard deviations of the error within which a run agrees with a datum
CLOSE, NEAR = 2.0, 3.0
DRAWS = 4096
# what random numbers are drawn for
_SCORES, _ERRORS = 61, 62


@dataclass(frozen=True, eq=False, slots=True)
class PriorPrediction:
    """Draws of the prior at the points of the data; runs that failed are left out.

    series: names; which: (points,), the index of the series of each point; data: (draws, points),
    the model with errors drawn from the error model, NaN for a payoff, which has none; away: the
    same shape, how far the model is from the data in standard deviations of the error.
    """

    series: tuple[str, ...]
    which: Sequence[int]
    data: Reals
    away: Reals
    failed: int

    def reach(self) -> Reach:
        """How near the draws come to the data."""
        worst = self.away.max(axis=1, initial=0.0)
        own = []
        for k, name in enumerate(self.series):
            here = np.asarray(self.which) == k
            if here.any():
                apart = self.away[:, here].max(axis=1)
                nearest = float(apart.min(initial=np.inf))
                own.append((name, _share(apart > NEAR), nearest))
        return Reach(
            len(worst), self.failed, _share(worst <= CLOSE), _share(worst <= NEAR), tuple(own)
        )


def predict_prior(
    target: Target, seed: int, draws: int = DRAWS, workers: int | None = None
) -> PriorPrediction:
    """Run draws of the prior, and draw data from the errors around them."""
    scores = draws_of_normal(draws, target.size, seed, _SCORES)
    found = target.evaluate(scores, workers)
    good = ~found.failed & np.isfinite(found.points).all(axis=1)
    model, likelihood = found.points[good], target.likelihood
    names = tuple(series.name for series in target.data.series)
    which = target.series_of_points.tolist()
    failed = int((~good).sum())
    if not isinstance(likelihood, Likelihood):
        away = np.abs(likelihood.distance.residuals(model))
        return PriorPrediction(names, which, np.full_like(model, np.nan), away, failed)
    own = [numbers[good] for numbers in target.nuisance(scores).values()]
    nuisance = np.column_stack([np.empty((len(model), 0)), *own])
    noise = draws_of_normal(draws, model.shape[1], seed, _ERRORS)[good]
    data = likelihood.simulate(model, nuisance, noise)
    return PriorPrediction(names, which, data, likelihood.departures(model, nuisance), failed)


@dataclass(frozen=True, slots=True)
class Reach:
    """How near draws of the prior come to the data.

    draws: runs that did not fail; close, near: the shares within 2 and 3 standard deviations of
    all data. series: for each, the share of the draws that miss a point of it by more than 3, and
    the smallest distance within which a draw meets all its points.
    """

    draws: int
    failed: int
    close: float
    near: float
    series: tuple[tuple[str, float, float], ...]

    @property
    def out_of_reach(self) -> tuple[str, ...]:
        """The series that no draw meets within 3 standard deviations."""
        return tuple(name for name, _, nearest in self.series if nearest > NEAR)

    def rows(self) -> tuple[dict[str, object], ...]:
        """One row for each series."""
        return tuple(
            {"series": name, "share_missing": missing, "nearest": nearest}
            for name, missing, nearest in self.series
        )

    def lines(self) -> tuple[str, ...]:
        """Sentences for a report."""
        if not self.draws:
            return ("Every draw of the prior fails.",)
        near, close = (round(share * self.draws) for share in (self.near, self.close))
        found = [
            f"Of {self.draws} draws of the prior, {near} lie within 3 standard deviations of all "
            f"data, {close} within 2."
        ]
        if self.failed:
            found.append(f"{self.failed} more have no run up to the last datum.")
        for name, _, nearest in self.series:
            if nearest > NEAR:
                found.append(
                    f'No draw of the prior comes nearer to "{name}" than {nearest:.1f} standard '
                    "deviations: the prior, the model or the stated error is doubtful."
                )
        return tuple(found)


def _share(flags: Flags) -> float:
    return float(np.mean(flags)) if len(flags) else 0.0


def point_rows(
    data: Sequence[Datum], posterior: Reals, prior: Reals
) -> tuple[dict[str, object], ...]:
    """One row for each datum: what the posterior and the prior expect of it, with errors.

    posterior, prior: (draws, points); draws that are not finite are left out.
    """
    after, before = (_quantiles(draws) for draws in (posterior, prior))
    found = []
    for k, datum in enumerate(data):
        row: dict[str, object] = {
            "series": datum.series, "time": datum.time, "observed": datum.value,
        }  # fmt: skip
        row |= {f"{100 * q:g}%": after[i, k] for i, q in enumerate(QUANTILES)}
        row |= {
            f"prior_{100 * q:g}%": before[i, k]
            for i, q in enumerate(QUANTILES)
            if q != 0.25 and q != 0.75
        }
        found.append(row)
    return tuple(found)


def _quantiles(draws: Reals) -> Reals:
    good = draws[np.isfinite(draws).all(axis=1)]
    if not len(good):
        return np.full((len(QUANTILES), draws.shape[1]), np.nan)
    return np.asarray(np.quantile(good, QUANTILES, axis=0), float)
