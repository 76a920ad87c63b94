"""`simdistrict run`: scenarios into one NetCDF file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings
from simdistrict.cli.output import ending_in


@click.command("run", cls=Command)
@click.argument(
    "scenarios", nargs=-1, required=True, metavar="SCENARIO...", shell_complete=complete.scenarios
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=ending_in(".nc"),
    help="NetCDF file to write: FILE.nc.  [default: runs/NAME.nc]",
)
@options.sets
@options.changes
@options.data
@options.steps
@click.option(
    "--save",
    default="all",
    show_default=True,
    metavar="NAME[LABEL],...|@FILE.lst|stocks|indicators|all",
    shell_complete=complete.elements(several=True),
    help="Elements or labels to save; indicators: what the scenarios report.",
)
@options.backend
@options.strict
@options.force
@options.as_json
@options.encoding
@options.outside
@options.large
@click.pass_obj
def command(
    settings: Settings,
    /,
    scenarios: tuple[str, ...],
    output: Path | None,
    sets: tuple[str, ...],
    changes: tuple[Path, ...],
    data: tuple[Path, ...],
    save: str,
    backend: str,
    strict: bool,
    force: bool,
    as_json: bool,
    **run: Any,
) -> None:
    """Simulate each SCENARIO (or model) into one NetCDF file.

    Several scenarios are stored along the dimension scenario. A scenario with variants stands for
    all of them, NAME:VARIANT for one.
    Exit code 4 when a run did not complete; the file then holds the computed part.

    Example: simdistrict run security_tariffs --set "required return=0.06"
    """
    from simdistrict.api.commands.run import run_into

    path, reports = run_into(
        scenarios,
        output,
        sets=sets,
        settings=run,
        backend=backend,
        strict=strict,
        changes=changes,
        data=data,
        save=save,
        force=force,
    )
    if as_json:
        document = {"file": str(path), "runs": [report.document() for report in reports]}
        click.echo(json.dumps(document, indent=2))
    for report in reports:
        if not as_json and not settings["quiet"]:
            click.echo("\n".join(report.lines()))
        if report.message and not settings["quiet"]:
            what = f"{report.name} | {report.outcome.name}: {report.message}"
            click.echo(f"warning: {what}", err=True)
    if not as_json and not settings["quiet"]:
        click.echo(f"wrote {path}")
    if not all(report.completed for report in reports):
        sys.exit(4)
