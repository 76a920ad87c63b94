"""`simdistrict rerun`: repeat a result file from its own record."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from simdistrict.cli import options
from simdistrict.cli.common import Command


@click.command("rerun", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--backend", type=click.Choice(["interpreted", "native", "pysd"]), help="Another backend."
)
@options.as_json
def command(file: Path, backend: str | None, as_json: bool) -> None:
    """Repeat FILE from its own record and report whether the numbers are the same.

    The model, the resolved scenarios, the settings and the numbers from other files come from
    FILE alone; warns where those files, or the code, have changed since.
    Exit code 5 when a number differs. PySD, which makes Python code of a model's texts, runs
    only with --backend pysd.

    Example: simdistrict rerun runs/security_tariffs.nc
    """
    from simdistrict.base.identity import other_code
    from simdistrict.ensemble.rerun import changed_files, sentence
    from simdistrict.regimes.studies.register import repeat_any
    from simdistrict.result.netcdf import read_netcdf

    recorded = read_netcdf(file)
    report = repeat_any(recorded, str(file), backend)
    changed, other = changed_files(recorded), other_code(recorded.attrs)
    if as_json:
        document = {
            "file": str(file),
            "same": report.same,
            "variables": report.variables,
            "differing": list(report.differing),
            "largest_relative_difference": report.largest,
            "changed_files": list(changed),
            "other_code": other,
        }
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(sentence(report, str(file)))
    for name in changed:
        what = f"{name} has changed since; the run was repeated with what it held then"
        click.echo(f"warning: {what}", err=True)
    if other:
        click.echo(f"warning: {file} was written by other code: {other}", err=True)
    if not report.same:
        sys.exit(5)
