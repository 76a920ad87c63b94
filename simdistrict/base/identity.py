"""The identity of the code: what else than its input decides the numbers of a run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from simdistrict.base.library import PACKAGE
from simdistrict.base.version import version

# libraries that compute, and those that do so for one backend
NUMERIC = ("llvmlite", "numpy", "scipy")
NUMERIC_OF = {"pysd": ("pysd",), "cuda": ("numba-cuda",)}
# folders of models and scenarios, which are inside the package in a wheel and outside in a checkout
NO_CODE = ("models", "scenarios", "example")


@cache
def sources_sha256() -> str:
    """The SHA-256 of all Python files of the package, names included.

    Content alone counts: two trees whose files have the same times are told apart. A checkout
    and a wheel of one commit have the same, whatever the ends of lines. Computed in 10 ms once a
    process, because a file written by the build would not notice a mended source.
    """
    digest = hashlib.sha256()
    for path in _sources(PACKAGE):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        name = path.relative_to(PACKAGE).as_posix()
        digest.update(f"{name}\0{len(text)}\0".encode())
        digest.update(text)
    return digest.hexdigest()


def code_identity() -> str:
    """The package's sources and the versions of the numeric libraries, as one text."""
    return f"simdistrict {sources_sha256()}, {numeric_libraries()}"


def code_record(backend: str = "") -> dict[str, str]:
    """The code in the record of a result; backend: the one that computed it."""
    return {
        "simdistrict_version": version(),
        "code_sha256": sources_sha256(),
        "numeric_libraries": numeric_libraries(backend),
    }


def other_code(record: Mapping[str, object]) -> str:
    """How the recorded code differs from this code, as text; empty where it does not."""
    return code_difference(record, code_record(str(record.get("backend", ""))))


def code_difference(one: Mapping[str, object], other: Mapping[str, object]) -> str:
    """How the code of one record differs from that of another, as text; empty where it does not.

    What a record does not state is not compared, except that a version may lack its sources.
    """
    keys = ("simdistrict_version", "code_sha256", "numeric_libraries")
    (version_a, code_a, libraries_a), (version_b, code_b, libraries_b) = (
        [str(record.get(key, "")) for key in keys] for record in (one, other)
    )
    found = []
    same = code_a == code_b if code_a or code_b else version_a == version_b
    if version_a and version_b and not same:
        pair = ((version_a, code_a), (version_b, code_b))
        first, second = (f"simdistrict {v} (sources {c[:12] or 'unknown'})" for v, c in pair)
        found.append(f"{first}, not {second}")
    if libraries_a and libraries_b and libraries_a != libraries_b:
        found.append(f"{libraries_a}, not {libraries_b}")
    return "; ".join(found)


@cache
def numeric_libraries(backend: str = "") -> str:
    """The versions of the libraries that compute; backend: see `code_record`."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    found = []
    for name in (*NUMERIC, *NUMERIC_OF.get(backend, ())):
        # a source tree may stand without its libraries' metadata
        with suppress(PackageNotFoundError):
            found.append(f"{name} {installed(name)}")
    return ", ".join(found)


def _sources(folder: Path) -> list[Path]:
    """The Python files at any depth, always in the same order."""
    found: list[Path] = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_dir():
                if folder == PACKAGE and entry.name in NO_CODE:
                    continue
                found += _sources(Path(entry.path))
            elif entry.name.endswith(".py"):
                found.append(Path(entry.path))
    return found
