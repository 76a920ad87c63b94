"""`simdistrict list`: models, scenarios, parts, tables and figures, one line each."""

from __future__ import annotations

import json
from typing import Any

import click

from simdistrict.api.listing import files, results_of_study
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command

# variants that a line names
SHOWN = 4


@click.command("list", cls=Command)
@click.argument("what", type=click.Choice(["scenarios", "parts", "models", "tables", "figures"]))
@click.argument("model", default="", shell_complete=complete.studies)
@options.as_json
@options.outside
def command(what: str, model: str, as_json: bool) -> None:
    """List the shipped models, or the scenarios that are shipped or in ./scenarios.

    Parts are shared by scenarios. A scenario with variants lists their names.
    Tables and figures are those of the study of MODEL; see simdistrict tables.

    Example: simdistrict list scenarios
    """
    rows = results_of_study(what, model) if what in ("tables", "figures") else files(what)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        click.echo(f"{row['name']:<{width}}  {row['title']}{_behind(row)}".rstrip())


def _behind(row: dict[str, Any]) -> str:
    """The variants of a scenario: the names of the first, and the number of the rest."""
    names = row.get("variants", [])
    if not names:
        return ""
    few = names if len(names) <= SHOWN + 1 else [*names[:SHOWN], f"and {len(names) - SHOWN} more"]
    return f" (variants: {', '.join(few)})"
