"""Warnings before a run of XMILE models: their functions by the same kinds."""

from __future__ import annotations

import pytest

from simdistrict.run.plan import intended, lowered, plan_run
from simdistrict.run.preflight import warnings_of
from simdistrict.scenario import resolve, scenario_from_text
from tests.xmile_text import aux, small


def said(variables: str) -> list[str]:
    """What is said about a model from 0 to 4 with steps of one."""
    model = small(variables)
    resolved = resolve(scenario_from_text("title: x\n", "s.yaml"), model)
    return [w.sentence for w in warnings_of(intended(plan_run(lowered(model), resolved)))]


@pytest.mark.parametrize(
    ("equation", "outcome"),
    [
        ("SMTH1(goal, 0.4)", "SMOOTH over 0.4"),
        ("SMTH3(goal, 1)", "SMOOTH3 over 1 in 3 stages"),
        ("SMTHN(goal, 1, 5)", "SMOOTH N over 1 in 5 stages"),
        ("DELAY1(goal, 0.4)", "DELAY1 over 0.4"),
        ("DELAY3(goal, 1)", "DELAY3 over 1 in 3 stages"),
        ("DELAYN(goal, 0.4, 3)", "DELAY N over 0.4"),
        ("DELAY(goal, 0.4)", "a fixed delay of 0.4"),
        ("TREND(goal, 0.4)", "TREND or FORECAST over 0.4"),
        ("FORCST(goal, 0.4, 2)", "TREND or FORECAST over 0.4"),
        ("PULSE(3, 9)", "PULSE at 9 over 1 never acts"),
        ("PULSE(3, 9, 2)", "PULSE TRAIN from 9 to 5 never acts"),
        ("STEP(3, 9)", "STEP at 9 never acts"),
        ("RAMP(3, 9)", "RAMP from 9 never acts"),
        ("IF TIME = 2.5 THEN 1 ELSE 0", "Time = 2.5 is never true"),
        ("IF TIME > 9 THEN 1 ELSE 0", "Time > 9 is never true"),
        ("IF TIME > 2 AND TIME < 3 THEN 1 ELSE 0", "Time > 2 :AND: Time < 3 is never true"),
    ],
)
def test_what_is_said(equation: str, outcome: str) -> None:
    (what,) = said(aux("x", equation) + aux("goal", "1 + STEP(1, 2)"))
    assert what.startswith('"x": ')
    assert outcome in what


@pytest.mark.parametrize(
    "equation",
    [
        "SMTH1(goal, 1)",
        "SMTH3(goal, 3)",
        "DELAY(goal, 1)",
        "DELAY(goal, DT)",
        "PREVIOUS(goal, 0)",
        "PULSE(3, 2)",
        "PULSE(3, 2, 0)",
        "PULSE(3)",
        "PULSE(3, 0, 2)",
        "IF TIME > STOPTIME THEN 1 ELSE 0",
        "IF TIME = 3 THEN 1 ELSE 0",
    ],
)
def test_what_is_meant(equation: str) -> None:
    assert said(aux("x", equation) + aux("goal", "1 + STEP(1, 2)")) == []


@pytest.mark.parametrize(("kind", "count"), [("continuous", 1), ("extrapolate", 0)])
def test_a_graphical_function_of_time(kind: str, count: int) -> None:
    points = f'<gf type="{kind}"><xscale min="0" max="3"/><ypts>1,2,4,5</ypts></gf>'
    found = said(aux("x", "TIME", points))
    assert len(found) == count
    assert all("reads its lookup at 4, after its last point at 3" in what for what in found)


def test_a_non_negative_stock_gives_no_more_than_it_has() -> None:
    stock = "<stock name='S'><eqn>1</eqn><outflow>out</outflow>{}</stock>"
    flow = "<flow name='out'><eqn>S / 0.4</eqn></flow>"
    (what,) = said(stock.format("") + flow)
    assert 'moves "S" with a time constant of 0.4' in what
    assert said(stock.format("<non_negative/>") + flow) == []
