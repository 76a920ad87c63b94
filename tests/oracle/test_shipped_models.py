"""The shipped models through our engine and through PySD: the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from simdistrict import find_model, load_scenario, read_model, simulate


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
