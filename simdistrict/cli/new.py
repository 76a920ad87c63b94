"""`simdistrict new`: a folder with a small model, two scenarios, a study and a README."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from simdistrict.cli import options
from simdistrict.cli.common import Command

# what the commands leave in a project
LEFT = {"runs", "results", "__pycache__"}


@click.command("new", cls=Command)
@click.argument("path", type=click.Path(path_type=Path))
@options.as_json
def command(path: Path, as_json: bool) -> None:
    """Copy a runnable example project to PATH, which must be new or an empty folder.

    Example: simdistrict new my-district
    """
    from simdistrict.api.commands.new import new_project

    new_project(path)
    commands = [f"cd {shlex.quote(str(path))}"] if path.resolve() != Path.cwd() else []
    commands.append("simdistrict run scenarios/subsidy.yaml")
    if as_json:
        click.echo(json.dumps({"folder": str(path), "next": commands}, indent=2))
    else:
        click.echo("\n".join(commands))
