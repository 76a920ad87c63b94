"""The loops of the district model: each has a switch that cuts it and does nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from simdistrict.base.library import find_model
from simdistrict.model.expr import fold
from simdistrict.model.model import Constant, Stock
from simdistrict.run.simulate import simulate
from tests.reading import read_model

MODEL = read_model(find_model("district"))
SWITCHES = [e.name for e in MODEL if e.name.startswith("loop ")]
NAMES = [*(f"R{n}" for n in range(1, 11)), *(f"B{n}" for n in range(1, 7))]
# its start is an equilibrium of choice, which the wage gap moves; the element says so
MOVES_THE_START = "B2"


@pytest.fixture(scope="module")
def baseline() -> xr.Dataset:
    return simulate(MODEL, final_time=1982)


def test_there_is_one_switch_for_each_loop_of_the_specification() -> None:
    assert [name.split()[1] for name in SWITCHES] == NAMES
    for name in SWITCHES:
        switch = MODEL[name]
        assert isinstance(switch, Constant)
        assert (switch.range.low, switch.range.high) == (0, 1)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_stands_in_one_or_two_equations(name: str) -> None:
    assert 1 <= len(MODEL.users[fold(name)]) <= 2


@pytest.mark.parametrize("name", SWITCHES)
def test_cutting_a_loop_leaves_the_start_and_all_constants(name: str, baseline: xr.Dataset) -> None:
    cut = simulate(MODEL, sets=[f"{name}=0"], final_time=1982)
    assert int(cut.outcome) == 0
    kinds = (Constant,) if name.split()[1] == MOVES_THE_START else (Constant, Stock)
    for element in MODEL:
        if isinstance(element, kinds) and element.name != name:
            variable = fold(element.name).replace(" ", "_").replace('"', "")
            if variable in cut:
                a, b = (np.atleast_1d(d[variable].values) for d in (cut, baseline))
                if isinstance(element, Stock):
                    a, b = a[0], b[0]
                np.testing.assert_array_equal(a, b, err_msg=element.name)


def test_a_cut_loop_is_felt() -> None:
    """Every loop that acts in the baseline moves something by 2060; B1 and B4 need a policy."""
    normal = simulate(MODEL)
    risk = ["decision weight on non cost factors=0.5", "relative risk[far]=3"]
    policy = [*risk, "post neoliberal pressure=1"]
    with_policy = simulate(MODEL, sets=policy)
    for name in SWITCHES:
        needs_policy = name.split()[1] in ("B1", "B4")
        whole = with_policy if needs_policy else normal
        cut = simulate(MODEL, sets=[*(policy if needs_policy else ()), f"{name}=0"])
        moved = float(abs(cut.relative_output - whole.relative_output).max())
        assert moved > 1e-5, name
