"""`simdistrict rerun`: a result file repeated from what it records."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.command("rerun")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(file: Path, as_json: bool) -> None:
    """Repeat FILE from what it records and say whether the numbers are the same.

    The model, the resolved scenarios, the settings and what the model read from other files are
    taken from the file alone; where those files have changed since, it says so. Exit code 5 when
    a number differs.

    Example: simdistrict rerun runs/security_tariffs.nc
    """
    from simdistrict.ensemble.rerun import changed_files, repeat
    from simdistrict.regimes.studies.study import RECORD
    from simdistrict.result.netcdf import read_netcdf

    recorded = read_netcdf(file)
    if RECORD in recorded.attrs:
        from simdistrict.regimes.studies.register import repeat_study

        report = repeat_study(recorded, str(file))
    else:
        report = repeat(recorded, str(file))
    changed = changed_files(recorded)
    if as_json:
        document = {
            "file": str(file),
            "same": report.same,
            "variables": report.variables,
            "differing": list(report.differing),
            "largest_relative_difference": report.largest,
            "changed_files": list(changed),
        }
        click.echo(json.dumps(document, indent=2))
    elif report.same:
        click.echo(f"{file}: the same numbers to the last bit in {report.variables} variables")
    else:
        names = ", ".join(report.differing[:10])
        click.echo(
            f"{file}: {len(report.differing)} of {report.variables} variables differ "
            f"(largest relative difference {report.largest:.3g}): {names}"
        )
    for name in changed:
        what = f"{name} has changed since; the run was repeated with what it held then"
        click.echo(f"warning: {what}", err=True)
    if not report.same:
        sys.exit(5)
