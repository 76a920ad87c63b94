"""Checks files: where they lie, and what is said about one that makes no sense."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.behaviour import (
    Statements,
    check_behaviour,
    checks_file,
    read_statements,
    statements_from_text,
)
from simdistrict.behaviour.schema import checks_schema_text
from simdistrict.exchange.mdl.reader import read_mdl
from simdistrict.scenario import resolve
from tests.small import mdl, small

MODEL = """
region : north, south ~ ~ |
rate = 0.1 ~ 1/Year [0,1] ~ Constant. |
flow[region] = level[region] * rate ~ su/Year ~ Flow. |
level[region] = INTEG(-flow[region], 5) ~ su ~ Stock. |
total = SUM(level[region!]) ~ su ~ Auxiliary. |
price = 2 ~ EUR/su ~ Constant. |
"""


def read(text: str) -> Statements:
    return statements_from_text(text, "tank.checks.yaml", small(MODEL))


def test_everything_that_can_be_stated() -> None:
    stated = read(
        """
why: All of it.
may_be_negative: [level]
conservation:
  water: {why: It only leaks., stocks: [Level], losses: [flow]}
accounts:
  sum: {total: total, parts: [level], per: []}
steady_state: {why: No leak., set: {rate: 0}, except: [level]}
extremes:
  burst:
    why: All at once.
    set: {rate: 8}
    from: 5
    expect: [{element: "level[north]", at: 10, below: 1, of: unchanged}]
bounds: {total: {low: 0}}
indicators: [total, "level[south]"]
corners: {why: It is law., keep: [price]}
"""
    )
    (balance,) = stated.balances
    assert balance.per == ("region",)
    assert [t.text for t in balance.stocks] == ["level"]
    assert stated.accounts[0].per == ()
    assert stated.extremes[0].begin == 5
    assert stated.extremes[0].expect[0].term.places == (0,)
    assert stated.indicators[1].text == "level[south]"
    assert stated.steady[0].value == 0
    assert stated.moving == {"level"}
    assert stated.may_be_negative == {"level"}
    assert stated.kept[0].element == "price"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "this is not a checks file"),
        ("conservaton:\n  a: 1", 1, 'did you mean "conservation"'),
        ("accounts:\n  a:\n    total: total", 2, 'the account "a" has no `parts:`'),
        ("bounds:\n  total:\n    low: 0\n    hgih: 1", 4, 'did you mean "high"'),
        ("bounds:\n  total: {}", 2, "has no limit"),
        ("bounds:\n  total: {low: 1, high: 0}", 2, "above its end"),
        ("bounds:\n  totl: {low: 1}", 2, 'did you mean "total"'),
        ("bounds:\n  total: {low: zero}", 2, "zero is text, not a number"),
        ("indicators:\n  - total\n  - levl", 3, 'did you mean "level"'),
        ("indicators:\n  - level[west]", 2, '"west" is no label of region'),
        ("may_be_negative: [total]", 1, '"total" is no stock'),
        ("steady_state:\n  set:\n    total: 0", 3, "only constants can be set"),
        ("steady_state:\n  set: {}", 2, "is empty"),
        ("steady_state:\n  set: {rate: 0}\n  except: [total]", 3, '"total" is no stock'),
        ("conservation:\n  a: {stocks: [level]}", 2, "neither gains nor losses"),
        ("conservation:\n  a: {stocks: [total], losses: [flow]}", 2, "is no stock"),
        (
            "conservation:\n  a: {stocks: [level], gains: [total]}",
            2,
            '"total" times the time unit is Year*su, "level" is su',
        ),
        ("accounts:\n  a: {total: total, parts: [price]}", 2, "is EUR/su"),
        (
            "accounts:\n  a:\n    total: total\n    parts: [level]\n    per: [region]",
            5,
            "dimension",
        ),
        (
            "extremes:\n  e:\n    set: {rate: 0}\n    expect:\n      - {element: total}",
            5,
            "compares with nothing",
        ),
        (
            "extremes:\n  e:\n    set: {rate: 0}\n    expect:\n      - {element: total, befor: 1}",
            5,
            'did you mean "below"',
        ),
        (
            "extremes:\n  e:\n    set: {rate: 0}\n    expect:\n"
            "      - {element: total, below: 1, of: usual}",
            5,
            "it is one of initial, unchanged",
        ),
        ("extremes:\n  e: {set: {rate: 0, Rate: 1}}", 2, "are the same name"),
        ("corners: {keep: []}", 1, "is empty"),
        ("scenarios: [nowhere]", 1, "cannot be looked up"),
    ],
)
def test_an_invalid_statement_is_reported_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(text)
    problem = str(caught.value.problems[0])
    assert problem.startswith(f"tank.checks.yaml:{line} | ")
    assert what in problem


def test_all_problems_of_a_file_are_reported_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        read("bounds: {totl: {low: 0}, leve: {low: 0}}\nindicators: [flw]")
    assert len(caught.value.problems) == 3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tank.mdl").write_text(mdl(MODEL))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_file_of_that_name_comes_first_then_the_folders(folder: Path) -> None:
    model = folder / "tank.mdl"
    assert checks_file(model) is None
    (folder / "checks.yaml").write_text("indicators: [total]\n")
    assert checks_file(model) == folder / "checks.yaml"
    (folder / "tank.checks.yaml").write_text("indicators: [total]\n")
    assert checks_file(model) == folder / "tank.checks.yaml"


def test_a_folder_of_several_models_shares_no_file_unless_it_bears_the_models_name(
    folder: Path,
) -> None:
    (folder / "other.mdl").write_text(mdl(MODEL))
    (folder / "checks.yaml").write_text("indicators: [total]\n")
    assert checks_file(folder / "tank.mdl") is None
    named = folder / "tank"
    named.mkdir()
    for name in ("tank.mdl", "draft.mdl", "checks.yaml"):
        (named / name).write_text(mdl(MODEL))
    assert checks_file(named / "tank.mdl") == named / "checks.yaml"
    assert checks_file(named / "draft.mdl") is None


def test_scenarios_are_found_beside_the_file_and_must_be_of_this_model(folder: Path) -> None:
    model = read_mdl(folder / "tank.mdl")
    (folder / "wide.yaml").write_text("title: W\nmodel: tank.mdl\nassume: {rate: 0.2}\n")
    file = folder / "tank.checks.yaml"
    file.write_text("scenarios: [wide]\n")
    stated = read_statements(file, model, folder / "tank.mdl")
    assert [s.name for s in stated.scenarios] == ["wide"]
    (folder / "wide.yaml").write_text("title: W\nmodel: core\n")
    with pytest.raises(ScenarioError, match=r"tank.checks.yaml:1 \| .* runs another model"):
        read_statements(file, model, folder / "tank.mdl")
    file.write_text("scenarios:\n  - wyde\n")
    with pytest.raises(ScenarioError, match=r"tank.checks.yaml:2 .*\n.*wide"):
        read_statements(file, model, folder / "tank.mdl")


def test_a_variant_of_a_scenario_is_named_with_a_colon(folder: Path) -> None:
    model = read_mdl(folder / "tank.mdl")
    (folder / "wide.yaml").write_text(
        "title: W\nmodel: tank.mdl\nassume: {rate: 0.2}\nvariants:\n  narrow: {set: {rate: 0.05}}\n"
    )
    file = folder / "tank.checks.yaml"
    file.write_text("scenarios: [wide, wide:narrow, ./wide.yaml:narrow]\n")
    stated = read_statements(file, model, folder / "tank.mdl")
    assert [s.name for s in stated.scenarios] == ["wide", "wide:narrow", "wide:narrow"]
    rates = [
        next(c.value for c in resolve(s, model).assumptions if c.element == "rate")
        for s in stated.scenarios
    ]
    assert rates == [0.2, 0.05, 0.05]
    file.write_text("scenarios:\n  - wide\n  - wide:narow\n")
    with pytest.raises(ScenarioError, match=r'(?s)tank.checks.yaml:3 .*no variant "narow".*narrow'):
        read_statements(file, model, folder / "tank.mdl")


def test_a_bound_that_only_a_variant_breaks_is_found(folder: Path) -> None:
    (folder / "wide.yaml").write_text(
        "title: W\nmodel: tank.mdl\nvariants:\n  fast: {set: {rate: 0.3}}\n"
    )
    file, model = folder / "tank.checks.yaml", read_mdl(folder / "tank.mdl")
    found = {}
    for name in ("wide", "wide:fast"):
        file.write_text(f"scenarios: ['{name}']\nbounds: {{rate: {{high: 0.25}}}}\n")
        stated = read_statements(file, model, folder / "tank.mdl")
        found[name] = [f.what for f in check_behaviour(model, stated, only=["bounds"])]
    assert found["wide"] == []
    assert len(found["wide:fast"]) == 1
    assert 'scenario "wide:fast"' in found["wide:fast"][0]


DOCUMENTED = """
region : north, south ~ ~ |
intake rate = 0.1 ~ 1/Year [0,0.3] ~ C. |
training time = 5 ~ Year [2,10] ~ C. |
career = 10 ~ Year [5,40] ~ C. |
start[region] = 10, 20 ~ person [1,100] ~ C. |
wage = 2 ~ EUR/person/Year ~ C. |
budget share[region] = 0.5, 0.5 ~ Dmnl [0,1] ~ C. |
tax rate = 0.3 ~ Dmnl [0,1] ~ C. |
intake[region] = masters[region] * intake rate ~ person/Year ~ F. |
finishing[region] = apprentices[region] / training time ~ person/Year ~ F. |
leaving[region] = masters[region] / career ~ person/Year ~ F. |
apprentices[region] = INTEG(intake[region] - finishing[region], start[region]) ~ person ~ S. |
masters[region] = INTEG(finishing[region] - leaving[region], start[region]) ~ person ~ S. |
apprentice share[region] = apprentices[region] / (apprentices[region] + masters[region]) ~ Dmnl ~ |
sales[region] = masters[region] * wage ~ EUR/Year ~ A. |
cost of material[region] = sales[region] * budget share[region] ~ EUR/Year ~ A. |
taxes = SUM(sales[region!]) * tax rate ~ EUR/Year ~ A. |
income = SUM(sales[region!] - cost of material[region!]) - taxes ~ EUR/Year ~ A. |
savings = INTEG(income, 0) ~ EUR ~ S. |
"""


def test_the_documented_file_is_one_and_its_model_passes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (root / "docs" / "checks.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    file = tmp_path / "chain.checks.yaml"
    file.write_text(text)
    (tmp_path / "more training.yaml").write_text(
        "title: More\nmodel: chain.mdl\nassume: {intake rate: 0.2}\n"
    )
    path = tmp_path / "chain.mdl"
    path.write_text(mdl(DOCUMENTED, start=2000, stop=2060, time_step=0.125))
    monkeypatch.chdir(tmp_path)
    model = read_mdl(path)
    stated = read_statements(file, model, path)
    assert all(getattr(stated, f.name) for f in fields(stated)), "every section is used"
    assert check_behaviour(model, stated, corners_count=3) == []


def test_the_schema_for_editors_is_the_committed_one(root: Path) -> None:
    committed = (root / "docs" / "schema" / "checks.json").read_text(encoding="utf-8")
    assert committed == checks_schema_text(), "run python -m simdistrict.behaviour.schema"
