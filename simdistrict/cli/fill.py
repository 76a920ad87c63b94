"""`simdistrict fill`: write the numbers of a model's tables into the model."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simdistrict.base.counts import counted
from simdistrict.base.errors import typed
from simdistrict.base.numbers import real
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command

if TYPE_CHECKING:
    from simdistrict.exchange.number_tables.fill import FilledModel

SHOWN = 10


@click.command("fill", cls=Command)
@click.argument("model", shell_complete=complete.models)
@click.option("--check", is_flag=True, help="Write nothing; exit code 5 if a number differs.")
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar='"NAME=VALUE"',
    shell_complete=complete.elements("constant", end="="),
    help='First write a value into its table, such as "NAME[LABEL]=0.5".',
)
@click.option(
    "--changes",
    type=click.Path(path_type=Path),
    metavar="FILE.cin",
    help="First write the constants of a changes file into their tables.",
)
@click.option(
    "--digits",
    type=options.WholeRange(1, 17),
    default=17,
    help="Significant digits that --changes writes; default: all.",
)
@click.option("--source", help="Text for the column source of the values set.")
@click.option("--confidence", help="Text for the column confidence of the values set.")
@options.as_json
@options.encoding
@options.outside
def command(
    model: str,
    check: bool,
    sets: tuple[str, ...],
    changes: Path | None,
    digits: int,
    source: str | None,
    confidence: str | None,
    as_json: bool,
) -> None:
    """Write the numbers of data/*.csv in the folder of MODEL into MODEL.

    Changes only numbers of constants and lookups, and only where they differ; every other byte
    of the file is unchanged.

    Example: simdistrict fill district --check
    """
    from simdistrict.base.library import find_model
    from simdistrict.exchange.number_tables.fill import fill

    path = find_model(model)
    if (source or confidence) and not (sets or changes):
        raise click.UsageError("--source and --confidence say something of a value: add --set")
    values = (_changed(changes, digits) if changes else {}) | dict(map(_assignment, sets))
    found = fill(path, check=check, values=values, source=source, confidence=confidence)
    if as_json:
        rows = [asdict(d) for d in found.differences]
        document = {"model": model, "numbers": found.count, "written": not check}
        click.echo(json.dumps({**document, "differences": rows}, indent=2))
    else:
        click.echo("\n".join(_lines(path.name, model, found, check)))
    if check and found.differences:
        sys.exit(5)


def _assignment(text: str) -> tuple[tuple[str, ...], float]:
    """`NAME[LABEL,...]=VALUE` as the key of a row and its value."""
    left, _, right = text.rpartition("=")
    name, _, inside = left.strip().removesuffix("]").partition("[")
    value = real(right)
    if not name.strip() or value is None:
        form = 'the form is --set "NAME=VALUE", NAME with its labels in brackets'
        raise click.UsageError(f'--set "{text}" gives no value: {form}')
    labels = [label.strip() for label in inside.split(",") if label.strip()]
    return (name.strip(), *labels), value


def _changed(path: Path, digits: int) -> dict[tuple[str, ...], float]:
    """The constants of a .cin file as keys of rows and values, rounded."""
    from simdistrict.base.errors import Problem, ScenarioError
    from simdistrict.exchange.vensim.cin import read_cin

    found = {}
    for change in read_cin(path):
        if change.points is not None or change.text is not None or len(change.values) != 1:
            what = f'"{change.name}" is no single number'
            hint = "a table takes one number for each row: give each label a line of its own"
            raise ScenarioError(Problem(f"{path}:{change.line}", what, hint))
        found[(change.name, *change.subscripts)] = float(f"{change.values[0]:.{digits}g}")
    return found


def _lines(file: str, model: str, found: FilledModel, check: bool) -> list[str]:
    differences = found.differences
    if not differences:
        return [f"{file}: all {found.count} numbers are those of the tables"]
    lines = [
        f"{file}:{d.line} | {d.element}: {d.was:.12g} "
        + (f"is {d.now:.12g} in {d.where}" if check else f"-> {d.now:.12g} of {d.where}")
        for d in differences[:SHOWN]
    ]
    if len(differences) > SHOWN:
        lines.append(f"and {len(differences) - SHOWN} more")
    said = "differ from the tables" if check else "changed"
    lines.append(f"{file}: {len(differences)} of {counted(found.count, 'number')} {said}")
    if check:
        lines.append(f"    write the numbers of the tables with: {typed('fill', model)}")
    return lines
