"""What each series contributes: the posterior without it, by importance weights.

The weights are Pareto-smoothed; where their tail is too heavy, the posterior without the series
has to be drawn itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.inference.psis import TRUSTED, log_mean, smoothed


@dataclass(frozen=True, slots=True)
class Without:
    """The posterior without one series.

    k: the shape of the weights' tail; elpd: the log predictive density of the whole series given
    the others; in_sample: the same given all of them. moved: the coordinate whose mean moves most,
    by how many posterior standard deviations. refit: k exceeds 0.7, and the numbers are not to be
    trusted.
    """

    series: str
    k: float
    elpd: float
    in_sample: float
    effective: float
    moved: str
    shift: float

    @property
    def refit(self) -> bool:
        return self.k > TRUSTED

    def says(self) -> str:
        """The result in a sentence."""
        if self.refit:
            return (
                f"{self.series}: k = {self.k:.2f}, the weights do not reach the posterior without "
                f'it. Draw it with --leave-out "{self.series}".'
            )
        return (
            f"{self.series}: without it, {self.moved} moves by {self.shift:+.1f} posterior "
            f"standard deviations (k = {self.k:.2f})."
        )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The posterior without each series in turn."""

    series: tuple[Without, ...]

    @property
    def refit(self) -> tuple[str, ...]:
        """The series for which the posterior must be drawn again."""
        return tuple(own.series for own in self.series if own.refit)

    def rows(self) -> tuple[dict[str, object], ...]:
        """One row for each series."""
        return tuple(
            {
                "series": own.series,
                "pareto_k": own.k,
                "elpd_left_out": own.elpd,
                "elpd_in_sample": own.in_sample,
                "effective_draws": own.effective,
                "moves_most": own.moved,
                "by_posterior_sd": own.shift,
                "refit": "refit" if own.refit else "",
            }
            for own in self.series
        )

    def lines(self) -> tuple[str, ...]:
        """Sentences for a report: series that need a new posterior, and those that move one."""
        return tuple(own.says() for own in self.series if own.refit or abs(own.shift) >= 0.5)


def leave_out(
    names: Sequence[str],
    series: Reals,
    coordinates: Sequence[str],
    scores: Reals,
    powers: Sequence[float] | None = None,
    efficiency: float = 1.0,
) -> LeftOut:
    """The posterior without each series, from draws of the posterior with all.

    names: of the series; series: (draws, series), the log likelihood of each; scores: (draws,
    size), of `coordinates`; powers: of the likelihoods, default 1, a series with 0 is skipped.
    efficiency: effective over actual number of draws.
    """
    weights = [1.0] * len(names) if powers is None else list(powers)
    return LeftOut(
        tuple(
            _without(name, series[:, k], power, coordinates, scores, efficiency)
            for k, (name, power) in enumerate(zip(names, weights, strict=True))
            if power > 0
        )
    )


def _without(
    name: str,
    own: Reals,
    power: float,
    coordinates: Sequence[str],
    scores: Reals,
    efficiency: float,
) -> Without:
    equal = np.full(len(own), -np.log(len(own)))
    if np.ptp(own) == 0:  # a series that no constant moves
        elpd = log_mean(own, equal)
        return Without(name, -np.inf, elpd, elpd, float(len(own)), coordinates[0], 0.0)
    found = smoothed(-power * own, efficiency)
    mean, sd = scores.mean(axis=0), scores.std(axis=0, ddof=1)
    shift = (found.weights @ scores - mean) / np.where(sd > 0, sd, np.inf)
    most = int(np.argmax(np.abs(shift)))
    return Without(
        name,
        found.k,
        log_mean(own, found.log_weights),
        log_mean(own, equal),
        found.effective,
        coordinates[most],
        float(shift[most]),
    )


def elpd(series: Reals) -> float:
    """The log predictive density of a series from draws of a posterior without it, (draws,)."""
    return log_mean(series, np.full(len(series), -np.log(len(series))))
