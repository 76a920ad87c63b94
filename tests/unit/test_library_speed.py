"""A run from Python is quick: one plan, and Datasets after the pattern of the first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simdistrict as sd
from simdistrict.api import plans, running
from simdistrict.run.simulate import trajectory


def least(call: Callable[[], object], repeat: int = 5, rounds: int = 10) -> float:
    """The least processor time of some calls."""
    call()
    found = []
    for _ in range(repeat):
        begin = time.process_time()
        for _ in range(rounds):
            call()
        found.append((time.process_time() - begin) / rounds)
    return min(found)


def test_other_numbers_need_no_new_plan_and_no_new_dataset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    m = sd.load("core")
    counts: dict[str, int] = {}

    def counting(module: Any, name: str) -> None:
        before = getattr(module, name)

        def counted(*args: Any, **options: Any) -> Any:
            counts[name] = counts.get(name, 0) + 1
            return before(*args, **options)

        monkeypatch.setattr(module, name, counted)

    counting(plans, "plan_run")
    counting(plans, "scenarios_of")
    counting(running, "result_of")
    for k in range(5):
        what = {"initial": {"home experience": 1 + k / 10}} if k % 2 else {}
        m.run(params={"tariff": k / 10}, final_time=20, **what)  # type: ignore[arg-type]
    assert counts == {"plan_run": 2, "result_of": 2}
    m.run(params={"cost ratio": 2})
    assert counts == {"plan_run": 3, "result_of": 3}


def test_the_library_adds_little_to_a_run() -> None:
    m = sd.load("core")
    plan = m._plan(backend="interpreted", settings=plans.AS_WRITTEN)
    added = least(lambda: m.run(params={"tariff": 0.1}, backend="interpreted"))
    added -= least(lambda: trajectory(plan))
    # under 1 ms where nothing else runs
    assert added < 4e-3


def test_a_loop_is_not_much_slower_than_an_ensemble() -> None:
    m = sd.load("core")
    values = np.linspace(0, 1, 40)
    design = pd.DataFrame({"tariff": values})
    how: dict[str, Any] = {"save": ["home experience"], "backend": "interpreted"}

    def loop() -> None:
        for value in values:
            m.run(params={"tariff": value}, **how)

    def ensemble() -> None:
        m.ensemble(design=design, times="all", workers=1, progress=False, **how)

    # at most 3 where nothing else runs
    assert least(loop, 2, 1) < 6 * least(ensemble, 2, 1)


def test_both_give_the_same_numbers() -> None:
    m = sd.load("core")
    values = [0.0, 0.3, 1.0]
    ensemble = m.ensemble(
        design=pd.DataFrame({"tariff": values}), save=["home experience"], times="all",
        progress=False,
    )  # fmt: skip
    for k, value in enumerate(values):
        one = m.run(params={"tariff": value})["home_experience"].values
        np.testing.assert_array_equal(ensemble["home_experience"].isel(member=k), one)
