"""What is told before a run: its kinds, where they begin, and how they reach the user."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

import simdistrict as sd
from simdistrict.base.errors import ScenarioError
from simdistrict.cli.main import group
from simdistrict.run.plan import intended, lowered, plan_run
from simdistrict.run.preflight import RunWarning, warnings_of
from simdistrict.scenario import RunSettings, resolve, scenario_from_text
from tests.small import small

POLICY = "policies:\n  tariff: {start: START, set: {rate: 0.2}}\n"


def found(
    equations: str = "", scenario: str = "", *sets: str, stop: float = 10, **settings: float | str
) -> list[RunWarning]:
    """The warnings of a run of a model from 0 to `stop`, with steps of one."""
    text = "rate = 0.1 ~ 1/Year [0, 1] ~ |\nStock = INTEG(rate, 1) ~ Dmnl ~ |\n" + equations
    model = small(text, start=0, stop=stop)
    run = RunSettings(**settings)  # type: ignore[arg-type]
    resolved = resolve(scenario_from_text(f"title: x\n{scenario}", "s.yaml"), model, sets, run)
    return list(warnings_of(intended(plan_run(lowered(model), resolved))))


def only(*args: str, **settings: float | str) -> RunWarning:
    """The one warning of a run."""
    (warning,) = found(*args, **settings)  # type: ignore[arg-type]
    return warning


# ---------------------------------------------------------------------- time grid


@pytest.mark.parametrize(("stop", "step", "end"), [(10, 3, "9"), (1, 0.3, "0.9"), (10, 0.7, "9.8")])
def test_final_time_off_the_grid(stop: float, step: float, end: str) -> None:
    warning = only(stop=stop, time_step=step, save_step=step)
    assert warning.kind == "final-time"
    assert warning.element == "FINAL TIME"
    assert f"FINAL TIME {stop:g} is no time step: the run ends at {end}" in warning.what
    assert warning.hint.startswith(f"give a final time of {end} or ")


@pytest.mark.parametrize("step", [1, 0.5, 0.1, 1 / 3, 0.333333, 10])
def test_final_time_on_the_grid(step: float) -> None:
    assert found(time_step=step, save_step=step) == []


def test_a_time_step_longer_than_the_run() -> None:
    warning = only(time_step=10.5, save_step=10.5)
    assert warning.kind == "time-step"
    assert "TIME STEP 10.5 is longer than the run" in warning.what


def test_a_run_of_no_length_is_meant() -> None:
    assert found(final_time=0) == []


def test_a_save_step_longer_than_the_run() -> None:
    assert only(save_step=11).kind == "save-step"
    assert found(save_step=10) == []


# ---------------------------------------------------------------------- policies and values


@pytest.mark.parametrize("start", [10, 2205])
def test_a_policy_that_starts_too_late(start: float) -> None:
    warning = only("", POLICY.replace("START", f"{start}"))
    assert warning.kind == "policy"
    assert warning.where == "s.yaml:3"
    assert f'"tariff" starts in {start}, and the run ends in 10' in warning.what


def test_a_policy_in_the_last_step_acts() -> None:
    assert found("", POLICY.replace("START", "9")) == []
    assert found("", POLICY.replace("START", "2205"), final_time=2300) == []


def test_a_policy_that_ends_before_the_run() -> None:
    policy = POLICY.replace("START", "-5, end: -1")
    assert "ends in -1, and the run starts in 0" in only("", policy).what
    assert found("", POLICY.replace("START", "-5, end: 1")) == []


def test_a_policy_between_two_steps() -> None:
    assert "acts from 2.6 to 2.9" in only("", POLICY.replace("START", "2.6, end: 2.9")).what
    late = only("", POLICY.replace("START", "2.25"))
    assert "starts in 2.25, between two steps of 1" in late.what
    assert late.hint == "let it start in 2 or 3"
    assert found("", POLICY.replace("START", "2.25"), time_step=0.25) == []
    # a ramp is read at every time, and an adaptive integrator meets every date
    assert found("", POLICY.replace("START", "2.25, ramp: 2")) == []
    assert found("", POLICY.replace("START", "2.25"), integrator="adaptive") == []


def test_a_value_outside_its_range() -> None:
    warning = only("", "assume: {rate: 2}\n")
    assert (warning.kind, warning.where, warning.element) == ("range", "s.yaml:2", "rate")
    assert "rate = 2 is outside the range [0, 1] 1/Year that the model small" in warning.what
    assert only("", POLICY.replace("START", "2").replace("0.2", "1.2")).kind == "range"
    assert found("", "assume: {rate: 1}\n") == []
    assert found("", "assume: {rate: 2}\n", "rate=1") == []


# ---------------------------------------------------------------------- how they are told


TEXT = """{UTF-8}
x = INTEG(rate, 1) ~ ~ |
rate = 0.1 ~ ~ |
INITIAL TIME = 0 ~ ~ |
FINAL TIME = 10 ~ ~ |
TIME STEP = 3 ~ ~ |
SAVEPER = TIME STEP ~ ~ |
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "off.mdl"
    path.write_text(TEXT)
    return path


def call(*words: str) -> int:
    """The exit code of a command."""
    try:
        group([*words], standalone_mode=False)
    except SystemExit as ended:
        return int(ended.code or 0)
    except ScenarioError as error:
        return error.exit_code
    return 0


def test_a_run_says_it_and_strict_refuses(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert call("run", "off.mdl", "-o", "off.nc") == 0
    assert caplog.text.count("FINAL TIME 10 is no time step") == 1
    assert (file.parent / "off.nc").exists()
    assert call("run", "off.mdl", "--strict", "-o", "strict.nc") == 3
    assert not (file.parent / "strict.nc").exists()


def test_a_run_lists_them_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("run", "off.mdl", "-o", "off.nc", "--json") == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    (warning,) = run["warnings"]
    assert warning["kind"] == "final-time"
    assert warning["element"] == "FINAL TIME"
    assert warning["line"] == 5


def test_the_library_says_it_and_strict_refuses(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = sd.read_model(file)
    with caplog.at_level(logging.WARNING):
        sd.simulate(model)
    assert "FINAL TIME 10 is no time step" in caplog.text
    with pytest.raises(ScenarioError, match="FINAL TIME 10 is no time step"):
        sd.simulate(model, strict=True)
    sd.simulate(model, final_time=9, strict=True)


def test_scenarios_of_one_model_say_it_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.with_name("s.yaml").write_text(
        "title: S\nmodel: off.mdl\nvariants:\n"
        + "".join(f"  v{k}: {{title: V, set: {{rate: {k}}}}}\n" for k in range(3))
    )
    call("run", "s.yaml", "-o", "s.nc")
    assert caplog.text.count("no time step") == 1


def test_more_than_ten_are_counted(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    policies = "".join(f"  p{k}: {{start: {2000 + k}, set: {{rate: 0.2}}}}\n" for k in range(15))
    file.with_name("s.yaml").write_text(f"title: S\nmodel: off.mdl\npolicies:\n{policies}")
    call("run", "s.yaml", "-o", "s.nc")
    assert len(caplog.messages) == 11
    assert caplog.messages[-1].startswith("6 more warnings before the run")
