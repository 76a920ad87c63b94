"""`simdistrict plot`: the figures of the results, and of studies of regimes."""

from __future__ import annotations

from pathlib import Path

import click

IMAGES = Path("docs/images")


@click.command("plot")
@click.argument("names", nargs=-1, metavar="[NAME|FILE.nc]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The folder for the figures; default: docs/images, and that of FILE.nc for its figure.",
)
@click.option(
    "--tables",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Where the committed tables lie that figures of ensembles are drawn from.",
)
@click.option("--force", is_flag=True, help="Replace files that simdistrict did not draw.")
@click.pass_obj
def command(
    settings: dict[str, bool],
    names: tuple[str, ...],
    output: Path | None,
    tables: Path,
    force: bool,
) -> None:
    """Draw figures of the district model, each as .svg and .png; without names all of them.

    FILE.nc of a study by `simdistrict regimes` is drawn as FILE.svg and FILE.png: branches,
    hysteresis, basins along a constant, maps. Needs matplotlib: pip install 'simdistrict[plot]'.

    Example: simdistrict plot home_share -o pictures
    """
    files = [Path(name) for name in names if name.endswith(".nc")]
    known = tuple(name for name in names if not name.endswith(".nc"))
    drawn = [str(_study(file, output, force=force)) for file in files]
    if drawn and not settings["quiet"]:
        click.echo(f"wrote {', '.join(f'{name}.svg and .png' for name in drawn)}")
    if known or not files:
        _results(known, output or IMAGES, tables, force=force, quiet=settings["quiet"])


def _study(file: Path, output: Path | None, *, force: bool) -> Path:
    """Draw a study; gives the place of the figure without a suffix."""
    from simdistrict.plot import check_targets, draw
    from simdistrict.regimes.figures import figure_of
    from simdistrict.result.netcdf import read_netcdf

    target = (output or file.parent) / file.stem
    check_targets(target, force=force)
    draw(figure_of(read_netcdf(file), str(file)), target, force=force)
    return target


def _results(
    names: tuple[str, ...], output: Path, tables: Path, *, force: bool, quiet: bool
) -> None:
    from simdistrict.plot import check_targets, draw
    from simdistrict.tables import Study
    from simdistrict.tables.catalogue import MODEL
    from simdistrict.tables.figures import chosen_figures, describe

    wanted = chosen_figures(names)
    for name in wanted:
        check_targets(output / name, force=force)
    study = Study(MODEL)
    for name in wanted:
        figure = describe(name, study, tables / study.model.name)
        draw(figure, output / name, force=force)
    if not quiet:
        click.echo(f"wrote {len(wanted)} figures into {output}: {', '.join(wanted)}")
