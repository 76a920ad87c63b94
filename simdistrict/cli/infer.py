"""`simdistrict infer`: which values of the uncertain constants agree with data."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from simdistrict.base import interrupt
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings, without_traces
from simdistrict.cli.output import ending_in

UNTRUSTED = 5


@click.command("infer", cls=Command)
@click.argument("model", metavar="MODEL|SCENARIO", shell_complete=complete.scenarios)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Observed data; default: those of the model's calibration.yaml.",
)
@click.option(
    "--prior",
    type=click.Path(path_type=Path),
    metavar="FILE.csv|.vsc|.voc",
    help="Prior distributions of constants; default: data/parameters.csv in the model's folder.",
)
@click.option(
    "--statements",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="What is known besides numbers: ranks, signs, orders.",
)
@click.option(
    "--free",
    multiple=True,
    metavar="NAME",
    shell_complete=complete.elements("constant"),
    help="Constant of the prior to infer, others are held (repeatable).  [default: all]",
)
@click.option(
    "--until",
    type=options.REAL,
    metavar="YEAR",
    help="Last year of the data to use; later data are forecast and scored.",
)
@click.option(
    "--leave-out",
    multiple=True,
    metavar="SERIES",
    help="Series not to use, to be predicted from the others (repeatable).",
)
@click.option(
    "--likelihood",
    type=click.Choice(["series", "payoff"]),
    help="series: the errors that the data state; payoff: exp(-payoff/2) of `calibrate`, a "
    "weighted posterior.  [default: series]",
)
@click.option(
    "--method",
    type=click.Choice(["demc", "nuts"]),
    help="Sampler: demc, differential evolution; nuts, by exact gradients, of one machine, with "
    "the optional library mici.  [default: demc]",
)
@click.option(
    "--ess", type=options.WholeRange(1), help="Effective draws of each constant.  [default: 1000]"
)
@click.option("--runs", type=options.WholeRange(1), help="Most model runs.  [default: 500000]")
@click.option("--seed", type=options.SEED, help="Seed of the draws.  [default: 1]")
@click.option(
    "--waves",
    type=options.WholeRange(1),
    metavar="N",
    help="Begin with N waves of history matching, for a wide prior.",
)
@click.option(
    "--sbc",
    type=options.WholeRange(20),
    metavar="N",
    help="Instead: check the sampler with N data sets drawn from the prior.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder for the posterior; default: runs/NAME-posterior.",
)
@click.option(
    "--export",
    type=click.Path(path_type=Path),
    callback=ending_in(".tab"),
    metavar="FILE.tab",
    help="Also write the draws for Vensim's sensitivity method File.",
)
@click.option(
    "--workers", type=options.WholeRange(1), help="Cores to use on this machine; default: all."
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run the populations on the Dask cluster with this scheduler.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted call.")
@options.sets
@options.changes
@options.force
@options.as_json
@options.encoding
@options.outside
@options.large
@click.pass_obj
def command(
    settings: Settings,
    /,
    model: str,
    output: Path | None,
    export: Path | None,
    force: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Find the values of uncertain constants that agree with data.

    Draws from their posterior: the prior, weighted by how probable the data are. Writes
    posterior.nc, design.nc for `ensemble --design`, tables and infer.md into the folder of -o. An
    interrupted call keeps its work in FOLDER.parts, for --resume. Exit code 5 when the draws are
    not to be trusted, or when --sbc finds that posteriors are wrong.

    Example: simdistrict infer growth.mdl --data growth.csv --prior prior.csv
    """
    from simdistrict.api.commands.calibrate_sampler import check_sampler
    from simdistrict.api.commands.infer import infer

    if asked["workers"] is not None and asked["scheduler"] is not None:
        raise click.UsageError("--workers are of this machine: leave it out with --scheduler")
    if asked["scheduler"] is not None:
        without_traces()
    _check_sbc(asked, export)
    progress: Any = False if settings["quiet"] else None
    begin, parts = time.perf_counter(), list[Path]()
    how: dict[str, Any] = {"output": output, "force": force, "begun": parts.append, **asked}
    with interrupt.saying(lambda: _kept(parts)):
        if how["sbc"] is not None:
            del how["scheduler"], how["waves"]
            found: Any = check_sampler(model, how.pop("sbc"), progress=progress, **how)
        else:
            del how["sbc"]
            found = infer(model, export=export, progress=progress, **how)
    if as_json:
        click.echo(json.dumps(found.document(), indent=2, allow_nan=False))
    elif not settings["quiet"]:
        click.echo("\n".join(found.lines()))
        click.echo(found.last_line(time.perf_counter() - begin))
    for text in found.warnings():
        click.echo(f"warning: {found.name} | {text}", err=True)
    if not found.trusted:
        sys.exit(UNTRUSTED)


def _check_sbc(asked: dict[str, Any], export: Path | None) -> None:
    """Refuse what a calibration of the sampler has not."""
    if asked["sbc"] is None:
        return
    other = {
        "--method": asked["method"],
        "--waves": asked["waves"],
        "--scheduler": asked["scheduler"],
        "--export": export,
    }
    for name, value in other.items():
        if value is not None:
            raise click.UsageError(f"--sbc draws no posterior of the data: leave {name} out")


def _kept(parts: list[Path]) -> str:
    """Where the work of an interrupted call is; empty where there is none."""
    if not parts or not any(parts[0].glob("*")):
        return ""
    return f"finished steps wait in {parts[0]} for --resume"
