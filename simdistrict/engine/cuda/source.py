"""A Program with its way through the grid as one Python source for a GPU: text alone.

The functions are those of the other backends: what `emit` printed, the helpers of `runtime`, the
loops of `native`. What differs is spelt out here, so that a GPU does the same operations: products
are calls of `_product`, which a GPU does not fuse with a sum, divisions are calls of `_divide`,
the numbers of a vector stand WIDTH apart, and `min` and `max` choose as CPython does where a number
is NaN. No local variable begins with `_`, so none hides one of these.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simdistrict.engine.cuda import kernel
from simdistrict.engine.helpers import arrays, noise, pasts, runtime
from simdistrict.engine.native import loops
from simdistrict.engine.native.code import PHASES, SOURCES, called_helpers, places
from simdistrict.engine.native.module import ANNOTATIONS, VECTOR
from simdistrict.engine.program import Program
from simdistrict.model.expr import NA

# the functions of `native.loops` that the kernel calls, and how one member alone looks up
_LOOPS = "share apply evaluate euler check clock save".split()
_LOOKUP = "lookup_alone"
ENTRY = "run_members"
# members side by side in memory: as many as there are threads that a GPU runs in one go
WIDTH = 32

_CHOICES = """
def _least(x, y):
    return y if y < x else x


def _most(x, y):
    return y if y > x else x
"""


def device_source(program: Program) -> str:
    """The text of all functions of a program that a GPU compiles; the last one is `ENTRY`."""
    trees: list[ast.FunctionDef] = [*_functions(_CHOICES)]
    for name in called_helpers(program.source):
        trees += _functions(inspect.getsource(getattr(_home(name), name)))
    for helper in (arrays.pick, pasts.points):
        trees += _functions(inspect.getsource(helper))
    common = _functions(_text(loops))
    own = {node.name: node for node in common}
    lookup = own[_LOOKUP]
    lookup.name = "lookup"
    trees += [lookup, *_functions(program.source, PHASES), *(own[name] for name in _LOOPS)]
    trees += _functions(_text(kernel))
    return "\n\n\n".join(_rewritten(node) for node in trees) + "\n"


def tables(program: Program) -> dict[str, tuple[int, ...]]:
    """The tuples of whole numbers that the functions read, by name."""
    found = {}
    for node in ast.parse(program.source).body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            found[ast.unparse(node.target)] = ast.literal_eval(node.value)
    return found


def constants(program: Program) -> dict[str, float]:
    """The numbers that the functions name: places of the layout, thresholds, what is not finite."""
    return {
        **places(program),
        "WIDTH": WIDTH,
        "SMALL": runtime.SMALL,
        "HALF": noise.HALF,
        "LARGE": noise.LARGE,
        "TERMS": noise.TERMS,
        "SLACK": pasts.SLACK,
        "NA": NA,
        "inf": math.inf,
        "nan": math.nan,
    }


def _home(name: str) -> object:
    return next(module for module in SOURCES if hasattr(module, name))


def _text(module: object) -> str:
    return Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")


def _functions(source: str, names: Iterable[str] | None = None) -> list[ast.FunctionDef]:
    wanted = None if names is None else set(names)
    return [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and (wanted is None or node.name in wanted)
    ]


def _rewritten(node: ast.FunctionDef) -> str:
    """The text of a function in the words of a GPU."""
    vectors = (
        {arg.arg for arg in node.args.args if _is_vector(arg)} if node.name != ENTRY else set()
    )
    changed = _Words(_whole_numbers(node), frozenset(vectors)).visit(node)
    return ast.unparse(ast.fix_missing_locations(changed))


def _is_vector(arg: ast.arg) -> bool:
    """As `native.translate` has it: an argument without annotation is the vector of a run."""
    return arg.annotation is None or ANNOTATIONS[ast.unparse(arg.annotation)] == VECTOR


def _whole_numbers(node: ast.FunctionDef) -> frozenset[str]:
    """The local names that stand for whole numbers wherever they are assigned."""
    found = {
        arg.arg
        for arg in node.args.args
        if arg.annotation is not None and ast.unparse(arg.annotation) == "int"
    }
    assigned: list[tuple[str, ast.expr]] = []
    for part in ast.walk(node):
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


def _is_whole(node: ast.expr, names: set[str] | frozenset[str]) -> bool:
    """Whether an expression is a whole number, so that it may be an index."""
    match node:
        case ast.Constant(value):
            return isinstance(value, int)
        case ast.Name(name):
            return name in names or (name.isupper() and name not in ("SMALL", "HALF"))
        case ast.Subscript(ast.Name(name)):
            return name == "ints" or name.startswith(("TABLE_", "PLACES_"))
        case ast.BinOp(left, op, right):
            return (
                not isinstance(op, ast.Div) and _is_whole(left, names) and _is_whole(right, names)
            )
        case ast.UnaryOp(ast.USub(), operand):
            return _is_whole(operand, names)
        case ast.Call(ast.Name("int")) | ast.Call(ast.Attribute(ast.Name("cuda"), "grid")):
            return True
    return False


class _Words(ast.NodeTransformer):
    """Operations that a GPU would do otherwise become calls; annotations go."""

    def __init__(self, whole: frozenset[str], vectors: frozenset[str]) -> None:
        self.whole = whole
        self.vectors = vectors

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        for arg in node.args.args:
            arg.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        assert node.value is not None
        return self.visit(ast.Assign([node.target], node.value))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in self.vectors:
            width = ast.Name("WIDTH", ast.Load())
            node.slice = ast.BinOp(node.slice, ast.Mult(), width)
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
        if name in ("any", "all"):
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

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "math":
            return ast.Name(node.attr, ast.Load())
        return node


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])
