"""What a fit promises: bounds, the same numbers again, no look at the future, no crash."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.calibration import FitProgress, assess, calibrate
from simdistrict.calibration.data import Observations, data_from_text
from simdistrict.calibration.payoff import FAR
from simdistrict.calibration.report import files
from simdistrict.calibration.search import starts, unit_of, value_at
from simdistrict.calibration.settings import InferSettings, read_settings, settings_beside
from simdistrict.scenario import scenario_from_text
from tests.small import small

TEXT = """
region: north, south ~ ~ |
rate[region] = 0.1, 0.2
level[region] = INTEG(rate[region] * level[region], 1)
"""
MODEL = small(TEXT, time_step=0.5)
HEAD = "series,element,year,value,weight,group\n"
BOUNDS = {"rate[north]": (0.01, 1.0), "rate[south]": (0.01, 1.0)}


def noisy(seed: int = 1, last: int = 9) -> str:
    draw = np.random.default_rng(seed)
    rows = []
    for region, rate in (("north", 0.15), ("south", 0.3)):
        for year in range(1, last + 1):
            value = (1 + rate / 2) ** (2 * year) * (1 + 0.1 * draw.normal())
            rows.append(f"{region},level[{region}],{year},{value!r},,g\n")
    return HEAD + "".join(rows)


@pytest.fixture(scope="module")
def data() -> Observations:
    return data_from_text(noisy(), MODEL, "folder/d.csv")


def test_the_same_call_gives_the_same_bytes(data: Observations) -> None:
    first, second = (calibrate(MODEL, data, BOUNDS, until=7, starts=4) for _ in range(2))
    assert files(first, ("model", "small")) == files(second, ("model", "small"))


@pytest.mark.slow
def test_workers_change_nothing_but_the_time(data: Observations) -> None:
    effort = {"starts": 3, "evaluations": 200, "profile": True}
    seen: list[FitProgress] = []
    alone = calibrate(MODEL, data, BOUNDS, **effort)
    together = calibrate(MODEL, data, BOUNDS, **effort, workers=2, progress=seen.append)
    assert together == alone
    assert [(p.stage, p.done) for p in seen] == [
        ("starts", 1), ("starts", 2), ("starts", 3), ("profiles", 1), ("profiles", 2),
    ]  # fmt: skip


def test_later_data_are_no_part_of_the_fit() -> None:
    text = noisy()
    changed = "".join(
        line.replace(line.split(",")[3], "123") if line.split(",")[2] in ("8", "9") else line
        for line in text.splitlines(keepends=True)
    )
    assert changed != text
    one, other = (
        calibrate(MODEL, data_from_text(t, MODEL), BOUNDS, until=7) for t in (text, changed)
    )
    assert one.constants == other.constants
    assert one.starts == other.starts
    assert one.after.payoff == other.after.payoff
    assert [s.fit for s in one.after.series] == [s.fit for s in other.after.series]
    for a, b in zip(one.after.series, other.after.series, strict=True):
        assert (a.fit.n, a.prediction.n) == (7, 2)
        assert b.prediction.rmse > 10 * a.prediction.rmse


def test_a_weight_of_zero_is_reported_and_not_fitted(data: Observations) -> None:
    extra = noisy() + "other,level[north],5,1000,0,\n"
    found = calibrate(MODEL, data_from_text(extra, MODEL), BOUNDS)
    assert found.fitted == calibrate(MODEL, data, BOUNDS).fitted
    other = found.after.series[-1]
    assert (other.payoff, other.fit.n) == (0, 1)
    assert other.fit.mae > 900


def test_bounds_are_kept_and_a_value_at_one_says_so(data: Observations) -> None:
    found = calibrate(MODEL, data, {"rate[north]": (0.01, 0.12), "rate[south]": (0.35, 1)})
    north, south = found.constants
    assert (north.fitted, north.at_bound) == (0.12, "high")
    assert (south.fitted, south.at_bound) == (0.35, "low")
    assert north.uncertainty.error is None
    for start in found.starts:
        assert 0.01 <= start.values[0] <= 0.12
        assert 0.35 <= start.values[1] <= 1


def test_a_start_outside_the_bounds_is_moved_to_the_nearer_one(data: Observations) -> None:
    found = calibrate(MODEL, data, {"rate[north]": (0.12, 0.9)}, starts=1)
    assert found.constants[0].start == 0.1
    assert found.constants[0].fitted > 0.12


def test_a_longer_series_weighs_no_more() -> None:
    rows = "short,level[north],4,2,,\n" + "".join(
        f"long,level[north],{k / 2},1,,\n" for k in range(1, 20)
    )
    found = assess(small(TEXT, time_step=0.5), data_from_text(HEAD + rows, MODEL))
    short, long = found.series
    level = [1.05**k for k in range(20)]
    assert short.payoff == pytest.approx(((level[8] - 2) / 2) ** 2)
    assert long.payoff == pytest.approx(np.mean([(v - 1) ** 2 for v in level[1:]]))


def test_a_run_that_fails_is_a_bad_fit_and_no_crash() -> None:
    model = small("power = 1\nlevel = INTEG(level ^ power, 1)", stop=30, time_step=0.5)
    rows = "".join(f"s,level,{year},{1.5 ** (2 * year)!r},,\n" for year in (5, 15, 30))
    data = data_from_text(HEAD + rows, model)
    found = calibrate(model, data, {"power": (0.2, 9.0)}, starts=6)
    assert found.fitted["power"] == pytest.approx(1, rel=1e-6)
    failed = assess(model, data, sets=["power=9"])
    assert "after time" in failed.message
    assert failed.payoff == pytest.approx(FAR**2, rel=0.7)
    assert failed.series[0].fit.rmse is None
    assert math.isnan(failed.points[-1].model)


def test_a_fit_stops_at_its_budget_with_the_best_so_far(data: Observations) -> None:
    seen: list[FitProgress] = []
    found = calibrate(MODEL, data, BOUNDS, starts=2, evaluations=6, progress=seen.append)
    assert [f.ending for f in found.starts] == ["budget", "budget"]
    assert [f.evaluations for f in found.starts] == [3, 3]
    assert found.after.payoff <= found.before.payoff
    assert seen[-1].evaluations == 6
    assert (seen[-1].stage, seen[-1].done, seen[-1].total) == ("starts", 2, 2)


def test_the_run_ends_with_the_data_unless_the_model_asks_for_its_end() -> None:
    plain = small("a = 1\ny = a * Time", stop=10)
    asks = small("a = 1\ny = a * FINAL TIME", stop=10)
    data = "series,element,year,value\ns,y,4,40\n"
    assert calibrate(plain, data_from_text(data, plain), {"a": (1, 99)}).fitted["a"] == 10
    assert calibrate(asks, data_from_text(data, asks), {"a": (1, 99)}).fitted["a"] == 4


def test_years_between_saved_points_are_met_exactly() -> None:
    model = small("a = 1\ny = a * Time", time_step=0.25, save_step=2)
    data = data_from_text("series,element,year,value\ns,y,3.25,6.5\ns,y,4,8\n", model)
    assert calibrate(model, data, {"a": (0.1, 9)}).fitted["a"] == pytest.approx(2)


def test_years_that_the_run_does_not_pass_are_errors() -> None:
    data = data_from_text(
        "series,element,year,value,relative_to\na,level[north],3.3,1,\nb,level[north],11,1,\n"
        "c,level[north],3,1,-1\n",
        MODEL,
        "d.csv",
    )
    with pytest.raises(ScenarioError) as caught:
        assess(MODEL, data)
    said = [(p.where, p.what + p.hint) for p in caught.value.problems]
    assert [where for where, _ in said] == ["d.csv:2", "d.csv:3", "d.csv:4"]
    assert "3 and 3.5" in said[0][1]
    assert "outside the run, 0 to 10" in said[1][1]
    assert said[2][1].startswith("relative_to: -1")


@pytest.mark.parametrize(
    ("free", "said"),
    [
        ({"rat[north]": (0, 1)}, 'did you mean "rate"'),
        ({"rate": (0, 1)}, "rate[north]"),
        ({"rate[east]": (0, 1)}, "region has north, south"),
        ({"level[north]": (0, 1)}, "only constants"),
        ({"rate[north]": (1, 1)}, "LOW below HIGH"),
        ({"rate[north]": (0, math.inf)}, "LOW below HIGH"),
        ({"rate[north]": (0, 1), "RATE[North]": (0, 1)}, "free twice"),
        ({"TIME STEP": (0, 1)}, "setting of the run"),
        ({}, "there are none"),
    ],
)
def test_free_constants_that_make_no_sense(
    data: Observations, free: dict[str, tuple[float, float]], said: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        calibrate(MODEL, data, free)
    assert said in str(caught.value)


def test_nothing_to_fit_and_too_small_a_budget_are_errors(data: Observations) -> None:
    with pytest.raises(ScenarioError, match="up to 0"):
        calibrate(MODEL, data, BOUNDS, until=0)
    with pytest.raises(ScenarioError, match="24 or more"):
        calibrate(MODEL, data, BOUNDS, evaluations=10)


def test_zeros_without_a_scale_are_an_error() -> None:
    data = data_from_text(HEAD + "s,level[north],1,0,,\n", MODEL, "d.csv")
    with pytest.raises(ScenarioError, match="give the rows a scale"):
        assess(MODEL, data)


def test_a_scenario_is_fitted_with_its_policies_but_not_what_they_move(data: Observations) -> None:
    policy = scenario_from_text(
        "title: t\nmodel: small\npolicies:\n  push: {start: 5, set: {'rate[south]': 0.5}}\n", "x"
    )
    found = calibrate(MODEL, data, {"rate[north]": (0.01, 1)}, scenario=policy)
    south = found.after.points[-1]
    assert south.model == pytest.approx(1.1**10 * 1.25**8)
    with pytest.raises(ScenarioError, match='changed by the policy "push"'):
        calibrate(MODEL, data, {"rate[south]": (0.01, 1)}, scenario=policy)


def test_assumptions_hold_and_a_free_constant_starts_at_its_own(data: Observations) -> None:
    found = calibrate(MODEL, data, {"rate[north]": (0.01, 1)}, sets=["rate=0.3"])
    assert found.constants[0].start == 0.3
    assert found.after.points[-1].model == pytest.approx(1.15**18)


def test_groups_are_ranked_by_their_last_values() -> None:
    model = small("d: a, b, c, e ~ ~ |\nk[d] = 1, 2, 3, 4\ny[d] = k[d] * Time")
    rows = [("a", 5, 1), ("b", 5, 2), ("c", 5, 4), ("e", 5, 3), ("a", 9, 3), ("b", 9, 2)]
    text = HEAD + "".join(f"{d},y[{d}],{year},{value},,g\n" for d, year, value in rows)
    text += "alone,y[a],9,1,,\n"
    (group,) = assess(model, data_from_text(text, model), until=6).groups
    assert (group.fit_n, group.prediction_n) == (4, 2)
    assert group.fit == pytest.approx(0.8)
    assert group.prediction is None


def test_shares_and_values_are_each_others_inverse(data: Observations) -> None:
    found = calibrate(MODEL, data, {"rate[north]": (0.01, 1), "rate[south]": (-1, 3)}, starts=1)
    assert found.constants[1].low == -1
    from simdistrict.calibration.evaluation import FreeConstant

    for free in (
        FreeConstant("x", "x", (0,), 0.01, 100, 1),
        FreeConstant("x", "x", (0,), -3, 5, 0),
        # bounds whose ratio is beyond the largest number
        FreeConstant("x", "x", (0,), 4e-320, 4, 1),
    ):
        for share in (0, 0.25, 0.5, 1):
            assert unit_of(free, value_at(free, share)) == pytest.approx(share)
    assert value_at(FreeConstant("x", "x", (0,), 0.01, 100, 1), 0.5) == pytest.approx(1)


def test_starts_are_one_in_each_stratum() -> None:
    from simdistrict.calibration.evaluation import FreeConstant

    free = [FreeConstant("x", "x", (0,), 0, 1, 0.7), FreeConstant("y", "y", (0,), 1, 100, 10)]
    begins = starts(free, 9, seed=3)
    assert begins[0] == (0.7, pytest.approx(0.5))
    for k in range(2):
        assert sorted(int(b[k] * 8) for b in begins[1:]) == list(range(8))
    assert starts(free, 9, seed=3) == begins
    assert starts(free, 9, seed=4) != begins


SETTINGS = """
data: d.csv
until: 7
starts: 3
evaluations: 300
seed: 5
free:
  rate[north]: [0.01, 1]
"""


def test_settings_lie_beside_the_model(tmp_path: Path) -> None:
    assert settings_beside(tmp_path / "m.mdl") is None
    (tmp_path / "calibration.yaml").write_text(SETTINGS)
    found = settings_beside(tmp_path / "m.mdl")
    assert found is not None
    assert found.data == tmp_path / "d.csv"
    assert found.free == {"rate[north]": (0.01, 1)}
    assert found.where["rate[north]"].endswith("calibration.yaml:8")
    assert (found.until, found.starts, found.evaluations, found.seed) == (7, 3, 300, 5)


def test_settings_of_a_posterior(tmp_path: Path) -> None:
    path = tmp_path / "calibration.yaml"
    path.write_text(SETTINGS)
    assert read_settings(path).infer is None
    more = "prior: p.csv\n  statements: s.csv\n  free: [rate, loss]\n  likelihood: payoff\n"
    path.write_text(f"{SETTINGS}infer:\n  {more}  ess: 500\n  runs: 9000\n  seed: 3\n")
    assert read_settings(path).infer == InferSettings(
        tmp_path / "s.csv", tmp_path / "p.csv", ("rate", "loss"), 7, "payoff", 500, 9000, 3
    )
    path.write_text(f"{SETTINGS}infer:\n  until: 5\n  free: all\n")
    assert read_settings(path).infer == InferSettings(until=5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("free: {}\n", "data: the path of a file is missing"),
        ("data:\nseed: 1\n", "data: the path of a file is missing"),
        ("data: 3\n", "data: the path of a file is missing"),
        ("data: d.csv\nfree: [a]\n", "this is no mapping"),
        ("data: d.csv\nfree: {a: 3}\n", '"a" needs two numbers'),
        ("data: d.csv\nfree: {a: [1, x]}\n", '"a" needs two numbers'),
        ("data: d.csv\nuntl: 3\n", 'did you mean "until"'),
        ("data: d.csv\nuntil: soon\n", "until: this is not a finite number"),
        ("data: d.csv\nstarts: 2.5\n", "starts: this is not a whole number from 1 on"),
        ("data: d.csv\nseed: -1\n", "seed: this is not a whole number from 0 on"),
        ("data: d.csv\ninfer: 3\n", "infer: this is no mapping"),
        ("data: d.csv\ninfer: {es: 3}\n", 'did you mean "ess"'),
        ("data: d.csv\ninfer: {ess: 0}\n", "infer.ess: this is not a whole number from 1 on"),
        ("data: d.csv\ninfer: {free: rate}\n", "infer.free: this is no list of names"),
        ("data: d.csv\ninfer: {free: [1]}\n", "infer.free: this is no list of names"),
        ("data: d.csv\ninfer: {likelihood: payof}\n", 'did you mean "payoff"'),
        ("data: d.csv\ninfer: {prior: ../p.csv}\n", "p.csv"),
    ],
)
def test_settings_that_make_no_sense(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "calibration.yaml").write_text(text)
    with pytest.raises(ScenarioError) as caught:
        read_settings(tmp_path / "calibration.yaml")
    assert said in str(caught.value)
    assert (
        "calibration.yaml:1" in str(caught.value)
        or "calibration.yaml:2" in str(caught.value)
        or "calibration.yaml |" in str(caught.value)
    )
