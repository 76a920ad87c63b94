"""A user's script that uses the whole library passes `mypy --strict`, and a wrong one does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import simdistrict as sd
from tests import user_script

ROOT = Path(sd.__file__).parents[1]
SCRIPT = Path(__file__).parents[1] / "user_script.py"
WRONG = """
import simdistrict as sd

m: int = sd.load("core")
m.run(1)
sd.load("core").run(params=[1])
sd.load("core").run(savings="all")
sd.nothing
x: str = sd.load("core").scenario()
"""


def mypy(folder: Path, text: str) -> tuple[int, str]:
    """What mypy says of a script that knows the package as installed: by its py.typed."""
    (folder / "script.py").write_text(text)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--config-file", "", "script.py"),
            *("--cache-dir", str(folder.parent / "cache"), "--no-error-summary"),
            *("--disable-error-code", "import-untyped"),
        ],
        cwd=folder,
        text=True,
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)},
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_a_script_that_uses_everything(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    text = SCRIPT.read_text(encoding="utf-8")
    assert mypy(tmp_path, text) == (0, "")
    code, said = mypy(tmp_path, WRONG)
    assert code == 1
    assert said.count("error:") >= 6


def test_the_script_names_everything() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    missing = [name for name in dir(sd) if f"sd.{name}" not in text]
    assert missing == []


def test_the_script_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    user_script.main()
