"""Samplers against posteriors with known moments."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from simdistrict.base.arrays import Reals
from simdistrict.inference import evolution
from simdistrict.inference.evolution import KINDS, Chains, Tuning, evolve
from simdistrict.inference.moves import Proposal, Shape, Stream, snooker
from simdistrict.inference.sampling import Effort, Sampled, sample
from simdistrict.inference.tempering import heated, move, start
from simdistrict.inference.together import Local
from tests.densities import banana, banana_moments, flat, funnel, gaussian, half, mixture


def alone(kind: str, steps: int = 800) -> Reals:
    """Draws of a Gaussian by one kind of moves, tuned to another one: (draws, size).

    The shape is wrong in mean, spread and direction, and the archive is too wide: a correction
    that is wrong shows.
    """
    density = gaussian(np.array([0.3, 0.8, 1.0, 1.5]))
    generator = np.random.default_rng(7)
    axes = np.linalg.qr(generator.normal(size=(4, 4)))[0][:2]
    shape = Shape(axes, np.array([0.2, -0.1]), np.array([0.7, 1.3]))
    shares = tuple(float(kind == name) for name in KINDS)
    tuning = Tuning(shape, shares, (0.6,) * 4)
    begin = generator.normal(size=(200, 4))
    chains = Chains(begin, density.log_likelihood(begin))
    archive = 1.3 * generator.normal(size=(400, 4))

    def work():
        return evolve(chains, archive, tuning, seed=1, population=0, count=steps, thin=1)

    (stretch,) = Local()(density, [work], lambda _: None)
    found = stretch.draws[steps // 10 :].reshape(-1, 4) @ density.axes
    return np.asarray(found / np.sqrt(density.variances), float)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_moves_leaves_the_posterior_invariant(kind: str) -> None:
    draws = alone(kind)
    assert np.abs(draws.mean(axis=0)).max() < 0.04
    assert draws.std(axis=0) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("power", [0.5, 2.0])
def test_a_wrong_factor_of_the_snooker_move_is_seen(
    power: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(scores: Reals, archive: Reals, stream: Stream, number: int) -> Proposal:
        own = snooker(scores, archive, stream, number)
        ends = ((scores**2).sum(axis=1) - (own.scores**2).sum(axis=1)) / 2
        return Proposal(own.scores, ends + power * (own.correction - ends))

    monkeypatch.setattr(evolution, "snooker", wrong)
    assert np.abs(alone("snooker").std(axis=0) - 1).max() > 0.06


def test_twenty_dimensions_with_variances_over_three_orders() -> None:
    density = gaussian(np.geomspace(0.01, 10, 20))
    found = sample(density, Effort(ess=3000, runs=300_000))
    assert found.converged, found.reasons
    spread = (found.scores.reshape(-1, 20) @ density.axes).std(axis=0)
    assert spread / np.sqrt(density.variances) == pytest.approx(1.0, abs=0.03)
    assert np.abs(found.scores.mean(axis=(0, 1)) / found.mcse).max() < 4


def test_the_shares_of_two_modes_ten_standard_deviations_apart() -> None:
    found = sample(mixture(), Effort(ess=2000))
    assert found.converged, found.reasons
    assert (found.scores[:, :, 0] > 0).mean() == pytest.approx(0.7, abs=0.03)


def test_a_banana() -> None:
    found = sample(banana(), Effort(ess=2000, runs=400_000))
    mean, spread = banana_moments()
    assert found.converged, found.reasons
    assert np.abs(found.scores.mean(axis=(0, 1)) - mean).max() < 0.05
    assert found.scores.std(axis=(0, 1)) == pytest.approx(spread, rel=0.05)


def test_a_funnel() -> None:
    found = sample(funnel(3), Effort(ess=1000, runs=300_000))
    neck = found.scores[:, :, 0]
    assert neck.mean() == pytest.approx(0.0, abs=0.12)
    assert neck.std() == pytest.approx(1.0, abs=0.08)


def test_a_flat_likelihood_gives_the_prior() -> None:
    found = sample(flat(), Effort(ess=4000))
    assert found.converged, found.reasons
    assert found.informed == 0
    assert found.scores.std(axis=(0, 1)) == pytest.approx(1.0, abs=0.03)
    assert found.evidence == pytest.approx(0.0)


def test_a_region_without_likelihood() -> None:
    found = sample(half(), Effort(ess=2000))
    assert found.converged, found.reasons
    first = found.scores[:, :, 0]
    assert first.min() > 0
    assert first.mean() == pytest.approx(np.sqrt(2 / np.pi), abs=0.04)
    # the prior N(0, 1) and the likelihood N(1, 1/2)
    assert found.scores[:, :, 1].mean() == pytest.approx(2 / 3, abs=0.04)


def test_the_evidence_of_tempering() -> None:
    # log of the integral of exp(-4 x.x) over N(0, I) in three dimensions
    density = gaussian(np.full(3, 1 / 9))
    (own,) = Local()(density, [lambda: start(3, 2000, 1, 0)], lambda _: None)
    while own.temperature < 1:
        (drawn,), shape = heated([own], 1)
        work = partial(move, drawn, shape, 1, 0, 10**6)
        (own,) = Local()(density, [work], lambda _: None)
    assert own.evidence == pytest.approx(-1.5 * np.log(9), abs=0.3)


@pytest.mark.slow
def test_errors_are_as_large_as_stated() -> None:
    density = gaussian(np.geomspace(0.01, 10, 20))
    away = []
    for seed in range(1, 25):
        found: Sampled = sample(density, Effort(seed=seed))
        away.append(found.scores.mean(axis=(0, 1)) / found.mcse)
    assert 0.7 < np.sqrt(np.mean(np.square(away))) < 1.2
