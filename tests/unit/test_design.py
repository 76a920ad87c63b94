"""Designs: the same numbers in any pieces, spread as their method and distribution say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from simdistrict.base.errors import EngineError
from simdistrict.ensemble.blocks import Shape, check_shape
from simdistrict.ensemble.design import METHODS, PLAIN, Design, columns
from simdistrict.ensemble.distributions import level, quantile
from simdistrict.ensemble.prior import DISTRIBUTIONS, Prior

BAND = Prior("x", (7,), 3.0, 1.0, 8.0, "uniform")


def priors(count: int) -> tuple[Prior, ...]:
    return tuple(Prior(f"x{k}", (k,), 0.5, 0.0, 1.0, "uniform") for k in range(count))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("members", [1, 7, 128, 1000])
def test_pieces_are_parts_of_the_whole_in_any_order(method: str, members: int) -> None:
    whole = Design(priors(5), members, 11, method).rows(0, members)
    assert whole.shape == (members, 5)
    cuts = sorted({0, members // 3, members // 2, members})
    design = Design(priors(5), members, 11, method)
    for first, last in reversed(list(pairwise(cuts))):
        np.testing.assert_array_equal(design.rows(first, last), whole[first:last])


@pytest.mark.parametrize("method", METHODS)
def test_any_members_are_those_of_the_whole(method: str) -> None:
    design = Design(priors(5), 126, 11, method)
    chosen = [3, 125, 0, 77]
    np.testing.assert_array_equal(design.rows_of(chosen), design.rows(0, 126)[chosen])


@pytest.mark.parametrize("method", [*PLAIN, "saltelli"])
def test_another_seed_gives_other_numbers(method: str) -> None:
    one, other = (Design(priors(3), 64, seed, method).rows(0, 64) for seed in (1, 2))
    assert (one != other).mean() > 0.99


def test_another_seed_gives_other_trajectories() -> None:
    one, other = (Design(priors(3), 64, seed, "morris").rows(0, 64) for seed in (1, 2))
    # of four levels every fourth is the same by chance
    assert 0.6 < (one != other).mean() < 0.9


@pytest.mark.parametrize("members", [1, 2, 3, 10, 100, 1000, 4097])
def test_a_latin_hypercube_has_one_member_in_each_slice(members: int) -> None:
    shares = Design(priors(6), members, 3, "lhs").shares(0, members)
    slices = np.floor(shares * members).astype(int)
    np.testing.assert_array_equal(np.sort(slices, axis=0), np.tile(np.arange(members), (6, 1)).T)


@pytest.mark.parametrize("method", PLAIN)
def test_columns_are_uniform_and_do_not_follow_each_other(method: str) -> None:
    shares = Design(priors(20), 4096, 5, method).shares(0, 4096)
    assert ((shares >= 0) & (shares < 1)).all()
    for column in shares.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4
    # 4 standard deviations of a correlation of independent numbers
    assert np.abs(np.corrcoef(shares.T) - np.eye(20)).max() < 4.5 / 64
    # nor does a member follow the one before it
    for column in shares.T:
        assert abs(np.corrcoef(column[1:], column[:-1])[0, 1]) < 4.5 / 64 or method == "sobol"


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_distributions_are_what_they_are_called(kind: str) -> None:
    spread = 0.7 if kind == "cauchy" else None
    prior = Prior("x", (0,), 3.0, 1.0, 8.0, kind, spread)
    share = np.linspace(0, 1, 201)
    width = 7 / 4
    logs = (np.log(8.0) - np.log(1.0)) / 4
    cut = stats.truncnorm((1 - 3) / width, (8 - 3) / width, 3, width)
    log_cut = stats.truncnorm(
        (np.log(1) - np.log(3)) / logs, (np.log(8) - np.log(3)) / logs, np.log(3), logs
    )
    cauchy = stats.cauchy(3, 0.7)
    wanted = {
        "uniform": stats.uniform(1, 7).ppf,
        "triangular": stats.triang(2 / 7, 1, 7).ppf,
        "normal": cut.ppf,
        "lognormal": lambda p: np.exp(log_cut.ppf(p)),
        "cauchy": lambda p: cauchy.ppf(cauchy.cdf(1) + p * (cauchy.cdf(8) - cauchy.cdf(1))),
    }[kind](share)
    found = quantile(prior, share)
    np.testing.assert_allclose(level(prior, found), share, atol=1e-12)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    assert found.min() >= 1.0
    assert found.max() <= 8.0


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_a_stated_spread_is_the_width_before_truncation(kind: str) -> None:
    if kind in ("uniform", "triangular"):
        return
    low = 0.001 if kind == "lognormal" else -9000.0
    prior = Prior("x", (0,), 3.0, low, 9000.0, kind, 0.2)
    found = quantile(prior, np.array([0.25, 0.75]))
    wanted = {
        "normal": stats.norm(3, 0.2),
        "lognormal": stats.lognorm(0.2, scale=3),
        "cauchy": stats.cauchy(3, 0.2),
    }[kind]
    np.testing.assert_allclose(found, wanted.ppf([0.25, 0.75]), rtol=1e-4)


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_a_mode_at_the_end_of_its_band_is_no_division_by_zero(kind: str) -> None:
    for value in (1.0, 8.0):
        prior = Prior("x", (0,), value, 1.0, 8.0, kind, 2.0 if kind == "cauchy" else None)
        found = quantile(prior, np.array([0.0, 0.5, 1.0]))
        np.testing.assert_allclose(level(prior, found), [0, 0.5, 1], atol=1e-12)
        assert np.isfinite(found).all()
        assert list(found) == sorted(found)


def test_what_is_given_otherwise_is_not_drawn() -> None:
    wide = Prior("y", (3, 4), 1.0, 0.0, 2.0, "uniform")
    design = Design((BAND, wide), 8)
    assert columns(design.priors, []) == ([7, 3, 4], [0, 1, 1])
    assert columns(design.priors, [3, 7]) == ([4], [1])


# ---------------------------------------------------------------------- designs in blocks


@pytest.mark.parametrize("order", [1, 2])
def test_saltelli_blocks_are_those_of_salib(order: int) -> None:
    sobol = pytest.importorskip("SALib.sample.sobol")
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0.0, 1.0]] * 3}
    wanted = sobol.sample(problem, 16, calc_second_order=order == 2, seed=7)
    design = Design(priors(3), len(wanted), 7, "saltelli", Shape(order))
    np.testing.assert_array_equal(design.rows(0, len(wanted)), wanted)


@pytest.mark.parametrize("levels", [4, 6])
def test_a_morris_block_moves_each_number_once_by_half_the_levels(levels: int) -> None:
    design = Design(priors(5), 6 * 600, 3, "morris", Shape(levels=levels))
    blocks = design.shares(0, 3600).reshape(600, 6, 5)
    moves = np.diff(blocks, axis=1)
    assert (np.count_nonzero(moves, axis=1) == 1).all()
    assert (np.count_nonzero(moves, axis=2) == 1).all()
    np.testing.assert_allclose(np.abs(moves).max(axis=1), levels / 2 / (levels - 1))
    # every level, both directions and every order come as often as chance has it
    level = np.rint(blocks[:, 0] * (levels - 1)).astype(int)
    for column in level.T:
        assert stats.chisquare(np.bincount(column, minlength=levels)).pvalue > 1e-4
    first = np.abs(moves[:, 0]).argmax(axis=1)
    assert stats.chisquare(np.bincount(first, minlength=5)).pvalue > 1e-4
    assert stats.binomtest(int((moves[:, 0].max(axis=1) > 0).sum()), 600).pvalue > 1e-4


def test_half_a_block_is_refused() -> None:
    check_shape(Shape(), "saltelli", 3, 50)
    with pytest.raises(EngineError, match=r"blocks of 5 members(.|\n)*use 50 or 55"):
        check_shape(Shape(), "saltelli", 3, 52)
    with pytest.raises(EngineError, match="even number of levels"):
        check_shape(Shape(levels=5), "morris", 3, 40)
    with pytest.raises(EngineError, match="not 1 or 2"):
        check_shape(Shape(3), "saltelli", 3, 50)
