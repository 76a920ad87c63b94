"""One interrupted command: what it leaves, what its repetition gives, what outlives it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.jobs import PROGRAM, Bench, changes_of, environment, members

SOON = 2.0  # seconds within which a signal ends a command, and a dead command's workers end


def soon() -> float:
    """The same on a machine that has more to do than processors."""
    return SOON * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Trial:
    """faults: what went wrong, in words; empty where nothing did. state: of the final names."""

    job: str
    state: str
    faults: tuple[str, ...]


def wait(bench: Bench, folder: Path, process: subprocess.Popen[bytes], rng: random.Random) -> None:
    """Wait for a random moment of a command; half of them follow a change in its folder.

    Writing takes milliseconds of a command of seconds: moments of the clock alone would miss it.
    """
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0.0, 1.05) * bench.seconds)
        return
    changes = rng.randint(1, max(1, bench.changes))
    for count in changes_of(folder, process):
        if count >= changes:
            time.sleep(rng.uniform(0.0, 0.005))
            return


# the system kills a process whose file grows beyond a size; Python would make an error of it
_DIES = """
import resource, signal
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
from simdistrict.cli.main import main
main()
"""


def killed_writing(bench: Bench, rng: random.Random) -> Trial:
    """Kill the command in the middle of a write, at a random byte of a file; then repeat it."""
    older = bool(bench.old) and rng.random() < 0.5
    folder = bench.trial("trial", older=older)
    size = rng.randrange(1, len(bench.new[rng.choice(sorted(bench.new))]) + 1)
    program = (sys.executable, "-c", _DIES.format(size=size))
    with tempfile.TemporaryFile() as said:
        process = _started(bench, folder, said, program)
        process.wait()
        faults = _outlived(process.pid)
    if process.returncode not in (0, -signal.SIGXFSZ):
        # a worker, or a writer in C, that is refused the bytes ends the command in words
        faults += [] if process.returncode == 3 else [f"exit code {process.returncode}"]
    state, more = _after(bench, folder, older=older)
    return Trial(bench.job.name, state, (*faults, *more))


def killed(bench: Bench, rng: random.Random, victim: str = "command") -> Trial:
    """Kill the command, or one of its workers, at a random moment; then repeat it."""
    if victim == "command" and rng.random() < 0.4:
        return killed_writing(bench, rng)
    older = bool(bench.old) and rng.random() < 0.5
    folder = bench.trial("trial", older=older)
    with tempfile.TemporaryFile() as said:
        process = _started(bench, folder, said)
        wait(bench, folder, process, rng)
        faults = []
        if victim == "command":
            process.kill()
        else:
            workers = [pid for pid in members(process.pid) if _is_worker(pid, process.pid)]
            if workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(rng.choice(sorted(workers)), signal.SIGKILL)
            faults += _ends_in_words(process, said)
        process.wait()
        faults += _outlived(process.pid)
    state, more = _after(bench, folder, older=older)
    return Trial(bench.job.name, state, (*faults, *more))


def interrupted(bench: Bench, rng: random.Random, number: signal.Signals) -> Trial:
    """Send SIGINT or SIGTERM at a random moment: the command ends soon, in words."""
    older = bool(bench.old) and rng.random() < 0.5
    folder = bench.trial("trial", older=older)
    faults = []
    with tempfile.TemporaryFile() as said:
        process = _started(bench, folder, said)
        wait(bench, folder, process, rng)
        begin = time.monotonic()
        done = process.poll() is not None
        process.send_signal(number)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            faults.append(f"it ignores {number.name}")
            process.kill()
            process.wait()
        seconds = time.monotonic() - begin
        if seconds > soon():
            faults.append(f"it ended {seconds:.1f} s after {number.name}")
        code = process.returncode
        # a shell gives 128 and the number for a process that a signal ended
        code = 128 - code if code < 0 else code
        if code not in ((0,) if done else (0, 128 + number)):
            faults.append(f"exit code {code} after {number.name}")
        faults += _traceback(said)
        faults += _outlived(process.pid)
    state, more = _after(bench, folder, older=older)
    return Trial(bench.job.name, state, (*faults, *more))


def limited(bench: Bench, rng: random.Random) -> Trial:
    """Let no file grow beyond a random size: the command refuses in words."""
    older = bool(bench.old) and rng.random() < 0.5
    folder = bench.trial("trial", older=older)
    largest = max(map(len, bench.new.values()))
    size = max(1, int(rng.uniform(0.0, 1.0) * largest / 1024))
    command = ["bash", "-c", f'ulimit -f {size}; exec "$@"', "bash", *PROGRAM, *bench.job.words]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    faults = []
    if done.returncode not in (0, 3):
        faults.append(f"exit code {done.returncode} on a full disk: {done.stderr[-200:]}")
    if "Traceback" in done.stderr or "unexpected" in done.stderr:
        faults.append(f"a traceback on a full disk: {done.stderr[-200:]}")
    state, more = _after(bench, folder, older=older)
    if state == "new" and done.returncode == 3:
        faults.append("it refused, and wrote the output")
    return Trial(bench.job.name, state, (*faults, *more))


def _started(
    bench: Bench, folder: Path, said: object, program: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*(program or PROGRAM), *bench.job.words],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,  # type: ignore[arg-type]
        start_new_session=True,
    )


def _is_worker(pid: int, command: int) -> bool:
    """Whether a process computes for the command; Python's tracker of semaphores does not."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        return pid != command and b"resource_tracker" not in words
    return False


def _ends_in_words(process: subprocess.Popen[bytes], said: object) -> list[str]:
    """After a worker died, the command ends: with success, or with a message and its code."""
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        return ["it waits for a dead worker"]
    if process.returncode not in (0, 1, 3):
        return [f"exit code {process.returncode} after the death of a worker"]
    return _traceback(said)


def _traceback(said: object) -> list[str]:
    said.seek(0)  # type: ignore[attr-defined]
    text = said.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
    if "Traceback" in text or "Error ignored" in text or "unexpected" in text:
        return [f"a traceback: {text.strip()[-300:]}"]
    return []


def _outlived(session: int) -> list[str]:
    """Processes of the command that live after it."""
    until = time.monotonic() + soon()
    while alive := members(session):
        if time.monotonic() > until:
            for pid in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return [f"{len(alive)} processes outlived it"]
        time.sleep(0.02)
    return []


def _after(bench: Bench, folder: Path, *, older: bool) -> tuple[str, list[str]]:
    """What is under the final names, and what is wrong with it or with the repetition."""
    state = bench.state(folder)
    faults = []
    if state not in ("old", "new", "nothing"):
        faults.append(state)
    if older and state == "nothing":
        faults.append("the older output is lost")
    again = bench.job.again if any(folder.glob("*.parts")) else ()
    done = subprocess.run(
        [*PROGRAM, *bench.job.words, *again],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        faults.append(f"repeated, it ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    elif bench.state(folder) != "new":
        faults.append("repeated, it gave other bytes")
    left = bench.left(folder)
    if left:
        faults.append(f"left behind: {', '.join(left[:5])}")
    return state, faults
