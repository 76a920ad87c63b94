"""Simulation-based calibration of samplers whose posterior is a closed form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.arrays import Reals
from simdistrict.inference.distributions import draws_of_normal
from simdistrict.inference.sbc import (
    DRAWS,
    LIKELIHOOD,
    Drawn,
    Ranks,
    calibrate_sampler,
    thinned,
)

pytestmark = pytest.mark.unit

POINTS = 12


@dataclass(frozen=True)
class Line:
    """A line through data at 0 to 1 with normal errors; its scores are intercept and slope."""

    data: Reals
    scale: float

    @property
    def names(self) -> tuple[str, ...]:
        return ("intercept", "slope")

    @property
    def design(self) -> Reals:
        return np.stack([np.ones(POINTS), np.linspace(0, 1, POINTS)], axis=1)

    def log_likelihood(self, scores: Reals, workers: int | None = None) -> Reals:
        apart = (scores @ self.design.T - self.data) / self.scale
        return np.asarray(-0.5 * np.sum(apart**2, axis=1))

    def simulated(self, seed: int) -> tuple[Reals, Line]:
        truth = draws_of_normal(1, 2, seed, 1)[0]
        noise = draws_of_normal(1, POINTS, seed, 2)[0]
        return truth, Line(self.design @ truth + SCALE * noise, self.scale)


SCALE = 0.5


@dataclass(frozen=True)
class Exact:
    """Draws from the posterior of a line; wider and shift make it wrong."""

    wider: float = 1.0
    shift: float = 0.0
    calls: Path | None = None

    def __call__(self, density: Line, seed: int) -> Drawn:  # type: ignore[override]
        if self.calls is not None:
            (self.calls / str(seed)).touch()
        precision = np.eye(2) + density.design.T @ density.design / density.scale**2
        covariance = np.linalg.inv(precision)
        mean = covariance @ (density.design.T @ density.data) / density.scale**2
        z = draws_of_normal(4 * DRAWS, 2, seed, 3) * self.wider
        scores = mean + self.shift * covariance[0, 0] ** 0.5 + z @ np.linalg.cholesky(covariance).T
        return Drawn(scores, density.log_likelihood(scores))


def _line(scale: float = SCALE) -> Line:
    return Line(np.zeros(POINTS), scale)


def test_a_right_sampler_has_uniform_ranks() -> None:
    found = calibrate_sampler(_line(), Exact(), 300)
    assert found.names == ("intercept", "slope", LIKELIHOOD)
    assert found.ranks.shape == (300, 3)
    assert found.ranks.min() >= 0
    assert found.ranks.max() <= DRAWS
    assert not found.failed
    assert "All 3 ranks are uniform" in found.lines()[-1]
    assert sum(found.histogram(0)) == 300


def test_the_log_likelihood_sees_a_wrong_scale_and_constants_do_not() -> None:
    found = calibrate_sampler(_line(1.4 * SCALE), Exact(), 200)
    assert found.p(2) < 1e-4
    assert min(found.p(0), found.p(1)) > 0.01 / 3
    assert found.failed == (LIKELIHOOD,)
    assert "its scale is wrong" in found.lines()[-1]


@pytest.mark.parametrize(
    ("sampler", "words"),
    [
        (Exact(wider=0.6), "too narrow"),
        (Exact(wider=1.7), "too wide"),
        (Exact(shift=0.8), "too high"),
        (Exact(shift=-0.8), "too low"),
    ],
)
def test_a_wrong_sampler_is_named(sampler: Exact, words: str) -> None:
    found = calibrate_sampler(_line(), sampler, 200)
    assert "intercept" in found.failed
    assert any(line.startswith("intercept") and words in line for line in found.lines())
    assert found.rows()[0]["uniform"] == 0


def test_workers_do_not_change_the_ranks() -> None:
    one = calibrate_sampler(_line(), Exact(), 4)
    two = calibrate_sampler(_line(), Exact(), 4, workers=2)
    np.testing.assert_array_equal(one.ranks, two.ranks)
    other = calibrate_sampler(_line(), Exact(), 4, seed=2)
    assert not np.array_equal(one.ranks, other.ranks)


def test_finished_replications_are_used_again(tmp_path: Path) -> None:
    calls, folder = tmp_path / "calls", tmp_path / "parts"
    calls.mkdir()
    sampler = Exact(calls=calls)
    first = calibrate_sampler(_line(), sampler, 3, folder=folder, identity="a")
    assert len(list(calls.iterdir())) == 3
    ticks: list[int] = []
    more = calibrate_sampler(_line(), sampler, 5, folder=folder, identity="a", tick=ticks.append)
    assert len(list(calls.iterdir())) == 5
    assert ticks == [4, 5]
    np.testing.assert_array_equal(first.ranks, more.ranks[:3])
    # a damaged file, and those of something else, are run again
    (folder / "replication-00001.json").write_text("{")
    (calls / "mark").touch()
    again = calibrate_sampler(_line(), sampler, 5, folder=folder, identity="a")
    np.testing.assert_array_equal(again.ranks, more.ranks)
    before = folder.joinpath("replication-00002.json").read_text()
    calibrate_sampler(_line(), sampler, 3, folder=folder, identity="b")
    assert folder.joinpath("replication-00002.json").read_text() != before


def test_bins_hold_about_ten_ranks() -> None:
    for count, bins in ((200, 16), (100, 8), (20, 4), (5, 4), (5000, 64)):
        ranks = np.zeros((count, 1), np.int64)
        assert Ranks(("a",), ranks, DRAWS).bins == bins


def test_few_draws_have_ranks_that_are_spread_evenly() -> None:
    assert len(thinned(Drawn(np.zeros((3, 1)), np.zeros(3)), 4).likelihood) == 3
    found = calibrate_sampler(_line(), Few(), 300)
    assert not found.failed
    assert found.ranks.max() > 56
    assert found.unconverged == 300


@dataclass(frozen=True)
class Few:
    """Seven draws of a sampler that ran out of its budget."""

    def __call__(self, density: Line, seed: int) -> Drawn:
        found = thinned(Exact()(density, seed), 7)
        return Drawn(found.scores, found.likelihood, converged=False)
