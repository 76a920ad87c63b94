"""Random corners of ranges: what fails is found, reduced to its cause, and can be repeated."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.behaviour import check_behaviour, statements_from_text
from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.corners import _reduced
from simdistrict.model.model import Model
from simdistrict.run.simulate import simulate
from simdistrict.scenario import Change
from tests.small import small

TANK = """
region : north, south ~ ~ |
filler a[region] = 1, 2 ~ su [0,9] ~ Has no effect. |
filler b = 1 ~ su [0,9] ~ Has no effect. |
leak[region] = 0.1, 0.2 ~ 1/Year [0.1,LEAK] ~ Share lost. |
start[region] = 10, 20 ~ su [1,100] ~ First content. |
open end = 1 ~ su [0,?] ~ No upper end: left as it is. |
out[region] = level[region] * leak[region] ~ su/Year ~ Flow. |
level[region] = INTEG(-out[region], start[region]) ~ su ~ Stock. |
all of it = SUM(level[region!]) + 0 * (filler b + open end + SUM(filler a[region!])) ~ su ~ A. |
"""


def tank(leak: float) -> Model:
    return small(TANK.replace("LEAK", str(leak)))


def corners(model: Model, statements: str = "", count: int = 6, seed: int = 1) -> list[Finding]:
    stated = statements_from_text(statements or "indicators: [level]", "c.yaml", model)
    return check_behaviour(model, stated, ["corners"], corners_count=count, seed=seed)


def test_ranges_in_which_all_is_well() -> None:
    assert corners(tank(0.9)) == []


def test_a_corner_is_reduced_to_the_one_value_that_fails_and_can_be_repeated() -> None:
    model = tank(1.5)
    findings = [f for f in corners(model) if f.element]
    assert findings
    for finding in findings:
        assert finding.element == "level"
        assert "is negative" in finding.what
        sets = re.findall(r'--set "([^"]+)"', finding.what)
        assert [s.partition("[")[0] for s in sets] == ["leak"]
        assert simulate(model, sets=sets).level.min() < 0
        assert simulate(model).level.min() > 0


def test_one_fault_is_reported_once_for_each_cause_and_the_rest_is_counted() -> None:
    findings = corners(tank(1.5), count=12)
    assert len(findings) <= 4
    assert re.fullmatch(r"\d+ of 24 points fail; the first 3 are reported", findings[-1].what)


def test_bounds_hold_in_corners_and_kept_constants_stay() -> None:
    bound = "bounds: {all of it: {high: 150}}\n"
    assert {f.element for f in corners(tank(0.9), bound)} - {""} == {"all of it"}
    assert corners(tank(0.9), bound + "corners: {keep: [start]}\n") == []


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    model = tank(1.5)
    assert corners(model) == corners(model)
    assert corners(model) != corners(model, seed=2)


def test_corners_are_not_run_unless_requested() -> None:
    model = tank(1.5)
    assert "corners" not in {f.check for f in check_behaviour(model)}
    assert "corners" in {f.check for f in check_behaviour(model, corners_count=6)}


def test_a_model_without_ranges_has_no_corners() -> None:
    assert corners(small("a = 1\nlevel = INTEG(a, 0)\n", time_step=0.125)) == []


@settings(max_examples=60)
@given(
    needed=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 4)), max_size=4),
    count=st.integers(1, 8),
)
def test_reduction_finds_exactly_what_is_needed(needed: set[tuple[int, int]], count: int) -> None:
    everything = [Change(str(e), (p,), 1.0, f"{e}[{p}]") for e in range(count) for p in range(5)]
    wanted = {(str(e), p) for e, p in needed if e < count}

    def fails(changes: list[Change]) -> bool:
        return wanted <= {(c.element, c.places[0]) for c in changes}

    assert {(c.element, c.places[0]) for c in _reduced(everything, fails)} == wanted
