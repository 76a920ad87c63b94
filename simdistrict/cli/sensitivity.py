"""`simdistrict sensitivity`: which constants matter for an indicator of an ensemble."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simdistrict.sensitivity.discovery import Discovery
    from simdistrict.sensitivity.indices import Indices
    from simdistrict.sensitivity.sample import Sample

SHOWN = 12


@click.command("sensitivity")
@click.argument("ensemble", type=click.Path(path_type=Path))
@click.option(
    "--method",
    type=click.Choice(["sobol", "morris", "pawn", "prim"]),
    required=True,
    help="Sobol and Morris read ensembles --method saltelli and morris; PAWN and PRIM read lhs, "
    "sobol and random.",
)
@click.option("--indicator", required=True, metavar="NAME", help="A saved element, with labels.")
@click.option("--at", type=float, metavar="TIME", help="A saved time; default: the last.")
@click.option(
    "--over",
    metavar="REDUCTION",
    help="A number of the whole run instead, which `ensemble --reduce` kept, such as max.",
)
@click.option("--scenario", metavar="NAME", help="Where the ensemble has several.")
@click.option("--resamples", type=click.IntRange(2), default=100, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of resamples.")
@click.option("--slides", type=int, default=10, show_default=True, help="Of PAWN.")
@click.option("--above", type=float, metavar="X", help="PRIM: members at X or above it.")
@click.option("--below", type=float, metavar="X", help="PRIM: members at X or below it.")
@click.option(
    "--boxes", type=click.IntRange(1), default=1, show_default=True, help="PRIM: at most."
)
@click.option(
    "--density", type=float, default=0.8, show_default=True, help="PRIM: what a box is to reach."
)
@click.option(
    "--mass", type=float, default=0.05, show_default=True, help="PRIM: least share of members."
)
@click.option("--peel", type=float, default=0.05, show_default=True, help="PRIM: share of a step.")
@click.option("--paste", type=float, default=0.05, show_default=True, help="PRIM: the same, back.")
@click.option(
    "--chance",
    type=float,
    default=1.0,
    metavar="P",
    help="PRIM: leave out numbers with a larger quasi-p, as 0.05; default: none.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="TABLE.csv or TABLE.nc.")
@click.option("--all", "everything", is_flag=True, help="Print every row, not the first twelve.")
@click.option("--force", is_flag=True, help="Replace a file that simdistrict did not write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
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
    """Say which sampled numbers of an ENSEMBLE (.nc or .zarr) matter for one of its indicators.

    Intervals are of 95%. Members that failed are left out, with the whole block of the design
    that they belong to, and counted.

    Example: simdistrict sensitivity runs/ensemble.nc --method pawn
    --indicator "home share[Prato]"
    """
    from simdistrict.sensitivity.discovery import discover
    from simdistrict.sensitivity.prim import Choices
    from simdistrict.sensitivity.sample import read_sample
    from simdistrict.sensitivity.table import document, write_table

    if at is not None and over is not None:
        raise click.UsageError("--over is of the whole run: leave --at out")
    sample = read_sample(ensemble, indicator, at=at, scenario=scenario, over=over)
    found: Indices | Discovery
    if method == "prim":
        choices = Choices(peel, paste, mass, density, boxes, chance)
        found = discover(sample, above=above, below=below, choices=choices)
    else:
        found = _analysed(method, sample, resamples, seed, slides)
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


def _analysed(method: str, sample: Sample, resamples: int, seed: int, slides: int) -> Indices:
    from simdistrict.sensitivity.salib import morris, pawn, sobol

    if method == "pawn":
        return pawn(sample, resamples, seed, slides)
    return (sobol if method == "sobol" else morris)(sample, resamples, seed)


def _head(sample: Sample, found: Indices | Discovery) -> list[str]:
    """What was analysed, and what was left out."""
    scenario = f", {sample.scenario}" if sample.scenario else ""
    said = [
        f"{sample.indicator} {sample.when}{scenario}: {len(found.sample.values)} of "
        f"{len(sample.values)} members, {len(sample.names)} numbers ({sample.method}, "
        f"seed {sample.seed})"
    ]
    dropped = len(sample.values) - len(found.sample.values)
    if dropped:
        why = ", ".join(f"{n} {name}" for name, n in found.failed.items())
        blocks = f", {dropped} in blocks with them" if sample.block > 1 else ""
        said.append(f"  left out: {why}{blocks}; the rest says nothing of where runs fail")
    return said


def lines(found: Indices | Discovery, most: int) -> list[str]:
    """An analysis as a person reads it."""
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
