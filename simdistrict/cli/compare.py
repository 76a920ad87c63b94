"""`simdistrict compare`: where two results first differ, and by how much."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from simdistrict.cli import options
from simdistrict.cli.common import Command, Settings

TOLERANCE = options.RealRange(min=0)


@click.command("compare", cls=Command)
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", type=click.Path(path_type=Path))
@click.option("--rtol", type=TOLERANCE, default=1e-6, show_default=True, help="Relative tolerance.")
@click.option("--atol", type=TOLERANCE, default=1e-9, show_default=True, help="Absolute tolerance.")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME",
    help="The scenario to compare; given twice: that of A, then that of B.",
)
@click.option(
    "--member",
    "members",
    multiple=True,
    metavar="NUMBER",
    help="The member of an ensemble to compare; given twice: that of A, then that of B.",
)
@options.as_json
@click.pass_obj
def command(
    settings: Settings,
    a: Path,
    b: Path,
    rtol: float,
    atol: float,
    scenarios: tuple[str, ...],
    members: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare two results (.nc, .zarr, .csv, .tab, .dat), element by element.

    Prints the first time at which they differ, the element furthest upstream that differs then,
    the largest differences, what was compared, and what only one of them has. Two values agree
    when they differ by at most ATOL + RTOL * the larger one. Several runs are compared by
    scenario and member; A and B may be one file, with two scenarios of it. Exit code 5 when a
    value or a unit differs that both have.

    Example: simdistrict compare runs/security_tariffs.nc runs/tariff_only.nc
    """
    from simdistrict.api.commands.compare import compare_files

    compared = compare_files(
        a,
        b,
        rtol=rtol,
        atol=atol,
        scenarios=_two("--scenario", scenarios),
        members=_two("--member", members),
    )
    found = compared.found
    if as_json:
        click.echo(json.dumps(compared.document(), indent=2, allow_nan=False))
    elif not (settings["quiet"] and found.same):
        for line in compared.lines():
            click.echo(line)
    if not found.agrees:
        sys.exit(5)


def _two(option: str, given: Sequence[str]) -> tuple[str | None, str | None]:
    """What an option says of A and of B."""
    if len(given) > 2:
        what = "give it once for both, or twice: for A, then for B"
        raise click.BadParameter(what, param_hint=option)
    return (given[0], given[-1]) if given else (None, None)
