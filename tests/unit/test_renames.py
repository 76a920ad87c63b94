"""Sets of files, and folders, are replaced as one: all are new or all are old, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simdistrict.base import inputs, renames
from simdistrict.base.atomic import replacing_all, replacing_folder, write_text, write_texts
from simdistrict.base.errors import ExchangeError
from simdistrict.base.renames import JOURNAL, complete
from simdistrict.base.temporary import sweep, temporary_name

OLD = {"a.csv": "old a", "b.csv": "old b", "c.md": "old c"}
NEW = {"a.csv": "new a", "b.csv": "new b", "c.md": "new c"}
# the process is killed at the n-th rename of the set
KILLED = """
import json, os, signal, sys
from pathlib import Path
from simdistrict.base import atomic, renames
folder, count, work = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
left = [count]
def move(part, target, whole=renames._move):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    whole(part, target)
renames._move = move
if work == "set":
    atomic.write_texts(folder, json.loads(sys.argv[4]), force=True)
else:
    renames._exchange = lambda one, other: False
    with atomic.replacing_folder(folder / "store", lambda path: None) as part:
        (part / "x").write_text("new")
"""


def killed(folder: Path, count: int, work: str) -> None:
    """Write the new files, and be killed after so many renames."""
    command = [sys.executable, "-c", KILLED, str(folder), str(count), work, json.dumps(NEW)]
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL, done.stderr


def texts(folder: Path) -> dict[str, str]:
    """All files of a folder but temporary ones and the journal."""
    return {p.name: p.read_text() for p in folder.iterdir() if not p.name.startswith(".")}


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_set_is_written_and_leaves_no_journal(tmp_path: Path) -> None:
    write_texts(tmp_path, OLD)
    write_texts(tmp_path, NEW, force=True)
    assert texts(tmp_path) == NEW
    assert names(tmp_path) == sorted(NEW)


@pytest.mark.parametrize("failure", [ValueError("no"), KeyboardInterrupt(), OSError(28, "full")])
def test_a_failure_before_the_renames_leaves_the_old_set(
    tmp_path: Path, failure: BaseException
) -> None:
    write_texts(tmp_path, OLD)
    kind = ExchangeError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(kind), replacing_all([tmp_path / n for n in OLD], force=True) as parts:  # noqa: PT012
        parts[0].write_text("new a")
        raise failure
    assert texts(tmp_path) == OLD
    assert names(tmp_path) == sorted(OLD)


def test_one_foreign_file_keeps_the_whole_set_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("mine")
    with pytest.raises(ExchangeError, match=r"b\.csv"):
        write_texts(tmp_path, NEW)
    assert texts(tmp_path) == {"b.csv": "mine"}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_set_killed_among_its_renames_is_whole_for_the_next_reader(
    tmp_path: Path, count: int
) -> None:
    write_texts(tmp_path, OLD)
    killed(tmp_path, count, "set")
    assert (texts(tmp_path) == OLD) is (count == 0)
    inputs.content(tmp_path / "c.md", inputs.InputKind("a page", 1000))
    assert texts(tmp_path) == NEW
    assert names(tmp_path) == sorted(NEW)


def test_a_set_killed_among_its_renames_is_whole_after_the_next_write(tmp_path: Path) -> None:
    write_texts(tmp_path, OLD)
    killed(tmp_path, 1, "set")
    write_text(tmp_path / "other.txt", "x")
    assert texts(tmp_path) == {**NEW, "other.txt": "x"}
    assert names(tmp_path) == sorted([*NEW, "other.txt"])


def test_an_interruption_among_the_renames_completes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_texts(tmp_path, OLD)
    whole, calls = renames._move, []

    def move(part: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        whole(part, target)

    monkeypatch.setattr(renames, "_move", move)
    with pytest.raises(KeyboardInterrupt):
        write_texts(tmp_path, NEW, force=True)
    assert texts(tmp_path) == NEW
    assert names(tmp_path) == sorted(NEW)


Journal = Callable[[Path], list[list[str]]]


@pytest.mark.parametrize(
    "listed",
    [
        lambda folder: [["../evil.part", "a.csv"]],
        lambda folder: [["b.csv", "a.csv"]],
        lambda folder: [[temporary_name(folder / "a.csv").name, "../a.csv"]],
        lambda folder: [[temporary_name(folder / "a.csv").name, "/tmp/a.csv"]],
        lambda folder: [[temporary_name(folder / "a.csv").name, ".."]],
        lambda folder: "no list",
        lambda folder: None,
    ],
)
def test_a_strangers_journal_renames_nothing_outside_or_of_the_users(
    tmp_path: Path, listed: Journal
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("a")
    (folder / "b.csv").write_text("b")
    (tmp_path / "evil.part").write_text("evil")
    found = listed(folder)
    for part, _ in found if isinstance(found, list) else []:
        (folder / part).write_text((folder / part).read_text() if (folder / part).exists() else "x")
    (folder / JOURNAL).write_text(json.dumps({"process": 2**22 + 1, "renames": found}))
    complete(folder)
    assert texts(folder) == {"a.csv": "a", "b.csv": "b"}
    assert (tmp_path / "evil.part").read_text() == "evil"
    assert not (tmp_path / "a.csv").exists()


def test_the_journal_of_a_living_process_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renames, "_PATIENCE", 0.2)
    write_texts(tmp_path, OLD)
    content = json.dumps({"process": os.getppid(), "renames": []})
    (tmp_path / JOURNAL).write_text(content)
    begin = time.monotonic()
    complete(tmp_path)
    assert time.monotonic() - begin >= 0.2
    assert (tmp_path / JOURNAL).read_text() == content
    # its number may have been used again since
    os.utime(tmp_path / JOURNAL, (0, 0))
    complete(tmp_path)
    assert names(tmp_path) == sorted(OLD)


# ---------------------------------------------------------------------- folders


def replace(folder: Path, text: str = "new") -> None:
    with replacing_folder(folder / "store", lambda path: None) as part:
        (part / "x").write_text(text)
        (part / "in").mkdir()
        (part / "in" / "y").write_text(text)


@pytest.fixture(params=[True, False], ids=["exchange", "renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the system's exchange of two names, and without it."""
    if not request.param:
        monkeypatch.setattr(renames, "_exchange", lambda one, other: False)


@pytest.mark.usefixtures("way")
def test_a_folder_is_replaced_with_all_that_was_in_it(tmp_path: Path) -> None:
    replace(tmp_path, "old")
    (tmp_path / "store" / "more").write_text("old")
    replace(tmp_path)
    assert names(tmp_path) == ["store"]
    assert names(tmp_path / "store") == ["in", "x"]
    assert (tmp_path / "store" / "in" / "y").read_text() == "new"


@pytest.mark.usefixtures("way")
def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "store").symlink_to("real")
    replace(tmp_path)
    assert (tmp_path / "store").is_symlink()
    assert (tmp_path / "real" / "x").read_text() == "new"
    assert names(tmp_path) == ["real", "store"]


def test_a_file_in_the_place_of_a_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("old")
    replace(tmp_path)
    assert names(tmp_path) == ["store"]
    assert names(tmp_path / "store") == ["in", "x"]


def test_what_must_be_kept_when_the_work_is_done_is_kept(tmp_path: Path) -> None:
    replace(tmp_path, "old")

    def refuse(path: Path) -> None:
        raise ValueError(f"{path.name} is precious")

    with pytest.raises(ValueError, match="precious"), replacing_folder(tmp_path / "store", refuse):
        pass
    assert names(tmp_path) == ["store"]
    assert (tmp_path / "store" / "x").read_text() == "old"


def test_a_folder_killed_before_its_renames_is_whole_for_the_next_reader(tmp_path: Path) -> None:
    replace(tmp_path, "old")
    killed(tmp_path, 0, "folder")
    assert (tmp_path / "store" / "x").read_text() == "old"
    complete(tmp_path)
    assert (tmp_path / "store" / "x").read_text() == "new"
    sweep(tmp_path)
    assert names(tmp_path) == ["store"]


def test_a_folder_killed_between_its_renames_is_there_for_the_next_reader(tmp_path: Path) -> None:
    replace(tmp_path, "old")
    killed(tmp_path, 0, "folder")
    # the state after the first of two renames
    (tmp_path / "store").rename(
        tmp_path / next(n for n in names(tmp_path) if "store" in n).replace("-0.", "-9.")
    )
    complete(tmp_path)
    assert (tmp_path / "store" / "x").read_text() == "new"
    sweep(tmp_path)
    assert names(tmp_path) == ["store"]
