"""What the lowering makes for itself never meets, and never hides, a name of the model."""

from __future__ import annotations

import pickle

import pytest

from simdistrict.base.errors import ModelError
from simdistrict.engine.lowering.build import build
from simdistrict.run.simulate import simulate
from tests.small import small

BACKENDS = ["interpreted", "native"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_stock_whose_name_begins_with_a_number_sign_is_in_the_result(backend: str) -> None:
    text = 'growth = "# of trees" * 0.1\n"# of trees" = INTEG(growth, 100)'
    result = simulate(small(text, stop=2), backend=backend)
    names = {variable.attrs["long_name"] for variable in result.data_vars.values()}
    assert "# of trees" in names
    assert result["growth"].values == pytest.approx([10, 11, 12.1])


@pytest.mark.parametrize("backend", BACKENDS)
def test_names_like_those_of_memories_are_ordinary_ones(backend: str) -> None:
    text = """
        "#held x" = 7
        "#initial x" = Time
        "#smooth 1 of y" = 1000 + Time
        "smooth 1 of y" = 2000 + Time
        x = SAMPLE IF TRUE(Time > 1, x + "#held x", 0)
        y = SMOOTH("#initial x", 1)
        sum = "#held x" * 2 + "#initial x" + "#smooth 1 of y" + "smooth 1 of y"
    """
    result = simulate(small(text, stop=3), backend=backend)
    # the sample adds 7 at the times 2 and 3; the smooth is one step late
    assert result["x"].values.tolist() == [0, 0, 7, 14]
    assert result["y"].values.tolist() == [0, 0, 1, 2]
    assert result["sum"].values.tolist() == [3014, 3017, 3020, 3023]


def test_two_memories_of_one_equation_are_two() -> None:
    text = 'y = SMOOTHI(Time, 1, 10) + SMOOTHI(Time, 1, 20)\n"y 2" = SMOOTHI(Time, 1, 40)'
    result = simulate(small(text, stop=2))
    assert result["y"].values.tolist() == [30, 0, 2]
    assert result["y_2"].values.tolist() == [40, 0, 1]


def test_messages_name_the_element_as_the_file_has_it() -> None:
    with pytest.raises(ModelError, match='"# of trees" uses the function FROB'):
        build(small('"# of trees" = FROB(1)'))
    with pytest.raises(ModelError, match='"a of b" uses the function FROB'):
        build(small('"a of b" = SMOOTH(FROB(Time), 2)'))


def test_the_order_of_a_delay_may_come_from_a_memory() -> None:
    text = "n = INITIAL(1 + 1)\ny = DELAY N(Time, 4, 0, SMOOTH(n, 3))\nz = DELAY N(Time, 4, 0, 2)"
    result = simulate(small(text, stop=9))
    assert result["y"].values.tolist() == result["z"].values.tolist()


def test_a_program_from_the_cache_keeps_its_symbols_apart() -> None:
    model = small('y = SMOOTH(Time, 2) + SMOOTH(Time, 2)\n"# of trees" = INTEG(y, 1)')
    layout = pickle.loads(pickle.dumps(build(model))).layout
    assert set(layout.slots) >= {"y", "# of trees"}
    assert all(slot.symbol is symbol for symbol, slot in layout.internal.items())
    smooths = [slot for slot in layout.internal.values() if slot.kind == "stock"]
    assert len({slot.offset for slot in smooths}) == len({s.symbol for s in smooths}) == 2
    assert not {slot.symbol for slot in layout.slots.values()} & set(layout.internal)


def test_the_second_draw_of_an_element_is_not_the_draw_of_one_with_that_name() -> None:
    draw = "RANDOM UNIFORM(0, 1, 7)"
    alone = simulate(small(f"x = 0 * {draw} + {draw}"))["x"].values
    result = simulate(small(f'x = 0 * {draw} + {draw}\n"x 2" = {draw}'))
    assert (result["x"].values != result["x_2"].values).all()
    assert (result["x_2"].values == alone).all()
