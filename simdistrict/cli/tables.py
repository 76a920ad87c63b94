"""`simdistrict tables`: the tables of a study, computed, or compared with the committed ones."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from simdistrict.base import interrupt
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings

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
@options.design
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
    design: Path | None,
    rest: str | None,
    unconverged: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Make the tables of a study, as CSV and Markdown.

    MODEL is a model with a folder study/ next to it, or a study file; without it the study of
    this folder is run, else that of the one shipped model that has one. A study is a program:
    its Python files are run.

    Without table names, those of single runs, which take minutes; with --all also those over the
    ensemble and, where the study or --design gives one, over a posterior, which may take hours
    when nothing of them is there yet. A table of which no input has changed is not computed
    again, and an interrupted ensemble is continued. Tables of a fit are made only by name. All
    files are written at the end, as one set.

    With --check nothing is written: tables of single runs are computed and compared; for the others
    some members are run again. Prints the first ten differences.

    Example: simdistrict tables targets
    """
    from simdistrict.api.commands.ensemble import draws_of
    from simdistrict.api.commands.tables import ComparedTables, tables

    found = tables(
        words,
        output,
        check=check,
        everything=everything,
        workers=workers,
        members=members,
        posterior=draws_of(design, rest, unconverged=unconverged),
        progress=None if settings["quiet"] else _progress(),
        making=lambda: interrupt.saying(lambda: "what was run is kept; the same command continues"),
        force=force,
    )
    if as_json:
        click.echo(json.dumps(found.document(), indent=2))
    elif isinstance(found, ComparedTables) or not settings["quiet"]:
        click.echo("\n".join(found.lines()))
    if isinstance(found, ComparedTables) and found.differences:
        sys.exit(5)


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
