"""The standard tests of a system-dynamics model, on every model that is shipped.

Units, balances, accounts, bounds, steady states, extreme conditions, half the time step, other
units of account, and a few random corners: what each means stands in docs/checks.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.base.library import example_project, models
from simdistrict.behaviour import check_behaviour, checks_file, made, read_statements
from simdistrict.behaviour.checks import check_model
from simdistrict.exchange.mdl.reader import read_mdl

SHIPPED = [*models().values(), *sorted(example_project().glob("*.mdl"))]
CORNERS = 3


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_units_and_structure(path: Path) -> None:
    assert [str(f) for f in check_model(read_mdl(path))] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_behaviour(path: Path) -> None:
    file = checks_file(path)
    assert file is not None
    model = read_mdl(path)
    stated = read_statements(file, model, path)
    expected = {"run", "unit-of-account", "halving", "conservation", "bounds", "extremes"}
    assert expected <= set(made(stated))
    findings = check_behaviour(model, stated, corners_count=CORNERS)
    assert [str(f) for f in findings] == []


DISTRICT = models()["district"]
DISTRICT_MODEL = read_mdl(DISTRICT)
DISTRICT_FILE = checks_file(DISTRICT)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**31 - 1))
def test_random_corners_of_the_district_model(seed: int) -> None:
    """A corner and a point inside of all ranges, levers and switches included, for any seed."""
    assert DISTRICT_FILE is not None
    stated = read_statements(DISTRICT_FILE, DISTRICT_MODEL, DISTRICT)
    findings = check_behaviour(DISTRICT_MODEL, stated, only=["corners"], corners_count=1, seed=seed)
    assert [str(f) for f in findings] == []
