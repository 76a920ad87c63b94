"""The examples of other tools: each runs as it stands in the documentation."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs/examples/connect"
# file -> the library that it needs, and words that it prints
FILES = {
    "with_pandas.py": ("pandas", "cost ratio        1.00 -0.86"),
    "with_salib.py": ("SALib", "tariff       0.50   0.74"),
    "with_scipy.py": ("scipy", "from a tariff of 0.7404"),
    "with_dask.py": ("dask", "1.1     0.903"),
    "with_ema.py": ("ema_workbench", "(40, 201)"),
}


def run(folder: Path, *words: str) -> str:
    """What a program prints."""
    here = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": here, "PATH": path}
    done = subprocess.run(
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", FILES)
def test_an_example_runs(name: str, tmp_path: Path) -> None:
    library, words = FILES[name]
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"needs {library}, which is not installed")
    assert words in run(tmp_path, sys.executable, str(EXAMPLES / name))


def test_the_rules_of_snakemake_run(tmp_path: Path) -> None:
    if importlib.util.find_spec("snakemake") is None:
        pytest.skip("needs snakemake, which is not installed")
    shutil.copy(EXAMPLES / "Snakefile", tmp_path)
    run(tmp_path, sys.executable, "-m", "snakemake", "--cores", "2", "-q")
    rows = (tmp_path / "home.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["tariff", "0.5", "1.0", "1.5"]


def test_every_example_stands_on_the_page() -> None:
    page = (ROOT / "docs/connect.md").read_text(encoding="utf-8")
    files = sorted(path for path in EXAMPLES.iterdir() if path.is_file())
    assert {path.name for path in files} == {*FILES, "Snakefile"}
    for path in files:
        assert f"\n{path.read_text(encoding='utf-8')}```\n" in page, path.name
