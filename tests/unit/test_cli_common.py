"""What every command takes, before its name and after it: -q, -v, --json, --debug, --help."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from simdistrict.cli.main import group
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
MODEL = "rate = 2 ~ su/Year [0,5] ~ A constant. |\nlevel = INTEG(-rate, 30) ~ su ~ A stock. |"
# they print a script or hold other commands, not facts
WITHOUT_JSON = {"completion"}


def walk(command: click.Command, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words of every command and subcommand."""
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            assert below is not None
            yield (*names, name)
            yield from walk(below, (*names, name))


COMMANDS = list(walk(group, ()))


def found(words: tuple[str, ...]) -> click.Command:
    command: click.Command = group
    for word in words:
        assert isinstance(command, click.Group)
        below = command.get_command(click.Context(command), word)
        assert below is not None
        command = below
    return command


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tank.mdl").write_text(mdl(MODEL))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_takes_the_common_options(words: tuple[str, ...]) -> None:
    parameters = found(words).params
    options = {name: o for o in parameters if isinstance(o, click.Option) for name in o.opts}
    wanted = {"-q", "--quiet", "-v", "--verbose", "--debug", "--json"}
    if words[-1] in WITHOUT_JSON:
        wanted -= {"--json"}
    assert wanted <= options.keys()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(
    words: tuple[str, ...], capsys: Capsys
) -> None:
    answer = call(capsys, *words, "--help")
    assert answer.code == 0
    assert re.search(r"\s+".join(["Example: simdistrict", *words]) + r"\b", answer.out)


@pytest.mark.parametrize("at", [0, 1, 4])
def test_quiet_before_and_after_the_command(project: Path, capsys: Capsys, at: int) -> None:
    words = ["run", "tank.mdl", "-o", "a.nc"]
    assert "wrote a.nc" in call(capsys, *words).out
    words.insert(at, "-q")
    answer = call(capsys, *words)
    assert (answer.code, answer.out, answer.err) == (0, "", "")


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_json_before_and_after_the_command(project: Path, capsys: Capsys, at: int) -> None:
    words = ["show", "model", "tank.mdl"]
    words.insert(at, "--json")
    assert json.loads(call(capsys, *words).out)["model"] == "tank"


def test_verbose_counts_on_both_sides_and_ends_with_the_command(
    project: Path, capsys: Capsys
) -> None:
    seen = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.levelno)

    handler, before = Listening(), logging.getLogger().level
    logging.getLogger().addHandler(handler)
    try:
        for words in (["-v", "run", "-v"], ["run", "-vv"], ["-vv", "run"]):
            seen.clear()
            assert call(capsys, *words, "tank.mdl", "-o", "a.nc").code == 0
            assert logging.INFO in seen
        seen.clear()
        assert call(capsys, "run", "tank.mdl", "-o", "a.nc").code == 0
        assert logging.INFO not in seen
    finally:
        logging.getLogger().removeHandler(handler)
    assert logging.getLogger().level == before


@pytest.mark.parametrize("words", [["--debug", "run", "nowhere"], ["run", "nowhere", "--debug"]])
def test_debug_before_and_after_the_command(
    project: Path, capsys: Capsys, words: list[str]
) -> None:
    from simdistrict.base.errors import ScenarioError

    with pytest.raises(ScenarioError):
        call(capsys, *words)


def test_a_value_that_reads_like_an_option_shows_no_traceback(
    project: Path, capsys: Capsys
) -> None:
    answer = call(capsys, "run", "tank.mdl", "-o", "a.nc", "--set", "--debug=3")
    assert (answer.code, "there is no constant" in answer.err) == (3, True)


DOCUMENTS = [
    (["new", "mine"], "folder"),
    (["layout", "tank.mdl", "-o", "drawn.mdl"], "file"),
    (["convert", "tank.mdl", "tank.xmile"], "file"),
    (["check", "tank.mdl"], "findings"),
]


@pytest.mark.parametrize(("words", "key"), DOCUMENTS, ids=lambda w: w[0] if w else "")
def test_commands_that_write_print_what_they_wrote(
    project: Path, capsys: Capsys, words: list[str], key: str
) -> None:
    answer = call(capsys, *words, "--json")
    assert answer.code == 0, answer.err
    assert key in json.loads(answer.out)
