"""Arguments of the Python library that do not fit: numbers, times, names given twice, states."""

from __future__ import annotations

import copy
import inspect
import logging
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simdistrict as sd


@pytest.fixture(scope="module")
def m() -> sd.LoadedModel:
    return sd.load("core")


@pytest.fixture(scope="module")
def d() -> sd.LoadedModel:
    return sd.load("district")


def test_numbers_of_numpy_are_numbers(m: sd.LoadedModel) -> None:
    found = m.run(final_time=np.int64(2), time_step=np.float32(0.5), times=np.array([0, 2]))
    wanted = m.run(final_time=2, time_step=0.5, times=[0, 2])
    assert found.identical(wanted)
    how: dict[str, Any] = {"prior": {"tariff": (0, 1)}, "final_time": 2}
    few = m.ensemble(members=np.int64(5), seed=np.int64(3), workers=np.int64(1), **how)
    assert few.equals(m.ensemble(members=5, seed=3, **how))
    assert m.start_batch(np.int64(3)).members == 3  # type: ignore[arg-type]
    assert m.start().step(np.int64(2)) == 0.5  # type: ignore[arg-type]
    assert m.scenario().settings(final_time=np.int64(9)).to_yaml().count("final time: 9.0") == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.run(time_step=True), r"^time_step \| True is no number"),
        (lambda m: m.run(time_step="a"), r'^time_step \| the text "a" is no number'),
        (lambda m: m.run(time_step=0), r"^time_step \| 0 is not positive"),
        (lambda m: m.run(final_time=float("inf")), r"^final_time \| inf is not a finite"),
        (lambda m: m.run(times=2025), r"^times \| 2025 is no list of times"),
        (lambda m: m.run(times=[]), r"^times \| the list has no time"),
        (lambda m: m.run(times=["20"]), r'^times \| the text "20" is no number'),
        (lambda m: m.ensemble(times=["20"], members=2), r'^times \| the text "20" is no'),
        (lambda m: m.ensemble(members=2.5), r"^members \| 2.5 is no whole number"),
        (lambda m: m.ensemble(members=2, seed=1.5), r"^seed \| 1.5 is no whole number"),
        (lambda m: m.ensemble(members=True), r"^members \| True is no number"),
        (lambda m: m.start(final_time="9"), r"^final_time \| .* is no number"),
        (lambda m: m.start_batch(2.5), r"^members \| 2.5 is no whole number"),
        (lambda m: m.start_batch(0), r"^members \| 0 members are too few"),
        (lambda m: m.start_batch(3, params={"tariff": [0, 1]}), r'"tariff" needs 3, members first'),
        (
            lambda m: m.start_batch(3, params={"tariff": pd.Series([0, 0.5, 1])}),
            "counts from 0 to 2, .*\n.*list of numbers",
        ),
        (lambda m: m.run(params={"tariff": pd.Series([0.1, 0.2])}), r'rename_axis\("time"\)'),
        (
            lambda m: m.run(params={"tariff": 1, "Tariff": 2}),
            '"tariff" has no effect: "Tariff"',
        ),
        (
            lambda m: m.run(initial={"home experience": 1, "Home_Experience": 2}),
            '"home experience" has no effect: "Home_Experience"',
        ),
        (
            lambda m: m.scenario().policy("a", {"tariff": 1}, start="28"),
            r'policy\("a"\) start \| the text "28" is no number',
        ),
        (lambda m: m.scenario().settings(time_step="a"), r"^time_step \| .* is no number"),
        *[
            (
                lambda m, n=n: m.start().step(n),
                r"^step \| .* no(t a finite| whole|) number",
            )
            for n in (1.5, 2.9, True, "2", float("nan"))
        ],
        *[
            (
                lambda m, name=name: m.scenario().policy(name, {"tariff": 1}, start=3),
                "a policy needs a name, on one line",
            )
            for name in ("", " ", "two\nlines")
        ],
        (lambda m: m.branch("tariff", "0", 2), r"^parameter \| \('0', 2\) is not \(low, high\)"),
        (
            lambda m: m.branch("tariff", 0, 2, second="cost ratio"),
            r"^second \| 'cost ratio' is not",
        ),
        (lambda m: m.basins(along="tariff"), r"^along \| 'tariff' is not \(name, low, high, count"),
        (
            lambda m: m.regime_map({"tariff": ("0", "2", "3"), "cost ratio": (1.1, 1.5, 2)}),
            r"^along: \"tariff\" \| .* is not \(low, high, count\)",
        ),
        (
            lambda m: m.calibrate(
                pd.Series({1: 0.98}, name="home experience"), {"forgetting rate": "12"}
            ),
            r"^free constant \"forgetting rate\" \| '12' is not \(low, high\)",
        ),
        (lambda m: m.start().run_to("2"), r'^run_to \| the text "2" is no number'),
        (lambda m: m.start().replace("tariff", 0.1), r"0.1 is no function\n.*s\[\"tariff\"\] ="),
    ],
)
def test_an_argument_that_does_not_fit_is_said(
    m: sd.LoadedModel, call: Callable[[Any], object], message: str
) -> None:
    with pytest.raises(sd.ScenarioError, match=message):
        call(m)


def test_an_element_has_a_name(m: sd.LoadedModel) -> None:
    with pytest.raises(sd.ModelError, match="5 is no name of an element"):
        m[5]  # type: ignore[index]


def test_parts_come_after_the_whole(d: sd.LoadedModel) -> None:
    part, whole = {"tariff level[far]": 0.1}, {"tariff level": 0.5}
    with pytest.raises(sd.ScenarioError, match=r'"tariff level\[far\]" has no effect'):
        d.run(params=part | whole)
    found = d.run(params=whole | part, save=["tariff level"], times="final")["tariff_level"]
    assert (float(found.sel(offshore="far")), float(found.sel(offshore="near"))) == (0.1, 0.5)


@pytest.mark.parametrize(("first", "warned"), [(1900, True), (1979.5, True), (1980, False)])
def test_values_before_the_run_are_warned_of(
    d: sd.LoadedModel, caplog: pytest.LogCaptureFixture, first: float, warned: bool
) -> None:
    assert d.run(save="stocks", times=[1980]).sizes["time"] == 1
    with caplog.at_level(logging.WARNING):
        d.run(params={"tariff level[far]": pd.Series({first: 0.1})}, save="stocks", times="final")
    assert (f"a value is given for {first:.10g} before" in caplog.text) == warned


def test_warnings_name_arguments(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        sd.load("core").run(time_step=0.3, times="final")
        sd.load("core").run(save_step=0.1, times="final")
    assert "command line" not in caplog.text
    assert "time_step | SAVEPER 1" in caplog.text or "time_step | FINAL TIME" in caplog.text
    assert "save_step | SAVEPER 0.1" in caplog.text


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_state_has_finite_stocks(m: sd.LoadedModel, value: float) -> None:
    state = m.start().state
    state["home_experience"] = value
    with pytest.raises(sd.ExchangeError, match="home_experience holds a number that is not finite"):
        m.start(state=state)


@pytest.mark.parametrize("time", [60.1, np.nan])
def test_a_state_has_its_own_time(m: sd.LoadedModel, time: float) -> None:
    s = m.start()
    s.run_to(60)
    state = s.state
    assert m.start(state=state).time == 60
    state["time"] = time
    with pytest.raises(sd.ExchangeError, match="its time is not 60"):
        m.start(state=state)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_simulator_is_not_pickled(m: sd.LoadedModel, take: Callable[[Any], object]) -> None:
    with pytest.raises(sd.EngineError, match=r"cannot be copied, nor sent\b.*\n.*s\.state"):
        take(m.start())


def test_a_comparison_names_what_python_has(d: sd.LoadedModel) -> None:
    found = sd.compare(d.run(), d.run(params={"tariff level": 0.9}))
    assert len(found.table) > 10
    assert "(.table lists all)" in repr(found)
    assert "--" not in repr(found)


def test_a_builder_names_arguments(m: sd.LoadedModel) -> None:
    for build in (
        lambda: m.scenario().policy("a", {"time step": 0.1}, start=5),
        lambda: m.scenario().set("time step", 0.1),
    ):
        with pytest.raises(sd.ScenarioError, match="or use time_step="):
            build()


def test_what_raises_names_arguments() -> None:
    # the command line calls the functions that draw
    functions = [getattr(sd, name) for name in dir(sd) if not name.startswith("plot_")]
    kinds = sd.LoadedModel, sd.ScenarioBuilder
    methods = [getattr(kind, n) for kind in kinds for n in dir(kind) if not n.startswith("_")]
    public = [f for f in (*functions, *methods) if inspect.isfunction(f)]
    raising = [f for f in public if "Raises" in (f.__doc__ or "")]
    assert len(raising) > 20
    assert [f.__qualname__ for f in raising if not hasattr(f, "__wrapped__")] == []


def test_a_seed_is_not_negative(m: sd.LoadedModel) -> None:
    with pytest.raises(sd.EngineError, match=r"^seed \| -3 is below 0"):
        m.ensemble(members=3, seed=-3, prior={"tariff": (0, 1)})
