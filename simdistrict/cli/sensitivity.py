"""`simdistrict sensitivity`: the constants that matter for an indicator of an ensemble."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simdistrict.base.counts import counted
from simdistrict.cli import options
from simdistrict.cli.common import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from simdistrict.sensitivity.discovery import Discovery
    from simdistrict.sensitivity.indices import Indices
    from simdistrict.sensitivity.sample import Sample

SHOWN = 12


def _default(
    name: str, default: float, kind: Any = options.REAL, *, help: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option with a default, which its help text shows."""
    return click.option(name, type=kind, default=default, show_default=True, help=help)


@click.command("sensitivity", cls=Command)
@click.argument("ensemble", type=click.Path(path_type=Path))
@click.option(
    "--method",
    type=click.Choice(["sobol", "morris", "pawn", "prim"]),
    required=True,
    help="sobol and morris need an ensemble --method saltelli or morris; pawn and prim need lhs, "
    "sobol or random.",
)
@click.option("--indicator", required=True, metavar="NAME", help="A saved element, with labels.")
@click.option("--at", type=options.REAL, metavar="TIME", help="A saved time; default: the last.")
@click.option(
    "--over",
    metavar="REDUCTION",
    help="Use a reduction over the run that `ensemble --reduce` saved, such as max.",
)
@click.option("--scenario", metavar="NAME", help="Required where the ensemble has several.")
@_default("--resamples", 100, options.WholeRange(2), help="Bootstrap resamples.")
@_default("--seed", 0, options.WholeRange(0), help="Seed of the resamples.")
@_default("--slides", 10, options.WHOLE, help="PAWN: number of slides.")
@click.option("--above", type=options.REAL, metavar="X", help="PRIM: of interest are members >= X.")
@click.option("--below", type=options.REAL, metavar="X", help="PRIM: of interest are members <= X.")
@_default("--boxes", 1, options.WholeRange(1), help="PRIM: largest number of boxes.")
@_default("--density", 0.8, help="PRIM: target density of a box.")
@_default("--mass", 0.05, help="PRIM: smallest share of all members in a box.")
@_default("--peel", 0.05, help="PRIM: share of a box that a step removes.")
@_default("--paste", 0.05, help="PRIM: share of a box that a step adds.")
@click.option(
    "--chance",
    type=options.REAL,
    default=1.0,
    metavar="P",
    help="PRIM: leave out numbers with a larger quasi-p, such as 0.05; default: none.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File to write: TABLE.csv or TABLE.nc."
)
@click.option(
    "--all", "everything", is_flag=True, help="Print all rows, not only the first twelve."
)
@options.force
@options.as_json
@click.pass_obj
def command(
    settings: dict[str, bool],
    ensemble: Path,
    method: str,
    indicator: str,
    at: float | None,
    over: str | None,
    scenario: str | None,
    resamples: int,
    seed: int,
    slides: int,
    above: float | None,
    below: float | None,
    boxes: int,
    density: float,
    mass: float,
    peel: float,
    paste: float,
    chance: float,
    output: Path | None,
    everything: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Analyse which sampled numbers of an ENSEMBLE (.nc or .zarr) matter for an indicator.

    Prints 95% intervals. Failed members are left out with their whole block of the design, and
    counted.

    Example: simdistrict sensitivity runs/ensemble.nc --method pawn --indicator "home share[Prato]"
    """
    from simdistrict.sensitivity.analysis import Asked, analysed
    from simdistrict.sensitivity.prim import Choices
    from simdistrict.sensitivity.sample import read_sample
    from simdistrict.sensitivity.table import document, write_table

    if at is not None and over is not None:
        raise click.UsageError("--over is of the whole run: leave --at out")
    sample = read_sample(ensemble, indicator, at=at, scenario=scenario, over=over)
    choices = Choices(peel, paste, mass, density, boxes, chance)
    asked = Asked(resamples, seed, slides, above, below, choices)
    found = analysed(sample, method, asked)
    if output is not None:
        write_table(found, output, force=force)
    if as_json:
        click.echo(json.dumps(document(found), indent=2, allow_nan=False))
        return
    if settings["quiet"]:
        return
    for line in _head(sample, found):
        click.echo(line)
    for line in lines(found, SHOWN if not everything else len(sample.names)):
        click.echo(line)
    if output is not None:
        click.echo(f"wrote {output}")


def _head(sample: Sample, found: Indices | Discovery) -> list[str]:
    """The analysed members, and those left out."""
    scenario = f", {sample.scenario}" if sample.scenario else ""
    said = [
        f"{sample.indicator} {sample.when}{scenario}: {len(found.sample.values)} of "
        f"{counted(len(sample.values), 'member')}, {counted(len(sample.names), 'number')} "
        f"({sample.method}, seed {sample.seed})"
    ]
    dropped = len(sample.values) - len(found.sample.values)
    if dropped:
        why = ", ".join(f"{n} {name}" for name, n in found.failed.items())
        blocks = f", {dropped} in blocks with them" if sample.block > 1 else ""
        said.append(f"  left out: {why}{blocks}; the results do not cover where runs fail")
    return said


def lines(found: Indices | Discovery, most: int) -> list[str]:
    """An analysis as text."""
    from simdistrict.sensitivity.indices import Indices as Table

    return _table(found, most) if isinstance(found, Table) else _boxes(found)


def _table(found: Indices, most: int) -> list[str]:
    names = found.sample.names
    heads = [key for key in found.columns if not key.endswith(("_low", "_high"))]
    width = max(len(names[k]) for k in found.ranked[:most])
    said = [f"  {'':{width}}" + "".join(f"  {head:>26}" for head in heads)]
    for k in found.ranked[:most]:
        cells = []
        for head in heads:
            cell = f"{found.columns[head][k]:.4g}"
            if f"{head}_low" in found.columns:
                ends = (found.columns[f"{head}_{end}"][k] for end in ("low", "high"))
                cell += " ({:.3g} to {:.3g})".format(*ends)
            cells.append(f"  {cell:>26}")
        said.append(f"  {names[k]:{width}}" + "".join(cells))
    if len(names) > most:
        said.append(f"  and {len(names) - most} more, see --all or -o")
    if "noise" in found.options:
        level = found.options["noise"]
        said.append(f"a number without influence exceeds {level:.3g} in 5 of 100 cases")
    for k, (i, j) in enumerate(_strongest(found)):
        second = found.pairs["second"]
        span = " to ".join(f"{found.pairs[f'second_{end}'][i, j]:.3g}" for end in ("low", "high"))
        lead = "pairs: " if k == 0 else "       "
        said.append(f"{lead}{names[i]} with {names[j]}: {second[i, j]:.4g} ({span})")
    return said


def _strongest(found: Indices, most: int = 5) -> list[tuple[int, int]]:
    """The pairs with the largest index."""
    if not found.pairs:
        return []
    count = len(found.sample.names)
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    second = found.pairs["second"]
    return sorted(pairs, key=lambda pair: -abs(float(second[pair])))[:most]


def _boxes(found: Discovery) -> list[str]:
    total, names = len(found.sample.values), found.sample.names
    ends = [("at least", found.above), ("at most", found.below)]
    wanted = " and ".join(f"{word} {value:g}" for word, value in ends if value is not None)
    said = [f"{found.interesting} of {total} members are {wanted}"]
    if not found.boxes:
        said.append(
            f"no box: all members together have the density {found.interesting / total:.3f}, "
            f"and --density asks for {found.choices.density:g}"
        )
    for number, box in enumerate(found.boxes, 1):
        measures = box.measures
        said.append(
            f"box {number}: coverage {measures.coverage:.3f}, density {measures.density:.3f}, "
            f"{measures.mass:.1%} of the members"
        )
        for limit in box.limits:
            low = f"{limit.low:.4g} <= " if math.isfinite(limit.low) else ""
            high = f" <= {limit.high:.4g}" if math.isfinite(limit.high) else ""
            chance = "" if limit.quasi_p <= 0.05 else ", may be chance"
            said.append(f"  {low}{names[limit.place]}{high}  (quasi-p {limit.quasi_p:.2g}{chance})")
    return said
