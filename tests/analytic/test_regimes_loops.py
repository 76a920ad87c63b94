"""Loop dominance where it is known; names of loops; models of one label alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import EngineError, ModelError
from simdistrict.base.library import find_model
from simdistrict.conversion.isolate import isolate
from simdistrict.model.expr import Binary, Call, Number, Ref
from simdistrict.model.model import Model
from simdistrict.regimes.loops import cuts, loops_of, without
from simdistrict.run.plan import Plan, lowered, plan_run, plans_for
from simdistrict.run.simulate import result_of, simulate
from simdistrict.scenario import bare_scenario, resolve, scenario_from_text
from tests.reading import read_model
from tests.small import mdl, small

LOGISTIC = """
people = INTEG(births - deaths, 1)
births = rate*people
deaths = loop B1 crowding*rate*people*people/room
rate = 0.1
room = 100
loop B1 crowding = 1
"""


def plan_of(model: Model, scenario: str = "") -> Plan:
    chosen = scenario_from_text(scenario, "test") if scenario else bare_scenario(Path("small.mdl"))
    return plan_run(lowered(model), resolve(chosen, model))


def test_dominance_of_logistic_growth_shifts_at_half_of_the_room() -> None:
    """Births change by rate for each of the people, deaths by 2 rate x, with x = people/room.

    So the scores of the two loops stand as 1 to 2 x, and the reinforcing one leads until x = 1/2.
    """
    pytest.importorskip("simlin")
    plan = plan_of(small(LOGISTIC, stop=120, time_step=0.125, save_step=1))
    found = loops_of(plan)
    assert found.complete
    assert {c.polarity for c in found.circuits} == {"R", "B"}
    growth, crowding = sorted(found.circuits, key=lambda c: c.polarity, reverse=True)
    assert crowding.names == ("B1",)
    assert growth.names == ()
    assert set(growth.path) == {"births", "people"}
    people = result_of([plan]).variables["people"].values
    half = found.times[people > 50][0]
    leads = np.abs(growth.scores[1:]) > np.abs(crowding.scores[1:])
    shift = found.times[1:][~leads][0]
    assert shift == pytest.approx(half, abs=1)
    assert leads[: int(shift) - 1].all()
    assert not leads[int(shift) :].any()
    assert [p.circuits for p in found.periods] == [(growth.id,), (crowding.id,)]
    share = found.share("B1")
    x = people[1:] / 100
    # scores are of changes within a time step, hence the tolerance
    assert share[1:] == pytest.approx(2 * x / (1 + 2 * x), abs=0.01)


def test_a_scenario_is_in_the_model_that_is_analysed() -> None:
    pytest.importorskip("simlin")
    model = small(LOGISTIC, stop=60, time_step=0.125, save_step=1)
    text = "title: T\nwhy: W\nmodel: small\nassume: {loop B1 crowding: 0}\n"
    found = loops_of(plan_of(model, text))
    assert all(not np.nan_to_num(c.scores).any() for c in found.circuits if c.polarity != "R")


def test_without_simlin_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simlin", None)
    with pytest.raises(EngineError, match=r"pip install 'simdistrict\[loops\]'"):
        loops_of(plan_of(small(LOGISTIC)))


def test_a_model_that_simlin_cannot_analyse_is_refused_with_a_hint() -> None:
    pytest.importorskip("simlin")
    (plan,) = plans_for(["district"])
    with pytest.raises(EngineError, match="name a label with --element"):
        loops_of(plan)


def test_loops_of_one_district_have_the_names_of_the_documentation() -> None:
    pytest.importorskip("simlin")
    (plan,) = plans_for(["neoliberal_globalisation"])
    found = loops_of(plan, "Montebelluna")
    assert not found.complete
    assert found.kept > len(found.circuits) > 0
    assert {"R1", "B6"} <= set(found.names)
    for circuit in found.circuits:
        through = any(v.startswith("learning_from_doing[montebelluna") for v in circuit.path)
        home = any(v.startswith("counted_output") and v.endswith("home]") for v in circuit.path)
        assert ("R1" in circuit.names) == (through and home)


# ---------------------------------------------------------------------- names


def test_a_switch_at_zero_removes_what_it_multiplies() -> None:
    switch, x, y = Ref("loop r1"), Ref("x"), Ref("y")
    other = Binary("-", Number(1.0), switch)
    mixed = Binary("+", Binary("*", switch, x), Binary("*", other, y))
    assert without(mixed, "loop r1") == Binary("*", Number(1.0), y)
    assert without(Binary("/", Binary("*", x, switch), y), "loop r1") == Number(0.0)
    assert without(Call("SUM", (Binary("*", switch, x),)), "loop r1") == Number(0.0)
    assert without(Binary("-", x, Binary("*", switch, y)), "loop r1") == x
    kept = Call("MAX", (x, Binary("*", switch, y)))
    assert without(kept, "loop r1") == Call("MAX", (x, Number(0.0)))
    assert without(mixed, "loop r2") == mixed


def test_a_circuit_has_a_name_where_the_switch_cuts_one_of_its_links() -> None:
    model = small(
        """
        place: home, away ~ ~ |
        stock[place] = INTEG(flow[place], 1) ~ Dmnl ~ A test. |
        flow[home] = loop R1 here*stock[home] + drain[home] ~ Dmnl ~ A test. |
        flow[away] = stock[away] - drain[away] ~ Dmnl ~ A test. |
        drain[place] = 0.1*stock[place] ~ Dmnl ~ A test. |
        loop R1 here = 1 ~ Dmnl ~ A test. |
        """
    )
    assert cuts(model, "loop r1 here", ["flow[home]", "stock[home]"])
    # the same equation, but another link into it
    assert not cuts(model, "loop r1 here", ["stock[home]", "drain[home]", "flow[home]"])
    # the same element, but another of its equations
    assert not cuts(model, "loop r1 here", ["flow[away]", "stock[away]"])


# ---------------------------------------------------------------------- one label alone


@pytest.mark.parametrize("label", ["Prato", "US Midwest"])
def test_a_district_alone_has_the_same_numbers_as_in_the_whole_model(label: str) -> None:
    model = read_model(find_model("district"))
    alone = isolate(model, "district", label)
    whole, own = simulate(model, final_time=2020), simulate(alone, final_time=2020)
    assert len(alone.dims_by_name["district"].labels) == 1
    for name in own.data_vars:
        if "district" not in own[name].dims:
            continue
        one = own[name].sel(district=label).values
        many = whole[name].sel(district=label).values
        assert np.array_equal(one, many, equal_nan=True), name


def test_a_model_in_which_labels_act_on_each_other_by_name_is_refused() -> None:
    text = mdl(
        """
        town: north, south ~ ~ |
        x[town] = INTEG(1, 0) ~ Dmnl ~ A test. |
        y[north] = x[south] ~ Dmnl ~ A test. |
        y[south] = 2 ~ Dmnl ~ A test. |
        """
    )
    from simdistrict.exchange.mdl.reader import read_mdl_text

    model = read_mdl_text(text, "small")
    with pytest.raises(ModelError, match='"y" reads "x" of south'):
        isolate(model, "town", "north")
    assert isolate(model, "town", "south")["y"].equations
    with pytest.raises(ModelError, match="did you mean"):
        isolate(model, "town", "nort")


def test_ranges_that_lose_all_labels_go_with_their_equations() -> None:
    model = small(
        """
        town: north, south, east ~ ~ |
        cold: north, east ~ ~ |
        x[cold] = INTEG(1, 0) ~ Dmnl ~ A test. |
        x[south] = INTEG(2, 0) ~ Dmnl ~ A test. |
        rate[town] = 1, 2, 3 ~ Dmnl ~ A test. |
        total = SUM(rate[town!]) ~ Dmnl ~ A test. |
        """
    )
    alone = isolate(model, "town", "south")
    assert "cold" not in alone.dims_by_name
    assert len(alone["x"].equations) == 1
    found = simulate(alone)
    assert float(found["x"].values[-1, 0]) == 20
    # what is summed over the labels is that of the label alone, which is what was asked for
    assert float(np.atleast_1d(found["total"].values)[0]) == 2
