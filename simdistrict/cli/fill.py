"""`simdistrict fill`: write the numbers of a model's tables into the model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from simdistrict.base.numbers import real
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command


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
    from simdistrict.api.commands.fill import fill

    if (source or confidence) and not (sets or changes):
        raise click.UsageError("--source and --confidence say something of a value: add --set")
    found = fill(
        model,
        check=check,
        values=dict(map(_assignment, sets)),
        changes=changes,
        digits=digits,
        source=source,
        confidence=confidence,
    )
    click.echo(json.dumps(found.document(), indent=2) if as_json else "\n".join(found.lines()))
    if check and found.differs:
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
