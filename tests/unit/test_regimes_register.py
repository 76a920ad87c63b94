"""The register of studies: records, commands and result files lead back to the same object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simdistrict.base.errors import ExchangeError
from simdistrict.regimes.studies.basins import BasinsStudy
from simdistrict.regimes.studies.basins_along import BasinsAlongStudy
from simdistrict.regimes.studies.branch import BranchStudy
from simdistrict.regimes.studies.classes import ClassesStudy
from simdistrict.regimes.studies.commands import STUDIES
from simdistrict.regimes.studies.equilibria import EquilibriaStudy
from simdistrict.regimes.studies.fold_curve import FoldCurveStudy
from simdistrict.regimes.studies.hysteresis import HysteresisStudy
from simdistrict.regimes.studies.loops import LoopsStudy
from simdistrict.regimes.studies.over_draws import BasinsOverDraws, MapOverDraws
from simdistrict.regimes.studies.policy_map import PolicyMapStudy
from simdistrict.regimes.studies.regime_map import RegimeMapStudy
from simdistrict.regimes.studies.register import study_class, study_of
from simdistrict.regimes.studies.study import RECORD, Grid, Interval, RegimeStudy
from simdistrict.result.dataset import Result
from tests.program import call

TARIFF, COST = Interval("tariff", 0.0, 2.0), Interval("cost ratio", 1.0, 2.0)
BOX = (Interval("home experience", 0.01, 1.0),)
GRIDS = Grid("tariff", 0.0, 2.0, 9), Grid("cost ratio", 1.0, 2.0, 5)
TRIED = [
    EquilibriaStudy(at=2019.0, element="Prato", hold=("a",), free=("b", "c"), starts=3),
    BranchStudy(parameter=TARIFF, outputs=("home share",), stops=2, seed=4),
    FoldCurveStudy(parameter=TARIFF, second=COST, horizon=100.0),
    HysteresisStudy(parameter=TARIFF, duration=40.0, speeds=(1.0, 3.0)),
    BasinsStudy(box=BOX, members=20),
    BasinsAlongStudy(box=BOX, members=20, along=Grid("tariff", 0.4, 1.2, 5)),
    BasinsOverDraws(box=BOX, members=20, design=""),
    RegimeMapStudy(along=GRIDS, rule="x > 1"),
    MapOverDraws(along=GRIDS, rule="x > 1", design=""),
    PolicyMapStudy(parameter=TARIFF, duration=60.0, doses=3, lengths=4, settled=False),
    ClassesStudy(rule="home share >= 0.5", members=12, method="sobol", fast=True, at=2050.0),
    LoopsStudy(element="Montebelluna"),
]


def recorded(text: str) -> Result:
    return Result({}, {}, {RECORD: text})


def test_every_study_of_the_register_is_tried_here() -> None:
    assert [study.name for study in TRIED] == list(STUDIES)
    assert [type(study) for study in TRIED] == [study_class(name) for name in STUDIES]


@pytest.mark.parametrize("study", TRIED, ids=lambda study: study.name)
def test_a_study_is_read_back_from_its_record(study: RegimeStudy) -> None:
    assert study_of(recorded(study.record()), "file") == study
    # all records have the same keys: files of one study do not change with those of another
    assert json.loads(study.record()).keys() == json.loads(TRIED[0].record()).keys()
    lean = {k: v for k, v in json.loads(study.record()).items() if v or k == "settled"}
    assert study_of(recorded(json.dumps(lean)), "file").name == study.name


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"study": "weather"}', '{"study": "branch"}', '{"study": "classes"}']
)
def test_a_damaged_record_is_reported(text: str) -> None:
    with pytest.raises(ExchangeError, match="its record of the study cannot be read"):
        study_of(recorded(text), "file.nc")


@pytest.mark.parametrize("text", ["x", "x=1", "=0:1", "x=1:0", "x=1:1", "x=a:b", "x=0:1:2"])
def test_a_text_that_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not NAME=LOW:HIGH"):
        Interval.read(text)


def test_intervals_and_grids_are_read_from_text() -> None:
    assert Interval.read(" tariff level[far] =-1:2.5") == Interval("tariff level[far]", -1.0, 2.5)
    grid = Grid.read("tariff=0:2:5")
    assert grid == Grid("tariff", 0.0, 2.0, 5)
    assert grid.values.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    for wrong in ("tariff=0:2", "tariff=0:2:1", "tariff=2:0:4", "tariff=0:2:x"):
        with pytest.raises(ValueError, match="is not NAME=FROM:TO:COUNT"):
            Grid.read(wrong)


def test_a_scenario_with_variants_is_refused_with_their_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = call(capsys, "regimes", "equilibria", "return_to_globalisation")
    assert said.code == 3
    assert "equilibria takes one scenario, and this stands for" in said.err
    assert "name one of return_to_globalisation" in said.err


MAP = ("map", "core", "--along", "tariff=0:2:3", "--along", "experience lost=0:1:3")
POLICY = ("policy", "core", "--parameter", "tariff", "--from", "0", "--to", "1", "--longest")
BRANCH = ("branch", "core", "--parameter", "tariff", "--to", "1", "--from")


@pytest.mark.parametrize(
    ("flag", "arguments"),
    [
        ("--longest", (*POLICY, "inf")),
        ("--longest", (*POLICY, "nan")),
        ("--from", (*BRANCH, "-inf")),
        ("--stops", (*BRANCH, "0", "--stops", "0")),
        ("--starts", (*BRANCH, "0", "--starts", "-1")),
        ("--second", (*BRANCH, "0", "--second", "experience lost=0:inf")),
        *(("--horizon", ("equilibria", "core", "--horizon", n)) for n in ("nan", "-1", "0")),
        ("--at", ("equilibria", "core", "--at", "nan")),
        ("--at", ("equilibria", "core", "--at", "2_000")),
        ("--seed", ("equilibria", "core", "--seed", "-1")),
        ("--starts", ("equilibria", "core", "--starts", "-1")),
        ("--seed", ("basins", "core", "--members", "3", "--seed", "-1")),
        ("--slower", ("hysteresis", *POLICY[1:-1], "--duration", "9", "--slower", "inf")),
        ("--duration", ("hysteresis", *POLICY[1:-1], "--duration", "nan")),
        ("--window", ("detect", "x.nc", "--rule", "a: b > 1", "--window", "1.5")),
        ("--lasting", ("detect", "x.nc", "--rule", "a: b > 1", "--lasting", "nan")),
    ],
)
def test_a_number_out_of_bounds_is_a_usage_error(
    flag: str, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    said = call(capsys, "regimes", *arguments)
    assert said.code == 2
    assert f"Invalid value for {flag}" in said.err.replace("'", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("map", "core", "--along", "tariff=0:2:3", "--along", "Tariff=0:1:4"),
        (*BRANCH, "0", "--second", "tariff=0:1"),
    ],
)
def test_a_study_of_two_constants_refuses_the_same_one_twice(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    said = call(capsys, "regimes", *arguments)
    assert said.code == 3
    assert "name two different constants" in said.err


def test_a_study_is_written_to_netcdf_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = call(capsys, "regimes", "equilibria", "core", "-o", tmp_path / "x.txt")
    assert said.code == 2
    assert "only .nc can be written" in said.err
