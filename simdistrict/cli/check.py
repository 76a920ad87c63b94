"""`simdistrict check`: units, structure and behaviour of a model, one line per finding."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from simdistrict.base.counts import counted
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command

if TYPE_CHECKING:
    pass


NAMES = """\b
Checks without a run: structure, units, missing-units, documentation, unused,
range, lookups, magic-numbers.
With a few runs: before-run, run, mass, lookup-range, unit-of-account, halving, and the
statements of the model's checks file (<model>.checks.yaml or checks.yaml in its folder):
conservation, accounts, bounds, steady-state, extremes.
With many runs, only on request: corners (--corners COUNT; --only corners runs 20).
"""


@click.command("check", cls=Command, epilog=NAMES)
@click.argument("model", shell_complete=complete.models)
@click.option("--only", multiple=True, metavar="NAME", help="Run only this check (repeatable).")
@click.option(
    "--strict",
    multiple=True,
    metavar="NAME",
    help="Treat warnings of this check as errors (repeatable).",
)
@click.option(
    "--corners",
    type=options.WholeRange(min=0),
    default=0,
    metavar="COUNT",
    help="Also run COUNT random corners of all stated ranges, and COUNT points inside them.",
)
@click.option("--seed", type=options.SEED, default=1, help="Seed of --corners.")
@options.as_json
@options.encoding
@options.outside
@options.large
def command(
    model: str,
    only: tuple[str, ...],
    strict: tuple[str, ...],
    corners: int,
    seed: int,
    as_json: bool,
) -> None:
    """Check units, structure and behaviour of MODEL.

    Prints one line per finding, with the element and its line in the file. Exit code 5 when any
    finding is an error.

    Example: simdistrict check district --corners 10
    """
    from simdistrict.base.library import find_model, shown
    from simdistrict.behaviour.findings import findings
    from simdistrict.exchange.models import read_model_file

    path = find_model(model)
    found, ran = findings(read_model_file(path), path, only, strict, corners, seed)
    errors = sum(f.severity == "error" for f in found)
    if as_json:
        rows = [asdict(finding) for finding in found]
        document = {"model": model, "errors": errors, "checks": ran, "findings": rows}
        click.echo(json.dumps(document, indent=2))
    else:
        file = shown(path)
        for f in found:
            where = f"{file}:{f.line}" if f.line else file
            name = f'"{f.element}": ' if f.element else ""
            click.echo(f"{f.severity}: {where} | {name}{f.what}  [{f.check}]")
        listed = ", ".join(ran)
        counts = f"{counted(errors, 'error')}, {counted(len(found) - errors, 'warning')}"
        click.echo(f"{file}: {counts} ({listed})")
    if errors:
        sys.exit(5)
