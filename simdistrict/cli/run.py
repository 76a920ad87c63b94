"""`simdistrict run`: scenarios into one NetCDF file."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings
from simdistrict.cli.output import ending_in, saved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simdistrict.result.dataset import Result
    from simdistrict.run.plan import Plan


@click.command("run", cls=Command)
@click.argument(
    "scenarios", nargs=-1, required=True, metavar="SCENARIO...", shell_complete=complete.scenarios
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=ending_in(".nc"),
    help="NetCDF file to write: FILE.nc.  [default: runs/NAME.nc]",
)
@options.sets
@options.changes
@options.data
@options.steps
@click.option(
    "--save",
    default="all",
    show_default=True,
    metavar="NAME[LABEL],...|@FILE.lst|stocks|indicators|all",
    shell_complete=complete.elements(several=True),
    help="Elements or labels to save; indicators: what the scenarios report.",
)
@options.backend
@options.strict
@options.force
@options.as_json
@options.encoding
@options.outside
@options.large
@click.pass_obj
def command(
    settings: Settings,
    /,
    scenarios: tuple[str, ...],
    output: Path | None,
    sets: tuple[str, ...],
    changes: tuple[Path, ...],
    data: tuple[Path, ...],
    save: str,
    backend: str,
    strict: bool,
    force: bool,
    as_json: bool,
    **run: Any,
) -> None:
    """Simulate each SCENARIO (or model) into one NetCDF file.

    Several scenarios are stored along the dimension scenario. A scenario with variants stands for
    all of them, NAME:VARIANT for one.
    Exit code 4 when a run did not complete; the file then holds the computed part.

    Example: simdistrict run security_tariffs --set "required return=0.06"
    """
    from simdistrict.result.netcdf import check_netcdf_target, write_netcdf
    from simdistrict.run.plan import file_stem, plans_for
    from simdistrict.run.simulate import result_of
    from simdistrict.scenario import RunSettings

    plans = plans_for(scenarios, sets, RunSettings(**run), backend, strict, changes, data)
    path = output or Path("runs") / f"{file_stem(scenarios, plans)}.nc"
    # check the target before the work
    check_netcdf_target(path, force=force)
    result = result_of(plans, saved(save, plans[0].prepared.model), say=True)
    write_netcdf(result, path, force=force)
    failed = _report(plans, result, path, as_json=as_json, quiet=settings["quiet"])
    if failed:
        sys.exit(4)


def _report(
    plans: Sequence[Plan], result: Result, path: Path, *, as_json: bool, quiet: bool
) -> bool:
    """Print a summary; returns whether any run did not complete."""
    from simdistrict.engine.backends import ADAPTIVE
    from simdistrict.engine.outcome import Outcome
    from simdistrict.run import summary

    failed = False
    document = []
    for k, plan in enumerate(plans):
        resolved, model, grid = plan.resolved, plan.prepared.model, plan.grid
        outcome = summary.outcome(result, k)
        failed = failed or outcome is not Outcome.completed
        names = summary.reported(resolved, model)
        changes = summary.changes(result, model, names, k)
        message = summary.message(result, k)
        document.append(
            {
                "scenario": resolved.name,
                "title": resolved.title,
                "model": model.name,
                "outcome": outcome.name,
                "message": message,
                "warnings": [asdict(warning) for warning in plan.warnings],
                "indicators": [
                    {
                        "name": c.name,
                        "units": c.units,
                        "first": c.first,
                        "last": c.last,
                        "last_time": c.stop,
                    }
                    for c in changes
                ],
            }
        )
        if as_json or quiet:
            continue
        click.echo(f"{resolved.name}: {resolved.title}")
        unit = model["time step"].units or "time unit"
        steps = f"{grid.steps} steps of {grid.time_step:g} {unit}"
        if plan.integrator in ADAPTIVE:
            steps = f"adaptive steps (rtol {plan.rtol:g})"
        click.echo(
            f"  {model.name}, {grid.start:g} to {grid.stop:g} in {steps}, "
            f"{_method(plan)}: {outcome.name}"
        )
        click.echo(f"  {summary.policies(resolved)}")
        for change in changes:
            click.echo(f"  {change}")
        if message:
            click.echo(f"warning: {resolved.name} | {outcome.name}: {message}", err=True)
    if as_json:
        click.echo(json.dumps({"file": str(path), "runs": document}, indent=2))
    elif not quiet:
        click.echo(f"wrote {path}")
    return failed


def _method(plan: Plan) -> str:
    """The integrator, and the backend where it decides the numbers."""
    from simdistrict.engine.backends import AUTO, recorded_backend

    backend = recorded_backend(plan.backend, plan.integrator)
    return plan.integrator if backend == AUTO else f"{plan.integrator}, {backend}"
