"""Compiles LLVM assembly language for this processor. The only importer of llvmlite."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from typing import Any

import llvmlite
from llvmlite import binding as llvm

from simdistrict.base.workers import end_with_parent
from simdistrict.engine.native.slices import SECONDS, CompiledFunction

# characters of a module that takes about a second to compile
LARGE = 2_000_000


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
        # position-independent, because the code may be loaded anywhere
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )


def _features() -> str:
    return str(llvm.get_host_cpu_features().flatten())


def has_fma() -> bool:
    """Whether the processor has fused multiply-add."""
    arm = llvm.get_process_triple().startswith(("aarch64", "arm64"))
    return arm or bool(llvm.get_host_cpu_features().get("fma"))


@cache
def rounds_well() -> bool:
    """Whether the error of pow() in the C library is known to be below 0.52 ulp.

    glibc documents this for every processor since 2.28 (sysdeps/ieee754/dbl-64/e_pow.c).
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
    """The object code of a module.

    LLVM compiles in one call, which takes minutes for a very large module: that one is compiled in
    a process of its own, which an interruption ends.
    """
    if len(text) > LARGE and sys.executable:
        return _compiled_apart(text, level) or _compiled_here(text, level)
    return _compiled_here(text, level)


def _compiled_apart(text: str, level: int) -> bytes:
    """The object code from another process; empty where it fails."""
    work = f"from {__name__} import serve; serve({level}, {os.getpid()})"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with tempfile.TemporaryFile() as source:
        source.write(text.encode())
        source.seek(0)
        command, pipe = [sys.executable, "-c", work], subprocess.PIPE
        with subprocess.Popen(
            command, env=env, stdin=source, stdout=pipe, stderr=subprocess.DEVNULL
        ) as process:
            code = _output(process)
    return code if process.returncode == 0 else b""


def _output(process: subprocess.Popen[bytes]) -> bytes:
    """What a process prints until it ends; an interruption ends it."""
    while True:
        try:
            return process.communicate(timeout=SECONDS)[0]
        except subprocess.TimeoutExpired:
            continue
        except BaseException:
            process.kill()
            process.wait()
            raise


def serve(level: int, parent: int) -> None:
    """Compile the module on the standard input of this process, which ends with its parent."""
    end_with_parent(parent)
    code = _compiled_here(sys.stdin.buffer.read().decode(), level)
    sys.stdout.buffer.write(code)


def _compiled_here(text: str, level: int) -> bytes:
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
        # an engine closes its target machine, so it gets a new one
        self._engine = llvm.create_mcjit_compiler(empty, _target().create_target_machine(jit=True))
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self._made: dict[str, CompiledFunction] = {}

    def function(self, name: str, arguments: Sequence[Any]) -> CompiledFunction:
        """A function without a result; it releases the interpreter lock while it runs."""
        if name not in self._made:
            address = self._engine.get_function_address(name)
            made = ctypes.CFUNCTYPE(None, *arguments)(address)
            made.keeps = self  # type: ignore[attr-defined]
            self._made[name] = CompiledFunction(made)
        return self._made[name]
