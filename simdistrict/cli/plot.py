"""`simdistrict plot`: the figures of the results."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("plot")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("docs/images"),
    show_default=True,
    help="The folder for the figures.",
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
    settings: dict[str, bool], names: tuple[str, ...], output: Path, tables: Path, force: bool
) -> None:
    """Draw figures of the district model, each as .svg and .png; without names all of them.

    Needs matplotlib: pip install 'simdistrict[plot]'.

    Example: simdistrict plot home_share -o pictures
    """
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
    if not settings["quiet"]:
        click.echo(f"wrote {len(wanted)} figures into {output}: {', '.join(wanted)}")
