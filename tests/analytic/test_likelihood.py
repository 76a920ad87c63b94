"""Likelihoods of series against scipy's densities, dense covariances and numerical integration."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ScenarioError
from simdistrict.calibration.data import data_from_text
from simdistrict.ensemble.distributions import quantile
from simdistrict.ensemble.prior import Prior
from simdistrict.inference.likelihood import Likelihood, likelihood_of
from simdistrict.inference.nuisance import NuisanceScores
from tests.small import small

MODEL = small("flow = Time\nlevel = INTEG(flow, 1)", stop=40, time_step=0.25)
TIMES = np.array([1.0, 2.0, 3.5, 4.0, 7.0, 7.25])
DATA = np.array([1.2, 0.8, 1.5, 2.0, 1.1, 0.9])
SCALES = np.array([0.1, 0.2, 0.15, 0.3, 0.1, 0.25])
NONE = np.empty((3, 0))
RANDOM = np.random.default_rng(3)
AROUND = DATA * RANDOM.uniform(0.6, 1.4, (3, len(DATA)))


def likelihood(rows: list[dict[str, object]], **same: object) -> Likelihood:
    """The likelihood of rows of one series; same: columns that are equal in all of them."""
    cells = [{"series": "a", "element": "flow", **same, **row} for row in rows]
    heads = list(cells[0])
    text = "\n".join([",".join(heads), *(",".join(str(c[h]) for h in heads) for c in cells)])
    return likelihood_of(data_from_text(text + "\n", MODEL))


def stated(scales: Reals = SCALES, **same: object) -> Likelihood:
    return likelihood(
        [{"year": t, "value": y, "scale": s} for t, y, s in zip(TIMES, DATA, scales, strict=True)],
        **same,
    )


def estimated(scale: str = "?", **same: object) -> Likelihood:
    rows: list[dict[str, object]]
    rows = [{"year": t, "value": y} for t, y in zip(TIMES, DATA, strict=True)]
    return likelihood(rows, scale=scale, **same)


def banded(ends: tuple[float, float], scale: object, **same: object) -> Likelihood:
    return likelihood([{"year": 1, "value": f"{ends[0]}..{ends[1]}", "scale": scale}], **same)


def of(one: Likelihood, model: Reals, nuisance: Reals = NONE) -> Reals:
    return one.series(model, nuisance)[:, 0]


close = pytest.approx


# ---------------------------------------------------------------------- independent rows


def test_normal_errors() -> None:
    expected = stats.norm.logpdf(DATA, AROUND, SCALES).sum(axis=1)
    assert of(stated(), AROUND) == close(expected, rel=1e-12)


def test_an_estimated_scale() -> None:
    sigma = np.array([[0.1], [0.4], [2.0]])
    expected = stats.norm.logpdf(DATA, AROUND, sigma).sum(axis=1)
    assert of(estimated(), AROUND, sigma) == close(expected, rel=1e-12)
    expected = stats.t.logpdf(DATA, 3, AROUND, sigma).sum(axis=1)
    assert of(estimated(error="student(3)"), AROUND, sigma) == close(expected, rel=1e-12)


def test_student_errors() -> None:
    expected = stats.t.logpdf(DATA, 2.5, AROUND, SCALES).sum(axis=1)
    assert of(stated(error="student(2.5)"), AROUND) == close(expected, rel=1e-12)


def test_lognormal_errors_have_the_model_as_median() -> None:
    expected = stats.lognorm.logpdf(DATA, SCALES, scale=AROUND).sum(axis=1)
    assert of(stated(error="lognormal"), AROUND) == close(expected, rel=1e-12)
    percent = likelihood([{"year": 1, "value": 8, "scale": "30%"}], error="lognormal")
    found = of(percent, np.array([[5.0]]))[0]
    assert found == close(stats.lognorm.logpdf(8, 0.3, scale=5), rel=1e-12)


def test_lognormal_errors_exclude_a_model_that_is_not_positive() -> None:
    model = AROUND.copy()
    model[0, 2], model[1, 3] = 0.0, -1.0
    found = of(stated(error="lognormal"), model)
    assert list(np.isneginf(found)) == [True, True, False]


def test_a_weight_is_a_power_and_zero_leaves_a_row_out() -> None:
    weights = [1, 0.5, 0, 2, 1, 0.25]
    one = likelihood(
        [
            {"year": t, "value": y, "scale": s, "weight": w}
            for t, y, s, w in zip(TIMES, DATA, SCALES, weights, strict=True)
        ]
    )
    kept = [k for k, w in enumerate(weights) if w]
    log = stats.norm.logpdf(DATA, AROUND, SCALES) * weights
    assert of(one, AROUND[:, kept]) == close(log.sum(axis=1), rel=1e-12)


# ---------------------------------------------------------------------- bands


@pytest.mark.parametrize(
    ("error", "density"),
    [
        ("normal", lambda y, m, s: stats.norm.pdf(y, m, s)),
        ("student(4)", lambda y, m, s: stats.t.pdf(y, 4, m, s)),
        ("lognormal", lambda y, m, s: stats.lognorm.pdf(y, s, scale=m)),
    ],
)
@pytest.mark.parametrize("model", [0.7, 1.0, 1.6])
def test_a_band_has_the_integral_of_the_density(
    error: str, density: Callable[[float, float, float], float], model: float
) -> None:
    found = of(banded((0.9, 1.3), 0.2, error=error), np.array([[model]]))[0]
    inside = integrate.quad(density, 0.9, 1.3, args=(model, 0.2), epsabs=0, epsrel=1e-12)[0]
    assert found == close(math.log(inside), abs=1e-10)


def test_a_band_keeps_its_digits_far_away() -> None:
    for model in (-9.0, 11.0):
        found = of(banded((0.5, 1.5), 0.5), np.array([[model]]))[0]
        exact = stats.norm.logsf(19) + math.log1p(
            -math.exp(stats.norm.logsf(21) - stats.norm.logsf(19))
        )
        assert found == close(exact, rel=1e-12)


def test_a_band_without_a_scale_is_hard() -> None:
    found = of(banded((0.5, 1.5), ""), np.array([[0.4], [0.5], [1.5], [1.6]]))
    assert list(found) == [-np.inf, 0, 0, -np.inf]


def test_bands_and_values_in_one_series() -> None:
    rows: list[dict[str, object]] = [
        {"year": 1, "value": 2.0, "scale": 0.5},
        {"year": 2, "value": "1..3", "scale": 0.25},
        {"year": 3, "value": 1.0, "scale": 0.75},
    ]
    model = np.array([[1.5, 2.9, 0.2], [2, 3.5, 1]])
    log = stats.norm.logpdf([2, 1], model[:, [0, 2]], [0.5, 0.75]).sum(axis=1)
    log += np.log(stats.norm.cdf(3, model[:, 1], 0.25) - stats.norm.cdf(1, model[:, 1], 0.25))
    assert of(likelihood(rows), model, np.empty((2, 0))) == close(log, rel=1e-12)
    for row in rows:
        row["scale"] = "?"
    sigma = np.array([[0.3], [0.6]])
    log = stats.norm.logpdf([2, 1], model[:, [0, 2]], sigma).sum(axis=1)
    at = model[:, 1]
    log += np.log(stats.norm.cdf(3, at, sigma[:, 0]) - stats.norm.cdf(1, at, sigma[:, 0]))
    assert of(likelihood(rows), model, sigma) == close(log, rel=1e-12)


# ---------------------------------------------------------------------- correlated rows


def dense(
    scale: Reals, phi: float, spread: float = 0.0, base: float = 0.0, *, log: bool = False
) -> Reals:
    """The covariance as documented, written out row by row."""
    n = len(TIMES)
    length = (TIMES[-1] - TIMES[0]) / 3
    found = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            gap = abs(TIMES[i] - TIMES[j])
            correlation = phi**gap if phi else float(i == j)
            found[i, j] = scale[i] * scale[j] * correlation
            found[i, j] += spread**2 * math.exp(-(gap**2) / (2 * length**2))
            found[i, j] += base**2 if log else base**2 * DATA[i] * DATA[j]
    return found


def normal(model: Reals, covariance: Reals) -> float:
    return float(stats.multivariate_normal(model, covariance).logpdf(DATA))


def lognormal(model: Reals, covariance: Reals) -> float:
    log = stats.multivariate_normal(np.log(model), covariance).logpdf(np.log(DATA))
    return float(log - np.log(DATA).sum())


def test_autocorrelated_errors() -> None:
    expected = [normal(m, dense(SCALES, 0.6)) for m in AROUND]
    assert of(stated(correlation=0.6), AROUND) == close(expected, rel=1e-11)
    expected = [lognormal(m, dense(SCALES, 0.6)) for m in AROUND]
    assert of(stated(correlation=0.6, error="lognormal"), AROUND) == close(expected, rel=1e-11)


def test_an_estimated_autocorrelation() -> None:
    numbers = np.array([[0.1, 0.0], [0.4, 0.3], [2.0, 0.95]])
    one = estimated(correlation="?")
    assert [n.name for n in one.nuisance] == ["scale of a", "correlation of a"]
    expected = [
        normal(m, dense(np.full(6, s), phi)) for m, (s, phi) in zip(AROUND, numbers, strict=True)
    ]
    assert of(one, AROUND, numbers) == close(expected, rel=1e-11)


def test_a_discrepancy() -> None:
    expected = [normal(m, dense(SCALES, 0, 0.5)) for m in AROUND]
    assert of(stated(discrepancy=0.5), AROUND) == close(expected, abs=1e-10)
    expected = [lognormal(m, dense(SCALES, 0.4, 0.5)) for m in AROUND]
    both = stated(discrepancy=0.5, correlation=0.4, error="lognormal")
    assert of(both, AROUND) == close(expected, abs=1e-10)


def test_an_estimated_discrepancy_and_everything_else() -> None:
    numbers = np.array([[0.1, 0.0, 0.2], [0.4, 0.3, 1.0], [2.0, 0.95, 0.01]])
    one = estimated(correlation="?", discrepancy="?")
    expected = [
        normal(m, dense(np.full(6, s), phi, d))
        for m, (s, phi, d) in zip(AROUND, numbers, strict=True)
    ]
    assert of(one, AROUND, numbers) == close(expected, abs=1e-10)


def test_the_error_of_a_base_year_is_shared() -> None:
    same = {"base_error": "5%", "relative_to": 30}
    expected = [normal(m, dense(SCALES, 0, 0, 0.05)) for m in AROUND]
    assert of(stated(**same), AROUND) == close(expected, abs=1e-10)
    expected = [lognormal(m, dense(SCALES, 0, 0, 0.05, log=True)) for m in AROUND]
    assert of(stated(**same, error="lognormal"), AROUND) == close(expected, abs=1e-10)


def test_a_weight_of_a_correlated_series_is_its_power() -> None:
    whole = of(stated(correlation=0.6, discrepancy=0.2), AROUND)
    half = of(stated(correlation=0.6, discrepancy=0.2, weight=0.5), AROUND)
    assert half == close(whole / 2, rel=1e-12)


def test_a_covariance_that_is_singular_has_no_likelihood() -> None:
    numbers = np.array([[1e-12, 1.0], [0.4, 1.0], [1.0, 0.1]])
    found = of(estimated(discrepancy="?"), AROUND, numbers)
    assert np.isfinite(found[1:]).all()
    assert not np.isnan(found[0])


# ---------------------------------------------------------------------- priors of the errors


def test_an_estimated_scale_has_a_half_normal_prior() -> None:
    scores = np.array([-3.0, -1.0, 0.0, 2.0, 7.0])
    own = NuisanceScores(estimated("?0.7").nuisance)
    expected = stats.halfnorm.isf(stats.norm.sf(scores), scale=0.7)
    assert own.numbers(scores[:, None])[:, 0] == close(expected, rel=1e-10)
    (usual,) = estimated().nuisance
    assert usual.size == close(np.abs(DATA).mean() / 10, rel=1e-15)
    (relative,) = estimated(error="lognormal").nuisance
    assert relative.size == 0.1


def test_an_estimated_correlation_is_uniform() -> None:
    own = NuisanceScores(stated(correlation="?").nuisance)
    found = own.numbers(np.array([[-1.0], [0.0], [3.0]]))[:, 0]
    assert found == close(0.95 * stats.norm.cdf([-1, 0, 3]))


def test_priors_of_errors_do_not_disturb_each_other() -> None:
    one = estimated(correlation="?", discrepancy="?0.3").nuisance
    own = Prior(one[0].name, (), 0.4, 0.1, 2, "lognormal")
    scores = np.random.default_rng(5).standard_normal((9, 3))
    found = NuisanceScores((replace(one[0], prior=own), *one[1:])).numbers(scores)
    assert found[:, 0] == close(quantile(own, stats.norm.cdf(scores[:, 0])))
    assert found[:, 1] == close(0.95 * stats.norm.cdf(scores[:, 1]))
    assert found[:, 2] == close(stats.halfnorm.isf(stats.norm.sf(scores[:, 2]), scale=0.3))


# ---------------------------------------------------------------------- data drawn from it

ERRORS: list[dict[str, object]] = [
    {},
    {"error": "student(4)"},
    {"error": "lognormal"},
    {"correlation": 0.7},
    {"discrepancy": 0.3},
    {"correlation": 0.4, "discrepancy": 0.3, "error": "lognormal"},
    {"base_error": "20%", "relative_to": 30},
]


@pytest.mark.parametrize("same", ERRORS)
def test_simulated_data_have_the_likelihood(same: dict[str, object]) -> None:
    # the covariance of draws, and the mean log likelihood, which is minus the entropy
    one = stated(**same)
    draws = 40_000
    scores = np.random.default_rng(1).standard_normal((draws, len(DATA)))
    model = np.tile(DATA, (draws, 1))
    found = one.simulate(model, np.empty((draws, 0)), scores)
    errors = np.log(found / DATA) if same.get("error") == "lognormal" else found - DATA
    if same.get("error") == "student(4)":
        share = stats.kstest(errors[:, 2] / SCALES[2], stats.t(4).cdf).pvalue
        assert share > 0.001
        return
    phi = float(same.get("correlation", 0))  # type: ignore[arg-type]
    spread = float(same.get("discrepancy", 0))  # type: ignore[arg-type]
    base = 0.2 if "base_error" in same else 0.0
    expected = dense(SCALES, phi, spread, base)
    size = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((np.cov(errors.T) - expected) / size).max() < 0.03
    assert np.abs(errors.mean(axis=0) / np.sqrt(np.diag(expected))).max() < 0.03


def test_simulated_data_use_the_estimated_numbers() -> None:
    one = estimated(correlation="?")
    draws = 20_000
    numbers = np.tile([0.5, 0.8], (draws, 1))
    scores = np.random.default_rng(2).standard_normal((draws, len(DATA)))
    errors = one.simulate(np.tile(DATA, (draws, 1)), numbers, scores) - DATA
    assert np.abs(np.cov(errors.T) - dense(np.full(6, 0.5), 0.8)).max() < 0.02


CORRELATED = [same for same in ERRORS if {"correlation", "discrepancy", "base_error"} & set(same)]


@pytest.mark.parametrize("same", CORRELATED)
@pytest.mark.parametrize("known", [1, 4])
def test_later_rows_are_drawn_given_the_earlier_ones(same: dict[str, object], known: int) -> None:
    # data are affine in the scores, so that a few draws give their mean and covariance exactly
    (part,) = stated(**same).parts
    later = len(DATA) - known
    scores = np.zeros((later + 1, len(DATA)))
    scores[1:, known:] = np.eye(later)
    scores[:, :known] = RANDOM.standard_normal((later + 1, known))
    found = part.simulate(np.tile(AROUND[0], (later + 1, 1)), NONE[:1], scores, known)
    log = same.get("error") == "lognormal"
    data, model, found = (np.log(x) if log else x for x in (DATA, AROUND[0], found))
    assert found[:, :known] == close(np.tile(data[:known], (later + 1, 1)), rel=1e-12)
    phi = float(same.get("correlation", 0))  # type: ignore[arg-type]
    spread = float(same.get("discrepancy", 0))  # type: ignore[arg-type]
    joint = dense(SCALES, phi, spread, 0.2 if "base_error" in same else 0.0, log=log)
    earlier, across = joint[:known, :known], joint[known:, :known]
    gain = across @ np.linalg.inv(earlier)
    mean = model[known:] + gain @ (data - model)[:known]
    assert found[0, known:] == close(mean, rel=1e-10)
    factor = found[1:, known:] - mean
    assert factor.T @ factor == close(joint[known:, known:] - gain @ across.T, abs=1e-10)


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("column", ["correlation", "discrepancy"])
@pytest.mark.parametrize("value", [0.5, "?"])
def test_correlated_student_errors_are_refused(column: str, value: object) -> None:
    with pytest.raises(ScenarioError, match=f"student errors and {column}, which are not defined"):
        stated(error="student(4)", **{column: value})


def test_correlated_bands_are_refused() -> None:
    with pytest.raises(ScenarioError, match="has a band and discrepancy"):
        banded((1, 2), 0.1, discrepancy=0.1)


def test_correlated_rows_of_different_weights_are_refused() -> None:
    rows: list[dict[str, object]]
    rows = [{"year": t, "value": 1, "scale": 1, "weight": t} for t in (1, 2)]
    with pytest.raises(ScenarioError, match="rows of different weights"):
        likelihood(rows, correlation=0.5)


def test_a_row_without_a_scale_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"data:2 .* states no scale for 1\n.*\? to estimate"):
        likelihood([{"year": 1, "value": 1, "scale": ""}])


# ---------------------------------------------------------------------- properties

ALL = [*ERRORS, {"scale": "?"}, {"scale": "?", "correlation": "?", "discrepancy": "?"}]


@pytest.mark.parametrize("same", ALL)
@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 64, 65])
def test_a_member_has_the_same_bits_alone_and_among_others(
    same: dict[str, object], count: int
) -> None:
    one = pickle.loads(pickle.dumps(estimated(**same) if "scale" in same else stated(**same)))  # type: ignore[arg-type]
    random = np.random.default_rng(count)
    model = DATA * random.uniform(0.5, 2, (count, len(DATA)))
    nuisance = random.uniform(0.05, 0.9, (count, len(one.nuisance)))
    together = one.series(model, nuisance)
    alone = [one.series(model[[k]], nuisance[[k]])[0] for k in range(count)]
    assert together.tobytes() == np.array(alone).tobytes()


@given(st.permutations(range(6)), st.integers(0, 6))
@settings(max_examples=30, deadline=None)
def test_independent_rows_may_be_permuted_and_split(order: list[int], cut: int) -> None:
    rows: list[dict[str, object]]
    rows = [{"year": TIMES[k], "value": DATA[k], "scale": SCALES[k]} for k in order]
    whole = of(likelihood(rows), AROUND)
    split = likelihood([{**r, "series": "b" if k < cut else "c"} for k, r in enumerate(rows)])
    # points stand in the order of the series, and of time within them
    first, second = sorted(order[:cut]), sorted(order[cut:])
    found = split.series(AROUND[:, first + second], NONE)
    assert found.sum(axis=1) == close(whole, rel=1e-12)
