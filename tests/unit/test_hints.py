"""Hints in messages work as typed: each command that one suggests is run, each option exists."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from simdistrict.cli.main import COMMANDS, group
from tests.conftest import ROOT
from tests.program import Answer, call
from tests.small import mdl
from tests.unit.test_cli_common import COMMANDS as EVERY
from tests.unit.test_cli_common import found

Capsys = pytest.CaptureFixture[str]

MODEL = """
pressure = 2 ~ 1/Year [0,5] ~ A constant. |
curve((0,0),(10,10)) ~ Dmnl ~ A lookup. |
level = INTEG(-pressure * curve(3), 30) ~ su ~ A stock. |
total = 2 * level ~ su ~ An auxiliary. |
"""
# a command in a hint: after the program's name, up to what the sentence says of it
COMMAND = re.compile(
    r"(simdistrict (?:" + "|".join(COMMANDS) + r")\b.*?)"
    r"(?=' for help| lists?\b| shows?\b| finds\b| takes\b| repeats\b|; |\)|$)",
    re.MULTILINE,
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files need quotes in a shell."""
    folder = tmp_path / "my models"
    (folder / "scenarios").mkdir(parents=True)
    (folder / "the tank.mdl").write_text(mdl(MODEL))
    (folder / "scenarios" / "push.yaml").write_text(
        "title: A push\nmodel: ../the tank.mdl\npolicies:\n  push: {start: 4, set: {pressure: 4}}\n"
    )
    (folder / "scenarios" / "calm.yaml").write_text("title: Calm\nmodel: ../the tank.mdl\n")
    (folder / "a.cin").write_text("pressure = 3\n")
    (folder / "curve.cin").write_text("curve((0,0),(10,20))\n")
    monkeypatch.chdir(folder)
    return folder


def commands(answer: Answer) -> list[list[str]]:
    """The words of each command that a message suggests."""
    texts = [match.strip("` ") for match in COMMAND.findall(answer.err + answer.out)]
    return [shlex.split(text) for text in texts]


CASES: list[tuple[str, str]] = [
    ("show model 'the tank.mdl' totl", "show model 'the tank.mdl'"),
    ("run 'the tank.mdl' --set presure=3", "show model 'the tank.mdl' --constants"),
    ("run push --set presure=3", "show model 'the tank.mdl' --constants"),
    ("run core --set tarif=3", "show model core --constants"),
    ("run 'the tank.mdl' --save totl", "show model 'the tank.mdl'"),
    ("show model 'the tank.mdl' --causes nothing", "show model 'the tank.mdl'"),
    ("regimes branch core --parameter tarif --from 0 --to 1", "show model core --constants"),
    ("run nowhere", "list scenarios"),
    ("check nowhere", "list models"),
    ("run a.cin", "run MODEL --changes a.cin"),
    ("run 'my result.nc'", "rerun 'my result.nc'"),
    ("convert push push.cin", "convert 'the tank.mdl' push.mdl --scenario push"),
    (
        "convert curve.cin curve.yaml --model 'the tank.mdl'",
        "run 'the tank.mdl' --changes curve.cin",
    ),
    ("tables zzz", "list tables"),
    ("plot district zzz", "list figures"),
    ("convert a.foo a.nc", "convert --help"),
    ("new shop", "run scenarios/subsidy.yaml"),
    ("sensitivity calm.nc --method pawn --indicator total", "ensemble SCENARIO --members N"),
    ("fill numbers.mdl --check", "fill numbers.mdl"),
]


@pytest.mark.parametrize(("words", "suggested"), CASES)
def test_a_suggested_command_runs_as_it_is_printed(
    project: Path, capsys: Capsys, words: str, suggested: str
) -> None:
    _prepare(project, capsys, words)
    answer = call(capsys, *shlex.split(words))
    told = commands(answer)
    wanted = shlex.split(f"simdistrict {suggested}")
    assert wanted in told, answer
    if any(word.isupper() for word in wanted):
        _check_form(wanted)
    elif words.startswith("new"):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(project / "shop")
            assert call(capsys, *wanted[1:]).code == 0
    else:
        assert call(capsys, *wanted[1:]).code == 0


def _prepare(project: Path, capsys: Capsys, words: str) -> None:
    """The files that a case needs."""
    if "calm.nc" in words or "my result.nc" in words:
        name = "calm.nc" if "calm.nc" in words else "my result.nc"
        assert call(capsys, "run", "calm", "-o", name).code == 0
    if "numbers.mdl" in words:
        (project / "numbers.mdl").write_text(mdl("rate = 1 ~ Dmnl ~ A number of a table. |"))
        (project / "data").mkdir()
        (project / "data" / "numbers.csv").write_text(
            "element,value,unit,source\nrate,2,Dmnl,a source\n"
        )


def _check_form(words: list[str]) -> None:
    """A command with placeholders names a command and options of it."""
    command = found((words[1],))
    options = {name for o in command.params if isinstance(o, click.Option) for name in o.opts}
    assert {word for word in words if word.startswith("--")} <= options


# ---------------------------------------------------------------------- every message


def texts() -> Iterator[tuple[str, str]]:
    """The string constants of the package with their place; docstrings are not messages."""
    for path in sorted((ROOT / "simdistrict").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in documentation:
                continue
            if isinstance(node.value, str):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def test_every_option_that_a_message_names_exists() -> None:
    known = {
        name
        for words in EVERY
        for parameter in found(words).params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    } | {"--help", "--version"}
    known |= {name for o in group.params for name in o.opts}
    # of git, which tells the version
    foreign = {"--tags", "--long", "--abbrev", "--match", "--short", "--is-shallow-repository"}
    foreign |= {"--verify", "--count", "--porcelain", "--untracked-files", "--show-toplevel"}
    # of the shells' own commands
    foreign |= {"--command", "--arguments", "--no-files"}
    wrong = [
        f"{place}: {option}"
        for place, text in texts()
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text)
        if option not in known | foreign
    ]
    assert wrong == []


def test_every_command_that_a_message_names_exists() -> None:
    form = re.compile(r"`simdistrict ([a-z]+)|\bsimdistrict ([a-z]+) (?:--|[A-Z]{2,}|@)")
    named = [(place, "".join(words)) for place, text in texts() for words in form.findall(text)]
    assert len(named) > 3
    assert [f"{place}: {word}" for place, word in named if word not in COMMANDS] == []
