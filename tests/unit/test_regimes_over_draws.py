"""Basins and regime maps for each draw of a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from simdistrict.api import load
from simdistrict.ensemble.draws_file import Draws, write_design
from tests.program import Answer
from tests.program import call as answer

Call = Callable[..., Answer]
BASINS = ("regimes", "basins", "core", "--initial", "home experience=0.01:1", "--members", 20)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the program in this process."""
    return lambda *args: answer(capsys, *args)


@pytest.fixture(autouse=True)
def draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Draws:
    """A design of which some draws have one attractor and the others two."""
    monkeypatch.chdir(tmp_path)
    numbers = np.repeat([[0.0], [0.9], [0.5], [1.0]], 5, axis=0)
    found = Draws(("tariff",), numbers, np.repeat([0, 1], 10), {"converged": 1})
    write_design(Path("design.nc"), found, load("core")._prepared.model)
    return found


def document(found: Answer) -> dict[str, Any]:
    assert found.code == 0, found.err
    return dict(json.loads(found.out))


def test_basins_count_the_attractors_of_each_draw(call: Call, draws: Draws) -> None:
    parts = (*BASINS, "--design", "design.nc", "--draws", 4)
    found = document(call(*parts, "--json", "-o", "basins.nc"))
    by_hand = []
    for tariff in draws.numbers[2::5, 0]:
        alone = document(call(*BASINS, "--set", f"tariff={tariff}", "--json"))
        by_hand.append(len(alone["attractors"]))
    assert len(set(by_hand)) == 2
    with xr.open_dataset("basins.nc") as stored:
        assert stored["attractors"].values.tolist() == by_hand
        assert stored["design"].values[:, 0].tolist() == draws.numbers[2::5, 0].tolist()
        shares = stored["share"].values
    assert np.nansum(shares, axis=1) == pytest.approx(1)
    shown = {own["number"]: own["share"] for own in found["attractors"]}
    assert shown == {n: by_hand.count(n) / 4 for n in sorted(set(by_hand))}
    assert found["interval_covers"].startswith("Monte-Carlo error")
    assert "of the draws" in call(*parts).out
    box = {"home experience": (0.01, 1.0)}
    python = load("core").basins(members=20, initial=box, design="design.nc", draws=4)
    assert python["attractors"].values.tolist() == by_hand
    Path("design.nc").unlink()
    assert call("rerun", "basins.nc").code == 0


def test_a_map_shows_the_share_of_draws_with_several_equilibria(call: Call) -> None:
    numbers = np.array([[1.1], [1.1], [1.4], [1.4]])
    write_design(Path("ratio.nc"), Draws(("cost ratio",), numbers), load("core")._prepared.model)
    along = ("--along", "tariff=0:2:3", "--along", "forgetting rate=0.05:0.1:2")
    parts = ("regimes", "map", "core", *along)
    found = document(call(*parts, "--design", "ratio.nc", "--json", "-o", "map.nc"))
    assert found["draws"] == 4
    alone = [
        np.array(document(call(*parts, "--set", f"cost ratio={ratio}", "--json"))["worlds"])
        for ratio in (1.1, 1.4)
    ]
    expected = np.mean([worlds > 1 for worlds in alone], axis=0)
    assert np.array(found["share"]) == pytest.approx(expected)
    assert 0 < expected.mean() < 1
    assert call("rerun", "map.nc").code == 0
    ruled = document(call(*parts, "--design", "ratio.nc", "--where", "home share >= 0.5", "--json"))
    assert "in every state of rest" in ruled["what"]


def test_draws_do_not_go_with_values_along_a_constant(call: Call) -> None:
    refused = call(*BASINS, "--along", "tariff=0:1:3", "--design", "design.nc")
    assert refused.code == 2
    assert "it does not go with --design" in refused.err
