"""`simdistrict new` and the example project that it copies."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from simdistrict.api.commands.new import copy_project
from simdistrict.base.errors import ExchangeError
from simdistrict.base.library import example_project
from simdistrict.cli.new import command
from simdistrict.tables import sources
from tests.program import call

FILES = {
    "README.md",
    "workshops.mdl",
    "workshops.checks.yaml",
    "scenarios/baseline.yaml",
    "scenarios/subsidy.yaml",
    "study/measures.py",
    "study/study.yaml",
}


def new(path: str) -> str:
    return CliRunner().invoke(command, [path], catch_exceptions=False).output


def files(folder: Path) -> set[str]:
    return {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["project", "my project", "below/a new/folder"])
def test_copies_the_project_and_prints_what_to_type_next(elsewhere: Path, name: str) -> None:
    lines = new(name).splitlines()
    assert files(elsewhere / name) == FILES
    assert lines[0] == ("cd project" if name == "project" else f"cd '{name}'")
    assert lines[1] == "simdistrict run scenarios/subsidy.yaml"


def test_fills_an_empty_folder_also_the_present_one(elsewhere: Path) -> None:
    assert new(".") == "simdistrict run scenarios/subsidy.yaml\n"
    assert files(elsewhere) == FILES


def test_refuses_a_folder_that_holds_something(elsewhere: Path) -> None:
    (elsewhere / "notes.txt").write_text("mine")
    with pytest.raises(ExchangeError, match="not empty"):
        new(".")
    assert files(elsewhere) == {"notes.txt"}


def test_refuses_the_name_of_a_file(elsewhere: Path) -> None:
    (elsewhere / "notes.txt").write_text("mine")
    with pytest.raises(ExchangeError, match=r"notes\.txt \| there is a file of this name"):
        new("notes.txt")
    assert (elsewhere / "notes.txt").read_text() == "mine"


def test_the_copy_can_be_changed_where_the_original_cannot(elsewhere: Path) -> None:
    source = elsewhere / "installed"
    source.mkdir()
    (source / "model.mdl").write_text("x")
    (source / "model.mdl").chmod(0o444)
    copy_project(source, elsewhere / "mine")
    assert (elsewhere / "mine" / "model.mdl").stat().st_mode & 0o200


def test_an_interrupted_copy_leaves_nothing(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space left"):
            copy_project(example_project(), elsewhere / "project")
    assert list(elsewhere.iterdir()) == []


def test_results_in_the_shipped_folder_are_not_copied(elsewhere: Path) -> None:
    source = elsewhere / "source"
    (source / "runs").mkdir(parents=True)
    (source / "runs" / "subsidy.nc").write_text("x")
    for left in ("results/workshops/claims.md", "study/__pycache__/measures.pyc"):
        (source / left).parent.mkdir(parents=True)
        (source / left).write_text("x")
    (source / "model.mdl").write_text("x")
    copy_project(source, elsewhere / "copy")
    assert files(elsewhere / "copy") == {"model.mdl"}


def test_the_study_of_the_new_project_runs(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(elsewhere / "cache"))
    new("mine")
    monkeypatch.chdir(elsewhere / "mine")
    assert call(capsys, "tables").out == "made 2 tables in results/workshops: claims, ends\n"
    page = Path("results/workshops/claims.md").read_text(encoding="utf-8")
    assert page.count("| holds |") == 3
    assert call(capsys, "tables", "workshops.mdl", "--check").code == 0
    edited = Path("results/workshops/ends.csv").read_text(encoding="utf-8").replace("334", "335")
    Path("results/workshops/ends.csv").write_text(edited, encoding="utf-8")
    said = call(capsys, "tables", "--check", "ends")
    assert said.code == 5
    assert 'ends.csv:3 subsidy 2080 | "335" should be "334"' in said.out
    names = [line.split()[0] for line in call(capsys, "list", "tables").out.splitlines()]
    assert names == ["claims", "ends"]
    assert call(capsys, "run", "scenarios/subsidy.yaml", "-o", "runs/out.nc").code == 0
    said = call(capsys, "regimes", "detect", "runs/out.nc", "--study", "workshops.mdl")
    assert said.out == "the run: in transition -> thriving (2052)\n"
    pytest.importorskip("matplotlib")
    assert call(capsys, "plot", "workshops.mdl", "workshops").code == 0
    assert Path("results/workshops/workshops.svg").is_file()


def test_a_changed_measure_makes_its_table_again(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(elsewhere / "cache"))
    new("mine")
    monkeypatch.chdir(elsewhere / "mine")
    call(capsys, "tables")
    assert "2 had not changed" in call(capsys, "tables").out
    path = Path("study/measures.py")
    path.write_text(path.read_text(encoding="utf-8") + "\n# another text\n", encoding="utf-8")
    sources._text.cache_clear()
    assert "made 1 table in results/workshops: claims" in call(capsys, "tables", "claims").out


def test_a_folder_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(suffix: object, prefix: str, dir: object) -> str:
        raise PermissionError(13, "Permission denied", f"{dir}/{prefix}dws2w2ni")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    answer = call(capsys, "new", "mine")
    assert answer.code == 3
    assert answer.err == ("error: mine | no permission to write here\n    choose another folder\n")


def test_a_folder_below_a_file_is_told(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (elsewhere / "notes.txt").write_text("mine")
    answer = call(capsys, "new", "notes.txt/mine")
    assert answer.code == 3
    assert "notes.txt/mine | the file cannot be written" in answer.err
