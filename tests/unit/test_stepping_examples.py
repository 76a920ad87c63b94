"""The examples of stepping: an environment of reinforcement learning, and agents."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import simdistrict as sd

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs/examples/stepping"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment", EXAMPLES / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_episode_is_a_run(example: ModuleType) -> None:
    environment = example.TariffEnvironment(20.0)
    observation, info = environment.reset(seed=3, options={"cost ratio": 1.25})
    assert observation.tolist() == [0.0, 1.0]
    assert info == {}
    whole = sd.load("core").run(params={"cost ratio": 1.25, "tariff": 0.5}, final_time=20)
    ends = []
    for time in (5.0, 10.0, 15.0, 20.0):
        observation, reward, terminated, truncated, _ = environment.step(0.5)
        there = whole.sel(time=time)
        assert observation.tolist() == [time, float(there["home_experience"])]
        assert reward == 5 * (float(there["home_share"]) - 0.3 * 0.5)
        ends.append((terminated, truncated))
    assert ends == [(False, False)] * 3 + [(False, True)]


def test_many_environments_are_each_as_one_alone(example: ModuleType) -> None:
    many = example.ManyTariffEnvironments(5, 30.0)
    many.reset(seed=4)
    ratios = many.batch["cost ratio"].values
    actions = np.linspace(0, 1.5, 5)
    while not many.batch.done:
        observations, rewards, ended, truncated, _ = many.step(actions)
    for k in range(5):
        alone = example.TariffEnvironment(30.0)
        alone.reset(options={"cost ratio": ratios[k]})
        while not alone.simulator.done:
            observation, reward, *_ = alone.step(actions[k])
        assert observation.tolist() == observations[k].tolist()
        assert reward == rewards[k]
    assert truncated.all()
    assert not ended.any()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("environment.py", "learnt: 54.1, no tariff: 0.7"),
        ("agents.py", "year 60: firms 0.50, equation 0.20"),
    ],
)
def test_an_example_prints_what_it_finds(name: str, words: str, tmp_path: Path) -> None:
    command = [sys.executable, EXAMPLES / name]
    env = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert words in done.stdout


def test_the_examples_stand_on_the_page() -> None:
    page = (ROOT / "docs/library_stepping.md").read_text(encoding="utf-8")
    for path in sorted(EXAMPLES.glob("*.py")):
        assert f"\n{path.read_text(encoding='utf-8')}```\n" in page, path.name
