"""A cache on disk for parsed models, programs and scenarios, shared between processes.

It can be deleted at any time: an entry that is missing, unreadable or of other code is
recomputed. Its folder is $XDG_CACHE_HOME/simdistrict, or ~/.cache/simdistrict.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from simdistrict.base.identity import sources_sha256

T = TypeVar("T")
KEPT = 300  # files; about 500 kB for a large model, 2 kB for a scenario


def folder() -> Path:
    """The cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "simdistrict"


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
    return _load(folder() / f"{_key(kind, content)}.pickle", kind)


def keep(content: str, value: object) -> None:
    """Store a value for a content, replacing an older one."""
    _store(folder() / f"{_key(type(value), content)}.pickle", value)


def _key(kind: type[object], content: str) -> str:
    parts = (sources_sha256(), sys.version, kind.__qualname__, content)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _load(path: Path, kind: type[T]) -> T | None:
    # unpickling can run code: trust only a file that this user owns, in a folder that only this
    # user can write to
    try:
        info = path.stat()
        parent = path.parent.stat()
        if hasattr(os, "getuid") and (
            info.st_uid != os.getuid() or parent.st_uid != os.getuid() or parent.st_mode & 0o022
        ):
            return None
        value = pickle.loads(path.read_bytes())
    except Exception:  # noqa: BLE001 - any defect of a cache file means recomputing
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # mark as recently used
    return value if isinstance(value, kind) else None


def _store(path: Path, value: object) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                pickle.dump(value, file, protocol=pickle.HIGHEST_PROTOCOL)
            os.replace(name, path)
            _sweep(path.parent)
        except BaseException:
            os.unlink(name)
            raise


def _sweep(parent: Path) -> None:
    """Delete all but the most recently used files, so that the cache does not fill the disk."""
    files = sorted(parent.glob("*.pickle"), key=lambda f: f.stat().st_mtime, reverse=True)
    for old in files[KEPT:]:
        old.unlink(missing_ok=True)
