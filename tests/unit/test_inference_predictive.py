"""What a prior expects of data, against closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from simdistrict.calibration.data import data_from_text
from simdistrict.ensemble.prior import read_prior
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.inference.asked import Inference, Text
from simdistrict.inference.infer import forecast, question
from simdistrict.inference.posterior import Datum
from simdistrict.inference.predictive import point_rows, predict_prior
from simdistrict.inference.target import Target, target_of
from simdistrict.run.plan import lowered, plan_run
from simdistrict.scenario import resolve, scenario_from_text
from tests.small import mdl

pytestmark = pytest.mark.unit

PRIOR = "element,label,value,low,high,distribution,spread\nheight,,0,-20,20,normal,2\n"
HEAD = "series,element,year,value,scale\n"


def target(rows: str, likelihood: str = "series", equation: str = "height") -> Target:
    model = read_mdl_text(mdl(f"height = 0\nseen = {equation}"), "flat")
    prepared = lowered(model)
    plan = plan_run(prepared, resolve(scenario_from_text("title: x\n", "x"), model), "native")
    priors = read_prior(PRIOR, "prior", model, prepared.program)
    return target_of(plan, priors, data_from_text(HEAD + rows, model), likelihood=likelihood)


def test_a_prior_prediction_has_the_spread_of_prior_and_errors() -> None:
    found = predict_prior(target("a,seen,1,3,0.5\na,seen,2,3,0.5\nb,seen,3,3,2\n"), seed=4)
    spread = found.data.std(axis=0)
    assert spread == pytest.approx(np.sqrt(4 + np.array([0.5, 0.5, 2]) ** 2), rel=0.05)
    # the draws of one series share the constant and not the errors
    assert np.corrcoef(found.data[:, 0], found.data[:, 1])[0, 1] == pytest.approx(16 / 17, abs=0.02)
    again = predict_prior(target("a,seen,1,3,0.5\na,seen,2,3,0.5\nb,seen,3,3,2\n"), seed=4)
    np.testing.assert_array_equal(found.data, again.data)


def test_forecasts_go_on_from_the_last_residual() -> None:
    # of a process of the standard deviation 0.5 whose neighbours have the correlation 0.8
    rows = "".join(f"a,seen,{t},{y},0.5,0.8\n" for t, y in ((1, 2), (2, 4), (3, 9), (5, 9)))
    model = read_mdl_text(mdl("height = 0\nseen = height"), "flat")
    resolved = resolve(scenario_from_text("title: x\n", "x"), model)
    plan = plan_run(lowered(model), resolved, "native")
    data = "series,element,year,value,scale,correlation\n" + rows
    asked = Inference(Text(PRIOR, "prior"), Text(data, "data"), until=2)
    made, count = question(plan, asked), 20_000
    scores = np.full((count, 1), 0.7)
    height = made.target.numbers(scores[:1])[0, 0]
    found = forecast(made, scores)
    assert (found[:, 0] == 2).all()
    assert (found[:, 1] == 4).all()
    for column, carried in ((2, 0.8), (3, 0.8**3)):
        spread = 0.5 * np.sqrt(1 - carried**2)
        mean = height + carried * (4 - height)
        assert found[:, column].mean() == pytest.approx(mean, abs=4 * spread / np.sqrt(count))
        assert found[:, column].std() == pytest.approx(spread, rel=0.03)
    # a series that is left out has no residual to go on from
    out = question(plan, replace(asked, data=Text(data + "b,seen,1,0,1,0\n", "d"), left_out=("a",)))
    assert forecast(out, scores)[:, 1].mean() == pytest.approx(height, abs=4 * 0.5 / np.sqrt(count))


def test_shares_within_two_and_three_deviations() -> None:
    reach = predict_prior(target("a,seen,1,3,0.5\nb,seen,3,3,2\n"), seed=1).reach()
    for share, scales in ((reach.near, 3), (reach.close, 2)):
        ends = np.array([3 - 0.5 * scales, 3 + 0.5 * scales]) / 2
        expected = float(np.diff(stats.norm.cdf(ends))[0])
        assert share == pytest.approx(expected, abs=0.025)
    assert reach.out_of_reach == ()
    assert [row["series"] for row in reach.rows()] == ["a", "b"]
    assert len(reach.lines()) == 1


def test_data_that_the_prior_does_not_reach_are_named() -> None:
    reach = predict_prior(target("far,seen,1,30,0.5\nnear,seen,3,1,2\n"), seed=1).reach()
    assert reach.out_of_reach == ("far",)
    assert reach.near == 0
    assert 'nearer to "far" than' in reach.lines()[1]
    # two values at one time that no constant meets both: each series alone is met
    apart = predict_prior(target("a,seen,1,2,0.1\nb,seen,1,-2,0.1\n"), seed=1).reach()
    assert apart.out_of_reach == ()
    assert apart.near == 0


def test_failed_runs_are_left_out_and_counted() -> None:
    made = target("a,seen,1,1,1\n", equation="SQRT(height)")
    found = predict_prior(made, seed=1)
    assert found.failed == pytest.approx(2048, abs=150)
    assert len(found.data) == 4096 - found.failed
    assert f"{found.failed} more have no run" in found.reach().lines()[1]


def test_a_payoff_has_distances_and_no_data() -> None:
    found = predict_prior(target("a,seen,1,3,0.5\n", "payoff"), seed=1)
    assert np.isnan(found.data).all()
    assert 0 < found.reach().near < 1


def test_rows_of_points() -> None:
    rng = np.random.default_rng(1)
    data = (Datum("a", 1.0, 3.0), Datum("a", 2.0, 4.0))
    after, before = rng.normal(3, 0.1, (5000, 2)), rng.normal(0, 5, (5000, 2))
    after[0, 0] = np.nan
    one, _ = point_rows(data, after, before)
    assert one["observed"] == 3
    assert one["95%"] == pytest.approx(3 + 0.1 * stats.norm.ppf(0.95), abs=0.01)
    assert one["prior_5%"] == pytest.approx(5 * stats.norm.ppf(0.05), abs=0.5)
    empty = point_rows(data, after, np.full((3, 2), np.nan))
    assert np.isnan(empty[0]["prior_5%"])  # type: ignore[call-overload]
