"""Text in LLVM's assembly language made into functions of this processor. The door to llvmlite."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import llvmlite
from llvmlite import binding as llvm


@cache
def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_triple(llvm.get_process_triple())


@cache
def _machine(level: int) -> Any:
    return _target().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=_features(),
        opt=level,
        # a shared library's way of addressing, so that the code may lie anywhere
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )


def _features() -> str:
    return str(llvm.get_host_cpu_features().flatten())


def has_fma() -> bool:
    """Whether a product and a sum are one instruction, rounded once."""
    arm = llvm.get_process_triple().startswith(("aarch64", "arm64"))
    return arm or bool(llvm.get_host_cpu_features().get("fma"))


@cache
def rounds_well() -> bool:
    """Whether the C library's powers are known to be off by less than 0.52 of their last digit.

    glibc says so of its pow since 2.28, whatever the processor (sysdeps/ieee754/dbl-64/e_pow.c).
    """
    name, _, number = _library().partition(" ")
    parts = number.split(".")[:2]
    return name == "glibc" and all(map(str.isdigit, parts)) and list(map(int, parts)) >= [2, 28]


def _library() -> str:
    known = "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", ())
    return (os.confstr("CS_GNU_LIBC_VERSION") if known else None) or ""


@cache
def identity() -> str:
    """What compiled code depends on besides its source: processor, compiler, C library."""
    return "\0".join((llvmlite.__version__, llvm.get_host_cpu_name(), _features(), _library()))


def compiled(text: str, level: int = 2) -> bytes:
    """The object code of a module."""
    _target()
    machine = _machine(level)
    with llvm.parse_assembly(text) as module:
        module.triple = llvm.get_process_triple()
        module.data_layout = str(machine.target_data)
        module.verify()
        tuning = llvm.create_pipeline_tuning_options(speed_level=level)
        tuning.loop_vectorization = level > 1
        tuning.slp_vectorization = level > 1
        builder = llvm.create_pass_builder(machine, tuning)
        builder.getModulePassManager().run(module, builder)
        return bytes(machine.emit_object(module))


class MachineCode:
    """Object code in the memory of this process."""

    def __init__(self, code: bytes) -> None:
        _target()
        empty = llvm.parse_assembly("")
        # an engine closes the machine that it was given, so it gets one of its own
        self._engine = llvm.create_mcjit_compiler(empty, _target().create_target_machine(jit=True))
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self._made: dict[str, Callable[..., None]] = {}

    def function(self, name: str, arguments: Sequence[Any]) -> Callable[..., None]:
        """A function without a result; it lets other threads run while it works."""
        if name not in self._made:
            address = self._engine.get_function_address(name)
            made = ctypes.CFUNCTYPE(None, *arguments)(address)
            made.keeps = self  # type: ignore[attr-defined]
            self._made[name] = made
        return self._made[name]
