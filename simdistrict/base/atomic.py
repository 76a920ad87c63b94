"""Files that appear under their final name only when they are complete.

A file is written under a temporary name in the same folder, flushed to disk and renamed.
Nothing here knows the content of a file.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.interrupt import leftover

Ours = Callable[[Path], bool]

_count = itertools.count()
_DAY = 86_400.0
_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space or choose another folder"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another folder"),
    errno.EFBIG: ("the file is larger than this system allows", "see `ulimit -f`"),
    errno.EACCES: ("no permission to write here", "choose another folder"),
    errno.EPERM: ("no permission to write here", "choose another folder"),
    errno.EROFS: ("the folder is read-only", "choose another folder"),
    errno.ENAMETOOLONG: ("the file name is too long", "choose a shorter one"),
}


def no_file_is_ours(path: Path) -> bool:
    """For file formats that carry no mark of simdistrict."""
    return False


def writable_target(path: str | Path, *, ours: Ours = no_file_is_ours, force: bool = False) -> Path:
    """The file to write a result to, with links resolved; creates its folder.

    ours: whether an existing file was written by simdistrict; such a file is replaced without
    `force`. Call this before a long computation, to fail early.
    Raises ExchangeError for a folder or device of that name, a foreign file, or no permission.
    """
    path = Path(path)
    where = str(path)
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise ExchangeError(Problem(where, "this is a folder", "add a file name"))
        if target.exists():
            if not target.is_file():
                raise ExchangeError(
                    Problem(where, "this is not an ordinary file", "choose another name")
                )
            if not force and not ours(target):
                known = ours is not no_file_is_ours
                what = "the file exists" + known * " and was not written by simdistrict"
                hint = "choose another name, or replace it with --force"
                raise ExchangeError(Problem(where, what, hint))
    except (OSError, ValueError) as error:
        raise refused(where, error) from None
    make_writable(target.parent, where)
    return target


def make_writable(folder: Path, where: str) -> None:
    """Create a folder; ExchangeError where it cannot be written to. where: for messages."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise refused(where, error) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        what = "no permission to write here"
        raise ExchangeError(Problem(str(folder), what, "choose another folder"))


@contextmanager
def replacing(
    path: str | Path, *, ours: Ours = no_file_is_ours, force: bool = False
) -> Iterator[Path]:
    """Yields a temporary name in the same folder; renames it to `path` when the block succeeds.

    On any failure the file at `path` is unchanged and the temporary file is removed. A killed
    process leaves its temporary file; the next write to the same name removes it.
    Raises as `writable_target` does, and ExchangeError for any OSError in the block.
    """
    target = writable_target(path, ours=ours, force=force)
    _sweep(target)
    part = target.with_name(f"{_prefix(target)}{os.getpid()}-{next(_count)}.part")
    with leftover(lambda: part.unlink(missing_ok=True)):
        yield from _replacing(target, part, str(path))


def _replacing(target: Path, part: Path, where: str) -> Iterator[Path]:
    try:
        yield part
        _flush(part)
        if target.exists():
            with suppress(OSError):  # keep the permissions, where the file system has them
                os.chmod(part, target.stat().st_mode & 0o777)
        os.replace(part, target)
        _flush(target.parent)
    except OSError as error:
        raise refused(where, error) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_text(
    path: str | Path, text: str, *, ours: Ours = no_file_is_ours, force: bool = False
) -> None:
    """Write a text file as UTF-8, with the line ends of `text`."""
    with replacing(path, ours=ours, force=force) as part:
        part.write_bytes(text.encode())


def refused(where: str, error: OSError | ValueError) -> ExchangeError:
    """The error message for a failure that the operating system reported."""
    number = error.errno if isinstance(error, OSError) and error.errno else 0
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    what, hint = _REASONS.get(number, (f"the file cannot be written: {said}", ""))
    return ExchangeError(Problem(where, what, hint))


def _prefix(target: Path) -> str:
    # machines may share a folder, and a process number is unique on one machine only
    host = zlib.crc32(os.uname().nodename.encode()) if hasattr(os, "uname") else 0
    # a hash replaces a long name, so that the temporary name is never too long
    name = target.name
    if len(name.encode()) > 150:
        name = f"{zlib.crc32(name.encode()):08x}"
    return f".{name}.{host:08x}-"


def _sweep(target: Path) -> None:
    """Remove temporary files that killed processes left for this target."""
    pattern = re.compile(re.escape(_prefix(target)) + r"(\d+)-\d+\.part$")
    with suppress(OSError):
        for entry in os.scandir(target.parent):
            found = pattern.match(entry.name)
            if found and not _alive(int(found[1]), entry):
                with suppress(OSError):
                    os.unlink(entry.path)


def _alive(pid: int, entry: os.DirEntry[str]) -> bool:
    if os.name != "posix":  # signal 0 kills on Windows; there, judge by age
        return time.time() - entry.stat().st_mtime < _DAY
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to disk."""
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
