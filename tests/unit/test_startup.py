"""A command loads only the libraries that it needs: what keeps the program quick to start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numpy", "scipy", "xarray", "pandas", "netCDF4", "pysd", "pydantic", "ruamel", "pint"}
HEAVY |= {"SALib", "distributed", "numba"}
SAY = """
import json, sys
from simdistrict.cli.main import group
try:
    group(sys.argv[1:])
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def loaded(folder: Path, *arguments: str) -> set[str]:
    """The heavy libraries that a command has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", SAY, *arguments],
        cwd=folder,
        text=True,
        capture_output=True,
        check=True,
    )
    return HEAVY & set(json.loads(done.stderr.splitlines()[-1]))


COMMANDS = ["", "run", "list", "show", "compare", "check", "new", "rerun", "calibrate"]
COMMANDS += ["convert", "ensemble", "plot", "regimes", "sensitivity", "tables"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_loads_none_of_them(tmp_path: Path, command: str) -> None:
    assert loaded(tmp_path, *filter(None, [command]), "--help") == set()


def test_a_repeated_run_of_a_scenario_loads_no_parser_and_no_labelled_arrays(
    tmp_path: Path,
) -> None:
    loaded(tmp_path, "run", "security_tariffs")
    again = loaded(tmp_path, "run", "security_tariffs")
    assert again == {"numpy", "netCDF4", "pydantic", "ruamel"}
