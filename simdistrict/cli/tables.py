"""`simdistrict tables`: the tables of a study, computed, or compared with the committed ones."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simdistrict.base import interrupt
from simdistrict.base.counts import counted
from simdistrict.base.errors import typed
from simdistrict.base.library import study_arguments
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings

if TYPE_CHECKING:
    from simdistrict.tables import Discrepancy

SHOWN = 10
RESULTS = Path("results")


@click.command("tables", cls=Command)
@click.argument(
    "words",
    nargs=-1,
    metavar="[MODEL] [TABLE]...",
    shell_complete=complete.results_of_study("tables"),
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 5 if a table differs.")
@click.option("--all", "everything", is_flag=True, help="Also the tables over the ensemble.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=RESULTS,
    show_default=True,
    help="Holds one folder for each model.",
)
@click.option(
    "--workers", type=options.WholeRange(1), default=1, show_default=True, help="Cores to use."
)
@click.option(
    "--members",
    type=options.WholeRange(8),
    metavar="N",
    help="Of the ensembles; default: what the committed tables have.",
)
@click.option("--force", is_flag=True, help="Replace files that simdistrict did not write.")
@options.as_json
@options.encoding
@options.outside
@click.pass_obj
def command(
    settings: Settings,
    words: tuple[str, ...],
    check: bool,
    everything: bool,
    output: Path,
    workers: int,
    members: int | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make the tables of a study, as CSV and Markdown.

    MODEL is a model with a folder study/ next to it, or a study file; without it the study of
    this folder is run, else that of the one shipped model that has one. A study is a program:
    its Python files are run.

    Without table names, those of single runs, which take minutes; with --all also those over the
    ensemble, which may take hours when nothing of them is there yet. A table of which no input
    has changed is not computed again, and an interrupted ensemble is continued. Tables of a fit are
    made only by name. All files are written at the end, as one set.

    With --check nothing is written: tables of single runs are computed and compared; for the others
    some members are run again. Prints the first ten differences.

    Example: simdistrict tables targets claims --check
    """
    from simdistrict.tables import ENSEMBLE, MEMBERS, RUNS, Sampling, Study, chosen
    from simdistrict.tables import check as differences_of
    from simdistrict.tables.catalogue import made
    from simdistrict.tables.files import check_files, write_texts
    from simdistrict.tables.find import with_study
    from simdistrict.tables.reduced import tidy

    definition, names = with_study(words)
    wanted = chosen(definition, names, RUNS, *([ENSEMBLE] if everything or check else []))
    progress = None if settings["quiet"] else _progress()
    sampling = Sampling(members=members or MEMBERS)
    study = Study(definition, workers, sampling, progress)
    folder = output / study.model.name
    found: list[Discrepancy] = []
    texts: dict[str, str] = {}
    again: list[str] = []
    if not check:
        check_files(folder, wanted, force=force)
    for name in wanted:
        if check:
            found += differences_of(name, study, folder)
            continue
        with interrupt.saying(lambda: "what was run is kept; the same command continues"):
            table, before = made(name, study)
        texts |= table.texts
        again += [] if before else [name]
    written = write_texts(folder, texts, force=force)
    tidy()
    if as_json:
        rows = [asdict(d) for d in found]
        document = {"tables": wanted, "differences": rows, "files": [str(p) for p in written]}
        document |= {"made": again}
        click.echo(json.dumps(document, indent=2))
    elif check:
        _tell(found, wanted, folder, study_arguments(definition.path))
    elif not settings["quiet"]:
        same = len(wanted) - len(again)
        kept = f"; {same} had not changed" if same else ""
        click.echo(
            f"made {counted(len(again), 'table')} in {folder}: {', '.join(again) or 'none'}{kept}"
        )
    if found:
        sys.exit(5)


def _tell(found: list[Discrepancy], wanted: list[str], folder: Path, study: list[str]) -> None:
    """The first differences, and how many there are; study: how a user names it."""
    output = ["-o", str(folder.parent)] if folder.parent != RESULTS else []
    for difference in found[:SHOWN]:
        click.echo(str(difference))
    if len(found) > SHOWN:
        click.echo(f"and {len(found) - SHOWN} more")
    if found:
        click.echo(f"{folder}: {counted(len(found), 'difference')}")
        click.echo(f"    make them anew with: {typed('tables', *study, *wanted, *output)}")
    else:
        are = "is" if len(wanted) == 1 else "are"
        click.echo(f"{folder}: {counted(len(wanted), 'table')} {are} what the model gives")


def _progress() -> Callable[[str, int, int], None] | None:
    """A progress line on stderr; none where stderr is no terminal."""
    if not sys.stderr.isatty():
        return None
    begin = time.perf_counter()

    def show(name: str, done: int, members: int) -> None:
        line = f"\r{name}: {done} of {members} members, {time.perf_counter() - begin:.0f} s "
        blank = "\r" + " " * len(line) + "\r"
        click.echo(line if done < members else blank, err=True, nl=False)

    return show
