"""Values as plain data: what comes back is what was written, or nothing."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.base.codec import UnfitError, coder, dumps, loads
from simdistrict.base.library import find_model
from simdistrict.exchange.models import read_model_file
from simdistrict.model.expr import MAX_HEIGHT, Binary, Expr, Number
from simdistrict.run.plan import Prepared, lowered
from tests.small import small


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    name: str
    near: Thing | None = None


@dataclass(frozen=True, kw_only=True)
class Base:
    things: tuple[Thing, ...] = ()


class Left(Base):
    pass


class Right(Base):
    pass


@dataclass(frozen=True)
class Whole:
    count: int
    share: float
    exact: bool
    way: Literal["up", "down"]
    parts: Mapping[Thing, Base]
    names: frozenset[str]
    pair: tuple[str, int | None]
    numbers: tuple[float, ...]
    raw: bytes
    where: Path | None = None


def whole(**changes: object) -> Whole:
    a, b = Thing("a"), Thing("b")
    given: dict[str, object] = {
        "count": 3,
        "share": 0.5,
        "exact": True,
        "way": "up",
        "parts": {a: Left(things=(a, b, Thing("a", b))), b: Right()},
        "names": frozenset({"x", "y"}),
        "pair": ("p", None),
        "numbers": tuple(k / 3 for k in range(20)),
        "raw": b"\x00\xff",
        "where": Path("here"),
    }
    return Whole(**{**given, **changes})  # type: ignore[arg-type]


def test_every_kind_of_field_comes_back() -> None:
    value = whole()
    found = loads(Whole, dumps(Whole, value))
    for name in ("count", "share", "exact", "way", "names", "pair", "numbers", "raw", "where"):
        assert getattr(found, name) == getattr(value, name)
    assert [type(part) for part in found.parts.values()] == [Left, Right]
    assert dumps(Whole, found) == dumps(Whole, value)


def test_one_object_stays_one_object() -> None:
    (a, left), (b, _) = loads(Whole, dumps(Whole, whole())).parts.items()
    assert left.things[:2] == (a, b)
    assert left.things[2].near is b
    assert left.things[2] is not a, "of the same name, and another"


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(2**53), 2**53)))
def test_numbers_keep_their_bits_and_their_type(numbers: list[float]) -> None:
    found = loads(tuple[float, ...], dumps(tuple[float, ...], tuple(numbers)))
    assert list(map(type, found)) == list(map(type, numbers))
    assert [struct.pack("d", x) for x in found] == [struct.pack("d", x) for x in numbers]


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 1.0},
        {"count": True},
        {"count": 2**70},
        {"share": "0.5"},
        {"exact": 1},
        {"way": "left"},
        {"names": frozenset({1})},
        {"pair": ("p", 1, 2)},
        {"numbers": [1.0]},
        {"numbers": ("1",)},
        {"raw": "text"},
        {"where": 7},
        {"numbers": None},
        {"names": None},
        {"parts": None},
        {"pair": None},
        {"parts": {Thing("a"): Thing("b")}},
        {"parts": {Left(): Left()}},
        {"count": "\ud800"},
    ],
)
def test_a_value_of_another_type_is_not_written(changes: dict[str, object]) -> None:
    with pytest.raises(UnfitError):
        dumps(Whole, whole(**changes))


def test_annotations_that_data_cannot_hold_are_mistakes() -> None:
    for hint in (object, list[int], int | str, type):
        with pytest.raises(TypeError):
            coder(hint)


def places(data: object) -> list[tuple[int, ...]]:
    """Where anything stands in nested arrays."""
    if not isinstance(data, list):
        return [()]
    return [(), *((k, *rest) for k, item in enumerate(data) for rest in places(item))]


def with_changed(data: object, place: tuple[int, ...], to: object) -> object:
    if not place:
        return to
    assert isinstance(data, list)
    head, *rest = place
    return [with_changed(x, tuple(rest), to) if k == head else x for k, x in enumerate(data)]


def test_forged_data_gives_a_value_of_its_types_or_none() -> None:
    data = msgpack.unpackb(dumps(Whole, whole()))
    refused = 0
    for place in places(data):
        for to in (None, 7, -1, 1e300, math.nan, "x", b"12345678", [], [0], {}, {"a": 1}, True,
                   msgpack.ExtType(5, b"x"), msgpack.Timestamp(1, 2)):  # fmt: skip
            forged = msgpack.packb(with_changed(data, place, to))
            try:
                found = loads(Whole, forged)
            except UnfitError:
                refused += 1
            else:
                dumps(Whole, found)  # every part is of its type
    assert refused > 300


@given(st.binary(max_size=40))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    try:
        found = loads(Expr, data)
    except UnfitError:
        return
    assert isinstance(found, Expr)


@pytest.mark.parametrize(
    "data", [b"\xdd\xff\xff\xff\xff", b"\x91" * 100_000, b"\xdf\xff\xff\xff\xff"]
)
def test_a_small_file_that_claims_much_is_refused_at_once(data: bytes) -> None:
    with pytest.raises(UnfitError):
        loads(Expr, data)


def test_the_deepest_equations_are_kept() -> None:
    expr: Expr = Number(1.0)
    for _ in range(MAX_HEIGHT):
        expr = Binary("-", Number(2.0), expr)
    assert loads(Expr, dumps(Expr, expr)) == expr


@pytest.mark.parametrize("name", ["district", "core"])
def test_a_shipped_model_comes_back_with_its_program(name: str) -> None:
    made = lowered(read_model_file(find_model(name)))
    found = loads(Prepared, dumps(Prepared, made))
    assert found.model == made.model
    layout, before = found.program.layout, made.program.layout
    assert found.program.source == made.program.source
    assert list(layout.slots) == list(before.slots)
    assert list(map(str, layout.internal)) == list(map(str, before.internal))
    assert all(slot.symbol is symbol for symbol, slot in layout.internal.items())
    assert dumps(Prepared, found) == dumps(Prepared, made)


def test_symbols_of_one_name_stay_apart() -> None:
    made = lowered(small("x = DELAY1(Time, 2) + DELAY1(Time, 2)"))
    found = loads(Prepared, dumps(Prepared, made)).program.layout.internal
    assert len(found) == len(made.program.layout.internal) == len(set(map(id, found)))
