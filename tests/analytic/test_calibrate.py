"""Fits whose answer is known: an exact one, and the straight line of ordinary least squares."""

from __future__ import annotations

import numpy as np
import pytest

from simdistrict.calibration import assess, calibrate
from simdistrict.calibration.data import Observations, data_from_text
from simdistrict.calibration.evaluation import FitTarget
from simdistrict.calibration.report import doubts
from simdistrict.calibration.search import student
from simdistrict.model.model import Model
from tests.small import small

TIMES = range(1, 21)


def growth(rate: float, capacity: float, time_step: float) -> Model:
    return small(
        f"""
        rate = {rate}
        capacity = {capacity}
        level = INTEG(rate * level * (1 - level / capacity), 2)
        """,
        stop=20,
        time_step=time_step,
    )


def euler(rate: float, capacity: float, time_step: float) -> dict[int, float]:
    """The same recursion, written here."""
    level, found = 2.0, {}
    for i in range(round(20 / time_step) + 1):
        if i * time_step == round(i * time_step):
            found[round(i * time_step)] = level
        level += time_step * rate * level * (1 - level / capacity)
    return found


def series(values: dict[int, float], name: str = "level") -> str:
    return "series,element,year,value\n" + "".join(
        f"s,{name},{year},{value!r}\n" for year, value in values.items()
    )


def test_the_constants_behind_exact_data_are_found() -> None:
    model = growth(0.2, 50, 0.25)
    values = euler(0.37, 83, 0.25)
    data = data_from_text(series({t: values[t] for t in TIMES}), model)
    found = calibrate(model, data, {"rate": (0.01, 1), "capacity": (5, 500)})
    assert found.fitted["rate"] == pytest.approx(0.37, rel=1e-6)
    assert found.fitted["capacity"] == pytest.approx(83, rel=1e-6)
    assert found.after.payoff < 1e-15 < found.before.payoff


def test_ratios_alone_determine_what_they_can() -> None:
    """Relative to a year of its own the level's unit is unknown, and the rate is still found."""
    model = small(
        "rate = 0.1\nstart = 5\nlevel = INTEG(rate * level, start)", stop=20, time_step=0.5
    )
    rows = "".join(f"s,level,4,{y},{(1 + 0.5 * 0.06) ** (2 * (y - 4))!r}\n" for y in (2, 9, 15))
    data = data_from_text("series,element,relative_to,year,value\n" + rows, model)
    found = calibrate(model, data, {"rate": (0.01, 1), "start": (1, 100)})
    assert found.fitted["rate"] == pytest.approx(0.06, rel=1e-6)
    # nothing in the data speaks of the start, and no range is claimed for either of the two
    assert [c.uncertainty.low for c in found.constants] == [None, None]


LINE = "slope = 0\noffset = 0\ny = offset + slope * Time"


def line(noise: np.ndarray) -> tuple[np.ndarray, np.ndarray, Observations, Model]:
    model = small(LINE, stop=20)
    x = np.array(TIMES, float)
    y = 3 + 0.5 * x + noise
    text = "series,element,year,value,scale\n"
    text += "".join(f"s,y,{a:g},{b!r},2\n" for a, b in zip(x, y.tolist(), strict=True))
    return x, y, data_from_text(text, model), model


def test_a_straight_line_has_the_errors_and_ranges_of_least_squares() -> None:
    noise = np.random.default_rng(5).normal(0, 0.8, 20)
    x, y, data, model = line(noise)
    found = calibrate(model, data, {"slope": (-5, 5), "offset": (-50, 50)}, starts=3, profile=True)
    design = np.column_stack([x, np.ones_like(x)])
    best, residual, *_ = np.linalg.lstsq(design, y, rcond=None)
    covariance = np.linalg.inv(design.T @ design) * residual[0] / 18
    errors = np.sqrt(np.diag(covariance))
    t = student(18)
    assert t == pytest.approx(2.100922, abs=1e-6)
    for k, constant in enumerate(found.constants):
        assert constant.fitted == pytest.approx(best[k], rel=1e-6)
        assert constant.uncertainty.error == pytest.approx(errors[k], rel=1e-4)
        assert constant.uncertainty.low == pytest.approx(best[k] - t * errors[k], rel=1e-4)
        assert constant.uncertainty.high == pytest.approx(best[k] + t * errors[k], rel=1e-4)
        # the profile of a linear model is that of its standard errors, up to how close it looks
        close = (constant.high - constant.low) * 1e-3
        assert constant.profile is not None
        assert constant.profile.low == pytest.approx(best[k] - t * errors[k], abs=close)
        assert constant.profile.high == pytest.approx(best[k] + t * errors[k], abs=close)
    r = covariance[0, 1] / errors[0] / errors[1]
    assert found.constants[0].uncertainty.correlation == pytest.approx(r, rel=1e-4)


def test_what_the_data_leave_open_is_named() -> None:
    """A line whose slope is a product of two constants, and a constant without use."""
    model = small(
        "a = 1\nb = 1\nc = 1\nidle = 1\nx = INTEG(1, 0)\ny = a * b * x + c + 0 * idle", stop=20
    )
    noise = np.random.default_rng(2).normal(size=20)
    values = {t: float(3 * t + 2 + e) for t, e in zip(TIMES, noise, strict=True)}
    data = data_from_text(series(values, "y"), model)
    bounds = {"a": (-2.0, 8.0), "b": (-2.0, 8.0), "c": (-9.0, 9.0), "idle": (0.0, 2.0)}
    found = calibrate(model, data, bounds)
    assert [c.uncertainty.low for c in found.constants] == [None] * 4
    product, idle = sorted(found.undetermined)
    assert idle == "no residual depends on idle at the fit"
    assert " a" in product.partition("along")[2]
    assert " b" in product
    assert " c" not in product.partition("along")[2]
    assert sum("leave constants open" in text for text in doubts(found)) == 2


def test_means_over_a_period_are_fitted_by_least_squares() -> None:
    # of years from 2 to 18; the mean of Time over 3 steps of half a year is half a year later
    x = np.array(TIMES, float)[1:18]
    y = 3 + 0.5 * x + np.random.default_rng(6).normal(0, 0.8, len(x))
    model = small(LINE, stop=20, time_step=0.5)
    rows = "".join(f"s,y,{a:g},{b!r},1.5\n" for a, b in zip(x, y.tolist(), strict=True))
    data = data_from_text("series,element,year,value,mean_over\n" + rows, model)
    found = calibrate(model, data, {"slope": (-5, 5), "offset": (-50, 50)})
    best, *_ = np.linalg.lstsq(np.column_stack([x + 0.5, np.ones_like(x)]), y, rcond=None)
    assert [c.fitted for c in found.constants] == pytest.approx(best.tolist(), rel=1e-6)


def test_the_payoff_is_the_formula() -> None:
    _, _, data, model = line(np.zeros(20))
    wanted = sum(((0 - (3 + 0.5 * x)) / 2) ** 2 for x in TIMES) / 20
    assert assess(model, data).payoff == pytest.approx(wanted)


def test_without_a_scale_the_mean_size_of_the_fitted_values_is_it() -> None:
    model = small(LINE, stop=20)
    text = "series,element,year,value,weight\na,y,1,2,3\na,y,2,-6,\na,y,9,100,\nb,y,1,1,\n"
    found = assess(model, data_from_text(text, model), until=5)
    assert found.payoff == pytest.approx((3 * (2 / 4) ** 2 + (6 / 4) ** 2) / 2 + 1)
    assert [s.payoff for s in found.series] == pytest.approx([(3 / 4 + 9 / 4) / 2, 1])


def test_exact_slopes_save_most_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"rate {k}" for k in range(6)]
    parts = [f"{name} = .1\nx{k} = INTEG(-{name} * x{k}, 9)" for k, name in enumerate(names)]
    model = small("\n".join(parts), stop=20, time_step=0.25)
    rates = [0.05 * (k + 1) for k in range(6)]
    rows = "".join(
        f"s{k},x{k},{t},{9 * (1 - rate / 4) ** (4 * t)!r}\n"
        for k, rate in enumerate(rates)
        for t in (2, 5, 11)
    )
    data = data_from_text("series,element,year,value\n" + rows, model)
    bounds = dict.fromkeys(names, (0.001, 2.0))
    exact = calibrate(model, data, bounds, starts=3)
    assert exact.differences == ""
    assert list(exact.fitted.values()) == pytest.approx(rates, rel=1e-6)
    monkeypatch.setattr(FitTarget, "why_no_slopes", "for this test")
    by_runs = calibrate(model, data, bounds, starts=3)
    assert list(by_runs.fitted.values()) == pytest.approx(rates, rel=1e-5)
    runs = [sum(start.evaluations for start in found.starts) for found in (exact, by_runs)]
    assert 5 * runs[0] <= runs[1], runs


def test_a_model_without_slopes_is_fitted_by_differences() -> None:
    model = small("a = 1\ny = a + 0 * RANDOM UNIFORM(0, 1, 3)", stop=4)
    data = data_from_text("series,element,year,value\ns,y,2,5\n", model)
    found = calibrate(model, data, {"a": (0.0, 9.0)}, starts=1)
    assert found.fitted["a"] == pytest.approx(5)
    assert "draws at random" in found.differences
    assert any("differences of runs" in text for text in doubts(found))


def test_a_constant_that_is_a_date_is_found_by_differences() -> None:
    """Its slopes are zero between the points of the grid, and the search still ends."""
    model = small("a = 1\nb = 4\ny = a + STEP(1, b)", stop=10, time_step=0.5)
    data = data_from_text("series,element,year,value\ns,y,9,7\n", model)
    found = calibrate(model, data, {"a": (0.0, 9.0), "b": (2.0, 8.0)}, starts=1)
    assert found.fitted["a"] == pytest.approx(6)
