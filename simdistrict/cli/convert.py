"""`simdistrict convert`: convert a file to another format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings

if TYPE_CHECKING:
    pass

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
    control .vsc to a prior table .csv.

    Example: simdistrict convert district scenario.mdl --scenario security_tariffs
    """
    from simdistrict.base.atomic import writable_target

    suffix = target.suffix.lower()
    kind = Path(source).suffix.lower()
    ways: list[tuple[bool, Callable[[], None]]] = [
        (
            kind in ("", *MODELS) and suffix in MODELS,
            lambda: _model(source, target, scenario, sets, force),
        ),
        (
            kind in ("", *SCENARIOS) and suffix == ".cin",
            lambda: _cin(source, target, sets, force),
        ),
        (
            kind == ".cin" and suffix in SCENARIOS,
            lambda: _yaml(Path(source), target, model, force),
        ),
        (
            kind in DATA and suffix in DATA[1:],
            lambda: _series(Path(source), target, scenario, force),
        ),
        (
            kind in DATA[1:] and suffix == ".nc",
            lambda: _result(Path(source), target, model, force),
        ),
        (kind == ".vsc" and suffix == ".csv", lambda: _prior(Path(source), target, force)),
    ]
    way = next((do for fits, do in ways if fits), None)
    if way is None:
        from simdistrict.base.kinds import foreign

        told = foreign(source)
        if told is not None:
            raise click.UsageError(
                f"{told.where} cannot be converted to {suffix or target}: {told.what}; {told.hint}"
            )
        raise click.UsageError(
            f"{kind or source} cannot be converted to {suffix or target}: "
            "see the list in simdistrict convert --help"
        )
    writable_target(target, force=force)
    way()
    if as_json:
        click.echo(json.dumps({"file": str(target)}, indent=2))
    elif not settings["quiet"]:
        click.echo(f"wrote {target}")


def _model(
    source: str, target: Path, scenario: str | None, sets: tuple[str, ...], force: bool
) -> None:
    from simdistrict.base.library import find_model
    from simdistrict.conversion.models import document_of, with_scenario

    path = find_model(source)
    document, notes = document_of(path)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    # refuse an invalid model even where nothing changes
    model = document.model
    if scenario is not None or sets:
        from simdistrict.scenario import bare_scenario, load_scenario, resolve

        written = bare_scenario(path) if scenario is None else load_scenario(scenario)
        document = with_scenario(document, resolve(written, model, sets))
    if target.suffix.lower() == ".mdl":
        document.write(target)
        return
    from simdistrict.exchange.xmile.writer import write_xmile

    write_xmile(document.model, target, force=force)


def _cin(source: str, target: Path, sets: tuple[str, ...], force: bool) -> None:
    from simdistrict.base.atomic import write_text
    from simdistrict.conversion.changes import cin_text
    from simdistrict.exchange.models import read_model_file
    from simdistrict.scenario import load_scenario, model_path, resolve

    scenario = load_scenario(source)
    model = read_model_file(model_path(scenario))
    write_text(target, cin_text(resolve(scenario, model, sets), model, source), force=force)


def _yaml(source: Path, target: Path, model: str | None, force: bool) -> None:
    from simdistrict.base.atomic import write_text
    from simdistrict.base.library import find_model
    from simdistrict.conversion.changes import scenario_text
    from simdistrict.exchange.models import read_model_file

    if model is None:
        raise click.UsageError("a .cin file does not say which model it is for: add --model MODEL")
    path = find_model(model)
    write_text(target, scenario_text([source], read_model_file(path), path), force=force)


def _series(source: Path, target: Path, scenario: str | None, force: bool) -> None:
    from simdistrict.base.atomic import write_text
    from simdistrict.conversion.series import series_text

    write_text(target, series_text(source, target.suffix.lower(), scenario), force=force)


def _result(source: Path, target: Path, model: str | None, force: bool) -> None:
    from simdistrict.base.library import find_model
    from simdistrict.conversion.results import result_of_text
    from simdistrict.exchange.models import read_model_file
    from simdistrict.result.netcdf import write_netcdf

    known = read_model_file(find_model(model)) if model is not None else None
    write_netcdf(result_of_text(source, known), target, force=force)


def _prior(source: Path, target: Path, force: bool) -> None:
    from simdistrict.base.atomic import write_text
    from simdistrict.exchange.vensim.vsc import prior_text, read_vsc

    write_text(target, prior_text(read_vsc(source)), force=force)
