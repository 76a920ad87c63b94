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
# a project has these folders side by side; files in the first name any file of the project, those
# in `models` name files of other models and of the scenarios
_OF_PROJECT = ("scenarios", "study", "studies", "runs")
_MODELS, _SCENARIOS = "models", "scenarios"
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
    roots = _roots(real)
    # a whole path may lead to the folder through a link, as the user does
    named = [*roots, *_roots(os.path.abspath(folder))]
    try:
        # without following links first: nothing outside is looked at
        lexical = os.path.normpath(os.path.join(real, text))
        return not (_within(lexical, named) and _within(os.path.realpath(lexical), roots))
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
    if not _within(found, _roots(base)):
        return path.name
    return Path(os.path.relpath(found, base)).as_posix()


def _roots(folder: str) -> list[str]:
    """The folders whose files a file in this folder may name."""
    roots, at = [folder], Path(folder)
    for level in (at, *at.parents[:_LEVELS]):
        if level.name in _OF_PROJECT:
            roots.append(str(level.parent))
        elif level.name == _MODELS:
            roots += [str(level), str(level.parent / _SCENARIOS)]
    return roots


def _within(path: str, roots: list[str]) -> bool:
    return any(path == root or path.startswith(os.path.join(root, "")) for root in roots)
