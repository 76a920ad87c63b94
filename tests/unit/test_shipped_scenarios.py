"""The scenarios that are shipped: they run, stay in range, and say what they test."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simdistrict.base.library import find_model, find_scenario, parts, scenarios, shown
from simdistrict.model.expr import fold
from simdistrict.model.model import Constant, Lookup
from simdistrict.result.dataset import to_xarray
from simdistrict.run.plan import intended, plan_run, prepare
from simdistrict.run.preflight import warnings_of
from simdistrict.run.simulate import result_of
from simdistrict.scenario import RunSettings, load_scenario, members, model_path, resolve

ROOT = Path(__file__).resolve().parents[2]
PATH = find_model("district")
PREPARED = prepare(PATH)
MODEL = PREPARED.model
NAMES = [n for n, p in scenarios().items() if p.resolve().is_relative_to(ROOT / "scenarios")]
EVERY = [member for name in NAMES for member in members(name)]
PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
CLAIMS = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")


@cache
def ran(name: str) -> xr.Dataset:
    """A scenario with half of the model's steps, which is enough to see whether it holds."""
    resolved = resolve(load_scenario(name), MODEL, run=RunSettings(time_step=0.25))
    return to_xarray(result_of([plan_run(PREPARED, resolved, "native")]))


def out_of_range(run: xr.Dataset) -> set[str]:
    """The elements, constants apart, that leave the range that the model states for them."""
    found = set()
    for variable in run.data_vars.values():
        element = MODEL.by_name.get(fold(str(variable.attrs.get("vensim_name", ""))))
        if element is None or isinstance(element, Constant | Lookup):
            continue
        values = variable.values
        low = -np.inf if element.range.low is None else element.range.low
        high = np.inf if element.range.high is None else element.range.high
        scale = 1e-9 * max(1.0, float(np.abs(values).max()))
        if values.min() < low - scale or values.max() > high + scale:
            found.add(element.name)
    return found


@pytest.mark.parametrize("name", EVERY)
def test_it_completes_and_no_element_leaves_its_range(name: str) -> None:
    run = ran(name)
    assert int(run.outcome) == 0
    assert not out_of_range(run)


@pytest.mark.parametrize("name", NAMES)
def test_it_names_known_claims_each_with_a_band(name: str) -> None:
    claims = load_scenario(name).claims
    assert claims
    for claim, band in claims:
        assert re.search(rf"^\|[^|]+\| {claim} \|", CLAIMS, re.MULTILINE), claim
        assert re.search(r"\d", band), (claim, band)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_to_be_said_before_its_run(name: str) -> None:
    scenario = load_scenario(name)
    assert model_path(scenario) == PATH
    assert warnings_of(intended(plan_run(PREPARED, resolve(scenario, MODEL)))) == ()


@pytest.mark.parametrize("name", NAMES)
def test_its_variants_are_all_different(name: str) -> None:
    every = members(name)
    assert len({resolve(load_scenario(m), MODEL).sha256 for m in every}) == len(every)


def test_the_page_lists_every_scenario_with_its_file() -> None:
    named = set(re.findall(r"^\|[^|]*\| `(\w+)`", PAGE, re.MULTILINE))
    assert named == set(NAMES)
    numbers = re.findall(r"^\| (S\d+) \|", PAGE, re.MULTILINE)
    assert numbers == [f"S{n}" for n in range(14)]


def test_every_part_is_used_and_on_the_page() -> None:
    used = {f for name in EVERY for f in load_scenario(name).chain}
    for name, path in parts().items():
        assert shown(path) in used, name
        assert f"`{name}`" in PAGE, name


def test_the_disruptions_are_what_the_script_draws() -> None:
    folder = find_scenario("stochastic_disruptions").parent
    spec = importlib.util.spec_from_file_location("draw", folder / "draw_disruptions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, text in module.texts().items():
        assert (folder / "parts" / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # what has no dose is not there
        ("dose_ladder:tariff_0_capability_0", "what_if:green_demand"),
        ("dose_ladder:tariff_0_capability_100", "capability_only"),
        ("knowledge_alone:none", "neoliberal_globalisation"),
        ("one_instrument:none", "what_if:green_demand"),
        # the same policies by another way
        ("one_instrument:all", "district_renaissance"),
        ("timing_ladder:from_2025", "return_to_globalisation:renaissance_2045"),
        ("timing_ladder:never", "return_to_globalisation:never"),
        ("loops_cut:no_B4", "neoliberal_globalisation"),
    ],
)
def test_two_ways_to_say_the_same_give_the_same_numbers(one: str, other: str) -> None:
    first, second = ran(one), ran(other)
    for name, variable in first.data_vars.items():
        if variable.attrs.get("kind") == "stock":
            assert np.array_equal(variable.values, second[name].values), name


def test_a_return_is_the_policy_until_then() -> None:
    for variant, policy in (
        ("security_2045", "security_tariffs"),
        ("tariffs_2045", "tariff_only"),
        ("renaissance_2045", "district_renaissance"),
        ("never", "neoliberal_globalisation"),
    ):
        there, here = ran(f"return_to_globalisation:{variant}"), ran(policy)
        until = slice(1980, 2045)
        assert np.array_equal(
            there.capacity.sel(time=until).values, here.capacity.sel(time=until).values
        ), variant
