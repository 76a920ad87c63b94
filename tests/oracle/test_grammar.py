"""Our parser of Vensim's equations against PySD's on all equations of our models."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.exchange.mdl.file import read_text
from simdistrict.exchange.text.grammar import parse
from simdistrict.exchange.text.outline import outline
from simdistrict.model.expr import Call, Expr, LookupCall, Number, Points, Unary, children, rebuild
from simdistrict.model.expr import WithLookup as Inline
from tests.oracle.pysd_trees import pysd_tree

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    *sorted((ROOT / "tests" / "oracle" / "models").glob("*.mdl")),
    *sorted((ROOT / "models").rglob("*.mdl")),
]


def alike(expr: Expr) -> Expr:
    """The tree without display ranges and the kind of calls, which PySD does not give."""
    match expr:
        case Inline(x, points):
            return Inline(alike(x), Points(points.x, points.y))
        case LookupCall(lookup, x) if not lookup.subscripts:
            return Call(lookup.name.upper(), (alike(x),))
        case Call(function) if function.startswith(("GET XLS ", "GET DIRECT ")):
            # PySD keeps their arguments in another place
            return Call(function, ())
        case Unary("-", Number(value)):
            return Number(-value)
        case Call("FORECAST", (*args, Number(0.0))) if len(args) == 3:
            # PySD adds the omitted initial trend
            return alike(Call("FORECAST", tuple(args)))
    nodes = children(expr)
    return rebuild(expr, tuple(map(alike, nodes))) if nodes else expr


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_trees_equal_those_of_pysd(path: Path) -> None:
    for block in outline(read_text(path), path.name).blocks:
        # PySD does not keep the rows of a TABBED ARRAY
        if block.kind == "equation" and "TABBED ARRAY" not in block.right:
            ours, theirs = parse(block.right), pysd_tree(block.right)
            assert alike(ours) == alike(theirs), f"{path.name}:{block.line} {block.right}"
