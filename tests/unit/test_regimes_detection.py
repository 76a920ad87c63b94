"""Regimes of a run and early warnings, against series made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.regimes.numerics.warning import early_warnings, kendall_tau, lag_one, smoothed
from simdistrict.regimes.rules import read_rules
from simdistrict.regimes.studies.detection import (
    DetectionStudy,
    RegimeShift,
    label_series,
    shifts,
)
from simdistrict.run.plan import plans_for
from simdistrict.run.simulate import result_of
from tests.program import call
from tests.study import definition

TIMES = np.arange(10.0)


def test_the_first_rule_that_holds_names_the_regime() -> None:
    rules = read_rules(["low: x < 1", "wet: x >= 1, y > 5", "dry: x >= 1, y <= 4"])
    values = {"x": np.array([0.0, 1, 2, 3]), "y": np.array([9.0, 6, 5, 4])}
    assert list(label_series(rules, values, 4)) == ["low", "wet", "in transition", "dry"]


@pytest.mark.parametrize(
    "text", ["low x < 1", "low: x", "low: x < nan", "low: x < y", ": x < 1", "low: x = 1"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="is no rule"):
        read_rules([text])


def test_names_with_marks_of_the_language_stand_in_quotes() -> None:
    text = 'high: "jobs, total" >= 3, "share < 1"[north, south] < 5, wage > 1'
    (rule,) = read_rules([text])
    names = ['"jobs, total"', '"share < 1"[north, south]', "wage"]
    assert [condition.name for condition in rule.conditions] == names
    assert read_rules([str(rule)]) == (rule,)


def test_rules_of_a_study_are_rules() -> None:
    stated = definition().rules
    assert len(stated) > 3
    assert read_rules([str(rule) for rule in stated]) == stated


def test_a_shift_has_the_date_at_which_the_new_regime_begins_and_lasts() -> None:
    labels = np.array(list("aaabaabbbb"), dtype=object)
    assert shifts(TIMES, labels, lasting=2) == [RegimeShift(6.0, "a", "b")]
    assert shifts(TIMES, labels) == [
        RegimeShift(3.0, "a", "b"),
        RegimeShift(4.0, "b", "a"),
        RegimeShift(6.0, "a", "b"),
    ]
    assert shifts(TIMES, np.array(["a"] * 10, dtype=object)) == []
    # the run ends three units after it
    assert shifts(TIMES, labels, lasting=3) == [RegimeShift(6.0, "a", "b")]
    assert shifts(TIMES, labels, lasting=3.5) == []


def test_kendall_tau_by_hand() -> None:
    assert kendall_tau(np.array([1.0, 2, 3, 4])) == 1
    assert kendall_tau(np.array([4.0, 3, 2, 1])) == -1
    # of six pairs five rise and one falls
    assert kendall_tau(np.array([1.0, 3, 2, 4])) == pytest.approx(4 / 6)
    # one tie: 5/sqrt(5 * 6)
    assert kendall_tau(np.array([1.0, 2, 2, 3])) == pytest.approx(5 / np.sqrt(30))
    assert np.isnan(kendall_tau(np.ones(5)))


def test_kendall_tau_is_that_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.round(np.random.default_rng(2).normal(size=60), 1)
    assert kendall_tau(values) == pytest.approx(stats.kendalltau(np.arange(60), values)[0])


def test_autocorrelation_by_hand() -> None:
    # about the mean 2: -1, 0, 1, 0 -> products 0, 0, 0 over 2
    assert lag_one(np.array([1.0, 2, 3, 2])) == 0
    assert lag_one(np.array([1.0, -1, 1, -1])) == pytest.approx(-0.75)
    assert np.isnan(lag_one(np.ones(4)))


def test_the_smoother_is_a_weighted_mean() -> None:
    values = np.arange(20.0)
    assert smoothed(values, 6)[9:11] == pytest.approx(values[9:11])
    # quartiles of the kernel at a quarter of the bandwidth
    spike = np.zeros(4001)
    spike[2000] = 1
    kernel = smoothed(spike, 400.0)
    assert np.cumsum(kernel)[2000 - 100] == pytest.approx(0.25, abs=0.002)


def test_variance_and_autocorrelation_without_a_trend_by_hand() -> None:
    found = early_warnings(TIMES[:6], [1, -1, 1, -1, 2, -2], window=4 / 6, bandwidth=0)
    assert list(found.times) == [3, 4, 5]
    expected = [np.var(x, ddof=1) for x in ([1, -1, 1, -1], [-1, 1, -1, 2], [1, -1, 2, -2])]
    assert found.variance == pytest.approx(expected)
    assert found.variance_tau == 1
    assert found.autocorrelation[0] == pytest.approx(-0.75)


def test_a_system_that_loses_its_resilience_is_announced() -> None:
    """An autoregression whose coefficient rises from 0 to 0.95: both indicators rise."""
    draw = np.random.default_rng(7)
    n, x = 1000, 0.0
    series = []
    for k in range(n):
        x = 0.95 * k / n * x + draw.normal()
        series.append(x)
    found = early_warnings(np.arange(n), series)
    assert found.variance_tau > 0.6
    assert found.autocorrelation_tau > 0.8
    # one series of mere noise may show any tau, since windows overlap; many show none
    taus = [early_warnings(np.arange(200), draw.normal(size=200)) for _ in range(40)]
    assert abs(np.mean([w.autocorrelation_tau for w in taus])) < 0.2


def test_a_series_without_residuals_says_so() -> None:
    found = early_warnings(TIMES, np.ones(10))
    assert not found.variance.any()
    assert np.isnan(found.autocorrelation_tau)


def test_regimes_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plans = plans_for(["core"], ["initial home experience=0.05", "tariff=1.2"])
    result = result_of(plans)
    rules = ["hollowed out: home share < 0.3", "industrial: home share >= 0.6"]
    study = DetectionStudy(rules=read_rules(rules), warned=("home share",))
    found = study.run(result, "core.nc")
    (run,) = found["runs"]
    path = [s["to"] for s in run["shifts"]]
    assert path[-1] == "industrial"
    share = result.variables["home_share"].values
    first = float(result.coords["time"].values[int(np.argmax(share >= 0.6))])
    assert run["shifts"][-1]["time"] == first
    assert "draws nothing at random" in found["noise"]
    file = tmp_path / "core.nc"
    call(capsys, "run", "core", "-o", file)
    said = call(capsys, "regimes", "detect", file, "--rule", rules[0], "--json")
    assert json.loads(said.out)["runs"][0]["last"] == "in transition"
    said = call(capsys, "regimes", "detect", file)
    assert said.code == 2
    assert "--study MODEL" in said.err
    said = call(capsys, "regimes", "detect", file, "--study", "district")
    assert said.code == 3
    assert "write rules for this model" in said.err or "did you mean" in said.err


def test_each_district_has_its_regimes() -> None:
    (plan,) = plans_for(["district"])
    found = DetectionStudy(rules=definition().rules).run(result_of([plan]), "district.nc")
    paths = {run["label"]: [s["to"] for s in run["shifts"]] for run in found["runs"]}
    assert set(paths) == set(plan.prepared.model.dims_by_name["district"].labels)
    assert paths["Mirandola"] == ["automated"]
    assert "hollowed out" in paths["Brenta"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--window", 0),
        ("--window", 1.5),
        ("--window", -0.5),
        ("--window", "nan"),
        ("--bandwidth", 0),
        ("--bandwidth", -0.1),
        ("--bandwidth", "inf"),
        ("--lasting", -1),
        ("--lasting", "nan"),
    ],
)
def test_warnings_without_meaning_are_usage_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: object
) -> None:
    file = tmp_path / "core.nc"
    call(capsys, "run", "core", "-o", file)
    rule = "hollowed out: home share < 0.3"
    asked = ["regimes", "detect", file, "--rule", rule, "--warn", "home share"]
    assert call(capsys, *asked, "--window", 1, "--lasting", 0).code == 0
    said = call(capsys, *asked, option, value)
    assert said.code == 2
    assert f"Invalid value for '{option}'" in said.err
