"""Unit texts as factors: what results and the check of units both read."""

from __future__ import annotations

import pytest

from simdistrict.model.unit_text import factors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EUR/(su*Year)", [("EUR", 1), ("su", -1), ("Year", -1)]),
        ("(a/b)^2", [("a", 2), ("b", -2)]),
        ("m**-2", [("m", -2)]),
        ("m^(-0.5)", [("m", -0.5)]),
        ("a/b/(c/d)", [("a", 1), ("b", -1), ("c", -1), ("d", 1)]),
        ("1e3*metric ton", [("1e3", 1), ("metric ton", 1)]),
    ],
)
def test_factors_have_the_powers_of_algebra(text: str, expected: list[tuple[str, float]]) -> None:
    assert factors(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a/", 'the unit "a/" cannot be read at "its end"'),
        ("a)", 'the unit "a)" cannot be read at ")"'),
        ("(a", 'the unit "(a" has an open parenthesis'),
        ("a^(2", 'the unit "a^(2" has an open parenthesis'),
        ("a^x", 'the unit "a^x" has the exponent "x", which is no number'),
        ("(" * 999, "the unit is longer than any unit can be"),
    ],
)
def test_text_that_is_no_unit_is_reported_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="unit") as error:
        factors(text)
    assert str(error.value) == said
