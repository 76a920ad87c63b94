"""How many steps a second a caller gets, beside PySD's `step` and simlin's `run_to`.

Each line takes single steps of the model's own time step, alone or as a coupled program does: it
sets one value before the step and reads one after it. Prints steps for each second of processor
time (best of several rounds), which other programs on a shared machine disturb less; nothing is
asserted.

usage: python benchmarks/stepping.py [--no-pysd] [--members N] [core district]
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from startup import describe_machine

import simdistrict as sd
from simdistrict.base.library import find_model
from simdistrict.result.naming import snake

LIBRARIES = ("simdistrict", "numpy", "pysd", "pysimlin")
ROUNDS = 5


def main() -> None:
    """Measure and print one table per model."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--no-pysd", action="store_true", help="leave PySD out")
    options.add_argument("--members", type=int, default=1000, help="simulators in a batch")
    options.add_argument("models", nargs="*", default=["core", "district"])
    given = options.parse_args()
    describe_machine(LIBRARIES, "Euler, steps a second")
    for name in given.models:
        print(f"\n{name}")
        measure(name, given.members, pysd=not given.no_pysd)


def measure(name: str, members: int, *, pysd: bool) -> None:
    """Print the table of a model."""
    constant, computed = chosen(name)
    print(f"  sets {constant}, reads {computed}")
    ours(name, constant, computed)
    batches(name, constant, computed, members)
    if importlib.util.find_spec("simlin"):
        beside_simlin(name, computed)
    if pysd:
        beside_pysd(name, snake(constant))


def chosen(name: str) -> tuple[str, str]:
    """The first constant of a model and its last computed number that have no labels."""
    elements = sd.load(name).elements
    scalars = elements[elements["dimensions"].map(len) == 0]
    kinds = {kind: list(scalars.index[scalars["kind"] == kind]) for kind in set(scalars["kind"])}
    return kinds["constant"][0], kinds["auxiliary"][-1]


def ours(name: str, constant: str, computed: str) -> None:
    """Our steppers, and an uninterrupted run."""
    model = sd.load(name)
    for backend in ("native", "interpreted"):
        s = model.start(backend=backend, save=[])
        value = s[constant]
        steps = 400 if backend == "native" else 40

        def alone(s: sd.Simulator = s) -> None:
            s.step()

        def coupled(s: sd.Simulator = s, value: float = value) -> None:
            s[constant] = value
            s.step()
            s[computed]

        def again(s: sd.Simulator = s) -> None:
            s.reset()

        line(f"{backend}, s.step()", rate(alone, again, steps))
        line(f"{backend}, set, step, read", rate(coupled, again, steps))
        stop = s._run.plan.grid.stop
        whole = rate(lambda s=s, stop=stop: s.run_to(stop), again, 1) * s._run.plan.grid.steps
        line(f"{backend}, s.run_to(end)", whole)


def batches(name: str, constant: str, computed: str, members: int) -> None:
    """Many simulators stepped together."""
    b = sd.load(name).start_batch(members, backend="native")
    values = b[constant].values * np.linspace(0.9, 1.1, members)

    def coupled() -> None:
        b[constant] = values
        b.step()
        b[computed]

    line(f"batch of {members}, b.step()", rate(b.step, b.reset, 20) * members)
    line(f"batch of {members}, set, step, read", rate(coupled, b.reset, 20) * members)


def beside_simlin(name: str, computed: str) -> None:
    """simlin's `run_to`, one time step further in each call."""
    import simlin

    loaded = simlin.load(str(find_model(name)))
    grid = sd.load(name).start(save=[])._run.plan.grid
    held: dict[str, object] = {}

    def again() -> None:
        held["sim"], held["point"] = loaded.simulate(), 0

    def alone() -> None:
        held["point"] += 1
        held["sim"].run_to(grid.at(held["point"]))

    def coupled() -> None:
        alone()
        held["sim"].get_value(snake(computed))

    again()
    line("simlin, run_to(next)", rate(alone, again, 100))
    line("simlin, run_to(next), read", rate(coupled, again, 100))


def beside_pysd(name: str, constant: str) -> None:
    """PySD's `step`, with one constant set in each."""
    import pysd
    from pysd.py_backend.output import ModelOutput

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy = Path(folder) / f"{name}.mdl"
        shutil.copy(find_model(name), copy)
        loaded = pysd.read_vensim(str(copy))

        def again() -> None:
            loaded.set_stepper(ModelOutput(), step_vars=[constant], return_columns=[constant])

        again()
        value = float(loaded[constant])
        steps = 40 if name == "core" else 4
        line("PySD, step(1)", rate(lambda: loaded.step(1), again, steps))
        line(
            "PySD, step(1, {constant: value})",
            rate(lambda: loaded.step(1, {constant: value}), again, steps),
        )


def rate(work: Callable[[], object], again: Callable[[], object], steps: int) -> float:
    """Calls a second of processor time: the best of some rounds, each from the start of a run."""
    best = float("inf")
    for _ in range(ROUNDS):
        again()
        begin = time.process_time()
        for _ in range(steps):
            work()
        best = min(best, (time.process_time() - begin) / steps)
    return 1 / best


def line(label: str, found: float) -> None:
    """Print one measurement."""
    print(f"  {label:34}{found:14,.0f}", flush=True)


if __name__ == "__main__":
    main()
