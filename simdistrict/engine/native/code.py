"""A Program as machine code, compiled at most once and kept on disk between processes.

The code depends on the program alone: time grid, constants, policies and what is saved are data.
"""

from __future__ import annotations

import ctypes
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from types import FunctionType
from typing import TYPE_CHECKING, Literal

from simdistrict.base.cache import keep, peek
from simdistrict.engine.helpers import arrays, curves, market, noise, pasts, runtime
from simdistrict.engine.native import adaptive_loops, loops, maths
from simdistrict.engine.native.module import Module
from simdistrict.engine.native.translate import add
from simdistrict.engine.program import Program

if TYPE_CHECKING:
    from simdistrict.engine.native.machine import Code

# helpers that are not compiled as they are: lookups are in `loops`, dates are asked in CPython
ELSEWHERE = {"lookup", "train_times", "pick", "points"}
PHASES = "once start settle derive".split()
STEP = "euler check clock save".split()
GRID = "rk4 member members".split()
EVERYWHERE = "share apply".split()

Run = Callable[..., None]
Powers = Literal["library", "same", "fast"]
_CALL = re.compile(r"\b(\w+)\(")
SOURCES = (noise, curves, arrays, market, pasts, runtime)
# those whose functions are long, and not worth a copy at every call
_LONG = (arrays, market)
_loaded: dict[str, Code] = {}
# two threads that want the same program shall not both make it: code that is replaced goes away
_making = Lock()


@dataclass(frozen=True)
class Compiled:
    """What the cache keeps. machine: the processor and compiler that the code is for."""

    machine: str
    code: bytes


def is_ready(program: Program, lanes: int = 1, *, adaptive: bool = False) -> bool:
    """Whether the program was compiled before, so that `loaded` takes milliseconds."""
    content = _content(program, lanes, adaptive, False)
    return content in _loaded or peek(Compiled, content) is not None


def loaded(program: Program, lanes: int = 1, *, adaptive: bool = False, fast: bool = False) -> Run:
    """`loops.members` or `adaptive_loops.adaptive_members` of a program.

    fast: powers right to one unit in their last digit, where the processor has what that takes.
    A function of addresses and, last, the first block of members and the one behind the last.
    """
    name, addresses = ("adaptive_members", 12) if adaptive else ("members", 9)
    address, number = ctypes.c_void_p, ctypes.c_int64
    code = _code(program, lanes, adaptive, fast)
    return code.function(name, [*[address] * addresses, number, number])


def phases(program: Program) -> Mapping[str, Run]:
    """The program's own functions, of the address of a vector; `margins` takes a second one."""
    code = _code(program, 1, True, False)
    found = {name: code.function(name, [ctypes.c_void_p]) for name in PHASES}
    return {**found, "margins": code.function("margins", [ctypes.c_void_p] * 2)}


def _code(program: Program, lanes: int, adaptive: bool, fast: bool) -> Code:
    def text() -> str:
        from simdistrict.engine.native.machine import has_fma, rounds_well

        powers: Powers = "library"
        if lanes > 1 and has_fma():
            powers = "fast" if fast else "same" if rounds_well() else "library"
        return assembly(program, lanes, adaptive=adaptive, powers=powers)

    return kept_code(_content(program, lanes, adaptive, fast), text)


def kept_code(content: str, text: Callable[[], str]) -> Code:
    """Code from the cache.

    content: all that decides it; text: makes what is compiled, where it is not there yet.
    """
    with _making:
        if content in _loaded:
            return _loaded[content]
        # compiling, and the library for it, only where there is a run to make
        from simdistrict.engine.native.machine import Code, compiled, identity

        found = peek(Compiled, content)
        if found is None or found.machine != identity():
            found = Compiled(identity(), compiled(text()))
            keep(content, found)
        _loaded[content] = Code(found.code)
        return _loaded[content]


def assembly(
    program: Program, lanes: int = 1, *, adaptive: bool = False, powers: Powers = "library"
) -> str:
    """The program with its loops through time as text for the compiler.

    powers: of the C library, of `maths` with its bits, or of `maths` alone, which is fast.
    """
    own = [*PHASES, "margins"] if adaptive else PHASES
    module = own_functions(program, own, own if adaptive else (), lanes, powers=powers)
    common = _text(loops.__file__)
    add(module, common, EVERYWHERE)
    add(module, common, ["evaluate"], inlined=True)
    if adaptive:
        add(module, _text(adaptive_loops.__file__), None, exported=["adaptive_members"])
    else:
        add(module, common, STEP, inlined=True)
        add(module, common, GRID, exported=["members"])
    return module.text()


def own_functions(
    program: Program,
    own: Sequence[str],
    exported: Sequence[str] = (),
    lanes: int = 1,
    *,
    powers: Powers = "library",
) -> Module:
    """A module with some functions of a program, and the helpers that it calls."""
    module = with_powers(lanes, powers, places(program))
    common = _text(loops.__file__)
    helpers = called_helpers(program.source)
    add_helpers(module, helpers)
    if lanes == 1:
        common = common.replace("def lookup(", "def lookup_in_lanes(")
        common = common.replace("def lookup_alone(", "def lookup(")
    add(module, common, ["lookup"])
    add(module, program.source, own, exported=exported)
    return module


def add_helpers(module: Module, names: Sequence[str]) -> None:
    """Translate helpers of emitted source into a module."""
    for source in SOURCES:
        add(module, _text(source.__file__), names, inlined=source not in _LONG)


def with_powers(lanes: int, powers: Powers, constants: Mapping[str, int]) -> Module:
    """A module with nothing in it but how powers are computed."""
    module = Module(lanes, powers != "library", {**constants, "FAST": int(powers == "fast")})
    if module.lane_powers:
        add(module, _text(maths.__file__), ["logarithm", "exponential"], inlined=True)
        add(module, _text(maths.__file__), ["lane_pow"])
    return module


def called_helpers(source: str) -> list[str]:
    """The helpers that a source calls, and those that they call."""
    found: dict[str, None] = {}
    todo = [source]
    while todo:
        for name in _CALL.findall(todo.pop()):
            helper = next((getattr(m, name) for m in SOURCES if hasattr(m, name)), None)
            if isinstance(helper, FunctionType) and name not in found and name not in ELSEWHERE:
                found[name] = None
                todo.append(inspect.getsource(helper))
    return list(found)


def places(program: Program) -> dict[str, int]:
    """What the loops name in capitals."""
    layout = program.layout
    return {
        "HEAD": loops.HEAD,
        "FEW": loops.FEW,
        "SIZE": len(layout.template),
        "STOCKS": layout.stocks.start,
        "RATES": layout.rates.start,
        "N_STOCKS": layout.stocks.size,
        "SAMPLED": layout.sampled.start,
        "HELD": layout.held_samples.start,
        "N_SAMPLED": layout.sampled.size,
        "RECORDED": layout.recorded.start,
        "N_RECORDED": layout.recorded.size,
        # one per sampled place at most
        "N_MARGINS": layout.sampled.size if program.has_margins else 0,
    }


def _content(program: Program, lanes: int, adaptive: bool, fast: bool) -> str:
    return f"{lanes} {adaptive} {fast} {places(program)} {program.digest}"


@cache
def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")
