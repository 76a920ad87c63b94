"""A file is whole or it is not there; an older one survives every failure."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from simdistrict.base.atomic import replacing, writable_target, write_text
from simdistrict.base.errors import ExchangeError


def every_file_is_ours(path: Path) -> bool:
    return True


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_file_and_its_folder_are_made(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "x.txt"
    write_text(target, "é\r\n")
    assert target.read_bytes() == "é\r\n".encode()
    assert names(target.parent) == ["x.txt"]


def test_nothing_has_the_final_name_while_writing(tmp_path: Path) -> None:
    with replacing(tmp_path / "x.txt") as part:
        part.write_text("new")
        assert not (tmp_path / "x.txt").exists()
        assert part.parent == tmp_path
    assert names(tmp_path) == ["x.txt"]


@pytest.mark.parametrize("failure", [ValueError("no"), KeyboardInterrupt(), OSError(5, "io")])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, failure: BaseException
) -> None:
    target = tmp_path / "x.txt"
    target.write_text("old")
    kind = ExchangeError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(kind), replacing(target, ours=every_file_is_ours) as part:  # noqa: PT012
        part.write_text("half")
        raise failure
    assert target.read_text() == "old"
    assert names(tmp_path) == ["x.txt"]


def test_a_foreign_file_is_kept_unless_forced(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    target.write_text("old")
    with pytest.raises(ExchangeError, match="the file exists") as caught:
        write_text(target, "new")
    assert "--force" in str(caught.value)
    assert target.read_text() == "old"
    write_text(target, "new", force=True)
    assert target.read_text() == "new"
    write_text(target, "newer", ours=every_file_is_ours)
    assert target.read_text() == "newer"


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    target.write_text("old")
    target.chmod(0o640)
    write_text(target, "new", force=True)
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_text(tmp_path / "link.txt", "new", force=True)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_very_long_name_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 250 + ".txt")
    write_text(target, "new")
    assert names(tmp_path) == [target.name]


def refused(path: Path) -> str:
    with pytest.raises(ExchangeError) as caught:
        writable_target(path, ours=every_file_is_ours, force=True)
    assert str(caught.value).startswith(str(path)) or str(path.parent) in str(caught.value)
    return str(caught.value)


def test_places_that_cannot_hold_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "folder" in refused(tmp_path)
    assert "cannot be written" in refused(tmp_path / "file" / "x.txt")
    assert "too long" in refused(tmp_path / ("x" * 300))
    assert "cannot be written" in refused(tmp_path / "a\0b")
    os.mkfifo(tmp_path / "pipe")
    assert "not an ordinary file" in refused(tmp_path / "pipe")
    assert "not an ordinary file" in refused(Path(os.devnull))


def test_a_folder_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: object) -> bool:
        return False

    monkeypatch.setattr(os, "access", no)  # root may write everywhere, so the system is not asked
    assert "no permission" in refused(tmp_path / "x.txt")


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EIO, "cannot be")],
)
def test_what_the_system_says_becomes_a_message(
    tmp_path: Path, number: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    (tmp_path / "x.txt").write_text("old")
    if number == errno.EROFS:  # what a file system without fsync says is no failure
        monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ExchangeError, match=words):
        write_text(tmp_path / "x.txt", "new", force=True)
    assert (tmp_path / "x.txt").read_text() == "old"
    assert names(tmp_path) == ["x.txt"]


KILLED = """
    import os, signal, sys
    from simdistrict.base.atomic import replacing
    with replacing(sys.argv[1], force=True) as part:
        part.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed_while_writing() -> Callable[[Path], None]:
    def write(target: Path) -> None:
        command = [sys.executable, "-c", textwrap.dedent(KILLED), str(target)]
        done = subprocess.run(command, check=False)
        assert done.returncode == -signal.SIGKILL

    return write


def test_a_killed_process_leaves_the_old_file_and_its_rest_goes_next_time(
    tmp_path: Path, killed_while_writing: Callable[[Path], None]
) -> None:
    target = tmp_path / "x.txt"
    target.write_text("old")
    killed_while_writing(target)
    assert target.read_text() == "old"
    left = names(tmp_path)
    assert len(left) == 2, "the test is about a rest that is there"
    assert left[0].startswith(".x.txt.")
    write_text(tmp_path / "y.txt", "another name in that folder")
    assert names(tmp_path) == ["x.txt", "y.txt"]


def test_the_part_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    with replacing(target) as first:
        first.write_text("first")
        write_text(target, "second")
        assert first.exists()
    assert target.read_text() == "first"
    assert names(tmp_path) == ["x.txt"]
