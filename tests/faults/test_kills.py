"""A command that is interrupted leaves nothing half-written and, repeated, gives the same bytes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import disk, jobs, trials
from tests.faults.jobs import JOBS, Bench
from tests.faults.trials import Trial

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="processes are found by /proc"
)

SHORT = "ensemble to nc, 2 workers"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.made(JOBS[SHORT], tmp_path_factory.mktemp("bench"))


@pytest.mark.parametrize("trial", [trials.killed, trials.killed_writing])
def test_a_killed_ensemble_is_repeated_to_the_same_bytes(
    bench: Bench, trial: Callable[[Bench, random.Random], Trial]
) -> None:
    assert trial(bench, random.Random(0)).faults == ()


def test_an_interrupted_ensemble_ends_in_words(bench: Bench) -> None:
    assert trials.interrupted(bench, random.Random(1), signal.SIGINT).faults == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", JOBS)
def test_commands_that_are_killed_lose_nothing(name: str, tmp_path: Path) -> None:
    made = Bench.made(JOBS[name], tmp_path)
    for k in range(9):
        found = trials.killed(made, random.Random(f"{name} {k}"))
        assert found.faults == (), (k, found)


@pytest.mark.slow
@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_commands_that_are_interrupted_end_in_words(
    name: str, number: signal.Signals, tmp_path: Path
) -> None:
    made = Bench.made(JOBS[name], tmp_path)
    for k in range(3):
        found = trials.interrupted(made, random.Random(f"{name} {k}"), number)
        assert found.faults == (), (k, found)


@pytest.mark.slow
@pytest.mark.parametrize("name", [job.name for job in JOBS.values() if job.workers])
def test_a_killed_worker_is_reported_or_replaced(name: str, tmp_path: Path) -> None:
    made = Bench.made(JOBS[name], tmp_path)
    for k in range(3):
        found = trials.killed(made, random.Random(f"{name} {k}"), "worker")
        assert found.faults == (), (k, found)


@pytest.mark.slow
@pytest.mark.parametrize("name", JOBS)
def test_files_that_cannot_grow_are_refused(name: str, tmp_path: Path) -> None:
    made = Bench.made(JOBS[name], tmp_path)
    for k in range(3):
        found = trials.limited(made, random.Random(f"{name} {k}"))
        assert found.faults == (), (k, found)


@pytest.mark.slow
@pytest.mark.skipif(not disk.can_mount(), reason="this user cannot mount a file system")
@pytest.mark.parametrize("name", JOBS)
def test_a_full_disk_and_a_read_only_folder_are_reported(name: str, tmp_path: Path) -> None:
    made = Bench.made(JOBS[name], tmp_path)
    for k in range(2):
        found = disk.full(made, random.Random(f"{name} {k}"))
        assert found.faults == (), (k, found)
    assert disk.read_only(made).faults == ()


def can_isolate() -> bool:
    try:
        return subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not can_isolate(), reason="this user cannot make a network of its own")
def test_the_main_job_needs_no_network(tmp_path: Path) -> None:
    out = tmp_path / "out.nc"
    words = [sys.executable, "-m", "simdistrict", "run", "security_tariffs", "-o", str(out)]
    done = subprocess.run(
        ["unshare", "-rn", *words], cwd=tmp_path, env=jobs.environment(), capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert out.is_file()


# ------------------------------------------------------------------ the trials themselves

# a program that writes into the final file itself, slowly, and leaves a process
CARELESS = """
import subprocess, sys, time
subprocess.Popen(["sleep", "60"], stdout=-3, stderr=-3)
with open("out.nc", "wb", buffering=0) as file:
    for k in range(120):
        file.write(b"%4d" % k)
        time.sleep(0.01)
"""


def test_the_trials_find_a_careless_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PROGRAM", (sys.executable, "-c", CARELESS))
    monkeypatch.setattr(trials, "SOON", 0.2)
    monkeypatch.setattr(trials, "wait", lambda *_: time.sleep(1.0))
    made = Bench(JOBS["run"], tmp_path, 2.0, new={"out.nc": b"new"})
    (tmp_path / "inputs").mkdir()
    found = trials.killed(made, random.Random(0))
    assert found.state == "half a file: out.nc"
    assert any("outlived" in fault for fault in found.faults)
    assert any("other bytes" in fault for fault in found.faults)
