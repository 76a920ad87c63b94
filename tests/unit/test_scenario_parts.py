"""What scenarios share, and several scenarios in one file: parts and variants."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simdistrict.base.errors import ScenarioError
from simdistrict.cli.main import group
from simdistrict.scenario import (
    Resolved,
    Scenario,
    load_scenario,
    members,
    origins,
    resolve,
    scenario_from_text,
    to_yaml,
)
from tests.reading import read_model

ROOT = Path(__file__).resolve().parents[2]
TANK = """\
inflow = 2 ~ su/Year ~ |
outflow rate = 0.1 ~ 1/Year ~ |
place: north, south ~ ~ |
loss[place] = 0, 0 ~ Dmnl [0,1] ~ |
stock = INTEG (inflow - stock*outflow rate*(1 + SUM(loss[place!])), 10) ~ su ~ |
INITIAL TIME = 0 ~ Year ~ |
FINAL TIME = 10 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""
BASE = """\
title: Base
model: ../tank.mdl
policies:
  pump: {start: 2, set: {inflow: 3}}
assume: {"outflow rate": 0.2}
"""
STORM = """\
title: Storm
why: Shared by many.
policies:
  storm: {start: 4, end: 5, set: {"loss[north]": 0.5}}
assume: {"loss[south]": 0.1}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, scenarios and their parts, seen from itself."""
    (tmp_path / "scenarios" / "parts").mkdir(parents=True)
    (tmp_path / "tank.mdl").write_text("{UTF-8}\n" + TANK)
    monkeypatch.chdir(tmp_path)
    write("base", BASE)
    write("parts/storm", STORM)
    return tmp_path


def write(name: str, text: str) -> None:
    (Path("scenarios") / f"{name}.yaml").write_text(text)


def child(text: str, name: str = "child") -> Scenario:
    write(name, f"title: Child\nbase: base\n{text}")
    return load_scenario(name)


def resolved(name: str) -> Resolved:
    return resolve(load_scenario(name), read_model("tank.mdl"))


def refused(text: str, name: str = "child") -> str:
    with pytest.raises(ScenarioError) as caught:
        child(text, name)
    return str(caught.value)


def one_error(text: str) -> str:
    write("child", f"title: Child\nbase: base\n{text}")
    with pytest.raises(ScenarioError) as caught:
        resolved("child")
    return str(caught.value)


# ---------------------------------------------------------------------- parts


def test_a_part_lies_between_parent_and_file() -> None:
    scenario = child("parts: [storm]\npolicies:\n  tax: {start: 6, set: {inflow: 1}}\n")
    assert [p.name for p in scenario.policies] == ["pump", "storm", "tax"]
    assert {v.text: v.value for v in scenario.assume} == {"outflow rate": 0.2, "loss[south]": 0.1}
    assert scenario.chain == (
        "scenarios/child.yaml",
        "scenarios/parts/storm.yaml",
        "scenarios/base.yaml",
    )


def test_every_value_of_a_part_names_the_part() -> None:
    scenario, model = child("parts: [storm]\n"), read_model("tank.mdl")
    rows = {r[0]: r[3] for r in origins(resolve(scenario, model), model)}
    assert rows["loss[south]"] == "scenarios/parts/storm.yaml:5"
    assert rows["storm: loss[north]"] == "scenarios/parts/storm.yaml:4"
    assert rows["pump: inflow"] == "scenarios/base.yaml:4"


def test_a_part_gives_what_writing_it_out_gives() -> None:
    child("parts: [storm]\n")
    write("whole", f"title: Whole\nbase: base\n{STORM.partition('many.')[2].strip()}\n")
    assert resolved("child").sha256 == resolved("whole").sha256


def test_the_file_replaces_and_removes_what_a_part_has() -> None:
    scenario = child("parts: [storm]\npolicies:\n  storm: null\nassume: {'loss[south]': 0.3}\n")
    assert [p.name for p in scenario.policies] == ["pump"]
    assert {v.text: v.value for v in scenario.assume}["loss[south]"] == 0.3


def test_a_parent_hands_its_parts_on() -> None:
    child("parts: [storm]\n", "parent")
    write("child", "title: Child\nbase: parent\n")
    assert [p.name for p in load_scenario("child").policies] == ["pump", "storm"]


def test_a_part_by_path() -> None:
    write("away", STORM)
    assert [p.name for p in child("parts: [./away.yaml]\n").policies] == ["pump", "storm"]


def test_an_unknown_part_names_the_nearest_and_the_place() -> None:
    message = refused("parts: [strom]\n")
    assert message.startswith('scenarios/child.yaml:3 | there is no part called "strom"')
    assert "did you mean storm?" in message
    assert "simdistrict list parts" in message


@pytest.mark.parametrize(
    ("key", "value"),
    [("parts", "[storm]"), ("base", "base"), ("run", "{time step: 1}"), ("claims", "{C1: x}")],
)
def test_a_part_has_no_parts_parent_run_or_claims(key: str, value: str) -> None:
    write("parts/odd", f"title: Odd\n{key}: {value}\n")
    message = refused("parts: [odd]\n")
    assert message.startswith(f'scenarios/parts/odd.yaml:2 | there is no key "{key}" here')


def test_a_part_that_is_named_twice() -> None:
    message = refused("parts: [storm, storm]\n")
    assert message.startswith(
        'scenarios/child.yaml:3 | the part "storm" is there already (scenarios/child.yaml:3)'
    )


def test_a_part_that_the_parent_has() -> None:
    child("parts: [storm]\n", "parent")
    write("child", "title: Child\nbase: parent\nparts: [storm]\n")
    with pytest.raises(ScenarioError, match=r"already \(scenarios/parent\.yaml:3\)"):
        load_scenario("child")


def test_two_parts_with_one_policy() -> None:
    write("parts/other", "title: Other\npolicies:\n  Storm: {start: 7, set: {inflow: 1}}\n")
    message = refused("parts: [storm, other]\n")
    assert message.startswith('scenarios/parts/other.yaml:3 | the policy "Storm" is there already')
    assert "(scenarios/parts/storm.yaml:4)" in message


def test_a_part_that_assumes_what_the_parent_does() -> None:
    write("parts/other", 'title: Other\nassume: {"Outflow rate": 0.3}\n')
    message = refused("parts: [other]\n")
    assert message.startswith('scenarios/parts/other.yaml:2 | "Outflow rate" is assumed already')
    assert "(scenarios/base.yaml:5)" in message


def test_two_parts_that_set_one_place_from_one_date() -> None:
    text = "title: Other\npolicies:\n  wind: {start: 4, set: {'loss[north]': 0.2}}\n"
    write("parts/other", text)
    assert "which one acts on top" in one_error("parts: [storm, other]\n")


# ---------------------------------------------------------------------- variants

FAMILY = """\
policies:
  tax: {start: 6, end: 8, set: {inflow: 1}}
assume: {"loss[north]": 0.4}
variants:
  plain: {}
  late:
    title: A late tax
    set: {"tax: start": 7, "tax: end": null, Loss: 0.3}
  stormy: {parts: [storm]}
  orphan: {base: other}
"""


@pytest.fixture
def family() -> None:
    write("other", "title: Other\nmodel: ../tank.mdl\nassume: {inflow: 9}\n")
    write("child", f"title: Child\nbase: base\nclaims: {{C1: band}}\n{FAMILY}")


@pytest.mark.usefixtures("family")
class TestVariants:
    def test_a_name_stands_for_all(self) -> None:
        every = ("child:plain", "child:late", "child:stormy", "child:orphan")
        assert members("child") == every
        assert members("child:late") == ("child:late",)
        assert members("base") == ("base",)
        assert members("scenarios/child.yaml")[0] == "scenarios/child.yaml:plain"

    def test_without_a_choice_it_is_the_file_as_written(self) -> None:
        scenario = load_scenario("child")
        assert scenario.name == "child"
        assert [v.name for v in scenario.variants] == ["plain", "late", "stormy", "orphan"]
        assert scenario.sets == ()

    def test_name_title_and_claims(self) -> None:
        late, plain = load_scenario("child:late"), load_scenario("scenarios/child.yaml:plain")
        assert (late.name, late.title) == ("child:late", "A late tax")
        assert (plain.name, plain.title) == ("child:plain", "Child: plain")
        assert late.claims == (("C1", "band"),)

    def test_it_sets_times_and_lies_on_top_of_the_file(self) -> None:
        late = resolved("child:late")
        tax = next(p for p in late.policies if p.name == "tax")
        assert (tax.start, tax.end) == (7, None)
        values = {(c.element, p): c.value for c in late.assumptions for p in c.places}
        assert values["loss", (0)] == 0.3
        assert values["loss", (1)] == 0.3

    def test_what_the_command_line_sets_lies_on_top_of_it(self) -> None:
        scenario = load_scenario("child:late")
        late = resolve(scenario, read_model("tank.mdl"), ["loss[south]=0.9", "tax: start=9"])
        assert next(p.start for p in late.policies if p.name == "tax") == 9
        values = {p: c.value for c in late.assumptions for p in c.places if c.element == "loss"}
        assert values == {0: 0.3, 1: 0.9}

    def test_its_origins_are_its_lines(self) -> None:
        rows = {r[0]: r for r in origins(resolved("child:late"), read_model("tank.mdl"))}
        assert rows["loss"][3] == "scenarios/child.yaml:11"
        name, value, _, origin = rows["tax: inflow"]
        assert value == "1 from 7"
        assert "start from scenarios/child.yaml:11" in origin, name

    def test_parts_and_parents_of_its_own(self) -> None:
        assert [p.name for p in load_scenario("child:stormy").policies] == ["pump", "storm", "tax"]
        orphan = load_scenario("child:orphan")
        assert [p.name for p in orphan.policies] == ["tax"]
        assert {v.text: v.value for v in orphan.assume} == {"inflow": 9, "loss[north]": 0.4}

    def test_it_stands_alone_as_text(self) -> None:
        late = resolved("child:late")
        model = read_model("tank.mdl")
        again = resolve(scenario_from_text(to_yaml(late, model), "text"), model)
        assert again.sha256 == late.sha256
        assert again.name == "child:late"

    def test_they_are_not_inherited(self) -> None:
        write("grandchild", "title: Grandchild\nbase: child\n")
        assert members("grandchild") == ("grandchild",)

    def test_an_unknown_one_names_the_nearest(self) -> None:
        with pytest.raises(ScenarioError, match=r'no variant "lat"\n.*did you mean "late"'):
            load_scenario("child:lat")
        with pytest.raises(ScenarioError, match="it has no variants"):
            load_scenario("base:late")

    def test_run_and_ensemble_take_all_or_one(self) -> None:
        invoke("run", "child", "base")
        assert Path("runs/child+base.nc").is_file()
        printed = invoke("run", "child:late", "--json")
        assert json.loads(printed)["file"] == "runs/child-late.nc"
        Path("prior.csv").write_text(
            "element,label,unit,value,low,high,distribution,source,confidence\n"
            "inflow,,su/Year,2,1,3,uniform,s,low\n"
        )
        printed = invoke("ensemble", "child", "--members", "2", "--prior", "prior.csv", "--json")
        assert [r["scenario"] for r in json.loads(printed)["runs"]] == list(members("child"))

    def test_a_result_of_one_repeats(self) -> None:
        invoke("run", "child:late", "-o", "late.nc")
        invoke("rerun", "late.nc")

    def test_list_and_show_know_them(self) -> None:
        assert "(variants: plain, late, stormy, orphan)" in invoke("list", "scenarios")
        rows = {r["name"]: r for r in json.loads(invoke("list", "scenarios", "--json"))}
        assert rows["child"]["variants"] == ["plain", "late", "stormy", "orphan"]
        assert "variants" not in rows["base"]
        assert "without its variants: plain, late" in invoke("show", "scenario", "child")
        assert "storm" in {r["name"] for r in json.loads(invoke("list", "parts", "--json"))}


def invoke(*words: str) -> str:
    result = CliRunner().invoke(group, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('variants: {"a.b": {}}', '"a.b" cannot be the name of a variant'),
        ("variants: {a: {sett: {}}}", 'there is no key "sett" here'),
        ("variants: {a: {set: {inflow: two}}}", "inflow: two is text, not a number"),
        ("variants: {a: {set: {inflow: 1, Inflow: 2}}}", '"Inflow" and "inflow" are the same'),
        ("variants: {a: {}, A: {}}", '"A" and "a" are the same'),
        ("variants: {a: {set: {inflw: 1}}}", 'there is no constant called "inflw"'),
        ("variants: {a: {set: {'pmp: inflow': 1}}}", 'the scenario has no policy "pmp"'),
        ("variants: {a: {set: {inflow: 1}}}", 'is changed by the policy "pump"'),
        ("variants: {a: {set: {'loss[north]': 1, loss: 0}}}", '"loss[north]" has no effect'),
        ("variants: {a: {set: {'outflow rate': null}}}", '"none" is not a number'),
        ("variants: {a: {set: {'pump: ramp': -1}}}", "the ramp -1 is negative"),
        ("variants: {a: {base: bass}}", 'the base "bass" is missing'),
        ("variants: {a: {base: child}}", "the scenario is its own ancestor"),
        ("variants: {a: {parts: [gale]}}", 'there is no part called "gale"'),
    ],
)
def test_what_is_wrong_in_a_variant_is_said_with_its_line(text: str, message: str) -> None:
    write("child", f"title: Child\nbase: base\n{text}\n")
    with pytest.raises(ScenarioError) as caught:
        resolved("child:a")
    (problem,) = caught.value.problems
    assert message in problem.what
    assert problem.where == "scenarios/child.yaml:3"


def test_text_that_stands_alone_has_no_parts_or_variants() -> None:
    for text in ("parts: [storm]", "variants: {a: {}}"):
        with pytest.raises(ScenarioError, match="stands alone has no"):
            scenario_from_text(f"title: T\n{text}\n", "text")


def test_probes_are_found_below_a_folder_of_scenarios() -> None:
    Path("scenarios/probes").mkdir()
    write("probes/odd", "title: Odd\nbase: base\nparts: [storm]\n")
    assert [p.name for p in load_scenario("odd").policies] == ["pump", "storm"]
    assert '"odd"' not in str(members("odd"))
    assert "odd  " in invoke("list", "scenarios")
