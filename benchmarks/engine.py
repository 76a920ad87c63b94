"""How fast runs and ensembles are, beside PySD, pysimlin and a C program of the same equations.

Claim: compiled code of the engine runs a model as fast as C does, members of an ensemble faster,
because they stand side by side in the processor's registers. Prints ratios taken in one session;
nothing is asserted, because seconds depend on the machine.

usage: python benchmarks/engine.py [--members N] [--no-pysd] [core synthetic district]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from parts import c_program
from parts.synthetic import synthetic
from startup import describe_machine

from simdistrict.base.library import find_model
from simdistrict.engine.integrators.fixed import fixed_steps
from simdistrict.engine.native import code
from simdistrict.engine.native.batch import Batch
from simdistrict.engine.native.single import native_steps
from simdistrict.run.plan import Plan, plans_for

LIBRARIES = ("numpy", "llvmlite", "pysd", "pysimlin")


@dataclass(frozen=True)
class Line:
    """One measurement: medians and range, in seconds per run."""

    median: float
    least: float
    most: float


def main() -> None:
    """Measure and print one table per model."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--members", type=int, default=0, help="default: some seconds' worth")
    options.add_argument("--no-pysd", action="store_true", help="leave PySD out; it takes minutes")
    options.add_argument("models", nargs="*", default=["core", "synthetic", "district"])
    given = options.parse_args()
    describe_machine(LIBRARIES, "Euler")
    for name in given.models:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = folder
            path = Path(folder) / "synthetic.mdl"
            path.write_text(synthetic())
            model = path if name == "synthetic" else find_model(name)
            measure(model, Path(folder), given.members, pysd=not given.no_pysd)


def measure(model: Path, folder: Path, members: int, *, pysd: bool) -> None:
    """Print the table of a model."""
    plan = plans_for([str(model)])[0]
    program, grid = plan.prepared.program, plan.grid
    template = list(program.layout.template)
    print(
        f"\n{model.stem}: {program.layout.stocks.size} stocks, {program.layout.values} numbers, "
        f"{grid.steps} steps"
    )
    print(f"{'':44}{'median':>11}{'least':>11}{'most':>11}   times C")
    for lanes in (1, 8):
        begin = time.perf_counter()
        code.loaded(program, lanes)
        taken = time.perf_counter() - begin
        print(f"{f'compiling, {lanes} lanes (once)':44}{taken:9.2f} s")
    lines: dict[str, Line] = {}
    if c_program.compiler():
        target = c_program.build(program, grid, folder)
        for key, keep in (("C, every saved row", True), ("C, the last row", False)):
            lines[key] = timed(lambda keep=keep: c_program.seconds(target, 20, keep=keep)[0])
    native = lambda: native_steps(program, grid, template)  # noqa: E731
    lines["native, every saved row"] = timed(lambda: clocked(native))
    interpreted = lambda: fixed_steps(program, grid, template)  # noqa: E731
    lines["interpreted"] = timed(lambda: clocked(interpreted), 3)
    per_run = lines["native, every saved row"].median
    members = members or max(64, min(int(2 / per_run), 100_000))
    for threads, fast in ((1, False), (os.cpu_count(), False), (1, True), (os.cpu_count(), True)):
        batch, numbers = ensemble(plan, members)
        batch = replace(batch, fast=fast)
        run = lambda b=batch, n=numbers, t=threads: b.run(n, t)  # noqa: E731
        label = f"{'fast' if fast else 'native'} member of {members}, {threads} threads"
        lines[label] = timed(lambda run=run: clocked(run) / members, 3)
    if importlib.util.find_spec("simlin"):
        lines["simlin"] = timed(simlin(model), 3)
    if pysd:
        lines["PySD (from two horizons)"] = pysd_run(model, plan)
    report(lines)


def report(lines: dict[str, Line]) -> None:
    """Print times and their ratios to C: one run keeps every row, a member the last one."""
    whole, last = lines.get("C, every saved row"), lines.get("C, the last row")
    for label, line in lines.items():
        base = last if "member" in label or label == "C, the last row" else whole
        ratio = f"{line.median / base.median:10.2f}" if base else ""
        numbers = "".join(f"{1e3 * x:11.4f}" for x in (line.median, line.least, line.most))
        print(f"{label:44}{numbers}{ratio}   ms")
    native = lines["native, every saved row"].median
    member = min(line.median for label, line in lines.items() if "member" in label)
    for label in ("simlin", "PySD (from two horizons)"):
        if label in lines:
            other = lines[label].median
            print(
                f"  {label} over ours: {other / native:.0f} one run, {other / member:.0f} a member"
            )


def timed(once: Callable[[], float], repeat: int = 7) -> Line:
    """Repeat something that says how long it took."""
    once()
    taken = [once() for _ in range(repeat)]
    return Line(statistics.median(taken), min(taken), max(taken))


def clocked(work: Callable[[], object]) -> float:
    """How long a call takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def ensemble(plan: Plan, members: int) -> tuple[Batch, np.ndarray]:
    """Members with every constant within 2 % of its value, of which the final stocks are kept."""
    program, grid = plan.prepared.program, plan.grid
    layout = program.layout
    template = np.array(layout.template)
    sampled: Sequence[int] = range(layout.constants.start + 4, layout.constants.stop)
    control = {layout.slots[n].offset for n in plan.control if n in layout.slots}
    sampled = [place for place in sampled if place not in control]
    noise = np.random.default_rng(1).uniform(0.98, 1.02, (members, len(sampled)))
    places = range(layout.stocks.start, layout.stocks.stop)
    batch = Batch(program, grid, list(template), sampled, places, [grid.steps])
    return batch, template[sampled] * noise


def simlin(model: Path) -> Callable[[], float]:
    """A run in simlin, already read; it stores every variable."""
    import simlin

    loaded = simlin.load(str(model))

    def once() -> float:
        simulation = loaded.simulate()
        return clocked(simulation.run_to_end)

    return once


def pysd_run(model: Path, plan: Plan) -> Line:
    """PySD's time for all steps, from what more steps cost it: a whole run may take minutes."""
    import pysd

    grid = plan.grid
    short, long = (min(n, grid.steps) for n in (grid.every, 4 * grid.every + 8))
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        copy = Path(folder) / model.name
        copy.write_text(model.read_text(encoding="utf-8"), encoding="utf-8")
        loaded = pysd.read_vensim(str(copy))
        taken = {}
        for steps in (short, short, long):
            final = grid.start + steps * grid.time_step
            taken[steps] = clocked(lambda final=final: loaded.run(final_time=final, progress=False))
    per_step = (taken[long] - taken[short]) / max(long - short, 1)
    return Line(*[per_step * grid.steps] * 3)


if __name__ == "__main__":
    main()
