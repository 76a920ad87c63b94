"""How far a model is from its data, in standard deviations, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simdistrict.calibration.data import DataSeries, ErrorModel, Observation, Observations
from simdistrict.inference.likelihood import likelihood_of

pytestmark = pytest.mark.unit


def _away(error: ErrorModel, model: float, **row: Any) -> float:
    rows = (Observation(2000, **row), Observation(2010, **row))
    series = DataSeries("a", "x", "x", 0, rows, error=error)
    likelihood = likelihood_of(Observations("data", (series,)))
    found = likelihood.departures(np.full((1, 2), model), np.empty((1, 0)))
    assert found[0, 0] == found[0, 1]
    return float(found[0, 0])


def test_distance_from_a_value() -> None:
    assert _away(ErrorModel(), 7.0, value=4.0, scale=1.5) == pytest.approx(2)
    assert _away(ErrorModel("student", 4.0), 1.0, value=4.0, scale=1.5) == pytest.approx(2)
    wide = ErrorModel(discrepancy=2.0, base_error=50.0)
    expected = 3 / np.sqrt(1.5**2 + 2**2 + 2**2)
    assert _away(wide, 7.0, value=4.0, scale=1.5) == pytest.approx(expected)


def test_distance_of_a_lognormal_value_is_that_of_logarithms() -> None:
    assert _away(ErrorModel("lognormal"), 4.0 * np.e, value=4.0, scale=0.5) == pytest.approx(2)
    assert _away(ErrorModel("lognormal"), -1.0, value=4.0, scale=0.5) == np.inf


def test_distance_from_a_band() -> None:
    band = {"value": 5.0, "band": (4.0, 6.0)}
    assert _away(ErrorModel(), 5.5, **band, scale=1.0) == 0
    assert _away(ErrorModel(), 8.0, **band, scale=1.0) == pytest.approx(2)
    assert _away(ErrorModel(), 5.5, **band) == 0
    assert _away(ErrorModel(), 6.1, **band) == np.inf
    assert _away(ErrorModel(), np.nan, **band) == np.inf
