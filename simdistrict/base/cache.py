"""A cache on disk for parsed models, programs and scenarios, shared between processes.

It can be deleted at any time: an entry that is missing, damaged, not this user's own or of other
code is recomputed. Its folder is $XDG_CACHE_HOME/simdistrict, or ~/.cache/simdistrict. Entries are
plain data, see `codec`; machine code and the text of a program are code by nature, so nothing is
read that anybody but this user, or the administrator, could have written.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from simdistrict.base.codec import UnfitError, dumps, loads
from simdistrict.base.identity import sources_sha256

T = TypeVar("T")
KEPT = 300  # files; about 500 kB for a large model, 2 kB for a scenario
_SUFFIX = ".entry"
_DIGEST = 32  # bytes of a checksum, which an entry begins with
log = logging.getLogger(__name__)


def folder() -> Path:
    """The cache folder."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # a relative path is not valid there
    return Path(base if os.path.isabs(base) else Path.home() / ".cache") / "simdistrict"


def cached(kind: type[T], content: str, make: Callable[[], T]) -> T:
    """The value for a content, computed at most once by the same code and Python.

    content determines the value completely; a value of another type counts as missing. Where
    the cache cannot be written, the value is recomputed each time.
    """
    value = peek(kind, content)
    if value is None:
        value = make()
        keep(content, value)
    return value


def peek(kind: type[T], content: str) -> T | None:
    """The cached value for a content, or None."""
    own = own_folder()
    if own is None:
        return None
    key = _key(kind, content)
    path = own / f"{key}{_SUFFIX}"
    data = read_own(path)
    if data is None or data[:_DIGEST] != _checksum(key, data[_DIGEST:]):
        return None
    try:
        value: T = loads(kind, data[_DIGEST:])
    except UnfitError:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # mark as recently used
    return value


def keep(content: str, value: object) -> None:
    """Store a value for a content, replacing an older one."""
    key = _key(type(value), content)
    try:
        body = dumps(type(value), value)
    except UnfitError as error:
        log.debug("not cached: %s", error)
        return
    own = own_folder()
    if own is not None and write_own(own / f"{key}{_SUFFIX}", _checksum(key, body) + body):
        _sweep(own)


def own_folder(*names: str) -> Path | None:
    """A folder of the cache, made where it is missing.

    None where it cannot be made, is a link, belongs to another user or can be written by others.
    """
    path = folder()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
    for place in (path, *(path.joinpath(*names[: k + 1]) for k in range(len(names)))):
        try:
            place.mkdir(mode=0o700, exist_ok=True)
            info = place.lstat()
        except OSError:
            return None
        if not stat.S_ISDIR(info.st_mode) or not _is_own(info):
            _warn(place)
            return None
        path = place
    return path


def read_own(path: Path) -> bytes | None:
    """The bytes of a file in an own folder.

    None where it is missing or no ordinary file, or others own it or can write to it.
    """
    # a pipe would wait for a writer
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode) or not _is_own(info):
            return None
        try:
            return file.read()
        except OSError:
            return None


def write_own(path: Path, data: bytes) -> bool:
    """Write a file in an own folder, which appears when complete; returns whether it could."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent)
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(name)
        if isinstance(error, OSError):
            return False
        raise
    return True


def _key(kind: type[object], content: str) -> str:
    parts = (sources_sha256(), sys.version, kind.__qualname__, content)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(key: str, body: bytes) -> bytes:
    """The checksum of an entry under its key: a renamed entry is damaged, too."""
    return hashlib.sha256(key.encode() + body).digest()


def _is_own(info: os.stat_result) -> bool:
    """Whether only this user, or the administrator, can have written it."""
    return not hasattr(os, "getuid") or (info.st_uid == os.getuid() and not info.st_mode & 0o022)


@cache
def _warn(place: Path) -> None:
    what = "is a link, belongs to another user or can be written by others: it is not used"
    log.warning("%s | the cache %s | make it your own: chmod 700", place, what)


def _sweep(own: Path) -> None:
    """Delete all but the most recently used files, so that the cache does not fill the disk."""
    with contextlib.suppress(OSError), os.scandir(own) as entries:
        files = [e for e in entries if not e.is_dir(follow_symlinks=False)]
        files.sort(key=lambda e: e.stat(follow_symlinks=False).st_mtime, reverse=True)
        for old in files[KEPT:]:
            Path(old).unlink(missing_ok=True)
