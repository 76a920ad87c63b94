"""A folder that one process at a time may write in.

The lock is the operating system's: it goes when its process ends, however that ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NAME = "lock"
_TRIES = 20

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        # a byte far behind the process number, which others may read
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class TakenError(Exception):
    """Another process holds the lock; process: its number, empty where it is not known."""

    def __init__(self, process: str) -> None:
        super().__init__(process)
        self.process = process


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made where it is not there.

    The folder may be removed meanwhile. Raises TakenError, and OSError where nothing can be
    written. On a file system without locks nothing is held.
    """
    handle = _taken(folder)
    try:
        yield
    finally:
        os.close(handle)


def _taken(folder: Path) -> int:
    path = folder / NAME
    for _ in range(_TRIES):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # its holder has just removed the folder
        try:
            _lock(handle)
        except (BlockingIOError, PermissionError):
            process = _read(handle)
            os.close(handle)
            raise TakenError(process) from None
        except OSError:
            return handle  # a file system without locks
        if _is_there(handle, path):
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, str(os.getpid()).encode())
            return handle
        os.close(handle)
    raise TakenError("")


def _is_there(handle: int, path: Path) -> bool:
    """Whether the file still has its name: the holder before may have removed it."""
    with suppress(OSError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False


def _read(handle: int) -> str:
    with suppress(OSError):
        os.lseek(handle, 0, os.SEEK_SET)
        text = os.read(handle, 20).decode("ascii", errors="replace")
        return text if text.isdigit() else ""
    return ""
