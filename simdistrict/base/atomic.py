"""Files, sets of files and folders that appear under their final names only when complete.

They are written under temporary names in the same folder, flushed to disk and renamed. A killed
process leaves its temporary files; the next write into that folder removes them.
Nothing here knows the content of a file.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.interrupt import leftover
from simdistrict.base.renames import complete, flush, rename_all
from simdistrict.base.temporary import remove, sweep, temporary_name

Ours = Callable[[Path], bool]

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space or choose another folder"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another folder"),
    errno.EFBIG: ("the file is larger than this system allows", "see `ulimit -f`"),
    errno.EACCES: ("no permission to write here", "choose another folder"),
    errno.EPERM: ("no permission to write here", "choose another folder"),
    errno.EROFS: ("the folder is read-only", "choose another folder"),
    errno.ENAMETOOLONG: ("the file name is too long", "choose a shorter one"),
}


def no_file_is_ours(path: Path) -> bool:
    """For file formats that carry no mark of simdistrict."""
    return False


def writable_target(path: str | Path, *, ours: Ours = no_file_is_ours, force: bool = False) -> Path:
    """The file to write a result to, with links resolved; creates its folder.

    ours: whether an existing file was written by simdistrict; such a file is replaced without
    `force`. Call this before a long computation, to fail early.
    Raises ExchangeError for a folder or device of that name, a foreign file, or no permission.
    """
    path = Path(path)
    where = str(path)
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise ExchangeError(Problem(where, "this is a folder", "add a file name"))
        if target.exists():
            if not target.is_file():
                raise ExchangeError(
                    Problem(where, "this is not an ordinary file", "choose another name")
                )
            if not force and not ours(target):
                known = ours is not no_file_is_ours
                what = "the file exists" + known * " and was not written by simdistrict"
                hint = "choose another name, or replace it with --force (force=True in Python)"
                raise ExchangeError(Problem(where, what, hint))
    except (OSError, ValueError) as error:
        raise refused(where, error) from None
    make_writable(target.parent, where)
    return target


def make_writable(folder: Path, where: str) -> None:
    """Create a folder; ExchangeError where it cannot be written to. where: for messages."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise refused(where, error) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        what = "no permission to write here"
        raise ExchangeError(Problem(str(folder), what, "choose another folder"))


@contextmanager
def no_empty_folders(*folders: Path) -> Iterator[None]:
    """Removes, after the block, these folders and their parents that it made for nothing."""
    made = [path for folder in folders for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    finally:
        for path in sorted(set(made), key=lambda path: len(path.parts), reverse=True):
            with suppress(OSError):  # it holds something, or was never made
                path.rmdir()


@contextmanager
def replacing(
    path: str | Path, *, ours: Ours = no_file_is_ours, force: bool = False
) -> Iterator[Path]:
    """Yields a temporary name in the same folder; renames it to `path` when the block succeeds.

    On any failure the file at `path` is unchanged and the temporary file is removed.
    Raises as `writable_target` does, and ExchangeError for any OSError in the block.
    """
    with replacing_all([path], ours=ours, force=force) as (part,):
        yield part


@contextmanager
def replacing_all(
    paths: Sequence[str | Path], *, ours: Ours = no_file_is_ours, force: bool = False
) -> Iterator[list[Path]]:
    """The same for files of one folder, with a temporary name for each: a set appears as one.

    A kill during the last renames leaves a journal, by which the next command that opens a file
    there completes them. Links are resolved; where they lead to several folders, each of these has
    a set of its own.
    """
    targets = [writable_target(path, ours=ours, force=force) for path in paths]
    parts = [temporary_name(target) for target in targets]
    folders = list(dict.fromkeys(target.parent for target in targets))
    for folder in folders:
        complete(folder)
        sweep(folder)
    where = str(paths[0]) if len(paths) == 1 else str(Path(paths[0]).parent)
    with ExitStack() as cleared:
        for part in parts:
            cleared.callback(remove, part)
            cleared.enter_context(leftover(partial(remove, part)))
        try:
            yield parts
            for part, target in zip(parts, targets, strict=True):
                flush(part)
                if target.exists():
                    with suppress(OSError):  # keep the permissions, where the file system has them
                        os.chmod(part, target.stat().st_mode & 0o777)
            pairs = list(zip(parts, targets, strict=True))
            for folder in folders:
                rename_all([(part, target) for part, target in pairs if target.parent == folder])
        except OSError as error:
            raise refused(where, error) from None


@contextmanager
def replacing_folder(path: Path, check: Callable[[Path], None]) -> Iterator[Path]:
    """Yields a new folder next to `path`, which takes its name when the block succeeds.

    check: called with `path`, links resolved, just before what is there is replaced; raises where
    it must be kept. On any failure `path` is unchanged. Raises ExchangeError for any OSError.
    """
    target = Path(os.path.realpath(path))
    make_writable(target.parent, str(path))
    complete(target.parent)
    sweep(target.parent)
    part = temporary_name(target)
    with ExitStack() as cleared:
        cleared.callback(remove, part)
        cleared.enter_context(leftover(partial(remove, part)))
        try:
            part.mkdir()
            yield part
            for file in (*part.rglob("*"), part):
                flush(file)
            check(target)
            rename_all([(part, target)])
        except OSError as error:
            raise refused(str(path), error) from None


def write_text(
    path: str | Path, text: str, *, ours: Ours = no_file_is_ours, force: bool = False
) -> None:
    """Write a text file as UTF-8, with the line ends of `text`."""
    with replacing(path, ours=ours, force=force) as part:
        part.write_bytes(text.encode())


def write_texts(
    folder: Path, texts: Mapping[str, str], *, ours: Ours = no_file_is_ours, force: bool = False
) -> None:
    """The same for a set of files by name: it appears as one."""
    if not texts:
        return
    with replacing_all([folder / name for name in texts], ours=ours, force=force) as parts:
        for part, text in zip(parts, texts.values(), strict=True):
            part.write_bytes(text.encode())


def refused(where: str, error: OSError | ValueError) -> ExchangeError:
    """The error message for a failure that the operating system reported."""
    number = error.errno if isinstance(error, OSError) and error.errno else 0
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    what, hint = _REASONS.get(number, (f"the file cannot be written: {said}", ""))
    return ExchangeError(Problem(where, what, hint))
