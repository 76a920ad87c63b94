"""Causal maps: arrows, signs and polarities come from the model, and nothing touches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simdistrict import api
from simdistrict.base.errors import ModelError, ScenarioError
from simdistrict.base.library import find_model
from simdistrict.exchange.models import read_model_text
from simdistrict.maps.automatic import automatic
from simdistrict.maps.checking import MapCheck, check_map, refuse
from simdistrict.maps.opened import MOVED, OpenedRun
from simdistrict.maps.picture import drawn, map_of, measured
from simdistrict.maps.reading import map_file, map_from_text, read_map
from simdistrict.maps.schema import map_schema_text
from simdistrict.maps.values import ModelMap, StatedArrow
from simdistrict.plot.canvas import painted
from simdistrict.plot.causal.arrange import arrange, collisions
from simdistrict.plot.causal.values import CausalMap, MapArrow, MapNode
from simdistrict.run.plan import Plan, lowered, plan_run
from simdistrict.scenario import bare_scenario, resolve
from tests.pictures import faults
from tests.program import call

ROOT = Path(__file__).parents[2]
MODEL = """{UTF-8}
where: home, away ~ ~ |
stock[where] = INTEG(inflow[where] - outflow[where], 10) ~ ~ |
inflow[where] = 0.5 * lever * hidden ~ ~ |
hidden = 4 - 5 * other ~ ~ |
other = 0.2 * stock[home] / 10 ~ ~ |
outflow[where] = stock[where] / 5 ~ ~ |
lever = 1 ~ ~ |
INITIAL TIME = 0 ~ ~ |
FINAL TIME = 10 ~ ~ |
TIME STEP = 0.5 ~ ~ |
SAVEPER = TIME STEP ~ ~ |
"""
MAP = """
size: [6, 4]
variables:
  lever: {at: [1, 1]}
  here: {element: "stock[home]", at: [3, 1]}
  there: {element: "stock[away]", at: [3, 3]}
  other: {at: [5, 1]}
loops:
  crowding: {polarity: B, through: [here, other], at: [4, 2]}
arrows:
  - {from: lever, to: here}
  - {from: lever, to: there}
  - {from: other, to: there}
"""


def plan_of(text: str = MODEL) -> Plan:
    model = read_model_text(text, "small")
    return plan_run(lowered(model), resolve(bare_scenario(Path("small.mdl")), model))


def the_map(text: str = MAP) -> tuple[ModelMap, Plan]:
    plan = plan_of()
    return map_from_text(text, "map.yaml", plan.prepared.model), plan


def shipped(name: str) -> tuple[ModelMap, MapCheck]:
    path = find_model(name)
    found = map_file(path)
    assert found is not None
    plan = api.load(name)._plan()
    of = read_map(found, plan.prepared.model)
    return of, check_map(of, measured(of, plan))


# ---------------------------------------------------------------------- the check


def test_signs_of_a_small_model() -> None:
    of, plan = the_map()
    found = check_map(of, plan)
    assert found.wrong == ()
    signs = {(i.source, i.target): i.sign for i in found.influences}
    assert signs == {
        ("lever", "here"): "+",
        ("lever", "there"): "+",
        ("here", "other"): "+",
        ("other", "here"): "-",
        ("other", "there"): "-",
    }
    assert [(loop.name, loop.found) for loop in found.loops] == [("crowding", "B")]


def test_an_answer_is_that_of_the_equations_with_all_others_held() -> None:
    of, plan = the_map()
    run = OpenedRun(plan, of.variables)
    moved = run.answer(of["other"])
    # other moves by MOVED of its largest value; the stock answers with 2.5 of it a year
    step = MOVED * run.free["other"].max()
    expected = -2.5 * step * np.linspace(0, 10, 21) / run.free["here"].max() / MOVED
    assert moved["here"][:, 0] == pytest.approx(expected, rel=1e-9)
    # what is held does not pass the change on
    assert np.abs(moved["lever"]).max() == 0


def test_the_opened_model_without_a_move_repeats_the_run() -> None:
    of, plan = the_map()
    run = OpenedRun(plan, of.variables)
    again = run._run(of["lever"], None)
    for key, path in run.free.items():
        assert again[key] == pytest.approx(path, rel=1e-12)


def test_an_arrow_that_the_model_lacks_is_refused() -> None:
    of, plan = the_map()
    wrong = replace(of, arrows=(*of.arrows, StatedArrow("there", "other")))
    with pytest.raises(ModelError, match='no path from "there" to "other"'):
        refuse(wrong, check_map(wrong, plan))


def test_a_wrong_polarity_is_refused() -> None:
    of, plan = the_map(MAP.replace("polarity: B", "polarity: R"))
    with pytest.raises(ModelError, match='"crowding" is B, and not R'):
        refuse(of, check_map(of, plan))


def test_what_the_map_leaves_out_is_listed() -> None:
    of, plan = the_map()
    fewer = replace(of, arrows=of.arrows[:1])
    left = {(i.source, i.target) for i in check_map(fewer, plan).left_out}
    assert left == {("lever", "there"), ("other", "there")}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("through: [here, other]", "through: [here, othr]", 'the map has no variable "othr"'),
        ('"stock[away]"', '"stock[gone]"', "gone"),
        ("lever: {at", "levr: {at", "levr"),
        ("at: [1, 1]", "at: [1]", "2 numbers are due, not 1"),
        ("size:", "sizes:", "sizes"),
    ],
)
def test_faults_of_a_map_file(old: str, new: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        the_map(MAP.replace(old, new))


def test_the_schema_for_editors_is_the_committed_one() -> None:
    committed = (ROOT / "docs" / "schema" / "map.json").read_text(encoding="utf-8")
    assert committed == map_schema_text(), "run python -m simdistrict.maps.schema"


# ---------------------------------------------------------------------- shipped maps


@pytest.mark.parametrize("name", ["core", "district"])
def test_shipped_maps_are_right_about_their_models(name: str) -> None:
    of, found = shipped(name)
    assert found.wrong == ()
    assert all(i.sign in ("+", "-") for i in found.stated), "an arrow has no clear sign"
    assert [loop.found for loop in found.loops] == [loop.stated for loop in found.loops]
    placed = arrange(drawn(of, found))
    assert collisions(placed) == []
    assert len(placed.curves) == len(of.pairs)


def test_loops_of_the_shipped_map_stand_in_a_sector() -> None:
    of, found = shipped("district")
    placed = arrange(drawn(of, found))
    for mark in placed.loops:
        assert any(
            s.low[0] <= mark.box.x0
            and s.low[1] <= mark.box.y0
            and mark.box.x1 <= s.high[0]
            and mark.box.y1 <= s.high[1]
            for s in of.sectors
        ), mark.words


def test_a_map_is_a_picture_without_faults() -> None:
    picture = api.plot_map("district")
    assert faults(picture.figure) == []


# ---------------------------------------------------------------------- without a map file


def test_a_model_without_a_map_gets_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "small.mdl"
    path.write_text(MODEL, encoding="utf-8")
    loaded = api.load(path)
    figure = map_of(path, loaded._plan())
    assert {n.key for n in figure.nodes if n.stock} == {"stock"}
    assert {a.sign for a in figure.arrows} <= {"+", "-", ""}
    assert collisions(arrange(figure)) == []
    assert faults(painted(figure)) == []


def test_an_automatic_map_finds_the_loops() -> None:
    of, found = automatic(api.load("core")._plan())
    assert [(loop.name, len(loop.through)) for loop in of.loops] == [("B1", 2), ("R1", 5)]
    assert found.wrong == ()


# ---------------------------------------------------------------------- what touches


def test_an_arrow_behind_a_box_is_reported() -> None:
    nodes = tuple(MapNode(k, k, x, 1.0, stock=True) for k, x in (("a", 1), ("b", 3), ("c", 5)))
    through = CausalMap(nodes, (MapArrow("a", "c", "+", bend=0.0),), (), (), (6.0, 2.0))
    assert collisions(arrange(through)) == ['a -> c passes behind "b"']
    around = replace(through, arrows=(MapArrow("a", "c", "+"),))
    assert collisions(arrange(around)) == []


def test_boxes_over_each_other_are_reported() -> None:
    nodes = (MapNode("a", "first", 1.0, 1.0), MapNode("b", "second", 1.1, 1.0))
    assert collisions(arrange(CausalMap(nodes, (), (), (), (3.0, 2.0)))) == ['"a" and "b" overlap']


# ---------------------------------------------------------------------- the command


def test_the_command_draws_the_map_of_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "picture.svg"
    said = call(capsys, "plot", "core", "--kind", "map", "-o", target)
    assert (said.code, target.is_file()) == (0, True)
    assert call(capsys, "plot", "core", "--kind", "map", "-o", tmp_path).code == 0
    assert (tmp_path / "core_map.png").is_file()
    assert call(capsys, "plot", "--kind", "map").code == 2
    assert call(capsys, "plot", "core", "--kind", "map", "--label", "x").code == 2
