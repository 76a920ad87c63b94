"""A lock between processes, which the operating system releases however the holder ends.

The system locks an open file: no lock survives a crash or `kill -9`, though the file may.
"""

from __future__ import annotations

import errno
import logging
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simdistrict.base.interrupt import leftover

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# errors that mean that another process holds the lock; any other means that there are no locks
_TAKEN = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})
_TRIES = 100
# Windows blocks reading of locked bytes: lock one far after the holder's name
_BYTE = 1 << 20

log = logging.getLogger(__name__)


class TakenError(Exception):
    """Another process holds the lock; the text names it: `process 4711`."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at a path; creates its folder, and removes the file at the end.

    Where the file system has no locks, as on some networks, warns and runs the block.
    Raises TakenError at once where another process holds it, OSError where no file can be made.
    """
    handle = _taken(path)
    try:
        with leftover(path.unlink):
            yield
    finally:
        if sys.platform == "win32":  # an open file cannot be removed here
            os.close(handle)
            with suppress(OSError):
                path.unlink()
        else:
            # remove before releasing: a process that has opened the file sees that it is gone
            with suppress(OSError):
                path.unlink()
            os.close(handle)


def _taken(path: Path) -> int:
    """An open file that holds the lock."""
    for _ in range(_TRIES):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # the last holder has just removed the folder
        try:
            if not _lock(handle):
                raise TakenError(_holder(handle))
            if _is_there(path, handle):
                _sign(handle)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _lock(handle: int) -> bool:
    """Lock an open file unless another process holds the lock."""
    try:
        if sys.platform == "win32":
            os.lseek(handle, _BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        log.warning(
            "this file system has no locks (%s): let no second command write the same file",
            error.strerror or error,
        )
    return True


def _is_there(path: Path, handle: int) -> bool:
    """Whether the file still has its name: a lock on a removed file excludes nobody."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except OSError:
        return False


def _sign(handle: int) -> None:
    """Record the holder in the file; on a full disk it stays anonymous."""
    with suppress(OSError):
        os.lseek(handle, 0, os.SEEK_SET)
        os.ftruncate(handle, os.write(handle, f"{os.getpid()} {platform.node()}\n".encode()))


def _holder(handle: int) -> str:
    """The holder, for a message."""
    with suppress(OSError, ValueError):
        os.lseek(handle, 0, os.SEEK_SET)
        pid, _, host = os.read(handle, 1000).decode().strip().partition(" ")
        return f"process {int(pid)}" + (f" on {host}" if host != platform.node() else "")
    return "another process"
