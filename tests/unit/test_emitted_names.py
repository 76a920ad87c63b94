"""Names that emitted source prints: whatever an element is called, its numbers are the same."""

from __future__ import annotations

import ast

import pytest

from simdistrict.engine.helpers.runtime import GUARDED
from simdistrict.engine.lowering.build import build
from simdistrict.engine.lowering.names import PrintedNames
from simdistrict.run.simulate import simulate
from tests.small import small

# names that the emitter prints for itself, or that a backend knows
TAKEN = ["a0", "a0 item", "p0", "i", "j", "v", "t", "out", "PLACES 0", "TABLE START", "lambda"]
TAKEN += ["math", "double", "void", "x", "2", "ü", "derive", "min", "lookup", "float", "i0"]
WHOLE = """
    D: d1, d2, d3 ~~|
    E: d3, d1 ~~|
    price[D] = 5, 6, 7
    {quoted} = 100 + Time
    lowest = VMIN(price[D!] * Time)
    picked[E] = price[E] + {quoted} + VMAX(price[D!])
    total = {quoted} * 2 + lowest
"""


@pytest.mark.parametrize("backend", ["interpreted", "native"])
@pytest.mark.parametrize("name", TAKEN)
def test_an_element_computes_the_same_under_any_name(name: str, backend: str) -> None:
    result = simulate(small(WHOLE.format(quoted=f'"{name}"'), stop=2), backend=backend)
    # lowest: 5 times the time; picked: 7 and 5 + the element + 7
    assert result["total"].values.tolist() == [200, 207, 214]
    assert result["picked"].values[2].tolist() == [116, 114]


def test_two_elements_may_differ_in_signs_alone() -> None:
    text = 'lambda = Time\n"lambda!" = lambda + 1\n"lambda?" = lambda * 2\n'
    model = small(text + 'total = lambda + 10 * "lambda!" + 100 * "lambda?"', stop=2)
    for backend in ("interpreted", "native"):
        assert simulate(model, backend=backend)["total"].values.tolist() == [10, 221, 432]


def test_an_allocator_gives_no_name_twice() -> None:
    names = PrintedNames()
    names.begin()
    wishes = ["a0", "a0", "a 0", "", "ü", "9", "For", "match", *GUARDED, "x" * 300, "X" * 300]
    given = [names.loop(0), *map(names.local, wishes), names.loop(1), names.local("i")]
    assert len(set(given)) == len(given)
    assert not set(given) & {*GUARDED, "for", "match"}
    assert names.loop(0) == given[0]
    assert names.table((1, 2)) == names.table((1, 2)) != names.table((2, 1))


def test_each_local_is_declared_once_with_its_type() -> None:
    source = build(small(WHOLE.format(quoted='"a0 item"'))).source
    for function in ast.parse(source).body:
        if not isinstance(function, ast.FunctionDef):
            continue
        assert all(arg.annotation for arg in function.args.args)
        nodes = list(ast.walk(function))
        declared = [ast.unparse(n.target) for n in nodes if isinstance(n, ast.AnnAssign)]
        loops = {ast.unparse(n.target) for n in nodes if isinstance(n, ast.For)}
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        assert stored == {*declared, *loops}
        assert not loops & set(declared)
