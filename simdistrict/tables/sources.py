"""Which code a module runs, by content: itself and everything of simdistrict that it imports."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def code_sha256(*modules: str) -> str:
    """One hash of the text of some modules and of all that they import, at any depth.

    A package that is only on the way to a module does not count.
    """
    found: set[Path] = set()
    todo = [path for name in modules for path in _files(name)]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += _imports(path)
    parts = [f"{p.relative_to(ROOT).as_posix()}\0{_text(p)}" for p in sorted(found)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    found: list[Path] = []
    for node in ast.walk(ast.parse(_text(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found += _files(alias.name)
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
