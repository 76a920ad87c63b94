"""The lock for one process at a time: who is kept out, and what becomes of a dead holder's."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simdistrict.base import lock
from simdistrict.base.lock import TakenError, locked

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from simdistrict.base.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that has the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_one_process_at_a_time_and_the_other_is_named(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with holder(path) as process:
        with pytest.raises(TakenError, match=f"^process {process.pid}$"), locked(path):
            pass
        assert path.exists()
        process.communicate("")
    assert not path.exists()
    with locked(path):
        assert path.read_text().split()[0] == str(os.getpid())
    assert not path.exists()


def test_a_killed_process_keeps_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as process:
        process.kill()
        process.wait()
    assert path.exists()
    with locked(path):
        pass
    assert not path.exists()


def test_within_a_process_too(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path):
        with pytest.raises(TakenError, match=f"process {os.getpid()}"), locked(path):
            pass
        with pytest.raises(TakenError), locked(path):
            pass


def test_the_holder_on_another_machine_is_named_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    with locked(path):
        monkeypatch.setattr(lock.platform, "node", lambda: "elsewhere")
        with pytest.raises(TakenError, match=rf"process {os.getpid()} on \S+"), locked(path):
            pass
        path.write_text("")
        with pytest.raises(TakenError, match=r"^another process$"), locked(path):
            pass


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    tries = []

    def removed(handle: int) -> bool:
        tries.append(handle)
        if len(tries) == 1:  # its holder ends between the two calls
            path.unlink()
        return True

    monkeypatch.setattr(lock, "_lock", removed)
    with locked(path):
        assert path.exists()
    assert len(tries) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="flock is not there")
def test_a_file_system_without_locks_is_reported_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none(handle: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock.fcntl, "flock", none)
    with locked(tmp_path / "lock"):
        pass
    assert "this file system has no locks" in caplog.text
