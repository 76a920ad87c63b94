"""What the repository promises about itself: commands, versions, sizes, docstrings."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from simdistrict.base.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "simdistrict").rglob("*.py"))
MODULE_LINES = 600
FUNCTION_LINES = 80


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_two_commands_of_the_readme_are_make_targets() -> None:
    commands = re.findall(r"^(?:\$ )?make ([a-z]+)", read("README.md"), re.MULTILINE)
    assert {"run", "test"} <= set(commands)
    assert set(commands) <= make_targets()


def test_the_contributors_page_names_existing_targets() -> None:
    assert set(re.findall(r"`make ([a-z]+)`", read("CONTRIBUTING.md"))) <= make_targets()


def test_the_gate_runs_existing_targets_and_the_tests_among_them() -> None:
    match = re.search(r"^for target in (.+); do$", read(".ci/run"), re.MULTILINE)
    assert match
    targets = set(match.group(1).split())
    assert {"lint", "types", "contract", "spell", "test", "wheel"} <= targets <= make_targets()


def test_one_version_everywhere() -> None:
    assert re.search(r"^version: (.+)$", read("CITATION.cff"), re.MULTILINE).group(1) == VERSION
    assert re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE).group(1) == VERSION
    project = tomllib.loads(read("pyproject.toml"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "simdistrict/base/version.py"


def test_the_floors_in_the_docs_are_those_of_the_contract() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (floors,) = (c["layers"] for c in contracts if c.get("containers") == ["simdistrict"])
    picture = read("docs/architecture.md").partition("## Floors")[2].split("```")[1]
    assert [re.split(r"\s{2,}", row)[0] for row in picture.strip().splitlines()] == floors


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_fits_in_a_head(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MODULE_LINES
    long = {
        node.name: size
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := node.end_lineno - node.lineno + 1) > FUNCTION_LINES
    }
    assert not long


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_is_public_says_what_it_gives(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), "the module has no docstring"
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    public = [n for n in tree.body if isinstance(n, definitions) and not n.name.startswith("_")]
    assert [n.name for n in public if not ast.get_docstring(n)] == []
