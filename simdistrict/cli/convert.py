"""`simdistrict convert`: convert a file to another format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings

DATA = (".nc", ".csv", ".tab", ".dat")
SCENARIOS = (".yaml", ".yml")
MODELS = (".mdl", ".xmile", ".stmx")


@click.command("convert", cls=Command)
@click.argument("source", metavar="IN", shell_complete=complete.scenarios)
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--scenario",
    shell_complete=complete.scenarios,
    help="Scenario to write into the model; or the run of a .nc file.",
)
@options.sets
@click.option(
    "--model",
    shell_complete=complete.models,
    help="The model of a .cin file, or of results to write as .nc.",
)
@click.option(
    "--draws",
    type=options.WholeRange(1),
    metavar="N",
    help="IN is a file of draws, such as a posterior: write N of them, evenly spaced.",
)
@click.option(
    "--digits",
    type=options.WholeRange(1, 15),
    metavar="N",
    help="Significant digits of --draws in a smaller .nc; default: all.",
)
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@options.as_json
@options.encoding
@options.outside
@click.pass_obj
def command(
    settings: Settings,
    source: str,
    target: Path,
    scenario: str | None,
    sets: tuple[str, ...],
    model: str | None,
    draws: int | None,
    digits: int | None,
    force: bool,
    as_json: bool,
) -> None:
    """Convert IN to OUT, by their suffixes.

    Models: between .mdl, .xmile and .stmx. From .mdl to .mdl, only the bytes that --scenario and
    --set change differ. A policy becomes a formula with STEP or RAMP in the equation of each
    constant that it changes, so that other programs can run it; in OUT that element is an
    auxiliary.

    Changes: .yaml to .cin, and .cin to .yaml with --model. Results: .nc, .csv, .tab and .dat to
    .csv, .tab and .dat; text to .nc, where --model adds dimensions and units. A sensitivity
    control .vsc or .voc to a prior table .csv. Draws, with --draws and --model: from every form
    that --design reads to .nc, and to .tab for Vensim's sensitivity method F.

    Example: simdistrict convert district scenario.mdl --scenario security_tariffs
    """
    from simdistrict.api.commands.convert import convert

    how: dict[str, Any] = {
        "scenario": scenario,
        "sets": sets,
        "model": model,
        "draws": draws,
        "digits": digits,
    }
    notes = convert(source, target, force=force, **how)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        click.echo(json.dumps({"file": str(target), "notes": list(notes)}, indent=2))
    elif not settings["quiet"]:
        click.echo(f"wrote {target}")
