"""Functions of the compiled subset of Python, read for a compiler.

`SubsetReader` takes a function, and every function that it calls, from its source. Types come from
declarations. `fill` fills in what is known before a run, and a named tuple becomes one argument per
field, so that numbers, vectors, tables and calls of functions are left.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import typing
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType
from typing import Any

from simdistrict.engine.helpers import arrays, pasts, primitives
from simdistrict.engine.helpers.primitives import IntTable, RealTable
from simdistrict.engine.helpers.runtime import HELPERS
from simdistrict.engine.integrators.limits import LimitedEquations
from simdistrict.engine.integrators.loop import LoopEquations
from simdistrict.engine.interpreted import Numbers
from simdistrict.engine.native import maths
from simdistrict.engine.native.fill import BoundEquations, Emitted, Filling, IndexTable, Known
from simdistrict.engine.native.module import (
    COMMON,
    FLOAT,
    INT,
    INTS,
    NOTHING,
    REALS,
    VECTOR,
    UntranslatableError,
)
from simdistrict.engine.program import Program

KINDS: dict[object, str] = {
    float: FLOAT,
    int: INT,
    list[float]: VECTOR,
    Sequence[float]: VECTOR,
    MutableSequence[float]: VECTOR,
    IntTable: INTS,
    RealTable: REALS,
    type(None): NOTHING,
}
# what a compiler has its own way to do, by the name under which it is handed on
_C = "exp log sin cos tan acos asin atan sinh cosh tanh pow fmod sqrt floor trunc isfinite"
INTRINSICS: dict[object, str] = {
    **{getattr(math, name): name for name in _C.split()},
    **{getattr(builtins, name): name for name in "abs min max float int range".split()},
    **{getattr(maths, name): name for name in maths.INTRINSICS},
    arrays.pick: "pick",
    pasts.points: "points",
    primitives.anywhere: "anywhere",
    primitives.everywhere: "everywhere",
}


@dataclass(frozen=True)
class SubsetFunction:
    """A function as a compiler gets it: its printed name, arguments with their kinds, body.

    inlined: whether it is copied into the places that call it.
    """

    name: str
    takes: Mapping[str, str]
    gives: str
    body: list[ast.stmt]
    inlined: bool


@dataclass
class SubsetReader:
    """Definitions in the order in which they call each other, callees first.

    twins: what stands for a function in compiled code; inlined: names of the modules whose
    functions are copied into their callers; reserved: names that are not for functions.
    """

    program: Program | None = None
    twins: Mapping[object, object] = field(default_factory=dict)
    inlined: frozenset[str] = frozenset()
    reserved: frozenset[str] = frozenset()
    definitions: dict[str, SubsetFunction] = field(default_factory=dict)
    tables: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names: dict[object, str] = {}
        self._bound: BoundEquations | None = None
        self._globals: dict[str, object] = {}
        if self.program is not None:
            self._bound = BoundEquations(Numbers(self.program), self.emitted(self.program.source))

    def emitted(self, source: str) -> dict[str, Emitted]:
        """The functions of a program's source, by name; its tables are kept."""
        found = {}
        for node in ast.parse(source).body:
            match node:
                case ast.FunctionDef(name):
                    found[name] = Emitted(node)
                case ast.AnnAssign(ast.Name(name), _, ast.Tuple() as value):
                    self._globals[name] = IndexTable(name, ast.literal_eval(value))
        return found

    def phase(self, name: str) -> str:
        """Read a function of the program; its printed name."""
        assert self._bound is not None
        return self.name_of(self._bound.functions[name])

    def name_of(self, function: object) -> str:
        """Read a function, and what it calls; its printed name."""
        function = self.twins.get(function, function)
        if function in INTRINSICS:
            return INTRINSICS[function]
        if function not in self._names:
            if not isinstance(function, FunctionType | Emitted):
                raise UntranslatableError(f"{function} is no function of the subset")
            own = function.node.name if isinstance(function, Emitted) else function.__name__
            name, k = own, 2
            while name in self._names.values() or name in self.reserved:
                name, k = f"{own}_{k}", k + 1
            self._names[function] = name
            self.definitions[name] = self._read(name, function)
        return self._names[function]

    def define(self, function: Callable[..., object]) -> None:
        """Read a function for a compiler that has no way of its own to do it."""
        assert isinstance(function, FunctionType)
        self.definitions[function.__name__] = self._read(function.__name__, function)

    def _read(self, name: str, function: FunctionType | Emitted) -> SubsetFunction:
        if isinstance(function, Emitted):
            node, hints = function.node, _emitted_hints(function.node)
            names: Mapping[str, object] = {**_EMITTED, **self._globals}
            inlined = False
        else:
            node, hints = _source(function), typing.get_type_hints(function)
            names = function.__globals__
            inlined = function.__module__ in self.inlined
        takes: dict[str, str] = {}
        static: dict[str, ast.expr] = {}
        records: dict[str, list[str]] = {}
        for arg in node.args.args:
            hint = hints.get(arg.arg)
            if hint in (LoopEquations, LimitedEquations) and self._bound is not None:
                static[arg.arg] = Known(self._bound)
            elif _is_record(hint):
                parts = fields(arg.arg, hint)
                records[arg.arg] = list(parts)
                takes |= parts
            else:
                takes[arg.arg] = kind_of(hint, f"{arg.arg} of {name}")
        filling = Filling(node, names, takes, static, records, self.name_of)
        body = filling.block(node.body)
        self.tables |= filling.tables
        gives = kind_of(hints.get("return"), f"the result of {name}")
        return SubsetFunction(name, takes, gives, body, inlined)


def kind_of(hint: object, where: str) -> str:
    """The kind of a declared type."""
    try:
        return KINDS[hint]
    except (KeyError, TypeError):
        raise UntranslatableError(f"{hint} as the type of {where}") from None


def fields(name: str, record: Any) -> dict[str, str]:
    """The arguments that stand for a named tuple, with their kinds."""
    hints = typing.get_type_hints(record)
    kinds = {key: kind_of(hints[key], f"{name}.{key}") for key in record._fields}
    return {f"{name}_{key}": COMMON if k == FLOAT else k for key, k in kinds.items()}


def _is_record(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields")


_HINTS = {"float": float, "int": int, "Vector": list[float], "None": type(None)}
_EMITTED: dict[str, object] = {
    **HELPERS,
    **{name: getattr(builtins, name) for name in "abs min max float range".split()},
    "inf": math.inf,
    "nan": math.nan,
}


def _emitted_hints(node: ast.FunctionDef) -> dict[str, object]:
    """The declared types of a function of a program's source."""
    declared = {arg.arg: arg.annotation for arg in node.args.args} | {"return": node.returns}
    texts = {name: ast.unparse(kind) for name, kind in declared.items() if kind is not None}
    return {name: _HINTS.get(text) for name, text in texts.items()}


@cache
def _tree(path: str) -> ast.Module:
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read())


def _source(function: FunctionType) -> ast.FunctionDef:
    tree = _tree(inspect.getsourcefile(function) or "")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            return node
    raise UntranslatableError(f"{function.__name__} has no source")
