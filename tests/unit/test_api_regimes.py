"""Studies of regimes from Python: the same Datasets as the files of the commands, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import simdistrict as sd
from simdistrict.base.errors import ScenarioError
from simdistrict.regimes.studies.commands import STUDIES
from tests.program import call

TARIFF = ["--parameter", "tariff", "--from", 0, "--to", 2]
ALONG = ["--along", "tariff=0:2:3", "--along", "cost ratio=1.1:1.5:2"]
SURVIVES = ["--survives", "home experience >= 0.5", "--at", 20]
BOX = {"home experience": (0.01, 0.5)}
CALLS: dict[str, tuple[list[Any], str, tuple[Any, ...], dict[str, Any]]] = {
    "equilibria": (
        ["equilibria", "core", "--at", 5, "--starts", 4, "--output", "home share", "--seed", 3],
        *("equilibria", (), {"at": 5, "starts": 4, "outputs": "home share", "seed": 3}),
    ),
    "branch": (["branch", "core", *TARIFF], "branch", ("tariff", 0, 2), {}),
    "fold curve": (
        ["branch", "core", *TARIFF, "--second", "cost ratio=1.1:1.5", "--stops", 2],
        *("branch", ("tariff", 0, 2), {"second": ("cost ratio", 1.1, 1.5), "stops": 2}),
    ),
    "hysteresis": (
        ["hysteresis", "core", *TARIFF, "--duration", 40, "--slower", 3],
        *("hysteresis", ("tariff", 0, 2, 40), {"slower": [3]}),
    ),
    "basins": (
        ["basins", "core", "--members", 20, "--initial", "home experience=0.01:0.5"],
        *("basins", (), {"members": 20, "initial": BOX}),
    ),
    "basins along": (
        ["basins", "core", "--members", 10, "--along", "tariff=0:2:3", "--horizon", 900],
        *("basins", (), {"members": 10, "along": ("tariff", 0, 2, 3), "horizon": 900}),
    ),
    "regime map": (
        ["map", "core", *ALONG, "--where", "home experience >= 0.5"],
        "regime_map",
        ({"tariff": (0, 2, 3), "cost ratio": (1.1, 1.5, 2)},),
        {"where": "home experience >= 0.5"},
    ),
    "basins over draws": (
        ["basins", "core", "--members", 10, "--design", "draws.csv", "--draws", 2],
        *("basins", (), {"members": 10, "design": "draws.csv", "draws": 2}),
    ),
    "regime map over draws": (
        ["map", "core", *ALONG, "--design", "draws.csv", "--draws", 2],
        "regime_map",
        ({"tariff": (0, 2, 3), "cost ratio": (1.1, 1.5, 2)},),
        {"design": "draws.csv", "draws": 2},
    ),
    "policy map": (
        ["policy", "core", *TARIFF, "--longest", 80, "--doses", 3, "--durations", 2],
        *("policy_map", ("tariff", 0, 2, 80), {"doses": 3, "durations": 2}),
    ),
    "loops": (["loops", "core"], "loop_scores", (), {}),
    "classes": (
        ["classes", "none.yaml", "help.yaml", "--prior", "prior.csv", "--members", 30, *SURVIVES],
        "classes",
        (["none.yaml", "help.yaml"],),
        {"prior": "prior.csv", "members": 30, "survives": "home experience >= 0.5", "at": 20},
    ),
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prior.csv").write_text(
        "element,label,value,low,high,distribution\ncost ratio,,1.3,1.1,1.5,uniform\n"
    )
    Path("draws.csv").write_text("sourcing elasticity\n3\n4\n5\n")
    Path("none.yaml").write_text("title: None\nmodel: core\n")
    policy = "policies:\n  help: {start: 5, set: {tariff: 1.5}}\n"
    Path("help.yaml").write_text(f"title: Help\nmodel: core\n{policy}")


@pytest.fixture(scope="module")
def core() -> sd.LoadedModel:
    return sd.load("core")


def test_every_study_has_a_method() -> None:
    assert set(CALLS) == set(STUDIES)


@pytest.mark.parametrize("study", CALLS)
def test_a_study_is_that_of_the_command(
    core: sd.LoadedModel, study: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, method, given, options = CALLS[study]
    found = getattr(core, method)(*given, **options)
    assert call(capsys, "regimes", *words, "-o", "out.nc").code == 0
    xr.testing.assert_identical(found, sd.open("out.nc"))
    assert f'"study": "{study}"' in found.attrs["regimes_request"]


def test_a_study_is_repeated_from_a_dataset(core: sd.LoadedModel) -> None:
    found = core.branch("tariff", 0, 2, params={"cost ratio": 1.25}, stops=1)
    again = sd.rerun(found)
    assert again.same
    assert again.first is None
    changed = found.copy()
    changed["special_parameter"] = changed["special_parameter"] + 1e-12
    other = sd.rerun(changed)
    assert not other.same
    assert other.table.index.tolist() == ["special_parameter"]


@pytest.mark.parametrize(
    ("method", "given", "options", "words"),
    [
        ("equilibria", (), {"starts": -1}, "starts | -1 is below 0"),
        ("equilibria", (), {"starts": 2.5}, "starts | 2.5 is no whole number"),
        ("equilibria", (), {"horizon": 0}, "horizon | 0 is not above 0"),
        ("equilibria", (), {"at": float("nan")}, "at | nan is no finite number"),
        ("equilibria", (), {"hold": "nothing"}, "nothing"),
        ("branch", ("tariff", 2, 0), {}, "parameter | "),
        ("branch", ("tarif", 0, 2), {}, 'did you mean "tariff"'),
        ("hysteresis", ("tariff", 0, 2, 40), {"slower": [0.5]}, "slower | "),
        ("basins", (), {"initial": {"home experience": (1, 0)}}, "box | "),
        ("basins", (), {"along": ("tariff", 0, 2, 1)}, "along | "),
        ("regime_map", ({"tariff": (0, 2, 3)},), {}, "a map is over two constants"),
        ("policy_map", ("tariff", 0, 2, 80), {"doses": 1}, "doses | 1 is below 2"),
    ],
)
def test_options_are_checked(
    core: sd.LoadedModel, method: str, given: Any, options: Any, words: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        getattr(core, method)(*given, **options)
    assert words in str(caught.value)


def test_regimes_of_a_run_by_rules(core: sd.LoadedModel) -> None:
    rules = ["home: home experience >= 0.5", "abroad: home experience < 0.1"]
    run = core.run(params={"tariff": 0.4, "initial home experience": 0.8})
    run.to_netcdf("run.nc")
    found = core.detect(run, rules)
    assert found["regime"].tolist() == ["home", "in transition", "abroad"]
    assert found["shift"].tolist() == [False, True, True]
    assert (found["start"].iloc[1:].values > found["end"].iloc[:-1].values).all()
    assert core.detect("run.nc", rules).equals(found)
    with pytest.raises(ScenarioError, match="does not hold"):
        core.detect(run, "home: nothing > 1")


def test_numbers_of_the_wrong_form_are_refused_in_words() -> None:
    m = sd.load("core")
    calls = {
        "slower | 4 is not a list": lambda: m.hysteresis("tariff", 0, 2, 40, slower=4),  # type: ignore[arg-type]
        "(0, 1) is not (low, high, count)": lambda: m.regime_map({"tariff": (0, 1)}),  # type: ignore[dict-item]
        "along | it is a list": lambda: m.regime_map(["tariff"]),  # type: ignore[arg-type]
        "along | (0, 1) is not (low": lambda: m.basins(along=("tariff", 0, 1)),  # type: ignore[arg-type]
        "1 is not (low, high)": lambda: m.basins(initial={"home experience": 1}),  # type: ignore[dict-item]
    }
    for words, faulty in calls.items():
        with pytest.raises(ScenarioError) as caught:
            faulty()
        assert words in str(caught.value)
