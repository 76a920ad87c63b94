"""A lock for one process at a time, which the system gives back however the process ends.

The lock is the system's own on an open file, so that nothing is left of it after a crash or
`kill -9`, though the file may be. What is protected is not known here.
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

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# how systems say that another process has the lock; anything else says that they have no locks
_TAKEN = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})
_TRIES = 100
# Windows keeps others from reading what is locked, so a byte far behind the holder's name is
_BYTE = 1 << 20

log = logging.getLogger(__name__)


class TakenError(Exception):
    """Another one has the lock; its text says who: `process 4711`."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at a path, whose folder is created; the file goes with it.

    Where the file system has no locks, as on some networks, a warning says so and the block runs.
    Raises TakenError at once when another holder has it, OSError where no file can be made.
    """
    handle = _taken(path)
    try:
        yield
    finally:
        if sys.platform == "win32":  # where an open file cannot be removed
            os.close(handle)
            with suppress(OSError):
                path.unlink()
        else:
            # removed while it is still held: a process that has opened it sees that it is gone
            with suppress(OSError):
                path.unlink()
            os.close(handle)


def _taken(path: Path) -> int:
    """An open file that has the lock."""
    for _ in range(_TRIES):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # its last holder has just removed the folder
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
    """Lock an open file, if no other process has it locked."""
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
    """Whether the file still has its name: the lock on a removed one keeps nobody out."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except OSError:
        return False


def _sign(handle: int) -> None:
    """Write down who has the lock; on a full disk it is held without a name."""
    with suppress(OSError):
        os.lseek(handle, 0, os.SEEK_SET)
        os.ftruncate(handle, os.write(handle, f"{os.getpid()} {platform.node()}\n".encode()))


def _holder(handle: int) -> str:
    """Who has the lock, for a message."""
    with suppress(OSError, ValueError):
        os.lseek(handle, 0, os.SEEK_SET)
        pid, _, host = os.read(handle, 1000).decode().strip().partition(" ")
        return f"process {int(pid)}" + (f" on {host}" if host != platform.node() else "")
    return "another process"
