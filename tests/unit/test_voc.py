"""Vensim's optimization control files (.voc) as prior tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.base.remarks import noting
from simdistrict.ensemble.prior import prior_table, read_prior
from simdistrict.exchange.vensim.voc import read_voc
from simdistrict.exchange.vensim.vsc import Draw
from simdistrict.run.plan import lowered
from tests.program import call
from tests.small import small

CONTROL = """:OPTIMIZER=Powell
:SENSITIVITY=Off
:MAX_ITERATIONS=1000
0 <= Growth Rate = 0.1 <= 0.3
1e0<="size, all"<=+3
-1<=loss[inner]=-.5<=0|0.01
"""


def read(text: str, folder: Path) -> tuple[Draw, ...]:
    path = folder / "a.voc"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    return read_voc(path)


def test_constants_are_uniform_between_their_ends(tmp_path: Path) -> None:
    with noting() as remarks:
        found = read(CONTROL, tmp_path)
    assert found == (
        Draw("Growth Rate", "", "uniform", 0.1, 0, 0.3, None, 4),
        Draw("size, all", "", "uniform", 2, 1, 3, None, 5),
        Draw("loss", "inner", "uniform", -0.5, -1, 0, None, 6),
    )
    assert "how Vensim searches is not read" in str(remarks)


def test_a_control_is_a_prior_table(tmp_path: Path) -> None:
    model = small("growth rate = 0.2\nlevel = INTEG(growth rate, 1)")
    path = tmp_path / "a.voc"
    path.write_text("0<=growth rate=0.1<=0.3\n")
    table = prior_table(path)
    (prior,) = read_prior(table.text, table.where, model, lowered(model).program)
    assert (prior.name, prior.low, prior.high, prior.value) == ("growth rate", 0, 0.3, 0.1)
    assert prior.distribution == "uniform"
    assert table.members is None


def test_a_control_is_converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.voc").write_text("0<=growth rate=0.1<=0.3\n")
    made = call(capsys, "convert", tmp_path / "a.voc", tmp_path / "prior.csv")
    assert made.code == 0, made.err
    assert "growth rate,,0.1,0,0.3,uniform," in (tmp_path / "prior.csv").read_text()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("rate=3<=5", 'a.voc:1 .*"rate" has no lower end'),
        ("0<=rate=3", '"rate" has no upper end'),
        ("3<=rate<=1", "3 is not below 1"),
        ("0<=rate=7<=5", "the start 7 is not between 0 and 5"),
        ("a<=rate<=5", '"a" is not a number'),
        ("0<=rate<=10|DIS=1", "takes discrete values"),
        ("nothing at all <", "is not a constant with its range"),
        (":OPTIMIZER=Powell", "the file varies no constant"),
    ],
)
def test_a_faulty_line_is_an_error(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(ScenarioError, match=what):
        read(line, tmp_path)
