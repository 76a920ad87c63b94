"""The finished chunks of an ensemble, in the folder `FILE.parts` until the file is complete.

Every chunk says which chunk of which ensemble it is; one that is damaged or says something else
is run again. One process at a time writes in the folder.
"""

from __future__ import annotations

import json
import logging
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.atomic import refused, replacing, write_text
from simdistrict.engine.outcome import Outcome
from simdistrict.ensemble import Chunk, Ensemble
from simdistrict.errors import ExchangeError, Problem, ScenarioError
from simdistrict.library import shown
from simdistrict.lock import NAME, TakenError, held
from simdistrict.naming import names_of

_OF = "of"  # the array that says of what a chunk is

log = logging.getLogger(__name__)


class Parts:
    """The finished chunks of an ensemble in a folder."""

    def __init__(self, folder: Path, ensemble: Ensemble) -> None:
        self.folder = folder
        self.ensemble = ensemble
        self.label = folder / "ensemble.json"

    @contextmanager
    def opened(self, *, resume: bool) -> Iterator[None]:
        """Make the folder, or take up the one that is there, and keep other processes out.

        Raises ExchangeError where another process has it or it cannot be written, ScenarioError
        where it is something else than what is asked for.
        """
        if not self._is_ours():
            what = "this folder was not left by an interrupted ensemble"
            hint = "choose another file name, or remove the folder if nothing in it is needed"
            raise ScenarioError(Problem(shown(self.folder), what, hint))
        with ExitStack() as stack:
            try:
                stack.enter_context(held(self.folder))
                self._begin(resume=resume)
            except TakenError as taken:
                who = f"process {taken.process}" if taken.process else "another process"
                what = f"{who} is writing here"
                hint = "wait for it, stop it, or choose another file name"
                raise ExchangeError(Problem(shown(self.folder), what, hint)) from None
            except OSError as error:
                raise refused(shown(self.folder), error) from None
            yield

    def _is_ours(self) -> bool:
        """Whether the folder is not there, was left by an ensemble, or just begun by one."""
        if not self.folder.exists() or self._identity() is not None:
            return True
        with suppress(OSError):
            names = [entry.name for entry in self.folder.iterdir()]
            return all(name == NAME or name.endswith(".part") for name in names)
        return False

    def _begin(self, *, resume: bool) -> None:
        found = self._identity()
        if found is not None and resume and found != self.ensemble.identity:
            what = "another ensemble was interrupted here, which this command does not go on"
            hint = "repeat its command with --resume, or leave --resume out to begin anew"
            raise ScenarioError(Problem(shown(self.folder), what, hint))
        if found is not None and not resume:
            log.warning("%s: an interrupted ensemble is begun anew", shown(self.folder))
            for entry in self.folder.iterdir():
                if entry.name != NAME:
                    entry.unlink()
        if found is None or not resume:
            write_text(self.label, json.dumps({"identity": self.ensemble.identity}) + "\n")

    def _identity(self) -> str | None:
        try:
            return str(json.loads(self.label.read_text(encoding="utf-8"))["identity"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def finished(self) -> set[int]:
        """The numbers of the chunks that are there; what is no such chunk is told and goes."""
        found = set()
        for chunk in range(self.ensemble.chunks):
            file = self._file(chunk)
            if not file.exists():
                continue
            try:
                self._read(chunk)
            except _DamagedError:
                log.warning("%s is damaged or of something else: it is run again", shown(file))
                file.unlink()
            else:
                found.add(chunk)
        return found

    def store(self, chunk: int, values: Chunk) -> None:
        """Keep a chunk: it is there as a whole or not at all."""
        arrays: dict[str, Any] = {f"v{k}": array for k, array in enumerate(values.values())}
        arrays[_OF] = np.array(self._mark(chunk))
        with replacing(self._file(chunk), force=True) as part, part.open("wb") as file:
            np.savez(file, **arrays)

    def all(
        self, outcomes: list[dict[Outcome, int]]
    ) -> Iterator[tuple[int, int, Mapping[str, NDArray[np.generic]]]]:
        """Every chunk as variables of the file; counts the outcomes on the way."""
        names = ["design", "outcome", "outcome_time"]
        own = names_of(self.ensemble.plans[0].prepared.model).elements
        names += [own[name] for name in self.ensemble.saved]
        names += self.ensemble.reduced_names.values()
        several = len(self.ensemble.plans) > 1
        for chunk in range(self.ensemble.chunks):
            first, last = self.ensemble.bounds(chunk)
            try:
                read = self._read(chunk)
            except _DamagedError:
                what = "this chunk was changed while the ensemble ran"
                hint = "repeat the command with --resume"
                raise ExchangeError(Problem(shown(self._file(chunk)), what, hint)) from None
            arrays = {name: read[f"v{k}"] for k, name in enumerate(names)}
            for counts, column in zip(outcomes, arrays["outcome"], strict=True):
                for outcome in Outcome:
                    counts[outcome] += int((column == outcome).sum())
            if not several:
                arrays = {n: a if n == "design" else a[0] for n, a in arrays.items()}
            yield first, last, arrays

    def _file(self, chunk: int) -> Path:
        return self.folder / f"{chunk:06}.npz"

    def _mark(self, chunk: int) -> str:
        return f"{self.ensemble.identity} {chunk}"

    def _read(self, chunk: int) -> dict[str, NDArray[np.generic]]:
        """The arrays of a chunk, whose checksums are compared on the way."""
        try:
            with self._file(chunk).open("rb") as raw, np.load(raw) as file:
                read = {name: file[name] for name in file.files}
        except (OSError, ValueError, TypeError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise _DamagedError from error
        if str(read.get(_OF)) != self._mark(chunk):
            raise _DamagedError
        return read

    def remove(self) -> None:
        """The file is complete: what it was made of goes, first what needs a name to be ours."""
        with suppress(OSError):
            for file in self.folder.glob("*.npz"):
                file.unlink()
        shutil.rmtree(self.folder, ignore_errors=True)


class _DamagedError(Exception):
    """A chunk that cannot be read, or that is not what its name says."""
