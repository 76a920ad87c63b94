"""Functions of whole arrays: what they take, where they stand, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import ModelError
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.run.simulate import simulate
from tests.small import small

HEAD = """
    r: n, s ~ ~ |
    d: a, b, c ~ ~ |
    two: a, b ~ ~ |
    e: x, y, z ~ ~ |
    p: kind, middle, width, extra ~ ~ |
    v[d] = 3, 1, 2
    w[r,d] = 1, 5, 3; 2, 9, 4;
    prio[d,kind] = 1
    prio[d,middle] = 2, 4, 6
    prio[d,width] = 2
    prio[d,extra] = 0
    single = 4
"""


def problem(equation: str) -> str:
    with pytest.raises(ModelError) as error:
        simulate(small(HEAD + equation))
    return str(error.value)


@pytest.mark.parametrize(
    ("equation", "wanted"),
    [
        ("o[r,two] = INVERT MATRIX(m[r,two], 2)\n m[r,two] = 1, 2; 3, 4;", [-2, 1, 1.5, -0.5]),
        ("o[e] = VECTOR REORDER(v[d], by[e])\n by[e] = 1, 2, 0", [1, 2, 3]),
        ("o[d] = ALLOCATE BY PRIORITY(v[d], w[s,d], 3, 1, 3)", [0, 1, 2]),
        ("o[d] = VECTOR RANK(v[d], 1)", [3, 1, 2]),
        ("o[e] = VECTOR SORT ORDER(v[d], 1)", [1, 2, 0]),
        # equal numbers in the order of their labels
        ("o[d] = VECTOR RANK(INTEGER(v[d] / 2), 1)", [2, 1, 3]),
        ("o[d] = VECTOR SORT ORDER(INTEGER(v[d] / 2), 0)", [0, 2, 1]),
        ("o[d] = 10 - VECTOR RANK(w[s,d] * 2, -1)", [7, 9, 8]),
        ("o[d] = VECTOR RANK(v[d] + w[n,d], single - 5)", [3, 1, 2]),
        ("o[r,d] = VECTOR RANK(w[r,d] * single, 1)", [1, 3, 2, 1, 3, 2]),
        ("o[n,d] = VECTOR RANK(w[n,d], 1)\n o[s,d] = VECTOR RANK(v[d], 1)", [1, 3, 2, 3, 1, 2]),
        ("o[a] = 5\n o[b] = v[c] * 2\n o[c] = SUM(v[d!])", [5, 4, 6]),
        ("o[r] = SUM(w[r,d!] * k[r,d!])\n k[r,d] = VECTOR RANK(w[r,d], 1)", [22, 37]),
        ("o[r] = FIND MARKET PRICE(w[r,a], prio[a,kind], v[a], prio[a,kind])", None),
        ("o[d] = DEMAND AT PRICE(v[d], prio[d,kind], 4)", [0, 0.5, 2]),
        ("o[d] = SUPPLY AT PRICE(v[d], prio[d,kind], 4)", [3, 0.5, 0]),
        ("o[d] = VECTOR ELM MAP(w[s,a], 2 - d + 1)", [4, 9, 2]),
        ("o[r] = SUM(VECTOR ELM MAP(v[a], at[d!]) * w[r,d!])\n at[d] = d - 1", [14, 23]),
        ("o = VECTOR LOOKUP(v[a], 1.5, 0, 2, 0)", [1.5]),
        ("o[d] = ALLOCATE AVAILABLE(v[d], prio[d,kind], 4.5)", [1.5, 1, 2]),
        ("o[d] = INITIAL(k[d])\n k[d] = VECTOR RANK(v[d] * (1 - Time / 3), 1)", [3, 1, 2]),
    ],
)
def test_a_call_fills_the_labels_of_the_left_hand_side(
    equation: str, wanted: list[float] | None
) -> None:
    results = [simulate(small(HEAD + equation), backend=b) for b in ("interpreted", "native")]
    found = [r["o"].values.reshape(-1, np.prod(r["o"].shape[-1:] or 1)) for r in results]
    assert np.array_equal(found[0], found[1])
    if wanted is not None:
        last = results[0]["o"]
        values = last.isel(time=-1) if "time" in last.dims else last
        assert values.values.ravel() == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("equation", "said"),
    [
        ("o = VECTOR RANK(v[d], 1)", "no range to fill: the left-hand side needs 1 as its last"),
        ("o[a] = VECTOR RANK(v[d], 1)", "no range to fill"),
        ("o[two] = VECTOR RANK(v[d], 1)", "an array of 3 labels for a result of 2"),
        ("o[d] = VECTOR RANK(single, 1)", "a number where it takes an array"),
        ("o[d] = VECTOR RANK(SMOOTH(v[d], 3), 1)", "an argument that uses SMOOTH"),
        ("o[d] = VECTOR RANK(RANDOM 0 1() * v[d], 1)", "an argument that uses RANDOM 0 1"),
        ("o[d] = VECTOR RANK(VECTOR RANK(v[d], 1), 1)", "an argument that uses VECTOR RANK"),
        ("o[d] = VECTOR RANK(v[d])", "gives VECTOR RANK 1 arguments, not 2"),
        ("o[r,d] = INVERT MATRIX(w[r,d], 2)", "an array of 2 by 3 labels for a result of 2 by 3"),
        ("o[d] = ALLOCATE AVAILABLE(v[d], v[d], 3)", "with other subscripts than it has"),
        ("o[d] = ALLOCATE AVAILABLE(v[d], prio[d,middle], 3)", 'the label "middle" to begin with'),
        ("o[d] = ALLOCATE AVAILABLE(v[d], prio[a,kind], 3)", "the profile of one label"),
        ("o = VECTOR LOOKUP(v[b], 1, 0, 2, 0)", 'name an array by its first label, "a"'),
        ("o = VECTOR LOOKUP(2 * v[a], 1, 0, 2, 0)", "an expression where it takes the name"),
        ("o = VECTOR ELM MAP(single, 1)", '"single", which is no array'),
        ("o = VECTOR ELM MAP(v[a] + 1, 1)", "an expression where it takes the name"),
        ("o = GET TIME VALUE(0, 0, 3)", "gives GET TIME VALUE other arguments"),
        ("o[d] :EXCEPT: [a] = VECTOR RANK(v[d], 1)\n o[a] = 1", "with exceptions"),
        ("o[d] = VECTOR RANK(o[d], 1)", "algebraic loop"),
        ("o = SUM(VECTOR RANK(v[d!], 1))", "no range to fill"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_line(equation: str, said: str) -> None:
    message = problem(equation)
    assert said in message
    assert "line" in message


def test_every_wrong_call_of_a_file_is_told_at_once() -> None:
    message = problem("o = VECTOR RANK(v[d], 1)\n q = VECTOR LOOKUP(v[b], 1, 0, 2, 0)")
    assert '"o" gives' in message
    assert '"q" gives' in message


def test_a_result_may_go_round_through_a_stock() -> None:
    model = small(HEAD + "k[d] = VECTOR RANK(q[d], 1)\n q[d] = INTEG(k[d] - 2, v[d])")
    result = simulate(model)
    assert result["k"].values.tolist() == [[3, 1, 2]] * 11
    assert result["q"].values[-1].tolist() == [13, -9, 2]


def test_no_function_of_arrays_is_left_untried() -> None:
    tried = {f for f, known in FUNCTIONS.items() if known.kind == "array"}
    text = Path(__file__).read_text(encoding="utf-8")
    assert not [name for name in tried if f"= {name}(" not in text and f"({name}(" not in text]
