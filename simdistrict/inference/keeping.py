"""The folder of finished parts of a posterior, so that a killed command can be resumed.

A part is what one population did in one round, as named arrays; it is written atomically and
carries the identity of its posterior. Numbers depend on finished parts alone, so a resumed command
gives the bytes of one that ran through.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.atomic import make_writable, refused, replacing, write_text
from simdistrict.base.errors import ExchangeError, Problem, ScenarioError
from simdistrict.base.inputs import InputKind, content, opened
from simdistrict.base.library import shown
from simdistrict.base.lock import TakenError, locked

Arrays = Mapping[str, NDArray[np.generic]]

_LABEL, _LOCK, _WHOSE = "posterior.json", "lock", "posterior"
_LABEL_FILE = InputKind("the label of an interrupted posterior", 10_000)
_PART_FILE = InputKind("a part of a posterior", 2**36)
_FAULTS = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


class Keeper:
    """The finished parts of one posterior.

    folder: for nothing else; identity: a text that holds all that decides the numbers.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder = folder
        self.identity = identity

    @contextmanager
    def open(self, *, resume: bool) -> Iterator[None]:
        """Hold the folder; without `resume` its parts are removed.

        Raises ExchangeError where another process holds it or it holds something else,
        ScenarioError where another posterior was interrupted there. Nothing is left where no part
        was finished.
        """
        where = shown(self.folder)
        make_writable(self.folder, where)
        try:
            with locked(self.folder / _LOCK):
                self._begin(where, resume)
                try:
                    yield
                finally:
                    if not any(self.folder.glob("*.npz")):
                        (self.folder / _LABEL).unlink(missing_ok=True)
        except TakenError as error:
            what = f"{error} is writing this posterior, or another one, to the same folder"
            hint = "wait until it has ended, or name another folder with -o"
            raise ExchangeError(Problem(where, what, hint)) from None
        except OSError as error:
            raise refused(where, error) from None

    def _begin(self, where: str, resume: bool) -> None:
        found = self._label()
        if found is None and any(self.folder.glob("*.npz")):
            what = "it holds files that no interrupted posterior leaves"
            raise ExchangeError(Problem(where, what, "name another folder with -o"))
        if resume and found == self.identity:
            return
        if resume and found is not None:
            what = "another posterior was interrupted here: its model, data, prior or code differ"
            hint = "repeat its command with --resume, or leave --resume out to start again"
            raise ScenarioError(Problem(where, what, hint))
        self._clear()
        write_text(self.folder / _LABEL, json.dumps({"identity": self.identity}) + "\n", force=True)

    def _label(self) -> str | None:
        try:
            return str(json.loads(content(self.folder / _LABEL, _LABEL_FILE))["identity"])
        except (ExchangeError, ValueError, KeyError, TypeError):
            return None

    def read(self, number: int, population: int) -> dict[str, NDArray[np.generic]] | None:
        """A part; None where it is missing, damaged or foreign."""
        path = self._file(number, population)
        if not path.is_file():
            return None
        try:
            with opened(path, _PART_FILE) as file:
                with zipfile.ZipFile(file) as packed:
                    if packed.testzip() is not None:
                        return None
                file.seek(0)
                with np.load(file, allow_pickle=False) as stored:
                    found = {name: stored[name] for name in stored.files}
        except (ExchangeError, *_FAULTS):
            return None
        return found if str(found.pop(_WHOSE, "")) == self.identity else None

    def store(self, number: int, population: int, part: Arrays) -> None:
        """Write a part atomically."""
        path = self._file(number, population)
        with replacing(path, force=True) as temporary, temporary.open("wb") as file:
            arrays: dict[str, Any] = {_WHOSE: np.array(self.identity), **part}
            np.savez(file, **arrays)

    def remove(self) -> None:
        """Remove the parts, the label last, and the folder if nothing else is in it."""
        self._clear()
        with suppress(OSError):
            (self.folder / _LABEL).unlink()
            self.folder.rmdir()

    def _file(self, number: int, population: int) -> Path:
        return self.folder / f"{number:05}-{population}.npz"

    def _clear(self) -> None:
        for file in (*self.folder.glob("[0-9]*-[0-9]*.npz"), *self.folder.glob(".*.part")):
            with suppress(OSError):
                file.unlink()
