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

    Example: simdistrict layout district -o district_drawn.mdl
    """
    from simdistrict.base.errors import ExchangeError, Problem
    from simdistrict.base.library import find_model
    from simdistrict.exchange.mdl.file import read_exact
    from simdistrict.exchange.mdl.layout import with_sketch
    from simdistrict.exchange.sketch.views import has_sketch
    from simdistrict.exchange.text.files import write_exact

    path = find_model(model)
    text, encoding = read_exact(path)
    target = output or path
    if not force and output is None and has_sketch(text):
        what = "the model has a sketch already"
        hint = "replace it with --force, or write to another file with -o"
        raise ExchangeError(Problem(str(path), what, hint))
    if output is not None:
        from simdistrict.base.atomic import writable_target

        writable_target(output, force=force)
    drawn = with_sketch(text, str(path))
    write_exact(target, drawn, encoding)
    views = drawn.count("---/// Sketch information")
    if as_json:
        click.echo(json.dumps({"file": str(target), "views": views}, indent=2))
    elif not settings["quiet"]:
        click.echo(f"wrote {target}: {counted(views, 'view')}")
