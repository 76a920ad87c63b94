"""The door for input files: every file that a user or another file names is opened here.

Such a file may come from anywhere. Only regular files are opened: reading a pipe or a device may
never end, and a file of the operating system is no input. Each kind of file has a size limit, and
a file that changes while it is read is an error. Nothing here knows the content of a file.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from simdistrict.base.errors import ExchangeError, Problem, SimdistrictError
from simdistrict.base.renames import complete

# without O_NONBLOCK, opening a pipe waits for its writer
_FLAGS = os.O_RDONLY | sum(getattr(os, f, 0) for f in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
# folders whose files the operating system makes up; /dev/shm holds ordinary files
_SYSTEM = ("/proc/", "/sys/")


@dataclass(frozen=True, slots=True)
class InputKind:
    """A kind of input file.

    noun: in messages, with its article; most: the most bytes of a file; error: what is raised.
    """

    noun: str
    most: int
    error: type[SimdistrictError] = ExchangeError


# without a size limit: only the head of the file is read
_ANY = InputKind("a file", 2**62)
# hashing takes two seconds for a GB
_HASHED = InputKind("a file", 4_000_000_000)


def content(path: Path, kind: InputKind, where: str = "") -> bytes:
    """The bytes of an input file; where: its name in messages, default the path.

    Raises the error of its kind where there is no such file, for a folder, a pipe, a device, a
    file of the operating system, and for a file that is too large or changes meanwhile.
    """
    try:
        with opened(path, kind, where) as file:
            # one byte more than there should be, so that a growing file is not read for ever
            return file.read(os.fstat(file.fileno()).st_size + 1)
    except OSError as error:
        raise kind.error(Problem(where or str(path), _reason(error))) from None


def text(path: Path, kind: InputKind, where: str = "") -> str:
    """The text of a UTF-8 file with newlines as line ends; UnicodeDecodeError for another one."""
    decoded = content(path, kind, where).decode("utf-8")
    return decoded.replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def opened(path: Path, kind: InputKind, where: str = "") -> Iterator[BufferedReader]:
    """An input file, open for reading; raises as `content` does."""
    where = where or str(path)
    try:
        complete(path.parent)
        _check(os.stat(path), path, kind, where)
        handle = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise kind.error(Problem(where, _reason(error))) from None
    with os.fdopen(handle, "rb") as file:
        before = os.fstat(handle)
        _check(before, path, kind, where)
        yield file
        after = os.fstat(handle)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            what = "the file changed while it was read"
            raise kind.error(Problem(where, what, "run the command again"))


def check(path: Path, kind: InputKind, where: str = "") -> None:
    """Raise as `content` does; call it before a library opens a file by its path."""
    with opened(path, kind, where):
        return


def is_regular(path: Path) -> bool:
    """Whether there is a regular file of this name."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def head(path: Path, size: int) -> bytes:
    """The first bytes of a file; none where it is missing, unreadable or not a regular file."""
    try:
        with opened(path, _ANY) as file:
            return file.read(size)
    except ExchangeError:
        return b""


def tail(path: Path, size: int) -> bytes:
    """The last bytes of a file; none where it is missing, unreadable or not a regular file."""
    try:
        with opened(path, _ANY) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            return file.read(size)
    except (ExchangeError, OSError):
        return b""


def digest(path: Path) -> str:
    """The SHA-256 of a file; empty where it is missing, unreadable, no regular file, or huge."""
    try:
        with opened(path, _HASHED) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (ExchangeError, OSError):
        return ""


def _check(about: os.stat_result, path: Path, kind: InputKind, where: str) -> None:
    if stat.S_ISDIR(about.st_mode):
        raise kind.error(Problem(where, "this is a folder", f"give {kind.noun}"))
    if not stat.S_ISREG(about.st_mode):
        raise kind.error(Problem(where, "this is not a regular file", f"give {kind.noun}"))
    if os.path.realpath(path).startswith(_SYSTEM):
        what = "this is a file of the operating system"
        raise kind.error(Problem(where, what, f"give {kind.noun}"))
    if about.st_size > kind.most:
        most = f"{kind.most // 1_000_000} MB"
        size = about.st_size / 1e6
        what = f"{size:,.{size < 10:d}f} MB is more than {kind.noun} can have ({most})"
        raise kind.error(Problem(where, what))


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return getattr(error, "strerror", None) or str(error)
