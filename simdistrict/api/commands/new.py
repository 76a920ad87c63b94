"""A new project: a copy of the runnable example."""

from __future__ import annotations

import shlex
import tempfile
from contextlib import ExitStack
from pathlib import Path

from simdistrict.base.atomic import refused
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.library import example_project
from simdistrict.base.renames import complete, rename_all
from simdistrict.base.temporary import remove, sweep, temporary_name

# what the commands leave in a project
LEFT = {"runs", "results", "__pycache__"}


def new_project(path: Path) -> None:
    """Copy the example to a path, which must be new or an empty folder.

    Raises ExchangeError for a path that is there, or that cannot be written.
    """
    try:
        _refuse_what_is_there(path)
        copy_project(example_project(), path)
    except OSError as error:
        raise refused(str(path), error) from None


def copy_project(source: Path, path: Path) -> None:
    """Copy the files below source; path holds all of them or is left as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".simdistrict-") as staging:
        project = Path(staging) / "project"
        for file in sorted(source.rglob("*")):
            relative = file.relative_to(source)
            if file.is_file() and LEFT.isdisjoint(relative.parts):
                target = project / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                # contents only: an installed package may be read-only, the copy must not be
                target.write_bytes(file.read_bytes())
        if path.exists():
            renames = []
            with ExitStack() as cleared:
                for child in sorted(project.iterdir()):
                    part = temporary_name(path / child.name)
                    cleared.callback(remove, part)
                    child.rename(part)
                    renames.append((part, path / child.name))
                rename_all(renames)
        else:
            project.rename(path)


def _refuse_what_is_there(path: Path) -> None:
    if path.is_dir():
        complete(path)
        sweep(path)
        if not any(path.iterdir()):
            return
        what = "the folder is not empty, and nothing in it will be overwritten"
    elif path.exists() or path.is_symlink():
        what = "there is a file of this name"
    else:
        return
    hint = f"name a folder that does not exist, such as {shlex.quote(f'{path}-new')}"
    raise ExchangeError(Problem(str(path), what, hint))
