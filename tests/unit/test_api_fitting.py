"""Fits from Python: the numbers and files of the command, data in every form."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simdistrict as sd
from simdistrict.base.errors import ExchangeError, ScenarioError
from tests.program import call
from tests.small import mdl

EQUATIONS = """
    place: north, south ~ ~ |
    growth[place] = 0.1, 0.2
    stock[place] = INTEG(stock[place] * growth[place], 1)
"""
FREE = {"growth[north]": (0.01, 0.5)}
Capsys = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(EQUATIONS))
    rows = [f"stock[north],stock[north],{t}.0,{1.15**t!r}\n" for t in range(1, 9)]
    Path("data.csv").write_text("series,element,year,value\n" + "".join(rows))


@pytest.fixture
def model() -> sd.LoadedModel:
    return sd.load("small.mdl")


def test_a_fit_is_that_of_the_command(model: sd.LoadedModel, capsys: Capsys) -> None:
    words = ["--data", "data.csv", "--free", "growth[north]=0.01:0.5", "--until", 6, "--profile"]
    answer = call(capsys, "calibrate", "small.mdl", *words, "-o", "command")
    assert answer.code == 0
    fit = model.calibrate("data.csv", FREE, until=6, profile=True)
    assert answer.out.startswith(repr(fit) + "\n")
    for path in fit.write("python"):
        if path.name != "fitted.yaml":
            assert path.read_bytes() == (Path("command") / path.name).read_bytes()
    fitted = fit.constants.loc["growth[north]"]
    assert fitted["fitted"] == pytest.approx(0.15, abs=1e-6)
    assert fitted["range_low"] <= fitted["fitted"] <= fitted["range_high"]
    assert fitted["profile_low"] <= fitted["profile_high"]
    statistics = fit.statistics
    assert statistics["period"].tolist() == ["fit", "prediction"]
    assert statistics["n"].tolist() == [6, 2]
    assert len(fit.points) == 8
    assert abs(fit.points["error"]).max() < 1e-5
    assert fit.starts["taken"].sum() == 1
    assert fit.payoff < 1e-9
    Path("python/fit.md").write_text("mine")
    with pytest.raises(ExchangeError):
        fit.write("python")


def test_data_come_in_every_form(model: sd.LoadedModel) -> None:
    whole = model.calibrate("data.csv", FREE).constants
    long = pd.read_csv("data.csv")
    series = pd.Series(long["value"].values, index=long["year"].values, name="stock[north]")
    wide = series.to_frame().assign(**{"stock[south]": np.nan})
    for data in (long, series, wide, Path("data.csv")):
        assert model.calibrate(data, FREE).constants.equals(whole)


def test_an_assessment_fits_nothing(model: sd.LoadedModel) -> None:
    found = model.assess("data.csv", params={"growth": 0.3})
    assert found.constants.empty
    assert found.starts.empty
    assert found.payoff > 0.1
    assert repr(found).startswith("# Fit of small to data.csv")


def test_a_doubtful_fit_is_logged(model: sd.LoadedModel, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        model.calibrate("data.csv", {"growth[north]": (0.6, 0.9)}, evaluations=40)
    assert "outside 0.6 to 0.9" in caplog.text


def test_progress_counts_runs(model: sd.LoadedModel) -> None:
    seen: list[tuple[int, int]] = []
    fit = model.calibrate("data.csv", FREE, evaluations=100, progress=lambda *a: seen.append(a))
    assert fit.payoff < 1e-9
    assert seen[-1][0] > 10
    assert {total for _, total in seen} == {100}


@pytest.mark.parametrize(
    ("data", "free", "words"),
    [
        (None, FREE, "there is no calibration.yaml"),
        (3, FREE, "it is a int"),
        (pd.Series([1.0, 2.0]), FREE, "the series has no name"),
        (pd.Series([1.0, 2.0], name="stack"), FREE, "data:2"),
        ("data.csv", {"growth[north]": 3}, r"is not \(low, high\)"),
        ("data.csv", {"growth": (0, 1)}, "a fit moves one"),
        ("data.csv", {}, "there are none"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    model: sd.LoadedModel, data: object, free: object, words: str
) -> None:
    with pytest.raises(ScenarioError, match=words):
        model.calibrate(data, free)  # type: ignore[arg-type]


def test_missing_data_are_counted(model: sd.LoadedModel, caplog: pytest.LogCaptureFixture) -> None:
    data = pd.Series({1: 1.15, 2: np.nan, 3: np.nan, 4: 1.7}, name="stock[north]")
    assert len(model.assess(data).points) == 2
    said = 'data | 2 of the 4 values of "stock[north]" are missing and left out'
    assert said in caplog.messages


def test_what_is_free_is_a_mapping_with_ascending_bounds(model: sd.LoadedModel) -> None:
    with pytest.raises(ScenarioError, match="it is a list"):
        model.calibrate("data.csv", ["growth[north]"])  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match="do not enclose anything") as caught:
        model.calibrate("data.csv", {"growth[north]": (0.5, 0.01)})
    assert "NAME=LOW" not in str(caught.value)
