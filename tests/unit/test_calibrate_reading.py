"""Model values at the points of data: means over periods and ratios, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.calibration import assess
from simdistrict.calibration.data import data_from_text
from simdistrict.calibration.evaluation import points_of
from simdistrict.calibration.reading import reading_of
from simdistrict.model.model import TimeGrid
from tests.small import small

# flow(t) = t, level(t) = sum of the flows before
MODEL = small("flow = Time\nlevel = INTEG(flow, 1)", stop=4, time_step=0.25)
HEAD = "series,element,year,value,relative_to,mean_over\n"


def values(text: str, model: object = MODEL) -> list[float]:
    found = assess(model, data_from_text(HEAD + text, model))  # type: ignore[arg-type]
    return [p.model for p in found.points]


def test_a_mean_is_the_left_sum_over_the_period() -> None:
    # 2, 2.25, 2.5 and 2.75
    assert values("a,flow,2,1,,1\n") == [2.375]
    # the change of the stock over the year is the mean of its flow
    before, after = values("b,level,2,1,,\nb,level,3,1,,\n")
    assert after - before == 2.375


def test_without_a_period_the_value_is_the_one_at_its_time() -> None:
    assert values("a,flow,2,1,,\n") == [2.0]


def test_the_base_of_a_ratio_is_averaged_too() -> None:
    # 3.375 over 1.375
    assert values("a,flow,3,1,1,1\n") == [3.375 / 1.375]


def test_all_time_steps_count_whatever_is_saved() -> None:
    coarse = small("flow = Time\nlevel = INTEG(flow, 1)", stop=4, time_step=0.25, save_step=1)
    assert values("a,flow,2,1,,1\n", coarse) == [2.375]


def test_the_run_goes_as_far_as_the_last_mean_needs() -> None:
    # up to 3.75, the last step before 4
    assert values("a,flow,3,1,,1\n") == [3.375]


def test_a_fit_uses_the_means() -> None:
    from simdistrict.calibration import calibrate

    model = small("rate = 1\nflow = rate * Time\nlevel = INTEG(flow, 1)", stop=4, time_step=0.25)
    data = data_from_text(HEAD + "a,flow,2,4.75,,1\n", model)
    assert calibrate(model, data, {"rate": (0.1, 9)}, starts=1).fitted == {"rate": pytest.approx(2)}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,flow,2,1,,0.3\n", "no whole number of time steps"),
        ("a,flow,2,1,,0.000001\n", "no whole number of time steps"),
        ("a,flow,3.5,1,,1\n", "needs the model up to 4.25"),
        ("a,flow,2,1,3.75,1\n", "relative_to"),
    ],
)
def test_a_period_that_does_not_fit_the_run(row: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        values(row)


def test_many_members_have_the_bits_of_one() -> None:
    rows = "".join(f"a,flow,{k},1,1,1\nb,level,{k},1,,\n" for k in (2, 3))
    data = data_from_text(HEAD + rows, MODEL)
    reading = reading_of(data, points_of(data, None), TimeGrid.of(0, 4, 0.25, 0.25))
    assert reading.columns == (("flow", 0), ("level", 0))
    assert reading.steps == tuple(range(4, 16))
    members = np.random.default_rng(1).lognormal(size=(37, 12, 2))
    together = reading.points(members)
    assert together.shape == (37, 4)
    for order in (members, np.asfortranarray(members)):
        for k in range(37):
            assert (reading.points(order[k]) == together[k]).all()


def test_a_base_of_zero_gives_no_number() -> None:
    model = small("flow = Time\nlevel = INTEG(flow, 0)", stop=4)
    assert np.isnan(values("a,level,2,1,0,\n", model)).all()
