"""A Program with its loop through the time grid as one Python source for a GPU.

The functions are those of the other backends, read by `native.reader`. What differs is spelled out
here, so that a GPU does the same operations: products are calls of `_product`, which a GPU does
not fuse with a sum, divisions are calls of `_divide`, and `min` and `max` choose as CPython does
where a number is NaN. No local variable begins with `_`, so none hides one of these.

An array holds the numbers of WIDTH members side by side, then the next ones of the same members:
threads that run together read neighbouring numbers, and the compiler knows the distance between
two numbers of a member (otherwise it keeps thousands of addresses in slow memory).
"""

from __future__ import annotations

import ast
from collections.abc import Set
from typing import Any

from simdistrict.engine.helpers import arrays, pasts
from simdistrict.engine.integrators import loop
from simdistrict.engine.integrators.fixed import work_size
from simdistrict.engine.integrators.loop import Memory, Task
from simdistrict.engine.interpreted import Numbers
from simdistrict.engine.native.code import reader_of
from simdistrict.engine.native.module import INT, INTS, VECTOR
from simdistrict.engine.native.reader import SubsetFunction, SubsetReader, fields
from simdistrict.engine.program import Program

ENTRY = "run_members"
# members side by side in memory: as many as there are threads that a GPU runs at once
WIDTH = 32

_CHOICES = """
def _least(x, y):
    return y if y < x else x


def _most(x, y):
    return y if y > x else x
"""


# the sizes of the arrays of Memory per member, in its order
_SIZES = ("length", "task_n_changed", "work", "kept", "1")
_KERNEL = """
def {entry}({memory}, samples, template, {task}, count):
    column = cuda.grid(1)
    if column < count:
        tile = column // {width} * {width}
        lane = column - tile
        work = {work}
        length = {size} + {n_recorded} * (task_steps + 1)
        kept = task_n_rows * task_n_saved
{slices}
        _fill(m_v, template, samples, column, task_sampled, task_n_sampled)
        {run}({memory}, {task}, 0)


def _fill(v, template, samples, column, sampled, count):
    for k in range({size}):
        v[k * {width}] = template[k]
    for k in range(count):
        v[sampled[k] * {width}] = samples[k, column]
"""


def device_source(program: Program) -> tuple[str, dict[str, tuple[int, ...]]]:
    """The text of all functions of a program that a GPU compiles, and the tables that they read.

    The function `ENTRY` runs one member per thread, with its own part of each array; `samples` has
    a column for each member.
    """
    reader = reader_of(program)
    run = reader.name_of(loop.run)
    for helper in (arrays.pick, pasts.points):
        reader.define(helper)
    texts = [_text(definition, reader) for definition in reader.definitions.values()]
    memory, task = fields("m", Memory), fields("task", Task)
    slices = [
        f"        {name} = {name}[tile * ({size}) + lane :]"
        for name, size in zip(memory, _SIZES, strict=True)
    ]
    numbers = Numbers(program)
    entry = _KERNEL.format(
        entry=ENTRY,
        memory=", ".join(memory),
        task=", ".join(task),
        width=WIDTH,
        work=work_size(numbers),
        n_recorded=numbers.n_recorded,
        size=numbers.size,
        slices="\n".join(slices),
        run=run,
    )
    return "\n\n".join([_CHOICES, *texts, entry]), reader.tables


def _text(definition: SubsetFunction, reader: SubsetReader) -> str:
    """The text of a function for a GPU."""
    whole = _whole_numbers(definition, reader)
    vectors = {name for name, kind in definition.takes.items() if kind == VECTOR}
    words = _DeviceWords(whole, frozenset(vectors))
    body = [words.visit(statement) for statement in definition.body] or [ast.Pass()]
    lines = [f"    {line}" for node in body for line in _unparsed(node).splitlines()]
    return "\n".join([f"def {definition.name}({', '.join(definition.takes)}):", *lines])


def _unparsed(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node))


def _whole_numbers(definition: SubsetFunction, reader: SubsetReader) -> frozenset[str]:
    """The names of tables of whole numbers, and of what is one wherever it is assigned."""
    found = {*reader.tables, *(n for n, kind in definition.takes.items() if kind in (INT, INTS))}
    assigned: list[tuple[str, ast.expr]] = []
    for part in (n for node in definition.body for n in ast.walk(node)):
        if isinstance(part, ast.For) and isinstance(part.target, ast.Name):
            found.add(part.target.id)
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            if ast.unparse(part.annotation) == "int":
                found.add(part.target.id)
        elif isinstance(part, ast.Assign):
            assigned += [(t.id, part.value) for t in part.targets if isinstance(t, ast.Name)]
        elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
            assigned.append((part.target.id, part.value))
    found |= {name for name, _ in assigned}
    while True:
        kept = found - {name for name, value in assigned if not _is_whole(value, found)}
        if kept == found:
            return frozenset(found)
        found = kept


def _is_whole(node: ast.expr, names: Set[str]) -> bool:
    """Whether an expression is a whole number, so that it may be an index.

    names: of local variables that are, and of tables of whole numbers.
    """
    match node:
        case ast.Constant(value):
            return isinstance(value, int)
        case ast.Name(name) | ast.Subscript(ast.Name(name)):
            return name in names
        case ast.BinOp(left, op, right):
            return (
                not isinstance(op, ast.Div) and _is_whole(left, names) and _is_whole(right, names)
            )
        case ast.UnaryOp(ast.USub(), operand):
            return _is_whole(operand, names)
        case ast.Call(ast.Name(name)):
            return name in ("int", "points")
    return False


class _DeviceWords(ast.NodeTransformer):
    """Replaces operations that a GPU would round differently by calls."""

    def __init__(self, whole: frozenset[str], vectors: frozenset[str]) -> None:
        self.whole = whole
        self.vectors = vectors

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        assert node.value is not None
        return self.visit(ast.Assign([node.target], node.value))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in self.vectors:
            node.slice = ast.BinOp(node.slice, ast.Mult(), ast.Constant(WIDTH))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        whole = _is_whole(node, self.whole)
        self.generic_visit(node)
        if whole or not isinstance(node.op, ast.Mult | ast.Div):
            return node
        return _call(
            "_product" if isinstance(node.op, ast.Mult) else "_divide", node.left, node.right
        )

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        target = node.target
        assert isinstance(target, ast.Name)
        here = ast.Name(target.id, ast.Load())
        return self.visit(ast.Assign([target], ast.BinOp(here, node.op, node.value)))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name):
            return node
        name, args = node.func.id, node.args
        if name in ("anywhere", "everywhere"):
            return args[0]  # one member asks for itself alone
        if name == "float":
            # a whole number of CPython has no negative zero
            return ast.BinOp(args[0], ast.Add(), ast.Constant(0.0))
        if name in ("min", "max"):
            chosen = args[0]
            for other in args[1:]:
                chosen = _call("_least" if name == "min" else "_most", chosen, other)
            return chosen
        return node


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])
