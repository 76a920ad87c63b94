"""What a program does at Ctrl-C and other signals that end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.small import mdl

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of other systems differ")

PROGRAM = (sys.executable, "-m", "simdistrict")
# minutes of work in machine code, and no memory
LONG = mdl("x = INTEG(SIN(Time) * 2, 0)", stop=9e8, save_step=9e8)
PRIOR = "element,label,unit,value,low,high,distribution\nrate,,1,2,1,3,uniform\n"


@dataclass(frozen=True)
class Ended:
    code: int
    seconds: float
    out: str
    err: str


class Started:
    """A program in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so far."""
        until = time.monotonic() + 60
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < until, "it has not come so far within a minute"
            time.sleep(0.01)

    def end(self, *signals: signal.Signals) -> Ended:
        """Send the signals, and wait for the end."""
        begin = time.perf_counter()
        for number in signals:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return Ended(self.process.returncode, time.perf_counter() - begin, out, err)


@contextmanager
def started(folder: Path, *command: str) -> Iterator[Started]:
    """Start a program; it is killed at the end of the block."""

    def heed() -> None:
        # a test that runs in the background inherits that SIGINT is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = subprocess.Popen(
        command,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=heed,
    )
    try:
        yield Started(process)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model that runs for minutes, and with its own cache."""
    (tmp_path / "long.mdl").write_text(LONG)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


RUN = (*PROGRAM, "run", "long.mdl", "-o", "out/long.nc")


@pytest.mark.parametrize(
    ("signals", "code"),
    [
        ((signal.SIGINT,), 130),
        ((signal.SIGTERM,), 143),
        ((signal.SIGINT, signal.SIGINT, signal.SIGINT), 130),
    ],
)
def test_a_signal_ends_a_compiled_run_without_a_trace(
    folder: Path, signals: tuple[signal.Signals, ...], code: int
) -> None:
    with started(folder, *RUN) as run:
        run.wait_for((folder / "out").exists)
        time.sleep(0.5)
        ended = run.end(*signals)
    assert (ended.code, ended.out, ended.err) == (code, "", "interrupted\n")
    assert ended.seconds < 1.5
    assert not list((folder / "out").rglob("*"))


def test_a_signal_while_the_program_is_imported_leaves_no_traceback(folder: Path) -> None:
    early = "import os, simdistrict.__main__; os.kill(os.getpid(), 2); import time; time.sleep(9)"
    with started(folder, sys.executable, "-c", early) as run:
        ended = run.end()
    assert (ended.code, ended.err) == (130, "interrupted\n")


def test_the_program_heeds_signals_before_it_reads_its_version(folder: Path) -> None:
    early = """
import os, runpy, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "simdistrict.base.version":
            os.kill(os.getpid(), 15)
sys.meta_path.insert(0, Finder())
sys.orig_argv = ["python", "-m", "simdistrict"]
sys.argv = ["-m"]
runpy.run_module("simdistrict", run_name="__main__", alter_sys=True)
"""
    with started(folder, sys.executable, "-c", early) as run:
        ended = run.end()
    assert (ended.code, ended.err) == (143, "interrupted\n")


STUCK = """
import hashlib, sys
from pathlib import Path
from simdistrict.base import interrupt
left = Path("left.part")
interrupt.watch()
with interrupt.leftover(left.unlink), interrupt.saying(lambda: "work is kept in X"):
    left.touch()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 200_000_000)  # minutes in a library
"""


@pytest.mark.parametrize("count", [1, 2])
def test_work_that_does_not_return_is_ended_and_its_files_are_removed(
    folder: Path, count: int
) -> None:
    with started(folder, sys.executable, "-c", STUCK) as run:
        run.wait_for((folder / "left.part").exists)
        time.sleep(0.1)
        ended = run.end(*[signal.SIGINT] * count)
    assert (ended.code, ended.err) == (130, "interrupted: work is kept in X\n")
    assert ended.seconds < 1.5
    assert not (folder / "left.part").exists()


TOGETHER = """
import os, time
from simdistrict.base import interrupt
interrupt.watch()
try:
    with interrupt.together():
        os.kill(os.getpid(), 2)
        time.sleep(0.1)
        print("first", flush=True)
        print("second", flush=True)
    print("third", flush=True)
except KeyboardInterrupt:
    interrupt.end()
"""


def test_renames_that_belong_together_are_finished_first(folder: Path) -> None:
    with started(folder, sys.executable, "-c", TOGETHER) as run:
        ended = run.end()
    assert (ended.code, ended.out) == (130, "first\nsecond\n")


def test_an_interrupted_ensemble_keeps_what_is_finished_and_says_so(folder: Path) -> None:
    model = mdl("x = INTEG(SIN(Time) * rate, 0)\n rate = 2", stop=20_000, save_step=20_000)
    (folder / "m.mdl").write_text(model)
    (folder / "prior.csv").write_text(PRIOR)
    what = ("ensemble", "m.mdl", "--prior", "prior.csv", "--chunk", "8", "--workers", "1")
    parts = folder / "e.nc.parts"
    with started(folder, *PROGRAM, *what, "--members", "400000", "-o", "e.nc") as run:
        run.wait_for(lambda: len(list(parts.glob("[0-9]*.npz"))) > 1)
        ended = run.end(signal.SIGINT)
    assert ended.code == 130
    assert ended.err == "interrupted: finished members wait in e.nc.parts for --resume\n"
    assert ended.seconds < 1.5
    left = {file.name for file in parts.iterdir()}
    assert left >= {"ensemble.json", "000000.npz"}
    assert all(name.endswith((".npz", ".json")) for name in left)
    assert not (folder / "e.nc").exists()


def test_an_ensemble_interrupted_in_its_first_chunk_leaves_nothing(folder: Path) -> None:
    model = mdl("x = INTEG(SIN(Time) * rate, 0)\n rate = 2", stop=9e8, save_step=9e8)
    (folder / "m.mdl").write_text(model)
    (folder / "prior.csv").write_text(PRIOR)
    what = ("ensemble", "m.mdl", "--prior", "prior.csv", "--members", "50", "-o", "e.nc")
    with started(folder, *PROGRAM, *what) as run:
        run.wait_for((folder / "e.nc.parts" / "ensemble.json").exists)
        time.sleep(0.5)
        ended = run.end(signal.SIGINT)
    assert (ended.code, ended.err) == (130, "interrupted\n")
    assert ended.seconds < 1.5
    assert not (folder / "e.nc.parts").exists()


def test_a_reader_that_has_gone_is_no_error(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*PROGRAM, "list", "models"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_output_to_a_full_disk_is_an_error(folder: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, "list", "models"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"error: the output | No space left on device\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_file(folder: Path, closed: str) -> None:
    model = mdl("x = INTEG(1, 0)")
    (folder / "m.mdl").write_text(model)
    command = f"{' '.join(PROGRAM)} run m.mdl -o out.nc {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=folder, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    reader = (*PROGRAM, "run", "m.mdl", "-o", "again.nc")
    subprocess.run(reader, cwd=folder, check=True, capture_output=True)
    assert (folder / "out.nc").read_bytes() == (folder / "again.nc").read_bytes()
