"""The numbers of the RANDOM functions: their distributions, and that they can be had again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from simdistrict.engine.helpers import noise
from simdistrict.run.simulate import simulate
from tests.small import small

POINTS = 5000
DRAWS = {
    "random_uniform": ((2.0, 5.0), stats.uniform(2, 3)),
    "random_normal": ((-1.0, 3.0, 0.5, 1.0), stats.truncnorm(-1.5, 2.5, 0.5, 1)),
    "random_exponential": ((0.0, 99.0, 1.0, 2.0), stats.expon(1, 2)),
    "random_weibull": ((0.0, 99.0, 1.5, 1.0, 2.0), stats.weibull_min(1.5, 1, 2)),
    "random_triangular": ((0.0, 9.0, 1.0, 2.0, 5.0), stats.triang(0.25, 1, 4)),
    "random_0_1": ((), stats.uniform()),
    "random_gamma": ((0.0, 99.0, 2.5, 1.0, 2.0), stats.gamma(2.5, 1, 2)),
    "random_beta": ((0.0, 9.0, 2.0, 0.5, 1.0, 3.0), stats.beta(2, 0.5, 1, 3)),
}
# whole numbers: arguments and distribution; the last ones are beyond what is drawn exactly
COUNTS = [
    ("random_poisson", (0.0, 1e9, 3.5, 0.0, 1.0), stats.poisson(3.5)),
    ("random_poisson", (0.0, 1e9, 0.0, 0.0, 1.0), stats.poisson(0)),
    ("random_poisson", (0.0, 1e9, 190.0, 0.0, 1.0), stats.poisson(190)),
    ("random_poisson", (0.0, 1e9, 5000.0, 0.0, 1.0), stats.poisson(5000)),
    ("random_binomial", (0.0, 1e9, 0.3, 12.0, 0.0, 1.0), stats.binom(12, 0.3)),
    ("random_binomial", (0.0, 1e9, 0.8, 40.0, 0.0, 1.0), stats.binom(40, 0.8)),
    ("random_binomial", (0.0, 1e9, 0.4, 9000.0, 0.0, 1.0), stats.binom(9000, 0.4)),
    ("random_negative_binomial", (0.0, 1e9, 0.4, 5.0, 0.0, 1.0), stats.nbinom(5, 0.4, 5)),
]


def draws(name: str, stream: float = 3.0, seed: float = 7.0) -> np.ndarray:
    function, (arguments, _) = noise.HELPERS[name], DRAWS[name]
    return np.array([function(*arguments, stream, seed, 0.0, float(k)) for k in range(POINTS)])


def test_every_random_function_is_drawn_here() -> None:
    assert set(DRAWS) | {name for name, _, _ in COUNTS} == set(noise.HELPERS)


@pytest.mark.parametrize("name", DRAWS)
def test_the_numbers_are_distributed_as_they_should(name: str) -> None:
    # the numbers are the same every time, so this cannot fail by chance
    assert stats.kstest(draws(name), DRAWS[name][1].cdf).pvalue > 0.01


@pytest.mark.parametrize(("name", "arguments", "distribution"), COUNTS)
def test_counts_are_distributed_as_they_should(
    name: str, arguments: tuple[float, ...], distribution: stats.distributions.rv_frozen
) -> None:
    function = noise.HELPERS[name]
    found = np.array([function(*arguments, 3.0, 7.0, 0.0, float(k)) for k in range(POINTS)])
    assert (found == np.round(found)).all()
    mean, variance = distribution.stats()
    if variance == 0:
        assert (found == mean).all()
        return
    assert abs(found.mean() - mean) < 3.5 * np.sqrt(variance / POINTS)
    kurtosis = float(distribution.stats("k"))
    spread = np.sqrt((kurtosis + 2) / POINTS) * variance
    assert abs(found.var() - variance) < 3.5 * spread
    # the numbers in classes of equal chance, against what is expected there
    edges = np.unique(distribution.ppf(np.linspace(0.05, 0.95, 15)))
    chances = np.diff(np.concatenate([[0.0], distribution.cdf(edges), [1.0]]))
    counts = np.histogram(found, np.concatenate([[-np.inf], edges + 0.5, [np.inf]]))[0]
    assert stats.chisquare(counts, chances * POINTS).pvalue > 0.01


def test_counts_are_stretched_shifted_and_cut_off() -> None:
    plain = noise.random_poisson(0.0, 99.0, 4.0, 0.0, 1.0, 3.0, 7.0, 0.0, 2.0)
    assert noise.random_poisson(0.0, 99.0, 4.0, 5.0, 2.0, 3.0, 7.0, 0.0, 2.0) == 5 + 2 * plain
    assert noise.random_poisson(0.0, 1.0, 90.0, 5.0, 2.0, 3.0, 7.0, 0.0, 2.0) == 1


def test_points_seeds_and_streams_are_independent() -> None:
    series = [draws("random_0_1", s, seed) for s in (1.0, 2.0, 3.0) for seed in (0.0, 1.0)]
    limit = 4 / np.sqrt(POINTS)
    for one, other in pairwise(series):
        assert abs(np.corrcoef(one, other)[0, 1]) < limit
        assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < limit


MODEL = """
    town: north, south
    NOISE SEED = 4
    x[town] = RANDOM NORMAL(-9, 9, 0, 1, 5)
    twice = RANDOM 0 1() - RANDOM 0 1()
    shared = SMOOTH(RANDOM 0 1(), 3)
    stock = INTEG(x[north], 0)
"""


def test_a_run_can_be_had_again_and_every_call_and_label_has_its_own_numbers() -> None:
    one, again = (simulate(small(MODEL)) for _ in range(2))
    assert one.equals(again)
    x = one["x"].to_numpy()
    assert not np.any(x[:, 0] == x[:, 1])
    assert np.all(one["twice"].to_numpy() != 0.0)
    other = simulate(small(MODEL.replace("= 4", "= 5")))
    assert not np.any(other["x"].to_numpy() == x)
    # the seed is among the constants of the result
    assert float(one["noise_seed"]) == 4


def test_a_call_keeps_its_numbers_when_another_one_comes_in_front() -> None:
    one, more = (simulate(small(head + MODEL)) for head in ("", "y = RANDOM 0 1()"))
    assert np.array_equal(one["x"], more["x"])


def test_numbers_stay_as_they_are_inside_a_step() -> None:
    euler, rk4 = (simulate(small(MODEL), integrator=i) for i in ("euler", "rk4"))
    assert np.allclose(euler["stock"], rk4["stock"], rtol=1e-12)
