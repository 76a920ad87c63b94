"""`simdistrict ensemble`: many members of scenarios into one NetCDF file or Zarr store."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from simdistrict.base import interrupt
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings, without_traces
from simdistrict.cli.output import ending_in
from simdistrict.engine.backends import MEMBER_BACKENDS


@click.command("ensemble", cls=Command)
@click.argument(
    "scenarios", nargs=-1, required=True, metavar="SCENARIO...", shell_complete=complete.scenarios
)
@click.option("--members", type=options.WholeRange(1), help="Number of runs per scenario.")
@click.option(
    "--blocks",
    type=options.WholeRange(1),
    help="Number of blocks, for the methods saltelli and morris.",
)
@click.option("--seed", type=options.SEED, help="Seed of the draws.  [default: 0]")
@click.option(
    "--method",
    type=click.Choice(["lhs", "sobol", "random", "saltelli", "morris"]),
    help="Latin hypercube, scrambled Sobol sequence or independent draws; saltelli and morris are "
    "for the methods sobol and morris of `sensitivity`.  [default: lhs]",
)
@click.option(
    "--order",
    type=options.WholeRange(1, 2),
    default=1,
    show_default=True,
    help="Order of Sobol indices: 2 adds pairs, with twice the runs (saltelli).",
)
@click.option(
    "--levels",
    type=options.WHOLE,
    default=4,
    show_default=True,
    help="Levels of a constant (morris).",
)
@click.option(
    "--prior",
    type=click.Path(path_type=Path),
    metavar="FILE.csv|FILE.vsc",
    help="Prior distributions of constants; default: data/parameters.csv in the model's folder. A "
    "Vensim sensitivity control (.vsc) also sets members, method and seed unless given.",
)
@options.design
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=ending_in(".nc", ".zarr"),
    help="File to write: FILE.nc or STORE.zarr.",
)
@click.option(
    "--save",
    metavar="NAME[LABEL],...|@FILE.lst|stocks|indicators|all",
    shell_complete=complete.elements(several=True),
    help="Elements or labels to save; default: what the scenarios report, else the stocks.",
)
@click.option(
    "--times",
    default="final",
    show_default=True,
    metavar="final|all|TIME,...",
    help="Times to save: the last, every save step, or a list.",
)
@click.option(
    "--reduce",
    default="",
    metavar="max,min,mean,time_of_max,time_of_min",
    help="Also save these reductions over the run, as variables NAME_max and so on.",
)
@options.sets
@options.changes
@options.data
@options.steps
@click.option(
    "--backend",
    type=click.Choice(["auto", *MEMBER_BACKENDS]),
    default="auto",
    show_default=True,
    help="cuda: an NVIDIA GPU (euler or rk4); auto is native.",
)
@click.option(
    "--workers", type=options.WholeRange(1), help="Cores to use on this machine; default: all."
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run the members on the Dask cluster with this scheduler.",
)
@click.option(
    "--chunk",
    type=options.WholeRange(1),
    metavar="MEMBERS",
    help="Members per chunk; an interruption loses one chunk at most.",
)
@click.option(
    "--fast",
    is_flag=True,
    help="Faster pow(), accurate to 1 ulp.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted ensemble.")
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
    workers: int | None,
    scheduler: str | None,
    resume: bool,
    force: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Run each SCENARIO (or model) for many draws of its uncertain constants.

    All scenarios get the same draws. A constant that a scenario or --set sets is not drawn.
    A member that does not complete keeps its index, with its outcome, and NaN after it failed.
    An interrupted ensemble keeps finished chunks in FILE.parts, for --resume.

    With --design the draws are those of a file, such as a posterior of `infer`.

    Example: simdistrict ensemble security_tariffs --members 100 -o runs/ensemble.nc
    """
    from simdistrict.api.commands.ensemble import ensemble, write

    if workers is not None and scheduler is not None:
        raise click.UsageError("--workers are of this machine: leave it out with --scheduler")
    run = {name: asked.pop(name) for name in options.STEPS}
    made, name = ensemble(scenarios, settings=run, **asked)
    path = output or Path("runs") / f"{name}-ensemble.{'zarr' if scheduler else 'nc'}"
    how: dict[str, Any] = {"resume": resume, "force": force, "workers": workers}
    if scheduler is not None:
        without_traces()
        how["scheduler"] = scheduler
    begin = time.perf_counter()
    with interrupt.saying(lambda: _kept(path)):
        found = write(made, path, progress=False if settings["quiet"] else None, **how)
    if as_json:
        click.echo(json.dumps(found.document(), indent=2))
    elif not settings["quiet"]:
        click.echo("\n".join(found.lines()))
        click.echo(found.last_line(time.perf_counter() - begin))


def _kept(path: Path) -> str:
    """Where the finished members of an interrupted ensemble are; empty where none is finished."""
    folder = path.with_name(f"{path.name}.parts")
    if not any(folder.glob("[0-9]*.npz")):
        return ""
    return f"finished members wait in {folder} for --resume"
