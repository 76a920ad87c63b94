"""`simdistrict tables`: the committed results, made anew or compared with new ones."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simdistrict.tables import Difference

SHOWN = 10


@click.command("tables")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--check", is_flag=True, help="Write nothing; exit code 5 if a table differs.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Holds one folder for each model.",
)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Of the fit.")
@click.option("--force", is_flag=True, help="Replace files that simdistrict did not write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(
    settings: dict[str, bool],
    names: tuple[str, ...],
    check: bool,
    output: Path,
    workers: int,
    force: bool,
    as_json: bool,
) -> None:
    """Make the result tables of the district model, as CSV and Markdown.

    Without names, all but the fitted constants, whose fit takes minutes. With --check, the first
    ten differences of the committed files from new ones are told; numbers are compared to their
    printed digits.

    Example: simdistrict tables targets claims --check
    """
    from simdistrict.tables import Study, accepted, chosen, differences, make, write
    from simdistrict.tables.catalogue import MODEL

    wanted = chosen(names)
    study = Study(MODEL, workers)
    folder = output / study.model.name
    found: list[Difference] = []
    written: list[Path] = []
    for name in wanted:
        table = make(name, study)
        if check:
            found += differences(folder, *accepted(table, study.stamp))
        else:
            written += write(folder, table, study.stamp, force=force)
    if as_json:
        rows = [asdict(d) for d in found]
        document = {"tables": wanted, "differences": rows, "files": [str(p) for p in written]}
        click.echo(json.dumps(document, indent=2))
    elif check:
        _tell(found, wanted, folder)
    elif not settings["quiet"]:
        click.echo(f"wrote {len(wanted)} tables into {folder}: {', '.join(wanted)}")
    if found:
        sys.exit(5)


def _tell(found: list[Difference], wanted: list[str], folder: Path) -> None:
    """The first differences, and how many there are."""
    for difference in found[:SHOWN]:
        click.echo(str(difference))
    if len(found) > SHOWN:
        click.echo(f"and {len(found) - SHOWN} more")
    if found:
        click.echo(f"{folder}: {len(found)} differences")
        click.echo(f"    make them anew with: simdistrict tables {' '.join(wanted)}")
    else:
        click.echo(f"{folder}: {len(wanted)} tables are what the model gives")
