"""Scenarios against a model: names, places, ranges, policies and --set."""

from __future__ import annotations

import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.model.model import Model
from simdistrict.scenario import Change, Policy, Resolved, RunSettings, resolve, scenario_from_text
from tests.small import small

MODEL = small(
    """
    district: Prato, Sassuolo, Brenta ~ ~ |
    offshore: near, far ~ ~ |
    weak: Prato, Brenta ~ ~ |
    rate = 0.5 ~ 1/Year [0, 1] ~ |
    Labour Cost Gap = 2 ~ Dmnl ~ |
    share[district] = 0.1, 0.2, 0.3 ~ Dmnl [0, 1] ~ |
    tariff level[offshore] = 0 ~ Dmnl [0, 0.6] ~ |
    cost[district, offshore] = 1, 2; 3, 4; 5, 6; ~ Dmnl ~ |
    partial[Prato] = 1 ~ Dmnl ~ |
    partial[Sassuolo] = rate ~ Dmnl ~ |
    partial[Brenta] = 1 ~ Dmnl ~ |
    "odd: name" = 1 ~ Dmnl ~ |
    effect = effect of cost(rate) ~ Dmnl ~ |
    effect of cost((0, 0), (1, 1)) ~ Dmnl ~ |
    margin = rate * Labour Cost Gap ~ Dmnl ~ |
    change = margin ~ Dmnl ~ |
    Stock = INTEG(change, 1) ~ Dmnl ~ |
    """,
    start=2000,
    stop=2060,
)

TARIFF = "policies:\n  security tariff: {start: 2025, ramp: 1, set: {'tariff level[far]': 0.25}}\n"


def resolved(
    text: str = "", *sets: str, model: Model = MODEL, run: RunSettings | None = None
) -> Resolved:  # fmt: skip
    scenario = scenario_from_text(f"title: x\n{text}", "s.yaml")
    return resolve(scenario, model, sets, run or RunSettings())


def refused(text: str = "", *sets: str, count: int = 1) -> str:
    with pytest.raises(ScenarioError) as caught:
        resolved(text, *sets)
    assert len(caught.value.problems) == count, caught.value
    return str(caught.value)


def assume(name: str, value: float = 0.5) -> Change:
    (change,) = resolved(f"assume:\n  {name!r}: {value}\n").assumptions
    return change


# ---------------------------------------------------------------------- names and places


def test_scalar() -> None:
    assert assume("labour_cost  GAP", 3) == Change("labour cost gap", (0,), 3.0, "Labour Cost Gap")


def test_origin_does_not_decide_equality() -> None:
    change = assume("rate")
    assert change.origin == "s.yaml:3"
    assert change == Change("rate", (0,), 0.5, "rate", "elsewhere")


@pytest.mark.parametrize(
    ("name", "places", "text"),
    [
        ("share", (0, 1, 2), "share"),
        ("SHARE[sassuolo]", (1,), "share[Sassuolo]"),
        ("share[Weak]", (0, 2), "share[weak]"),
        ("share[DISTRICT]", (0, 1, 2), "share[district]"),
        ("cost", (0, 1, 2, 3, 4, 5), "cost"),
        ("cost[Brenta,near]", (4,), "cost[Brenta,near]"),
        ("cost[ brenta , FAR ]", (5,), "cost[Brenta,far]"),
        ("cost[district,far]", (1, 3, 5), "cost[district,far]"),
        ("cost[weak,offshore]", (0, 1, 4, 5), "cost[weak,offshore]"),
        ("cost[Prato,offshore]", (0, 1), "cost[Prato,offshore]"),
    ],
)
def test_places(name: str, places: tuple[int, ...], text: str) -> None:
    change = assume(name)
    assert (change.places, change.text) == (places, text)


def test_places_that_the_model_leaves_undefined() -> None:
    model = small(
        """
        d: a, b, c ~ ~ |
        x[d] :EXCEPT: [b] = 1 ~ Dmnl ~ |
        """
    )
    (change,) = resolved("assume: {x: 2}", model=model).assumptions
    assert change.places == (0, 2)
    with pytest.raises(ScenarioError, match="no value that could be changed"):
        resolved("assume: {'x[b]': 2}", model=model)


def test_unknown_constant_names_the_nearest() -> None:
    message = refused("assume:\n  labour cost gab: 1\n")
    assert message.startswith('s.yaml:3 | there is no constant called "labour cost gab"')
    assert 'did you mean "Labour Cost Gap"?' in message
    # a model that was read from no file has no command that lists its elements
    assert "simdistrict show" not in message


def test_unknown_name_in_a_policy() -> None:
    message = refused("policies:\n  p:\n    start: 1\n    set:\n      raet: 1\n")
    assert message.startswith("s.yaml:6 | ")
    assert '"rate"' in message


def test_bracket_not_closed() -> None:
    assert "a bracket is not closed" in refused('assume: {"share[Prato": 1}')


@pytest.mark.parametrize(
    ("name", "kind", "causes"),
    [
        ("margin", "an auxiliary", '"rate", "Labour Cost Gap"'),
        ("Stock", "a stock", '"rate", "Labour Cost Gap"'),
        ("change", "a flow", '"rate", "Labour Cost Gap"'),
        ("partial", "an auxiliary", '"rate"'),
    ],
)
def test_other_kinds_say_what_they_depend_on(name: str, kind: str, causes: str) -> None:
    message = refused(f"assume: {{{name}: 1}}")
    assert f'"{name}" is {kind}, and only constants can be set' in message
    assert f"it depends on the constants {causes}" in message


def test_lookup_cannot_be_set() -> None:
    assert '"effect of cost" is a lookup' in refused("assume: {effect of cost: 1}")


def test_unknown_label_names_the_labels() -> None:
    message = refused('assume: {"share[Prado]": 1}')
    assert '"Prado" is no label of district' in message
    assert 'did you mean "Prato"?' in message
    assert "district has Prato, Sassuolo, Brenta" in message


def test_range_of_another_dimension() -> None:
    assert '"offshore" is no label of district' in refused('assume: {"share[offshore]": 1}')


def test_label_of_a_scalar() -> None:
    assert '"rate" is one number and takes no [Prato]' in refused('assume: {"rate[Prato]": 1}')


def test_wrong_number_of_subscripts() -> None:
    message = refused('assume: {"cost[Prato]": 1}')
    assert '"cost" has 2 dimensions, and the brackets hold 1 subscript' in message
    assert "write cost[district,offshore]" in message


@pytest.mark.parametrize(
    ("name", "key", "option"),
    [
        ("TIME STEP", "time step", "--time-step"),
        ("saveper", "save step", "--save-step"),
        ("final_time", "final time", "--final-time"),
        ("Initial Time", "initial time", "--initial-time"),
    ],
)
def test_control_values_are_settings_of_the_run(name: str, key: str, option: str) -> None:
    for message in (refused(f"assume: {{{name}: 1}}"), refused("", f"{name}=1")):
        assert "is a setting of the run" in message
        assert f"`{key}:`" in message
        assert option in message


def test_all_problems_at_once() -> None:
    text = 'assume: {raet: 1, margin: 2, "share[x]": 3}\nreport: [nothing]\n' + TARIFF
    refused(text, "abc", "tariff level=1", count=6)


# ---------------------------------------------------------------------- layers


def test_part_on_top_of_the_whole() -> None:
    r = resolved("assume: {share: 0.5, 'share[Brenta]': 0.7}")
    assert [(c.text, c.places, c.value) for c in r.assumptions] == [
        ("share", (0, 1), 0.5),
        ("share[Brenta]", (2,), 0.7),
    ]


@pytest.mark.parametrize("whole", ["share", "share[district]"])
def test_whole_below_its_part_is_an_error(whole: str) -> None:
    message = refused(f"assume:\n  'share[Brenta]': 0.7\n  '{whole}': 0.5\n")
    assert message.startswith('s.yaml:3 | "share[Brenta]" has no effect')
    assert f'"{whole}" below it' in message


def test_whole_below_its_part_in_a_policy() -> None:
    text = "policies: {p: {start: 1, set: {'share[Brenta]': 0.7, share: 0.5}}}"
    assert "has no effect" in refused(text)


def test_set_on_top_of_the_file() -> None:
    r = resolved("assume: {'share[Brenta]': 0.7, rate: 0.1}", "share=0.4", "RATE=0.2")
    assert [(c.text, c.value, c.origin) for c in r.assumptions] == [
        ("share", 0.4, "command line"),
        ("rate", 0.2, "command line"),
    ]


# ---------------------------------------------------------------------- policies


def test_policies_are_sorted_by_start_then_name() -> None:
    r = resolved(
        "policies:\n"
        "  z: {start: 2020, set: {rate: 1}}\n"
        "  b: {start: 2030, set: {rate: 0}}\n"
        "  a: {start: 2030, set: {share: 0}}\n"
    )
    assert [p.name for p in r.policies] == ["z", "a", "b"]


def test_policy_as_resolved() -> None:
    (policy,) = resolved(TARIFF).policies
    change = Change("tariff level", (1,), 0.25, "tariff level[far]")
    assert policy == Policy("security tariff", 2025.0, None, 1.0, (change,))
    assert policy.origin == "s.yaml:3"


def test_two_policies_on_one_place_from_one_start() -> None:
    text = (
        "policies:\n"
        "  a: {start: 2020, set: {share: 0.1}}\n"
        "  b: {start: 2020, set: {'share[weak]': 0.2}}\n"
    )
    message = refused(text)
    assert message.startswith('s.yaml:4 | the policies "a" (s.yaml:3) and "b" both set')
    assert '"share[weak]" from 2020' in message


def test_two_policies_on_one_constant_at_different_starts_or_places() -> None:
    text = (
        "policies:\n"
        "  a: {start: 2020, set: {'share[Prato]': 0.1}}\n"
        "  b: {start: 2020, set: {'share[Brenta]': 0.2}}\n"
        "  c: {start: 2021, set: {share: 0.2}}\n"
    )
    assert len(resolved(text).policies) == 3


def test_set_can_bring_two_policies_together() -> None:
    text = (
        "policies:\n  a: {start: 2020, set: {share: 0.1}}\n  b: {start: 2021, set: {share: 0.2}}\n"
    )
    assert "both set" in refused(text, "b: start=2020")


# ---------------------------------------------------------------------- --set


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("rate=0.25", "rate", 0.25),
        ("  rate =  1e-3 ", "rate", 1e-3),
        ("rate=-.5", "rate", -0.5),
        ("odd: name=2", "odd: name", 2.0),
        ("share[Prato]=0.5", "share[Prato]", 0.5),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_set(text: str, name: str, value: float) -> None:
    (change,) = resolved("", text).assumptions
    assert (change.text, change.value, change.origin) == (name, value, "command line")


def test_later_set_wins() -> None:
    (change,) = resolved("", "rate=0.1", "RATE=0.2").assumptions
    assert change.value == 0.2


@pytest.mark.parametrize("text", ["", "rate", "=3", " = 3"])
def test_set_that_sets_nothing(text: str) -> None:
    message = refused("", text)
    assert "this sets nothing" in message
    assert "POLICY: NAME=VALUE" in message


@pytest.mark.parametrize("value", ["", "abc", "nan", "inf", "1e999", "1_000", "true", "1 2", "٣"])
def test_set_to_what_is_no_number(value: str) -> None:
    assert f'"{value}" is not a number' in refused("", f"rate={value}")


def test_set_with_a_decimal_comma() -> None:
    assert "write 0.25" in refused("", "rate=0,25")


def test_set_of_an_unknown_name() -> None:
    message = refused("", "raet=1")
    assert message.startswith("command line | ")
    assert '"rate"' in message


def test_set_on_what_a_policy_moves_shows_the_other_form() -> None:
    message = refused(TARIFF, "tariff level=0.3")
    assert message.startswith('--set "tariff level=0.3" | "tariff level[far]" is changed by')
    assert '"security tariff" (s.yaml:3)' in message
    assert '--set "security tariff: tariff level[far]=0.3"' in message


def test_set_beside_what_a_policy_moves() -> None:
    r = resolved(TARIFF, "tariff level[near]=0.3")
    assert r.assumptions[0].text == "tariff level[near]"


def test_assumption_below_a_policy_is_allowed_in_a_file() -> None:
    assert resolved("assume: {tariff level: 0.1}\n" + TARIFF).assumptions[0].places == (0, 1)


def test_set_in_a_policy() -> None:
    (policy,) = resolved(TARIFF, "Security_Tariff: TARIFF LEVEL[far]=0.3").policies
    (change,) = policy.changes
    assert (change.text, change.value, change.origin) == ("tariff level[far]", 0.3, "command line")


def test_set_in_a_policy_acts_on_top() -> None:
    (policy,) = resolved(
        TARIFF, "security tariff: tariff level=0.3", "security tariff: rate=1"
    ).policies
    assert [(c.text, c.places, c.value) for c in policy.changes] == [
        ("tariff level", (0, 1), 0.3),
        ("rate", (0,), 1.0),
    ]


def test_set_the_times_of_a_policy() -> None:
    sets = ("security tariff: start=2030", "security tariff: End=2040", "security tariff:ramp=2")
    (policy,) = resolved(TARIFF, *sets).policies
    assert (policy.start, policy.end, policy.ramp) == (2030.0, 2040.0, 2.0)
    assert "command line" in policy.origin


def test_set_no_end() -> None:
    text = TARIFF.replace("ramp: 1", "ramp: 1, end: 2040")
    assert resolved(text, "security tariff: end=none").policies[0].end is None


def test_set_an_end_before_the_start() -> None:
    message = refused(TARIFF, "security tariff: end=2020")
    assert '"security tariff" ends in 2020, not after its start in 2025' in message


def test_set_a_negative_ramp() -> None:
    assert "the ramp -1 is negative" in refused(TARIFF, "security tariff: ramp=-1")


def test_set_a_time_to_what_is_no_number() -> None:
    assert '"soon" is not a number' in refused(TARIFF, "security tariff: start=soon")


def test_set_in_an_unknown_policy() -> None:
    message = refused(TARIFF, "securty tariff: rate=1")
    assert 'no policy "securty tariff"' in message
    assert 'did you mean "security tariff"?' in message


def test_set_in_a_policy_where_there_are_none() -> None:
    assert "it has no policies" in refused("", "tariff: rate=1")


def test_set_of_nothing_in_a_policy() -> None:
    assert "a name is missing" in refused(TARIFF, "security tariff: =1")


def test_policy_name_with_a_colon() -> None:
    text = TARIFF.replace("security tariff:", '"stage 1: tariff":')
    assert resolved(text, "stage 1: tariff: start=2031").policies[0].start == 2031


# ---------------------------------------------------------------------- report, run, identity


def test_report_in_the_models_spelling() -> None:
    assert resolved("report: [labour_cost_gap, STOCK, stock]").report == (
        "Labour Cost Gap", "Stock",
    )  # fmt: skip


def test_unknown_name_in_the_report() -> None:
    message = refused("report: [Stokc]")
    assert message.startswith('s.yaml:2 | there is no element called "Stokc"')
    assert 'did you mean "Stock"?' in message


def test_part_of_an_array_in_the_report() -> None:
    message = refused('report: ["share[Prato]"]')
    assert "reports hold whole elements" in message
    assert 'write "share"' in message


def test_run_of_the_command_line_is_on_top() -> None:
    r = resolved("run: {time step: 1, final time: 2050}", run=RunSettings(time_step=0.5, rtol=1e-3))
    assert r.run == RunSettings(final_time=2050.0, time_step=0.5, rtol=1e-3)
    assert dict(r.run_origins) == {
        "final_time": "s.yaml:2",
        "time_step": "command line",
        "rtol": "command line",
    }


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (RunSettings(time_step=0.0), "the time step 0 is not positive"),
        (RunSettings(rtol=-1.0), "the rtol -1 is not positive"),
        (RunSettings(final_time=float("nan")), "the final time is not a finite number"),
    ],
)
def test_impossible_run_settings(run: RunSettings, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        resolved("", run=run)


def test_whole_numbers_are_floats() -> None:
    assert resolved(run=RunSettings(time_step=1)).sha256 == resolved("run: {time step: 1.0}").sha256


def test_identity_is_of_the_numbers_only() -> None:
    base = resolved("assume: {rate: 1, Labour Cost Gap: 3}\n" + TARIFF)
    same = "why: y\nassume: {Labour_Cost_Gap: 3, rate: 1}\nreport: [Stock]\nclaims: {C1: x}\n"
    assert resolved(same + TARIFF.replace("security tariff", "other name")).sha256 == base.sha256
    assert (
        resolved("assume: {'share[Prato]': 1, 'share[Sassuolo]': 1, 'share[Brenta]': 1}").sha256
        == resolved("assume: {share: 1}").sha256
    )


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        (TARIFF, ["rate=1"]),
        (TARIFF, ["security tariff: start=2026"]),
        (TARIFF, ["security tariff: ramp=2"]),
        (TARIFF, ["security tariff: end=2050"]),
        (TARIFF, ["security tariff: tariff level[far]=0.26"]),
        (TARIFF, ["security tariff: tariff level[near]=0.25"]),
        (TARIFF + "run: {time step: 0.5}\n", []),
        (TARIFF + "run: {integrator: rk4}\n", []),
        ("", []),
    ],
)
def test_identity_differs_with_the_numbers(text: str, sets: list[str]) -> None:
    assert resolved(text, *sets).sha256 != resolved(TARIFF).sha256
