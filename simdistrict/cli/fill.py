"""`simdistrict fill`: the numbers of the tables beside a model, written into the model."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simdistrict.exchange.fill import Filled

SHOWN = 10


@click.command("fill")
@click.argument("model")
@click.option("--check", is_flag=True, help="Change nothing; exit code 5 if a number differs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(model: str, check: bool, as_json: bool) -> None:
    """Write the numbers of data/*.csv beside MODEL into MODEL.

    Only the numbers of constants and lookups change, and only where they differ; every other
    byte of the file stays as it is.

    Example: simdistrict fill district --check
    """
    from simdistrict.exchange.fill import fill
    from simdistrict.library import find_model

    path = find_model(model)
    found = fill(path, check=check)
    if as_json:
        rows = [asdict(d) for d in found.differences]
        document = {"model": model, "numbers": found.count, "written": not check}
        click.echo(json.dumps({**document, "differences": rows}, indent=2))
    else:
        click.echo("\n".join(_lines(path.name, model, found, check)))
    if check and found.differences:
        sys.exit(5)


def _lines(file: str, model: str, found: Filled, check: bool) -> list[str]:
    differences = found.differences
    if not differences:
        return [f"{file}: all {found.count} numbers are those of the tables"]
    lines = [
        f"{file}:{d.line} | {d.element}: {d.was:.12g} "
        + (f"is {d.now:.12g} in {d.where}" if check else f"-> {d.now:.12g} of {d.where}")
        for d in differences[:SHOWN]
    ]
    if len(differences) > SHOWN:
        lines.append(f"and {len(differences) - SHOWN} more")
    said = "differ from the tables" if check else "changed"
    lines.append(f"{file}: {len(differences)} of {found.count} numbers {said}")
    if check:
        lines.append(f"    write the numbers of the tables with: simdistrict fill {model}")
    return lines
