"""Vensim unit text as UDUNITS text; the UDUNITS library itself is the judge."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.result.udunits import udunits


@pytest.mark.parametrize(
    ("vensim", "expected"),
    [
        ("", "1"),
        ("Dmnl", "1"),
        ("EUR/(su*Year)", "year-1"),
        ("Year", "year"),
        ("Months", "month"),
        ("1/(Year*Year)", "year-2"),
        ("Year*Year/Year/Year", "1"),
        ("kg*m/s/s", "kg m s-2"),
        ("tonnes/Year", "t year-1"),
        ("metric tons", "t"),
        ("Person*Hours/Week", "hour week-1"),
        ("$/yr", "year-1"),
        ("m^(-2)", "m-2"),
        ("m**2", "m2"),
        ("square meters", "m2"),
        ("kWh/Year", "kW h year-1"),
        ("1/Quarter", "(3 month)-1"),
        ("1000*kg", "(1000) kg"),
        ("MW", "MW"),
        ("Degrees Fahrenheit/Minute", "degF minute-1"),
        ("Year*percent", "year %"),
        ("Widgets/Month [0,100]", "month-1"),
    ],
)
def test_known_units_keep_their_exponents(vensim: str, expected: str) -> None:
    assert udunits(vensim) == expected


@pytest.mark.parametrize(
    "garbage", ["((", ")", "*", "a/", "/Year", "Year^", "Year^x", "kg^0.5", "^^", "½", "Year^99"]
)
def test_garbage_counts_as_one(garbage: str) -> None:
    assert udunits(garbage) == "1"


def test_deep_parentheses_count_as_one() -> None:
    assert udunits("(" * 100_000) == "1"


_WORDS = st.sampled_from(
    "Year Months EUR su kg m t Hours Quarter 1 1000 % ppm TWh km2 Dmnl $ degC".split()
)
_UNITS = st.recursive(
    _WORDS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("*/"), inner).map("".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"({text})^2"),
    ),
    max_leaves=6,
)


@settings(deadline=None)  # the first example loads the library
@given(st.one_of(_UNITS, st.text(max_size=20)))
def test_every_answer_is_accepted_by_the_udunits_library(text: str) -> None:
    cf_units = pytest.importorskip("cf_units", reason="cf-units comes with compliance-checker")
    cf_units.Unit(udunits(text))
    assert udunits(text).isascii()
