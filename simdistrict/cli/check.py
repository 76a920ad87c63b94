"""`simdistrict check`: units, structure and behaviour of a model, one line per finding."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

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

    Example: simdistrict check core --corners 10
    """
    from simdistrict.api.commands.check import check

    found = check(model, only, strict, corners, seed)
    if as_json:
        click.echo(json.dumps({"model": model, **found.document()}, indent=2))
    else:
        click.echo("\n".join(found.lines()))
    if found.errors:
        sys.exit(5)
