"""`simdistrict plot`: the figures of a study, and of studies of regimes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from simdistrict.base.counts import counted
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings


@click.command("plot", cls=Command)
@click.argument(
    "names",
    nargs=-1,
    metavar="[MODEL] [FIGURE|FILE.nc]...",
    shell_complete=complete.results_of_study("figures", (".nc",)),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The folder for the figures; default: that of the tables, and of FILE.nc for its figure.",
)
@click.option(
    "--tables",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Holds the tables, that some figures are drawn from, in a folder for each model.",
)
@options.outside
@click.option("--force", is_flag=True, help="Replace files that simdistrict did not draw.")
@options.as_json
@click.pass_obj
def command(
    settings: Settings,
    names: tuple[str, ...],
    output: Path | None,
    tables: Path,
    force: bool,
    as_json: bool,
) -> None:
    """Draw figures of a study, each as .svg and .png; without names all of them.

    MODEL is a model with a folder study/ next to it, or a study file; without it the study of
    this folder is drawn, else that of the one shipped model that has one. A study is a program:
    its Python files are run.

    FILE.nc of a study by `simdistrict regimes` is drawn as FILE.svg and FILE.png: branches,
    hysteresis, basins along a constant, maps. Needs matplotlib: pip install 'simdistrict[plot]'.

    Example: simdistrict plot home_share -o pictures
    """
    files = [Path(name) for name in names if name.endswith(".nc")]
    known = tuple(name for name in names if not name.endswith(".nc"))
    drawn = [_study(file, output, force=force) for file in files]
    quiet = settings["quiet"] or as_json
    if drawn and not quiet:
        click.echo(f"wrote {', '.join(f'{name}.svg and .png' for name in drawn)}")
    if known or not files:
        drawn += _results(known, output, tables, force=force, quiet=quiet)
    if as_json:
        files = [Path(f"{path}{suffix}") for path in drawn for suffix in (".svg", ".png")]
        click.echo(json.dumps({"files": [str(file) for file in files]}, indent=2))


def _study(file: Path, output: Path | None, *, force: bool) -> Path:
    """Draw a study of regimes; returns the path of the figure without a suffix."""
    from simdistrict.plot import check_targets, draw
    from simdistrict.regimes.studies.register import figure_of
    from simdistrict.result.netcdf import read_netcdf

    target = (output or file.parent) / file.stem
    check_targets(target, force=force)
    draw(figure_of(read_netcdf(file), str(file)), target, force=force)
    return target


def _results(
    words: tuple[str, ...], output: Path | None, tables: Path, *, force: bool, quiet: bool
) -> list[Path]:
    """Draw figures of a study; returns their paths without a suffix."""
    from simdistrict.plot import check_targets, draw_all
    from simdistrict.tables import Study
    from simdistrict.tables.definition import named
    from simdistrict.tables.find import with_study
    from simdistrict.tables.shown import describe

    definition, names = with_study(words)
    wanted = named(definition, "figure", names)
    study = Study(definition)
    committed = tables / study.model.name
    folder = output or committed
    for name in wanted:
        check_targets(folder / name, force=force)
    figures = {folder / name: describe(name, study, committed) for name in wanted}
    draw_all(figures, force=force)
    if not quiet:
        click.echo(f"wrote {counted(len(wanted), 'figure')} into {folder}: {', '.join(wanted)}")
    return list(figures)
