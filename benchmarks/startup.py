"""How long a command takes as its user feels it: whole processes, start to exit.

Claim: a first run is much faster than PySD on the same model, and a repeated one faster still,
because the cache spares it the parser and the compiler. Nothing is asserted: seconds depend on the
machine.

usage: python benchmarks/startup.py [--repeat N] [SCENARIO ...]
"""

from __future__ import annotations

import argparse
import compileall
import importlib.metadata
import itertools
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import simdistrict

LIBRARIES = ("numpy", "scipy", "netCDF4", "xarray", "pysd", "click", "pydantic")


def main() -> None:
    """Measure and print one table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--repeat", type=int, default=5, help="processes per line of the table")
    options.add_argument("scenarios", nargs="*", default=["core", "neoliberal_globalisation"])
    given = options.parse_args()
    # as after `pip install`: sources that were edited since are compiled before the clock starts
    compileall.compile_dir(str(Path(simdistrict.__file__).parent), quiet=1)
    describe_machine(LIBRARIES, "seconds of whole processes")
    print(f"\n{'seconds, whole process':52}{'median':>8}{'min':>8}{'max':>8}")
    line("--help", ["--help"], Path, given.repeat)
    for scenario in given.scenarios:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), scenario, given.repeat)


def describe_machine(libraries: Iterable[str], measured: str) -> None:
    """Print what the numbers depend on, with the libraries that are installed."""
    print(f"{processor()}, {os.cpu_count()} cores, {platform.system()}")
    versions = [f"Python {platform.python_version()}"]
    for name in libraries:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{name} {importlib.metadata.version(name)}")
    print(f"{', '.join(versions)}; {measured}")


def measure(folder: Path, scenario: str, repeat: int) -> None:
    """Print the seconds of each way to run a scenario, and how they compare."""
    run = ["run", scenario, "-o", str(folder / "out.nc")]
    caches = (folder / f"cache-{k}" for k in itertools.count())
    kept = folder / "kept"
    first = line(f"run {scenario}, empty cache", run, lambda: next(caches), repeat)
    # as after a few runs: the model and its machine code are in the cache
    seconds([*run, "--backend", "native"], kept)
    again = line(f"run {scenario}, again", run, lambda: kept, repeat)
    # once: it may take minutes, and a few per cent do not matter beside the ratio
    pysd = line(f"run {scenario} --backend pysd", [*run, "--backend", "pysd"], lambda: kept, 1)
    print(f"    PySD over ours: {pysd / first:.1f} on a first run, {pysd / again:.1f} again")


def line(label: str, arguments: list[str], cache: Callable[[], Path], repeat: int) -> float:
    """Print one line of the table; return the median."""
    times = [seconds(arguments, cache()) for _ in range(repeat)]
    median = statistics.median(times)
    print(f"{label:52}{median:8.2f}{min(times):8.2f}{max(times):8.2f}", flush=True)
    return median


def seconds(arguments: list[str], cache: Path) -> float:
    """One process with the program cache in that folder; raises CalledProcessError if it fails."""
    command = [sys.executable, "-m", "simdistrict", *arguments]
    env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    begin = time.perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def processor() -> str:
    """The processor's own name where the system gives it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [row.partition(":")[2].strip() for row in text.splitlines() if "model name" in row]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
