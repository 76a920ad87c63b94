"""`simdistrict check`: units, structure and behaviour of a model, one line per finding."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simdistrict.base.counts import counted
from simdistrict.cli import complete, options
from simdistrict.cli.common import Command

if TYPE_CHECKING:
    from simdistrict.behaviour.checks import Finding


NAMES = """\b
Checks without a run: structure, units, missing-units, documentation, unused,
range, lookups, magic-numbers.
With a few runs: before-run, run, mass, lookup-range, unit-of-account, halving, and the
statements of the model's checks file (<model>.checks.yaml or checks.yaml in its folder):
conservation, accounts, bounds, steady-state, extremes.
With many runs, only on request: corners (--corners COUNT; --only corners runs 20).
"""


@click.command("check", cls=Command, epilog=NAMES)
@click.argument("model", shell_complete=complete.models)
@click.option("--only", multiple=True, metavar="NAME", help="Run only this check (repeatable).")
@click.option(
    "--strict",
    multiple=True,
    metavar="NAME",
    help="Treat warnings of this check as errors (repeatable).",
)
@click.option(
    "--corners",
    type=options.WholeRange(min=0),
    default=0,
    metavar="COUNT",
    help="Also run COUNT random corners of all stated ranges, and COUNT points inside them.",
)
@click.option("--seed", type=options.SEED, default=1, help="Seed of --corners.")
@options.as_json
@options.encoding
@options.outside
@options.large
def command(
    model: str,
    only: tuple[str, ...],
    strict: tuple[str, ...],
    corners: int,
    seed: int,
    as_json: bool,
) -> None:
    """Check units, structure and behaviour of MODEL.

    Prints one line per finding, with the element and its line in the file. Exit code 5 when any
    finding is an error.

    Example: simdistrict check district --corners 10
    """
    from simdistrict.base.library import find_model, shown

    path = find_model(model)
    found, ran = _found(path, only, strict, corners, seed)
    errors = sum(f.severity == "error" for f in found)
    if as_json:
        rows = [asdict(finding) for finding in found]
        document = {"model": model, "errors": errors, "checks": ran, "findings": rows}
        click.echo(json.dumps(document, indent=2))
    else:
        file = shown(path)
        for f in found:
            where = f"{file}:{f.line}" if f.line else file
            name = f'"{f.element}": ' if f.element else ""
            click.echo(f"{f.severity}: {where} | {name}{f.what}  [{f.check}]")
        listed = ", ".join(ran)
        counts = f"{counted(errors, 'error')}, {counted(len(found) - errors, 'warning')}"
        click.echo(f"{file}: {counts} ({listed})")
    if errors:
        sys.exit(5)


def _found(
    path: Path, only: Sequence[str], strict: Sequence[str], corners: int, seed: int
) -> tuple[list[Finding], list[str]]:
    """All findings, and the names of the checks that ran."""
    from simdistrict.behaviour import (
        NAMES,
        Statements,
        check_behaviour,
        checks_file,
        made,
        read_statements,
    )
    from simdistrict.behaviour.checks import CHECKS, check_model, refuse_unknown
    from simdistrict.exchange.models import read_model_file

    refuse_unknown((*only, *strict), (*CHECKS, *NAMES))
    model = read_model_file(path)
    still = [n for n in only if n in CHECKS]
    moving = [n for n in only if n in NAMES]
    found: list[Finding] = []
    ran: list[str] = []
    if still or not only:
        found += check_model(model, still, [n for n in strict if n in CHECKS])
        ran += [n for n in CHECKS if not only or n in only]
    # a model without a causal order cannot run, which is reported already
    runnable = not any(f.check == "structure" and f.severity == "error" for f in found)
    if runnable and (moving or corners or not only):
        file = checks_file(path)
        stated = read_statements(file, model, path) if file else Statements()
        if corners and only and "corners" not in moving:
            moving.append("corners")
        hard = [n for n in strict if n in NAMES]
        # one finding per fault: units that do not balance do not scale either
        unbalanced = {f.element for f in found if f.check == "units"}
        found += [
            f
            for f in check_behaviour(model, stated, moving, hard, corners_count=corners, seed=seed)
            if f.check != "unit-of-account" or f.element not in unbalanced
        ]
        ran += made(stated, moving, corners)
    # report a fault once, however often the equation repeats it
    return list(dict.fromkeys(found)), ran
