"""What the repository promises about itself: commands, versions, sizes, docstrings."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "simdistrict").rglob("*.py"))
MODULE_LINES = 600
MEDIAN_LINES = 150
FUNCTION_LINES = 80


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_two_commands_of_the_readme_are_make_targets() -> None:
    commands = re.findall(r"^(?:\$ )?make ([a-z-]+)", read("README.md"), re.MULTILINE)
    assert {"run", "test"} <= set(commands)
    assert set(commands) <= make_targets()


def test_the_contributors_page_names_existing_targets() -> None:
    assert set(re.findall(r"`make ([a-z-]+)`", read("CONTRIBUTING.md"))) <= make_targets()


def test_the_gate_runs_existing_targets_and_the_tests_among_them() -> None:
    script = read(".ci/run")
    loops = re.findall(r"^ *for target in (.+); do$", script, re.MULTILINE)
    single = re.findall(r"^part .+ (\S+)$", script, re.MULTILINE)
    targets = set(" ".join([*loops, *single]).split())
    required = {"lint", "types", "contract", "spell", "docs", "wheel", "run", "test", "smoke"}
    assert required <= targets <= make_targets()


def test_a_smoke_test_exists() -> None:
    lines = subprocess.run(
        ["make", "--dry-run", "--always-make", "smoke"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    (command,) = (line for line in lines if "-m pytest" in line)
    paths = [word for word in command.split() if word.startswith("tests/")]
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_one_version_everywhere() -> None:
    cited = re.search(r"^version: (.+)$", read("CITATION.cff"), re.MULTILINE).group(1)
    assert re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE).group(1) == cited
    project = tomllib.loads(read("pyproject.toml"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "simdistrict/base/version.py"


def test_the_floors_in_the_docs_are_those_of_the_contract() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (floors,) = (c["layers"] for c in contracts if c.get("containers") == ["simdistrict"])
    picture = (
        read("docs/architecture.md").partition("## Floors")[2].split("```")[1].removeprefix("text")
    )
    assert [re.split(r"\s{2,}", row)[0] for row in picture.strip().splitlines()] == floors


# a line that each contract forbids, at the end of a module
VIOLATIONS = {
    "Floors: a module imports only from floors below its own": (
        "base/version.py",
        "import simdistrict.cli.main",
    ),
    "Circles: no import leads back, not even one inside a function": (
        "base/errors.py",
        "def _lazy() -> None:\n    import simdistrict.base.atomic",
    ),
    "Door: click only in cli": ("run/plan.py", "import click"),
}


def test_a_planted_violation_breaks_the_import_contract(tmp_path: Path) -> None:
    pytest.importorskip("importlinter", reason="import-linter is not installed: simdistrict[dev]")
    shutil.copytree(ROOT / "simdistrict", tmp_path / "simdistrict")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, line in VIOLATIONS.values():
        with (tmp_path / "simdistrict" / module).open("a", encoding="utf-8") as file:
            file.write(f"\n\n{line}\n")
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-logo", "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    broken = re.findall(r"^(.+) BROKEN$", done.stdout, re.MULTILINE)
    assert {*VIOLATIONS} <= {*broken}, done.stdout


def test_nothing_lies_loose_at_the_root_of_the_package() -> None:
    files = {path.name for path in (ROOT / "simdistrict").iterdir() if path.is_file()}
    assert files == {"__init__.py", "__main__.py", "py.typed"}


def test_half_of_the_modules_are_short() -> None:
    lines = [path.read_text(encoding="utf-8").count("\n") for path in MODULES]
    assert median(lines) <= MEDIAN_LINES


def test_no_module_is_left_out_of_the_type_check() -> None:
    assert [name_of(p) for p in MODULES if "ignore-errors" in p.read_text(encoding="utf-8")] == []
    assert "ignore_errors" not in read("pyproject.toml")


def test_the_engine_reads_no_meaning_in_the_spelling_of_a_name() -> None:
    spelling = re.compile(r"""(startswith|endswith|removeprefix)\(["']#""")
    engine = [path for path in MODULES if "engine" in path.parts]
    assert len(engine) > 50
    assert [name_of(p) for p in engine if spelling.search(p.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_fits_in_a_head(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MODULE_LINES
    long = {
        node.name: size
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := lines_of(node)) > FUNCTION_LINES
    }
    assert not long


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function; of one with an example for users, those of its statements."""
    text = ast.get_docstring(node) or ""
    first = node.body[1].lineno if ">>> " in text and len(node.body) > 1 else node.lineno
    return (node.end_lineno or first) - first + 1


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_is_public_says_what_it_gives(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), "the module has no docstring"
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    public = [n for n in tree.body if isinstance(n, definitions) and not n.name.startswith("_")]
    assert [n.name for n in public if not ast.get_docstring(n)] == []
