"""A posterior as files: what is written is read again, by ArviZ and xarray too."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simdistrict.base.errors import ExchangeError
from simdistrict.inference.posterior import NUISANCE, Coordinate, Datum, Draws, Posterior, Predicted
from simdistrict.inference.posterior_file import (
    GROUPS,
    groups,
    read_posterior,
    write_design_of,
    write_posterior,
)
from simdistrict.inference.report import (
    HEAD,
    Report,
    Section,
    page,
    posterior_table,
    texts,
    write_report,
)
from tests import witness_arviz
from tests.unit.test_netcdf import complaints

CHAINS, DRAWS = 4, 250
RECORD = {
    "simdistrict_version": "0",
    "model_name": "tank",
    "model_sha256": "0" * 64,
    "scenario_name": "tank",
    "data_name": "level.csv",
    "seed": 3,
    "sampler": "a sampler",
}


def posterior(seed: int = 1) -> Posterior:
    """A normal posterior of two constants and a scale, with known moments."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal((2.0, -1.0, 0.5), (0.1, 2.0, 0.05), (CHAINS, DRAWS, 3))
    points = generator.normal(size=(CHAINS, DRAWS // 5, 2))
    draws = Draws(
        numbers,
        generator.normal(size=(CHAINS, DRAWS)),
        generator.normal(size=(CHAINS, DRAWS)),
        np.array([0, 0, 1, 1]),
    )
    predicted = Predicted(
        np.arange(0, DRAWS, 5),
        generator.normal(size=(CHAINS, DRAWS // 5, 1)),
        points,
        points + generator.normal(size=points.shape),
    )
    coordinates = (
        Coordinate("out flow rate[north]", "1/Year"),
        Coordinate("Aé b", "EUR"),
        Coordinate("scale of level", "m", NUISANCE),
    )
    before = generator.normal((0.0, -1.0, 1.0), (1.0, 2.0, 1.0), (2000, 3))
    data = (Datum("level", 1.0, 3.0, "m"), Datum("level", 2.5, 2.0, "m"))
    return Posterior(
        coordinates, draws, predicted, before, ("level",), data, True, (), 1234, RECORD
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    found = posterior()
    again = read_posterior(write_posterior(found, tmp_path / "posterior.nc"))
    assert again.coordinates == found.coordinates
    assert again.data == found.data
    assert (again.converged, again.reasons, again.runs) == (True, (), 1234)
    assert dict(again.record) == RECORD
    for one, two in ((again.draws, found.draws), (again.predicted, found.predicted)):
        for name in two.__dataclass_fields__:
            assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert np.array_equal(again.before, found.before)
    assert again.summaries == found.summaries


def test_equal_posteriors_have_equal_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        write_report(Report(posterior()), tmp_path / name)
        written.append({p.name: p.read_bytes() for p in sorted((tmp_path / name).iterdir())})
        time.sleep(1.1)
    assert written[0].keys() == {"posterior.nc", "design.nc", "posterior.csv", "infer.md"}
    assert written[0] == written[1]


def test_xarray_reads_the_groups_with_units_and_names(tmp_path: Path) -> None:
    found = posterior()
    path = write_posterior(found, tmp_path / "posterior.nc")
    with xr.open_datatree(path) as tree:
        assert set(tree.children) == set(GROUPS)
        rate = tree["posterior"]["out_flow_rate_north"]
        assert rate.dims == ("chain", "draw")
        assert rate.attrs["long_name"] == "out flow rate[north]"
        assert rate.attrs["units"] == "year-1"
        assert np.array_equal(rate.values, found.draws.numbers[..., 0])
        assert tree["observed_data"]["series"].values.tolist() == ["level", "level"]
        for group in tree.children.values():
            for name, variable in group.variables.items():
                assert variable.attrs.get("long_name"), (group.name, name)
        assert tree.attrs["converged"] == 1


def test_arviz_reads_the_file_and_finds_the_same_numbers(tmp_path: Path) -> None:
    arviz = pytest.importorskip("arviz")
    found = posterior()
    data = arviz.from_netcdf(str(write_posterior(found, tmp_path / "posterior.nc")))
    row = found.summary("Aé b")
    assert float(arviz.ess(data.posterior)["ae_b"]) == pytest.approx(row.ess, rel=1e-6)
    assert float(arviz.mcse(data.posterior)["ae_b"]) == pytest.approx(row.mcse, rel=1e-6)
    data.close()


def test_arviz_takes_the_groups() -> None:
    pytest.importorskip("arviz")
    from simdistrict.inference.arviz_groups import to_arviz

    data = to_arviz(groups(posterior()))
    # InferenceData lists them as a method, the DataTree of the newer versions as paths
    names = {
        name.strip("/") for name in (data.groups if witness_arviz.is_newer() else data.groups())
    }
    assert set(GROUPS) <= names


@pytest.mark.filterwarnings("ignore")  # the checker's own
def test_the_design_keeps_the_cf_conventions(tmp_path: Path) -> None:
    write_design_of(posterior(), tmp_path / "design.nc")
    assert complaints(tmp_path / "design.nc") == set()


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "posterior.nc"
    with pytest.raises(ExchangeError, match="there is no such file"):
        read_posterior(path)
    xr.Dataset({"x": ("t", [1.0])}).to_netcdf(path)
    with pytest.raises(ExchangeError, match="this is no posterior"):
        read_posterior(path)


def test_the_table_has_the_moments_that_the_draws_were_made_with() -> None:
    rows = [dict(zip(HEAD, row, strict=True)) for row in posterior_table(posterior())[1:]]
    first = rows[0]
    assert first["constant"] == "out flow rate[north]"
    assert float(first["mean"]) == pytest.approx(2.0, abs=0.02)
    assert float(first["sd"]) == pytest.approx(0.1, rel=0.1)
    assert float(first["prior_sd"]) == pytest.approx(1.0, rel=0.1)
    assert float(first["contraction"]) == pytest.approx(0.99, abs=0.005)
    assert float(first["5%"]) == pytest.approx(2 - 0.1645, abs=0.02)
    assert float(rows[1]["contraction"]) == pytest.approx(0.0, abs=0.15)


def test_the_first_screen_says_first_whether_it_may_be_trusted() -> None:
    found = posterior()
    good = page(Report(found, ("The rate is 2.",), ("Nothing of Aé b.",)))
    head = good.split("\n")[:20]
    assert head[0] == "# Posterior of tank given level.csv"
    assert head[2] == "## May it be trusted?"
    assert head[4].startswith("Yes, as draws: 1,000 draws of 4 chains, at least ")
    assert head.index("## What was learned") < head.index("## What was not")
    bad = replace(found, converged=False, reasons=("R-hat of Aé b is 1.2",))
    text = page(Report(bad, doubts=("fewer data than constants",)))
    assert "**No. Do not use these draws: the chains have not converged.**" in text.split("\n")[4]
    assert "- R-hat of Aé b is 1.2\n" in text
    assert "- Warning: fewer data than constants\n" in text


def test_tables_of_checks_are_files_and_sections() -> None:
    rows = ({"one": "a", "two": "b", "correlation": 0.123456789},)
    section = Section("Ridges", ("Two constants.",), rows, "ridges.csv")
    found = texts(Report(posterior(), sections=(section,)))
    assert list(csv.reader(io.StringIO(found["ridges.csv"]))) == [
        ["one", "two", "correlation"],
        ["a", "b", "0.123457"],
    ]
    assert "## Ridges\n\n- Two constants.\n\n| one | two | correlation |" in found["infer.md"]


def test_a_foreign_file_is_replaced_with_force_only(tmp_path: Path) -> None:
    (tmp_path / "infer.md").write_text("my notes\n")
    with pytest.raises(ExchangeError, match="was not written by simdistrict"):
        write_report(Report(posterior()), tmp_path)
    assert (tmp_path / "infer.md").read_text() == "my notes\n"
    assert not (tmp_path / "posterior.nc").exists()
    write_report(Report(posterior()), tmp_path, force=True)
    write_report(Report(posterior()), tmp_path)
