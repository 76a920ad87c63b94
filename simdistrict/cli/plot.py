"""`simdistrict plot`: pictures of any result; the figures of a study, and of studies of regimes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simdistrict.base.counts import counted
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Settings

if TYPE_CHECKING:
    from simdistrict.plot import Picture

RESULTS = (".nc", ".zarr")
PICTURES = (".svg", ".png", ".pdf")
_COMMON = ("labels", "scenarios", "baseline", "width")
# kind: the options that it takes besides --name, --kind and -o
KINDS: Mapping[str, tuple[str, ...]] = {
    "series": _COMMON,
    "differences": (*_COMMON, "percent"),
    "fan": (*_COMMON, "percent", "levels"),
    "causes": _COMMON,
    "tornado": ("most", "width"),
    "phase": _COMMON,
    "ranking": (*_COMMON, "time", "since"),
    "regimes": ("rules", "study", "width"),
    "map": (),
    # of a posterior
    "constants": ("most",),
    "chains": ("most",),
    "predictions": (),
    "pit": (),
    "ridges": ("most",),
}
POSTERIOR = ("constants", "chains", "predictions", "pit", "ridges")
_FLAGS = {"labels": "--label", "scenarios": "--scenario", "rules": "--rule", "time": "--at"}


@click.command("plot", cls=Command)
@click.argument(
    "names",
    nargs=-1,
    metavar="FILE.nc... | [MODEL] [FIGURE]...",
    shell_complete=complete.results_of_study("figures", RESULTS),
)
@click.option(
    "--kind",
    type=click.Choice(tuple(KINDS)),
    help="Default: fan of an ensemble, tornado of a sensitivity, regimes with rules, constants of "
    "a posterior, else series; map draws a MODEL. Of a posterior: constants, chains, predictions, "
    "pit, ridges.",
)
@click.option(
    "--name",
    "--save",
    "elements",
    multiple=True,
    metavar="NAME[LABEL],...",
    help="Elements to draw; default: what the scenario reports, else the stocks. For phase: X,Y.",
)
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="Only this (repeatable).")
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", help="Only this (repeatable)."
)
@click.option(
    "--baseline", metavar="NAME", help="The scenario to compare with; default: the first."
)
@click.option("--percent", is_flag=True, help="Differences in percent of the baseline.")
@click.option("--levels", is_flag=True, help="Fans of levels, not of differences.")
@click.option("--at", "time", type=options.REAL, help="The date of a ranking; default: the last.")
@click.option("--since", type=options.REAL, help="An earlier date of it; default: the first.")
@click.option(
    "--most",
    type=options.WholeRange(min=1),
    help="Bars of a tornado, panels of a posterior, at most.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar='"REGIME: NAME >= X, ..."',
    help="A regime by thresholds (repeatable, the first that holds counts).",
)
@click.option(
    "--study",
    metavar="MODEL",
    shell_complete=complete.studies,
    help="Use the rules of the study of a model.",
)
@click.option(
    "--width",
    type=options.RealRange(min=60, max=1000),
    help="In mm: a column of a journal has 90, a page 180.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="FIG.svg, FIG.png or FIG.pdf for a picture, else a folder, for .svg and .png; default: "
    "that of the tables, and of FILE.nc for its picture.",
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
    /,
    names: tuple[str, ...],
    kind: str | None,
    elements: tuple[str, ...],
    output: Path | None,
    tables: Path,
    force: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Draw results of any run, ensemble or analysis; or the figures of a study.

    FILE.nc is drawn as FILE.svg and FILE.png by what it holds: time series of one or several
    scenarios or files (the first is the baseline), fans of an ensemble, with a baseline as paired
    differences, a tornado of a sensitivity analysis, the figure of a study of regimes, the
    constants of a posterior.

    Without a file: the figures of a study; without names all of them. MODEL is a model with a
    folder study/ next to it, or a study file; without it the study of this folder is drawn, else
    that of the one shipped model that has one. A study is a program: its Python files are run.

    MODEL with --kind map: its causal map, from map.yaml next to it, else an automatic one.

    Needs matplotlib: pip install 'simdistrict[plot]'.

    Example: simdistrict plot runs/security_tariffs.nc --name "home share" -o home_share.svg
    """
    files = [Path(name) for name in names if name.rstrip("/").endswith(RESULTS)]
    known = tuple(name for name in names if not name.rstrip("/").endswith(RESULTS))
    # a number may be 0, which is false
    asked = {k: v for k, v in given.items() if v is not None and v is not False and v != ()}
    quiet = settings["quiet"] or as_json
    drawn: list[Path] = []
    if kind == "map":
        if files or len(known) != 1 or elements or asked:
            raise click.UsageError("a map is drawn of one model: simdistrict plot MODEL --kind map")
        drawn = _map(known[0], output, force=force)
    elif files:
        drawn = _files(files, kind, elements, asked, output, force=force)
    elif kind or elements or asked:
        raise click.UsageError("these options draw a result: name its file, FILE.nc")
    if drawn and not quiet:
        click.echo(f"wrote {_few(drawn)}")
    if kind != "map" and (known or not files):
        from simdistrict.api.commands.tables import figures as figures_of_study

        figures = figures_of_study(known, output, tables, force=force)
        if not quiet:
            said = ", ".join(path.name for path in figures)
            folder = figures[0].parent
            click.echo(f"wrote {counted(len(figures), 'figure')} into {folder}: {said}")
        drawn += [Path(f"{path}{suffix}") for path in figures for suffix in (".svg", ".png")]
    if as_json:
        click.echo(json.dumps({"files": [str(file) for file in drawn]}, indent=2))


def _map(model: str, output: Path | None, *, force: bool) -> list[Path]:
    """Draw the map of a model; returns what was written."""
    from simdistrict.api.mapping import plot_map

    targets = _targets(f"{Path(model).stem}_map", output or Path())
    return _drawn(lambda: plot_map(model), targets, force=force)


def _few(drawn: Sequence[Path]) -> str:
    """Written files, a .png next to its .svg without its folder."""
    said: list[str] = []
    for file in drawn:
        if file.suffix == ".png" and file.with_suffix(".svg") in drawn:
            said[-1] += " and .png"
        else:
            said.append(str(file))
    return ", ".join(said)


def _files(
    files: Sequence[Path],
    kind: str | None,
    elements: Sequence[str],
    asked: Mapping[str, Any],
    output: Path | None,
    *,
    force: bool,
) -> list[Path]:
    """Draw results: studies of regimes one by one, others together; returns what was written."""
    from simdistrict.api.pictures import kind_of

    kinds = [kind_of(file) for file in files]
    single = output is not None and _is_picture(output)
    if "regimes" in kinds and kind in (None, "regimes") and not asked.keys() - {"width"}:
        if any(own != "regimes" for own in kinds):
            raise click.UsageError("draw studies of regimes and other results one after another")
        if not single:
            from simdistrict.api.commands.tables import regimes_figure

            drawn = [regimes_figure(file, output, force=force) for file in files]
            return [Path(f"{path}{suffix}") for path in drawn for suffix in (".svg", ".png")]
        if len(files) > 1:
            raise click.UsageError("one file for each study: give a folder with -o")
        kind = "regimes"
    ruled = "rules" in asked or "study" in asked
    kind = kind or ("regimes" if ruled else kinds[0])
    stem = "_".join(dict.fromkeys(file.stem for file in files))
    stem = stem if len(stem) <= 80 else f"{files[0].stem}_and_{len(files) - 1}_more"
    targets = _targets(stem, output or files[0].parent)
    return _drawn(lambda: _picture(files, kind, elements, asked), targets, force=force)


def _is_picture(output: Path) -> bool:
    return output.suffix.lower() in PICTURES


def _targets(stem: str, output: Path) -> list[Path]:
    """The files to draw: a picture, or an .svg and a .png of a stem in a folder."""
    if _is_picture(output):
        return [output]
    return [output / f"{stem}{suffix}" for suffix in (".svg", ".png")]


def _drawn(draw: Callable[[], Picture], targets: Sequence[Path], *, force: bool) -> list[Path]:
    """Draw a picture into files; nothing is computed where one of them cannot be written."""
    from simdistrict.plot import check_file

    for target in targets:
        check_file(target, force=force)
    picture = draw()
    return [picture.save(target, force=force) for target in targets]


def _picture(
    files: Sequence[Path], kind: str, elements: Sequence[str], asked: Mapping[str, Any]
) -> Picture:
    from simdistrict.api import pictures
    from simdistrict.scenario.places import split_names

    for option in asked:
        if option not in KINDS[kind]:
            flag = _FLAGS.get(option, f"--{option}")
            fitting = [other for other, own in KINDS.items() if option in own]
            raise click.UsageError(f"{flag} is of {' and '.join(fitting)}, and this is {kind}")
    names = [name for text in elements for name in split_names(text)]
    more: dict[str, Any] = {k: v for k, v in asked.items() if k != "levels"}
    data = list(files) if len(files) > 1 else files[0]
    if kind == "phase":
        if len(names) != 2:
            raise click.UsageError("a phase portrait needs two elements: --name X,Y")
        return pictures.plot_phase(data, names[0], names[1], **more)
    if kind in ("causes", "ranking"):
        if len(names) != 1:
            raise click.UsageError(f"{kind} needs one element: --name NAME")
        one = pictures.plot_causes if kind == "causes" else pictures.plot_ranking
        return one(data, names[0], **more)
    if kind == "fan":
        return pictures.plot_fan(data, names, paired=False if "levels" in asked else None, **more)
    if kind == "series":
        return pictures.plot_series(data, names, **more)
    if kind == "differences":
        return pictures.plot_differences(data, names, **more)
    if len(files) > 1:
        raise click.UsageError(f"{kind} is drawn of one file")
    if kind in POSTERIOR:
        from simdistrict.api.posterior_pictures import plot_posterior

        return plot_posterior(files[0], kind, list(elements), **more)  # type: ignore[arg-type]
    if kind == "tornado":
        return pictures.plot_tornado(files[0], names, **more)
    return pictures.plot_regimes(files[0], **more)
