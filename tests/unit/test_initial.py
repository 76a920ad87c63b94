"""Initial values of a scenario: as if the model file had them, on every backend."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import EngineError, ModelError, ScenarioError
from simdistrict.engine.backends import INTEGRATORS
from simdistrict.ensemble.members import ensemble_of
from simdistrict.ensemble.prior import read_prior
from simdistrict.exchange.models import read_model_file
from simdistrict.run.plan import plans_for
from simdistrict.run.simulate import simulate
from simdistrict.scenario import Scenario, scenario_from_text
from tests.program import call
from tests.small import mdl, small

EQUATIONS = """
    place: north, south ~~|
    stock[place] = INTEG(rate * stock[place] - seen, level) ~~|
    total = INTEG(SUM(stock[place!]), {total}) ~~|
    seen = SMOOTH(total, 3) ~~|
    first = INITIAL(stock[south] * 2) ~~|
    rate = 0.1 ~~|
    level = {level} ~~|
"""
AS_IT_IS = EQUATIONS.format(total="level * 5", level=1)
GIVEN = "title: Given\nmodel: small\ninitial: {total: 7, 'stock[south]': 3}\n"


def given(text: str = GIVEN) -> Scenario:
    return scenario_from_text(text, "given.yaml")


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("backend", ["interpreted", "native"])
def test_a_stock_starts_from_the_given_number(backend: str, integrator: str) -> None:
    how = {"backend": backend, "integrator": integrator}
    found = simulate(small(AS_IT_IS), given(), **how)
    edited = AS_IT_IS.replace(
        "stock[place] = INTEG(rate * stock[place] - seen, level)",
        "stock[north] = INTEG(rate * stock[north] - seen, level) ~~|\n"
        "    stock[south] = INTEG(rate * stock[south] - seen, 3)",
    )
    edited = edited.replace("level * 5", "7")
    wanted = simulate(small(edited), **how)
    for name in ("stock", "total", "seen", "first"):
        np.testing.assert_array_equal(found[name], wanted[name])
    assert found["first"] == 6


def test_what_is_not_given_is_as_in_the_model() -> None:
    plain = simulate(small(AS_IT_IS))
    found = simulate(small(AS_IT_IS), given("title: x\nmodel: small\ninitial: {total: 5}\n"))
    np.testing.assert_array_equal(found["total"], plain["total"])
    np.testing.assert_array_equal(found["stock"], plain["stock"])


def test_one_program_serves_all_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(AS_IT_IS))
    for number in (1, 2):
        Path(f"s{number}.yaml").write_text(
            f"title: x\nmodel: small.mdl\ninitial: {{total: {number}}}\n"
        )
    first, second = plans_for(["s1.yaml", "s2.yaml"])
    assert first.prepared.program.source == second.prepared.program.source
    assert first.resolved.sha256 != second.resolved.sha256


def test_a_file_repeats_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(AS_IT_IS))
    Path("given.yaml").write_text(GIVEN.replace("model: small", "model: small.mdl"))
    assert call(capsys, "run", "given.yaml", "-o", "given.nc").code == 0
    assert call(capsys, "rerun", "given.nc").code == 0


def test_members_start_from_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(AS_IT_IS))
    Path("given.yaml").write_text(GIVEN.replace("model: small", "model: small.mdl"))
    plans = plans_for(["given.yaml"])
    prepared = plans[0].prepared
    text = "element,label,unit,value,low,high,distribution\nrate,,,0.1,0.1,0.3,uniform\n"
    priors = read_prior(text, "p.csv", prepared.model, prepared.program)
    ensemble = ensemble_of(plans, priors, text, 3, save="total", times="all")
    chunk = ensemble.run_chunk(0)
    assert (chunk["total"][..., 0] == 7).all()


def test_a_model_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(AS_IT_IS))
    Path("given.yaml").write_text("title: x\nmodel: small.mdl\ninitial: {total: 7, stock: 3}\n")
    assert call(capsys, "convert", "small.mdl", "out.mdl", "--scenario", "given.yaml").code == 0
    for backend in ("native", "pysd"):
        found = simulate(read_model_file(Path("out.mdl")), backend=backend)
        assert found["total"][0] == 7
        assert (found["stock"][0] == 3).all()


def test_a_model_cannot_take_one_of_an_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(AS_IT_IS))
    Path("given.yaml").write_text(GIVEN.replace("model: small", "model: small.mdl"))
    assert call(capsys, "convert", "small.mdl", "out.mdl", "--scenario", "given.yaml").code == 3
    assert call(capsys, "convert", "given.yaml", "out.cin").code == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("totl", 'no stock called "totl"'),
        ("rate", '"rate" is a constant, and only stocks have an initial value'),
        ("'stock[west]'", '"west" is no label of place'),
    ],
)
def test_what_has_no_initial_value(name: str, message: str) -> None:
    text = f"title: x\nmodel: small\ninitial: {{{name}: 1}}\n"
    with pytest.raises(ScenarioError, match=message):
        simulate(small(AS_IT_IS), given(text))


def test_the_reference_backend_refuses_them() -> None:
    with pytest.raises(EngineError, match="starts stocks from the model's initial values only"):
        simulate(small(AS_IT_IS), given(), backend="pysd")


def test_what_decides_the_structure_cannot_be_given() -> None:
    model = small("n = INTEG(0, 3)\norder = INITIAL(n)\nx = DELAY N(Time, 5, 0, order)")
    with pytest.raises((EngineError, ModelError)):
        simulate(model, given("title: x\nmodel: small\ninitial: {n: 2}\n"))


def test_a_child_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(AS_IT_IS))
    Path("given.yaml").write_text(GIVEN.replace("model: small", "model: small.mdl"))
    Path("child.yaml").write_text("title: c\nbase: given.yaml\ninitial: {total: 9}\n")
    (plan,) = plans_for(["child.yaml"])
    assert {c.text: c.value for c in plan.resolved.initial} == {"stock[south]": 3, "total": 9}
