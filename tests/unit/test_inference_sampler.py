"""The sampler: resume, workers, errors, chains that are stuck, budgets."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, ExchangeError, ScenarioError
from simdistrict.inference.evolution import Chains
from simdistrict.inference.keeping import Keeper
from simdistrict.inference.moves import Stream, eigen, fitted
from simdistrict.inference.populations import Population, outsiders
from simdistrict.inference.sampling import PART, Effort, Progress, Sampled, sample
from simdistrict.inference.together import alone
from tests.densities import Known, gaussian

EFFORT = Effort(ess=300, runs=40_000, seed=3)


def density() -> Known:
    return gaussian(np.array([0.1, 0.5, 1.0, 2.0]))  # type: ignore[return-value]


def same(one: Sampled, other: Sampled) -> bool:
    return pickle.dumps(one) == pickle.dumps(other)


@pytest.fixture(scope="module")
def uninterrupted() -> Sampled:
    return sample(density(), EFFORT)


class KilledError(Exception):
    """What a test kills a sampler by."""


class _Stops:
    """A density that dies after some calls."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.names = density().names

    def log_likelihood(self, scores: Reals, workers: int | None = None) -> Reals:
        self.calls -= 1
        if self.calls < 0:
            raise KilledError
        return density().log_likelihood(scores)


@pytest.mark.parametrize("calls", [0, 1, 9, 40, 80, 120])
def test_killed_and_resumed_gives_the_same(
    calls: int, tmp_path: Path, uninterrupted: Sampled
) -> None:
    with pytest.raises(KilledError):
        sample(_Stops(calls), EFFORT, keeper=Keeper(tmp_path, "a"))
    resumed = sample(density(), EFFORT, keeper=Keeper(tmp_path, "a"), resume=True)
    assert same(resumed, uninterrupted)
    # all parts are there: nothing is run
    assert same(sample(_Stops(0), EFFORT, keeper=Keeper(tmp_path, "a"), resume=True), resumed)


def test_a_damaged_part_is_run_again(tmp_path: Path, uninterrupted: Sampled) -> None:
    sample(density(), EFFORT, keeper=Keeper(tmp_path, "a"))
    parts = sorted(tmp_path.glob("*.npz"))
    parts[3].write_bytes(parts[3].read_bytes()[:200])
    parts[-2].unlink()
    resumed = sample(density(), EFFORT, keeper=Keeper(tmp_path, "a"), resume=True)
    assert same(resumed, uninterrupted)


def test_parts_of_another_posterior_are_refused(tmp_path: Path) -> None:
    sample(density(), EFFORT, keeper=Keeper(tmp_path, "a"))
    with pytest.raises(ScenarioError, match="another posterior"):
        sample(density(), EFFORT, keeper=Keeper(tmp_path, "b"), resume=True)
    Keeper(tmp_path, "a").remove()
    assert not tmp_path.exists()


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.npz").write_bytes(b"")
    with pytest.raises(ExchangeError, match="no interrupted posterior"):
        sample(density(), EFFORT, keeper=Keeper(tmp_path, "a"))


class _OneByOne:
    """Runs each population by itself, as a cluster does, the last one first."""

    def __call__(self, density, work, seen):
        found = [alone(density, own) for own in work[::-1]]
        return found[::-1]


def test_the_same_draws_however_populations_run(uninterrupted: Sampled) -> None:
    assert same(sample(density(), EFFORT, runner=_OneByOne()), uninterrupted)
    assert same(sample(density(), EFFORT, workers=2), uninterrupted)


def test_the_seed_changes_the_draws(uninterrupted: Sampled) -> None:
    other = sample(density(), Effort(ess=300, runs=40_000, seed=4))
    assert not np.isin(other.scores, uninterrupted.scores).any()


def test_the_budget_is_not_exceeded() -> None:
    found = sample(density(), Effort(ess=10**6, runs=20_000))
    assert 20_000 - 128 < found.runs <= 20_000
    assert not found.converged
    assert "effective draws" in found.reasons[0]


def test_a_budget_that_ends_in_tempering() -> None:
    narrow = gaussian(np.full(4, 1e-6))
    found = sample(narrow, Effort(runs=8_000))
    assert not found.converged
    assert "temperature" in found.reasons[0]
    assert found.scores.shape == (128, 1, 4)


def test_a_budget_for_nothing() -> None:
    with pytest.raises(EngineError, match="do not reach"):
        sample(density(), Effort(runs=100))


@pytest.mark.parametrize(
    "effort",
    [Effort(populations=1), Effort(chains=2), Effort(ess=0), Effort(rhat=1.0), Effort(runs=0)],
)
def test_efforts_without_sense(effort: Effort) -> None:
    with pytest.raises(EngineError):
        sample(density(), effort)


def test_no_draw_with_a_likelihood() -> None:
    with pytest.raises(EngineError, match="none of 256 draws"):
        sample(Known(3, lambda x: np.full(len(x), -np.inf)), EFFORT)


def test_an_infinite_likelihood() -> None:
    with pytest.raises(EngineError, match="infinite likelihood"):
        sample(Known(3, lambda x: np.full(len(x), np.inf)), EFFORT)


def test_nan_is_no_likelihood() -> None:
    found = sample(Known(2, lambda x: np.where(x[:, 0] < 0, np.nan, 0.0)), EFFORT)
    assert found.scores[:, :, 0].min() > 0


def test_chains_that_do_not_move_are_named() -> None:
    class Breaks:
        """Every run fails from some call on."""

        names = ("a", "b")
        calls = 0

        def log_likelihood(self, scores: Reals, workers: int | None = None) -> Reals:
            self.calls += 1
            return np.where(np.full(len(scores), self.calls < 30), 0.0, -np.inf)

    found = sample(Breaks(), Effort(ess=300, runs=60_000, chains=8))
    assert not found.converged
    assert any("32 chains did not move" in own for own in found.reasons), found.reasons
    assert any("chain 0 of population 0" in own for own in found.reasons)


def test_a_lost_chain_is_found_and_rescued() -> None:
    generator = np.random.default_rng(1)
    draws = generator.normal(size=(100, 16, 3))
    likelihood = generator.normal(size=(100, 16))
    assert not outsiders(draws, likelihood).any()
    likelihood[:, 5] -= 30
    assert np.flatnonzero(outsiders(draws, likelihood)).tolist() == [5]
    assert np.flatnonzero(outsiders(draws, likelihood, surely=True)).tolist() == [5]
    likelihood[10, 5] += 40  # it has been among the others
    assert not outsiders(draws, likelihood, surely=True).any()
    chains = Chains(draws[-1], likelihood[-1], 100)
    own = Population(chains, draws[0], [np.arange(100.0)], [draws], [likelihood])
    own.rescue(1, 0)
    assert own.stuck == 1
    moved = (own.chains.scores != draws[-1]).any(axis=1)
    assert np.flatnonzero(moved).tolist() == [5]
    assert own.chains.likelihood[5] in np.delete(likelihood[-1], 5)


def test_progress_tells_stage_runs_and_convergence() -> None:
    said: list[Progress] = []
    found = sample(density(), EFFORT, tick=said.append)
    assert [own.runs for own in said] == sorted(own.runs for own in said)
    assert said[-1].runs == found.runs
    stages = list(dict.fromkeys(own.stage for own in said))
    assert stages == ["tempering", "burn-in", "sampling"]
    assert said[-1].temperature == 1
    assert said[-1].best >= found.likelihood.max()
    assert np.isfinite(said[-1].rhat)


def test_draws_are_thinned_to_what_is_kept() -> None:
    found = sample(density(), Effort(ess=10**6, runs=60_000, keep=4_000))
    assert found.scores[:, :, 0].size <= 4_000
    assert found.thin & (found.thin - 1) == 0
    whole = sample(density(), Effort(ess=10**6, runs=60_000, keep=10**6))
    steps = whole.burn_in + 1 + np.arange(whole.scores.shape[1])
    assert np.array_equal(found.scores, whole.scores[:, steps % found.thin == 0])
    assert whole.scores.shape[1] > PART


def test_a_start_is_given() -> None:
    narrow = gaussian(np.full(3, 1e-4))
    found = sample(narrow, EFFORT, start=0.02 * np.random.default_rng(1).normal(size=(50, 3)))
    assert found.converged, found.reasons
    assert np.mean([own[-1].temperature for own in found.stages]) == 1


def test_random_numbers_depend_on_step_and_chain_alone() -> None:
    stream = Stream.of(1, 2)
    block = stream.normals(7, 10, 5)
    assert np.array_equal(block[:4, 1:3], stream.normals(7, 4, 2, 1))
    assert not np.isin(block, stream.normals(8, 10, 5)).any()
    assert not np.isin(block, Stream.of(1, 3).normals(7, 10, 5)).any()
    many = stream.normals(1, 20_000, 2)
    assert many.mean(axis=0) == pytest.approx(0.0, abs=0.03)
    assert many.std(axis=0) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("size", [1, 2, 5, 12])
def test_eigenvalues(size: int) -> None:
    normal = np.random.default_rng(size).normal(size=(3 * size, size))
    matrix = normal.T @ normal
    values, axes = eigen(matrix)
    assert np.sort(values) == pytest.approx(np.linalg.eigvalsh(matrix))
    assert axes @ axes.T == pytest.approx(np.eye(size), abs=1e-12)
    assert (axes.T * values) @ axes == pytest.approx(matrix, abs=1e-10)


def test_only_what_differs_from_the_prior_is_informed() -> None:
    draws = np.random.default_rng(2).normal(size=(800, 40))
    assert len(fitted(draws, 800).axes) == 0
    draws[:, 3] *= 0.1
    draws[:, 7] += 1.0
    shape = fitted(draws, 800)
    assert len(shape.axes) == 2
    assert np.abs(shape.axes[:, [3, 7]]).sum() == pytest.approx(2, abs=0.2)
