"""Scenario files with parents: what is inherited, merged, replaced and removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.scenario import (
    RunSettings,
    Scenario,
    bare_scenario,
    load_scenario,
    model_path,
    scenario_from_text,
    scenario_title,
)

PARENT = """\
title: Parent
why: parent's reason
model: ../own.mdl
claims: {C1: band}
policies:
  Tariff: {start: 2020, set: {t: 0.1, u: 1}}
  subsidy: {start: 2021, set: {s: 0.2}}
assume: {x: 1, "y[a]": 2}
run: {final time: 2060, time step: 0.5}
report: [stock]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with scenarios/, seen from itself."""
    (tmp_path / "scenarios").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> Path:
    path = Path("scenarios") / f"{name}.yaml"
    path.write_text(text)
    return path


def family(child: str, parent: str = PARENT) -> Scenario:
    write("parent", parent)
    write("child", f"title: Child\nbase: parent\n{child}")
    return load_scenario("child")


def refused(name: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(name)
    return str(caught.value)


def test_what_is_inherited_and_what_is_not(project: Path) -> None:
    child = family("")
    assert (child.name, child.title, child.why) == ("child", "Child", "")
    assert child.claims == ()
    assert child.model == "../own.mdl"
    assert [p.name for p in child.policies] == ["Tariff", "subsidy"]
    assert [(v.text, v.value) for v in child.assume] == [("x", 1.0), ("y[a]", 2.0)]
    assert child.run == RunSettings(final_time=2060.0, time_step=0.5)
    assert child.report == ("stock",)
    assert child.chain == ("scenarios/child.yaml", "scenarios/parent.yaml")


def test_origins_name_the_file_that_said_it(project: Path) -> None:
    child = family("assume: {x: 3}\nrun: {time step: 1}\n")
    assert {v.text: v.origin for v in child.assume} == {
        "x": "scenarios/child.yaml:3",
        "y[a]": "scenarios/parent.yaml:8",
    }
    assert child.origin("time_step") == "scenarios/child.yaml:4"
    assert child.origin("final_time") == "scenarios/parent.yaml:9"
    assert child.origin("model") == "scenarios/parent.yaml:3"
    assert child.origin("report") == "scenarios/parent.yaml:10"


def test_policy_of_the_same_name_is_replaced_whole(project: Path) -> None:
    child = family("policies:\n  tariff: {start: 2030, set: {t: 0.3}}\n")
    by_name = {p.name: p for p in child.policies}
    assert set(by_name) == {"tariff", "subsidy"}
    assert by_name["tariff"].start == 2030
    assert [v.text for v in by_name["tariff"].values] == ["t"]


def test_null_removes_a_policy(project: Path) -> None:
    child = family("policies: {tariff: null}\n")
    assert [p.name for p in child.policies] == ["subsidy"]


def test_removing_a_policy_that_no_parent_has(project: Path) -> None:
    family("")
    write("child", "title: Child\nbase: parent\npolicies:\n  tarif: null\n")
    message = refused("child")
    assert message.startswith("scenarios/child.yaml:4 | no parent has a policy")
    assert 'did you mean "Tariff"?' in message


def test_assume_merges_by_folded_name_and_acts_after_the_parent(project: Path) -> None:
    child = family('assume: {"X": 5, "Y[ A ]": 6, z: 7}\n')
    assert [(v.text, v.value) for v in child.assume] == [("X", 5.0), ("Y[ A ]", 6.0), ("z", 7.0)]


def test_part_of_an_array_acts_after_the_parents_whole(project: Path) -> None:
    child = family('assume: {"x[a]": 5}\n')
    assert [v.text for v in child.assume] == ["x", "y[a]", "x[a]"]


def test_whole_in_a_child_acts_after_the_parents_part(project: Path) -> None:
    child = family("assume: {y: 5, X: 3}\n", PARENT.replace('x: 1, "y[a]"', 'x: 1, "x[a]"'))
    assert [(v.text, v.value) for v in child.assume] == [("x[a]", 2.0), ("y", 5.0), ("X", 3.0)]


def test_run_merges_by_key(project: Path) -> None:
    child = family("run: {time step: 0.25, integrator: rk4}\n")
    assert child.run == RunSettings(final_time=2060.0, time_step=0.25, integrator="rk4")


def test_report_is_replaced(project: Path) -> None:
    assert family("report: [flow]\n").report == ("flow",)
    assert family("report: []\n").report == ()


def test_own_model_replaces_the_parents(project: Path) -> None:
    child = family("model: district\n")
    assert child.model == "district"
    assert child.origin("model") == "scenarios/child.yaml:3"


def test_over() -> None:
    mine = RunSettings(time_step=1.0, integrator="rk4")
    theirs = RunSettings(time_step=2.0, final_time=3.0)
    assert mine.over(theirs) == RunSettings(final_time=3.0, time_step=1.0, integrator="rk4")


def test_three_generations(project: Path) -> None:
    family("assume: {x: 2}\n")
    write("grandchild", "title: Grandchild\nbase: child\nassume: {z: 3}\n")
    scenario = load_scenario("grandchild")
    assert {v.text: v.value for v in scenario.assume} == {"x": 2.0, "y[a]": 2.0, "z": 3.0}
    assert len(scenario.chain) == 3


def test_base_by_path_relative_to_the_file(project: Path) -> None:
    (project / "elsewhere").mkdir()
    (project / "elsewhere" / "root.yaml").write_text(PARENT)
    write("child", "title: Child\nbase: ../elsewhere/root.yaml\n")
    scenario = load_scenario("child")
    assert scenario.chain[1] == "elsewhere/root.yaml"
    assert scenario.folder is not None
    assert (scenario.folder / "../own.mdl").resolve() == project / "own.mdl"


def test_base_by_name_is_found_beside_the_file_from_anywhere(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    family("")
    monkeypatch.chdir(tmp_path_factory.mktemp("away"))
    scenario = load_scenario(project / "scenarios" / "child.yaml")
    assert scenario.chain[1] == str(project / "scenarios" / "parent.yaml")


def test_missing_parent_names_the_chain_and_the_nearest(project: Path) -> None:
    write("parent", "title: Parent\nbase: grandparrent\n")
    write("grandparent", "title: x\n")
    write("child", "title: Child\nbase: parent\n")
    message = refused("child")
    assert message.startswith("scenarios/parent.yaml:2 | ")
    assert 'the base "grandparrent" is missing' in message
    assert "chain: scenarios/child.yaml -> scenarios/parent.yaml" in message
    assert "did you mean grandparent" in message


def test_loop_names_the_chain(project: Path) -> None:
    write("a", "title: x\nbase: b\n")
    write("b", "title: x\nbase: c\n")
    write("c", "title: x\nbase: a\n")
    message = refused("a")
    assert message.startswith("scenarios/c.yaml:2 | ")
    names = " -> ".join(f"scenarios/{n}.yaml" for n in "abca")
    assert names in message


def test_own_parent(project: Path) -> None:
    write("a", "title: x\nbase: ./a.yaml\n")
    assert "scenarios/a.yaml -> scenarios/a.yaml" in refused("a")


def test_error_in_a_parent_names_the_parent(project: Path) -> None:
    write("parent", "title: x\nassume: {a: no}\n")
    write("child", "title: x\nbase: parent\n")
    assert refused("child").startswith("scenarios/parent.yaml:2 | ")


def test_path_is_shown_as_given_or_below_the_current_directory(project: Path) -> None:
    path = write("own", "title: x\nassume: {a: 1}\n")
    for given in (path, path.absolute(), Path("scenarios/../scenarios/own.yaml")):
        assert load_scenario(given).assume[0].origin == "scenarios/own.yaml:2"


def test_no_such_scenario() -> None:
    assert "did you mean security_tariffs?" in refused("security_tarifs")


# ---------------------------------------------------------------------- models


def test_model_of_a_scenario(project: Path) -> None:
    child = family("")
    (project / "own.mdl").write_text("")
    assert model_path(child).resolve() == project / "own.mdl"


def test_shipped_model_of_a_scenario(project: Path) -> None:
    assert model_path(family("model: district\n")).name == "district.mdl"


def test_scenario_without_a_model(project: Path) -> None:
    write("own", "title: x\n")
    with pytest.raises(ScenarioError, match=r"scenarios/own.yaml \| the scenario names no model"):
        model_path(load_scenario("own"))


def test_missing_model_says_where_it_was_named(project: Path) -> None:
    child = family("model: distrikt\n")
    with pytest.raises(ScenarioError) as caught:
        model_path(child)
    message = str(caught.value)
    assert message.startswith('scenarios/child.yaml:3 | the model "distrikt": there is no model')
    assert "did you mean district?" in message


def test_model_as_it_is(project: Path) -> None:
    path = Path("own.mdl")
    path.write_text("")
    scenario = bare_scenario(path)
    assert (scenario.name, scenario.policies, scenario.assume) == ("own", (), ())
    assert scenario.run == RunSettings()
    assert model_path(scenario) == path


# ---------------------------------------------------------------------- text and titles


def test_text_that_stands_alone_has_no_base() -> None:
    with pytest.raises(ScenarioError, match=r"x:2 \| a scenario that stands alone has no base"):
        scenario_from_text("title: x\nbase: y\n", "x")


def test_name_of_a_text() -> None:
    assert scenario_from_text("title: x\n", "runs/a.nc").name == "a"
    assert scenario_from_text("title: x\nname: own name\n", "runs/a.nc").name == "own name"


def test_title_needs_no_parent(project: Path) -> None:
    assert scenario_title(write("own", "title: Orphan\nbase: nobody\n")) == "Orphan"
