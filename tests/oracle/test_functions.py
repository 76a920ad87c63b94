"""Every supported function and construct against PySD, simlin and values worked out by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from simdistrict.run.simulate import simulate
from tests.oracle.by_hand import BY_HAND
from tests.oracle.faults import FAULTS, REFUSALS, faulty, refusal
from tests.oracle.witnesses import (
    CONTROL,
    Series,
    WitnessError,
    plain_key,
    pysd_run,
    simlin_run,
)
from tests.reading import read_model

if TYPE_CHECKING:
    import xarray as xr

    from simdistrict.model.model import Model

MODELS = {path.stem: path for path in sorted((Path(__file__).parent / "models").glob("*.mdl"))}
TIME_STEPS = {"1": 1.0, "0.5": 0.5, "0.125": 0.125, "0.1": 0.1, "third": 1 / 3}
SAVE_STEP = 1.0
RTOL = 1e-9
# of the largest magnitude of a series, or of 1: what a sum of cancelling terms may leave
ATOL = 1e-12

WITNESSES: dict[str, Callable[..., Series]] = {"pysd": pysd_run, "simlin": simlin_run}

each_model = pytest.mark.parametrize("stem", MODELS)
each_time_step = pytest.mark.parametrize("time_step", TIME_STEPS.values(), ids=TIME_STEPS)


# PySD computes slowly, so most of its time steps are left to the slow tests
RUNS = [
    pytest.param(
        witness,
        time_step,
        id=f"{witness}-{name}",
        marks=[pytest.mark.slow] if witness == "pysd" and name not in ("1", "third") else [],
    )
    for witness in WITNESSES
    for name, time_step in TIME_STEPS.items()
]


@pytest.mark.parametrize(("witness", "time_step"), RUNS)
@each_model
def test_agrees_with_the_witness(witness: str, stem: str, time_step: float) -> None:
    refused = refusal(witness, stem)
    if refused:
        with pytest.raises(WitnessError):
            WITNESSES[witness](MODELS[stem], time_step=time_step, save_step=SAVE_STEP)
        pytest.skip(f"{witness} cannot run {stem}: {refused.reason}")
    theirs = WITNESSES[witness](MODELS[stem], time_step=time_step, save_step=SAVE_STEP)
    ours = our_run(stem, time_step)
    wanted = {k for k in ours if k not in CONTROL and not faulty(witness, stem, k, time_step)}
    assert wanted <= set(theirs), f"{witness} lacks {sorted(wanted - set(theirs))}"
    if witness == "pysd":
        # simlin adds flows of its own making
        assert set(theirs) - set(ours) <= set(CONTROL)
    assert_alike({k: ours[k] for k in ours if k in wanted}, theirs)


@each_time_step
@pytest.mark.parametrize("stem", BY_HAND)
def test_agrees_with_values_by_hand(stem: str, time_step: float) -> None:
    ours = our_run(stem, time_step)
    every = round(SAVE_STEP / time_step)
    points = np.arange((len(ours["time"]) - 1) * every + 1) * time_step + ours["time"][0]
    expected = {name: s[::every] for name, s in BY_HAND[stem](points, time_step).items()}
    assert set(expected) <= set(ours)
    assert_alike({name: ours[name] for name in expected}, expected)


@each_time_step
@each_model
def test_the_faults_leave_no_element_without_a_reference(stem: str, time_step: float) -> None:
    points = np.arange(round(12 / time_step) + 1) * time_step
    by_hand = BY_HAND[stem](points, time_step) if stem in BY_HAND else {}
    able = [witness for witness in WITNESSES if refusal(witness, stem) is None]
    bare = [
        name
        for name in our_run(stem, time_step)
        if name not in (*CONTROL, "time", *by_hand)
        and all(faulty(witness, stem, name, time_step) for witness in able)
    ]
    assert not bare


def test_the_tables_of_faults_name_models_that_exist() -> None:
    named = {f.model for f in FAULTS} | {r.model for r in REFUSALS} | set(BY_HAND)
    assert named <= set(MODELS)
    assert all(entry.reason for entry in (*FAULTS, *REFUSALS))


@cache
def model_of(stem: str) -> Model:
    return read_model(MODELS[stem])


@cache
def our_run(stem: str, time_step: float) -> Series:
    """Every series of our engine by the witnesses' keys; a constant is a series as well."""
    result = simulate(model_of(stem), integrator="euler", time_step=time_step, save_step=SAVE_STEP)
    return flat(result)


def flat(result: xr.Dataset) -> Series:
    """A result as series by key; labels for which an element is not defined are left out."""
    time = result["time"].to_numpy().astype(float)
    series: Series = {"time": time}
    for variable in result.data_vars.values():
        name = variable.attrs.get("vensim_name")
        if name is None:
            continue
        dims = [str(dim) for dim in variable.dims if dim != "time"]
        values = variable.transpose(..., *dims).to_numpy().astype(float)
        if "time" not in variable.dims:
            values = np.broadcast_to(values, (len(time), *values.shape))
        labels = [[str(label) for label in result[dim].to_numpy()] for dim in dims]
        columns = values.reshape(len(time), -1).T
        for column, place in zip(columns, itertools.product(*labels), strict=True):
            at = ",".join(place)
            if not dims or not np.isnan(column).all():
                series[plain_key(f"{name}[{at}]" if dims else name)] = column
    return series


def assert_alike(ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> None:
    """Every series of ours is like theirs of the same key; names all that are not."""
    complaints = []
    for name, series in ours.items():
        expected = theirs[name]
        if series.shape != expected.shape:
            complaints.append(f"{name}: {len(series)} points, expected {len(expected)}")
            continue
        scale = max(1.0, float(np.abs(expected).max()))
        alike = np.isclose(series, expected, rtol=RTOL, atol=ATOL * scale)
        if not alike.all():
            first = int(np.argmin(alike))
            complaints.append(
                f"{name}: {series[first]!r} at point {first}, expected {expected[first]!r} "
                f"({int((~alike).sum())} of {len(alike)} points differ)"
            )
    assert not complaints, "\n".join(complaints)
