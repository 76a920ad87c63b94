"""The tables and the figures of a study: made, or compared with the committed ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from simdistrict.base.counts import counted
from simdistrict.base.errors import typed
from simdistrict.base.library import study_arguments
from simdistrict.ensemble.drawing import DrawsRequest
from simdistrict.plot import check_targets, draw, draw_all
from simdistrict.regimes.studies.register import figure_of
from simdistrict.result.netcdf import read_netcdf
from simdistrict.tables import (
    ENSEMBLE,
    MEMBERS,
    POSTERIOR,
    RUNS,
    Discrepancy,
    Sampling,
    Study,
    chosen,
)
from simdistrict.tables import check as differences_of
from simdistrict.tables.catalogue import made
from simdistrict.tables.definition import named
from simdistrict.tables.files import check_files, write_texts
from simdistrict.tables.find import with_study
from simdistrict.tables.reduced import tidy
from simdistrict.tables.shown import describe

SHOWN = 10
RESULTS = Path("results")


@dataclass(frozen=True, slots=True)
class MadeTables:
    """The tables of a study in a folder; again: those of which an input had changed."""

    folder: Path
    names: tuple[str, ...]
    again: tuple[str, ...]
    files: tuple[Path, ...]

    def lines(self) -> list[str]:
        """What was made, in a line."""
        same = len(self.names) - len(self.again)
        kept = f"; {same} had not changed" if same else ""
        names = ", ".join(self.again) or "none"
        return [f"made {counted(len(self.again), 'table')} in {self.folder}: {names}{kept}"]

    def document(self) -> dict[str, object]:
        """What was made, for JSON."""
        files = [str(path) for path in self.files]
        return {
            "tables": list(self.names),
            "differences": [],
            "files": files,
            "made": list(self.again),
        }


@dataclass(frozen=True, slots=True)
class ComparedTables:
    """The tables of a study against those in a folder; study: how a user names it."""

    folder: Path
    names: tuple[str, ...]
    differences: tuple[Discrepancy, ...]
    study: tuple[str, ...]

    def lines(self) -> list[str]:
        """The first differences, how many there are, and how to make the tables."""
        count = len(self.differences)
        if not count:
            are = "is" if len(self.names) == 1 else "are"
            return [
                f"{self.folder}: {counted(len(self.names), 'table')} {are} what the model gives"
            ]
        said = [str(difference) for difference in self.differences[:SHOWN]]
        said += [f"and {count - SHOWN} more"] if count > SHOWN else []
        output = ["-o", str(self.folder.parent)] if self.folder.parent != RESULTS else []
        command = typed("tables", *self.study, *self.names, *output)
        said.append(f"{self.folder}: {counted(count, 'difference')}")
        return [*said, f"    make them anew with: {command}"]

    def document(self) -> dict[str, object]:
        """The differences for JSON."""
        rows = [asdict(difference) for difference in self.differences]
        return {"tables": list(self.names), "differences": rows, "files": [], "made": []}


def tables(
    words: Sequence[str],
    output: Path,
    *,
    check: bool = False,
    everything: bool = False,
    workers: int = 1,
    members: int | None = None,
    posterior: DrawsRequest | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    making: Callable[[], AbstractContextManager[None]] | None = None,
    force: bool = False,
) -> MadeTables | ComparedTables:
    """Make the tables of a study, or compare them with those in a folder.

    words: the study, where it is not the default one, and names of tables; everything: also those
    over the ensemble and the posterior; posterior: draws in place of those that the study states;
    output: holds a folder for each model; progress: called with the table, the
    members that are done and all of them; making: around the work of one table.
    """
    definition, names = with_study(words)
    kinds = [RUNS]
    if everything or check:
        over = [POSTERIOR] if posterior or definition.file.posterior else []
        kinds += [ENSEMBLE, *over]
    wanted = chosen(definition, names, *kinds)
    sampling = Sampling(members=members or MEMBERS)
    study = Study(definition, workers, sampling, progress, posterior)
    folder = output / study.model.name
    study.committed = folder
    if check:
        found = [d for name in wanted for d in differences_of(name, study, folder)]
        tidy()
        named_as = tuple(study_arguments(definition.path))
        return ComparedTables(folder, tuple(wanted), tuple(found), named_as)
    check_files(folder, wanted, force=force)
    texts: dict[str, str] = {}
    again: list[str] = []
    for name in wanted:
        if making is None:
            table, before = made(name, study)
        else:
            with making():
                table, before = made(name, study)
        texts |= table.texts
        again += [] if before else [name]
    written = write_texts(folder, texts, force=force)
    tidy()
    return MadeTables(folder, tuple(wanted), tuple(again), tuple(written))


def figures(
    words: Sequence[str], output: Path | None, committed: Path, *, force: bool = False
) -> list[Path]:
    """Draw figures of a study, each as .svg and .png; their paths without a suffix.

    words: the study and names of figures; output: the folder for them, by default that of the
    tables; committed: holds the tables in a folder for each model.
    """
    definition, names = with_study(words)
    wanted = named(definition, "figure", names)
    study = Study(definition)
    tables_of_model = committed / study.model.name
    folder = output or tables_of_model
    for name in wanted:
        check_targets(folder / name, force=force)
    found = {folder / name: describe(name, study, tables_of_model) for name in wanted}
    draw_all(found, force=force)
    return list(found)


def regimes_figure(file: Path, output: Path | None, *, force: bool = False) -> Path:
    """Draw the file of a study of regimes as .svg and .png; its path without a suffix."""
    target = (output or file.parent) / file.stem
    check_targets(target, force=force)
    draw(figure_of(read_netcdf(file), str(file)), target, force=force)
    return target
