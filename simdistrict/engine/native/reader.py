"""Functions of the compiled subset of Python, read for a compiler.

`Reader` takes a function, and every function that it calls, from its source. What is known before
a run is filled in: constants of modules, the numbers of a program, rows of tableaus; loops over
`unrolled` are written out, and a named tuple becomes one argument per field. What is left are
numbers, vectors, tables and calls of the functions that were read. Types come from declarations.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import operator
import typing
from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from simdistrict.engine.helpers import arrays, pasts, primitives
from simdistrict.engine.helpers.primitives import IntTable, RealTable
from simdistrict.engine.helpers.runtime import HELPERS
from simdistrict.engine.integrators import tableaus
from simdistrict.engine.integrators.loop import Equations
from simdistrict.engine.interpreted import Numbers
from simdistrict.engine.native import maths
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


class Known(ast.expr):
    """An object that is known before a run and is no number: a function, a module, a tableau."""

    _fields = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def known(value: object) -> ast.expr:
    """A known object as an expression."""
    return ast.Constant(value) if isinstance(value, int | float) else Known(value)


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
_MACROS = (primitives.unrolled, tableaus.combine, tableaus.weighted)
_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


@dataclass(frozen=True)
class Definition:
    """A function as a compiler gets it: its printed name, arguments with their kinds, body.

    inlined: whether it is copied into the places that call it.
    """

    name: str
    takes: Mapping[str, str]
    gives: str
    body: list[ast.stmt]
    inlined: bool


@dataclass(frozen=True, eq=False)
class _Emitted:
    """A function of a program's source."""

    node: ast.FunctionDef


@dataclass(frozen=True, eq=False)
class _Bound:
    """`loop.Equations` as constants, and its functions."""

    numbers: Numbers
    functions: Mapping[str, _Emitted]


@dataclass(frozen=True, eq=False)
class _Table:
    """A tuple of whole numbers of a program's source."""

    name: str
    numbers: tuple[int, ...]


@dataclass
class Reader:
    """Definitions in the order in which they call each other, callees first.

    twins: what stands for a function in compiled code; inlined: names of the modules whose
    functions are copied into their callers; reserved: names that are not for functions.
    """

    program: Program | None = None
    twins: Mapping[object, object] = field(default_factory=dict)
    inlined: frozenset[str] = frozenset()
    reserved: frozenset[str] = frozenset()
    definitions: dict[str, Definition] = field(default_factory=dict)
    tables: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names: dict[object, str] = {}
        self._bound: _Bound | None = None
        self._globals: dict[str, object] = {}
        if self.program is not None:
            self._bound = _Bound(Numbers(self.program), self.emitted(self.program.source))

    def emitted(self, source: str) -> dict[str, _Emitted]:
        """The functions of a program's source, by name; its tables are kept."""
        found = {}
        for node in ast.parse(source).body:
            match node:
                case ast.FunctionDef(name):
                    found[name] = _Emitted(node)
                case ast.Assign([ast.Name(name)], ast.Tuple() as value) | ast.AnnAssign(
                    ast.Name(name), _, ast.Tuple() as value
                ):
                    self._globals[name] = _Table(name, ast.literal_eval(value))
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
            if not isinstance(function, FunctionType | _Emitted):
                raise UntranslatableError(f"{function} is no function of the subset")
            own = function.node.name if isinstance(function, _Emitted) else function.__name__
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

    def _read(self, name: str, function: FunctionType | _Emitted) -> Definition:
        if isinstance(function, _Emitted):
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
            if hint is Equations and self._bound is not None:
                static[arg.arg] = Known(self._bound)
            elif _is_record(hint):
                parts = fields(arg.arg, hint)
                records[arg.arg] = list(parts)
                takes |= parts
            else:
                takes[arg.arg] = kind_of(hint, f"{arg.arg} of {name}")
        body = _Body(self, names, takes, static, records, node)
        gives = kind_of(hints.get("return"), f"the result of {name}")
        return Definition(name, takes, gives, body.block(node.body), inlined)


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


class _Body:
    """The statements of one function with everything filled in that is known."""

    def __init__(
        self,
        reader: Reader,
        names: Mapping[str, object],
        takes: Mapping[str, str],
        static: dict[str, ast.expr],
        records: Mapping[str, Sequence[str]],
        node: ast.FunctionDef,
    ) -> None:
        self.reader = reader
        self.names = names
        self.takes = takes
        self.static = static
        self.records = records
        stored = {n.id for n in ast.walk(node) if _is_stored(n)}
        self.local = {*stored, *(arg.arg for arg in node.args.args)}
        if self.local & set(takes) - {arg.arg for arg in node.args.args}:
            raise UntranslatableError(f"a local variable of {node.name} is named as a field")
        self.ways = 0

    # ------------------------------------------------------------------ statements

    def block(self, nodes: Iterable[ast.stmt]) -> list[ast.stmt]:
        return [found for node in nodes for found in self.statement(node)]

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return []
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                return self.assignment(node)
            case ast.For(ast.Name(name) as target, ast.Call() as bounds, body, []):
                call = self.expr(bounds)
                match call:
                    case ast.Call(Known(primitives.unrolled), [first, stop]):
                        return self.unroll(name, first, stop, body)
                    case ast.Call(ast.Name("range")):
                        return [ast.For(target, call, self.block(body) or [ast.Pass()], [])]
            case ast.While(test, body, []):
                return [ast.While(self.expr(test), self.block(body) or [ast.Pass()], [])]
            case ast.If(ast.BoolOp(ast.And(), [first, *rest]), body, []):
                # the second condition is asked only where the first one holds, as in CPython
                inner = rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest)
                return self.statement(ast.If(first, [ast.If(inner, body, [])], []))
            case ast.If(test, body, orelse):
                found = self.expr(test)
                if isinstance(found, ast.Constant):
                    return self.block(body if found.value else orelse)
                yes = self.block(body) or [ast.Pass()]
                return [ast.If(found, yes, self.block(orelse))]
            case ast.Expr(ast.Call() as call):
                return self.called(call)
            case ast.Return(value):
                return [ast.Return(None if value is None else self.expr(value))]
        raise UntranslatableError(ast.unparse(node))

    def assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[ast.stmt]:
        match node:
            case ast.AnnAssign(ast.Name() as target, ast.Name() as kind, ast.expr() as value):
                return [ast.AnnAssign(target, kind, self.expr(value), 1)]
            case ast.Assign([ast.Name(name)], value):
                found = self.expr(value)
                if self.is_known(found):
                    self.static[name] = found
                    return []
                return [ast.Assign([ast.Name(name, ast.Store())], found)]
            case ast.Assign(targets, value):
                return [ast.Assign([self.expr(t) for t in targets], self.expr(value))]
            case ast.AugAssign(target, op, value):
                return [ast.AugAssign(target, op, self.expr(value))]
        raise UntranslatableError(ast.unparse(node))

    def is_known(self, node: ast.expr) -> bool:
        """Whether a name for this needs no variable: no number, or a vector's field."""
        if isinstance(node, ast.Name):
            return self.takes.get(node.id) in (VECTOR, INTS, REALS)
        return isinstance(node, Known)

    def unroll(
        self, name: str, first: ast.expr, stop: ast.expr, body: Sequence[ast.stmt]
    ) -> list[ast.stmt]:
        assert isinstance(first, ast.Constant)
        assert isinstance(stop, ast.Constant)
        found = []
        for k in range(typing.cast(int, first.value), typing.cast(int, stop.value)):
            self.static[name] = ast.Constant(k)
            found += self.block(body)
        return found

    def called(self, call: ast.Call) -> list[ast.stmt]:
        found = self.expr(call)
        match found:
            case ast.Call(Known(tableaus.combine), [v, first, work, n, h, row]):
                return self.combine(v, first, work, n, h, row)
            case ast.Call(ast.Attribute(value, "append"), args):
                # a list that only grows
                return [ast.Expr(ast.Call(ast.Attribute(value, "append", ast.Load()), args, []))]
        return [ast.Expr(found)]

    def combine(
        self,
        v: ast.expr,
        first: ast.expr,
        work: ast.expr,
        n: ast.expr,
        h: ast.expr,
        row: ast.expr,
    ) -> list[ast.stmt]:
        """`tableaus.combine` as a loop."""
        assert isinstance(row, Known)
        scale = row.value
        self.ways += 1
        way, k = f"way_{self.ways}", f"stock_{self.ways}"
        scaled = h if scale.times == 1.0 else _binary(ast.Constant(scale.times), ast.Mult(), h)
        if scale.over != 1.0:
            scaled = _binary(scaled, ast.Div(), ast.Constant(scale.over))
        here = ast.Name(k, ast.Load())
        moved = _binary(ast.Name(way, ast.Load()), ast.Mult(), _weighted(row.value, work, n, here))
        state = _binary(ast.Subscript(work, here, ast.Load()), ast.Add(), moved)
        target = ast.Subscript(v, _binary(first, ast.Add(), here), ast.Store())
        bounds = ast.Call(ast.Name("range", ast.Load()), [n], [])
        return [
            ast.Assign([ast.Name(way, ast.Store())], scaled),
            ast.For(ast.Name(k, ast.Store()), bounds, [ast.Assign([target], state)], []),
        ]

    # ------------------------------------------------------------------ expressions

    def expr(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Constant():
                return node
            case ast.Name(name):
                return self.named(name)
            case ast.Attribute(value, name):
                return self.attribute(self.expr(value), name, value)
            case ast.Subscript(value, index):
                return self.item(self.expr(value), self.expr(index), node.ctx)
            case ast.UnaryOp(op, operand):
                inner = self.expr(operand)
                if isinstance(op, ast.USub) and _is_number(inner):
                    return ast.Constant(-inner.value)  # type: ignore[attr-defined]
                return ast.UnaryOp(op, inner)
            case ast.BinOp(left, op, right):
                return _binary(self.expr(left), op, self.expr(right))
            case ast.Compare(left, ops, rights):
                return _comparison(self.expr(left), ops, [self.expr(r) for r in rights])
            case ast.BoolOp(op, values):
                return ast.BoolOp(op, [self.expr(value) for value in values])
            case ast.IfExp(test, yes, no):
                found = self.expr(test)
                if isinstance(found, ast.Constant):
                    return self.expr(yes if found.value else no)
                return ast.IfExp(found, self.expr(yes), self.expr(no))
            case ast.Tuple(items):
                return ast.Tuple([self.expr(item) for item in items], node.ctx)
            case ast.Call(function, args, []):
                return self.call(self.expr(function), args)
        raise UntranslatableError(ast.unparse(node))

    def named(self, name: str) -> ast.expr:
        if name in self.static:
            return self.static[name]
        if name in self.local:
            return ast.Name(name, ast.Load())
        if name in self.names:
            value = self.names[name]
        elif hasattr(builtins, name):
            value = getattr(builtins, name)
        else:
            raise UntranslatableError(f"there is no {name}")
        if isinstance(value, _Table):
            self.reader.tables[value.name] = value.numbers
            return ast.Name(value.name, ast.Load())
        return known(value)

    def attribute(self, value: ast.expr, name: str, written: ast.expr) -> ast.expr:
        match value:
            case Known(_Bound() as bound):
                return known(bound.functions.get(name) or getattr(bound.numbers, name))
            case Known(ModuleType() | tableaus.Tableau() as owner):
                return known(getattr(owner, name))
            case ast.Name(record) if f"{record}_{name}" in self.records.get(record, ()):
                return ast.Name(f"{record}_{name}", ast.Load())
            case ast.Name() if name == "append":
                return ast.Attribute(value, name, ast.Load())
        raise UntranslatableError(f"{ast.unparse(written)}.{name}")

    def item(self, value: ast.expr, index: ast.expr, ctx: ast.expr_context) -> ast.expr:
        match value, index:
            case Known(tuple() as items), ast.Constant(int() as k):
                return known(items[k])
            case ast.Name(), _:
                return ast.Subscript(value, index, ctx)
        raise UntranslatableError(f"an index of {ast.dump(value)}")

    def call(self, function: ast.expr, args: Sequence[ast.expr]) -> ast.expr:
        found = [part for arg in args for part in self.argument(arg)]
        match function:
            case Known(tableaus.weighted):
                row, work, n, k = found
                assert isinstance(row, Known)
                return _weighted(row.value, work, n, k)
            case Known(value) if value not in _MACROS:
                return ast.Call(ast.Name(self.reader.name_of(value), ast.Load()), found, [])
        return ast.Call(function, found, [])

    def argument(self, arg: ast.expr) -> list[ast.expr]:
        """An argument: none for the equations, several for a record."""
        if isinstance(arg, ast.Name) and arg.id in self.records:
            return [ast.Name(name, ast.Load()) for name in self.records[arg.id]]
        found = self.expr(arg)
        bound = isinstance(found, Known) and isinstance(found.value, _Bound)
        return [] if bound else [found]


def _is_stored(node: ast.AST) -> typing.TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.expr:
    """An operation; that of two constants is done."""
    if _is_number(left) and _is_number(right) and type(op) in _OPERATORS:
        a, b = left.value, right.value  # type: ignore[attr-defined]
        if not isinstance(op, ast.Div | ast.FloorDiv) or b != 0:
            return ast.Constant(_OPERATORS[type(op)](a, b))
    return ast.BinOp(left, op, right)


def _comparison(left: ast.expr, ops: list[ast.cmpop], rights: list[ast.expr]) -> ast.expr:
    if len(ops) == 1 and _is_number(left) and _is_number(rights[0]):
        a, b = left.value, rights[0].value  # type: ignore[attr-defined]
        return ast.Constant(_OPERATORS[type(ops[0])](a, b))
    return ast.Compare(left, ops, rights)


def _weighted(row: tableaus.Row, work: ast.expr, n: ast.expr, k: ast.expr) -> ast.expr:
    """`tableaus.weighted` written out."""
    found: ast.expr | None = None
    for group in row.groups:
        part: ast.expr | None = None
        for slope, weight in group:
            block = _binary(ast.Constant(slope + 1), ast.Mult(), n)
            here: ast.expr = ast.Subscript(work, _binary(block, ast.Add(), k), ast.Load())
            term = here if weight == 1.0 else _binary(ast.Constant(weight), ast.Mult(), here)
            part = term if part is None else _binary(part, ast.Add(), term)
        assert part is not None
        found = part if found is None else _binary(found, ast.Add(), part)
    assert found is not None
    return found
