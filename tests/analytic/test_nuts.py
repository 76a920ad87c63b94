"""Draws by NUTS against posteriors with known moments, its errors, and that it repeats itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import EngineError, Problem
from simdistrict.inference.keeping import Keeper
from simdistrict.inference.sampling import Effort, Sampled, sample
from simdistrict.inference.target import Target, target_of
from tests.analytic.linear_posterior import MODEL, Known, data_text, independent, prior_text
from tests.densities import Gaussian, banana, banana_moments, gaussian
from tests.posterior import density, draws

pytest.importorskip("mici", reason="mici is not installed: pip install simdistrict[nuts]")

EFFORT = Effort(ess=150, seed=3, runs=60_000, method="nuts")


@dataclass(frozen=True)
class Sloped:
    """A density with a gradient in closed form; stops: calls after which it fails."""

    variances: np.ndarray
    without: tuple[Problem, ...] = ()
    runs_of_slopes: int = 1

    @property
    def plain(self) -> Gaussian:
        return gaussian(self.variances)

    @property
    def names(self) -> tuple[str, ...]:
        return self.plain.names

    @property
    def without_slopes(self) -> Sequence[Problem]:
        return self.without

    def log_likelihood(self, scores: np.ndarray, workers: int | None = None) -> np.ndarray:
        return self.plain.log_likelihood(scores)

    def with_slopes(
        self, scores: np.ndarray, workers: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        own = self.plain
        slopes = scores - (scores @ own.axes / own.variances) @ own.axes.T
        return own.log_likelihood(scores), slopes


class KilledError(Exception):
    """What a test kills a sampler by."""


@dataclass(frozen=True)
class Stops(Sloped):
    calls: int = 0

    def with_slopes(
        self, scores: np.ndarray, workers: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        object.__setattr__(self, "calls", self.calls - 1)
        if self.calls < 0:
            raise KilledError
        return super().with_slopes(scores)


VARIANCES = np.array([0.01, 0.1, 0.5, 1.0, 1.0])


def same(one: Sampled, other: Sampled) -> bool:
    return np.array_equal(one.scores, other.scores) and one.runs == other.runs


@pytest.fixture(scope="module")
def uninterrupted() -> Sampled:
    return sample(Sloped(VARIANCES), EFFORT, workers=1)


def test_the_moments_of_a_normal_posterior() -> None:
    found = sample(Sloped(VARIANCES), replace(EFFORT, ess=1000))
    assert found.converged, found.reasons
    axes = Sloped(VARIANCES).plain.axes
    along = found.scores.reshape(-1, 5) @ axes
    error = 1 / np.sqrt(found.ess_bulk.min())
    assert np.abs(along.mean(axis=0) / np.sqrt(VARIANCES)).max() < 4 * error
    assert np.abs(along.std(axis=0) / np.sqrt(VARIANCES) - 1).max() < 3 * error
    # steps in all directions at once: a random walk would take far more gradients
    assert found.gradients < 12 * found.ess_bulk.min()
    likelihood = Sloped(VARIANCES).log_likelihood(found.scores.reshape(-1, 5))
    assert found.likelihood.ravel() == pytest.approx(likelihood, rel=1e-12)


@dataclass(frozen=True)
class Bent(Sloped):
    """x1 is x0 squared, within .2; in closed form."""

    def log_likelihood(self, scores: np.ndarray, workers: int | None = None) -> np.ndarray:
        return banana().log_likelihood(scores)

    def with_slopes(
        self, scores: np.ndarray, workers: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        apart = (scores[:, 1] - scores[:, 0] ** 2) / 0.2**2
        slopes = np.stack([2 * scores[:, 0] * apart, -apart], axis=1)
        return self.log_likelihood(scores), slopes


def test_the_moments_of_a_bent_posterior() -> None:
    found = sample(Bent(np.ones(2)), replace(EFFORT, ess=200, rhat=1.05))
    assert found.converged, found.reasons
    mean, sd = banana_moments()
    flat = found.scores.reshape(-1, 2)
    error = 1 / np.sqrt(found.ess_bulk.min())
    assert np.abs((flat.mean(axis=0) - mean) / sd).max() < 4 * error
    assert np.abs(flat.std(axis=0) / sd - 1).max() < 4 * error


def linear(folder: Path, columns: str = "", cells: str = "") -> Target:
    (folder / "linear.mdl").write_text(MODEL)
    (folder / "data.csv").write_text(data_text(columns, cells))
    (folder / "prior.csv").write_text(prior_text())
    return density(folder / "linear.mdl", folder / "data.csv", folder / "prior.csv")


def test_the_moments_of_the_linear_model(tmp_path: Path) -> None:
    target = linear(tmp_path)
    found = sample(target, replace(EFFORT, ess=500))
    assert found.converged, found.reasons
    values = draws(target, found)
    known = Known.of(independent())
    ours = np.stack([values[name].ravel() for name in Known.names])
    sd = np.sqrt(np.diag(known.covariance))
    error = 1 / np.sqrt(found.ess_bulk.min())
    assert np.abs((ours.mean(axis=1) - known.mean) / sd).max() < 4 * error
    assert np.abs(ours.std(axis=1) / sd - 1).max() < 3 * error


def test_the_same_draws_again_and_with_other_threads(uninterrupted: Sampled) -> None:
    assert same(sample(Sloped(VARIANCES), EFFORT, workers=3), uninterrupted)
    other = sample(Sloped(VARIANCES), replace(EFFORT, seed=4))
    assert not np.isin(other.scores, uninterrupted.scores).any()


@pytest.mark.parametrize("calls", [0, 3000])
def test_killed_and_resumed_gives_the_same(
    calls: int, tmp_path: Path, uninterrupted: Sampled
) -> None:
    keeper = Keeper(tmp_path, "a")
    with pytest.raises(KilledError):
        sample(Stops(VARIANCES, calls=calls), EFFORT, keeper=keeper)
    assert same(sample(Sloped(VARIANCES), EFFORT, keeper=keeper, resume=True), uninterrupted)
    # all parts are there: nothing is run
    again = sample(Stops(VARIANCES), EFFORT, keeper=keeper, resume=True)
    assert same(again, uninterrupted)


def test_a_budget_that_ends_early_is_no_result() -> None:
    found = sample(Sloped(VARIANCES), replace(EFFORT, ess=10**5, runs=20_000))
    assert not found.converged
    assert any("effective draws" in reason for reason in found.reasons)
    # a round is planned by the gradients of the round before
    assert found.runs < 1.2 * 20_000


def test_what_has_no_gradient_is_named(tmp_path: Path) -> None:
    jump = Problem('element "noise"', "it draws at random")
    with pytest.raises(EngineError, match=r"element \"noise\"(.|\n)*--method demc"):
        sample(Sloped(VARIANCES, (jump,)), EFFORT)
    with pytest.raises(EngineError, match="no gradient"):
        sample(gaussian(VARIANCES), EFFORT)
    base = linear(tmp_path).request
    adaptive = target_of(replace(base.plan, integrator="adaptive"), base.priors, base.data)
    with pytest.raises(EngineError, match=r"adaptive(.|\n)*euler or rk4"):
        sample(adaptive, EFFORT)


def test_ranges_without_a_scale_have_no_gradient(tmp_path: Path) -> None:
    (tmp_path / "linear.mdl").write_text(MODEL)
    (tmp_path / "data.csv").write_text(
        "series,element,year,value,scale\nlevel,level,2004,10..18,\nlevel,level,2010,30,2\n"
    )
    (tmp_path / "prior.csv").write_text(prior_text())
    target = density(tmp_path / "linear.mdl", tmp_path / "data.csv", tmp_path / "prior.csv")
    with pytest.raises(EngineError, match=r"range without a scale(.|\n)*--method demc"):
        sample(target, EFFORT)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(EngineError, match='no method "hmc"'):
        sample(Sloped(VARIANCES), replace(EFFORT, method="hmc"))
