"""What a Dask cluster costs and gives: one ensemble on this machine, and the same through workers.

Claim: a chunk travels once and comes back reduced, so a cluster has the throughput of its cores.
Prints members per second of whole commands, file included; nothing is asserted.

usage: python benchmarks/clusters.py [--members N] [--chunk N] [--repeat N] [SCENARIO]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from startup import processor

COUNTS = (1, 2)


def main() -> None:
    """Measure and print one table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--members", type=int, default=4096)
    options.add_argument("--chunk", type=int, default=256)
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("scenario", nargs="?", default="neoliberal_globalisation")
    given = options.parse_args()
    print(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{given.scenario}: {given.members} members in chunks of {given.chunk}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # compiled before the clock starts, as it is on a cluster from the second ensemble on
        ensemble(given, folder, "--workers", "1", members=2 * given.chunk)
        for count in COUNTS:
            line(f"this machine, {count} threads", given, folder, "--workers", str(count))
        for count in COUNTS:
            with cluster(folder, count) as address:
                ensemble(given, folder, "--scheduler", address, members=2 * given.chunk)
                line(f"Dask, {count} workers of a thread", given, folder, "--scheduler", address)


def line(label: str, given: argparse.Namespace, folder: Path, *how: str) -> None:
    """Print the throughput of one way."""
    taken = [ensemble(given, folder, *how) for _ in range(given.repeat)]
    rates = sorted(given.members / t for t in taken)
    print(
        f"{label:32}{statistics.median(rates):10.0f} ({rates[0]:.0f} to {rates[-1]:.0f}) members/s"
    )


def ensemble(given: argparse.Namespace, folder: Path, *how: str, members: int = 0) -> float:
    """Seconds of one command."""
    out = ["-o", str(folder / "out.nc"), "--force", "--times", "final", "--save", "home share"]
    size = ["--members", str(members or given.members), "--chunk", str(given.chunk)]
    command = [sys.executable, "-m", "simdistrict", "ensemble", given.scenario, *size, *out, *how]
    begin = time.perf_counter()
    subprocess.run(command, env=_env(folder), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """A scheduler and workers as processes of this machine; gives the address."""
    where = folder / f"scheduler-{workers}.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    file = ["--scheduler-file", str(where)]
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    commands = [[*dask, "scheduler", *file, *local, "--port", "0"]]
    commands += [[*dask, "worker", *file, *local, "--nthreads", "1"]] * workers
    running = []
    try:
        for command in commands:
            running.append(subprocess.Popen(command, env=_env(folder), **quiet))
            while not where.exists():
                time.sleep(0.1)
        yield str(_address(where))
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def _address(file: Path) -> str:
    return str(json.loads(file.read_text(encoding="utf-8"))["address"])


def _env(folder: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}


if __name__ == "__main__":
    main()
