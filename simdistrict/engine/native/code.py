"""A Program as machine code, compiled at most once and cached on disk between processes.

The code depends on the program alone: time grid, constants, policies and what is saved are data.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

import numpy as np

from simdistrict.base.cache import keep, peek
from simdistrict.engine.helpers import curves, noise, pasts, primitives, runtime
from simdistrict.engine.integrators import adaptive_loop, limits, loop
from simdistrict.engine.interpreted import Numbers
from simdistrict.engine.native import blocks, lookups, maths
from simdistrict.engine.native.module import COMMON, INT, LIBRARY, POINTERS
from simdistrict.engine.native.reader import SubsetReader, fields, kind_of
from simdistrict.engine.native.slices import CompiledFunction
from simdistrict.engine.native.translate import translated
from simdistrict.engine.program import Program

if TYPE_CHECKING:
    from simdistrict.engine.native.machine import MachineCode

PHASES = ("once", "start", "settle", "derive")
# modules of short functions, which are inlined
_INLINED = frozenset(
    m.__name__ for m in (blocks, curves, limits, loop, maths, noise, pasts, runtime)
)
# names that a function must not have in the text of a module
_RESERVED = frozenset({*LIBRARY, *maths.INTRINSICS, "asked_pow"})

Powers = Literal["library", "same", "fast"]
_loaded: dict[str, MachineCode] = {}
# compile once per program: replacing loaded code would free it under the other thread
_making = Lock()


@dataclass(frozen=True)
class Compiled:
    """A cache entry. machine: the processor and compiler that the code is for."""

    machine: str
    code: bytes


def is_ready(program: Program) -> bool:
    """Whether the program is compiled already, so that `loaded` takes milliseconds."""
    content = _content(program, 1, False, False)
    return content in _loaded or peek(Compiled, content) is not None


def loaded(
    program: Program, lanes: int = 1, *, adaptive: bool = False, fast: bool = False
) -> CompiledFunction:
    """`loop.members` or `adaptive_loop.adaptive_members` of a program.

    fast: powers accurate to one unit in the last digit, if the processor has fused multiply-add.
    Call it with the result of `arguments`, without the equations.
    """
    entry = adaptive_loop.adaptive_members if adaptive else loop.members
    return _code(program, lanes, adaptive, fast).function(entry.__name__, ctypes_of(entry))


def loaded_dual(program: Program) -> CompiledFunction:
    """`loop.members` of a program with derivatives; each number in memory has `dual.WIDTH`."""
    from simdistrict.engine.native.dual import translated_dual

    def text() -> str:
        reader = reader_of(program)
        return translated_dual(reader, [reader.name_of(loop.members)])

    content = f"dual {vars(Numbers(program))} {program.digest}"
    return kept_code(content, text).function(loop.members.__name__, ctypes_of(loop.members))


def phases(program: Program) -> Mapping[str, CompiledFunction]:
    """The program's own functions, of the address of a vector; `margins` takes a second one."""
    code = _code(program, 1, True, False)
    found = {name: code.function(name, [ctypes.c_void_p]) for name in PHASES}
    return {**found, "margins": code.function("margins", [ctypes.c_void_p] * 2)}


@cache
def ctypes_of(entry: Callable[..., None]) -> tuple[Any, ...]:
    """The types of the arguments of a compiled function."""
    kinds: list[str] = []
    for name, hint in get_type_hints(entry).items():
        if hasattr(hint, "_fields"):
            kinds += fields(name, hint).values()
        elif hint is not loop.LoopEquations and name != "return":
            kinds.append(kind_of(hint, name))
    scalars = {INT: ctypes.c_int64, COMMON: ctypes.c_double}
    return tuple(ctypes.c_void_p if kind in POINTERS else scalars[kind] for kind in kinds)


def arguments(*given: object) -> list[object]:
    """Arguments of a compiled function: the fields of named tuples, the addresses of arrays."""
    found: list[object] = []
    for value in given:
        if isinstance(value, tuple):
            found += arguments(*value)
        elif isinstance(value, np.ndarray):
            # an address takes a microsecond to get; nothing reads an empty array
            found.append(value.ctypes.data if value.size else None)
        else:
            found.append(value)
    return found


def _code(program: Program, lanes: int, adaptive: bool, fast: bool) -> MachineCode:
    def text() -> str:
        from simdistrict.engine.native.machine import has_fma, rounds_well

        powers: Powers = "library"
        if lanes > 1 and has_fma():
            powers = "fast" if fast else "same" if rounds_well() else "library"
        return assembly(program, lanes, adaptive=adaptive, powers=powers)

    return kept_code(_content(program, lanes, adaptive, fast), text)


def kept_code(content: str, text: Callable[[], str]) -> MachineCode:
    """Code from the cache.

    content: identifies the code; text: makes the source if the cache has no code.
    """
    with _making:
        if content in _loaded:
            return _loaded[content]
        # llvmlite is imported only for a run
        from simdistrict.engine.native.machine import MachineCode, compiled, identity

        found = peek(Compiled, content)
        if found is None or found.machine != identity():
            found = Compiled(identity(), compiled(text()))
            keep(content, found)
        _loaded[content] = MachineCode(found.code)
        return _loaded[content]


def assembly(
    program: Program, lanes: int = 1, *, adaptive: bool = False, powers: Powers = "library"
) -> str:
    """The program with its loop through time as text for the compiler.

    powers: those of the C library, the same bits by `maths`, or faster ones by `maths`.
    """
    reader = reader_of(program, lanes, powers)
    entry = adaptive_loop.adaptive_members if adaptive else loop.members
    exported = [reader.name_of(entry)]
    if adaptive:
        exported += [reader.phase(name) for name in (*PHASES, "margins")]
    return translated(reader, lanes, exported, bits=powers != "library")


def reader_of(program: Program | None, lanes: int = 1, powers: Powers = "library") -> SubsetReader:
    """A reader for compiled code.

    powers: as for `assembly`.
    """
    twins: dict[object, object] = {
        primitives.copy: blocks.copy,
        primitives.total: blocks.total,
        curves.lookup: lookups.lookup_in_lanes if lanes > 1 else lookups.lookup_alone,
    }
    if powers != "library":
        twins[math.pow] = maths.fast_pow if powers == "fast" else maths.lane_pow
    return SubsetReader(program, twins, _INLINED, _RESERVED)


def _content(program: Program, lanes: int, adaptive: bool, fast: bool) -> str:
    return f"{lanes} {adaptive} {fast} {vars(Numbers(program))} {program.digest}"
