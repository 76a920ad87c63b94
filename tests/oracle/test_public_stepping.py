"""Public models step by step: the bits of an uninterrupted run, with reads and restored states."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import simdistrict as sd
from tests.oracle.test_public_models import TEST_MODELS

# some of the models by default, all with the slow tests
SOME = 8


def files() -> list[Path]:
    return sorted(TEST_MODELS.glob("**/*.mdl"))


def check(path: Path, backend: str) -> bool:
    """Compare; false for a model that cannot be run so."""
    try:
        model = sd.load(path)
        whole = model.run()
        s = model.start(backend=backend)
    except sd.SimdistrictError:
        return False
    names = {v.attrs["vensim_name"]: k for k, v in whole.items() if "vensim_name" in v.attrs}
    steps = s._run.plan.grid.steps
    parts = [min(1, steps), steps // 3, steps - min(1, steps) - steps // 3]
    start = s.time
    for number, count in enumerate(parts):
        for name in names:
            assert name in s
            s[name]
        if number == 2:
            start = s.time
            s = model.start(state=s.state, backend=backend)
        s.step(max(count, 0) if not s.done else 0)
    if s.outcome == "completed":
        for name, variable in names.items():
            wanted = whole[variable]
            wanted = wanted.isel(time=-1) if "time" in wanted.dims else wanted
            np.testing.assert_array_equal(np.asarray(s[name]), wanted.values, err_msg=name)
    found = s.results
    later = whole.sel(time=slice(start, None))
    for variable, values in found.items():
        np.testing.assert_array_equal(*xr.broadcast(values, later[variable]), err_msg=str(variable))
    return True


def checked(paths: list[Path], caplog: pytest.LogCaptureFixture) -> int:
    if not paths:
        pytest.skip(f"there are no models in {TEST_MODELS}")
    caplog.set_level(logging.CRITICAL)
    backends = ("interpreted", "native")
    return sum(check(path, backends[k % 2]) for k, path in enumerate(paths))


def test_some_public_models_step_with_the_bits_of_a_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert checked(files()[::SOME], caplog) >= 12


@pytest.mark.slow
def test_all_public_models_step_with_the_bits_of_a_run(caplog: pytest.LogCaptureFixture) -> None:
    assert checked(files(), caplog) >= 120
