"""The example in the help of each command runs as it is printed."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from tests.program import call
from tests.unit.test_cli_common import COMMANDS, found

Capsys = pytest.CaptureFixture[str]
# what an example reads, and the command that writes it
MAKES = {
    "runs/security_tariffs.nc": "run security_tariffs",
    "runs/tariff_only.nc": "run tariff_only",
    "runs/ensemble.nc": "ensemble security_tariffs --members 50 -o runs/ensemble.nc",
}
# what is read from the examples of the documentation
BROUGHT = Path(__file__).parents[2] / "docs" / "examples" / "calibration"
# the two runs differ
DIFFER = ("compare",)
# these take seconds each, some a minute
LONG = {"calibrate", "check", "ensemble", "infer", "plot", "regimes", "sensitivity", "tables"}


def example(words: tuple[str, ...]) -> list[str]:
    text = found(words).help or ""
    return shlex.split(text.partition("Example: simdistrict ")[2].partition("\n\n")[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            words, marks=[pytest.mark.slow] if words[0] in LONG else [], id=" ".join(words)
        )
        for words in COMMANDS
    ],
)
def test_the_example_runs(folder: Path, capsys: Capsys, words: tuple[str, ...]) -> None:
    given = example(words)
    assert tuple(given[: len(words)]) == words or words in {("show",), ("regimes",)}
    before = Path.cwd()
    os.chdir(folder)
    try:
        for name, command in MAKES.items():
            if name in given and not Path(name).exists() and "-o" not in given:
                assert call(capsys, *shlex.split(command)).code == 0
        for name in given:
            if (BROUGHT / name).is_file():
                shutil.copy(BROUGHT / name, name)
        answer = call(capsys, *given)
    finally:
        os.chdir(before)
    assert answer.code == (5 if words == DIFFER else 0), answer.err
