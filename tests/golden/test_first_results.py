"""The numbers of the README and of docs/results.md are those that the model gives."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import xarray as xr

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def example() -> ModuleType:
    path = ROOT / "docs" / "examples" / "first_results.py"
    spec = importlib.util.spec_from_file_location("first_results", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def runs(example: ModuleType) -> xr.Dataset:
    return example.simulate()  # type: ignore[no-any-return]


def close(committed: str, new: str, tolerance: float) -> bool:
    """The same words, and numbers that differ by less than the last printed digit."""
    if NUMBER.sub("#", committed) != NUMBER.sub("#", new):
        return False
    pairs = zip(NUMBER.findall(committed), NUMBER.findall(new), strict=True)
    return all(abs(float(a) - float(b)) <= tolerance for a, b in pairs)


def test_the_committed_table_is_the_models(example: ModuleType, runs: xr.Dataset) -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    for row in example.rows(runs):
        name = row[0]
        committed = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
        assert close(committed, "| " + " | ".join(row) + " |", 0.0101)


def test_the_committed_findings_are_the_models(example: ModuleType, runs: xr.Dataset) -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    committed = [line for line in page.splitlines() if line.startswith("- **")]
    new = [f"- **{'holds' if ok else 'FAILS'}** {text}" for ok, text in example.findings(runs)]
    assert len(committed) == len(new)
    for a, b in zip(committed, new, strict=True):
        assert close(a, b, 1.01)


def test_the_page_names_the_model_that_made_it(runs: xr.Dataset) -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert runs.attrs["model_sha256"][:12] in page


def test_the_readme_shows_the_same_table(example: ModuleType) -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    inside = readme.partition(example.BEGIN)[2].partition(example.END)[0].strip().splitlines()
    assert len(inside) > 10
    for line in inside:
        assert line in page


def test_shares_sum_to_one_and_stocks_stay_positive(runs: xr.Dataset) -> None:
    assert float(abs(runs.sourcing_share.sum("location") - 1).max()) < 1e-12
    assert float(abs(runs.home_share + runs.near_share + runs.far_share - 1).max()) < 1e-12
    assert (runs.outcome == 0).all()
    stocks = [v for v in runs.data_vars if runs[v].attrs.get("kind") == "stock"]
    assert len(stocks) >= 15
    # these begin at zero: no multinationals in Prato, a neoliberal regime, no security tariff
    for name in stocks:
        lowest = float(runs[name].min())
        may_be_zero = name in ("multinational_share", "policy_regime", "security_tariff")
        assert lowest >= 0 if may_be_zero else lowest > 0, name
