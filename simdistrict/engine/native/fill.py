"""Fills in what is known before a run in the statements of one function of the subset.

Constants of modules, the numbers of a program and rows of tableaus become numbers; loops over
`unrolled` are written out; a field of a named tuple becomes an argument. `reader` reads functions
and decides what each argument is.
"""

from __future__ import annotations

import ast
import builtins
import operator
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from simdistrict.engine.helpers import primitives
from simdistrict.engine.integrators import tableaus
from simdistrict.engine.interpreted import Numbers
from simdistrict.engine.native.module import INTS, REALS, VECTOR, UntranslatableError

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


class Known(ast.expr):
    """An object that is known before a run and is no number: a function, a module, a tableau."""

    _fields = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def known(value: object) -> ast.expr:
    """A known object as an expression."""
    return ast.Constant(value) if isinstance(value, int | float) else Known(value)


@dataclass(frozen=True, eq=False)
class Emitted:
    """A function of a program's source."""

    node: ast.FunctionDef


@dataclass(frozen=True, eq=False)
class BoundEquations:
    """`loop.LoopEquations` as constants, and its functions."""

    numbers: Numbers
    functions: Mapping[str, Emitted]


@dataclass(frozen=True, eq=False)
class IndexTable:
    """A tuple of whole numbers of a program's source."""

    name: str
    numbers: tuple[int, ...]


class Filling:
    """The statements of one function with everything filled in that is known.

    names: what the function finds outside itself; takes: its arguments and their kinds; static:
    names of known objects; records: the fields of its named tuples; name_of: reads a function that
    is called and returns its printed name. tables: those that the function reads.
    """

    def __init__(
        self,
        node: ast.FunctionDef,
        names: Mapping[str, object],
        takes: Mapping[str, str],
        static: Mapping[str, ast.expr],
        records: Mapping[str, Sequence[str]],
        name_of: Callable[[object], str],
    ) -> None:
        self.names = names
        self.takes = takes
        self.static = dict(static)
        self.records = records
        stored = {n.id for n in ast.walk(node) if _is_stored(n)}
        self.local = {*stored, *(arg.arg for arg in node.args.args)}
        if self.local & set(takes) - {arg.arg for arg in node.args.args}:
            raise UntranslatableError(f"a local variable of {node.name} is named as a field")
        self.name_of = name_of
        self.tables: dict[str, tuple[int, ...]] = {}
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
        if isinstance(value, IndexTable):
            self.tables[value.name] = value.numbers
            return ast.Name(value.name, ast.Load())
        return known(value)

    def attribute(self, value: ast.expr, name: str, written: ast.expr) -> ast.expr:
        match value:
            case Known(BoundEquations() as bound):
                number = getattr(bound.numbers, name, None)
                if isinstance(number, tuple):
                    self.tables[name.upper()] = number
                    return ast.Name(name.upper(), ast.Load())
                return known(bound.functions.get(name) or number)
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
                return ast.Call(ast.Name(self.name_of(value), ast.Load()), found, [])
        return ast.Call(function, found, [])

    def argument(self, arg: ast.expr) -> list[ast.expr]:
        """An argument: none for the equations, several for a record."""
        if isinstance(arg, ast.Name) and arg.id in self.records:
            return [ast.Name(name, ast.Load()) for name in self.records[arg.id]]
        found = self.expr(arg)
        bound = isinstance(found, Known) and isinstance(found.value, BoundEquations)
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


def _weighted(row: tableaus.Weights, work: ast.expr, n: ast.expr, k: ast.expr) -> ast.expr:
    """`tableaus.weighted` written out."""
    found: ast.expr | None = None
    for group in row.groups:
        part: ast.expr | None = None
        for slope, weight, over in group:
            block = _binary(ast.Constant(slope + 1), ast.Mult(), n)
            here: ast.expr = ast.Subscript(work, _binary(block, ast.Add(), k), ast.Load())
            term = here if weight == 1.0 else _binary(ast.Constant(weight), ast.Mult(), here)
            if over != 1.0:
                term = _binary(term, ast.Div(), ast.Constant(over))
            part = term if part is None else _binary(part, ast.Add(), term)
        assert part is not None
        found = part if found is None else _binary(found, ast.Add(), part)
    assert found is not None
    return found
