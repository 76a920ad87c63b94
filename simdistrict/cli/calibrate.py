"""`simdistrict calibrate`: fit constants to data, or assess a model without fitting."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simdistrict.base.counts import counted
from simdistrict.base.numbers import real
from simdistrict.base.progress import Progress, ticking
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command

if TYPE_CHECKING:
    from simdistrict.calibration import Assessment, Calibration
    from simdistrict.calibration.settings import Settings


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
    settings: dict[str, bool],
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
    from simdistrict.calibration.data import read_data
    from simdistrict.calibration.evaluation import free_constants
    from simdistrict.calibration.fit import effort_of, evaluate, fit, runs_of
    from simdistrict.calibration.report import (
        NAMES,
        check_folder,
        doubts,
        files,
        origin_of,
        write_files,
    )
    from simdistrict.run.plan import find, plans_for

    (plan,) = plans_for([model], sets, backend=backend, changes=changes)
    path = find(model)[1]
    wanted = _wanted(path, data, free, until, only_assess=only_assess)
    prepared, resolved = plan.prepared, plan.resolved
    assert wanted.data is not None
    if only_assess and free:
        raise click.UsageError("--assess fits nothing, so --free has no meaning: leave one out")
    observed = read_data(wanted.data, prepared.model)
    found: Calibration | Assessment
    if wanted.free:
        output = output or Path("runs") / f"{resolved.name}-calibration"
        check_folder(output, NAMES, force=force)
        effort = effort_of(wanted, starts, evaluations, seed, workers, profile)
        constants = free_constants(wanted.free, prepared.model, resolved, wanted.where)
        shown: Progress = False if settings["quiet"] else None
        how = (prepared, resolved, observed, constants, wanted.until, effort, backend)
        with ticking(shown, "runs") as tick:
            found = fit(*how, lambda now: tick(*runs_of(now, effort)))
        after = found.after
    else:
        found = after = evaluate(prepared, resolved, observed, wanted.until, backend)
    written = []
    if output is not None:
        texts = files(found, origin_of(model, path, output))
        written = write_files(output, texts, force=force)
    _say(found, written, as_json=as_json, quiet=settings["quiet"])
    for text in doubts(found):
        click.echo(f"warning: {resolved.name} | {text}", err=True)
    if after.message:
        click.echo(f"warning: {resolved.name} | {after.message}", err=True)
        sys.exit(4)


def _wanted(
    model: Path, data: Path | None, free: tuple[str, ...], until: float | None, *, only_assess: bool
) -> Settings:
    """The settings of the model's own file, overridden by the command line."""
    from simdistrict.calibration.settings import NAME, settings_for

    if data is None and not model.with_name(NAME).is_file():
        what = f"there is no {NAME} beside {model.name}"
        raise click.UsageError(f"{what}; give --data FILE.csv")
    bounds = _bounds(free) if free else None
    own = settings_for(model, data, {} if only_assess else bounds, until)
    return replace(own, where={name: f'--free "{name}"' for name in bounds}) if bounds else own


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


def _say(
    found: Calibration | Assessment, written: list[Path], *, as_json: bool, quiet: bool
) -> None:
    from simdistrict.calibration.report import page

    if as_json:
        document = {**asdict(found), "files": [str(path) for path in written]}
        click.echo(json.dumps(_plain(document), indent=2, allow_nan=False))
    elif not quiet:
        click.echo(page(found), nl=False)
        if written:
            click.echo(f"wrote {counted(len(written), 'file')} into {written[0].parent}")


def _plain(value: Any) -> Any:
    """null for a number that is not finite."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
