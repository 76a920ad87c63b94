"""Classes over a prior where the share of every class is known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from simdistrict.base.errors import SimdistrictError
from simdistrict.model.model import Model
from simdistrict.regimes import document
from simdistrict.regimes.classes import ANYWAY, FIRST_POLICY, LOST, UNDECIDED, classified
from simdistrict.regimes.studies.classes import ClassesStudy
from simdistrict.run.plan import Plan, lowered, plan_run
from simdistrict.scenario import resolve, scenario_from_text
from tests.small import small

MODEL = """
town: north, south ~ ~ |
health[town] = INTEG(pull[town] + tariff + training + 0*start, start) ~ Dmnl ~ A test. |
pull[north] = 0 ~ Dmnl ~ A test. |
pull[south] = -0.05 ~ Dmnl ~ A test. |
start = 0.5 ~ Dmnl ~ A test. |
tariff = 0 ~ Dmnl ~ A test. |
training = 0 ~ Dmnl ~ A test. |
"""
PRIOR = "element,label,value,low,high,distribution\nstart,,0.5,0,1,uniform\n"
DRAWS = 1000


def plans(model: Model, *policies: str) -> list[Plan]:
    found = []
    for k, policy in enumerate(("", *policies)):
        text = f"name: {'nothing' if not k else f'policy {k}'}\ntitle: T\nwhy: W\nmodel: small\n"
        if policy:
            text += f"policies: {{p: {{start: 0, end: 5, set: {{{policy}}}}}}}\n"
        resolved = resolve(scenario_from_text(text, "test"), model)
        found.append(plan_run(lowered(model), resolved, "native"))
    return found


def rows(rule: str, *policies: str, draws: int = DRAWS, model: str = MODEL) -> list[dict]:  # type: ignore[type-arg]
    study = ClassesStudy(members=draws, rule=rule, seed=3, prior=PRIOR)
    return document(study.run(plans(small(model), *policies)))["labels"]


def shares(row: dict) -> list[float]:  # type: ignore[type-arg]
    return [c["share"] for c in row["classes"].values()]


def test_each_class_has_its_share_of_a_uniform_prior() -> None:
    """A pulse of 0.02 for 5 years adds 0.1, of 0.05 adds 0.25, both 0.35; the south loses 0.5.

    One draw lies in each thousandth of the prior, so the shares are exact to that.
    """
    both = "tariff: 0.02, training: 0.05"
    north, south = rows("health >= 0.7", "tariff: 0.02", "training: 0.05", both)
    assert north["label"] == "north"
    assert list(north["classes"]) == [
        "survives anyway",
        "lost whatever is done",
        "policy decides: policy 1",
        "policy decides: policy 2",
        "policy decides: policy 3",
    ]
    close = pytest.approx
    assert shares(north) == close([0.3, 0.35, 0.1, 0.15, 0.1], abs=1.01 / DRAWS)
    assert north["policy decides"]["share"] == close(0.35, abs=1.01 / DRAWS)
    assert north["suffices"]["policy 2"]["share"] == close(0.25, abs=1.01 / DRAWS)
    # the south would have to begin above 1.2 without a policy, and above 0.85 with both
    assert shares(south) == close([0, 0.85, 0, 0.05, 0.1], abs=1.01 / DRAWS)
    for row in (north, south):
        assert sum(shares(row)) == close(1)
        for own in row["classes"].values():
            low, high = own["interval_95"]
            assert low <= own["share"] <= high
    assert north["quantiles"]["0.5"] == close(0.5, abs=2 / DRAWS)
    assert south["quantiles"]["0.9"] == close(0.4, abs=2 / DRAWS)


def test_a_harmful_policy_is_reported_and_survival_without_it_counts() -> None:
    north, _ = rows("health >= 0.7", "tariff: -0.02")
    assert shares(north) == pytest.approx([0.3, 0.7, 0], abs=1.01 / DRAWS)
    assert north["harms"]["policy 1"]["share"] == pytest.approx(0.1, abs=1.01 / DRAWS)
    assert north["suffices"]["policy 1"]["share"] == 0


def test_several_conditions_hold_together_and_other_dimensions_are_averaged() -> None:
    model = MODEL + (
        "part: one, two ~ ~ |\n"
        "size[town, part] = health[town] * weight[part] ~ Dmnl ~ A test. |\n"
        "weight[part] = 0.5, 1.5 ~ Dmnl ~ A test. |\n"
    )
    north, south = rows("health < 0.9, size >= 0.7", "tariff: 0.02", model=model)
    # the mean size is the health: from 0.7 to 0.9, and with a tariff from 0.6 to 0.8
    assert shares(north) == pytest.approx([0.2, 0.7, 0.1], abs=1.01 / DRAWS)
    assert shares(south) == pytest.approx([0, 1, 0], abs=1.01 / DRAWS)


def test_a_draw_whose_run_does_not_complete_is_undecided() -> None:
    model = """
    x = INTEG(burst*x*x, start)
    burst = 0
    start = 0.5
    """
    study = ClassesStudy(members=100, rule="x >= 0.5", prior=PRIOR)
    found = document(study.run(plans(small(model, time_step=0.5, stop=200), "burst: 30")))
    (row,) = found["labels"]
    assert row["undecided"]["share"] > 0.5
    assert sum(shares(row)) + row["undecided"]["share"] == pytest.approx(1)


def test_the_table_of_truth() -> None:
    """Two policies: every combination of who survives has its class."""
    truth = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, -1, 1) == 1
    sure = np.ones_like(truth)
    sure[2, 3] = False
    found = classified("d", ["a"], ["p", "q"], truth, sure, np.zeros((8, 1)))
    by_case = dict(
        zip(map(tuple, truth[:, :, 0].T.astype(int).tolist()), found.of[:, 0], strict=True)
    )
    assert by_case == {
        (0, 0, 0): LOST,
        (0, 0, 1): FIRST_POLICY + 1,
        (0, 1, 0): FIRST_POLICY,
        (0, 1, 1): UNDECIDED,
        (1, 0, 0): ANYWAY,
        (1, 0, 1): ANYWAY,
        (1, 1, 0): ANYWAY,
        (1, 1, 1): ANYWAY,
    }


@pytest.mark.parametrize(
    ("rule", "policies", "message"),
    [
        ("health >= 0.5", (), "no policy to decide"),
        ("helth >= 0.5", ("tariff: 1",), "health"),
        ("health", ("tariff: 1",), "is no rule"),
    ],
)
def test_a_wrong_request_says_what_to_do(
    rule: str, policies: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SimdistrictError, match=message):
        rows(rule, *policies)
