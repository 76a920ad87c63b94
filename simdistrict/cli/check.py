"""`simdistrict check`: units and structure of a model, one line per finding."""

from __future__ import annotations

import json
import sys

import click


@click.command("check")
@click.argument("model")
@click.option("--only", multiple=True, metavar="NAME", help="Run this check only (repeatable).")
@click.option(
    "--strict", multiple=True, metavar="NAME", help="Take its warnings for errors (repeatable)."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(model: str, only: tuple[str, ...], strict: tuple[str, ...], as_json: bool) -> None:
    """Check units and structure of MODEL.

    Prints one line per finding, with the element and its line in the file; exit code 5 when
    there is an error among them.

    Example: simdistrict check district
    """
    from simdistrict.checks import CHECKS, check_model
    from simdistrict.exchange.mdl import read_mdl
    from simdistrict.library import find_model

    path = find_model(model)
    found = check_model(read_mdl(path), only, strict)
    errors = sum(f.severity == "error" for f in found)
    if as_json:
        rows = [
            {
                "check": f.check,
                "severity": f.severity,
                "element": f.element,
                "line": f.line,
                "what": f.what,
            }
            for f in found
        ]
        click.echo(json.dumps({"model": model, "errors": errors, "findings": rows}, indent=2))
    else:
        for f in found:
            where = f"{path.name}:{f.line}" if f.line else path.name
            name = f'"{f.element}": ' if f.element else ""
            click.echo(f"{f.severity}: {where} | {name}{f.what}  [{f.check}]")
        ran = ", ".join(only or CHECKS)
        click.echo(f"{path.name}: {errors} errors, {len(found) - errors} warnings ({ran})")
    if errors:
        sys.exit(5)
