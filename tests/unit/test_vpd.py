"""Vensim's payoff definitions (.vpd) as data files."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.calibration import assess, read_data
from simdistrict.exchange.models import read_model_file
from simdistrict.exchange.vensim.vpd import Compared, read_vpd
from simdistrict.model.model import Model
from tests.small import mdl

EQUATIONS = """
place : north, south ~~ |
level = INTEG(1, 1)
factor[place] = 2, 3
both[place] = factor[place] * level
"level, seen" := GET DIRECT DATA('data.csv', ',', 'A', 'B2') ~~ |
both seen[place] := GET DIRECT DATA('data.csv', ',', 'A', 'C2') ~~ |
"""
NUMBERS = "time,level,north,south\n0,1.5,2,3\n4,5,,14\n7,8,17,\n20,9,9,9\n"
PAYOFF = """*C
level|"level, seen"/0.5
*CKL
both[place]|both seen[place]/0.04
"""


@pytest.fixture
def model(tmp_path: Path) -> Model:
    (tmp_path / "data.csv").write_text(NUMBERS)
    path = tmp_path / "m.mdl"
    path.write_text(mdl(EQUATIONS))
    return read_model_file(path)


def write(folder: Path, text: str) -> Path:
    path = folder / "a.vpd"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    return path


def test_elements_are_read_with_their_errors(tmp_path: Path) -> None:
    assert read_vpd(write(tmp_path, PAYOFF + "*Calibration\na|b/4\n")) == (
        Compared("level", '"level, seen"', 2.0, False, 2),
        Compared("both[place]", "both seen[place]", 0.2, True, 4),
        Compared("a", "b", 0.25, False, 6),
    )


def test_a_payoff_is_a_data_file(model: Model, tmp_path: Path) -> None:
    data = read_data(write(tmp_path, PAYOFF), model)
    level, north, south = data.series
    assert (level.element, level.error.kind) == ("level", "normal")
    # what lies beyond the run is left out
    assert [(r.year, r.value, r.scale) for r in level.rows] == [(0, 1.5, 2), (4, 5, 2), (7, 8, 2)]
    assert (north.element, north.error.kind) == ("both[north]", "lognormal")
    assert [(r.year, r.value, r.scale) for r in north.rows] == [(0, 2, 0.2), (7, 17, 0.2)]
    assert [(r.year, r.value) for r in south.rows] == [(0, 3), (4, 14)]
    assert [p.model for p in assess(model, data).points] == [1, 5, 8, 2, 16, 3, 15]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("*P\nlevel/1\n", "a.vpd:1 .*maximizes elements of the model"),
        ("*CR\nlevel|x/1\n", r"a.vpd:1 .*\*CR is a payoff that is not read\n.*\*CKL"),
        ("level|x/1\n", "no type stands above"),
        ("*C\nlevel/1\n", '"level" is compared with data of its own name in a dataset'),
        ("*C\nlevel|x/rate\n", 'the weight "rate" is not a number'),
        ("*C\nlevel|x/0\n", "the weight 0 is not positive"),
        ("*C\nlevel x\n", "is no element of a payoff"),
        ("*C\n", "the file compares nothing"),
    ],
)
def test_a_faulty_payoff_is_an_error(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(ScenarioError, match=what):
        read_vpd(write(tmp_path, text))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('levl|"level, seen"/1', 'no element called "levl"'),
        ("level|both[north]/1", '"both" holds no data'),
        ("level|both seen[place]/1", '"level" is 1 numbers, and'),
        ("both[east]|both seen[north]/1", "east"),
    ],
)
def test_names_are_those_of_the_model(model: Model, tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(ScenarioError, match=what):
        read_data(write(tmp_path, f"*C\n{line}\n"), model)
