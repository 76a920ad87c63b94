"""What is told before a run: its kinds, where they begin, and how they reach the user."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.cli.main import group
from simdistrict.run.plan import intended, lowered, plan_run, plans_for
from simdistrict.run.preflight import RunWarning, warnings_of
from simdistrict.run.simulate import simulate
from simdistrict.scenario import RunSettings, resolve, scenario_from_text
from tests.reading import read_model
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


def test_a_policy_that_starts_before_the_run_and_ends_in_its_first_step() -> None:
    text = "policies:\n  tariff: {start: -0.6, end: END, set: {rate: 0.2}}\n"
    assert only("", text.replace("END", "0.1")).hint == "let it end at 1 or later"
    assert found("", text.replace("END", "1")) == []


def test_a_value_outside_its_range() -> None:
    warning = only("", "assume: {rate: 2}\n")
    assert (warning.kind, warning.where, warning.element) == ("range", "s.yaml:2", "rate")
    assert "rate = 2 is outside the range [0, 1] 1/Year that the model small" in warning.what
    assert only("", POLICY.replace("START", "2").replace("0.2", "1.2")).kind == "range"
    assert found("", "assume: {rate: 1}\n") == []
    assert found("", "assume: {rate: 2}\n", "rate=1") == []


# ---------------------------------------------------------------------- dates


def said(equations: str, *sets: str, **settings: float | str) -> list[str]:
    """What is said about dates in equations."""
    return [w.sentence for w in found(equations, "", *sets, **settings) if w.kind == "date"]  # type: ignore[arg-type]


def on(condition: str) -> str:
    """An equation with a condition."""
    return f"x = IF THEN ELSE({condition}, 1, 0)"


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ("Time = 3.5", "Time = 3.5 is never true, with time steps of 1"),
        ("3.5 = Time", "Time = 3.5 is never true"),
        ("Time <> 3.5", "Time <> 3.5 is always true"),
        ("Time = 11", "Time = 11 is never true: the run lasts from 0 to 10"),
        ("Time > 11", "Time > 11 is never true"),
        ("11 < Time", "Time > 11 is never true"),
        ("Time >= 10.5", "Time >= 10.5 is never true"),
        ("Time <= 11", "Time <= 11 is always true"),
        ("Time < -1", "Time < -1 is never true"),
        ("Time >= -1", "Time >= -1 is always true"),
        ("Time + 2 = 13", "Time = 11 is never true"),
        ("Time - 3 > 9", "Time > 12 is never true"),
        ("20 - Time < 3", "Time > 17 is never true"),
        ("2 * Time = 7", "Time = 3.5 is never true"),
        ("elapsed > 50", "Time > 50 is never true"),
        ("elapsed / 2 <= 50", "Time <= 100 is always true"),
        ("Time > 2.2 :AND: Time < 2.8", "Time > 2.2 :AND: Time < 2.8 is never true, with time"),
        ("Time < 3 :AND: Time >= 3", "Time >= 3 :AND: Time < 3 is never true"),
        ("Time > 9.5 :AND: Time < 10", "Time > 9.5 :AND: Time < 10 is never true"),
    ],
)
def test_a_comparison_that_never_changes(condition: str, outcome: str) -> None:
    (what,) = said(on(condition) + "\nelapsed = Time - INITIAL TIME")
    assert what.startswith('"x": ')
    assert outcome in what


@pytest.mark.parametrize(
    "condition",
    [
        "Time = 3",
        "Time = 0",
        "Time = 10",
        "Time > 10",
        "Time >= 10",
        "Time < 0",
        "Time <= 10",
        "Time > 9.5",
        "Time > FINAL TIME",
        "Time >= INITIAL TIME",
        "Time > FINAL TIME + TIME STEP",
        "Time > Stock",
        "rate > 11",
        "Time >= 2 :AND: Time < 3",
        "Time > 2 :AND: Time <= 3",
        "Time > 2 :AND: rate < 3",
        "Time - INITIAL TIME > FINAL TIME",
        "0 * Time > 5",
        "Time + Stock > 50",
    ],
)
def test_a_comparison_that_is_meant(condition: str) -> None:
    assert said(on(condition)) == []


@pytest.mark.parametrize("step", [0.5, 0.1, 1 / 3, 1 / 12])
def test_decimals_on_the_grid_are_no_dates_between_steps(step: float) -> None:
    conditions = (on(f"Time = {k * step!r}").replace("x", f"x{k}") for k in range(int(10 / step)))
    assert said("\n".join(conditions), time_step=step, save_step=step) == []


def test_a_comparison_under_a_policy_or_a_setting() -> None:
    equations = on("Time = due") + "\ndue = 3.5"
    (what,) = said(equations)
    assert "Time = 3.5 is never true" in what
    assert said(equations, "due=3") == []
    assert said(equations, time_step=0.5) == []
    assert said(equations, integrator="adaptive") == []
    # a policy that moves the date into the run means it
    policy = "policies:\n  now: {start: 1, set: {due: 5}}\n"
    assert found(equations, policy) == []


def test_what_a_constant_switches_off_is_not_looked_at() -> None:
    assert said("x = IF THEN ELSE(switch = 1, STEP(1, 50), 0)\nswitch = 0") == []
    assert said("x = switch * PULSE(50, 1)\nswitch = 0") == []
    assert said("x = STEP(switch, 50)\nswitch = 0") == []
    assert len(said("x = switch * PULSE(50, 1)\nswitch = 1")) == 1
    other = "x = IF THEN ELSE(switch = 1, 0, STEP(1, 50))\nswitch = "
    assert len(said(f"{other}0")) == 1
    assert said(f"{other}1") == []


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        ("STEP(1, 11)", "STEP at 11 never acts: the run lasts from 0 to 10"),
        ("RAMP(1, 11, 12)", "RAMP from 11 to 12 never acts"),
        ("RAMP(1, 11)", "RAMP from 11 never acts"),
        ("RAMP(1, 6, 4)", "ends before it starts"),
        ("PULSE(11, 1)", "PULSE at 11 over 1 never acts"),
        ("PULSE(-3, 2)", "PULSE at -3 over 2 never acts"),
        ("PULSE(4, 0.4)", "PULSE at 4 over 0.4 never acts, with time steps of 1"),
        ("PULSE(4.6, 0.5)", "PULSE at 4.6 over 0.5 never acts"),
        ("PULSE TRAIN(11, 1, 2, 20)", "PULSE TRAIN from 11 to 20 never acts"),
        ("PULSE TRAIN(4, 1, 2, 3)", "PULSE TRAIN from 4 to 3 never acts"),
        ("PULSE TRAIN(1, 2, 0, 9)", "PULSE TRAIN has an interval of 0"),
        ("PULSE TRAIN(1, 0.1, 0.4, 9)", "it is always on"),
    ],
)
def test_a_switch_that_never_acts(call: str, outcome: str) -> None:
    (what,) = said(f"x = {call}")
    assert outcome in what


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        ("PULSE(0.25, 0.5)", "let it start at 0 or 0.5"),
        ("PULSE(0.25, 0)", "let it start at 0 or 0.5"),
        ("PULSE(0.25, 0.2)", "let it start at 0 or 0.5 and last for at least 0.5"),
        ("PULSE(1, 0.2)", "let it last for at least 0.5"),
        ("PULSE(-0.3, 0.4)", "let it start at 0 and last for at least 0.5"),
        ("PULSE TRAIN(1.3, 0.5, 1, 1.4)", "let it end at 1.5 or later"),
        ("PULSE TRAIN(1, 0.1, 0.4, 9)", "give a time step of at most 0.2"),
        ("PULSE TRAIN(1, 0.3, 0.4, 9)", "give a time step of at most 0.1"),
    ],
)
def test_the_hint_about_a_switch_helps(call: str, hint: str) -> None:
    (warning,) = found(f"x = {call}", time_step=0.5, save_step=0.5)
    assert warning.hint == hint
    # what it says is done, in each way
    numbers = [float(word) for word in re.findall(r"[0-9.]+", hint)]
    name, args = call[:-1].split("(")
    start, *rest = (float(arg) for arg in args.split(","))
    if "time step" in hint:
        mended, step = [call], numbers[0]
    elif "end" in hint:
        mended, step = [f"{name}({start}, {rest[0]}, {rest[1]}, {numbers[0]})"], 0.5
    else:
        lasts = numbers.pop() if "last" in hint else rest[0]
        mended, step = [f"{name}({date}, {lasts})" for date in numbers or [start]], 0.5
    for one in mended:
        assert found(f"x = {one}", time_step=step, save_step=step) == []
        model = small(f"x = {one}", stop=10, time_step=step, save_step=step)
        values = simulate(model)["x"].values[round(1 / step) if "TRAIN" in one else 0 :]
        assert 0 < values.sum() < values.size


@pytest.mark.parametrize(
    "call",
    [
        "STEP(1, 10)",
        "STEP(1, -5)",
        "STEP(1, 9.7)",
        "RAMP(1, -5, 3)",
        "RAMP(1, 9, 30)",
        "RAMP(1, 9)",
        "PULSE(0, 1)",
        "PULSE(4, 0)",
        "PULSE(4, 0.6)",
        "PULSE(-3, 4)",
        "PULSE(10, 1)",
        "PULSE TRAIN(1, 1, 1, 9)",
        "PULSE TRAIN(-5, 1, 2, 9)",
        "PULSE TRAIN(1, 0, 2, 9)",
        "STEP(1, Stock)",
    ],
)
def test_a_switch_that_acts(call: str) -> None:
    assert said(f"x = {call}") == []


def test_a_date_per_label() -> None:
    equations = "region: a, b, c ~~|\ndue[region] = 3, 40, 50\nx[region] = STEP(1, due[region])"
    first, second = said(equations)
    assert first.startswith('"x[b]": STEP at 40')
    assert second.startswith('"x[c]": STEP at 50')


def test_equal_remarks_are_one_warning() -> None:
    equations = "\n".join(f"x{k} = STEP(1, 50)" for k in range(5))
    (what,) = said(equations)
    assert what.startswith('"x0", "x1", "x2" and 2 more: STEP at 50 never acts')


# ---------------------------------------------------------------------- delays


def short(equations: str, *sets: str, **settings: float | str) -> list[RunWarning]:
    """What is said about delays in equations."""
    return [w for w in found(equations, "", *sets, **settings) if w.kind == "delay"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "named", "enough"),
    [
        ("SMOOTH(source, T)", "SMOOTH", 1),
        ("SMOOTHI(source, T, 0)", "SMOOTHI", 1),
        ("SMOOTH3(source, T)", "SMOOTH3", 3),
        ("SMOOTH3I(source, T, 0)", "SMOOTH3I", 3),
        ("SMOOTH N(source, T, 0, 4)", "SMOOTH N", 4),
        ("DELAY1(source, T)", "DELAY1", 1),
        ("DELAY1I(source, T, 0)", "DELAY1I", 1),
        ("DELAY3(source, T)", "DELAY3", 3),
        ("DELAY3I(source, T, 0)", "DELAY3I", 3),
        ("DELAY N(source, T, 0, 3)", "DELAY N", 1),
        ("TREND(source, T, 0)", "TREND", 1),
        ("FORECAST(source, T, 5)", "FORECAST", 1),
        ("2 * SMOOTH(source + 1, T * 1)", "SMOOTH", 1),
    ],
)
def test_a_delay_shorter_than_the_step(call: str, named: str, enough: float) -> None:
    equations = f"x = {call}\nsource = 1 + STEP(1, 2)\nT = 0.25"
    (warning,) = short(equations)
    assert warning.element == "x"
    assert named in warning.what
    assert "0.25" in warning.what
    assert "TIME STEP 1" in warning.what
    assert f"a time of at least {enough}" in warning.hint
    assert len(short(equations, f"T={enough * 0.99}")) == 1
    assert short(equations, f"T={enough}") == []
    assert short(equations, time_step=0.25 / enough) == []
    assert short(equations, integrator="adaptive") == []


@pytest.mark.parametrize("length", ["0", "-2"])
@pytest.mark.parametrize("function", ["SMOOTH", "DELAY3", "DELAY1"])
def test_a_delay_of_no_time(function: str, length: str) -> None:
    (warning,) = short(f"x = {function}(source, {length})\nsource = STEP(1, 2)")
    assert f"{function} over {length}" in warning.what
    assert warning.hint.startswith("give a time of at least ")


def test_a_fixed_delay_shorter_than_the_step() -> None:
    equations = "x = DELAY FIXED(Stock, T, 0)\nT = 0.4"
    (warning,) = short(equations)
    assert "a fixed delay of 0.4, shorter than TIME STEP 1: it delays by 1" in warning.what
    assert short(equations, "T=1") == []
    assert short("x = DELAY FIXED(Stock, TIME STEP, 0)") == []


@pytest.mark.parametrize(
    "equations",
    [
        "S = INTEG(-out, 1)\nout = S / T",
        "S = INTEG(1 - out, 1)\nout = S / T + 0",
        "S = INTEG(-S / T, 1)",
        "S = INTEG(change, 1)\nchange = (5 - S) / T",
        "S = INTEG((5 - S) / T, 1)",
        "S = INTEG(-out, 1)\nout = S * share\nshare = 1 / T",
    ],
)
def test_an_outflow_faster_than_the_step(equations: str) -> None:
    equations += "\nT = 0.25"
    (warning,) = short(equations)
    assert 'moves "S" with a time constant of 0.25, shorter than TIME STEP 1' in warning.what
    assert warning.hint == "give a time step of at most 0.25"
    assert short(equations, "T=1") == []
    assert short(equations, time_step=0.25) == []


@pytest.mark.parametrize(
    "equations",
    [
        "S = INTEG(S / T, 1)",
        "S = INTEG(-out, 1)\nout = S / TIME STEP",
        "S = INTEG(-out, 1)\nout = MIN(S / T, 1)",
        "S = INTEG(-out, 1)\nout = other / T\nother = INTEG(1, 1)",
        "S = INTEG(-out, 1)\nout = S / (T + Stock)",
    ],
)
def test_other_flows_are_not_looked_at(equations: str) -> None:
    assert short(equations + "\nT = 0.25") == []


def test_outflows_that_are_too_fast_together() -> None:
    equations = "S = INTEG(-out - loss, 1)\nout = S / 1.5\nloss = S / 2"
    (warning,) = short(equations)
    assert '"out": with its other outflows, takes more than all of "S"' in warning.sentence
    assert short(equations, time_step=0.5) == []


def test_a_delay_per_label() -> None:
    equations = "region: a, b, c ~~|\nT[region] = 2, 0.5, 0.25\nx[region] = SMOOTH(y, T[region])"
    (warning,) = short(equations + "\ny = 1")
    assert warning.sentence.startswith('"x[c]": SMOOTH over 0.25')
    assert "(so does 1 other label)" in warning.what


def test_a_delay_that_a_policy_shortens() -> None:
    equations = "x = SMOOTH(Stock, T)\nT = 4"
    policy = "policies:\n  fast: {start: 2, set: {T: 0.5}}\n"
    (warning,) = found(equations, policy)
    assert "SMOOTH over 0.5" in warning.what


# ---------------------------------------------------------------------- lookups and data


@pytest.mark.parametrize(
    ("x", "outcome"),
    [
        ("12", "at 12, after its last point at 8"),
        ("-1", "at -1, before its first point at 0"),
        ("Time", "at 10, after its last point at 8"),
        ("Time - 2 * rate", "at -0.2, before its first point at 0 and at 9.8"),
    ],
)
def test_a_lookup_outside_its_points(x: str, outcome: str) -> None:
    (warning,) = found(f"x = table({x})\ntable((0, 0), (8, 1))")
    assert warning.kind == "lookup"
    assert f'"x": reads "table" {outcome}' in warning.sentence
    assert warning.what.endswith("it holds that value")


@pytest.mark.parametrize(
    "equations",
    [
        "x = table(8)\ntable((0, 0), (8, 1))",
        "x = table(Time)\ntable((0, 0), (10, 1))",
        # level at its ends: beyond them the value is what the points lead to
        "x = table(Time)\ntable((2, 0), (3, 0), (5, 1), (8, 1))",
        "x = IF THEN ELSE(Time <= 5, table(Time), 1)\ntable((0, 0), (5, 1))",
        "x = IF THEN ELSE(rate > 1, table(Time), 1)\ntable((0, 0), (5, 1))",
        "x = LOOKUP EXTRAPOLATE(table, Time)\ntable((0, 0), (5, 1))",
        "x = table(Stock)\ntable((5, 0), (8, 1))",
    ],
)
def test_a_lookup_within_its_points(equations: str) -> None:
    assert found(equations) == []


def test_many_lookups_are_one_warning() -> None:
    equations = "\n".join(f"x{k} = table(Time + {k})" for k in range(9))
    (warning,) = found(equations + "\ntable((0, 0), (8, 1))")
    assert warning.sentence.startswith('"x0", "x1", "x2" and 6 more: lookups read beyond')


def test_data_that_end_before_the_run(file: Path) -> None:
    file.with_name("d.csv").write_text("Time,seen\n0,1\n6,2\n")
    text = TEXT.replace("TIME STEP = 3", "TIME STEP = 1").replace("rate = 0.1", "rate = seen")
    file.write_text(text + "seen ~~|\n")
    model = read_model(file)
    (series,) = (read_model(file)["seen"],)
    assert series.kind == "data"
    with pytest.raises(ScenarioError, match='"seen": at 10, after its last point at 6'):
        simulate(model, data=["d.csv"], strict=True)
    simulate(model, data=["d.csv"], final_time=6, strict=True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("d.csv", "Time,seen\n6,2\n"),
        ("d.csv", "Time,other,seen\n0,1,\n6,2,2\n9,2,\n"),
        ("d.csv", "Time,6\nseen,2\n"),
        ("d.dat", "seen\n6 2\n"),
    ],
)
def test_data_of_one_point(file: Path, name: str, text: str) -> None:
    file.with_name(name).write_text(text)
    file.write_text(TEXT.replace("TIME STEP = 3", "TIME STEP = 1") + "seen ~~|\ny = seen ~~|\n")
    model = read_model(file)
    what = '"seen": at 0, before its only point at 6 and at 10, after its only point at 6'
    with pytest.raises(ScenarioError, match=what):
        simulate(model, data=[name], strict=True)
    found = simulate(model, data=[name], initial_time=6, final_time=6, strict=True)
    assert found["y"].values.tolist() == [2]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("d.csv", "Time,seen,other\n0,2,1\n10,,1\n"),
        ("d.dat", "seen\n0 2\nother\n0 1\n10 1\n"),
    ],
)
def test_a_file_that_states_a_constant_is_believed(
    file: Path, name: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    file.with_name(name).write_text(text)
    file.write_text(TEXT.replace("TIME STEP = 3", "TIME STEP = 1") + "seen ~~|\ny = seen ~~|\n")
    found = simulate(read_model(file), data=[name], strict=True)
    assert set(found["y"].values.flat) == {2.0}
    # and so is the record of it in a result
    assert call("run", "off.mdl", "--data", name, "-o", "r.nc", "--strict") == 0
    assert call("rerun", "r.nc") == 0
    assert caplog.text == ""


def test_data_of_one_point_in_a_sheet(file: Path) -> None:
    file.with_name("s.csv").write_text("Time,4\na,7\nb,8\n")
    text = TEXT.replace("TIME STEP = 3", "TIME STEP = 1") + "region: a, b ~~|\n"
    text += "seen[region] := GET DIRECT DATA('s.csv', ',', '1', 'B2') ~~|\n"
    file.write_text(text + "y = seen[b] ~~|\n")
    with pytest.raises(ScenarioError, match="at 10, after its only point at 4: it holds that"):
        simulate(read_model(file), strict=True)


def test_a_label_without_data_is_not_said_to_end(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.with_name("d.csv").write_text("Time,seen[a]\n0,1\n10,2\n")
    text = TEXT.replace("TIME STEP = 3", "TIME STEP = 1") + "region: a, b ~~|\n"
    file.write_text(text + "seen[region] ~~|\ny[region] = seen[region] ~~|\n")
    simulate(read_model(file), data=["d.csv"])
    assert "no data for" in caplog.text
    assert "point at" not in caplog.text


def test_a_lookup_that_a_run_leaves(caplog: pytest.LogCaptureFixture) -> None:
    model = small("S = INTEG(0.5, 0)\nx = table(S * 2)\ntable((0, 0), (8, 1))", stop=10)
    simulate(model, final_time=8)
    assert caplog.text == ""
    # before a run nobody knows, so a strict run is not refused
    for backend in ("interpreted", "native"):
        simulate(model, strict=True, backend=backend)
        assert '"x": reads "table" at 10, after its last point at 8' in caplog.text
        caplog.clear()


def test_a_lookup_that_a_run_leaves_where_it_does_not_count(
    caplog: pytest.LogCaptureFixture,
) -> None:
    read = "IF THEN ELSE(Time <= 8, table(S), 1)"
    simulate(small(f"S = INTEG(1, 0)\nx = {read}\ntable((0, 0), (8, 1))"))
    simulate(small("S = INTEG(1, 0)\nx = table(S)\ntable((0, 0), (6, 1), (8, 1))"))
    assert caplog.text == ""


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
    model = read_model(file)
    with caplog.at_level(logging.WARNING):
        simulate(model)
    assert "FINAL TIME 10 is no time step" in caplog.text
    with pytest.raises(ScenarioError, match="FINAL TIME 10 is no time step"):
        simulate(model, strict=True)
    simulate(model, final_time=9, strict=True)


def test_a_check_lists_them(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "off.mdl", "--only", "before-run", "--json") == 0
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["check"] == "before-run"
    assert (finding["kind"], finding["severity"]) == ("final-time", "warning")
    assert finding["line"] == 5
    assert call("check", "off.mdl", "--only", "before-run", "--strict", "before-run") == 5
    file.write_text(TEXT.replace("TIME STEP = 3", "TIME STEP = 2"))
    assert call("check", "off.mdl", "--only", "before-run", "--strict", "before-run") == 0


def test_an_ensemble_says_it_once_and_strict_refuses(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head = "element,label,value,low,high,distribution\n"
    file.with_name("p.csv").write_text(f"{head}rate,,0.1,0.05,0.2,uniform\n")
    words = ["ensemble", "off.mdl", "--members", "8", "--prior", "p.csv", "-o", "e.nc"]
    assert call(*words, "--strict") == 3
    assert not file.with_name("e.nc").exists()
    assert caplog.text == ""
    assert call(*words, "--workers", "1") == 0
    assert caplog.text.count("no time step") == 1


def test_scenarios_of_one_model_say_it_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.with_name("s.yaml").write_text(
        "title: S\nmodel: off.mdl\nvariants:\n"
        + "".join(f"  v{k}: {{title: V, set: {{rate: {k}}}}}\n" for k in range(3))
    )
    call("run", "s.yaml", "-o", "s.nc")
    assert caplog.text.count("no time step") == 1
    with pytest.raises(ScenarioError) as refused:
        plans_for(["s.yaml"], strict=True)
    assert len(refused.value.problems) == 1


def test_more_than_ten_are_counted(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    policies = "".join(f"  p{k}: {{start: {2000 + k}, set: {{rate: 0.2}}}}\n" for k in range(15))
    file.with_name("s.yaml").write_text(f"title: S\nmodel: off.mdl\npolicies:\n{policies}")
    call("run", "s.yaml", "-o", "s.nc")
    assert len(caplog.messages) == 11
    assert caplog.messages[-1].startswith("6 more warnings before the run")
