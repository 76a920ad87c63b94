"""The identity of the code: what else than its input decides the numbers of a run."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from simdistrict.base.library import PACKAGE

# libraries that compute
NUMERIC = ("llvmlite", "numpy", "scipy")


@cache
def sources_sha256() -> str:
    """The SHA-256 of all Python files of the package, names included.

    Content alone counts: two trees whose files have the same times are told apart.
    """
    digest = hashlib.sha256()
    for path in _sources(PACKAGE):
        text = path.read_bytes()
        name = path.relative_to(PACKAGE).as_posix()
        digest.update(f"{name}\0{len(text)}\0".encode())
        digest.update(text)
    return digest.hexdigest()


def code_identity() -> str:
    """The package's sources and the versions of the numeric libraries, as one text."""
    from importlib.metadata import version

    libraries = (f"{name} {version(name)}" for name in NUMERIC)
    return "; ".join((f"simdistrict {sources_sha256()}", *libraries))


def _sources(folder: Path) -> list[Path]:
    """The Python files at any depth, always in the same order."""
    found: list[Path] = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_dir():
                found += _sources(Path(entry.path))
            elif entry.name.endswith(".py"):
                found.append(Path(entry.path))
    return found
