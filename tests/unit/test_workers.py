"""Worker processes end with their parent, however it ends; a dead worker is a message."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simdistrict.base.workers import mapped

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts by /proc")

# %s: what the program does before its work
PROGRAM = """
import hashlib, os, sys, time
from pathlib import Path
from simdistrict.base import interrupt, workers
from simdistrict.base.errors import SimdistrictError

%s

def slow(item):
    Path(f"begun-{os.getpid()}").touch()
    if item %% 2:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 500_000_000)  # minutes in a library
    time.sleep(100)

if __name__ == "__main__":
    interrupt.watch()
    try:
        list(workers.mapped(slow, range(6), 3))
    except SimdistrictError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        interrupt.end()
"""
NO_SIGNAL_OF_DEATH = "workers.end_with_parent = lambda parent: None"


def processes(session: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, *fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == session and state != "Z":
            found.append(int(entry.parent.name))
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts the program in a session of its own; returns when all workers work."""
    started: list[subprocess.Popen[str]] = []

    def begin(before: str = "") -> subprocess.Popen[str]:
        (tmp_path / "program.py").write_text(PROGRAM % before)
        process = subprocess.Popen(
            [sys.executable, "program.py"],
            cwd=tmp_path,
            text=True,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.append(process)
        assert wait_for(lambda: len(list(tmp_path.glob("begun-*"))) == 3)
        return process

    yield begin
    for process in started:
        for pid in processes(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("before", ["", NO_SIGNAL_OF_DEATH], ids=["all", "pipe alone"])
def test_workers_and_what_serves_them_end_when_their_parent_is_killed(
    before: str, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = start(before)
    assert len(processes(process.pid)) > 3
    process.kill()
    assert wait_for(lambda: not processes(process.pid), 2)


def test_ctrl_c_ends_all_processes_without_a_traceback(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    process = start("")
    begin = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    err = process.communicate(timeout=10)[1]
    assert time.monotonic() - begin < 1.5
    assert (process.returncode, err) == (130, "interrupted\n")
    assert wait_for(lambda: not processes(process.pid), 2)


def test_a_worker_that_dies_is_a_message(
    start: Callable[[str], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start("")
    victim = next(tmp_path.glob("begun-*")).name.removeprefix("begun-")
    os.kill(int(victim), signal.SIGKILL)
    err = process.communicate(timeout=10)[1]
    assert process.returncode == 1
    assert err.startswith("3 worker processes | one of them died")
    assert "--workers" in err
    assert wait_for(lambda: not processes(process.pid), 2)


def test_results_come_in_order_from_any_number_of_workers() -> None:
    assert list(mapped(abs, [-3, 2, -1], 1)) == [3, 2, 1]
    assert list(mapped(abs, [-3, 2, -1], 2)) == [3, 2, 1]
