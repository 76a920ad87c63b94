"""`simdistrict rerun`: repeat a result file from its own record."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from simdistrict.cli import options
from simdistrict.cli.common import Command, Settings


@click.command("rerun", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--backend", type=click.Choice(["interpreted", "native", "pysd"]), help="Another backend."
)
@options.as_json
@click.pass_obj
def command(settings: Settings, file: Path, backend: str | None, as_json: bool) -> None:
    """Repeat FILE from its own record and report whether the numbers are the same.

    The model, the resolved scenarios, the settings and the numbers from other files come from
    FILE alone; warns where those files, or the code, have changed since.
    Exit code 5 when a number differs. PySD, which makes Python code of a model's texts, runs
    only with --backend pysd.

    Example: simdistrict rerun runs/security_tariffs.nc
    """
    from simdistrict.api.commands.rerun import rerun

    found = rerun(file, backend, False if settings["quiet"] else None)
    click.echo(json.dumps(found.document(), indent=2) if as_json else found.line())
    for text in found.warnings():
        click.echo(f"warning: {text}", err=True)
    if not found.same:
        sys.exit(5)
