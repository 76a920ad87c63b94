"""Renames that belong together: all of them happen, also where a process is killed among them.

A journal in the folder lists them before the first one and is removed after the last one. Whoever
next opens a file there for reading, or writes one, completes what a killed process began. One file
needs no journal, and neither does a folder where the system can exchange two names at once.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import stat
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from simdistrict.base.interrupt import together
from simdistrict.base.temporary import is_alive, is_temporary, remove, temporary_name

JOURNAL = ".simdistrict-renames"
_PATIENCE = 2.0  # seconds for another process to end its renames
_OLD = 60.0  # seconds, after which that process was killed and its number used again

# a temporary file or folder, and its final name in the same folder
Rename = tuple[Path, Path]


def rename_all(renames: Sequence[Rename]) -> None:
    """Give temporary files or folders of one folder their final names, replacing what has them.

    A folder that was replaced then has a temporary name, or is removed. Raises OSError, with
    nothing renamed, where the folder does not take the journal.
    """
    with together():
        if len(renames) == 1 and _at_once(*renames[0]):
            flush(renames[0][1].parent)
            return
        folder = renames[0][1].parent
        journal = _journal(folder, renames)
        try:
            for part, target in renames:
                _move(part, target)
        except KeyboardInterrupt:  # of a caller that does not wait for `together`
            for part, target in renames:
                _move(part, target)
            raise
        finally:
            journal.unlink(missing_ok=True)
    flush(folder)


def complete(folder: Path) -> None:
    """Complete the renames that a killed process began in a folder."""
    journal = folder / JOURNAL
    until = time.monotonic() + _PATIENCE
    while os.path.lexists(journal):
        try:
            pid, renames = _read(journal)
            old = time.time() - journal.lstat().st_mtime > _OLD
        except (OSError, ValueError, TypeError, KeyError):
            return  # it has gone, or is not ours: nothing is renamed by it
        if old or not is_alive(pid, journal):
            with suppress(OSError):
                for part, target in renames:
                    _move(part, target)
                journal.unlink(missing_ok=True)
            return
        if time.monotonic() > until or pid == os.getpid():
            return
        time.sleep(0.01)


def flush(path: Path) -> None:
    """Flush a file, the names in a folder, or all files of a folder, to disk."""
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):
            raise
    finally:
        os.close(handle)


def _at_once(part: Path, target: Path) -> bool:
    """Rename with one call of the system; False where several are needed."""
    if not os.path.lexists(target) or not (part.is_dir() or target.is_dir()):
        os.replace(part, target)
    elif not _exchange(part, target):
        return False
    return True


def _move(part: Path, target: Path) -> None:
    """Rename, which a process may have begun already."""
    if not os.path.lexists(part):
        return
    if target.is_dir() and not target.is_symlink():
        old = temporary_name(target)
        os.rename(target, old)
        os.rename(part, target)
        remove(old)
    else:
        os.replace(part, target)


def _journal(folder: Path, renames: Sequence[Rename]) -> Path:
    """Write the journal, after that of another process has gone."""
    complete(folder)
    journal = folder / JOURNAL
    names = [[part.name, target.name] for part, target in renames]
    new = temporary_name(journal)
    try:
        with new.open("x", encoding="utf-8") as file:
            json.dump({"process": os.getpid(), "renames": names}, file)
        flush(new)
        if os.path.lexists(journal):
            _read(journal)  # a foreign file of that name is not replaced
        os.replace(new, journal)
    except (ValueError, TypeError, KeyError):
        raise FileExistsError(17, "a file has the name of a journal", str(journal)) from None
    finally:
        new.unlink(missing_ok=True)
    return journal


def _read(journal: Path) -> tuple[int, list[Rename]]:
    """The process and the renames of a journal; ValueError where it names other files.

    A journal may come with a stranger's folder: it renames temporary files within that folder only.
    """
    about = journal.lstat()
    # reading a pipe of that name would wait for ever
    own = not hasattr(os, "getuid") or about.st_uid == os.getuid()
    if not (stat.S_ISREG(about.st_mode) and own):
        raise ValueError("another user's journal")
    content: Any = json.loads(journal.read_text(encoding="utf-8")[:10_000_000])
    renames: list[Rename] = []
    for part, name in content["renames"]:
        if not is_temporary(part) or any({"/", "\\", "\0"} & set(n) for n in (part, name)):
            raise ValueError("a journal of other files")
        if name in ("", ".", "..") or is_temporary(name):
            raise ValueError("a journal of other files")
        renames.append((journal.with_name(part), journal.with_name(name)))
    return int(content["process"]), renames


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one call of the system; False where it cannot."""
    call = _exchanging()
    return call is not None and call(os.fsencode(one), os.fsencode(other)) == 0


@cache
def _exchanging() -> Any:
    """The system's function that exchanges two names, or None."""
    at_folder, exchange, swap = -100, 2, 2
    with suppress(OSError, AttributeError):
        library: Any = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return lambda one, other: library.renamex_np(one, other, swap)
        if sys.platform == "linux":
            call = library.renameat2
            return lambda one, other: call(at_folder, one, at_folder, other, exchange)
    return None
