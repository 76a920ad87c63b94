"""Ensembles over a design that was drawn elsewhere; an ensemble in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simdistrict.base.errors import ExchangeError, ScenarioError
from simdistrict.ensemble.content import ensemble_result
from simdistrict.ensemble.file import write_ensemble
from simdistrict.ensemble.given import GivenDesign, given_design
from simdistrict.ensemble.members import Ensemble, ensemble_of, ensemble_over
from simdistrict.ensemble.prior import read_prior, text_of_rows
from simdistrict.ensemble.rerun import repeat
from simdistrict.result.dataset import from_xarray, to_xarray
from simdistrict.result.netcdf import read_netcdf
from simdistrict.result.zarr_store import read_zarr
from simdistrict.run.plan import plans_for
from simdistrict.sensitivity.salib import pawn
from simdistrict.sensitivity.sample import read_sample, sample_of
from tests.small import mdl

EQUATIONS = """
    place: north, south ~ ~ |
    stock[place] = INTEG(stock[place] * rate * tax, level[place])
    rate = 0.1
    tax = 1
    level[place] = 1, 2
    path((0,1),(10,2))
    double = 2 * SUM(stock[place!]) * path(Time)
"""
ROWS = [
    {"element": "rate", "value": 0.1, "low": -0.1, "high": 0.3, "distribution": "triangular"},
    {"element": "level", "label": "south", "low": 1, "high": np.float64(3), "value": 2},
    {"element": "path", "label": "10", "low": 1.0, "high": 3.0, "value": 2},
]
ROWS = [{"distribution": "uniform", **row} for row in ROWS]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(EQUATIONS))
    text = "title: Free\nmodel: small.mdl\nreport: [double]\n"
    Path("free.yaml").write_text(text)
    Path("high.yaml").write_text(text.replace("Free", "High") + "assume: {rate: 0.3}\n")


def drawn(*scenarios: str, members: int = 40, **options: object) -> Ensemble:
    plans = plans_for(scenarios or ("free.yaml",), backend="native")
    prepared, text = plans[0].prepared, text_of_rows(ROWS)
    priors = read_prior(text, "prior", prepared.model, prepared.program)
    return ensemble_of(plans, priors, text, members, chunk=8, **options)  # type: ignore[arg-type]


def given(of: Ensemble, names: list[str] | None = None) -> Ensemble:
    prepared = of.plans[0].prepared
    names = names or [prior.name for prior in of.design.priors]
    numbers = of.design.rows(0, of.design.members)
    design = given_design(names, numbers, prepared.model, prepared.program)
    return ensemble_over(of.plans, design, chunk=8, times="final")


def nothing(done: int, total: int) -> None:
    pass


@pytest.mark.parametrize("scenarios", [("free.yaml",), ("free.yaml", "high.yaml")])
def test_a_design_that_is_given_has_the_numbers_of_the_one_that_is_drawn(
    scenarios: tuple[str, ...],
) -> None:
    whole = drawn(*scenarios)
    one = to_xarray(ensemble_result(whole, tick=nothing))
    other = to_xarray(ensemble_result(given(whole), tick=nothing))
    xr.testing.assert_identical(one.drop_attrs(deep=False), other.drop_attrs(deep=False))
    assert other.attrs["method"] == "given"
    assert "prior" not in other.attrs


@pytest.mark.parametrize("scenarios", [("free.yaml",), ("free.yaml", "high.yaml")])
@pytest.mark.parametrize("name", ["out.nc", "out.zarr"])
def test_an_ensemble_in_memory_is_that_of_the_file(scenarios: tuple[str, ...], name: str) -> None:
    for made in (drawn(*scenarios, times="all", reduce="max"), given(drawn(*scenarios))):
        write_ensemble(made, Path(name))
        read = read_zarr(Path(name)) if name.endswith("zarr") else read_netcdf(name)
        stored, memory = to_xarray(read), to_xarray(ensemble_result(made, tick=nothing))
        xr.testing.assert_equal(memory, stored)
        assert list(memory.attrs) == list(stored.attrs)
        if name == "out.nc":
            xr.testing.assert_identical(memory, stored)
        back = from_xarray(memory)
        xr.testing.assert_identical(to_xarray(back), memory)


def test_a_given_design_is_repeated_from_the_file_alone() -> None:
    write_ensemble(given(drawn()), Path("out.nc"))
    recorded = read_netcdf("out.nc")
    report = repeat(recorded, "out.nc")
    assert report.same
    assert report.variables == 4
    # a number of the design that differs gives other numbers
    recorded.variables["design"].values[3, 0] += 0.01
    assert not repeat(recorded, "out.nc").same


def test_resume_keeps_a_complete_file_of_the_same_design_only() -> None:
    whole = given(drawn())
    write_ensemble(whole, Path("out.nc"))
    assert write_ensemble(whole, Path("out.nc"), resume=True).complete
    other = given(drawn(seed=5))
    with pytest.raises(ScenarioError, match="differs in: given design"):
        write_ensemble(other, Path("out.nc"), resume=True)


def test_what_every_scenario_sets_is_left_out() -> None:
    whole = given(drawn())
    plans = plans_for(["high.yaml"], backend="native")
    assert isinstance(whole.design, GivenDesign)
    made = ensemble_over(plans, whole.design)
    assert made.stated == ("rate",)
    assert [prior.name for prior in made.design.priors] == ["level[south]", "path[10]"]
    assert made.design.rows(0, 40).tolist() == whole.design.rows(0, 40)[:, 1:].tolist()


def test_every_faulty_column_is_reported() -> None:
    prepared = plans_for(["free.yaml"])[0].prepared
    numbers = np.ones((3, 5))
    numbers[1, 1] = np.nan
    names = ["ratte", "tax", "level", "level[south]", "path[3]"]
    with pytest.raises(ScenarioError) as caught:
        given_design(names, numbers, prepared.model, prepared.program)
    said = str(caught.value)
    for words in (
        'there is no constant called "ratte"',
        "the number of member 1 is nan",
        'it sets the same number as the column "level"',
        '"path" has no point at "3"',
    ):
        assert words in said
    with pytest.raises(ScenarioError, match="it needs members x 1 columns"):
        given_design(["rate"], numbers, prepared.model, prepared.program)


def test_a_sample_is_the_same_from_a_file_and_from_memory() -> None:
    whole = given(drawn())
    write_ensemble(whole, Path("out.nc"))
    one = read_sample(Path("out.nc"), "double")
    other = sample_of(ensemble_result(whole, tick=nothing), "ensemble", "double")
    assert one.values.tolist() == other.values.tolist()
    assert one.method == "given"
    found = pawn(one, 10, slides=4)
    assert found.columns["median"].shape == (3,)
    with pytest.raises(ScenarioError, match="it has no element"):
        read_sample(Path("out.nc"), "dubble")


def test_a_design_in_a_damaged_file_is_refused() -> None:
    write_ensemble(given(drawn()), Path("out.nc"))
    recorded = read_netcdf("out.nc")
    coords = {name: v for name, v in recorded.coords.items() if name != "sampled"}
    lacking = type(recorded)(coords, recorded.variables, recorded.attrs)
    with pytest.raises(ExchangeError):
        repeat(lacking, "out.nc")
