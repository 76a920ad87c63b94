"""Numbers of whole runs: the law, and what an ensemble keeps of its members."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simdistrict.base.errors import ScenarioError
from simdistrict.engine.over_time import REDUCTIONS, reduced, reductions
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
EQUATIONS = """
    place: north, south ~ ~ |
    wave[place] = INTEG(speed[place], level[place])
    speed[place] = INTEG(-rate * wave[place], 0)
    level[place] = 1, -2
    rate = 0.5
    wave max = 3
    sum = SUM(wave[place!])
    explosive = INTEG(explosive * explosive * rate * 0.01, 1)
"""
PRIOR = """element,label,unit,value,low,high,distribution
rate,,1,0.5,0.1,20,uniform
level,south,1,-2,-3,-1,uniform
"""
ALL = ",".join(REDUCTIONS)
WORDS = ["ensemble", "small.mdl", "--members", 13, "--prior", "prior.csv"]
WORDS += ["--save", "wave,sum,explosive", "--final-time", 20, "--time-step", 0.25]


@given(
    arrays(
        float,
        st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 2)),
        elements=st.floats(-5, 5) | st.sampled_from([np.nan, np.inf, 0.0, 1.0, 1.0]),
    )
)
def test_reductions_are_those_of_numpy(rows: np.ndarray) -> None:
    times = [0.5 * k for k in range(rows.shape[1])]
    largest, smallest, mean, when_largest, when_smallest = np.moveaxis(
        reduced(rows, times, list(REDUCTIONS)), 1, 0
    )
    np.testing.assert_array_equal(largest, rows.max(axis=1))
    np.testing.assert_array_equal(smallest, rows.min(axis=1))
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(mean, rows.mean(axis=1), rtol=1e-12, atol=1e-12)
    unknown = np.isnan(rows).any(axis=1)
    for found, place in ((when_largest, rows.argmax(axis=1)), (when_smallest, rows.argmin(axis=1))):
        wanted = np.where(unknown, np.nan, np.array(times)[place])
        np.testing.assert_array_equal(found, wanted)


def test_an_unknown_reduction_is_refused_with_its_neighbour() -> None:
    assert reductions(" max, mean,max,") == ("max", "mean")
    with pytest.raises(ScenarioError, match='did you mean "time_of_max"'):
        reductions("time_of_mex")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(EQUATIONS))
    Path("prior.csv").write_text(PRIOR)
    return tmp_path


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("bdf", "radau")]


def opened(path: str) -> xr.Dataset:
    with xr.open_dataset(path) as data:
        return data.load()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("integrator", ["euler", "rk4", "adaptive", "stiff", *SLOW])
@pytest.mark.parametrize("backend", ["native", "interpreted"])
def test_an_ensemble_keeps_what_its_series_have(
    integrator: str, backend: str, capsys: Capsys
) -> None:
    how = ["--integrator", integrator, "--backend", backend]
    if integrator not in ("euler", "rk4"):
        how += ["--final-time", "4.5"]  # before any of them grows beyond all bounds
    assert call(capsys, *WORDS, *how, "--times", "all", "-o", "all.nc").code == 0
    answer = call(capsys, *WORDS, *how, "--times", "4", "--reduce", ALL, "-o", "few.nc")
    assert answer.code == 0
    series, few = opened("all.nc"), opened("few.nc")
    assert few.sizes["time"] == 1
    assert few.attrs["reductions"] == ALL.replace(",", ", ")
    assert few.attrs["backend"] == ("auto" if integrator in ("euler", "rk4") else backend)
    for name in ("wave", "sum", "explosive"):
        own = series[name]
        # an element of the model has the name that the largest wave would have
        largest = few["wave_max_" if name == "wave" else f"{name}_max"]
        np.testing.assert_array_equal(few[name], own.sel(time=[4]))
        np.testing.assert_array_equal(largest, own.max("time", skipna=False))
        np.testing.assert_array_equal(few[f"{name}_min"], own.min("time", skipna=False))
        np.testing.assert_allclose(few[f"{name}_mean"], own.mean("time", skipna=False), rtol=1e-12)
        good = own.notnull().all("time")
        when = own.where(good, 0).idxmax("time").where(good)
        np.testing.assert_array_equal(few[f"{name}_time_of_max"], when)
    assert largest.attrs["cell_methods"] == "time: maximum"
    assert few["wave_time_of_min"].attrs["vensim_units"] == "Year"
    if integrator == "euler":  # some of them grow beyond all bounds
        assert set(few["outcome"].to_numpy()) == {0, 1}
        assert few["explosive_max"].isnull().to_numpy()[few["outcome"] == 1].all()


@pytest.mark.usefixtures("project")
def test_both_backends_write_the_same_numbers(capsys: Capsys) -> None:
    for backend in ("native", "interpreted"):
        words = [*WORDS, "--reduce", ALL, "--backend", backend, "-o", f"{backend}.nc"]
        assert call(capsys, *words).code == 0
    a, b = opened("native.nc"), opened("interpreted.nc")
    assert a.equals(b)
    assert a.attrs == b.attrs


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("suffix", ["nc", "zarr"])
def test_it_is_resumed_repeated_and_analysed(suffix: str, capsys: Capsys) -> None:
    out = f"out.{suffix}"
    words = [*WORDS, "--set", "rate=0.5"]  # none of them diverges
    assert call(capsys, *words, "--reduce", "max,time_of_max", "-o", out).code == 0
    assert (
        "nothing was run"
        in call(capsys, *words, "--reduce", "max,time_of_max", "-o", out, "--resume").out
    )
    other = call(capsys, *words, "--reduce", "max", "-o", out, "--resume")
    assert other.code == 3
    assert "reductions (max, time_of_max, not max)" in other.err
    # a backend that gives the same bits is no other ensemble
    same = [*words, "--reduce", "max,time_of_max", "-o", out, "--resume", "--backend"]
    assert "nothing was run" in call(capsys, *same, "interpreted").out
    if suffix == "nc":
        assert call(capsys, "rerun", out).code == 0
        with netCDF4.Dataset(out, "a") as file:
            file["sum_max"][3] += 1e-9
        assert call(capsys, "rerun", out).code == 5
    how = ["sensitivity", out, "--method", "pawn", "--indicator", "wave[south]"]
    how += ["--slides", 2]
    ranked = call(capsys, *how, "--over", "max")
    assert ranked.code == 0, ranked.err
    assert "max of wave[south] over the run, small: 13 of 13" in ranked.out
    assert call(capsys, *how, "--over", "max", "--at", 20).code == 2
    lacking = call(capsys, *how, "--over", "mean")
    assert lacking.code == 3
    assert 'it keeps no "mean" over the run' in lacking.err
    assert "it keeps max, time_of_max" in lacking.err


@pytest.mark.usefixtures("project")
def test_a_misspelt_reduction_is_refused(capsys: Capsys) -> None:
    answer = call(capsys, *WORDS, "--reduce", "maximum", "-o", "out.nc")
    assert answer.code == 3
    assert '--reduce | there is no "maximum"' in answer.err
    assert not Path("out.nc").exists()
