"""Build the wheel, install it into a clean environment outside the checkout, use it there.

usage: python tests/wheel/check.py [SCENARIO]

The wheel is built from the source archive, so a file that either of them lacks shows up here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PIP = ("install", "--quiet", "--quiet", "--disable-pip-version-check")
WHERE = "import simdistrict; print(simdistrict.__file__)"
CODE = """
from simdistrict.base.identity import code_record
print({key: text for key, text in code_record().items() if key != "numeric_libraries"})
"""
OPENS = """
import sys, xarray
with xarray.open_dataset(sys.argv[1]) as run:
    assert run.sizes["time"] > 1 and run.attrs["simdistrict_version"], run
"""


def main(scenario: str) -> None:
    """Raise CalledProcessError or AssertionError at the first thing that does not hold."""
    with tempfile.TemporaryDirectory(prefix="simdistrict-wheel-") as folder:
        outside = Path(folder).resolve()
        wheel = build(outside / "dist")
        python = install(wheel, outside / "venv")
        use(python, outside, scenario)


def build(dist: Path) -> Path:
    """The wheel, built from the source archive."""
    run(sys.executable, "-m", "build", "--outdir", dist, ROOT, quiet=True)
    (wheel,) = dist.glob("*.whl")
    print(f"built {wheel.name}, {wheel.stat().st_size / 1000:.0f} kB")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """The interpreter of a new environment that holds the wheel and what it requires."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", *PIP, wheel, quiet=True)
    return python


def use(python: Path, outside: Path, scenario: str) -> None:
    """Runs a shipped scenario and the example project, nowhere near the checkout."""
    package = Path(run(python, "-c", WHERE, cwd=outside, quiet=True)).resolve()
    assert outside in package.parents, f"the checkout was imported: {package}"
    assert package.with_name("py.typed").is_file(), "the wheel has no type information"
    code = run(python, "-c", CODE, cwd=outside, quiet=True)
    assert code == run(sys.executable, "-c", CODE, cwd=ROOT, quiet=True), f"other code: {code}"
    simdistrict = python.with_name("simdistrict")
    for facts in ("scenarios", "models"):
        run(simdistrict, "list", facts, cwd=outside)
    run(simdistrict, "run", scenario, "-o", "out.nc", cwd=outside)
    run(python, "-c", OPENS, "out.nc", cwd=outside, quiet=True)
    run(simdistrict, "rerun", "out.nc", cwd=outside)
    run(simdistrict, "new", "project", cwd=outside)
    project = outside / "project"
    run(simdistrict, "run", "scenarios/subsidy.yaml", cwd=project)
    run(python, "-c", OPENS, "runs/subsidy.nc", cwd=project, quiet=True)
    run(simdistrict, "tables", cwd=project)
    run(simdistrict, "tables", "--check", cwd=project)
    study = ("--study", "workshops.mdl")
    run(simdistrict, "regimes", "detect", "runs/subsidy.nc", *study, cwd=project)
    run(simdistrict, "tables", "district", "scenarios", cwd=outside)
    print("the wheel works outside the checkout")


def run(*command: object, cwd: Path | None = None, quiet: bool = False) -> str:
    """The output of a command, which must succeed and sees no setting of Python's from here."""
    words = [str(word) for word in command]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(words, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode or not quiet:
        print("$", Path(words[0]).name, *words[1:], flush=True)
        print(done.stdout, end="", flush=True)
    done.check_returncode()
    return done.stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "security_tariffs")
