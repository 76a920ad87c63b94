"""Completion: what click offers, what bash makes of it, and what the scripts do in real shells."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from simdistrict.cli.common import COMPLETE
from simdistrict.cli.main import COMMANDS, group
from simdistrict.cli.shells import SHELLS, bash_word, script, split_line
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]

MODEL = """
pressure = 2 ~ 1/Year [0,5] ~ A constant. |
public support = 1 ~ Dmnl ~ A constant whose name has a space. |
region : north, south ~ ~ |
age : young, old ~ ~ |
start[region, age] = 10, 20; 1, 2; ~ su ~ A constant array. |
level[region, age] = INTEG(-pressure * public support * level[region, age], start[region, age])
   ~ su ~ A stock. |
total = SUM(level[region!, age!]) ~ su ~ An auxiliary. |
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "tank.mdl").write_text(mdl(MODEL))
    (tmp_path / "scenarios" / "plain.yaml").write_text("title: Plain\nmodel: ../tank.mdl\n")
    variants = "variants:\n  low: {title: Low, set: {pressure: 1}}\n"
    variants += "  high: {title: High, set: {pressure: 3}}\n"
    (tmp_path / "scenarios" / "doses.yaml").write_text(
        f"title: Doses\nmodel: ../tank.mdl\n{variants}"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offered(*words: str) -> list[str]:
    """What is offered for the last word."""
    complete = ShellComplete(group, {}, "simdistrict", COMPLETE)
    return [item.value for item in complete.get_completions(list(words[:-1]), words[-1])]


def test_commands_and_subcommands(project: Path) -> None:
    assert offered("") == list(COMMANDS)
    assert offered("sh") == ["show"]
    assert offered("show", "") == ["model", "scenario"]
    assert "equilibria" in offered("regimes", "e")
    assert {"--json", "-q", "--set"} <= set(offered("run", "-"))


def test_scenarios_variants_models_and_files(project: Path) -> None:
    found = offered("run", "")
    assert {"plain", "doses", "security_tariffs", "district", "tank.mdl"} <= set(found)
    assert offered("run", "doses:") == ["doses:low", "doses:high"]
    assert offered("run", "no such:") == []
    assert offered("run", "sce") == ["scenarios/"]
    assert offered("run", "scenarios/p") == ["scenarios/plain.yaml"]
    assert offered("show", "model", "ta") == ["tank.mdl"]
    assert "plain" not in offered("check", "")


@pytest.mark.parametrize("owner", ["plain", "doses:low", "tank.mdl", "scenarios/plain.yaml"])
def test_constants_for_set_are_those_of_the_model(project: Path, owner: str) -> None:
    found = offered("run", owner, "--set", "")
    assert found == ["pressure=", "public_support=", "start["]
    assert offered("run", owner, "--set", "pub") == ["public_support="]
    assert offered("run", owner, "--set", "Public s") == ["public support="]


def test_labels_after_a_bracket(project: Path) -> None:
    assert offered("run", "plain", "--set", "st") == ["start[north,", "start[south,"]
    assert offered("run", "plain", "--set", "start[n") == ["start[north,"]
    assert offered("run", "plain", "--set", "start[north,") == [
        "start[north,young]=",
        "start[north,old]=",
    ]
    assert offered("run", "plain", "--set", "pressure[") == []


def test_saved_elements_are_a_list(project: Path) -> None:
    assert {"all", "stocks", "total", "public_support"} <= set(
        offered("run", "plain", "--save", "")
    )
    assert offered("run", "plain", "--save", "total,lev") == ["total,level"]
    assert offered("run", "plain", "--save", "total,level[north,o") == ["total,level[north,old]"]


def test_elements_of_trees_and_regimes(project: Path) -> None:
    assert offered("show", "model", "tank.mdl", "--causes", "to") == ["total"]
    assert offered("show", "model", "tank.mdl", "--uses", "pre") == ["pressure"]
    assert offered("regimes", "branch", "tank.mdl", "--parameter", "p") == [
        "pressure",
        "public_support",
    ]
    assert offered("regimes", "equilibria", "tank.mdl", "--hold", "") == ["level"]
    assert "north" in offered("regimes", "equilibria", "tank.mdl", "--element", "")
    assert offered("regimes", "basins", "tank.mdl", "--initial", "le")[0].startswith("level[")
    assert offered("calibrate", "tank.mdl", "--free", "pr") == ["pressure="]


def test_tables_figures_and_studies(project: Path) -> None:
    assert {"district", "targets", "claims"} <= set(offered("tables", ""))
    assert "targets" in offered("tables", "district", "targ")
    assert "home_share" in offered("plot", "home")
    assert offered("list", "tables", "") == ["district"]


def test_nothing_is_offered_for_what_cannot_be_read(project: Path) -> None:
    Path("broken.mdl").write_text("{UTF-8}\nlevel = INTEG(\n")
    assert offered("run", "broken.mdl", "--set", "") == []
    assert offered("run", "nowhere", "--set", "") == []
    assert offered("run", "--set", "") == []


def test_the_words_of_a_line() -> None:
    assert split_line('simdistrict run "a b" c\\ d') == (
        ["simdistrict", "run", "a b"],
        "c d",
        "c\\ d",
    )
    assert split_line("simdistrict run ") == (["simdistrict", "run"], "", "")
    assert split_line('run --set "public s') == (["run", "--set"], "public s", '"public s')
    assert split_line("run ''") == (["run"], "", "''")


def test_values_as_bash_inserts_them() -> None:
    assert bash_word("public support=", "public\\ s") == "public\\ support="
    assert bash_word("public support=", '"public s') == "public support="
    assert bash_word('say "a"', '"sa') == 'say \\"a\\"'
    # bash keeps what stands before a colon or an equals sign
    assert bash_word("doses:low", "doses:l") == "low"
    assert bash_word("start[north]=", "sta") == "start[north]="
    assert bash_word("a$b", "") == "a\\$b"


def replies(line: str) -> list[str]:
    """What the script makes bash offer at the end of a line."""
    program = f'{shlex.quote(sys.executable)} -m simdistrict "$@"'
    commands = f"""
        simdistrict() {{ {program}; }}
        compopt() {{ :; }}
        {script("bash", group)}
        COMP_LINE={shlex.quote(line + " not this")}
        COMP_POINT={len(line)}
        _simdistrict_completion simdistrict
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", commands], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_runs_the_script(project: Path) -> None:
    assert replies("simdistrict sho") == ["show"]
    assert replies("simdistrict run doses:") == ["low", "high"]
    assert replies("simdistrict run plain --set start[no") == ["start[north,"]
    assert replies("simdistrict run plain --set pressure=3 --set pub") == ["public_support="]
    assert replies("simdistrict run plain --set public\\ s") == ["public\\ support="]


@pytest.mark.parametrize("shell", list(SHELLS))
def test_the_command_prints_a_script_that_the_shell_can_read(shell: str, capsys: Capsys) -> None:
    answer = call(capsys, "completion", shell)
    assert answer.code == 0
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=answer.out, text=True, check=False)
        assert done.returncode == 0
    assert call(capsys, "completion", "tcsh").code == 2


START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(simdistrict completion bash)"'),
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -Uz compinit; compinit -u; eval "$(simdistrict completion zsh)"',
    ),
    "fish": (["fish", "--no-config", "-i"], "simdistrict completion fish | source"),
}


@pytest.mark.slow
@pytest.mark.parametrize("shell", list(START))
def test_a_key_completes_in_a_shell(project: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    folder = project / "bin"
    folder.mkdir()
    program = folder / "simdistrict"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m simdistrict "$@"\n')
    program.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    words, setup = START[shell]
    keys = "simdistrict run plain --set pub\t3 -o out.nc --json > told; echo do''ne\n"
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(words[0], words, {**os.environ, "PATH": path, "TERM": "dumb"})
    _read(terminal, 2)
    os.write(terminal, f"{setup}; echo re''ady\n".encode())
    _read(terminal, 30, b"ready\r")
    os.write(terminal, keys.encode())
    seen = _read(terminal, 60, b"done\r")
    os.close(terminal)
    os.waitpid(process, 0)
    assert Path("out.nc").exists(), seen
    assert "Traceback" not in seen.decode(errors="replace")


def _read(terminal: int, seconds: float, until: bytes = b"\0") -> bytes:
    """What appears within a time, or until a text appears."""
    seen, end = b"", time.monotonic() + seconds
    while time.monotonic() < end and until not in seen:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
    return seen
