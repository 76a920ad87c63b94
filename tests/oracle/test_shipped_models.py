"""The shipped models through our engine and through PySD: the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from simdistrict.base.library import find_model
from simdistrict.run.simulate import simulate
from simdistrict.scenario import load_scenario
from tests.oracle.witnesses import key, simlin_run
from tests.reading import read_model


def largest_difference(ours: xr.Dataset, reference: xr.Dataset) -> tuple[float, str]:
    """The largest relative difference over all elements and times, and where it is."""
    worst, where = 0.0, ""
    for name, variable in ours.data_vars.items():
        if variable.dtype.kind != "f":
            continue
        a, b = np.broadcast_arrays(*xr.broadcast(variable, reference[name]))
        with np.errstate(all="ignore"):
            gap = np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))
        gap = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, gap)
        if not gap.max() <= worst:
            worst, where = float(gap.max()), str(name)
    return worst, where


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "run"),
    [
        # both halves of the horizon, the second with every policy at work; the coarse step is for
        # the witness, which takes half a second for each
        ("neoliberal_globalisation", {"initial_time": 1980.0, "final_time": 2015.0}),
        ("security_tariffs", {"initial_time": 2015.0, "final_time": 2040.0}),
    ],
)
def test_district_agrees_with_pysd(scenario: str, run: dict[str, float]) -> None:
    model = read_model(find_model("district"))
    read = load_scenario(scenario)
    ours = simulate(model, read, integrator="euler", time_step=0.5, **run)
    reference = simulate(model, read, integrator="euler", backend="pysd", time_step=0.5, **run)
    assert set(ours.data_vars) == set(reference.data_vars)
    worst, where = largest_difference(ours, reference)
    assert worst < 1e-9, where


def test_core_agrees_with_pysd() -> None:
    model = read_model(find_model("core"))
    ours, reference = simulate(model), simulate(model, backend="pysd")
    assert largest_difference(ours, reference)[0] < 1e-9


@pytest.mark.parametrize("name", ["core", "district"])
def test_every_number_of_a_shipped_model_agrees_with_simlin(name: str) -> None:
    path = find_model(name)
    model = read_model(path)
    ours = simulate(model, integrator="euler")
    step = float(ours.attrs["time_step"])
    theirs = simlin_run(path, time_step=step, save_step=float(ours.attrs["save_step"]))
    compared = 0
    for variable in ours.data_vars.values():
        if variable.dtype.kind != "f" or "vensim_name" not in variable.attrs:
            continue
        scale = float(np.nanmax(np.abs(variable.values), initial=0))
        own = variable.broadcast_like(ours.time).transpose("time", ...)
        dims = own.dims[1:]
        for place in np.ndindex(own.shape[1:]):
            labels = ",".join(str(own[d].values[i]) for d, i in zip(dims, place, strict=True))
            series = variable.attrs["vensim_name"] + (f"[{labels}]" if labels else "")
            witness = theirs.get(key(series))
            if witness is not None:
                np.testing.assert_allclose(
                    own.values[(slice(None), *place)], witness, rtol=1e-9, atol=1e-12 * scale
                )
                compared += 1
    assert compared > 0.9 * len(theirs)
