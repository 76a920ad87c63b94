"""Hashes of code: the text of a module and of everything that it imports.

Covers the modules of simdistrict, by name, and files of studies, by path.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

from simdistrict.base import inputs
from simdistrict.base.identity import numeric_libraries
from simdistrict.tables.modules import PROGRAM

ROOT = Path(__file__).resolve().parents[2]


def code_sha256(*modules: str | Path) -> str:
    """One hash of the text of some modules and of all that they import, at any depth.

    The versions of the numeric libraries count, too.
    Packages above a module do not count; of a file that is not Python only the text counts.
    """
    found: set[Path] = set()
    todo = [path for m in modules for path in ([m] if isinstance(m, Path) else _files(m))]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += _imports(path) if path.suffix == ".py" else ()
    parts = sorted(f"{_shown(path)}\0{_text(path)}" for path in found)
    text = "\0".join((*parts, numeric_libraries()))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _shown(path: Path) -> str:
    """A path that does not depend on where the package and the study lie."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


@cache
def _text(path: Path) -> str:
    # a study file may be in another encoding than UTF-8
    text = inputs.content(path, PROGRAM).decode(errors="surrogateescape")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    found: list[Path] = []
    for node in ast.walk(ast.parse(_text(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found += _files(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.level:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            siblings = (path.parent.joinpath(*name.split(".")) for name in names)
            found += [p for p in (s.with_suffix(".py") for s in siblings) if p.is_file()]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += _files(node.module)
            for alias in node.names:
                found += _files(f"{node.module}.{alias.name}")
    return tuple(found)


def _files(module: str) -> list[Path]:
    if module.partition(".")[0] != "simdistrict":
        return []
    base = ROOT.joinpath(*module.split("."))
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return [path for path in candidates if path.is_file()]
