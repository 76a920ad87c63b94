"""The compiled subset of Python: what the reader fills in and refuses; twins of primitives."""

from __future__ import annotations

import ast
import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.engine.helpers import curves, primitives
from simdistrict.engine.helpers.primitives import IntTable, Vector, unrolled
from simdistrict.engine.integrators.tableaus import RK4, combine
from simdistrict.engine.native import blocks, code, lookups, maths
from simdistrict.engine.native.module import UntranslatableError
from simdistrict.engine.native.reader import SubsetFunction

LIMIT = 3.5


class Pair(NamedTuple):
    first: int
    factor: float
    table: IntTable
    v: Vector


def read(function: object) -> SubsetFunction:
    reader = code.reader_of(None)
    return reader.definitions[reader.name_of(function)]


def text(definition: SubsetFunction) -> str:
    module = ast.Module(definition.body, [])
    return ast.unparse(ast.fix_missing_locations(module))


def with_a_record(p: Pair, k: int) -> float:
    v = p.v
    return v[p.table[k] + p.first] * p.factor + LIMIT


def test_a_record_becomes_an_argument_per_field() -> None:
    found = read(with_a_record)
    kinds = {"p_first": "int", "p_factor": "common", "p_table": "ints", "p_v": "vector", "k": "int"}
    assert found.takes == kinds
    assert text(found) == "return p_v[p_table[k] + p_first] * p_factor + 3.5"


def with_a_step(v: Vector, work: Vector, h: float) -> None:
    for s in unrolled(1, 3):
        combine(v, 4, work, 2, h, RK4.a[s])


def test_a_step_of_a_method_is_written_out() -> None:
    assert text(read(with_a_step)).splitlines() == [
        "way_1 = h / 2.0",
        "for stock_1 in range(2):",
        "    v[4 + stock_1] = work[stock_1] + way_1 * work[2 + stock_1]",
        "way_2 = h / 2.0",
        "for stock_2 in range(2):",
        "    v[4 + stock_2] = work[stock_2] + way_2 * work[4 + stock_2]",
    ]


def with_capitals(X: float) -> float:  # noqa: N803
    return X + 1.0


def test_the_spelling_of_a_name_says_nothing_of_its_type() -> None:
    assert read(with_capitals).takes == {"X": "float"}


def without_a_type(v, k: int) -> float:  # type: ignore[no-untyped-def]
    return v[k]


def with_a_strange_type(v: Vector, k: str) -> None:
    pass


def with_a_list(v: Vector) -> None:
    v[0] = sum([1.0, 2.0])


def with_a_method(v: Vector) -> None:
    v.sort()


@pytest.mark.parametrize(
    "function", [without_a_type, with_a_strange_type, with_a_list, with_a_method, print]
)
def test_what_is_not_declared_or_not_in_the_subset_is_refused(function: object) -> None:
    with pytest.raises(UntranslatableError):
        read(function)


@given(st.lists(st.floats(), max_size=23))
def test_compiled_blocks_do_what_the_primitives_do(numbers: list[float]) -> None:
    count = len(numbers)
    one, other = [0.5] * (count + 4), [0.5] * (count + 4)
    primitives.copy(one, 2, numbers, 0, count)
    blocks.copy(other, 2, numbers, 0, count)
    assert list(map(repr, one)) == list(map(repr, other))
    for total in (primitives.total, blocks.total):
        found = total(numbers, 0, count)
        assert math.isfinite(found) <= all(map(math.isfinite, numbers))
    assert blocks.total([1.0, 2.0, 4.0, 8.0, 16.0, 32.0], 1, 5) == 62.0


@given(
    st.lists(st.integers(-20, 60), min_size=2, max_size=2 * lookups.FEW, unique=True),
    st.floats(-7, 17),
)
def test_compiled_lookups_do_what_cpython_does(points: list[int], x: float) -> None:
    count = len(points)
    v = [0.0, *(p / 4 for p in sorted(points)), *map(math.sin, points), *[0.0] * count]
    curves.slopes(v, 1, count)
    wanted = curves.lookup(v, 1, count, x)
    assert lookups.lookup_alone(v, 1, count, x) == wanted
    assert lookups.lookup_in_lanes(v, 1, count, x) == wanted


@given(st.floats(1e-3, 1e3), st.floats(-20, 20))
def test_powers_by_series_are_those_of_the_c_library(x: float, y: float) -> None:
    assert maths.lane_pow(x, y) == math.pow(x, y)
    assert math.isclose(maths.fast_pow(x, y), math.pow(x, y), rel_tol=3e-16)
