"""`simdistrict calibrate`: fit constants to data, or assess a model without fitting."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from simdistrict.base.counts import counted
from simdistrict.base.numbers import real
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings


@click.command("calibrate", cls=Command)
@click.argument("model", metavar="MODEL|SCENARIO", shell_complete=complete.scenarios)
@click.option("--data", type=click.Path(path_type=Path), metavar="FILE.csv", help="Observed data.")
@click.option(
    "--free",
    multiple=True,
    metavar='"NAME=LOW:HIGH"',
    shell_complete=complete.elements("constant", end="="),
    help="Constant to fit, with bounds (repeatable).",
)
@click.option(
    "--until",
    type=options.REAL,
    metavar="YEAR",
    help="Last year of the data to fit; later data are predicted.",
)
@click.option("--assess", "only_assess", is_flag=True, help="Fit nothing; report the fit.")
@click.option(
    "--starts", type=options.WholeRange(1), help="Number of starts of the search.  [default: 8]"
)
@click.option(
    "--evaluations", type=options.WholeRange(1), help="Model runs for the search.  [default: 1000]"
)
@click.option("--seed", type=options.SEED, help="Seed of the starts.  [default: 1]")
@click.option(
    "--workers",
    type=options.WholeRange(1),
    default=1,
    show_default=True,
    help="Processes.",
)
@click.option("--profile", is_flag=True, help="Also compute profile ranges; hundreds of runs each.")
@options.sets
@options.changes
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the tables.")
@options.backend
@options.force
@options.as_json
@options.encoding
@options.outside
@options.large
@click.pass_obj
def command(
    settings: Settings,
    model: str,
    data: Path | None,
    free: tuple[str, ...],
    until: float | None,
    only_assess: bool,
    starts: int | None,
    evaluations: int | None,
    seed: int | None,
    workers: int,
    profile: bool,
    sets: tuple[str, ...],
    changes: tuple[Path, ...],
    output: Path | None,
    backend: str,
    force: bool,
    as_json: bool,
) -> None:
    """Fit constants of a model to observed series.

    Without --data and --free, the model's calibration.yaml sets both; with --data alone nothing
    is fitted. Writes tables, fitted.cin and fitted.yaml into the folder of -o, by default
    runs/NAME-calibration after a fit. Exit code 4 when the final run did not complete.

    Example: simdistrict calibrate district --assess
    """
    from simdistrict.api.commands.calibrate import calibrate

    if only_assess and free:
        raise click.UsageError("--assess fits nothing, so --free has no meaning: leave one out")
    found = calibrate(
        model,
        data=data,
        free=_bounds(free),
        until=until,
        only_assess=only_assess,
        starts=starts,
        evaluations=evaluations,
        seed=seed,
        workers=workers,
        profile=profile,
        sets=sets,
        changes=changes,
        output=output,
        backend=backend,
        force=force,
        progress=False if settings["quiet"] else None,
    )
    if as_json:
        click.echo(json.dumps(found.document(), indent=2, allow_nan=False))
    elif not settings["quiet"]:
        click.echo(found.page(), nl=False)
        if found.files:
            click.echo(f"wrote {counted(len(found.files), 'file')} into {found.files[0].parent}")
    for text in found.doubts():
        click.echo(f"warning: {found.name} | {text}", err=True)
    if found.failure:
        click.echo(f"warning: {found.name} | {found.failure}", err=True)
        sys.exit(4)


def _bounds(free: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """`NAME=LOW:HIGH` as name -> (low, high); a name may hold both signs."""
    found: dict[str, tuple[float, float]] = {}
    for text in free:
        name, _, bounds = text.rpartition("=")
        ends = [real(part) for part in bounds.split(":")]
        low, high = (*ends, None, None)[:2]
        if not name.strip() or low is None or high is None or len(ends) > 2:
            raise click.BadParameter(f'"{text}" is not NAME=LOW:HIGH', param_hint="--free")
        if name.strip() in found:
            raise click.BadParameter(f'"{name.strip()}" is given twice', param_hint="--free")
        found[name.strip()] = (low, high)
    return found
