"""`simdistrict layout`: draw the views of a model from its equations."""

from __future__ import annotations

import json
from pathlib import Path

import click

from simdistrict.base.counts import counted
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings


@click.command("layout", cls=Command)
@click.argument("model", shell_complete=complete.models)
@click.option("-o", "output", type=click.Path(path_type=Path), help="Write to another file.")
@click.option("--force", is_flag=True, help="Replace existing views, or an existing file.")
@options.as_json
@options.encoding
@options.outside
@click.pass_obj
def command(
    settings: Settings, model: str, output: Path | None, force: bool, as_json: bool
) -> None:
    """Lay out the sketch of MODEL for Vensim's editor: one view per group.

    Writes the sketch into the file and keeps every other byte. An existing sketch is replaced
    only with --force.

    Example: simdistrict layout core -o core_drawn.mdl
    """
    from simdistrict.api.commands.layout import lay_out

    target, views = lay_out(model, output, force=force)
    if as_json:
        click.echo(json.dumps({"file": str(target), "views": views}, indent=2))
    elif not settings["quiet"]:
        click.echo(f"wrote {target}: {counted(views, 'view')}")
