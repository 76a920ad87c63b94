"""Points of lookups that are out of order or share an x: said where they are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.vensim.cin import read_cin_text
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.run.plan import prepare
from simdistrict.run.simulate import simulate
from tests.small import mdl

OUT_OF_ORDER = "m.mdl:2 | the points of the lookup"
XMILE = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<sim_specs><start>0</start><stop>2</stop><dt>1</dt></sim_specs><model><variables>
<aux name="y"><eqn>TIME</eqn><gf{}><xpts>{}</xpts><ypts>5,6,7</ypts></gf></aux>
</variables></model></xmile>"""


@pytest.mark.parametrize(
    "text",
    [
        "t((0,5),(2,7),(1,6))\ny = t(Time)",
        "t([(0,0)-(9,9)],(0,5),(2,7),(1,6))\ny = t(Time)",
        "t(0,2,1,5,7,6)\ny = t(Time)",
        "y = WITH LOOKUP(Time, ((2,7),(1,6),(0,5)))",
        "y = 0 + WITH LOOKUP(Time, (0,2,1,5,7,6))",
        "t((2,7),(1,6),(0,5))\ny = t(Time)",
    ],
)
def test_points_out_of_order_are_said_and_used_by_x(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = read_mdl_text(mdl(text, stop=2), "m")
    (said,) = caplog.messages
    assert said.startswith(OUT_OF_ORDER)
    assert "not in order" in said
    assert np.array_equal(simulate(model)["y"], [5, 6, 7])


def test_the_line_of_points_inside_an_equation(caplog: pytest.LogCaptureFixture) -> None:
    text = "y = 1 +\n  WITH LOOKUP(Time,\n  ((0,5),(2,7),(1,6))) ~ Dmnl ~ A test. |"
    read_mdl_text(mdl("a = 1") + text, "m")
    line = 1 + (mdl("a = 1") + text).split("\n").index("  ((0,5),(2,7),(1,6))) ~ Dmnl ~ A test. |")
    assert caplog.messages[0].startswith(f"m.mdl:{line} | ")


def test_two_values_at_one_x_are_said(caplog: pytest.LogCaptureFixture) -> None:
    read_mdl_text(mdl("t((0,1),(1,2),(1,3),(2,4))"), "m")
    (said,) = caplog.messages
    assert 'the lookup "t" has two points at x = 1, with y = 2 and y = 3' in said


@pytest.mark.parametrize("points", ["(0,1),(1,2),(2,3)", "(0,1),(1,2),(1,2),(2,3)", "(-1,1),(0,0)"])
def test_ascending_points_need_no_remark(points: str, caplog: pytest.LogCaptureFixture) -> None:
    read_mdl_text(mdl(f"t({points})"), "m")
    assert not caplog.messages


@pytest.mark.parametrize(("kind", "last"), [("", 7), (' type="discrete"', 7)])
def test_points_of_xmile_out_of_order(
    kind: str, last: float, caplog: pytest.LogCaptureFixture
) -> None:
    model = read_xmile_text(XMILE.format(kind, "0,1,2"), "m")
    assert not caplog.messages
    assert simulate(model)["y"][-1] == last
    read_xmile_text(XMILE.format(kind, "0,2,1"), "m", "m.xmile")
    assert caplog.messages[0].startswith('m.xmile:3 | the points of the lookup "y" are not in')


def test_points_of_a_changes_file_out_of_order(caplog: pytest.LogCaptureFixture) -> None:
    read_cin_text("t((0,1),(2,3),(1,2))\n", "f.cin")
    assert caplog.messages[0].startswith('f.cin:1 | the points of the lookup "t" are not in order')


def test_the_cache_repeats_the_remark(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(mdl("t((0,1),(2,3),(1,2))\ny = t(Time)"), encoding="utf-8")
    prepare(path)
    prepare(path)
    assert len(caplog.messages) == 2
