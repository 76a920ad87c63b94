"""What derivatives by eight constants cost beside the run itself.

One member by compiled code, to the end of the model, saving the last step: alone, and with its
derivatives in eight directions. Prints processor time (the least of several rounds, in turn) and
the ratio, which other programs on a shared machine disturb less; nothing is asserted.

usage: python benchmarks/tangents.py [MODEL ...]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from startup import describe_machine

from simdistrict.engine.native.batch import Batch
from simdistrict.engine.native.dual import DIRECTIONS
from simdistrict.engine.tangents import Tangents
from simdistrict.model.model import CONTROL
from simdistrict.run.plan import constants_of, moves_of, plans_for

PREDATORS = str(Path(__file__).parent / "posteriordb" / "lotka_volterra.mdl")
MODELS = (PREDATORS, "core", "district")
ROUNDS = 7


def main() -> None:
    """Measure and print one line per model."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("models", nargs="*", default=MODELS, metavar="MODEL")
    given = options.parse_args()
    describe_machine(("simdistrict", "numpy", "llvmlite"), "derivatives on one core")
    for name in given.models:
        measure(name)


def measure(name: str) -> None:
    """Print the line of a model."""
    (plan,) = plans_for([name], backend="native")
    program, vector = plan.prepared.program, constants_of(plan)
    sampled = [
        slot.offset
        for key, slot in program.layout.slots.items()
        if slot.kind == "constant" and key not in CONTROL and key not in program.shaping
    ][:DIRECTIONS]
    numbers = np.array([[vector[place] for place in sampled]])
    saved = (list(range(program.layout.values)), [plan.grid.steps])
    moves, integrator = moves_of(plan), plan.integrator
    batch = Batch(program, plan.grid, vector, sampled, *saved, moves, integrator)
    tangents = Tangents(program, plan.grid, vector, sampled, *saved, moves, integrator)
    works = (lambda: batch.run(numbers, 1), lambda: tangents.run(numbers, threads=1))
    alone, sloped = fastest(works)
    print(
        f"  {Path(name).stem}, {integrator}, {plan.grid.steps} steps: a run {1e6 * alone:,.0f} us, "
        f"with {len(sampled)} directions {1e6 * sloped:,.0f} us, ratio {sloped / alone:.2f}",
        flush=True,
    )


def fastest(works: tuple[Callable[[], object], ...]) -> list[float]:
    """The least processor time of each, in rounds in which they take turns."""
    counts, best = [], []
    for work in works:
        work()
        begin = time.process_time()
        work()
        once = time.process_time() - begin
        counts.append(max(int(0.1 / max(once, 1e-6)), 1))
        best.append(float("inf"))
    for _ in range(ROUNDS):
        for k, work in enumerate(works):
            begin = time.process_time()
            for _ in range(counts[k]):
                work()
            best[k] = min(best[k], (time.process_time() - begin) / counts[k])
    return best


if __name__ == "__main__":
    main()
