"""The folder of finished chunks of an ensemble, until the file is complete.

One process at a time writes there. Each chunk records its ensemble and its members, and a zip
file has checksums: a chunk that is damaged or foreign is run again and never used.
"""

from __future__ import annotations

import json
import logging
import lzma
import os
import shlex
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.atomic import refused, replacing, write_text
from simdistrict.base.errors import ExchangeError, Problem, ScenarioError
from simdistrict.base.identity import code_identity
from simdistrict.base.inputs import InputKind, content, opened
from simdistrict.base.interrupt import leftover
from simdistrict.base.library import shown
from simdistrict.base.lock import TakenError, locked
from simdistrict.engine.outcome import Outcome
from simdistrict.ensemble.members import Chunk, Ensemble
from simdistrict.result.naming import names_of

Arrays = dict[str, NDArray[np.generic]]

_LABEL, _LOCK = "ensemble.json", "lock"
_LABEL_FILE = InputKind("the label of an interrupted ensemble", 10_000)
_CHUNK_FILE = InputKind("a chunk of an ensemble", 2**40)
# the ensemble of a chunk, and its first member and one past its last
_WHOSE, _WHICH = "ensemble", "members"
# exceptions that numpy and zipfile raise for a damaged or foreign file
_FAULTS = (
    *(OSError, ValueError, KeyError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)

log = logging.getLogger(__name__)


class _UnfitError(Exception):
    """Why a chunk cannot be used."""


class Parts:
    """The finished chunks of an ensemble in a folder."""

    def __init__(self, folder: Path, ensemble: Ensemble) -> None:
        self.folder = folder
        self.ensemble = ensemble
        self.label = folder / _LABEL

    @contextmanager
    def open(self, *, resume: bool) -> Iterator[None]:
        """Create the folder, or reuse an existing one, and lock it.

        Raises ExchangeError where another process holds it, ScenarioError where it is not the
        folder of an interrupted ensemble, or of another one with resume.
        """
        self._refuse_foreign()
        with ExitStack() as held:
            held.callback(self._remove_empty)
            held.enter_context(leftover(self._remove_empty))
            try:
                held.enter_context(locked(self.folder / _LOCK))
            except TakenError as error:
                what = f"{error} is writing this ensemble, or another one, to the same file"
                hint = "wait until it has ended, or name another file with -o"
                raise ExchangeError(Problem(shown(self.folder), what, hint)) from None
            except OSError as error:
                raise refused(shown(self.folder), error) from None
            self._begin(resume)
            yield

    def _remove_empty(self) -> None:
        """Remove the folder if it holds no chunk."""
        with suppress(OSError):
            left = os.listdir(self.folder)
            if self._identity() == self.ensemble.identity and left == [_LABEL]:
                self.label.unlink()
            self.folder.rmdir()

    def _refuse_foreign(self) -> None:
        if not self.folder.exists() or self._identity() is not None:
            return
        # another process has just created it, or was killed at once
        with suppress(OSError):
            if all(n == _LOCK or n.startswith(f".{_LABEL}.") for n in os.listdir(self.folder)):
                return
        delete = "rmdir /s" if os.name == "nt" else "rm -r"
        what = "an interrupted ensemble would wait here, and this is not what one leaves"
        hint = (
            "choose another file name; or, if nothing in it is needed, delete it: "
            f"{delete} {shlex.quote(shown(self.folder))}"
        )
        raise ScenarioError(Problem(shown(self.folder), what, hint))

    def _begin(self, resume: bool) -> None:
        """Keep the chunks to resume; else clear the folder."""
        self._refuse_foreign()
        found = self._identity()
        if resume and found == self.ensemble.identity:
            return
        if resume and found is not None:
            what = "another ensemble was interrupted here, which this command cannot continue"
            hint = "repeat its command with --resume, or leave --resume out to start again"
            if self._label().get("code") != code_identity():
                what = "an ensemble of other code was interrupted here, which cannot be continued"
                hint = "leave --resume out to start again, or install the code that it was run with"
            raise ScenarioError(Problem(shown(self.folder), what, hint))
        if self._files():
            log.warning("%s: an interrupted ensemble is started again", shown(self.folder))
        self._clear()
        label = {"identity": self.ensemble.identity, "code": code_identity()}
        text = json.dumps(label) + "\n"
        write_text(self.label, text, force=True)

    def _identity(self) -> str | None:
        """The identity of the ensemble in the folder."""
        return self._label().get("identity")

    def _label(self) -> dict[str, str]:
        """What the folder says of its ensemble; empty where it is missing or damaged."""
        try:
            found = json.loads(content(self.label, _LABEL_FILE))
            return {"identity": str(found["identity"]), "code": str(found.get("code", ""))}
        except (ExchangeError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def finished(self) -> set[int]:
        """The numbers of the intact chunks; warns of any other."""
        there, found = set(self._files()), set()
        for chunk in range(self.ensemble.chunks):
            if self._file(chunk) in there:
                try:
                    self._read(chunk)
                    found.add(chunk)
                except _UnfitError as error:
                    file = shown(self._file(chunk))
                    log.warning("%s: %s; its members are run again", file, error)
        return found

    def store(self, chunk: int, values: Chunk) -> None:
        """Write a chunk atomically."""
        if self._identity() != self.ensemble.identity:
            what = "it was removed, or taken over by another command, while this one was running"
            hint = "run the command again when nothing else writes to the same file"
            raise ExchangeError(Problem(shown(self.folder), what, hint))
        arrays: dict[str, Any] = {f"v{k}": array for k, array in enumerate(values.values())}
        arrays |= {_WHOSE: self.ensemble.identity, _WHICH: self.ensemble.bounds(chunk)}
        with replacing(self._file(chunk), force=True) as part, part.open("wb") as file:
            np.savez(file, **arrays)

    def all(
        self, outcomes: list[dict[Outcome, int]]
    ) -> Iterator[tuple[int, int, Mapping[str, NDArray[np.generic]]]]:
        """Every chunk as variables of the file; adds to the counts of outcomes.

        Raises ExchangeError for a chunk that is damaged or foreign.
        """
        several = len(self.ensemble.plans) > 1
        for chunk in range(self.ensemble.chunks):
            try:
                arrays = self._read(chunk)
            except _UnfitError as error:
                hint = "repeat the command with --resume: it runs these members again"
                raise ExchangeError(
                    Problem(shown(self._file(chunk)), f"{error}; nothing was written", hint)
                ) from None
            for counts, column in zip(outcomes, arrays["outcome"], strict=True):
                for outcome in Outcome:
                    counts[outcome] += int((column == outcome).sum())
            if not several:
                arrays = {n: a if n == "design" else a[0] for n, a in arrays.items()}
            yield *self.ensemble.bounds(chunk), arrays

    def _read(self, chunk: int) -> Arrays:
        """Read a chunk; checks its checksums, ensemble and members."""
        first, last = self.ensemble.bounds(chunk)
        try:
            with opened(self._file(chunk), _CHUNK_FILE) as file:
                with zipfile.ZipFile(file) as packed:
                    if packed.testzip() is not None:
                        raise _UnfitError("it is damaged")
                file.seek(0)
                with np.load(file) as stored:
                    whose, which = str(stored[_WHOSE]), stored[_WHICH].tolist()
                    if whose != self.ensemble.identity:
                        raise _UnfitError("it belongs to another ensemble")
                    if which != [first, last]:
                        own, begin, end = f"{first} to {last - 1}", which[0], which[1] - 1
                        raise _UnfitError(f"it holds the members {begin} to {end}, not {own}")
                    return {name: stored[f"v{k}"] for k, name in enumerate(self._names)}
        except ExchangeError as error:
            raise _UnfitError(error.problems[0].what) from None
        except _FAULTS:
            raise _UnfitError("it is damaged") from None

    @property
    def _names(self) -> list[str]:
        """The variables of the file in the order of a chunk's arrays."""
        own = names_of(self.ensemble.plans[0].prepared.model).elements
        names = ["design", "outcome", "outcome_time", *(own[n] for n in self.ensemble.saved)]
        return [*names, *self.ensemble.reduced_names.values()]

    def _file(self, chunk: int) -> Path:
        return self.folder / f"{chunk:06}.npz"

    def _files(self) -> list[Path]:
        """All chunks, of any ensemble."""
        return list(self.folder.glob("[0-9]*.npz"))

    def _clear(self) -> None:
        """Remove chunks and temporary files, nothing else."""
        for file in (*self._files(), *self.folder.glob(".*.part")):
            with suppress(OSError):
                file.unlink()

    def remove(self) -> None:
        """Remove the chunks, and the label last."""
        self._clear()
        with suppress(OSError):
            self.label.unlink()
