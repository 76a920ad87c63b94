"""The posterior of uncertain constants: draws, what the model says of the data, a table.

Values only. `posterior_file` writes and reads them, `report` puts them into words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.inference import diagnostics

CONSTANT, NUISANCE = "constant", "nuisance"
SHARES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Coordinate:
    """What a draw has a number of.

    name: of a constant as written in the model, or such as `scale of SERIES`; units: as in the
    model; role: `constant`, or `nuisance` for what only the likelihood has.
    """

    name: str
    units: str = ""
    role: str = CONSTANT


@dataclass(frozen=True, slots=True)
class Datum:
    """One observed value; series: its name; units: of the value."""

    series: str
    time: float
    value: float
    units: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a coordinate, before and after the data, in its own units.

    contraction: 1 - (posterior sd / prior sd) ** 2: near 0 where the data say nothing, near 1
    where they determine the number; below 0 where they widen it. mcse: Monte Carlo standard error
    of the posterior mean. rhat and the effective draws are rank-normalised; rhat compares
    populations of chains, which many short chains need (Margossian et al. 2024).
    """

    name: str
    units: str
    role: str
    prior_mean: float
    prior_sd: float
    mean: float
    sd: float
    low: float
    median: float
    high: float
    contraction: float
    ess: float
    ess_tail: float
    rhat: float
    mcse: float


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws by chain.

    numbers: (chain, draw, coordinates), in their units; likelihood, prior: (chain, draw), logs of
    densities, the prior's in normal scores; population: (chain,).
    """

    numbers: Reals
    likelihood: Reals
    prior: Reals
    population: Any


@dataclass(frozen=True, eq=False)
class Predicted:
    """What the model says of the data in some draws of each chain, evenly spaced.

    kept: the numbers of these draws in their chain; series: (chain, kept, series), log likelihoods
    before their powers; points: (chain, kept, data), the model at the data; replicated: of the
    same shape, data drawn from the error model around it.
    """

    kept: Any
    series: Reals
    points: Reals
    replicated: Reals


@dataclass(frozen=True, eq=False)
class Posterior:
    """A posterior with its prior, its data and its diagnostics.

    before: (draws, coordinates), draws of the prior; series: names of the series and statements
    whose log likelihoods the draws have; converged: whether the draws may be trusted, reasons: why
    not; record: the attributes that repeat it.
    """

    coordinates: tuple[Coordinate, ...]
    draws: Draws
    predicted: Predicted
    before: Reals
    series: tuple[str, ...]
    data: tuple[Datum, ...]
    converged: bool
    reasons: tuple[str, ...] = ()
    runs: int = 0
    record: Mapping[str, object] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates."""
        return tuple(coordinate.name for coordinate in self.coordinates)

    @property
    def constants(self) -> tuple[int, ...]:
        """The indices of the coordinates that are constants of the model."""
        return tuple(k for k, c in enumerate(self.coordinates) if c.role == CONSTANT)

    @property
    def shape(self) -> tuple[int, int]:
        """The number of chains and of draws of each."""
        chains, draws = self.draws.likelihood.shape
        return chains, draws

    @cached_property
    def summaries(self) -> tuple[Summary, ...]:
        """A row per coordinate."""
        numbers = self.draws.numbers
        measured = _measured(numbers, self.draws.population)
        flat = numbers.reshape(-1, numbers.shape[-1])
        low, median, high = np.quantile(flat, SHARES, axis=0)
        rows = []
        for k, c in enumerate(self.coordinates):
            before, after = _moments(self.before[:, k]), _moments(flat[:, k])
            contraction = 1 - (after[1] / before[1]) ** 2 if before[1] > 0 else math.nan
            ends = float(low[k]), float(median[k]), float(high[k])
            quality = [float(values[k]) for values in measured]
            rows.append(
                Summary(c.name, c.units, c.role, *before, *after, *ends, contraction, *quality)
            )
        return tuple(rows)

    def summary(self, name: str) -> Summary:
        """The row of a coordinate. Raises KeyError for a name that it lacks."""
        return {row.name: row for row in self.summaries}[name]

    @property
    def ess(self) -> float:
        """The smallest number of effective draws of a coordinate."""
        return min((row.ess for row in self.summaries), default=math.nan)

    @property
    def rhat(self) -> float:
        """The largest R-hat of a coordinate."""
        return max((row.rhat for row in self.summaries), default=math.nan)


def constants_of(found: Posterior) -> tuple[tuple[str, ...], Reals]:
    """The names of the constants, and their numbers in all draws, (draws, constants)."""
    kept = list(found.constants)
    flat = found.draws.numbers.reshape(-1, len(found.coordinates))
    return tuple(found.names[k] for k in kept), np.ascontiguousarray(flat[:, kept])


def _measured(numbers: Reals, population: Any) -> Sequence[Reals]:
    """Effective draws, bulk and tail, R-hat and the error of the mean, of each coordinate."""
    return (
        diagnostics.ess_bulk(numbers),
        diagnostics.ess_tail(numbers),
        diagnostics.nested_rhat(numbers, population),
        diagnostics.mcse_mean(numbers),
    )


def _moments(values: Reals) -> tuple[float, float]:
    """The mean and the standard deviation."""
    return float(values.mean()), float(values.std(ddof=1))
