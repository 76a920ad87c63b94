"""`simdistrict ensemble`: many members of scenarios into one NetCDF file or Zarr store."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simdistrict.base import interrupt
from simdistrict.base.counts import counted
from simdistrict.base.progress import Progress, ticking
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command
from simdistrict.cli.output import ending_in
from simdistrict.engine.backends import MEMBER_BACKENDS

if TYPE_CHECKING:
    from simdistrict.ensemble.content import Runner
    from simdistrict.ensemble.drawing import Drawing
    from simdistrict.ensemble.file import Written
    from simdistrict.ensemble.members import Ensemble


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
    settings: dict[str, bool],
    /,
    scenarios: tuple[str, ...],
    members: int | None,
    blocks: int | None,
    seed: int | None,
    method: str | None,
    order: int,
    levels: int,
    prior: Path | None,
    output: Path | None,
    save: str | None,
    times: str,
    reduce: str,
    sets: tuple[str, ...],
    changes: tuple[Path, ...],
    data: tuple[Path, ...],
    backend: str,
    workers: int | None,
    scheduler: str | None,
    chunk: int | None,
    fast: bool,
    resume: bool,
    strict: bool,
    force: bool,
    as_json: bool,
    **run: Any,
) -> None:
    """Run each SCENARIO (or model) for many draws of its uncertain constants.

    All scenarios get the same draws. A constant that a scenario or --set sets is not drawn.
    A member that does not complete keeps its index, with its outcome, and NaN after it failed.
    An interrupted ensemble keeps finished chunks in FILE.parts, for --resume.

    Example: simdistrict ensemble security_tariffs --members 100 -o runs/ensemble.nc
    """
    from simdistrict.ensemble.blocks import Shape
    from simdistrict.ensemble.drawing import Drawing, drawn_ensemble
    from simdistrict.ensemble.file import write_ensemble
    from simdistrict.ensemble.prior import prior_beside, prior_table
    from simdistrict.run.plan import file_stem, find, plans_for
    from simdistrict.scenario import RunSettings

    table = None if prior is None else prior_table(prior)
    drawing = Drawing(members, blocks, seed, method, Shape(order, levels))
    _check(drawing if table is None else drawing.over(table), workers, scheduler)
    plans = plans_for(scenarios, sets, RunSettings(**run), "native", strict, changes, data)
    if table is None:
        table = prior_table(prior_beside(find(scenarios[0])[1]))
    ensemble = drawn_ensemble(
        plans,
        table,
        drawing,
        strict=strict,
        save=save,
        times=times,
        fast=fast,
        chunk=chunk,
        reduce=reduce,
        backend=backend,
    )
    name = file_stem(scenarios, plans)
    path = output or Path("runs") / f"{name}-ensemble.{'zarr' if scheduler else 'nc'}"
    how: dict[str, Any] = {"resume": resume, "force": force, "workers": workers}
    how["runner"] = _runner(ensemble, scheduler)
    begin = time.perf_counter()
    shown: Progress = False if settings["quiet"] else None
    with interrupt.saying(lambda: _kept(path)), ticking(shown, "members") as tick:
        written = write_ensemble(ensemble, path, tick=tick, **how)
    _report(ensemble, written, path, time.perf_counter() - begin, settings["quiet"], as_json)


def _check(drawing: Drawing, workers: int | None, scheduler: str | None) -> None:
    """Refuse conflicting options."""
    if (drawing.members is None) == (drawing.blocks is None):
        what = "give --members N, or --blocks N for the methods saltelli and morris"
        raise click.UsageError(what)
    if workers is not None and scheduler is not None:
        raise click.UsageError("--workers are of this machine: leave it out with --scheduler")


def _runner(ensemble: Ensemble, scheduler: str | None) -> Runner | None:
    """A runner on a cluster; None for this machine."""
    if scheduler is None:
        return None
    from simdistrict.ensemble.cluster import runner_on

    if logging.getLogger().level > logging.INFO:
        # Dask logs a traceback where a connection is lost, which the error says in a line
        for handler in logging.getLogger().handlers:
            handler.addFilter(lambda record: not record.name.startswith("distributed"))
    return runner_on(ensemble, scheduler)


def _kept(path: Path) -> str:
    """Where the finished members of an interrupted ensemble are; empty where none is finished."""
    folder = path.with_name(f"{path.name}.parts")
    if not any(folder.glob("[0-9]*.npz")):
        return ""
    return f"finished members wait in {folder} for --resume"


def _report(
    ensemble: Ensemble, written: Written, path: Path, seconds: float, quiet: bool, as_json: bool
) -> None:
    """Print a summary."""
    plans, design = ensemble.plans, ensemble.design
    if as_json:
        runs = [
            {"scenario": plan.resolved.name, "outcomes": {o.name: n for o, n in counts.items()}}
            for plan, counts in zip(plans, written.outcomes, strict=True)
        ]
        document = {"file": str(path), "members": design.members, "seed": design.seed}
        document |= {"method": design.method, "resumed": written.resumed, "runs": runs}
        document |= {"drawn": [prior.name for prior in design.priors]}
        document |= {"not_drawn": list(ensemble.stated), "complete_before": written.complete}
        click.echo(json.dumps(document, indent=2))
        return
    if quiet:
        return
    click.echo(
        f"{plans[0].prepared.model.name}: {counted(design.members, 'member')}, "
        f"{counted(len(design.priors), 'number')} drawn for each ({design.method}, "
        f"seed {design.seed}), {plans[0].integrator}, {ensemble.backend}"
    )
    if ensemble.stated:
        click.echo(f"  set, and so not drawn: {', '.join(ensemble.stated)}")
    for plan, counts in zip(plans, written.outcomes, strict=True):
        ends = ", ".join(f"{n} {outcome.name}" for outcome, n in counts.items())
        click.echo(f"  {plan.resolved.name}: {ends}")
    if written.complete:
        click.echo(f"{path} is complete: nothing was run or written")
        return
    again = f", {counted(written.resumed, 'member')} from before" if written.resumed else ""
    click.echo(f"wrote {path} in {seconds:.1f} s{again}")
