"""Names and paths become files of models and scenarios."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from simdistrict.base import library
from simdistrict.base.errors import ModelError, ScenarioError
from simdistrict.base.library import (
    example_project,
    find_model,
    find_scenario,
    models,
    scenarios,
    shown,
)
from simdistrict.base.outside import outside_allowed


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with models and scenarios beside it, and an empty current directory."""
    root = tmp_path / "checkout"
    for file in (
        "models/district/district.mdl", "models/core/core.mdl", "models/core/README.md",
        "models/broken/other.mdl", "scenarios/baseline.yaml", "scenarios/tariffs.yaml",
        "scenarios/README.md", "example/README.md",
    ):  # fmt: skip
        _write(root / file)
    (root / "package").mkdir()
    monkeypatch.setattr(library, "PACKAGE", root / "package")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return root


def _write(path: Path, text: str = "title: x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_shipped_beside_the_package(shelf: Path) -> None:
    assert models() == {n: shelf / f"models/{n}/{n}.mdl" for n in ("core", "district")}
    assert list(scenarios()) == ["baseline", "tariffs"]
    assert example_project() == shelf / "example"


def test_inside_the_package_comes_first(shelf: Path) -> None:
    inside = _write(shelf / "package/models/inner/inner.mdl")
    _write(shelf / "package/scenarios/inner.yaml")
    _write(shelf / "package/example/README.md")
    assert models() == {"inner": inside}
    assert list(scenarios()) == ["inner"]
    assert example_project() == shelf / "package/example"


def test_nothing_shipped(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "PACKAGE", shelf / "nowhere" / "package")
    assert models() == {}
    assert scenarios() == {}


def test_the_real_ones_are_there() -> None:
    assert {"district", "core"} <= set(models())
    assert (example_project() / "README.md").is_file()


# ---------------------------------------------------------------------- models


def test_model_by_name(shelf: Path) -> None:
    assert find_model("core") == shelf / "models/core/core.mdl"


def test_model_name_is_not_confused_by_a_folder_or_file(shelf: Path) -> None:
    Path("core").mkdir()
    Path("district").write_text("x")
    assert find_model("core") == shelf / "models/core/core.mdl"
    assert find_model("district") == shelf / "models/district/district.mdl"


def test_model_by_path(shelf: Path) -> None:
    for name in ("own.mdl", "own.xmile", "own.STMX"):
        _write(Path(name))
        assert find_model(name) == Path(name)


def test_model_path_starts_at_near(shelf: Path, tmp_path: Path) -> None:
    own = _write(tmp_path / "project/own.mdl")
    near = tmp_path / "project/scenarios"
    near.mkdir()
    assert find_model("../own.mdl", near).resolve() == own
    with pytest.raises(ModelError, match="no such file"):
        find_model("../own.mdl")


def test_absolute_model_path(shelf: Path, tmp_path: Path) -> None:
    own = _write(tmp_path / "own.mdl")
    assert find_model(str(own)) == own
    with outside_allowed():
        assert find_model(str(own), Path("elsewhere")) == own
    with pytest.raises(ModelError, match="--allow-outside"):
        find_model(str(own), Path("elsewhere"))


def model_error(name: str) -> str:
    with pytest.raises(ModelError) as caught:
        find_model(name)
    return str(caught.value)


def test_unknown_model_names_the_nearest(shelf: Path) -> None:
    message = model_error("distrikt")
    assert 'there is no model called "distrikt"' in message
    assert "did you mean district?" in message


def test_model_without_its_suffix(shelf: Path) -> None:
    _write(Path("workshops.mdl"))
    assert "did you mean workshops.mdl?" in model_error("workshops")


def test_missing_model_file_names_the_nearest(shelf: Path) -> None:
    _write(Path("workshops.mdl"))
    message = model_error("workshop.mdl")
    assert message.startswith("workshop.mdl | there is no such file")
    assert "did you mean workshops.mdl?" in message


def test_model_path_with_another_suffix(shelf: Path) -> None:
    _write(Path("sub/own.text"))
    told = "a model file ends in .mdl, .xmile, .stmx, .itmx or .xml"
    assert told in model_error("sub/own.text")


@pytest.mark.parametrize(
    ("name", "words", "advice"),
    [
        ("own.vpmx", "published model of Vensim", ".mdl"),
        ("sub/own.VMF", "binary format", "Text Format Models (.mdl)"),
        ("own.itm", "iThink before version 10", ".stmx"),
        ("own.cin", "a changes file", "--changes"),
        ("own.nc", "a result, not a model", "rerun"),
    ],
)
def test_a_file_of_another_program_is_named(
    shelf: Path, name: str, words: str, advice: str
) -> None:
    """Whether or not the file exists, and where a scenario may stand too."""
    for message in (model_error(name), scenario_error(name)):
        assert words in message
        assert advice in message


def test_folder_as_a_model(shelf: Path) -> None:
    Path("odd.mdl").mkdir()
    assert "this is a folder, not a file" in model_error("odd.mdl")
    _write(Path("sub/own.mdl"))
    assert "did you mean sub/own.mdl?" in model_error("sub/")


@pytest.mark.parametrize("name", ["a" * 5_000 + ".mdl", "a\0b.mdl", "a" * 5_000, "", "."])
def test_impossible_model_name(shelf: Path, name: str) -> None:
    assert " | " in model_error(name)


# ---------------------------------------------------------------------- scenarios


def test_scenario_by_name(shelf: Path) -> None:
    assert find_scenario("tariffs") == shelf / "scenarios/tariffs.yaml"


def test_scenario_in_the_current_directory(shelf: Path) -> None:
    _write(Path("scenarios/own.yaml"))
    _write(Path("scenarios/short.yml"))
    assert find_scenario("own") == Path("scenarios/own.yaml")
    assert find_scenario("short") == Path("scenarios/short.yml")
    assert list(scenarios()) == ["baseline", "own", "short", "tariffs"]


def test_local_scenario_wins_with_a_warning(shelf: Path, caplog: pytest.LogCaptureFixture) -> None:
    _write(Path("scenarios/tariffs.yaml"), "title: mine\n")
    with caplog.at_level(logging.WARNING):
        assert find_scenario("tariffs") == Path("scenarios/tariffs.yaml")
    assert "not the shipped scenario of that name" in caplog.text
    assert scenarios()["tariffs"] == Path("scenarios/tariffs.yaml")


def test_equal_local_scenario_needs_no_warning(
    shelf: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _write(Path("scenarios/tariffs.yaml"))
    with caplog.at_level(logging.WARNING):
        assert find_scenario("tariffs") == Path("scenarios/tariffs.yaml")
    assert caplog.text == ""


def test_scenario_name_is_not_confused_by_a_folder(shelf: Path) -> None:
    Path("tariffs").mkdir()
    Path("scenarios/tariffs").mkdir(parents=True)
    Path("scenarios/baseline.yaml").mkdir()
    assert find_scenario("tariffs") == shelf / "scenarios/tariffs.yaml"
    assert find_scenario("baseline") == shelf / "scenarios/baseline.yaml"


def test_scenario_by_path_and_near(shelf: Path, tmp_path: Path) -> None:
    own = _write(tmp_path / "project/own.yaml")
    assert find_scenario("own.yaml", tmp_path / "project") == own
    assert find_scenario("own", tmp_path / "project") == own
    assert find_scenario("tariffs", tmp_path / "project") == shelf / "scenarios/tariffs.yaml"


def scenario_error(name: str, near: Path | None = None) -> str:
    with pytest.raises(ScenarioError) as caught:
        find_scenario(name, near)
    return str(caught.value)


def test_unknown_scenario_names_the_nearest(shelf: Path) -> None:
    message = scenario_error("tarifs")
    assert 'there is no scenario called "tarifs"' in message
    assert "did you mean tariffs?" in message


def test_a_model_beside_is_what_was_meant(shelf: Path) -> None:
    _write(Path("mine.mdl"))
    assert "did you mean mine.mdl?" in scenario_error("mine")


def test_unknown_scenario_names_what_lies_near(shelf: Path, tmp_path: Path) -> None:
    _write(tmp_path / "project/subsidy.yaml")
    assert "did you mean subsidy?" in scenario_error("subsidi", tmp_path / "project")


def test_missing_scenario_file(shelf: Path) -> None:
    _write(Path("scenarios/own.yaml"))
    message = scenario_error("scenarios/onw.yaml")
    assert message.startswith("scenarios/onw.yaml | there is no such file")
    assert "did you mean own.yaml?" in message


def test_scenario_path_with_another_suffix(shelf: Path) -> None:
    assert "a scenario file ends in .yaml or .yml" in scenario_error("sub/own.json")


@pytest.mark.parametrize("name", ["a" * 5_000 + ".yaml", "a\0b.yaml", "a" * 5_000, ""])
def test_impossible_scenario_name(shelf: Path, name: str) -> None:
    assert " | " in scenario_error(name)


# ---------------------------------------------------------------------- paths in messages


def test_shown(shelf: Path) -> None:
    assert shown(Path("sub/../x.yaml")) == "x.yaml"
    assert shown(Path.cwd() / "scenarios/x.yaml") == "scenarios/x.yaml"
    assert shown(shelf / "scenarios/tariffs.yaml") == str(shelf / "scenarios/tariffs.yaml")
