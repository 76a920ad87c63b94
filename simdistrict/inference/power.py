"""Sensitivity of a posterior to its prior and its likelihood, by power scaling.

Raises the prior, or the likelihood, to a power near 1, moves the draws by importance weights, and
measures how far each marginal distribution moves (Kallioinen, Paananen, Buerkner and Vehtari
2024). The prior is scaled in normal scores, so a power above 1 draws every constant towards its
prior median.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.inference.psis import TRUSTED, smoothed

# Kallioinen et al. (2024): a distance per doubling of the power below which nothing moves
SENSITIVE = 0.05
# the change of the power
_DELTA = 0.01


@dataclass(frozen=True, slots=True)
class Power:
    """The sensitivity of the posterior of each coordinate.

    names; prior, likelihood: the distance (cumulative Jensen-Shannon) between the marginal
    posterior and that with a power of 1.01 or 1/1.01, per doubling of the power. k: the largest
    shape of the tails of the weights; above 0.7 the distances cannot be trusted.
    """

    names: tuple[str, ...]
    prior: tuple[float, ...]
    likelihood: tuple[float, ...]
    k: float

    def says(self, at: int) -> str:
        """What the two sensitivities of a coordinate mean; empty where nothing is notable."""
        prior, data = self.prior[at] >= SENSITIVE, self.likelihood[at] >= SENSITIVE
        if prior and data:
            return "prior and data disagree, or both matter: the posterior depends on the prior"
        if prior:
            return "the prior decides, and the data add little"
        return "" if data else "neither prior nor data matter: another constant may decide"

    def rows(self) -> tuple[dict[str, object], ...]:
        """One row for each coordinate."""
        return tuple(
            {"constant": name, "prior": p, "likelihood": d, "meaning": self.says(k)}
            for k, (name, p, d) in enumerate(
                zip(self.names, self.prior, self.likelihood, strict=True)
            )
        )

    def lines(self) -> tuple[str, ...]:
        """Sentences for a report."""
        found = []
        if self.k > TRUSTED:
            found.append(
                f"Power scaling cannot be trusted: the Pareto k of its weights is {self.k:.2f}."
            )
        both = [n for k, n in enumerate(self.names) if self._both(k)]
        own = [
            n for k, n in enumerate(self.names) if self.prior[k] >= SENSITIVE and not self._both(k)
        ]
        if own:
            found.append(f"The prior decides {_listed(own)}: the data add little.")
        if both:
            found.append(
                f"The prior still matters next to the data for {_listed(both)}: "
                "justify its range, or try a wider one."
            )
        return tuple(found or ["No posterior depends notably on the prior."])

    def _both(self, at: int) -> bool:
        return self.prior[at] >= SENSITIVE and self.likelihood[at] >= SENSITIVE


def power_scaling(
    names: Sequence[str], draws: Reals, log_prior: Reals, log_likelihood: Reals
) -> Power:
    """The sensitivity of every coordinate.

    draws: (draws, size); log_prior, log_likelihood: (draws,), up to a constant.
    """
    own, one = _distances(draws, log_prior)
    data, two = _distances(draws, log_likelihood)
    return Power(tuple(names), own, data, max(one, two))


def log_prior_of_scores(scores: Reals) -> Reals:
    """The log prior of normal scores, (draws, size) -> (draws,), up to a constant."""
    return np.asarray(-0.5 * np.sum(scores**2, axis=-1), float)


def _distances(draws: Reals, part: Reals) -> tuple[tuple[float, ...], float]:
    total = np.zeros(draws.shape[1])
    worst = -np.inf
    for power in (1 / (1 + _DELTA), 1 + _DELTA):
        found = smoothed((power - 1) * part)
        # weights that are all equal have no tail: nothing depends on this part
        if np.ptp(part) > 0:
            worst = max(worst, found.k)
        for k in range(draws.shape[1]):
            total[k] += max(
                cumulative_distance(draws[:, k], found.weights),
                cumulative_distance(-draws[:, k], found.weights),
            )
    return tuple((total / (2 * np.log2(1 + _DELTA))).tolist()), worst


def cumulative_distance(draws: Reals, weights: Reals) -> float:
    """The cumulative Jensen-Shannon distance between draws and the same draws with weights.

    From 0 to 1; not symmetric under a change of sign (Nguyen and Vreeken 2015).
    """
    order = np.argsort(draws, kind="stable")
    x, w = draws[order], weights[order]
    width = np.diff(x)
    if not (width > 0).any():
        return 0.0
    n = len(x)
    p = np.linspace(1 / n, 1 - 1 / n, n - 1)
    q = np.cumsum(w / np.sum(w))[:-1]
    p_area, q_area = float(p @ width), float(q @ width)
    middle = _log2(0.5 * (p + q))
    rest = 0.5 / np.log(2) * (q_area - p_area)
    one = max(0.0, float(np.sum(width * p * (_log2(p) - middle))) + rest)
    two = max(0.0, float(np.sum(width * q * (_log2(q) - middle))) - rest)
    return float(np.sqrt((one + two) / (p_area + q_area)))


def _log2(x: Reals) -> Reals:
    return np.asarray(np.log2(x, out=np.zeros_like(x), where=x > 0), float)


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = list(names[:most])
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
