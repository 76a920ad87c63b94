"""Files that a model, a scenario or a study names: read only where they lie with it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import xarray as xr

from simdistrict.base.outside import is_outside, outside_allowed, relative_name
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
ALLOW = "--allow-outside"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table of numbers, and in it the folder `given` with a model and a table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text("k,7\n")
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "own.csv").write_text("k,5\n")
    write("given/m.mdl", "own.csv")
    return tmp_path


def write(path: str, table: str, tag: str = "") -> None:
    """A model that reads one number of a table."""
    text = mdl(f"k = GET DIRECT CONSTANTS('{table}', ',', 'B1')\nx = INTEG(k, 0)")
    if tag:
        sketch = "\n\\\\\\---/// Sketch information - do not modify anything except names\n"
        text += f"{sketch}V300  Do not put anything below this\n*View 1\n///---\\\\\\\n"
        text += f":L\x7f<%^E!@\n30:{table}={tag}\n"
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def number(path: str) -> float:
    with xr.open_dataset(path) as data:
        return float(data.k)


ELSEWHERE = [
    "../secret.csv",
    "..\\secret.csv",
    "deeper/../../secret.csv",
    "{home}/secret.csv",
    "link.csv",
    "linked/secret.csv",
]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_table_outside_the_folder_of_the_model_needs_the_users_word(
    name: str, home: Path, capsys: Capsys
) -> None:
    (home / "given" / "link.csv").symlink_to("../secret.csv")
    (home / "given" / "linked").symlink_to("..")
    (home / "given" / "deeper").mkdir()
    name = name.format(home=home)
    write("given/m.mdl", name)
    answer = call(capsys, "run", "given/m.mdl", "-o", "out.nc")
    assert answer.code == 3
    assert f'given/m.mdl:2 | "k": {name} is outside the folder of the model' in answer.err
    assert ALLOW in answer.err
    assert not Path("out.nc").exists()
    assert call(capsys, "run", "given/m.mdl", "-o", "out.nc", ALLOW).code == 0
    assert number("out.nc") == 7
    # the model is in the cache now, with the numbers of that table
    again = call(capsys, "run", "given/m.mdl", "-o", "again.nc")
    assert (again.code, ALLOW in again.err) == (3, True)


def test_a_model_may_be_named_through_a_link(home: Path, capsys: Capsys) -> None:
    (home / "given" / "k.csv").write_text("k,6\n")
    (home / "other").symlink_to("given")
    write("given/m.mdl", "k.csv")
    assert call(capsys, "run", "other/m.mdl", "-o", "out.nc").code == 0
    assert number("out.nc") == 6


@pytest.mark.parametrize("name", ["C:\\data\\k.csv", "c:k.csv", "\\\\server\\k.csv", "//server/k"])
def test_a_path_of_windows_is_outside(name: str, home: Path, capsys: Capsys) -> None:
    write("given/m.mdl", name)
    answer = call(capsys, "run", "given/m.mdl", "-o", "out.nc")
    assert answer.code == 3
    assert "is outside the folder of the model" in answer.err


def test_nothing_outside_is_looked_at(home: Path, capsys: Capsys) -> None:
    said = []
    for name in ("../secret.csv", "../absent.csv"):
        write("given/m.mdl", name)
        said.append(call(capsys, "run", "given/m.mdl", "-o", "out.nc").err.replace(name, ""))
    assert said[0] == said[1]


def test_a_tag_finds_the_file_of_its_bare_name_but_none_outside(home: Path, capsys: Capsys) -> None:
    write("given/m.mdl", "?secret.csv", tag=str(home / "secret.csv"))
    answer = call(capsys, "run", "given/m.mdl", "-o", "out.nc")
    assert (answer.code, "is outside the folder" in answer.err) == (3, True)
    (home / "given" / "secret.csv").write_text("k,6\n")
    assert call(capsys, "run", "given/m.mdl", "-o", "out.nc").code == 0
    assert number("out.nc") == 6


def test_a_user_may_name_any_file(home: Path, capsys: Capsys) -> None:
    (home / "given" / "m.mdl").write_text(mdl("k = 1\nd\nx = INTEG(k + d, 0)"))
    (home / "c.cin").write_text("k = 3\n")
    (home / "d.dat").write_text("d\n0\t1\n10\t1\n")
    os.chdir("given")
    command = ["run", "m.mdl", "--changes", "../c.cin", "--data", str(home / "d.dat")]
    assert call(capsys, *command, "-o", "out.nc").code == 0
    with xr.open_dataset("out.nc") as data:
        assert list(json.loads(data.external_files)) == ["c.cin", "d.dat"]


def test_scenarios_and_models_of_a_project_lie_side_by_side(home: Path, capsys: Capsys) -> None:
    write("p/models/tank/tank.mdl", "../../scenarios/k.csv")
    (home / "p" / "scenarios" / "parts").mkdir(parents=True)
    (home / "p" / "scenarios" / "k.csv").write_text("k,4\n")
    scenario = home / "p" / "scenarios" / "s.yaml"
    scenario.write_text("title: S\nmodel: ../models/tank/tank.mdl\n")
    assert call(capsys, "run", "p/scenarios/s.yaml", "-o", "out.nc").code == 0
    assert number("out.nc") == 4
    with xr.open_dataset("out.nc") as data:
        assert list(json.loads(data.external_files)) == ["../../scenarios/k.csv"]


@pytest.mark.parametrize("folder", ["runs", "study", "scenarios"])
def test_a_project_has_no_other_folders(folder: str, home: Path, capsys: Capsys) -> None:
    """A stranger's folder that is unpacked among the user's own opens none of these."""
    (home / "private").mkdir()
    (home / "private" / "k.csv").write_text("k,7\n")
    write(f"{folder}/m.mdl", "../private/k.csv")
    answer = call(capsys, "run", f"{folder}/m.mdl", "-o", "out.nc")
    assert (answer.code, ALLOW in answer.err) == (3, True)
    write(f"{folder}/m.mdl", "../secret.csv")
    assert call(capsys, "run", f"{folder}/m.mdl", "-o", "out.nc").code == 0


@pytest.mark.parametrize("key", ["model", "base", "parts"])
def test_a_scenario_names_no_file_outside(key: str, home: Path, capsys: Capsys) -> None:
    (home / "other.mdl").write_text(mdl("k = 1"))
    (home / "other.yaml").write_text("title: O\nmodel: other.mdl\n")
    named = {"model": "../other.mdl", "base": "../other.yaml", "parts": "[../other.yaml]"}[key]
    (home / "given" / "s.yaml").write_text(f"title: S\n{key}: {named}\n")
    answer = call(capsys, "run", "given/s.yaml", "-o", "out.nc")
    assert answer.code == 3
    assert f"../other.{'mdl' if key == 'model' else 'yaml'}" in answer.err
    assert ALLOW in answer.err
    if key != "parts":
        assert call(capsys, "run", "given/s.yaml", "-o", "out.nc", ALLOW).code == 0


def test_tables_beside_a_model_are_no_links_to_other_folders(home: Path, capsys: Capsys) -> None:
    prior = "element,label,value,low,high,distribution\nk,,1,0,2,uniform\n"
    (home / "prior.csv").write_text(prior)
    (home / "given" / "m.mdl").write_text(mdl("k = 1\nx = INTEG(k, 0)"))
    (home / "given" / "data").mkdir()
    (home / "given" / "data" / "parameters.csv").symlink_to(home / "prior.csv")
    command = ["ensemble", "given/m.mdl", "--members", "8", "-o", "out.nc"]
    answer = call(capsys, *command)
    assert (answer.code, ALLOW in answer.err) == (3, True)
    assert call(capsys, *command, "--prior", "given/data/parameters.csv").code == 0


def test_a_result_names_its_files_without_the_folders_of_the_machine(
    home: Path, capsys: Capsys, caplog: pytest.LogCaptureFixture
) -> None:
    assert call(capsys, "run", "given/m.mdl", "-o", "one.nc").code == 0
    os.chdir("given")
    assert call(capsys, "run", "-v", "m.mdl", "-o", "../two.nc").code == 0
    assert "m: read own.csv (sha256 " in caplog.text
    os.chdir("..")
    assert Path("one.nc").read_bytes() == Path("two.nc").read_bytes()
    with xr.open_dataset("one.nc") as data:
        assert list(json.loads(data.external_files)) == ["own.csv"]
    assert "reads own.csv (sha256 " in call(capsys, "show", "model", "given/m.mdl").out


def test_which_files_are_outside(home: Path) -> None:
    folder = home / "given"
    assert not is_outside("own.csv", folder)
    assert not is_outside("../given/own.csv", folder)
    assert is_outside("../given2/own.csv", folder)
    assert is_outside("/etc/hostname", folder)
    assert is_outside("..", folder)
    with outside_allowed():
        assert not is_outside("/etc/hostname", folder)
    assert relative_name(home / "secret.csv", folder) == "secret.csv"
    assert relative_name(folder / "own.csv", folder) == "own.csv"
