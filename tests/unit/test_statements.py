"""Files of statements: what they say, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.calibration.statements import (
    Statement,
    read_statements,
    statements_from_text,
)
from simdistrict.inference.statements import StatementLikelihood
from tests.small import small

MODEL = small("a = 1\nb = 2\nc = 3\ntable((0,0),(1,1))")
HEAD = "statement,kind,elements,year,value,relative_to,trust,source\n"


def one(text: str) -> Statement:
    return statements_from_text(HEAD + text + "\n", MODEL).rows[0]


def agreement(text: str, *numbers: list[float]) -> list[bool]:
    row = one(text)
    return list(StatementLikelihood((row,), (True,), (True,)).agreement(np.array(numbers))[:, 0])


def test_a_statement_is_read() -> None:
    row = one("large first,order,a; B,5,,2,0.8,a book")
    assert row == Statement(
        "large first",
        "order",
        (("a", "a", 0), ("b", "b", 0)),
        5.0,
        relative_to=2.0,
        trust=0.8,
        source="a book",
        line=2,
    )
    assert [s.relative_to for s in row.series] == [2, 2]
    assert one("x,sign,a,5,-,,,").trust == 0.9


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "statements.csv"
    path.write_text(HEAD + "x,sign,a,5,+,,,\ny,sign,a,6,+,,,\n")
    found = read_statements(path, MODEL)
    assert [row.name for row in found.rows] == ["x", "y"]
    assert [row.name for row in found.counting(5)] == ["x"]
    assert len(found.sha256) == 64


def test_an_order_is_strict() -> None:
    text = "x,order,a; b; c,5,,,,"
    found = agreement(text, [3, 2, 1], [3, 3, 1], [1, 2, 3], [3, np.nan, 1])
    assert found == [True, False, False, False]


def test_a_rank_counts_what_is_larger() -> None:
    text = "x,rank,a; b; c,5,2,,,"
    found = agreement(text, [2, 3, 1], [3, 2, 1], [1, 2, 3], [2, 2, 3], [2, np.nan, 3])
    assert found == [True, False, False, True, False]


def test_a_sign_is_of_the_value_or_of_its_change() -> None:
    assert agreement("x,sign,a,5,+,,,", [1], [0], [-1]) == [True, False, False]
    assert agreement("x,sign,a,5,-,2,,", [1, 2], [2, 2], [-1, -2]) == [True, False, False]


def test_a_range_has_its_ends() -> None:
    assert agreement("x,between,a,5,1..2,,,", [0.9], [1], [2], [2.1]) == [False, True, True, False]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (",sign,a,5,+,,,", "the statement has no name"),
        ("x,rang,a,5,+,,,", 'there is no kind "rang"\n.*rank'),
        ("x,sign,a; b,5,+,,,", "sign compares one with a number"),
        ("x,rank,a,5,1,,,", "rank compares two or more"),
        ("x,rank,a; b,5,3,,,", '"3" is no rank\n.*from 1 .* to 2'),
        ("x,rank,a; b,5,,,,", '"" is no rank'),
        ("x,order,a; a,5,,,,", "names one twice"),
        ("x,order,a; b,5,3,,,", '"3" says nothing in a statement of an order'),
        ("x,sign,a,5,up,,,", '"up" is no sign\n.*write \\+ or -'),
        ("x,between,a,5,2..1,,,", "encloses nothing"),
        ("x,between,a,5,2,,,", "a number is missing"),
        ("x,sign,a,5,+,5,,", "5 is the year of the statement"),
        ("x,sign,a,5,+,,0.4,", "0.4 is not above 0.5"),
        ("x,sign,aa,5,+,,,", 'no element called "aa"'),
        ("x,sign,a,soon,+,,,", '"soon" is not a number'),
    ],
)
def test_a_faulty_statement_is_an_error(row: str, what: str) -> None:
    with pytest.raises(ScenarioError, match=f"statements:2 .*{what}"):
        one(row)


def test_a_statement_may_stand_once_only() -> None:
    with pytest.raises(ScenarioError, match='statement "x" in line 2 too'):
        statements_from_text(HEAD + "x,sign,a,5,+,,,\nx,sign,b,5,+,,,\n", MODEL)
    with pytest.raises(ScenarioError, match="has no rows"):
        statements_from_text(HEAD, MODEL)
    with pytest.raises(ScenarioError, match='the column "year" is missing'):
        statements_from_text("statement,kind,elements\n", MODEL)
