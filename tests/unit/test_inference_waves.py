"""History matching against shares of the prior in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from simdistrict.base.arrays import Reals
from simdistrict.inference.waves import STRUCTURE, waves

pytestmark = pytest.mark.unit


def _linear(centre: Reals, scale: float) -> Any:
    """The implausibility of data that each measure one score."""
    return lambda u: np.abs(u[:, : len(centre)] - centre) / scale


def _share(centre: Reals, scale: float, cut: float) -> float:
    """The prior's share within the cut-off of all data."""
    inside = stats.norm.cdf(centre + cut * scale) - stats.norm.cdf(centre - cut * scale)
    return float(np.prod(inside))


@pytest.mark.parametrize(
    ("size", "centre", "scale"),
    [(2, [0.5, -1.0], 0.05), (8, [0.3] * 4, 0.08), (30, [0.5, -0.5, 1.0], 0.03)],
)
def test_share_left_is_the_closed_form(size: int, centre: list[float], scale: float) -> None:
    at = np.array(centre)
    found = waves(_linear(at, scale), size, [f"s{k}" for k in range(len(at))], count=4)
    last = found.waves[-1]
    assert last.share == pytest.approx(_share(at, scale, last.cut), rel=0.1)
    assert abs(last.share - _share(at, scale, last.cut)) < 4 * last.error
    assert last.survivors > 5 * found.waves[0].survivors
    assert not found.structure
    assert len(found.rows()) == 4


def test_start_has_the_moments_of_the_prior_that_is_left() -> None:
    at = np.array([1.0, 0.0])
    found = waves(_linear(at, 0.2), 2, ("a", "b"), members=8192)
    cut = found.waves[-1].cut * 0.2
    start = found.start(4000, seed=3)
    exact = stats.truncnorm(1 - cut, 1 + cut)
    assert start[:, 0].mean() == pytest.approx(exact.mean(), abs=0.03)
    assert start[:, 0].std() == pytest.approx(exact.std(), rel=0.05)
    assert (np.abs(start - at) <= cut).all()
    np.testing.assert_array_equal(start, found.start(4000, seed=3))


def test_data_beyond_the_prior_point_to_the_structure() -> None:
    at = np.array([5.2, 0.0])
    found = waves(_linear(at, 0.05), 2, ("far", "near"), count=4)
    assert found.structure
    assert found.waves[-1].share < STRUCTURE
    text = " ".join(found.lines())
    assert "structure" in text
    assert '"far" rejects' in text
    # two data that no score meets both
    never = waves(lambda u: np.stack([abs(u[:, 0] - 1), abs(u[:, 0] + 1)], 1) / 0.01, 1, ("x", "y"))
    assert never.structure
    assert never.waves[-1].survivors == 0
    assert never.waves[-1].best > 90
    assert "No run agrees" in " ".join(never.lines())
    with pytest.raises(ValueError, match="nothing survived"):
        never.start(10, seed=1)


def test_failed_runs_are_implausible_and_counted() -> None:
    def measure(u: Reals) -> Reals:
        apart = np.abs(u[:, :1])
        apart[u[:, 1] > 0] = np.nan
        return apart

    found = waves(measure, 2, ("a",), count=1)
    assert found.waves[0].failed == pytest.approx(2048, abs=3)
    assert found.waves[0].share == pytest.approx(0.5 * _share(np.zeros(1), 1, 3), abs=0.01)


def test_the_cut_is_wider_where_few_survive() -> None:
    few = waves(_linear(np.array([0.0, 0.0]), 0.02), 2, ("a", "b"), count=1)
    assert few.waves[0].cut == 4
    many = waves(_linear(np.array([0.0]), 0.5), 2, ("a",), count=1)
    assert many.waves[0].cut == 3
