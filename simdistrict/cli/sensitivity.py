"""`simdistrict sensitivity`: the constants that matter for an indicator of an ensemble."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simdistrict.cli import options
from simdistrict.cli.common import Command, Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def _default(
    name: str, default: float, kind: Any = options.REAL, *, help: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option with a default, which its help text shows."""
    return click.option(name, type=kind, default=default, show_default=True, help=help)


@click.command("sensitivity", cls=Command)
@click.argument("ensemble", type=click.Path(path_type=Path))
@click.option(
    "--method",
    type=click.Choice(["sobol", "morris", "pawn", "prim"]),
    required=True,
    help="sobol and morris need an ensemble --method saltelli or morris; pawn and prim need lhs, "
    "sobol or random.",
)
@click.option("--indicator", required=True, metavar="NAME", help="A saved element, with labels.")
@click.option("--at", type=options.REAL, metavar="TIME", help="A saved time; default: the last.")
@click.option(
    "--over",
    metavar="REDUCTION",
    help="Use a reduction over the run that `ensemble --reduce` saved, such as max.",
)
@click.option("--scenario", metavar="NAME", help="Required where the ensemble has several.")
@_default("--resamples", 100, options.WholeRange(2), help="Bootstrap resamples.")
@_default("--seed", 0, options.WholeRange(0), help="Seed of the resamples.")
@_default("--slides", 10, options.WHOLE, help="PAWN: number of slides.")
@click.option("--above", type=options.REAL, metavar="X", help="PRIM: of interest are members >= X.")
@click.option("--below", type=options.REAL, metavar="X", help="PRIM: of interest are members <= X.")
@_default("--boxes", 1, options.WholeRange(1), help="PRIM: largest number of boxes.")
@_default("--density", 0.8, help="PRIM: target density of a box.")
@_default("--mass", 0.05, help="PRIM: smallest share of all members in a box.")
@_default("--peel", 0.05, help="PRIM: share of a box that a step removes.")
@_default("--paste", 0.05, help="PRIM: share of a box that a step adds.")
@click.option(
    "--chance",
    type=options.REAL,
    default=1.0,
    metavar="P",
    help="PRIM: leave out numbers with a larger quasi-p, such as 0.05; default: none.",
)
@options.design
@click.option(
    "--members", type=options.WholeRange(1), help="So many draws of --design, evenly spaced."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File to write: TABLE.csv or TABLE.nc."
)
@click.option(
    "--all", "everything", is_flag=True, help="Print all rows, not only the first twelve."
)
@options.force
@options.as_json
@click.pass_obj
def command(
    settings: Settings,
    ensemble: Path,
    method: str,
    indicator: str,
    at: float | None,
    over: str | None,
    scenario: str | None,
    resamples: int,
    seed: int,
    slides: int,
    above: float | None,
    below: float | None,
    boxes: int,
    density: float,
    mass: float,
    peel: float,
    paste: float,
    chance: float,
    design: Path | None,
    rest: str | None,
    unconverged: bool,
    members: int | None,
    output: Path | None,
    everything: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Analyse which sampled numbers of an ENSEMBLE (.nc or .zarr) matter for an indicator.

    With --design, ENSEMBLE is a scenario, which is run over the draws of a file: of a posterior
    for pawn and prim, because sobol and morris need numbers that vary independently.

    Prints 95% intervals. Failed members are left out with their whole block of the design, and
    counted.

    Example: simdistrict sensitivity runs/ensemble.nc --method pawn --indicator "home share[Prato]"
    """
    from simdistrict.api.commands.ensemble import draws_of
    from simdistrict.api.commands.sensitivity import sensitivity

    if at is not None and over is not None:
        raise click.UsageError("--over is of the whole run: leave --at out")
    found = sensitivity(
        ensemble,
        method,
        indicator,
        at=at,
        over=over,
        scenario=scenario,
        output=output,
        force=force,
        resamples=resamples,
        seed=seed,
        slides=slides,
        above=above,
        below=below,
        draws=draws_of(design, rest, unconverged=unconverged, members=members),
        progress=False if settings["quiet"] or as_json else None,
        boxes={"peel": peel, "paste": paste, "mass": mass, "density": density, "boxes": boxes}
        | {"chance": chance},
    )
    if as_json:
        click.echo(json.dumps(found.document(), indent=2, allow_nan=False))
    elif not settings["quiet"]:
        click.echo("\n".join(found.lines(everything=everything)))
        if output is not None:
            click.echo(f"wrote {output}")
