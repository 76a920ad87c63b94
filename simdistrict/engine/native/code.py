"""A Program as machine code, compiled at most once and kept on disk between processes.

The code depends on the program alone: time grid, constants, policies and what is saved are data.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from simdistrict.cache import keep, peek
from simdistrict.engine import runtime
from simdistrict.engine.native.module import Module
from simdistrict.engine.native.translate import add
from simdistrict.engine.program import Program

# the helpers that a compiled program needs; lookups are in `loops`
HELPERS = "integer modulo xidz zidz step pulse pulse_train ramp".split()
PHASES = "once start settle derive".split()
GRID = "lookup share apply evaluate euler rk4 check clock save member members".split()
HEAD = 7

Run = Callable[..., None]
_loaded: dict[str, Run] = {}


@dataclass(frozen=True)
class Compiled:
    """What the cache keeps. machine: the processor and compiler that the code is for."""

    machine: str
    code: bytes


def is_ready(program: Program, lanes: int = 1) -> bool:
    """Whether the program was compiled before, so that `loaded` takes milliseconds."""
    content = _content(program, lanes)
    return _digest(content) in _loaded or peek(Compiled, content) is not None


def loaded(program: Program, lanes: int = 1) -> Run:
    """`loops.members` of a program as a function of addresses and block numbers."""
    content = _content(program, lanes)
    digest = _digest(content)
    if digest not in _loaded:
        # compiling, and the library for it, only where there is a run to make
        from simdistrict.engine.native.machine import Code, compiled, identity

        found = peek(Compiled, content)
        if found is None or found.machine != identity():
            found = Compiled(identity(), compiled(assembly(program, lanes)))
            keep(content, found)
        code = Code(found.code)
        address, number = ctypes.c_void_p, ctypes.c_int64
        _loaded[digest] = code.function("members", [*[address] * 9, number, number])
    return _loaded[digest]


def assembly(program: Program, lanes: int = 1) -> str:
    """The program with its loops through time as text for the compiler."""
    module = Module(lanes, _places(program))
    add(module, _text(runtime.__file__), HELPERS, inlined=True)
    add(module, _loops(), GRID[:1])
    add(module, program.source, PHASES)
    add(module, _loops(), GRID[1:], exported=GRID[-1:])
    return module.text()


def _places(program: Program) -> dict[str, int]:
    """What the loops name in capitals."""
    layout = program.layout
    return {
        "HEAD": HEAD,
        "SIZE": len(layout.template),
        "STOCKS": layout.stocks.start,
        "RATES": layout.rates.start,
        "N_STOCKS": layout.stocks.size,
        "SAMPLED": layout.sampled.start,
        "HELD": layout.held_samples.start,
        "N_SAMPLED": layout.sampled.size,
    }


def _content(program: Program, lanes: int) -> str:
    return f"{lanes}\0{_places(program)}\0{program.source}"


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


@cache
def _loops() -> str:
    return _text(str(Path(__file__).with_name("loops.py")))


@cache
def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")
