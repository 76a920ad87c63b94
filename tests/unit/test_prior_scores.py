"""Priors that depend on each other: what is correlated, what stays, and the way back."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simdistrict.base.errors import EngineError, ScenarioError
from simdistrict.ensemble.design import PLAIN, Design
from simdistrict.ensemble.distributions import level
from simdistrict.ensemble.members import ensemble_of
from simdistrict.ensemble.prior import Prior, read_nuisance, read_prior, text_of_rows
from simdistrict.ensemble.scores import PriorScores
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.run.plan import Plan, lowered, plan_run
from simdistrict.scenario import bare_scenario, resolve
from tests.small import mdl

PREPARED = lowered(
    read_mdl_text(
        mdl(
            """
            place: north, south, east ~ ~ |
            stock = INTEG(rate + growth + SUM(weight[place!]), 1)
            rate = 0.5
            growth = 0.5
            other = 0.5
            weight[place] = 1, 2, 3
            """
        ),
        "small",
    )
)
HEAD = "element,label,value,low,high,distribution,spread,group,correlation,scope\n"
KINDS = {
    "uniform": None,
    "triangular": None,
    "normal": 0.3,
    "lognormal": 0.2,
    "cauchy": 0.4,
}


def read(rows: str) -> tuple[Prior, ...]:
    return read_prior(HEAD + rows, "prior.csv", PREPARED.model, PREPARED.program)


def group(correlation: float, kinds: list[str]) -> tuple[Prior, ...]:
    return tuple(
        Prior(f"x{k}", (k,), 2.0, 1.0, 4.0, kind, KINDS[kind], "g", correlation)
        for k, kind in enumerate(kinds)
    )


def drawn(priors: tuple[Prior, ...], method: str = "random", members: int = 20_000) -> np.ndarray:
    return Design(priors, members, 3, method).rows(0, members)


def plan() -> Plan:
    resolved = resolve(bare_scenario(Path("small.mdl")), PREPARED.model, ())
    return plan_run(PREPARED, resolved, "native")


ROWS = "rate,,0.5,0,1,uniform,,g,0.8,\ngrowth,,0.5,0,1,normal,,g,0.8,\n"
POOL = "weight,,1,0,3,triangular,,,,pooled\n"


@settings(max_examples=15, deadline=None)
@given(
    correlation=st.floats(-0.95, 0.95),
    kinds=st.lists(st.sampled_from(list(KINDS)), min_size=2, max_size=2),
)
def test_a_group_has_its_correlation_and_its_marginals(
    correlation: float, kinds: list[str]
) -> None:
    priors = group(correlation, kinds)
    found = drawn(priors)
    for k, prior in enumerate(priors):
        assert stats.kstest(level(prior, found[:, k]), "uniform").pvalue > 1e-5
    # Spearman's rank correlation of a Gaussian copula (Kruskal 1958)
    wanted = 6 / np.pi * np.arcsin(correlation / 2)
    assert stats.spearmanr(found).statistic == pytest.approx(wanted, abs=0.03)
    scores = PriorScores(priors)
    assert np.corrcoef(scores.coupling.coupled(_normal(2)).T)[0, 1] == pytest.approx(
        correlation, abs=0.03
    )


@pytest.mark.parametrize("correlation", [-0.2, 0.4, 0.9])
def test_every_pair_of_a_larger_group_has_the_correlation(correlation: float) -> None:
    priors = group(correlation, ["uniform"] * 5)
    found = np.corrcoef(PriorScores(priors).coupling.coupled(_normal(5)).T)
    np.testing.assert_allclose(found[~np.eye(5, dtype=bool)], correlation, atol=0.03)


@settings(max_examples=25, deadline=None)
@given(
    correlation=st.floats(-0.45, 0.95),
    kinds=st.lists(st.sampled_from(list(KINDS)), min_size=3, max_size=3),
    at=st.lists(st.floats(-4, 4), min_size=3, max_size=3),
)
def test_scores_and_back(correlation: float, kinds: list[str], at: list[float]) -> None:
    scores = PriorScores((*group(correlation, kinds), Prior("y", (9,), 1, 0, 2, "uniform")))
    own = np.array([[*at, 0.5]])
    numbers = scores.numbers(own)
    assert (numbers >= [1, 1, 1, 0]).all()
    assert (numbers <= [4, 4, 4, 2]).all()
    again = scores.numbers(scores.scores(numbers))
    np.testing.assert_allclose(again, numbers, rtol=1e-9)


def test_a_pool_keeps_its_marginals_and_correlates_its_labels() -> None:
    priors = read(POOL)
    assert [p.name for p in priors] == ["weight[north]", "weight[south]", "weight[east]"]
    assert {p.pool for p in priors} == {"weight"}
    scores = PriorScores(priors)
    assert scores.size == 5
    assert scores.names[3:] == ("common score of weight", "pooling of weight")
    found = drawn(priors)
    for k, prior in enumerate(priors):
        assert stats.kstest(level(prior, found[:, k]), "uniform").pvalue > 1e-4
    # the mean of Beta(2, 2), in scores
    own = np.corrcoef(scores.coupling.coupled(_normal(5)).T)
    np.testing.assert_allclose(own[~np.eye(3, dtype=bool)], 0.5, atol=0.03)


def test_the_share_that_a_pool_has_in_common_is_that_of_beta() -> None:
    priors = read(POOL)
    fixed = np.zeros((4, 5))
    fixed[:, 3] = 1.0  # the common score
    fixed[:, 4] = stats.norm.ppf([0.1, 0.5, 0.7, 0.99])
    found = PriorScores(priors).coupling.coupled(fixed)
    rho = stats.beta(2, 2).ppf([0.1, 0.5, 0.7, 0.99])
    np.testing.assert_allclose(found, np.sqrt(rho)[:, None] * np.ones(3), rtol=1e-9)


def test_scores_of_pooled_numbers_are_not_determined() -> None:
    with pytest.raises(EngineError, match="pooled"):
        PriorScores(read(POOL)).scores(np.ones((1, 3)))


@pytest.mark.parametrize("method", PLAIN)
def test_a_table_without_groups_keeps_its_bits(method: str) -> None:
    alone = read(
        "other,,0.5,0,1,normal,,,,\nweight,north,1,0,3,lognormal,,,,".replace("1,0,", "1,0.5,")
    )
    both = (*alone, *read(ROWS))
    if method != "sobol":  # where a column depends on all others
        first, second = drawn(alone, method, 64), drawn(both, method, 64)
        assert (first == second[:, :2]).all()
    design = Design(alone, 64, 3, method)
    assert design.coupling.independent
    assert design.coupling.levels(shares := design.shares(0, 64)) is shares


@pytest.mark.parametrize("method", PLAIN)
def test_a_design_with_groups_and_pools_is_the_same_in_parts(method: str) -> None:
    design = Design(read(ROWS + POOL), 96, 5, method)
    whole = design.rows(0, 96)
    assert whole.shape == (96, 5)
    parts = [design.rows(a, b) for a, b in itertools.pairwise([0, 1, 40, 96])]
    assert (np.concatenate(parts) == whole).all()
    assert (design.rows_of([7, 90, 3]) == whole[[7, 90, 3]]).all()


def test_ensembles_draw_groups_and_pools() -> None:
    made = ensemble_of([plan()], read(ROWS + POOL), "", 16, save="stock")
    found = made.run_chunk(0)
    # ten steps with the sum of all draws, from 1
    np.testing.assert_allclose(found["stock"][0, :, -1], 1 + 10 * found["design"].sum(axis=1))


@pytest.mark.parametrize("method", ["saltelli", "morris"])
def test_designs_in_blocks_need_independent_priors(method: str) -> None:
    priors = read(ROWS)
    with pytest.raises(EngineError, match="depend"):
        ensemble_of([plan()], priors, "", 12, method=method)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("rate,,0.5,0,1,uniform,,g,0.8,\n", "has one row"),
        ("rate,,0.5,0,1,uniform,,g,,\n", "fill both in"),
        ("rate,,0.5,0,1,uniform,,,0.8,\n", "fill both in"),
        ("rate,,0.5,0,1,uniform,,g,1,\n", "between -1 and 1"),
        (ROWS.replace("0.8", "0.7", 1), "0.8 here and 0.7 in line 2"),
        ((ROWS + "other,,0.5,0,1,uniform,,g,0.8,\n").replace("0.8", "-0.6"), "above -0.5"),
        ("rate,,0.5,0,1,uniform,,,,pooled\n", "is one number"),
        ("weight,north,0.5,0,1,uniform,,,,pooled\n", "is one number"),
        ("weight,,0.5,0,1,uniform,,,,poled\n", 'did you mean "pooled"'),
        ("weight,,0.5,0,1,uniform,,g,0.1,pooled\nrate,,0.5,0,1,uniform,,g,0.1,\n", "pooled and in"),
        (POOL + "weight,south,0.5,0,1,uniform,,,,\n", "draw the same number"),
        ("rate,,0.5,0,1,cauchy,,,,\n", "no positive number"),
        ("rate,,0.5,0,1,uniform,0.2,,,\n", "has no spread"),
        ("scale of a,,1,0,2,uniform,,,,\n", "no row is to be sampled"),
    ],
)
def test_a_table_that_states_no_dependence(rows: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(rows)
    assert said in str(caught.value), caught.value


def test_rows_for_scales_are_kept_apart() -> None:
    rows = "scale of jobs,,0.3,0.001,9,lognormal,1,,,\nrate,,0.5,0,1,uniform,,,,\n"
    assert [p.name for p in read(rows)] == ["rate"]
    found = read_nuisance(HEAD + rows, "prior.csv", PREPARED.model, PREPARED.program)
    assert found == {"scale of jobs": Prior("scale of jobs", (), 0.3, 0.001, 9, "lognormal", 1)}


def test_rows_from_python_have_the_columns_they_state() -> None:
    row = {"element": "rate", "value": 1, "low": 0, "high": 2, "distribution": "uniform"}
    assert text_of_rows([row]).startswith("element,label,value,low,high,distribution,spread\n")
    assert "scope" in text_of_rows([{**row, "scope": "pooled"}])


def _normal(columns: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=(20_000, columns))
