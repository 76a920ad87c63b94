"""The tutorials and the gallery as plain scripts: short lines, few imports, no failing cell."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIALS = sorted((ROOT / "docs" / "learn").glob("*.py"))
SCRIPTS = [*TUTORIALS, ROOT / "docs" / "gallery.py"]
WIDTH = 72  # a longer line is cut at the edge of the page
READING = 15  # minutes, at 200 words a minute and six lines of code a minute


def code_lines(script: Path) -> list[str]:
    lines = script.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def prose(script: Path) -> list[str]:
    lines = script.read_text(encoding="utf-8").splitlines()
    return [word for line in lines if line.startswith("# ") for word in line[2:].split()]


def imported(script: Path) -> set[str]:
    tree = ast.parse(script.read_text(encoding="utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    return names | {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_no_line_is_wider_than_its_page(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []


@pytest.mark.parametrize("script", TUTORIALS, ids=lambda p: p.stem)
def test_a_tutorial_is_read_in_a_quarter_of_an_hour(script: Path) -> None:
    minutes = len(prose(script)) / 200 + len(code_lines(script)) / 6
    assert minutes < READING


def test_the_first_tutorial_is_25_lines_with_one_import() -> None:
    script = ROOT / "docs" / "learn" / "carbon_border.py"
    assert len(code_lines(script)) <= 25
    assert imported(script) <= {"simdistrict", "xarray", "matplotlib.pyplot"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_only_public_names_are_used(script: Path) -> None:
    assert [name for name in imported(script) if name.startswith("simdistrict.")] == []


@pytest.mark.slow  # `make docs` runs them, too
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_a_script_runs_without_a_notebook(script: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
