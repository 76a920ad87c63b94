"""A command loads only the libraries that it needs: what keeps the program quick to start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numpy", "scipy", "xarray", "pandas", "netCDF4", "pysd", "pydantic", "ruamel", "pint"}
HEAVY |= {"SALib", "distributed", "numba"}
# reads models and scenarios, and lowers models: all that the cache spares
READING = {"exchange.mdl.reader", "exchange.text.grammar", "exchange.text.tokens"}
READING |= {"exchange.xmile.reader"}
READING |= {"scenario.schema"}
LOWERING = "build calls delays emit expand frames fuse graph lay_out lower made"
LOWERING += " names nodes order read rewrite rules spell statements subscripts switches verify"
READING |= {f"engine.lowering.{name}" for name in LOWERING.split()}
SAY = """
import json, sys
from simdistrict.cli.main import group
try:
    group(sys.argv[1:])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def loaded(folder: Path, *arguments: str) -> set[str]:
    """The heavy libraries, and our modules that read, that a command has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", SAY, *arguments],
        cwd=folder,
        text=True,
        capture_output=True,
        check=True,
    )
    names = set(json.loads(done.stderr.splitlines()[-1]))
    ours = {name.removeprefix("simdistrict.") for name in names}
    return (HEAVY & {name.partition(".")[0] for name in names}) | (READING & ours)


COMMANDS = ["", "run", "list", "show", "compare", "check", "new", "rerun", "calibrate"]
COMMANDS += ["convert", "ensemble", "plot", "regimes", "sensitivity", "tables"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_loads_none_of_them(tmp_path: Path, command: str) -> None:
    assert loaded(tmp_path, *filter(None, [command]), "--help") == set()


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests of the session have read does not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.usefixtures("empty_cache")
def test_a_repeated_run_of_a_scenario_loads_no_parser_and_no_labelled_arrays(
    tmp_path: Path,
) -> None:
    first = loaded(tmp_path, "run", "security_tariffs")
    # so that a module with another name does not go unnoticed
    assert READING - {"exchange.xmile.reader"} <= first
    assert loaded(tmp_path, "run", "security_tariffs") == {"numpy", "netCDF4"}


@pytest.mark.usefixtures("empty_cache")
def test_a_scenario_with_parts_is_read_once(tmp_path: Path) -> None:
    scenarios = tmp_path / "scenarios"
    (scenarios / "parts").mkdir(parents=True)
    part = "title: Part\nassume:\n  required return: 0.07\n"
    (scenarios / "parts" / "dear_money.yaml").write_text(part)
    own = "title: Own\nbase: neoliberal_globalisation\nparts: [dear_money]\n"
    (scenarios / "own.yaml").write_text(own)
    assert "pydantic" in loaded(tmp_path, "show", "scenario", "own")
    assert "pydantic" not in loaded(tmp_path, "show", "scenario", "own")
    (scenarios / "parts" / "dear_money.yaml").write_text(part.replace("0.07", "0.08"))
    assert "pydantic" in loaded(tmp_path, "show", "scenario", "own")
