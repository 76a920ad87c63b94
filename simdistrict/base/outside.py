"""Which files another file may name: those of its folder, and of the project that it is part of.

A model, a scenario or a study may come from anywhere, so the files that it names are read only
where they lie with it. `outside_allowed` (the option --allow-outside) lifts the rule. Files that a
user names are always read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from simdistrict.base.errors import Problem, SimdistrictError

HINT = "copy it there; or, if you trust the file that names it, add --allow-outside"
# a project has these folders side by side; files in the first name files of all of them, files that
# lie in the project itself, and models and scenarios anywhere in it, but no table in a folder of
# another name; those in `models` name files of other models and of the scenarios
_OF_PROJECT = ("scenarios", "study", "studies", "runs")
_MODELS, _SCENARIOS = "models", "scenarios"
_MODEL_FILES = (".mdl", ".xmile", ".stmx", ".itmx", ".xml", ".yaml", ".yml")
# how far above a file such a folder may be: PROJECT/models/NAME/study, PROJECT/scenarios/parts
_LEVELS = 3
# absolute on Windows, where Vensim runs: C:\data.csv, \\server\data.csv
_WINDOWS = re.compile(r"[A-Za-z]:|\\\\|//")
_ALLOWED: ContextVar[bool] = ContextVar("files outside are allowed", default=False)


@contextmanager
def outside_allowed(allowed: bool = True) -> Iterator[None]:
    """Read files that lie outside the folder of the file that names them."""
    token = _ALLOWED.set(allowed)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def is_outside(name: str | Path, folder: Path) -> bool:
    """Whether a file in a folder may not name this file, see the module.

    name: as in the file, absolute or relative to the folder. Links are followed.
    """
    if _ALLOWED.get():
        return False
    text = str(name)
    if os.name != "nt" and _WINDOWS.match(text):
        return True
    real = os.path.realpath(folder)
    try:
        # without following links first: nothing outside is looked at
        lexical = os.path.normpath(os.path.join(real, text))
        # a whole path may lead to the folder through a link, as the user does
        if not (_named_by(lexical, real) or _named_by(lexical, os.path.abspath(folder))):
            return True
        return not _named_by(os.path.realpath(lexical), real)
    except ValueError:  # a NUL in the name: there is no such file
        return False


def check_inside(name: str | Path, folder: Path, where: str, error: type[SimdistrictError]) -> None:
    """Raise an error where a file in a folder may not name this file; where: the place of it."""
    if is_outside(name, folder):
        what = f'"{name}" is outside the folder of the file that names it'
        raise error(Problem(where, what, HINT))


def relative_name(path: Path, folder: Path) -> str:
    """A file by its path from a folder where it is one of its files, else by its bare name.

    So the name says nothing about the machine.
    """
    found, base = os.path.realpath(path), os.path.realpath(folder)
    if not _named_by(found, base):
        return path.name
    return Path(os.path.relpath(found, base)).as_posix()


def _named_by(path: str, folder: str) -> bool:
    """Whether a file in a folder may name a whole path."""
    at = Path(folder)
    levels = (at, *at.parents[:_LEVELS])
    roots = [folder]
    for level in levels:
        if level.name in _OF_PROJECT:
            roots += [str(level.parent / name) for name in (*_OF_PROJECT, _MODELS)]
        elif level.name == _MODELS:
            roots += [str(level), str(level.parent / _SCENARIOS)]
    if any(_within(path, root) for root in roots):
        return True
    projects = [str(level.parent) for level in levels if level.name in _OF_PROJECT]
    if path.lower().endswith(_MODEL_FILES):
        return any(_within(path, project) for project in projects)
    return os.path.dirname(path) in projects


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(os.path.join(root, ""))
