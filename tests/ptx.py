"""Compile a program for a GPU without one, and say what came out: `python -m tests.ptx MODEL...`.

Prints one JSON document per model: instructions of the kernel by name, and what the assembler
says of registers where it is there. A model is a path, or `helpers` for a program of every helper.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

from numba import cuda, types
from numba.cuda import dispatcher

from simdistrict.engine.cuda.device import functions_of
from simdistrict.engine.cuda.source import ENTRY
from simdistrict.engine.integrators.loop import Memory, Task
from simdistrict.engine.lowering.build import build
from simdistrict.engine.native.module import COMMON, INT, INTS, REALS, VECTOR
from simdistrict.engine.native.reader import fields
from simdistrict.engine.program import Program
from tests.reading import read_model
from tests.small import small

# of the A100; what is compiled for it runs on later ones
CAPABILITY = (8, 0)
# a half of a number is exact, so that a sum fused with it has the same bits
HALF = "0d3FE0000000000000"
FUNCTIONS = re.compile(r"^\s+(?:@!?%p\d+ )?([a-z][a-z0-9_.]*)", re.MULTILINE)


def of_every_helper() -> Program:
    """A program that calls each helper once, with numbers out of its vector."""
    from simdistrict.engine.helpers import curves
    from tests.unit.test_native import HELPERS

    lines = []
    for name, count in HELPERS.items():
        args = ", ".join(f"v[{8 + k}]" for k in range(count))
        lines.append(f"v[7] = {name}({args})" if name != "divide" else "v[7] = v[8] / v[9]")
    curved = [name for name in curves.HELPERS if name not in ("lookup", "slopes")]
    for name in ("lookup", *curved):
        count = len(inspect.signature(getattr(curves, name)).parameters) - 3
        args = ", ".join(f"v[{9 + k}]" for k in range(count))
        lines.append(f"v[7] = {name}(v, 8, 4, {args})")
    lines += ["slopes(v, 8, 4)"]
    lines += ["v[7] = delayed(v, 20, 2, v[5] - lag(v[8], v[9]), v[7])", "product = v[7]"]
    lines += ["for i in range(3):", "    product *= i + 1.0", "    v[8 + PLACES_0[i]] = product"]
    source = "\n".join(f"    {line}" for line in lines)
    phases = "".join(
        f"def {name}(v: Vector) -> None:\n    pass\n\n\n" for name in ("once", "start", "settle")
    )
    kind = "tuple[int, ...]"
    tables = f"PLACES_0: {kind} = (0, 2, 1)\nTABLE_START: {kind} = ()\nTABLE_SIZE: {kind} = ()\n"
    return replace(
        build(small("x = 1")),
        source=f"{phases}def derive(v: Vector) -> None:\n{source}\n\n\n{tables}",
    )


def ptx_of(program: Program) -> str:
    """The kernel of a program in the assembly language of GPUs."""
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=CAPABILITY)
    reals, table, wholes = types.float64[::1], types.float64[:, ::1], types.int64[::1]
    number = {COMMON: types.float64, INT: types.int64, INTS: wholes, REALS: reals, VECTOR: reals}
    memory, task = ([number[k] for k in fields("", r).values()] for r in (Memory, Task))
    takes = (*memory, table, reals, *task, types.int64)
    kernel = functions_of(program, cuda)[ENTRY]
    return str(cuda.compile_ptx(kernel, takes, cc=CAPABILITY)[0])


def assembled(ptx: str) -> str:
    """What the assembler says of registers and spills; empty where there is none."""
    found = [
        tool
        for folder in map(Path, sys.path)
        for tool in folder.glob("nvidia/cuda_nvcc/bin/ptxas*")
        if tool.is_file()
    ]
    if not found:
        return ""
    with TemporaryDirectory() as folder:
        text, code = Path(folder) / "kernel.ptx", Path(folder) / "kernel.cubin"
        text.write_text(ptx)
        words = [str(found[0]), "-v", f"-arch=sm_{CAPABILITY[0]}{CAPABILITY[1]}"]
        done = subprocess.run([*words, str(text), "-o", str(code)], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
    said = re.findall(r"Used \d+ registers|\d+ bytes spill stores", done.stderr)
    return ", ".join(said)


def main() -> None:
    for name in sys.argv[1:]:
        program = of_every_helper() if name == "helpers" else build(read_model(name))
        ptx = ptx_of(program)
        fused = [line for line in ptx.splitlines() if "fma.rn.f64" in line and HALF not in line]
        found = {"instructions": Counter(FUNCTIONS.findall(ptx)), "fused": len(fused)}
        print(json.dumps({"model": name, "assembled": assembled(ptx), **found}))


if __name__ == "__main__":
    main()
