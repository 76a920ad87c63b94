"""The density of a model: runs compared with data, failures, refusals, bits."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from simdistrict.base.errors import EngineError, ScenarioError
from simdistrict.calibration.data import data_from_text
from simdistrict.calibration.fit import assess
from simdistrict.calibration.statements import statements_from_text
from simdistrict.ensemble.prior import read_nuisance, read_prior
from simdistrict.inference.start import check_start, prior_scores
from simdistrict.inference.target import Target, target_of
from simdistrict.model.model import Model
from simdistrict.run.plan import lowered, plan_run
from simdistrict.scenario import bare_scenario, load_scenario, resolve
from tests.small import small

GROWTH = small(
    """
    rate = 0.1
    start = 2
    loss = 0.01
    level = INTEG(rate * level - loss * level ^ 1.37, start)
    double = 2 * level
    """,
    stop=12,
    time_step=0.25,
)
PRIOR = """element,label,value,low,high,distribution
rate,,0.1,0,0.3,uniform
start,,2,1,4,lognormal
loss,,0.01,0,0.05,triangular
"""
DATA = """series,element,year,value,scale
level,level,2,2.3,10%
level,level,5.5,3.1,0.4
level,level,8,3.9,0.4
twice,double,3,5.1,0.5
"""


def target(
    model: Model = GROWTH,
    data: str = DATA,
    prior: str = PRIOR,
    sets: Sequence[str] = (),
    scenario: Path | None = None,
    integrator: str = "",
    **options: object,
) -> Target:
    prepared = lowered(model)
    chosen = load_scenario(str(scenario)) if scenario else bare_scenario(Path("small.mdl"))
    resolved = resolve(chosen, model, sets)
    if integrator:
        from dataclasses import replace

        resolved = replace(resolved, run=replace(resolved.run, integrator=integrator))
    plan = plan_run(prepared, resolved)
    priors = read_prior(prior, "prior.csv", model, prepared.program)
    scales = read_nuisance(prior, "prior.csv", model, prepared.program)
    return target_of(plan, priors, data_from_text(data, model), scales=scales, **options)  # type: ignore[arg-type]


def scores(count: int, size: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, size))


def test_the_points_are_those_of_single_runs() -> None:
    found = target()
    u = scores(5, 3)
    numbers = found.numbers(u)
    evaluation = found.evaluate(u)
    for k, own in enumerate(numbers):
        sets = [f"{n}={x!r}" for n, x in zip(found.names, own.tolist(), strict=True)]
        single = assess(GROWTH, data_from_text(DATA, GROWTH), sets=sets)
        model = [p.model for p in single.points]
        assert evaluation.points[k] == pytest.approx(model, rel=1e-13)
    log = stats.norm.logpdf([2.3, 3.1, 3.9, 5.1], evaluation.points, [0.23, 0.4, 0.4, 0.5])
    assert evaluation.series[:, 0] == pytest.approx(log[:, :3].sum(axis=1), rel=1e-12)
    assert evaluation.likelihood == pytest.approx(log.sum(axis=1), rel=1e-12)
    assert (found.log_likelihood(u) == evaluation.likelihood).all()


def test_numbers_follow_the_priors() -> None:
    found = target()
    assert found.names == ("rate", "start", "loss")
    levels = np.array([0.1, 0.5, 0.99])
    numbers = found.numbers(np.repeat(stats.norm.ppf(levels)[:, None], 3, axis=1))
    assert numbers[:, 0] == pytest.approx(0.3 * levels, rel=1e-12)
    assert numbers[1, 1] == pytest.approx(2)


@pytest.mark.parametrize("integrator", ["euler", "rk4", "adaptive"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_member_has_the_same_bits_alone_and_among_others(integrator: str, workers: int) -> None:
    found = target(integrator=integrator, data=DATA.replace("0.5\n", "?\n"))
    u = scores(21, found.size)
    whole = found.log_likelihood(u, workers)
    again = pickle.loads(pickle.dumps(found))
    parts = [again.log_likelihood(u[k : k + 1]) for k in range(21)]
    assert whole.tobytes() == np.concatenate(parts).tobytes()
    some = [again.log_likelihood(u[a:b], 1) for a, b in ((0, 2), (2, 5), (5, 21))]
    assert whole.tobytes() == np.concatenate(some).tobytes()


def test_powers_are_the_same_in_small_blocks() -> None:
    # powers in lanes may differ from the C library's in their last digit, in 1 of 1000 or so
    found = target(integrator="rk4")
    u = scores(400, 3)
    whole = found.run(found.numbers(u))[0]
    pairs = [found.run(found.numbers(u[k : k + 2]))[0] for k in range(0, 400, 2)]
    assert whole.tobytes() == np.concatenate(pairs).tobytes()


def test_members_come_in_blocks_by_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    found = target()
    u = scores(50, 3)
    whole = found.log_likelihood(u)
    monkeypatch.setattr("simdistrict.inference.target._AT_ONCE", 1)
    assert whole.tobytes() == found.log_likelihood(u).tobytes()


def test_backends_agree() -> None:
    u = scores(4, 3)
    native = target().log_likelihood(u)
    assert target(backend="interpreted").log_likelihood(u) == pytest.approx(native, rel=1e-12)


def test_runs_end_with_the_data_and_keep_what_they_need() -> None:
    found = target(until=6)
    assert found.batch.grid.stop == 5.5
    assert found.batch.points == (8, 12, 22)
    assert len(found.points) == 3


def test_an_equation_with_the_final_time_has_that_of_the_model() -> None:
    model = small("rate = 1\nlevel = INTEG(rate / FINAL TIME, 0)", stop=10)
    prior = "element,label,value,low,high,distribution\nrate,,1,0,2,uniform\n"
    found = target(model, "series,element,year,value,scale\na,level,5,1,1\n", prior)
    assert found.batch.grid.stop == 5
    assert found.evaluate(np.zeros((1, 1))).points[0] == pytest.approx([0.5])


# ---------------------------------------------------------------------- coordinates of errors


def test_an_estimated_scale_is_a_coordinate() -> None:
    found = target(data=DATA.replace("0.5\n", "?0.7\n"))
    assert found.names == ("rate", "start", "loss", "scale of twice")
    u = scores(6, 4)
    sigma = stats.halfnorm.ppf(stats.norm.cdf(u[:, 3]), scale=0.7)
    assert found.nuisance(u)["scale of twice"] == pytest.approx(sigma, rel=1e-10)
    at = found.evaluate(u)
    expected = stats.norm.logpdf(5.1, at.points[:, 3], sigma)
    assert at.series[:, 1] == pytest.approx(expected, rel=1e-10)


def test_its_prior_may_stand_in_the_prior_table() -> None:
    prior = PRIOR + "scale of twice,,0.5,0.1,0.9,uniform\n"
    found = target(data=DATA.replace("0.5\n", "?\n"), prior=prior)
    assert found.nuisance(np.zeros((1, 4)))["scale of twice"] == pytest.approx(0.5)
    with pytest.raises(ScenarioError, match='prior for "scale of twice", which is not estimated'):
        target(prior=prior)


def test_a_prior_of_a_series_that_is_left_out_does_not_disturb() -> None:
    prior = PRIOR + "scale of twice,,0.5,0.1,0.9,uniform\n"
    data = DATA.replace("0.5\n", "?\n")
    found = target(data=data, prior=prior, left_out=["twice"])
    assert found.names == ("rate", "start", "loss")
    assert found.series_names == ("level",)
    whole = found.with_data(data_from_text(data, GROWTH))
    assert whole.nuisance(np.zeros((1, 4)))["scale of twice"] == pytest.approx(0.5)
    assert target(data=data, prior=prior, likelihood="payoff").names == found.names


def test_series_that_are_left_out_exist() -> None:
    with pytest.raises(ScenarioError, match=r'there is no series "twic"\n.*twice'):
        target(left_out=["twic"])
    with pytest.raises(ScenarioError, match="every series is left out"):
        target(left_out=["level", "twice"])


def test_a_prior_of_an_error_beyond_its_range_is_refused() -> None:
    prior = PRIOR + "scale of twice,,0.5,-0.1,0.9,uniform\n"
    with pytest.raises(ScenarioError, match=r"-0\.1 to 0\.9 leaves its range"):
        target(data=DATA.replace("0.5\n", "?\n"), prior=prior)


def test_coordinates_do_not_depend_on_the_rows_that_count() -> None:
    data = DATA.replace("0.5\n", "?\n").replace("double,3", "double,9")
    whole = target(data=data)
    early = target(data=data, until=8)
    assert early.names == whole.names
    assert (early.evaluate(scores(4, 4)).series[:, 1] == 0).all()
    later = early.with_data(early.data)
    u = scores(4, 4)
    assert later.log_likelihood(u).tobytes() == whole.log_likelihood(u).tobytes()


def test_other_observed_values_keep_the_rest() -> None:
    found = target()
    u = scores(4, 3)
    other = found.with_observed(np.array([2.0, 3.0, 4.0, 5.0])).evaluate(u)
    log = stats.norm.logpdf([2.0, 3.0, 4.0, 5.0], other.points, [0.23, 0.4, 0.4, 0.5])
    assert other.likelihood == pytest.approx(log.sum(axis=1), rel=1e-12)
    with pytest.raises(ScenarioError, match="no density"):
        target(likelihood="payoff").with_observed(np.zeros(4))


def test_the_payoff_is_that_of_calibrate() -> None:
    found = target(likelihood="payoff")
    u = scores(5, 3)
    at = found.evaluate(u)
    z = (at.points - [2.3, 3.1, 3.9, 5.1]) / [0.23, 0.4, 0.4, 0.5]
    payoff = (z[:, :3] ** 2).mean(axis=1) + z[:, 3] ** 2
    assert at.likelihood == pytest.approx(-payoff / 2, rel=1e-12)


# ---------------------------------------------------------------------- which constants


def test_a_constant_that_the_scenario_sets_is_not_sampled() -> None:
    found = target(sets=["rate=0.2"])
    assert found.names == ("start", "loss")
    assert found.stated == ("rate",)


def test_some_constants_may_be_free() -> None:
    found = target(free=["LOSS", "rate"])
    assert found.names == ("rate", "loss")
    at = found.evaluate(np.zeros((1, 2)))
    assert at.points[0, 0] > 2
    with pytest.raises(ScenarioError, match=r'"lose" has no row in the prior table\n.*loss'):
        target(free=["lose"])


def test_fewer_data_than_unknowns_are_a_warning() -> None:
    assert target().warnings == ()
    (warning,) = target(until=4).warnings
    assert "2 data for 3 unknowns" in warning.what


def test_a_constant_that_a_policy_changes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "small.mdl").write_text(GROWTH.text)
    scenario = tmp_path / "taxed.yaml"
    scenario.write_text(
        "title: A tax\nmodel: small.mdl\npolicies:\n  tax:\n    start: 3\n    set: {rate: 0.2}\n"
    )
    with pytest.raises(ScenarioError, match=r'"rate" \| it is changed by the policy "tax"'):
        target(scenario=scenario)
    assert target(scenario=scenario, free=["loss"]).names == ("loss",)


def test_random_functions_are_refused() -> None:
    model = small("rate = 1\nlevel = INTEG(rate * RANDOM UNIFORM(0, 1, 3), 0)")
    prior = "element,label,value,low,high,distribution\nrate,,1,0,2,uniform\n"
    data = "series,element,year,value,scale\na,level,5,1,1\n"
    with pytest.raises(EngineError, match=r'"level" .* uses RANDOM UNIFORM'):
        target(model, data, prior)


def test_a_constant_of_the_time_grid_is_refused() -> None:
    model = small("rate = 1\nlevel = INTEG(rate, 0)").text.replace(
        "FINAL TIME = 10", "FINAL TIME = 10 * rate"
    )
    from simdistrict.exchange.mdl.reader import read_mdl_text

    prior = "element,label,value,low,high,distribution\nrate,,1,0,2,uniform\n"
    data = "series,element,year,value,scale\na,level,5,1,1\n"
    with pytest.raises(EngineError, match="FINAL TIME depends on"):
        target(read_mdl_text(model, "small"), data, prior)


def test_no_row_that_counts_is_an_error() -> None:
    with pytest.raises(ScenarioError, match="no row with a weight is left to compare with up to 1"):
        target(until=1)


def test_a_row_off_the_grid_is_an_error() -> None:
    with pytest.raises(ScenarioError, match=r"3\.1 is no time step of the run"):
        target(data=DATA.replace("double,3,", "double,3.1,"))


# ---------------------------------------------------------------------- failures

FRAGILE = small(
    """
    rate = 0.1
    start = 2
    loss = 0.01
    level = INTEG(rate * level + SQRT(start - 3), start)
    double = 2 * level
    """,
    stop=12,
)


def test_a_failed_run_has_no_likelihood_and_is_counted() -> None:
    found = target(FRAGILE, data=DATA.replace("5.5", "5"))
    u = scores(60, 3)
    at = found.evaluate(u)
    fails = found.numbers(u)[:, 1] < 3
    assert list(at.failed) == list(fails)
    assert list(np.isneginf(at.likelihood)) == list(fails)
    assert not np.isnan(at.likelihood).any()
    alone = [found.log_likelihood(u[[k]])[0] for k in range(60)]
    assert at.likelihood.tobytes() == np.array(alone).tobytes()


def test_a_failed_run_has_no_payoff() -> None:
    found = target(FRAGILE, data=DATA.replace("5.5", "5"), likelihood="payoff")
    at = found.evaluate(scores(60, 3))
    assert at.failed.any()
    assert list(np.isneginf(at.likelihood)) == list(at.failed)


def test_many_failures_are_a_warning_with_causes() -> None:
    found = target(FRAGILE, data=DATA.replace("5.5", "5"))
    problems = check_start(found)
    assert "draws have no likelihood" in problems[0].what
    assert problems[1].where == "cause 1"
    assert '"level" became nan after time' in problems[1].what
    assert problems[-1].what == "draws with a likelihood have higher start"


def test_nearly_all_failures_are_an_error() -> None:
    prior = PRIOR.replace("2,1,4,lognormal", "2,1,2.5,uniform")
    with pytest.raises(
        ScenarioError, match="1000 of 1000 draws have no likelihood: 1000 runs fail"
    ):
        check_start(target(FRAGILE, data=DATA.replace("5.5", "5"), prior=prior))


def test_data_that_exclude_every_run_are_an_error() -> None:
    data = "series,element,year,value,scale\na,level,5,40..50,\n"
    with pytest.raises(ScenarioError, match=r'excludes the data of "a" .* in 5 the model has \d'):
        check_start(target(data=data))


def test_a_good_start_has_no_warnings() -> None:
    assert check_start(target()) == ()
    u = prior_scores(3, 4000, 7)
    assert stats.kstest(u[:, 1], "norm").pvalue > 0.001
    assert (prior_scores(3, 10, 7) == u[:10]).all()


# ---------------------------------------------------------------------- statements

SAID = """statement,kind,elements,year,value,relative_to,trust
ordered,order,double; level,4,,,
grew,sign,level,6,+,2,0.8
in range,between,level,5,1.2..1.6,2,0.7
last,rank,level; double; rate,8,2,,1
"""


def test_statements_count_with_their_trust() -> None:
    said = statements_from_text(SAID, GROWTH)
    found = target(statements=said)
    u = scores(200, 3)
    at = found.evaluate(u)
    runs = target(data=TRUTH)
    level = runs.evaluate(u).points
    assert found.series_names == ("level", "twice", "ordered", "grew", "in range", "last")
    assert (at.series[:, 2] == np.log(0.9)).all()
    grew = level[:, 2] > level[:, 0]
    assert 0 < grew.mean() < 1
    assert at.series[:, 3] == pytest.approx(np.where(grew, np.log(0.8), np.log(0.2)))
    ratio = level[:, 1] / level[:, 0]
    inside = (ratio >= 1.2) & (ratio <= 1.6)
    assert 0 < inside.mean() < 1
    assert at.series[:, 4] == pytest.approx(np.where(inside, np.log(0.7), np.log(0.3)))
    assert (at.series[:, 5] == 0).all()
    alone = target().evaluate(u)
    assert at.likelihood == pytest.approx(alone.likelihood + at.series[:, 2:].sum(axis=1))
    assert at.points.tobytes() == alone.points.tobytes()


TRUTH = """series,element,year,value,scale
level,level,2,1,1
level,level,5,1,1
level,level,6,1,1
"""


def test_a_source_without_doubt_excludes_other_runs() -> None:
    said = statements_from_text(SAID.replace("rate,8,2", "rate,8,1"), GROWTH)
    assert np.isneginf(target(statements=said).log_likelihood(scores(5, 3))).all()


def test_later_statements_do_not_count() -> None:
    said = statements_from_text(SAID, GROWTH)
    early = target(statements=said, until=5)
    at = early.evaluate(scores(5, 3))
    assert early.batch.grid.stop == 5
    assert (at.series[:, [3, 5]] == 0).all()
    assert (at.series[:, [2, 4]] != 0).all()


def test_statements_need_time_steps_of_the_run() -> None:
    said = statements_from_text(SAID.replace("level,6,+", "level,6.1,+"), GROWTH)
    with pytest.raises(ScenarioError, match=r"statements:3 \| year: 6\.1 is no time step"):
        target(statements=said)


def test_sources_may_say_something_else() -> None:
    said = statements_from_text(SAID, GROWTH)
    found = target(statements=said)
    u = scores(50, 3)
    whole = found.evaluate(u).series
    other = found.with_observed(np.ones(4), [True, False, True, True]).evaluate(u).series
    assert np.exp(other[:, 3]) == pytest.approx(1 - np.exp(whole[:, 3]))
    assert (other[:, [2, 4, 5]] == whole[:, [2, 4, 5]]).all()
    one = found.run(found.numbers(u[:1]))[0][0, 4:]
    draws = [found.statements.simulate(one, x) for x in np.random.default_rng(1).random((4000, 4))]
    agree = found.statements.agreement(one[None])[0]
    right = (np.array(draws) == agree).mean(axis=0)
    assert right == pytest.approx([0.9, 0.8, 0.7, 1], abs=0.03)
