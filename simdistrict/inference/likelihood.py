"""The likelihood of observed series: how probable the data are where a model is right.

The error of a series is stated in the data file (`calibration.error_model`). Every likelihood is a
density of the data, in the units of the data, so that log likelihoods of one data file can be
compared. Of a row with the value y, the model m and the scale s:

normal       y = m + s e, with e standard normal
student(NU)  y = m + s e, with e from Student's t with NU degrees of freedom
lognormal    log y = log m + s e: m is the median of y, and a scale of 10% is s = .1 exactly. Zero
             where the model is not positive.
band         the probability that m + s e, or m exp(s e), lies in the band; without a scale, 1
             where m does, else 0

Correlated errors are those of normal and lognormal series without bands. Their covariance is
s_i s_j phi^|t_i - t_j| (autocorrelation) + d^2 exp(-(t_i - t_j)^2 / (2 l^2)) (the discrepancy, l a
third of the span of the series) + b^2 y_i y_j (the error of the base year, which all rows share;
b^2 in logarithms). It applies to y - m, for lognormal to log y - log m.

A weight is a power of the likelihood: of a row, and where errors are correlated of the series.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.calibration.data import (
    DataSeries,
    ErrorModel,
    Estimated,
    Observation,
    Observations,
)
from simdistrict.calibration.error_model import LOGNORMAL, STUDENT
from simdistrict.ensemble.prior import Prior
from simdistrict.inference import covariance, slopes
from simdistrict.inference.covariance import HALF_LOG_TAU
from simdistrict.inference.distributions import cdf, log_inside, student_quantile
from simdistrict.inference.nuisance import CORRELATION, DISCREPANCY, SCALE, Nuisance

# the size of the prior of an estimated scale, as a share of the mean absolute value
_SIZE = 0.1


@dataclass(frozen=True, eq=False)
class SeriesLikelihood:
    """The log likelihood of one series, for many members at once.

    number: of the series in the data; times, data, scales, powers: (rows,), scales NaN where a
    row states none; bands: (rows, 2), NaN for a value; length: of the discrepancy, in units of
    time; estimated: the coordinates of its errors.
    """

    number: int
    name: str
    error: ErrorModel
    times: Reals
    data: Reals
    bands: Reals
    scales: Reals
    powers: Reals
    length: float
    estimated: tuple[Nuisance, ...] = ()

    def __call__(self, model: Reals, nuisance: Reals) -> Reals:
        """The log likelihood of each member; -inf where it is zero or not defined.

        model: (members, rows); nuisance: (members, estimated).
        """
        if not len(self.data):
            return np.zeros(len(model))
        scale, phi, spread = self._settings(nuisance)
        with np.errstate(all="ignore"):
            centre = np.log(model) if self._logarithmic else model
            if self._dense:
                total = self._of_covariance(centre, self._lower(scale, phi, spread))
            elif self._correlated:
                total = self._of_autocorrelation(centre, scale, phi)
            else:
                total = self._of_values(centre, scale) + self._of_bands(centre, scale)
        total[np.isnan(total)] = -np.inf
        return total

    @property
    def jumps(self) -> bool:
        """Whether it jumps from zero to one: a band without a scale."""
        return self.error.scale is None and bool(np.isnan(self.scales[self._banded]).any())

    def slopes(self, model: Reals, nuisance: Reals) -> tuple[Reals, Reals]:
        """The derivatives by the model, (members, rows), and by its numbers, (members, estimated).

        Zero for a band without a scale, which has none at its ends.
        """
        by_centre, by_own = np.zeros(model.shape), np.zeros((len(model), len(self.estimated)))
        if not len(self.data):
            return by_centre, by_own
        scale, phi, spread = self._settings(nuisance)
        with np.errstate(all="ignore"):
            centre = np.log(model) if self._logarithmic else model
            if self._correlated:
                whole = self._covariance(scale, phi, spread)
                changes = self._changes(scale, phi, spread)
                by_centre, own = slopes.of_covariance(centre - self._observed, whole, changes)
                by_centre = by_centre * self.powers[0]
                for k, by_one in enumerate(own):
                    by_own[:, k] = by_one * self.powers[0]
            else:
                values, bands = ~self._banded, self._banded
                own_scale = scale[values] if scale.ndim == 1 else scale
                apart = (centre - self._observed)[:, values]
                found = slopes.of_values(apart, own_scale, self.powers[values], self._freedom)
                by_centre[:, values], by_scale = found
                if bands.any():
                    ends = self._ends(centre, scale)
                    by_bands = slopes.of_bands(*ends, self.powers[bands], self._freedom)
                    by_centre[:, bands] = np.where(np.isnan(ends[2]), 0.0, by_bands[0])
                    by_scale = by_scale + by_bands[1]
                if self.estimated:
                    by_own[:, 0] = by_scale
            if self._logarithmic:
                by_centre = by_centre / model
        return by_centre, by_own

    def information(self, model: Reals, nuisance: Reals) -> Reals:
        """The Fisher information on the model of one member, (rows, rows).

        model: (rows,); nuisance: (estimated,). Of a band what was observed; none without a scale.
        """
        scale, phi, spread = self._settings(nuisance[None])
        with np.errstate(all="ignore"):
            centre = np.log(model) if self._logarithmic else model
            if self._correlated:
                whole = self._covariance(scale, phi, spread)
                found = np.linalg.inv(whole.reshape(whole.shape[-2:])) * self.powers[0]
            else:
                own = slopes.information_of_values(scale, self._freedom)
                own = np.broadcast_to(own, (1, len(model)))[0].copy()
                if self._banded.any():
                    ends = self._ends(centre[None], scale)
                    own[self._banded] = slopes.information_of_bands(*ends, self._freedom)[0]
                found = np.diag(np.nan_to_num(own) * self.powers)
            if self._logarithmic:
                found = found / model[:, None] / model
        return np.asarray(found)

    def simulate(self, model: Reals, nuisance: Reals, scores: Reals, known: int = 0) -> Reals:
        """Data drawn from the errors around a model, (members, rows); NaN where it is not defined.

        scores: (members, rows), independent standard normal numbers. For a band it is a value,
        not a band; without a scale it is the model. known: how many of the first rows were
        observed; where errors are correlated, later rows are drawn given the errors of these.
        """
        if not len(self.data):
            return model.copy()
        scale, phi, spread = self._settings(nuisance)
        with np.errstate(all="ignore"):
            centre = np.log(model) if self._logarithmic else model
            if self._dense:
                lower = self._lower(scale, phi, spread)
                seen = covariance.solved(lower, self._observed - centre)
                errors = covariance.multiplied(lower, _joined(seen, scores, known))
            else:
                if self.error.kind == STUDENT:
                    scores = _student(scores, self.error.freedom)
                elif self._correlated:
                    gaps = np.diff(self.times)
                    seen, _ = covariance.whitened((self._observed - centre) / scale, gaps, phi)
                    scores = covariance.correlated(_joined(seen, scores, known), gaps, phi)
                errors = np.nan_to_num(scale) * scores
            return np.asarray(np.exp(centre + errors) if self._logarithmic else centre + errors)

    def departures(self, model: Reals, nuisance: Reals) -> Reals:
        """How far a model is from each row in standard deviations, (members, rows).

        With discrepancy and error of the base year; for a band the distance to it, without a
        scale 0 or inf; inf where the model is not defined.
        """
        scale, _, spread = self._settings(nuisance)
        base = np.ones_like(self.data) if self._logarithmic else self.data
        shared = self.error.base_error / 100 * base
        with np.errstate(all="ignore"):
            centre = np.log(model) if self._logarithmic else model
            ends = np.log(self.bands) if self._logarithmic else self.bands
            outside = np.maximum(np.maximum(ends[:, 0] - centre, centre - ends[:, 1]), 0.0)
            apart = np.where(self._banded, outside, np.abs(centre - self._observed))
            width = np.sqrt(np.nan_to_num(scale) ** 2 + np.square(spread) + shared**2)
            found = np.where(apart == 0, 0.0, apart / width)
        found[np.isnan(found)] = np.inf
        return np.asarray(found)

    # ------------------------------------------------------------------ what is fixed

    @property
    def _logarithmic(self) -> bool:
        return self.error.kind == LOGNORMAL

    @property
    def _dense(self) -> bool:
        """Whether rows share errors beyond those of their neighbours."""
        return self.error.discrepancy != 0 or self.error.base_error != 0

    @property
    def _correlated(self) -> bool:
        return self._dense or self.error.correlation != 0

    @cached_property
    def _observed(self) -> Reals:
        """The data as the errors see them."""
        return np.log(self.data) if self._logarithmic else self.data

    @cached_property
    def _banded(self) -> Flags:
        return ~np.isnan(self.bands[:, 0])

    @property
    def _observed_bands(self) -> Reals:
        """The bands as the errors see them, (bands, 2)."""
        own = self.bands[self._banded]
        return np.log(own) if self._logarithmic else own

    @property
    def _freedom(self) -> float | None:
        return self.error.freedom if self.error.kind == STUDENT else None

    @cached_property
    def _constant(self) -> float:
        """The log likelihood of the values where they are met, without an estimated scale."""
        log = np.full(len(self.data), -HALF_LOG_TAU)
        if self.error.kind == STUDENT:
            nu = self.error.freedom
            log[:] = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2)
            log -= math.log(nu * math.pi) / 2
        if self._logarithmic:
            log -= np.log(self.data)
        if self.error.scale is None and not self._dense:
            log -= np.log(self.scales)
        return float((self.powers * log)[~self._banded].sum())

    @cached_property
    def _fixed_lower(self) -> Reals:
        """The Cholesky factor, where nothing of the covariance is estimated."""
        spread, phi = float(self.error.discrepancy), float(self.error.correlation)  # type: ignore[arg-type]
        return covariance.factor(self._covariance(self.scales, phi, spread))

    @cached_property
    def _smoothness(self) -> Reals:
        return covariance.smoothness(self.times, self.length)

    def _settings(self, nuisance: Reals) -> tuple[Reals, Reals | float, Reals | float]:
        """Scale, correlation and discrepancy, each one for all members or (members, 1)."""
        error = self.error
        found: dict[str, Reals | float] = {
            SCALE: self.scales,
            CORRELATION: error.correlation if isinstance(error.correlation, float) else 0.0,
            DISCREPANCY: error.discrepancy if isinstance(error.discrepancy, float) else 0.0,
        }
        for k, own in enumerate(self.estimated):
            found[own.kind] = nuisance[:, k, None]
        return np.asarray(found[SCALE]), found[CORRELATION], found[DISCREPANCY]

    # ------------------------------------------------------------------ independent rows

    def _of_values(self, centre: Reals, scale: Reals) -> Reals:
        values = ~self._banded
        if not values.all():
            centre = centre[:, values]
            scale = scale[values] if scale.ndim == 1 else scale
        powers = self.powers[values]
        z = (centre - self._observed[values]) / scale
        z *= z
        if self.error.kind == STUDENT:
            nu = self.error.freedom
            z = np.log1p(z / nu)
            z *= -(nu + 1) / 2 * powers
        else:
            z *= -0.5 * powers
        total = z.sum(axis=1) + self._constant
        if self.error.scale is not None:
            total -= powers.sum() * np.log(scale[:, 0])
        return np.asarray(total)

    def _of_bands(self, centre: Reals, scale: Reals) -> Reals | float:
        if not self._banded.any():
            return 0.0
        low, high, scale = self._ends(centre, scale)
        log = log_inside(low, high, self._freedom)
        rows = self._banded
        hard = np.broadcast_to(np.isnan(scale), log.shape)
        centre, ends = centre[:, rows], self._observed_bands
        within = (centre >= ends[:, 0]) & (centre <= ends[:, 1])
        log = np.where(hard, np.where(within, 0.0, -np.inf), log)
        return np.asarray((log * self.powers[rows]).sum(axis=1))

    def _ends(self, centre: Reals, scale: Reals) -> tuple[Reals, Reals, Reals]:
        """The ends of the bands less the centre, in scales, and the scales of the bands."""
        centre = centre[:, self._banded]
        ends = self._observed_bands
        scale = scale[self._banded] if scale.ndim == 1 else scale
        return (ends[:, 0] - centre) / scale, (ends[:, 1] - centre) / scale, scale

    # ------------------------------------------------------------------ correlated rows

    def _of_autocorrelation(self, centre: Reals, scale: Reals, phi: Reals | float) -> Reals:
        z = (centre - self._observed) / scale
        z, widths = covariance.whitened(z, np.diff(self.times), phi)
        z *= z
        total = -0.5 * z.sum(axis=1) - widths
        if self.error.scale is not None:
            total -= len(self.data) * np.log(scale[:, 0])
        return np.asarray(total * self.powers[0] + self._constant)

    def _of_covariance(self, centre: Reals, lower: Reals) -> Reals:
        z = covariance.solved(lower, centre - self._observed)
        z *= z
        total = -0.5 * z.sum(axis=1) - covariance.log_diagonal(lower)
        return np.asarray(total * self.powers[0] + self._constant)

    def _lower(self, scale: Reals, phi: Reals | float, spread: Reals | float) -> Reals:
        if not self.estimated:
            return self._fixed_lower
        return covariance.factor(self._covariance(scale, phi, spread))

    def _covariance(
        self, scale: Reals, phi: Reals | float, spread: Reals | float, *, shared: bool = True
    ) -> Reals:
        """(rows, rows), or (members, rows, rows) where part of it is estimated.

        shared: with the error of the base year.
        """
        found = scale[..., :, None] * scale[..., None, :]
        if isinstance(phi, np.ndarray) or phi != 0:
            found = found * covariance.autocorrelation(self.times, phi)
        else:
            found = found * np.eye(len(self.times))
        if isinstance(spread, np.ndarray):
            found = found + (spread * spread)[:, :, None] * self._smoothness
        elif spread:
            found = found + spread * spread * self._smoothness
        if self.error.base_error and shared:
            base = np.ones_like(self.data) if self._logarithmic else self.data
            common = self.error.base_error / 100 * base
            found = found + common[:, None] * common
        return np.asarray(found)

    def _changes(self, scale: Reals, phi: Reals | float, spread: Reals | float) -> list[Reals]:
        """The derivatives of the covariance by each estimated number."""
        found = []
        for own in self.estimated:
            if own.kind == DISCREPANCY:
                change = 2 * np.asarray(spread)[..., None] * self._smoothness
            elif own.kind == CORRELATION:
                products = scale[..., :, None] * scale[..., None, :]
                change = products * covariance.autocorrelation_slope(self.times, phi)
            else:
                change = 2 / scale[..., None] * self._covariance(scale, phi, 0.0, shared=False)
            found.append(np.asarray(change))
        return found


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The likelihood of all series of a data file, which are independent given the model.

    Points stand in the order of the series, and so do their estimated numbers. A series without a
    row that counts keeps its coordinates, so that they do not depend on which rows count.
    """

    parts: tuple[SeriesLikelihood, ...]

    @cached_property
    def nuisance(self) -> tuple[Nuisance, ...]:
        """The coordinates of the errors."""
        return tuple(own for part in self.parts for own in part.estimated)

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """The points of each series."""
        return _slices([len(part.data) for part in self.parts])

    @cached_property
    def _own(self) -> tuple[slice, ...]:
        return _slices([len(part.estimated) for part in self.parts])

    def series(self, points: Reals, nuisance: Reals) -> Reals:
        """The log likelihood of each series, (members, points) -> (members, series)."""
        found = np.empty((len(points), len(self.parts)))
        for k, part in enumerate(self.parts):
            model = np.ascontiguousarray(points[:, self.slices[k]])
            found[:, k] = part(model, nuisance[:, self._own[k]])
        return found

    @property
    def jumping(self) -> tuple[str, ...]:
        """The series whose likelihood jumps, so that it has no derivative."""
        return tuple(part.name for part in self.parts if part.jumps)

    def slopes(self, points: Reals, nuisance: Reals) -> tuple[Reals, Reals]:
        """The derivatives of the sum, by (members, points) and by (members, nuisance)."""
        by_points, by_own = np.empty_like(points), np.empty_like(nuisance)
        for part, here, own in zip(self.parts, self.slices, self._own, strict=True):
            found = part.slopes(points[:, here], nuisance[:, own])
            by_points[:, here], by_own[:, own] = found
        return by_points, by_own

    def information(self, points: Reals, nuisance: Reals) -> Reals:
        """The Fisher information of one member, (points, points); series are independent.

        points: (points,); nuisance: (nuisance,).
        """
        found = np.zeros((len(points), len(points)))
        for part, here, own in zip(self.parts, self.slices, self._own, strict=True):
            if len(part.data):
                found[here, here] = part.information(points[here], nuisance[own])
        return found

    def simulate(
        self, points: Reals, nuisance: Reals, scores: Reals, known: Sequence[int] | None = None
    ) -> Reals:
        """Data drawn from the errors, (members, points); see `SeriesLikelihood.simulate`.

        known: for each series.
        """
        found = np.empty_like(points)
        counts = [0] * len(self.parts) if known is None else known
        for part, here, own, seen in zip(self.parts, self.slices, self._own, counts, strict=True):
            model = np.ascontiguousarray(points[:, here])
            found[:, here] = part.simulate(model, nuisance[:, own], scores[:, here], seen)
        return found

    def departures(self, points: Reals, nuisance: Reals) -> Reals:
        """See `SeriesLikelihood.departures`, (members, points)."""
        found = np.empty_like(points)
        for part, here, own in zip(self.parts, self.slices, self._own, strict=True):
            found[:, here] = part.departures(points[:, here], nuisance[:, own])
        return found

    def after(self, seen: Likelihood) -> tuple[Likelihood, tuple[int, ...]]:
        """The same with the discrepancy of another of fewer rows, and how many rows that has.

        seen: of the first rows of some of the series.
        """
        others = {part.name: part for part in seen.parts if len(part.data)}
        parts = [
            replace(part, length=others[part.name].length) if part.name in others else part
            for part in self.parts
        ]
        known = [len(others[own.name].data) if own.name in others else 0 for own in parts]
        return Likelihood(tuple(parts)), tuple(known)

    def observing(self, values: Reals) -> Likelihood:
        """The likelihood of other values of the points, (points,)."""
        pairs = zip(self.parts, self.slices, strict=True)
        return Likelihood(
            tuple(replace(part, data=np.array(values[here], float)) for part, here in pairs)
        )


def _slices(sizes: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(first, last) for first, last in pairwise(accumulate(sizes, initial=0)))


def _joined(first: Reals, then: Reals, known: int) -> Reals:
    """(members, rows): the first rows of one, the later ones of the other."""
    return np.concatenate([first[:, :known], then[:, known:]], axis=1)


def _student(scores: Reals, freedom: float) -> Reals:
    """Numbers of Student's t from standard normal ones, precise in both tails."""
    return np.asarray(-np.sign(scores) * student_quantile(cdf(-np.abs(scores)), freedom))


# ---------------------------------------------------------------------- from a data file


def fitted_rows(series: DataSeries, until: float | None) -> tuple[Observation, ...]:
    """The rows of a series that count: those with a weight, up to a date."""
    return tuple(
        row for row in series.rows if row.weight > 0 and (until is None or row.year <= until)
    )


def likelihood_of(
    data: Observations, until: float | None = None, priors: Mapping[str, Prior] | None = None
) -> Likelihood:
    """The likelihood of a data file; until: later rows do not count.

    The usual prior of an estimated number depends on all rows with a weight.

    priors: of estimated numbers, by name (`scale of SERIES`), instead of the usual ones.
    Raises ScenarioError with every series whose errors are not stated, or not defined.
    """
    parts, problems = [], []
    for number, series in enumerate(data.series):
        problems += _problems(series, fitted_rows(series, None), data.where)
        if not problems:
            parts.append(_part(number, series, until, priors or {}))
    if problems:
        raise ScenarioError(problems)
    return Likelihood(tuple(parts))


def _part(
    number: int, series: DataSeries, until: float | None, priors: Mapping[str, Prior]
) -> SeriesLikelihood:
    rows = fitted_rows(series, until)
    times = np.array([row.year for row in rows])
    return SeriesLikelihood(
        number,
        series.name,
        series.error,
        times,
        np.array([row.value for row in rows]),
        np.array([row.band or (np.nan, np.nan) for row in rows]).reshape(-1, 2),
        np.array([np.nan if row.scale is None else row.scale for row in rows], float),
        np.array([row.weight for row in rows]),
        covariance.length(times),
        _estimated(series, priors),
    )


def _estimated(series: DataSeries, priors: Mapping[str, Prior]) -> tuple[Nuisance, ...]:
    error, rows = series.error, fitted_rows(series, None)
    size = 1.0 if error.kind == LOGNORMAL else _mean([abs(row.value) for row in rows])
    found = []
    for kind, stated in (
        (SCALE, error.scale),
        (CORRELATION, error.correlation),
        (DISCREPANCY, error.discrepancy),
    ):
        if isinstance(stated, Estimated):
            name = f"{kind} of {series.name}"
            own = _SIZE * size if stated.size is None else stated.size
            found.append(Nuisance(name, kind, own, priors.get(name)))
    return tuple(found)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)


def _problems(series: DataSeries, rows: Sequence[Observation], where: str) -> list[Problem]:
    """What makes the likelihood of a series undefined."""
    error = series.error
    problems: list[Problem] = []
    if not rows:
        return problems
    for row in rows:
        if row.scale is None and error.scale is None and row.band is None:
            what = f'"{series.name}" states no scale for {row.year:g}'
            hint = "fill the column scale in: a number, a percentage, or ? to estimate it"
            problems.append(Problem(f"{where}:{row.line}", what, hint))
    place = f"{where}:{rows[0].line}"
    usual = isinstance(error.scale, Estimated) and error.scale.size is None
    if usual and error.kind != LOGNORMAL and all(row.value == 0 for row in rows):
        what = f'all values of "{series.name}" are zero, so that its scale has no usual size'
        problems.append(Problem(place, what, "write the size: ?0.05"))
    shared = [name for name in ("correlation", "discrepancy", "base_error") if getattr(error, name)]
    if not shared:
        return problems
    said = " and ".join(shared)
    if error.kind == STUDENT:
        what = f'"{series.name}" has student errors and {said}, which are not defined together'
        problems.append(Problem(place, what, "use normal or lognormal errors, or leave them out"))
    if any(row.band is not None for row in rows):
        what = f'"{series.name}" has a band and {said}, which are not defined together'
        hint = "write values instead of bands, or give the bands a series name of their own"
        problems.append(Problem(place, what, hint))
    if len({row.weight for row in rows}) > 1:
        what = f'"{series.name}" has {said} and rows of different weights'
        hint = "give all rows of the series one weight; with correlated errors it is one power"
        problems.append(Problem(place, what, hint))
    return problems
