"""The door for input files: what it opens, what it refuses, and that there is no other."""

from __future__ import annotations

import ast
import os
import socket
from pathlib import Path

import pytest

from simdistrict.base.errors import ExchangeError, ScenarioError
from simdistrict.base.inputs import InputKind, content, digest, head, opened
from simdistrict.base.library import PACKAGE
from simdistrict.base.renames import JOURNAL
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
KIND = InputKind("a letter", 10)

# modules that open files of our own, or the program's source; everything else has the door
DOORS = {
    "base/inputs.py": "the door",
    "base/cache.py": "own files",
    "base/lock.py": "own files",
    "base/budget.py": "the memory that a container has",
    "base/identity.py": "the sources of the package",
    "base/version.py": "the version of the package",
    "base/renames.py": "own files",
    "cli/program.py": "the null device, for output",
    "api/commands/new.py": "the shipped example",
    "engine/native/reader.py": "the sources of the package",
    "result/opening.py": "xarray opens a path, which result.netcdf has read",
    "result/netcdf.py": "netCDF4 opens a path, which the door has checked",
    "exchange/external/xlsx.py": "openpyxl and zipfile get an open file",
    "exchange/external/xls.py": "xlrd gets the bytes of a file",
    "ensemble/parts.py": "numpy and zipfile get an open file",
    "inference/keeping.py": "numpy and zipfile get an open file",
    "tables/reduced.py": "numpy gets the bytes of a file of the cache",
}
_LIBRARIES = ("load_workbook", "open_workbook", "ZipFile", "ParseFile", "read_csv", "open_dataset")
_READS = ("read_text", "read_bytes")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_read_up_to_its_limit(folder: Path) -> None:
    path = folder / "letter.txt"
    path.write_bytes(b"dear\r\nsir.")
    assert content(path, KIND) == b"dear\r\nsir."
    path.write_bytes(b"dear\r\nsir..")
    with pytest.raises(ExchangeError, match=r"letter.txt \| 0.0 MB is more than a letter can have"):
        content(path, KIND)


def test_only_regular_files_are_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("pipe")
    (folder / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for name in ("pipe", "link", "zero", "socket", "/dev/null", "/dev/tty"):
            with pytest.raises(ExchangeError, match="this is not a regular file"):
                content(Path(name), KIND)
            assert head(Path(name), 8) == b""
            assert digest(Path(name)) == ""
    with pytest.raises(ExchangeError, match="this is a folder"):
        content(folder, KIND)


@pytest.mark.parametrize("name", ["/proc/self/status", "/proc/self/environ", "/sys/kernel/notes"])
def test_files_of_the_operating_system_are_refused(folder: Path, name: str) -> None:
    if not os.path.exists(name):
        pytest.skip(f"no {name} here")
    (folder / "link").symlink_to(name)
    for path in (Path(name), folder / "link"):
        with pytest.raises(ExchangeError, match="this is a file of the operating system"):
            content(path, KIND)


@pytest.mark.parametrize("name", ["gone", "a\0b", "n" * 5000])
def test_a_missing_or_impossible_file_is_an_error_of_its_kind(name: str) -> None:
    kind = InputKind("a letter", 10, ScenarioError)
    with pytest.raises(ScenarioError):
        content(Path(name), kind)


def test_a_file_that_changes_meanwhile_is_an_error(folder: Path) -> None:
    path = folder / "letter.txt"
    path.write_bytes(b"dear")
    reading = opened(path, KIND)
    assert reading.__enter__().read() == b"dear"
    path.write_bytes(b"dear sir")
    with pytest.raises(ExchangeError, match="the file changed while it was read"):
        reading.__exit__(None, None, None)


def _command(kind: str, name: str) -> list[str]:
    ensemble = ["ensemble", "m.mdl", "--members", "4", "-o", "out.nc", "--prior"]
    return {
        "model": ["run", name],
        "scenario": ["run", name],
        "changes": ["run", "m.mdl", "--changes", name],
        "data": ["run", "m.mdl", "--data", name],
        "save list": ["run", "m.mdl", "--save", f"@{name}"],
        "prior": [*ensemble, name],
        "control": [*ensemble, name],
        "result": ["rerun", name],
        "figure": ["plot", name, "-o", "out.svg"],
        "table": ["compare", name, name],
        "regimes": ["regimes", "detect", name, "--rule", "k: k > 1"],
        "sensitivity": ["sensitivity", name, "--method", "pawn", "--indicator", "k"],
        "observed": ["calibrate", "m.mdl", "--data", name, "--free", "k=1:5"],
        "layout": ["layout", name, "-o", "laid.mdl"],
        "conversion": ["convert", name, "made.xmile"],
    }[kind]


NAMES = {
    "model": "pipe.mdl",
    "scenario": "pipe.yaml",
    "changes": "pipe.cin",
    "data": "pipe.dat",
    "save list": "pipe.lst",
    "prior": "pipe.csv",
    "control": "pipe.vsc",
    "result": "pipe.nc",
    "figure": "pipe.nc",
    "table": "pipe.tab",
    "regimes": "pipe.nc",
    "sensitivity": "pipe.nc",
    "observed": "pipe.csv",
    "layout": "pipe.mdl",
    "conversion": "pipe.mdl",
}


@pytest.mark.parametrize("kind", NAMES)
def test_every_command_refuses_a_pipe_at_once(kind: str, folder: Path, capsys: Capsys) -> None:
    (folder / "m.mdl").write_text(mdl("k = 3\nx = INTEG(k, 0)"))
    os.mkfifo(folder / NAMES[kind])
    answer = call(capsys, *_command(kind, NAMES[kind]))
    assert answer.code in (2, 3)
    assert NAMES[kind] in answer.err
    assert "unexpected" not in answer.err


def _opens(tree: ast.AST) -> list[str]:
    """The calls that open a file for reading."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        is_path = not node.args or bool(texts)
        keywords = {key.arg for key in node.keywords}
        of_open = keywords <= {"mode", "encoding", "errors", "newline", "buffering"}
        writes = any("w" in str(text) or "a" in str(text) for text in texts)
        if name == "open" and isinstance(node.func, ast.Name):
            found.append("open()")
        elif name == "open" and is_path and of_open and not writes:
            found.append(".open()")
        elif (name in _READS and is_path) or name in _LIBRARIES:
            found.append(name)
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            whole = f"{node.func.value.id}.{name}"
            if whole in ("os.open", "io.open", "np.load", "np.loadtxt", "netCDF4.Dataset"):
                found.append(whole)
    return found


def test_no_other_module_opens_an_input_file() -> None:
    sample = "open(p); p.open('rb'); p.read_text('utf-8'); np.load(p); o.load_workbook(p)"
    assert len(_opens(ast.parse(sample))) == 5
    assert _opens(ast.parse("p.open('wb'); parts.open(resume=True); mdl.read_text(p)")) == []
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if calls := _opens(ast.parse(path.read_text(encoding="utf-8"))):
            found[path.relative_to(PACKAGE).as_posix()] = calls
    assert {name: calls for name, calls in found.items() if name not in DOORS} == {}
    assert sorted(DOORS) == sorted(found), "a door that opens nothing"


def test_a_pipe_in_the_place_of_a_journal_stops_nothing(folder: Path, capsys: Capsys) -> None:
    (folder / "m.mdl").write_text(mdl("k = 3\nx = INTEG(k, 0)"))
    os.mkfifo(folder / JOURNAL)
    assert call(capsys, "check", "m.mdl").code in (0, 5)
