"""Units of equations: what balances, and how an imbalance is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.base.errors import ModelError
from simdistrict.behaviour import check_behaviour
from simdistrict.behaviour.checks import check_model
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.model.balance import imbalances
from simdistrict.model.model import Model
from simdistrict.model.units import Units
from tests.small import mdl


def model(*blocks: str) -> Model:
    return read_mdl_text(mdl("\n".join(f"{b} ~ A test. |" for b in blocks)), "model")


BALANCED = [
    ("stock = INTEG(flow, 100) ~ su", "flow = stock / life ~ su/Year", "life = 4 ~ Year"),
    ("a = 3 ~ EUR/(su*Year)", "b = 2 ~ su * Year", "c = a * b ~ EUR"),
    ("a = 3 ~ Year", "b = EXP(-Time / a) ~ Dmnl"),
    ("a = 3 ~ m^2", "b = SQRT(a) ~ m"),
    ("a = 3 ~ m", "b = a ^ 2 ~ m*m"),
    ("a = 3 ~ su", "b = IF THEN ELSE(a > 0, a, 0) ~ su"),
    ("a = 3 ~ su", "b = SMOOTH3(a, 4) ~ su", "c = DELAY1I(a, 2, 5) ~ su"),
    ("a = 3 ~ su/Year", "b = RAMP(a, 1, 4) ~ su", "c = STEP(a, 3) ~ su/Year"),
    ("a = 3 ~ su", "b = 4 ~ Year", "c = ZIDZ(a, b) ~ su/Year", "d = XIDZ(a, b, c) ~ su/Year"),
    ("a = 3 ~ Years", "b = a + Time ~ year"),
    ("a = 3 ~ su", "b = a + x ~ su", "x = 3 ~ "),
    ("a((0,0),(1,1)) ~ su", "b = a(Time) ~ su"),
    (
        *(ARRAY := ("d : x, y ~ ~", "v[d] = 3, 1 ~ su", "p[d] = 2, 1 ~ EUR/su", "w = 2 ~ su")),
        "a[d] = VECTOR RANK(v[d], 1) ~ Dmnl",
        "b[d] = VECTOR REORDER(v[d], VECTOR SORT ORDER(v[d], 1)) ~ su",
        "c[d] = ALLOCATE BY PRIORITY(v[d], p[d], 2, 3, w) ~ su",
        "e[d] = ALLOCATE AVAILABLE(v[d], p[d], w) ~ su",
        "f = FIND MARKET PRICE(v[x], p[x], v[x], p[x]) ~ EUR/su",
        "g[d] = DEMAND AT PRICE(v[d], p[d], f) ~ su",
        "h[d] = SUPPLY AT PRICE(v[d], p[d], f) ~ su",
        "i[d] = VECTOR ELM MAP(v[x], d - 1) ~ su",
    ),
    (
        *ARRAY,
        "t = 3 ~ Year",
        "a = VECTOR LOOKUP(v[x], t, 0, 5, 0) ~ su",
        "b = VECTOR LOOKUP(v[x], t, 0, 5, 1) ~ su*Year",
        "c = VECTOR LOOKUP(v[x], w, 0, t, 5) ~ Year",
        "e = VECTOR LOOKUP(v[x], t, 0, 5, 9) ~ su/Year",
        "look((0,0),(1,1)) ~ su",
        "f = LOOKUP AREA(look, t, 5) ~ su*Year",
        "g = LOOKUP SLOPE(look, t, 0) ~ su",
        "h = GET TIME VALUE(0, t, 0) ~ EUR",
        "i = DELAY MATERIAL(w, t, 3, w) ~ su",
        "j = DELAY INFORMATION(w, 4, w) + DELAY FIXED(w, t, 0) + DELAY N(w, t, w, 3) ~ su",
        "k = DEPRECIATE STRAIGHTLINE(w, t, 1, 4) ~ su",
    ),
    ("a = INITIAL(b) ~ su", "b = 3 ~ su", "c = SAMPLE IF TRUE(b > a, b, 7) ~ su"),
]
UNBALANCED = [
    (("a = 3 ~ su", "b = 4 ~ EUR", "c = a + b ~ su"), "c", "su", "EUR"),
    (("a = 3 ~ su", "c = a ~ EUR"), "c", "EUR", "su"),
    (("s = INTEG(f, 1) ~ su", "f = 2 ~ su"), "s", "su", "Year*su"),
    (("a = 3 ~ su", "b = EXP(a) ~ Dmnl"), "b", "Dmnl", "su"),
    (("a = 3 ~ Dmnl", "b = 2 ~ EUR", "c = a ^ b ~ Dmnl"), "c", "Dmnl", "EUR"),
    (("a = 3 ~ su", "b = 4 ~ EUR", "c = MAX(a, b) ~ su"), "c", "su", "EUR"),
    (("a = 3 ~ su", "c = a + 1 ~ su"), "c", "su", "Dmnl"),
    (("a = 3 ~ su", "d = 4 ~ EUR", "c = SMOOTH(a, d) ~ su"), "c", "Year", "EUR"),
    ((*ARRAY, "t = 2 ~ EUR", "e[d] = ALLOCATE AVAILABLE(v[d], p[d], t) ~ su"), "e", "su", "EUR"),
    ((*ARRAY, "i[d] = VECTOR ELM MAP(v[x], w) ~ su"), "i", "Dmnl", "su"),
    ((*ARRAY, "a[d] = VECTOR RANK(v[d], 1) ~ su"), "a", "su", "Dmnl"),
    ((*ARRAY, "t = 3 ~ Year", "b = VECTOR LOOKUP(v[x], t, 0, 5, 1) ~ su"), "b", "su", "Year*su"),
    ((*ARRAY, "c = VECTOR LOOKUP(v[x], Time, 0, 5, 5) ~ Dmnl"), "c", "su", "Year"),
    ((*ARRAY, "i = DELAY MATERIAL(w, w, 3, w) ~ su"), "i", "Year", "su"),
    ((*ARRAY, "t = 1 ~ EUR", "i = DELAY INFORMATION(w, 4, t) ~ su"), "i", "su", "EUR"),
    (("look((0,0),(1,1)) ~ su", "f = LOOKUP AREA(look, Time, 5) ~ su"), "f", "su", "Year*su"),
    (("a = 3 ~ Month", "b = a + Time ~ Month"), "b", "Month", "Year"),
]


@pytest.mark.parametrize("blocks", BALANCED)
def test_balanced(blocks: tuple[str, ...]) -> None:
    assert imbalances(model(*blocks)) == []


@pytest.mark.parametrize(("blocks", "element", "left", "right"), UNBALANCED)
def test_unbalanced_names_element_and_both_units(
    blocks: tuple[str, ...], element: str, left: str, right: str
) -> None:
    found = imbalances(model(*blocks))
    assert [(f.element, f.left, f.right) for f in found] == [(element, left, right)]


CONTROL_UNITS = """{UTF-8}
s = INTEG(1, 0) ~ ~ |
INITIAL TIME = 2000 ~ Year ~ |
FINAL TIME = last ~ Years ~ |
last = 2010 ~ Year ~ |
TIME STEP = 1 ~ STEP_UNIT ~ |
SAVEPER = TIME STEP ~ SAVE_UNIT ~ |
"""


@pytest.mark.parametrize(
    ("step", "save", "wrong"),
    [
        ("Year", "year", []),
        ("", "Year", []),
        ("Month", "Month", ["TIME STEP", "SAVEPER"]),
        ("Year", "Quarter", ["SAVEPER", "SAVEPER"]),
        ("Dmnl", "Dmnl", ["TIME STEP", "SAVEPER"]),
    ],
)
def test_control_elements_share_one_unit(step: str, save: str, wrong: list[str]) -> None:
    text = CONTROL_UNITS.replace("STEP_UNIT", step).replace("SAVE_UNIT", save)
    read = read_mdl_text(text, "model")
    assert sorted(f.element for f in imbalances(read)) == sorted(wrong)
    # checks that run the model in other units leave its time grid alone
    assert not [f for f in check_behaviour(read) if f.check == "unit-of-account"]


def test_a_run_whose_length_depends_on_money_is_a_finding() -> None:
    text = CONTROL_UNITS.replace("STEP_UNIT", "Year").replace("SAVE_UNIT", "Year")
    text = text.replace("last = 2010 ~ Year", "last = 1990 + money ~ Year ~ |\nmoney = 20 ~ EUR")
    found = check_behaviour(read_mdl_text(text, "model"), None, ["unit-of-account"])
    assert [f.element for f in found] == ["FINAL TIME"]


@pytest.mark.parametrize("unit", ["EUR/(su", "*su", "su^x", "5*su", "su)", "^", "su//Year"])
def test_unreadable_unit_is_a_finding_and_no_crash(unit: str) -> None:
    [found] = imbalances(model(f"a = 3 ~ {unit}"))
    assert "unit" in found.what


def test_checks_by_name_and_strict() -> None:
    read = model("a = 3 ~ su", "b = a ~ EUR", "c = 2 ~ ")
    by_check = {f.check for f in check_model(read)}
    assert by_check == {"units", "missing-units", "unused"}
    assert [f.check for f in check_model(read, only=["units"])] == ["units"]
    hard = check_model(read, only=["missing-units"], strict=["missing-units"])
    assert {f.severity for f in hard} == {"error"}
    with pytest.raises(ModelError, match="missing-units"):
        check_model(read, only=["missing-unit"])


names = st.sampled_from(["su", "EUR", "Year", "person", "Hour"])


@given(st.lists(st.tuples(names, st.integers(-3, 3).filter(bool)), max_size=5))
def test_text_of_a_unit_reads_back_as_the_unit(powers: list[tuple[str, int]]) -> None:
    units = Units()
    unit = units.none
    for name, power in powers:
        unit = unit * units.base(name) ** power
    assert units.parse(units.text(unit)) == unit
