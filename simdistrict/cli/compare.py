"""`simdistrict compare`: where two results first differ, and by how much."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simdistrict.cli import options
from simdistrict.cli.common import Command, Settings, new_settings

if TYPE_CHECKING:
    from simdistrict.result.run_pairs import Choice

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
    settings: Settings | None,
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
    from simdistrict.result.comparison import upstream_first
    from simdistrict.result.comparison_text import document, report
    from simdistrict.result.series_file import load

    choices = _choices(scenarios, members)
    left = load(a)
    right = left if a == b else load(b)
    found = upstream_first(left, right, rtol=rtol, atol=atol, choices=choices)
    if as_json:
        click.echo(json.dumps(document(found, left, right, rtol, atol), indent=2, allow_nan=False))
    elif not ((settings or new_settings())["quiet"] and found.same):
        for line in report(found, left, right, rtol, atol):
            click.echo(line)
    if not found.agrees:
        sys.exit(5)


def _choices(scenarios: Sequence[str], members: Sequence[str]) -> tuple[Choice, Choice]:
    """The runs of A and of B."""
    from simdistrict.result.run_pairs import Choice

    for option, given in (("--scenario", scenarios), ("--member", members)):
        if len(given) > 2:
            raise click.BadParameter(
                "give it once for both, or twice: for A, then for B", param_hint=option
            )
    one, other = (
        Choice(scenarios[k] if scenarios else None, members[k] if members else None)
        for k in (0, -1)
    )
    return one, other
