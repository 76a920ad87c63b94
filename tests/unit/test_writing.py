"""Models written as .mdl files and read back: equal, with equal results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from simdistrict.base.errors import ModelError, SimdistrictError
from simdistrict.exchange.mdl.reader import read_mdl, read_mdl_text
from simdistrict.exchange.mdl.writing import model_text, wrapped
from simdistrict.exchange.models import write_model
from simdistrict.model.expr import Array, Binary, Number, Ref
from simdistrict.model.model import Auxiliary, Constant, Dimension, Equation, Model, Range
from simdistrict.run.simulate import simulate
from tests.models import models
from tests.small import mdl, small

ROOT = Path(__file__).resolve().parents[2]
OWN = sorted(p for d in ("models", "tests", "example") for p in (ROOT / d).rglob("*.mdl"))


def content(model: Model) -> object:
    """The content of a model without line numbers."""
    elements = [replace(e, equations=tuple(replace(q, line=0) for q in e.equations)) for e in model]
    elements = sorted(elements, key=lambda e: bool(e.group))
    kinds = [e.kind for e in elements]
    return kinds, elements, model.dimensions, model.integrator, model.unit_synonyms


# no shrinking: it takes minutes for a model, and the seed is fixed
@given(models())
@settings(max_examples=8, phases=[Phase.generate])
def test_random_model_round_trips_with_equal_results(model: Model) -> None:
    text = model_text(model, layout=False)
    again = read_mdl_text(text, "random")
    assert content(again) == content(model)
    assert model_text(again, layout=False) == text
    with np.errstate(all="ignore"):
        first, second = simulate(model), simulate(again)
    for name in first.data_vars:
        numeric = first[name].dtype.kind == "f"
        assert np.array_equal(first[name], second[name], equal_nan=numeric), name


@given(models())
@settings(max_examples=2, phases=[Phase.generate])
def test_views_do_not_change_the_model(model: Model) -> None:
    text = model_text(model, effort=0.02)
    assert content(read_mdl_text(text, "random")) == content(model)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_shipped_models_round_trip(path: Path) -> None:
    model = read_mdl(path)
    text = model_text(model, layout=False)
    again = read_mdl_text(text, model.name, str(path))
    assert content(again) == content(model)
    assert model_text(again, layout=False) == text


def test_change_in_python_changes_only_its_lines(tmp_path: Path) -> None:
    text = mdl(
        """
        r : n, s
        rate = 0.1 {a comment} ~ 1/Year [0,1] ~ How fast. ~ :SUPPLEMENTARY |
        size[r] = 1, 2 ~ m ~ Sizes. |
        level = INTEG(rate, 5) ~ m ~ A stock. |
        gone = rate * 2"""
    )
    model = read_mdl_text(text, "m")
    assert model_of(model, tmp_path) == text
    rate, size, level = model["rate"], model["size"], model["level"]
    new = {
        "rate": replace(rate, equations=(replace(rate.equations[0], expression=Number(0.2)),)),
        "size": replace(size, units="km", range=Range(0, None)),
        "level": replace(
            level,
            equations=(
                replace(level.equations[0], expression=Binary("*", Ref("rate"), Ref("one"))),
            ),
        ),
        "gone": None,
    }
    one = Constant(name="one", equations=(Equation(Number(1.0)),), documentation="New.")
    elements = [new.get(e.name, e) for e in model]
    changed = replace(model, elements=(*(e for e in elements if e), one))
    written = model_of(changed, tmp_path)
    expected = text.replace("= 0.1 {a", "= 0.2 {a").replace("~ m ~ Sizes", "~ km [0,?] ~ Sizes")
    expected = expected.replace("INTEG(rate, 5)", "INTEG(rate * one, 5)")
    expected = expected.replace("gone = rate * 2 ~ Dmnl ~ A test. |\n\n", "")
    expected = expected.replace("r : n", "one=\n\t1\n\t~\t\n\t~\tNew.\n\t|\n\nr : n")
    assert written == expected


def model_of(model: Model, folder: Path) -> str:
    """The text from `write_model`."""
    write_model(model, folder / "out.mdl", force=True)
    return (folder / "out.mdl").read_text(encoding="utf-8")


def test_existing_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out.mdl").write_text("mine")
    with pytest.raises(SimdistrictError):
        write_model(small("a = 1"), tmp_path / "out.mdl")
    assert (tmp_path / "out.mdl").read_text() == "mine"


def test_all_that_mdl_cannot_hold_is_reported() -> None:
    control = small("x = 1").elements[1:]

    def constant(name: str, value: float = 1.0, **more: str) -> Constant:
        return Constant(name=name, equations=(Equation(Number(value)),), **more)  # type: ignore[arg-type]

    wrong = (
        constant("a", documentation="a | b"),
        constant("b", float("inf")),
        constant("A"),
        constant("new\nline"),
        constant("c", units="m [0,1]"),
    )
    with pytest.raises(ModelError) as caught:
        model_text(Model("m", (*wrong, *control)))
    message = str(caught.value)
    for part in (
        "has | or ~",
        "not finite",
        'the element "A" has the same name',
        "cannot be a name",
        "has [",
    ):
        assert part in message
    with pytest.raises(ModelError, match="no FINAL TIME"):
        model_text(Model("m", (constant("a"),)))


def test_three_dimensional_array_is_written_as_matrices() -> None:
    dimensions = tuple(Dimension(name, (f"{name}1", f"{name}2")) for name in "pqr")
    values = tuple(float(k) for k in range(8))
    equation = Equation(Array(values, (2, 2, 2)), None, ("p", "q", "r"))
    cube = Constant(name="cube", equations=(equation,), dims=("p", "q", "r"))
    total = Auxiliary(name="x", equations=(Equation(Ref("cube", ("p2", "q1", "r2"))),))
    control = small("x = 1").elements[1:]
    text = model_text(Model("m", (cube, total, *control), dimensions), layout=False)
    assert "cube[p2,q,r]=\n\t4, 5;\n\t6, 7;" in text
    assert np.all(simulate(read_mdl_text(text, "m"))["x"] == 5)


def test_long_equation_is_broken_after_signs() -> None:
    text = " + ".join(["a name of some words"] * 12)
    broken = wrapped(text)
    assert all(len(line) <= 84 for line in broken.split("\n"))
    assert all(line.rstrip("\\").rstrip().endswith("+") for line in broken.split("\n")[:-1])
    model = small(f"a name of some words = 1\nb = {text}")
    assert read_mdl_text(model_text(model, layout=False), "m")["b"].equations[0].expression == (
        model["b"].equations[0].expression
    )
