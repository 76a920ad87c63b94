"""Equations of thousands of terms, and equations that nest: read, run on both backends, written."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import ModelError
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.mdl.writing import model_text
from simdistrict.exchange.sketch.content import dependencies
from simdistrict.exchange.text.grammar import parse
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.exchange.xmile.writer import xmile_text
from simdistrict.model.balance import imbalances
from simdistrict.model.expr import LONG, Binary, Chain, Expr, Number, Ref, height, joined
from simdistrict.model.model import Auxiliary, Constant, Equation, Model, Stock
from simdistrict.run.simulate import simulate
from tests.small import small

MANY, SOME = 10_000, 3_000
LONG_ONES = {
    "sum": (" + ".join(["x"] * MANY), lambda x: MANY * x),
    "signs": ("x" + " - 2 * x + x" * SOME, lambda x: x - SOME * x),
    "product": (" * ".join(["x / x"] * SOME), lambda x: 1.0),
    "or": (
        "IF THEN ELSE(" + " :OR: ".join(f"x = {k}" for k in range(SOME)) + ", 1, 0)",
        lambda x: 1.0,
    ),
    "and": (
        "IF THEN ELSE(" + " :AND: ".join(f"x > -{k}" for k in range(1, SOME)) + ", 1, 0)",
        lambda x: 1.0,
    ),
}
DEEP_ONES = {
    "ifs": "".join(f"IF THEN ELSE(x > {k}, " for k in range(140)) + "x" + ", 7)" * 140,
    "calls": "MAX(x / 2, " * 140 + "x" + ")" * 140,
    "conditions": "IF THEN ELSE(" * 70 + "x > 3" + ", x, 0)" * 70,
    "powers": "(1 / " * 70 + "x" + " + 0.5)" * 70,
    "signs": "-(" * 140 + "x" + ")" * 140,
}


@pytest.mark.parametrize("backend", ["interpreted", "native"])
@pytest.mark.parametrize("name", LONG_ONES)
def test_thousands_of_terms_are_run(name: str, backend: str) -> None:
    text, meaning = LONG_ONES[name]
    model = small(f"x = Time + 1\ny = {text}", stop=2)
    result = simulate(model, backend=backend, integrator="rk4")
    assert result["y"].values == pytest.approx([meaning(x) for x in (1.0, 2.0, 3.0)])
    assert not [found for found in imbalances(model) if found.element == "y"]
    assert dependencies(model, model["y"]) == {"x": False}


@pytest.mark.parametrize("name", LONG_ONES)
def test_thousands_of_terms_are_written_and_read(name: str) -> None:
    text, _ = LONG_ONES[name]
    model = small(f"x = Time + 1\ny = {text}", stop=2)
    again = read_mdl_text(model_text(model), "small")
    assert again["y"].equations[0].expression == model["y"].equations[0].expression
    assert pickle.loads(pickle.dumps(model)) == model
    assert len(model.sha256) == 64
    if len(text) < 100_000:
        xmile = read_xmile_text(xmile_text(model), "small")
        assert (simulate(xmile)["y"].values == simulate(model)["y"].values).all()


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
@pytest.mark.parametrize("name", DEEP_ONES)
def test_what_nests_has_the_same_bits_on_both_backends(name: str, integrator: str) -> None:
    model = small(f"x = Time + 1\ny = {DEEP_ONES[name]}", stop=200)
    ours, compiled = (
        simulate(model, backend=b, integrator=integrator) for b in ("interpreted", "native")
    )
    assert np.array_equal(ours["y"].values, compiled["y"].values)
    again = read_mdl_text(model_text(model), "small")
    assert again["y"].equations[0].expression == model["y"].equations[0].expression


def test_what_is_sampled_by_thousands_of_terms_has_margins() -> None:
    condition = " :OR: ".join(f"x > {k}.5" for k in range(4, 1000))
    model = small(f"x = Time + 1\ny = SAMPLE IF TRUE({condition}, x, 0)\nz = INTEG(y, 0)", stop=5)
    result = simulate(model, integrator="adaptive")
    assert result["y"].values.tolist() == [0, 0, 0, 0, 5, 6]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "MAX(1, " * 10_000 + "x" + ")" * 10_000,
        "-" * 10_000 + "x",
        "^".join(["x"] * 10_000),
        ":NOT: " * 10_000 + "x",
        "((" * 10_000,
    ],
    ids=["parentheses", "calls", "signs", "powers", "not", "open"],
)
def test_what_nests_beyond_measure_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ModelError, match=r"small.mdl:4 \|.*nests too deeply"):
        small(f"x = Time + 1\ny = {text}")


def test_a_model_built_in_python_says_what_nests() -> None:
    tower: Expr = Ref("time")
    for _ in range(10_000):
        tower = Binary("+", tower, Number(1.0))
    with pytest.raises(ModelError, match='"tall" nests more than') as error:
        Model("high", (Auxiliary(name="tall", equations=(Equation(tower),)),))
    assert "joined" in str(error.value)


def test_long_sums_of_a_model_built_in_python_run() -> None:
    total = joined(["+"] * MANY, [Ref("time"), *[Number(1.0)] * MANY])
    control = {"INITIAL TIME": 0.0, "FINAL TIME": 2.0, "TIME STEP": 1.0, "SAVEPER": 1.0}
    elements = [Constant(name=n, equations=(Equation(Number(v)),)) for n, v in control.items()]
    elements.append(Stock(name="wide", equations=(Equation(total, Number(0.0)),)))
    model = Model("wide", tuple(elements))
    assert simulate(model)["wide"].values.tolist() == [0, MANY, 2 * MANY + 1]


def test_a_chain_begins_at_one_length_only() -> None:
    short, long = (parse(" + ".join(["x"] * n)) for n in (LONG - 1, LONG))
    assert isinstance(short, Binary)
    assert isinstance(long, Chain)
    assert height(short) == LONG - 1
    assert height(long) == 2
    # a product in a sum is a term of its own
    mixed = parse("a * b" + " + c" * LONG + " - d / e")
    assert isinstance(mixed, Chain)
    assert mixed.terms[0] == parse("a * b")
    assert mixed.terms[-1] == parse("d / e")
    assert parse("(" + " + ".join(["x"] * LONG) + ") + y") == Binary("+", long, Ref("y"))


def test_a_stock_finds_its_flows_in_a_long_sum(tmp_path: Path) -> None:
    flows = [f"f{k}" for k in range(LONG)]
    text = "\n".join(f"{name} = Time" for name in flows)
    model = small(f"{text}\ns = INTEG({' - '.join(flows)}, 0)")
    assert all(model[name].kind == "flow" for name in flows)
