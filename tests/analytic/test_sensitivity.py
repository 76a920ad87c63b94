"""Sensitivity indices against closed forms: Ishigami's function, sums, a known box."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.design import Design
from simdistrict.ensemble.file import write_ensemble
from simdistrict.ensemble.members import ensemble_of
from simdistrict.ensemble.prior import Prior, read_prior
from simdistrict.run.plan import plans_for
from simdistrict.sensitivity.discovery import discover
from simdistrict.sensitivity.prim import Choices
from simdistrict.sensitivity.salib import morris, pawn, sobol
from simdistrict.sensitivity.sample import Sample, read_sample
from tests.small import mdl

ISHIGAMI = """
    a = 0
    b = 0
    c = 0
    y = SIN(a) + 7 * SIN(b)^2 + 0.1 * c^4 * SIN(a)
"""
SUM = """
    a = 0
    b = 0
    c = 0
    y = 3 * a - 2 * b + 1
"""
PRIOR = "element,label,value,low,high,distribution\n" + "".join(
    f"{name},,0,{-math.pi!r},{math.pi!r},uniform\n" for name in "abc"
)
# Ishigami and Homma 1990: the parts of the variance
PART_A = (1 + 0.1 * math.pi**4 / 5) ** 2 / 2
PART_B = 49 / 8
PART_AC = 0.01 * math.pi**8 * (1 / 18 - 1 / 50)
WHOLE = PART_A + PART_B + PART_AC


def drawn(equations: str, folder: Path, method: str, blocks: int, shape: Shape = Shape()) -> Sample:
    """An ensemble of a small model, through its file."""
    (folder / "small.mdl").write_text(mdl(equations, stop=1))
    plans = plans_for([str(folder / "small.mdl")], backend="native")
    prepared = plans[0].prepared
    priors = read_prior(PRIOR, "prior.csv", prepared.model, prepared.program)
    members = blocks * shape.block(method, 3)
    ensemble = ensemble_of(
        plans, priors, PRIOR, members, seed=2, method=method, save="y", shape=shape
    )
    write_ensemble(ensemble, folder / "out.nc")
    return read_sample(folder / "out.nc", "y")


def made(function: Callable[..., np.ndarray], count: int, method: str, members: int) -> Sample:
    """A sample of numbers between 0 and 1 without a model."""
    names = tuple(f"x{k + 1}" for k in range(count))
    priors = tuple(Prior(n, (k,), 0.5, 0.0, 1.0, "uniform") for k, n in enumerate(names))
    design = Design(priors, members, 4, method)
    rows = design.rows(0, members)
    return Sample("y", names, rows, function(*rows.T), method, 4, design.shape)


def test_sobol_indices_of_ishigamis_function(tmp_path: Path) -> None:
    sample = drawn(ISHIGAMI, tmp_path, "saltelli", 1024, Shape(order=2))
    found = sobol(sample)
    wanted = {
        "first": [PART_A / WHOLE, PART_B / WHOLE, 0.0],
        "total": [(PART_A + PART_AC) / WHOLE, PART_B / WHOLE, PART_AC / WHOLE],
    }
    for key, values in wanted.items():
        np.testing.assert_allclose(found.columns[key], values, atol=0.03)
        low, high = found.columns[f"{key}_low"], found.columns[f"{key}_high"]
        assert (low <= values).all()
        assert (values <= high).all()
        assert (high - low < 0.2).all()
    second = found.pairs["second"]
    assert second[0, 2] == pytest.approx(PART_AC / WHOLE, abs=0.05)
    assert abs(second[0, 1]) < 0.05
    assert abs(second[1, 2]) < 0.05
    assert (found.blocks, found.dropped) == (1024, 0)


def test_a_sum_has_the_indices_of_its_weights(tmp_path: Path) -> None:
    shares = np.array([9, 4, 0]) / 13
    found = sobol(drawn(SUM, tmp_path, "saltelli", 1024))
    np.testing.assert_allclose(found.columns["first"], shares, atol=0.02)
    np.testing.assert_allclose(found.columns["total"], shares, atol=0.02)
    assert found.ranked == [0, 1, 2]
    effects = morris(drawn(SUM, tmp_path, "morris", 10))
    band = 2 * math.pi
    np.testing.assert_allclose(effects.columns["mu"], [3 * band, -2 * band, 0], atol=1e-9)
    np.testing.assert_allclose(effects.columns["mu_star"], [3 * band, 2 * band, 0], atol=1e-9)
    np.testing.assert_allclose(effects.columns["sigma"], 0, atol=1e-9)


def morris_1991(*x: np.ndarray) -> np.ndarray:
    """The function of 20 numbers of Morris (1991) without its terms that are drawn at random."""
    w = [
        2 * (1.1 * value / (value + 0.1) - 0.5) if k in (2, 4, 6) else 2 * (value - 0.5)
        for k, value in enumerate(x)
    ]
    y = 20 * sum(w[:10])
    for i in range(6):
        for j in range(i + 1, 6):
            y = y - 15 * w[i] * w[j]
            if j < 5:
                y = y - sum(10 * w[i] * w[j] * w[k] for k in range(j + 1, 5))
    return np.asarray(y + 5 * w[0] * w[1] * w[2] * w[3])


def test_morris_tells_the_kinds_of_his_example_apart() -> None:
    found = morris(made(morris_1991, 20, "morris", 21 * 40)).columns
    # x8 to x10 act by themselves and in proportion, the rest from x11 on not at all
    np.testing.assert_allclose(found["mu_star"][7:10], 40, atol=1e-9)
    np.testing.assert_allclose(found["sigma"][7:], 0, atol=1e-9)
    np.testing.assert_allclose(found["mu_star"][10:], 0, atol=1e-9)
    # the first seven interact or are curved
    assert (found["mu_star"][:7] > 15).all()
    assert (found["sigma"][:7] > 10).all()


def test_pawn_of_one_number_that_is_the_indicator() -> None:
    found = pawn(made(lambda x, y: x + 0 * y, 2, "lhs", 5000))
    # within the k-th of 10 slides the distance is max(k - 1, 10 - k) / 10
    assert found.columns["median"][0] == pytest.approx(0.7, abs=0.01)
    assert found.columns["maximum"][0] == pytest.approx(0.9, abs=0.01)
    assert found.columns["median"][1] < found.options["noise"] < 0.06
    low, high = found.columns["median_low"], found.columns["median_high"]
    assert low[0] <= found.columns["median"][0] <= high[0]
    assert high[0] - low[0] < 0.1


def test_prim_finds_the_box_that_is_there() -> None:
    sample = made(lambda a, b, c, d: ((a < 0.4) & (b > 0.7)) + 0.0 * (c + d), 4, "lhs", 4000)
    found = discover(sample, above=0.5, choices=Choices(density=0.95))
    (box,) = found.boxes
    assert found.interesting == pytest.approx(0.4 * 0.3 * 4000, rel=0.1)
    assert box.measures.density > 0.95
    assert box.measures.coverage > 0.9
    limits = {sample.names[limit.place]: limit for limit in box.limits}
    assert limits["x1"].high == pytest.approx(0.4, abs=0.02)
    assert limits["x1"].low == -math.inf
    assert limits["x2"].low == pytest.approx(0.7, abs=0.02)
    # without the limit of x1 the box has the density 0.4 of what lies along it
    assert limits["x1"].density == pytest.approx(0.4, abs=0.04)
    assert limits["x1"].quasi_p < 1e-50
    assert all(limits[name].quasi_p > 1e-3 for name in limits if name in ("x3", "x4"))


def test_prim_finds_two_boxes_one_after_the_other() -> None:
    sample = made(
        lambda a, b: ((a < 0.3) & (b < 0.3)) + 1.0 * ((a > 0.6) & (b > 0.6)), 2, "lhs", 4000
    )
    found = discover(sample, above=0.5, choices=Choices(density=0.95, mass=0.03, boxes=2))
    first, second = found.boxes
    assert first.measures.coverage == pytest.approx(0.16 / 0.25, abs=0.04)
    assert second.measures.coverage == pytest.approx(0.09 / 0.25, abs=0.04)
    assert min(box.measures.density for box in found.boxes) > 0.95
