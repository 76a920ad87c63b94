"""How much a call from Python costs over the engine, and a loop of runs over one ensemble.

Claim: `m.run()` of a small model that is loaded takes less than a millisecond more than the
engine itself, and a loop of runs over 1,000 values less than three times as long as one ensemble of
them on the interpreted path. Prints processor times taken in one session; nothing is asserted,
because seconds depend on the machine.

usage: python benchmarks/library.py [--values N] [core district]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from startup import describe_machine

import simdistrict as sd
from simdistrict.run.simulate import trajectory

# a constant of each model, to be changed from run to run
CONSTANTS = {"core": "tariff", "district": "required return"}
LIBRARIES = ("numpy", "xarray", "pandas")


def main() -> None:
    """Measure and print the table of each model."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--values", type=int, default=1000, help="runs of the loop")
    options.add_argument("models", nargs="*", default=["core", "district"])
    given = options.parse_args()
    describe_machine(LIBRARIES, "processor time, least of five")
    for name in given.models:
        m = sd.load(name)
        calls(m, CONSTANTS[name])
    # in CPython a run of the large model takes a second
    sweep(sd.load("core"), CONSTANTS["core"], given.values)


def calls(m: sd.LoadedModel, constant: str) -> None:
    """Print the milliseconds of a call, of the engine, and the difference."""
    print(f"\n{m.name}: milliseconds of a call, of the engine, and the difference")
    value = float(m[constant].value or 1.0)
    for backend in ("interpreted", "native") if len(m) < 100 else ("native",):
        plan = m._plan(backend=backend)
        engine = least(lambda plan=plan: trajectory(plan))
        ways: dict[str, Callable[[], object]] = {
            "m.run()": lambda b=backend: m.run(backend=b),
            "m.run(params=...)": lambda b=backend: m.run(params={constant: value}, backend=b),
            "m.run(save=...)": lambda b=backend: m.run(save="stocks", backend=b),
        }
        for label, way in ways.items():
            whole = least(way)
            print(
                f"{f'{label}, {backend}':34}{1e3 * whole:9.2f}{1e3 * engine:9.2f}"
                f"{1e3 * (whole - engine):9.2f}"
            )


def sweep(m: sd.LoadedModel, constant: str, count: int) -> None:
    """Print what a loop of runs and one ensemble over the same values take."""
    values = np.linspace(0.0, 1.0, count)
    design = pd.DataFrame({constant: values})
    stocks = [str(name) for name in m.elements.index[m.elements.kind == "stock"]]
    print(f"\n{m.name}: seconds for {count} values")
    for backend in ("interpreted", "native"):
        loop = least(
            lambda b=backend: [m.run(params={constant: v}, save=stocks, backend=b) for v in values],
            1,
        )
        many = least(
            lambda b=backend: m.ensemble(
                design=design, save=stocks, times="all", backend=b, workers=1, progress=False
            ),
            1,
        )
        print(f"{backend:14} loop {loop:7.2f}, ensemble {many:7.2f}, ratio {loop / many:5.1f}")


def least(call: Callable[[], object], repeat: int = 5) -> float:
    """The least processor time of some calls, after one that fills the caches."""
    call()
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        rounds = 0
        while rounds == 0 or time.process_time() - begin < 0.05:
            call()
            rounds += 1
        times.append((time.process_time() - begin) / rounds)
    return min(times)


if __name__ == "__main__":
    main()
