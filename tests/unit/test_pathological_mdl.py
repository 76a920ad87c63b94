"""Extreme .mdl files are read or refused with few messages, within seconds."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from simdistrict.base.errors import ExchangeError, ModelError, Problem
from simdistrict.exchange.mdl.reader import read_mdl, read_mdl_text
from tests.small import mdl


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "(" * 10_000 + "1" + ")" * 10_000 + " ~~|",
        "a = " + "- " * 10_000 + "1 ~~|",
        "a = " + "f(" * 10_000 + "1 ~~|",
        "a = " + ":NOT: " * 10_000 + "1 ~~|",
        "a = b" + " + b" * 10_000 + " ~~| b = 1 ~~|",
        "a = b" + " ^ b" * 10_000 + " ~~| b = 1 ~~|",
        "a[" * 10_000,
        '"' * 10_001,
        "{" * 10_000 + "|",
        "a" * 1_000_000 + " = 1 ~~|",
        "a = 1 ~ " + "[" * 100_000 + " ~ |",
        "a(" + "(1,2)," * 50_000 + "(1,2 ~~|",
        "".join(f"r{k} : r{k + 1}, s{k + 1} ~~| s{k} : r{k + 1}, s{k + 1} ~~|" for k in range(200)),
        "d : (a1-a99999) ~~| a[d,d,d,d] = 1 ~~|",
        "d : (a1-a999999999) ~~|",
        "".join(f"x{k} = y{k} ~~|\n" for k in range(50_000)),
        "".join(
            f":MACRO: M{k}(x)\nM{k} = M{k + 1}(x) + M{k + 1}(x) ~~|\n:END OF MACRO:\n"
            for k in range(40)
        )
        + "a = M0(1) ~~|",
        "\n" * 1_000_000,
        "~|" * 200_000,
    ],
    ids=range(19),
)
def test_pathological_files_take_seconds(text: str) -> None:
    begin = time.process_time()
    problems: tuple[Problem, ...] = ()
    try:
        read_mdl_text(mdl("ok = 1") + text, "model")
    except ModelError as error:
        problems = error.problems
    assert time.process_time() - begin < 10
    assert len(problems) <= 51
    assert all(len(str(problem)) < 2000 for problem in problems)


def test_file_of_50_mb_is_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "big.mdl"
    with path.open("w") as file:
        file.writelines(f"a{k} = {k} ~ Dmnl ~ A constant. |\n" for k in range(1_500_000))
    begin = time.process_time()
    with pytest.raises(ExchangeError, match="MB is more than a model file can have"):
        read_mdl(path)
    assert time.process_time() - begin < 1
