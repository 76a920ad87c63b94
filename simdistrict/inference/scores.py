"""How well a predictive distribution forecasts data: CRPS, coverage, PIT, and naive forecasts.

The continuous ranked probability score (CRPS) is in the unit of the data; smaller is better, and
for a single number it is the absolute error. Numbers in, numbers out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.inference.distributions import cdf, draws_of_uniform, log_density

LEVELS = (0.5, 0.9)
# naive forecasts
NO_CHANGE, TREND = "no change", "linear trend"


def crps(draws: Reals, observed: Reals) -> Reals:
    """The CRPS of an ensemble, (draws, points) and (points,) -> (points,).

    The fair estimator: its expectation does not depend on the number of draws (Ferro 2014). NaN
    where a draw is NaN or there are fewer than two.
    """
    count = len(draws)
    if count < 2:
        return np.full(np.shape(observed), np.nan)
    x = np.sort(draws, axis=0)
    rank = 2 * np.arange(count) - (count - 1)
    spread = np.tensordot(rank, x, axes=(0, 0)) / (count * (count - 1))
    return np.asarray(np.mean(np.abs(x - observed), axis=0) - spread, float)


def crps_normal(mean: Reals, scale: Reals, observed: Reals) -> Reals:
    """The CRPS of a normal distribution, closed form (Gneiting and Raftery 2007)."""
    z = (observed - mean) / scale
    inner = z * (2 * cdf(z) - 1) + 2 * np.exp(log_density(z)) - 1 / np.sqrt(np.pi)
    return np.asarray(scale * inner, float)


def pit(draws: Reals, observed: Reals, seed: int = 0) -> Reals:
    """The probability integral transform, (draws, points) and (points,) -> (points,).

    Uniform where the data come from the predictive distribution; ties and the gap between two
    draws are filled at random (Czado, Gneiting and Held 2009).
    """
    count, points = draws.shape
    below = np.sum(draws < observed, axis=0)
    same = np.sum(draws == observed, axis=0)
    inside = draws_of_uniform(1, points, seed, 7)[0]
    return np.asarray((below + inside * (same + 1)) / (count + 1), float)


def pit_normal(mean: Reals, scale: Reals, observed: Reals) -> Reals:
    """The probability integral transform of a normal distribution."""
    return cdf(np.asarray((observed - mean) / scale, float))


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of one forecast for the points of one series, or of several.

    n: points; crps: the mean; half, most: the share of the points in the central interval of 50%
    and of 90%; pit: of each point.
    """

    n: int
    crps: float
    half: float
    most: float
    pit: tuple[float, ...]


def scores_of_draws(draws: Reals, observed: Reals, seed: int = 0) -> Scores:
    """The scores of draws with observation error, (draws, points), for data (points,)."""
    return _scores(crps(draws, observed), pit(draws, observed, seed))


def scores_of_normal(mean: Reals, scale: Reals, observed: Reals) -> Scores:
    """The scores of a normal forecast for each point."""
    return _scores(crps_normal(mean, scale, observed), pit_normal(mean, scale, observed))


def _scores(values: Reals, levels: Reals) -> Scores:
    half, most = (float(np.mean(np.abs(levels - 0.5) <= part / 2)) for part in LEVELS)
    return Scores(len(levels), float(np.mean(values)), half, most, tuple(levels.tolist()))


# ---------------------------------------------------------------------- naive forecasts


def no_change(times: Reals, values: Reals, ahead: Reals) -> tuple[Reals, Reals] | None:
    """Mean and standard deviation of a random walk from the last value, at the times ahead.

    The variance grows with time by the mean square of the past changes per unit of time. None
    below two values, or where they never changed.
    """
    if len(values) < 2:
        return None
    rate = float(np.mean(np.diff(values) ** 2 / np.diff(times)))
    if rate == 0:
        return None
    gap = np.asarray(ahead - times[-1], float)
    return np.full(len(ahead), float(values[-1])), np.sqrt(rate * gap)


def linear_trend(times: Reals, values: Reals, ahead: Reals) -> tuple[Reals, Reals] | None:
    """Mean and standard deviation of a line fitted by least squares, at the times ahead.

    The standard deviation is that of a prediction: residuals and the uncertainty of the line.
    None below three values, or where they lie on the line.
    """
    n = len(values)
    if n < 3:
        return None
    middle = float(np.mean(times))
    t = times - middle
    slope = float(t @ values / (t @ t))
    mean = float(np.mean(values))
    squares = float(np.sum((values - mean - slope * t) ** 2))
    if squares <= 1e-24 * float(values @ values):
        return None
    later = np.asarray(ahead - middle, float)
    scale = np.sqrt(squares / (n - 2) * (1 + 1 / n + later**2 / float(t @ t)))
    return mean + slope * later, scale


NAIVE = {NO_CHANGE: no_change, TREND: linear_trend}


# ---------------------------------------------------------------------- hold-out


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The forecast of one series after the last data that the posterior has seen.

    times, observed: of the held-out points. model: its scores; naive: those of naive forecasts,
    None where the earlier data do not suffice for one.
    """

    series: str
    times: tuple[float, ...]
    observed: tuple[float, ...]
    model: Scores
    naive: tuple[tuple[str, Scores | None], ...]

    def skill(self, name: str) -> float | None:
        """1 - CRPS of the model / CRPS of a naive forecast: above 0, the model is better."""
        other = dict(self.naive)[name]
        return None if other is None or other.crps == 0 else 1 - self.model.crps / other.crps


def held_out(
    series: str,
    times: Reals,
    observed: Reals,
    draws: Reals,
    until: float,
    seed: int = 0,
    known: Sequence[tuple[float, float]] = (),
) -> HeldOut:
    """Score the points of a series after `until`.

    times, observed: (points,) of the whole series, ascending; draws: (draws, points) of the
    posterior given the points up to `until`, with observation error; known: further times and
    values that naive forecasts may use. Raises ValueError where no point is later.
    """
    later = times > until
    if not later.any():
        raise ValueError(f"no point after {until:g}")
    ahead = times[later]
    past = np.array(
        sorted([*zip(times[~later].tolist(), observed[~later].tolist(), strict=True), *known])
    ).reshape(-1, 2)
    naive = []
    for name, forecast in NAIVE.items():
        found = forecast(past[:, 0], past[:, 1], ahead)
        own = None if found is None else scores_of_normal(*found, observed[later])
        naive.append((name, own))
    model = scores_of_draws(draws[:, later], observed[later], seed)
    return HeldOut(
        series, tuple(ahead.tolist()), tuple(observed[later].tolist()), model, tuple(naive)
    )


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The held-out series of a fit; until: the last time that the posterior has seen."""

    until: float
    series: tuple[HeldOut, ...]

    def rows(self) -> tuple[dict[str, object], ...]:
        """One row for each series and forecast."""
        found: list[dict[str, object]] = []
        for own in self.series:
            for name, scores in (("model", own.model), *own.naive):
                if scores is not None:
                    row = {"series": own.series, "forecast": name, "points": scores.n}
                    found.append(
                        {**row, "crps": scores.crps, "in_50": scores.half, "in_90": scores.most}
                    )
        return tuple(found)

    def lines(self) -> tuple[str, ...]:
        """Sentences for a report."""
        points = sum(own.model.n for own in self.series)
        inside = sum(own.model.most * own.model.n for own in self.series) / points
        found = [
            f"{points} points of {len(self.series)} series after {self.until:g} were held out; "
            f"{100 * inside:.0f}% of them lie in the 90% interval of the forecast."
        ]
        for name in NAIVE:
            skills = [own.skill(name) for own in self.series]
            known = [skill for skill in skills if skill is not None]
            if known:
                better = sum(skill > 0 for skill in known)
                found.append(
                    f"The model forecasts {better} of {len(known)} series better than "
                    f'"{name}" (CRPS).'
                )
        return tuple(found)


# ---------------------------------------------------------------------- all series


@dataclass(frozen=True, slots=True)
class SeriesFit:
    """The scores of one series that the posterior has seen."""

    series: str
    scores: Scores


@dataclass(frozen=True, slots=True)
class Fit:
    """The scores of the series that the posterior has seen."""

    series: tuple[SeriesFit, ...]

    @property
    def pit(self) -> tuple[float, ...]:
        """Of every point of every series."""
        return tuple(level for own in self.series for level in own.scores.pit)

    def rows(self) -> tuple[dict[str, object], ...]:
        """One row for each series."""
        return tuple(
            {
                "series": own.series,
                "points": own.scores.n,
                "crps": own.scores.crps,
                "in_50": own.scores.half,
                "in_90": own.scores.most,
                "pit_mean": float(np.mean(own.scores.pit)),
            }
            for own in self.series
        )

    def lines(self) -> tuple[str, ...]:
        """Sentences for a report."""
        levels = np.asarray(self.pit)
        half, most = (100 * float(np.mean(np.abs(levels - 0.5) <= p / 2)) for p in LEVELS)
        found = [
            f"{half:.0f}% of {len(levels)} points lie in the 50% interval of the posterior "
            f"prediction, {most:.0f}% in the 90% interval."
        ]
        if most < 75:
            found.append(
                "The errors are larger than the data file states: the intervals are too narrow."
            )
        elif half > 75 and len(levels) >= 10:
            found.append(
                "The errors are smaller than the data file states: the intervals are too wide."
            )
        return tuple(found)


def fit_scores(
    names: Sequence[str], which: Sequence[int], draws: Reals, observed: Reals, seed: int = 0
) -> Fit:
    """The scores of every series.

    names: of the series; which: the index of the series of each point; draws: (draws, points)
    with observation error; observed: (points,).
    """
    own = np.asarray(which)
    found = []
    for k, name in enumerate(names):
        if (own == k).any():
            part = scores_of_draws(draws[:, own == k], observed[own == k], seed + k)
            found.append(SeriesFit(name, part))
    return Fit(tuple(found))
