"""The coefficients of every Runge-Kutta method against its order conditions, in exact fractions.

The conditions are those of rooted trees (Hairer, Norsett and Wanner, Solving Ordinary Differential
Equations I, chapter II.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from simdistrict.engine.integrators.tableaus import (
    BOGACKI_SHAMPINE,
    DORMAND_PRINCE,
    EULER,
    RK4,
    Tableau,
    Weights,
    combine,
    weighted,
)

# a tree is the tuple of the trees that grow from its root
Tree = tuple["Tree", ...]
METHODS = {
    "euler": EULER,
    "rk4": RK4,
    "dormand_prince": DORMAND_PRINCE,
    "bogacki_shampine": BOGACKI_SHAMPINE,
}
EMBEDDED = {name: method for name, method in METHODS.items() if method.embedded}


def trees(order: int) -> list[Tree]:
    """All rooted trees of that order."""
    found: set[Tree] = set()

    def grow(left: int, children: Tree) -> None:
        if left == 0:
            found.add(tuple(sorted(children)))
        for size in range(1, left + 1):
            for child in trees(size):
                grow(left - size, (*children, child))

    grow(order - 1, ())
    return sorted(found)


def size(tree: Tree) -> int:
    return 1 + sum(map(size, tree))


def density(tree: Tree) -> int:
    product = size(tree)
    for child in tree:
        product *= density(child)
    return product


def fractions(text: str) -> list[Fraction]:
    return [Fraction(f"1{word}" if word.startswith("/") else word) for word in text.split()]


def exact(row: Weights) -> list[Fraction]:
    return [Fraction(row.factor) * weight for weight in fractions(row.text.replace("|", " "))]


def padded(row: Weights, count: int) -> list[Fraction]:
    found = exact(row)
    return [*found, *[Fraction(0)] * (count - len(found))]


def elementary(method: Tableau, tree: Tree) -> list[Fraction]:
    """The elementary weight of a tree at each stage."""
    found = [Fraction(1)] * method.stages
    for child in tree:
        inner = elementary(method, child)
        for i, row in enumerate(method.a):
            found[i] *= sum((a * x for a, x in zip(exact(row), inner, strict=False)), Fraction(0))
    return found


def moment(method: Tableau, weights: Sequence[Fraction], tree: Tree) -> Fraction:
    pairs = zip(weights, elementary(method, tree), strict=True)
    return sum((b * x for b, x in pairs), Fraction(0))


def order(method: Tableau, weights: Sequence[Fraction]) -> int:
    """The highest order whose conditions the weights meet."""
    p = 0
    while all(moment(method, weights, tree) == Fraction(1, density(tree)) for tree in trees(p + 1)):
        p += 1
    return p


def test_there_are_as_many_trees_as_the_literature_counts() -> None:
    assert [len(trees(k)) for k in range(1, 7)] == [1, 1, 2, 4, 9, 20]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_its_order(name: str) -> None:
    method = METHODS[name]
    assert order(method, padded(method.b, method.stages)) == method.order


@pytest.mark.parametrize("name", METHODS)
def test_the_rows_of_a_method_sum_to_its_times(name: str) -> None:
    method = METHODS[name]
    assert [sum(exact(row), Fraction(0)) for row in method.a] == fractions(method.c)
    assert all(len(exact(row)) <= k for k, row in enumerate(method.a))


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_error_is_the_difference_to_a_method_of_the_embedded_order(name: str) -> None:
    method = EMBEDDED[name]
    step, error = (padded(row, method.stages) for row in (method.b, method.error))
    # scipy and the authors take the difference with either sign
    orders = {
        order(method, [b + sign * e for b, e in zip(step, error, strict=True)]) for sign in (1, -1)
    }
    assert method.embedded in orders


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_last_stage_is_the_end_of_the_step(name: str) -> None:
    method = EMBEDDED[name]
    assert method.a[-1] == method.b
    assert method.times[-1] == 1.0


def test_the_interpolant_has_order_four_at_every_share_of_a_step() -> None:
    method = DORMAND_PRINCE
    polynomials = [fractions(text) for text in method.dense]
    for k in range(1, 5):
        for tree in trees(k):
            # a polynomial in the share of the step, compared power by power
            found = [moment(method, column, tree) for column in zip(*polynomials, strict=True)]
            wanted = [Fraction(0)] * len(found)
            wanted[k - 1] = Fraction(1, density(tree))
            assert found == wanted
    end = [sum(polynomial, Fraction(0)) for polynomial in polynomials]
    assert end == padded(method.b, method.stages)


@pytest.mark.parametrize("name", METHODS)
def test_the_floats_of_a_row_are_its_fractions(name: str) -> None:
    method = METHODS[name]
    for row in (*method.a, method.b, method.error):
        floats = {k: weight / over for group in row.groups for k, weight, over in group}
        for k, weight in enumerate(exact(row)):
            assert floats.get(k, 0.0) * row.times / row.over == pytest.approx(float(weight), 1e-15)


@pytest.mark.parametrize("name", METHODS)
def test_only_errors_are_sums_of_divided_slopes(name: str) -> None:
    method = METHODS[name]
    rows = (*method.a, method.b)
    assert {over for row in rows for group in row.groups for _, _, over in group} == {1.0}


@pytest.mark.parametrize("name", METHODS)
def test_block_by_block_and_stock_by_stock_give_the_same_bits(name: str) -> None:
    method, n, h = METHODS[name], 3, 0.3
    work = [((7 * k + 3) % 11) / 7 for k in range((method.stages + 1) * n)]
    for row in (*method.a[1:], method.b):
        v = [0.0] * (n + 1)
        combine(v, 1, work, n, h, row)
        way = row.times * h / row.over
        assert v[1:] == [work[k] + way * weighted(row, work, n, k) for k in range(n)]
