"""Names of temporary files and folders, and the removal of those that killed processes left."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import time
import zlib
from contextlib import suppress
from pathlib import Path

_count = itertools.count()
_DAY = 86_400.0
# machines may share a folder, and a process number is unique on one machine only
_HOST = f"{zlib.crc32(os.uname().nodename.encode()) if hasattr(os, 'uname') else 0:08x}"
_NAME = re.compile(rf"\..+\.{_HOST}-(\d+)-\d+\.part", re.DOTALL)


def temporary_name(target: Path) -> Path:
    """A new name in the folder of a file, by which `sweep` knows the process that made it."""
    # a hash replaces a long name, so that the temporary name is never too long
    name = target.name
    if len(os.fsencode(name)) > 150:
        name = f"{zlib.crc32(os.fsencode(name)):08x}"
    return target.with_name(f".{name}.{_HOST}-{os.getpid()}-{next(_count)}.part")


def is_temporary(name: str) -> bool:
    """Whether `temporary_name` has made a name on this machine."""
    return _NAME.fullmatch(name) is not None


def sweep(folder: Path) -> None:
    """Remove what killed processes of this machine left in a folder under temporary names."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _NAME.fullmatch(entry.name)
            if found and not is_alive(int(found[1]), Path(entry.path)):
                remove(Path(entry.path))


def remove(path: Path) -> None:
    """Remove a temporary file, or a folder with all that is in it, as far as the system lets us."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def is_alive(pid: int, path: Path) -> bool:
    """Whether the process that made a file is running."""
    if os.name != "posix":  # signal 0 kills on Windows; there, judge by age
        with suppress(OSError):
            return time.time() - path.stat().st_mtime < _DAY
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
