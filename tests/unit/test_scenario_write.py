"""A resolved scenario as text, its origins, and the commands that print them."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.base.library import scenarios
from simdistrict.cli.listing import command as list_command
from simdistrict.scenario import (
    Assignment,
    Resolved,
    RunSettings,
    Scenario,
    WrittenPolicy,
    load_scenario,
    origins,
    resolve,
    scenario_from_text,
    to_yaml,
)
from tests.program import call
from tests.small import mdl, small

EQUATIONS = """
    district: Prato, Sassuolo, Brenta ~ ~ |
    offshore: near, far ~ ~ |
    weak: Prato, Brenta ~ ~ |
    rate = 0.5 ~ 1/Year ~ |
    "quoted ""name"" [x]: y" = 1 ~ Dmnl ~ |
    share[district] = 0.1, 0.2, 0.3 ~ Dmnl ~ |
    cost[district, offshore] = 1, 2; 3, 4; 5, 6; ~ Dmnl ~ |
    level[weak] = 7 ~ Dmnl ~ |
    level[Sassuolo] = 8 ~ Dmnl ~ |
    Stock = INTEG(rate, 1) ~ Dmnl ~ |
    """.replace('""', '\\"')
MODEL = small(EQUATIONS, start=2000, stop=2060)

names = st.sampled_from(
    ["rate", "share", "share[weak]", "share[Prato]", "cost", "cost[weak,far]", "cost[Prato,near]",
     "level", '"quoted \\"name\\" [x]: y"', "RATE", "cost[district,offshore]"]
)  # fmt: skip
QUOTE = '"quoted'
numbers = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=1_500)
keys = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=60)
printable = keys.filter(lambda k: k.isprintable() and bool(k.strip()))


@st.composite
def policies(draw: st.DrawFn) -> tuple[WrittenPolicy, ...]:
    starts = draw(st.lists(st.floats(-1e6, 1e6), max_size=4, unique=True))
    found = {}
    for start in starts:
        name = draw(printable)
        found[name.casefold().strip()] = WrittenPolicy(
            name,
            start,
            draw(st.none() | st.floats(1e6 + 1, 1e9)),
            draw(st.floats(0, 1e300)),
            _values(draw(st.lists(st.tuples(names, numbers), min_size=1, max_size=4))),
            draw(words),
            "",
        )
    return tuple(found.values())


def _values(pairs: list[tuple[str, float]]) -> tuple[Assignment, ...]:
    # from as many files as values, so that a whole may cover a part
    return tuple(Assignment(name, value, f"f{i}:1") for i, (name, value) in enumerate(pairs))


@st.composite
def scenario(draw: st.DrawFn) -> Scenario:
    run = RunSettings(
        draw(st.none() | numbers),
        draw(st.none() | numbers),
        draw(st.none() | positive),
        draw(st.none() | positive),
        draw(st.none() | st.sampled_from(["euler", "rk4", "adaptive"])),
        draw(st.none() | positive),
        draw(st.none() | positive),
    )
    return Scenario(
        name=draw(printable.filter(lambda n: not set(n) & set("/\\"))),
        title=draw(words.filter(bool)),
        why=draw(words),
        claims=tuple(draw(st.dictionaries(printable, words, max_size=3)).items()),
        policies=draw(policies()),
        assume=_values(draw(st.lists(st.tuples(names, numbers), max_size=5))),
        run=run,
        report=tuple(draw(st.lists(st.sampled_from(["rate", "Stock", "share"]), max_size=3))),
    )


def again(resolved: Resolved) -> Resolved:
    return resolve(scenario_from_text(to_yaml(resolved, MODEL), "stored"), MODEL)


@given(scenario())
def test_text_gives_an_equal_scenario_again(given_scenario: Scenario) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resolved = resolve(given_scenario, MODEL)
        text = to_yaml(resolved, MODEL)
        assert again(resolved) == resolved
        assert to_yaml(again(resolved), MODEL) == text
    # several of them are stored one after the other, and split at the separator
    assert "---\n" not in text


SCENARIO = """\
title: x
why: y
assume: {'share[Brenta]': 0.7, 'level[Prato]': 9}
policies:
  tax: {start: 2025, end: 2045.5, ramp: 1, set: {'cost[weak,far]': 0.25}}
run: {time step: 0.25, integrator: rk4, rtol: 1e-7}
"""


def example(text: str = SCENARIO, *sets: str) -> Resolved:
    return resolve(scenario_from_text(text, "s.yaml"), MODEL, sets)


def test_text_names_no_place() -> None:
    text = to_yaml(example(), MODEL)
    assert "base" not in text
    assert "s.yaml" not in text
    assert "/" not in text
    assert text.startswith('name: "s"\ntitle: "x"\nwhy: "y"\nmodel: "small"\n')


@pytest.mark.parametrize("name", sorted(scenarios()))
def test_shipped_scenarios_survive_storage(name: str) -> None:
    from simdistrict.exchange.mdl.reader import read_mdl
    from simdistrict.scenario import model_path

    shipped = load_scenario(name)
    model = read_mdl(model_path(shipped))
    resolved = resolve(shipped, model)
    stored = scenario_from_text(to_yaml(resolved, model), "stored")
    assert resolve(stored, model) == resolved
    assert str(Path.cwd()) not in to_yaml(resolved, model)


def test_example_of_the_docs(tmp_path: Path) -> None:
    from simdistrict.exchange.mdl.reader import read_mdl
    from simdistrict.scenario import model_path

    page = (Path(__file__).resolve().parents[2] / "docs" / "scenarios.md").read_text()
    path = tmp_path / "documented.yaml"
    path.write_text(page.split("```yaml\n")[1].split("```")[0])
    documented = load_scenario(path)
    sets = [t.split('"')[0] for t in page.split('--set "')[1:] if "=" in t and "NAME" not in t]
    assert len(sets) == 4
    resolve(documented, read_mdl(model_path(documented)), sets)


# ---------------------------------------------------------------------- origins


def rows(resolved: Resolved) -> dict[str, tuple[str, str, str]]:
    found = origins(resolved, MODEL)
    assert len({row[0] for row in found}) == len(found)
    return {name: (value, unit, origin) for name, value, unit, origin in found}


def line(start: str) -> int:
    return next(i for i, text in enumerate(MODEL.text.split("\n"), 1) if text.startswith(start))


def test_origins() -> None:
    assert rows(example()) == {
        "rate": ("0.5", "1/Year", f"small.mdl:{line('rate')}"),
        'quoted "name" [x]: y': ("1", "Dmnl", f"small.mdl:{line(QUOTE)}"),
        "share[Prato]": ("0.1", "Dmnl", f"small.mdl:{line('share')}"),
        "share[Sassuolo]": ("0.2", "Dmnl", f"small.mdl:{line('share')}"),
        "share[Brenta]": ("0.7", "Dmnl", "s.yaml:3"),
        "cost[district,offshore]": ("1, 2; 3, 4; 5, 6", "Dmnl", f"small.mdl:{line('cost')}"),
        "level[Sassuolo]": ("8", "Dmnl", f"small.mdl:{line('level[S')}"),
        "level[Prato]": ("9", "Dmnl", "s.yaml:3"),
        "level[Brenta]": ("7", "Dmnl", f"small.mdl:{line('level[w')}"),
        "INITIAL TIME": ("2000", "Year", f"small.mdl:{line('INITIAL')}"),
        "FINAL TIME": ("2060", "Year", f"small.mdl:{line('FINAL')}"),
        "TIME STEP": ("0.25", "Year", "s.yaml:6"),
        "SAVEPER": ("1", "Year", f"small.mdl:{line('SAVEPER')}"),
        "tax: cost[weak,far]": ("0.25 from 2025 to 2045.5 (ramp 1)", "Dmnl", "s.yaml:5"),
        "integrator": ("rk4", "", "s.yaml:6"),
        "rtol": ("1e-07", "", "s.yaml:6"),
    }


def test_origins_of_a_model_as_it_is() -> None:
    found = rows(example("title: x\n"))
    assert found["level[weak]"][0] == "7"
    assert found["share[district]"][0] == "0.1, 0.2, 0.3"
    assert found["integrator"] == ("euler", "", "small.mdl")
    assert all(origin.startswith("small.mdl") for _, _, origin in found.values())


def test_origins_on_the_command_line() -> None:
    found = rows(example(SCENARIO, "rate=1", "tax: cost[Prato,near]=3", "tax: ramp=0"))
    assert found["rate"] == ("1", "1/Year", "command line")
    value, _, origin = found["tax: cost[Prato,near]"]
    assert value == "3 from 2025 to 2045.5"
    assert origin == "command line; times: s.yaml:5, ramp from the command line"


def test_control_value_that_the_model_computes() -> None:
    model = small("x = 1").text.replace("SAVEPER = 1 ", "SAVEPER = TIME STEP ")
    from simdistrict.exchange.mdl.reader import read_mdl_text

    read = read_mdl_text(model, "small")
    resolved = resolve(scenario_from_text("title: x\n", "s.yaml"), read)
    assert ("SAVEPER", "computed by the model") in [r[:2] for r in origins(resolved, read)]


# ---------------------------------------------------------------------- the commands


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "own.yaml").write_text(
        f"model: ../own.mdl\n{SCENARIO}report: [Stock]"
    )
    (tmp_path / "own.mdl").write_text(mdl(EQUATIONS))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore")
def test_show_scenario(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = call(capsys, "show", "scenario", "own", "--set", "rate=0.75").out
    assert text.startswith("own: x\n  y\n  model own, from scenarios/own.yaml\n")
    assert "  rate = 0.75 1/Year  (instead of " in text
    assert "policy tax, from 2025 to 2045.5, over 1 Year\n  cost[weak,far] = " in text
    assert "(instead of 2 to 6)" in text
    assert "reports\n  Stock\n" in text
    assert "own.mdl:" not in text
    assert text.endswith("add --constants for every value and its origin\n")


def test_show_scenario_with_every_value(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = call(capsys, "show", "scenario", "own", "--set", "rate=0.75", "--constants").out
    assert "rate = 0.75 [1/Year]  (command line)\n" in text
    assert "share[Brenta] = 0.7 [Dmnl]  (scenarios/own.yaml:4)\n" in text
    assert f"(own.mdl:{line('cost')})\n" in text


def test_show_scenario_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(call(capsys, "show", "scenario", "own", "--json").out)
    assert document["scenario"] == "own"
    assert document["chain"] == ["scenarios/own.yaml"]
    assert {
        "name": "share[Brenta]", "value": "0.7", "unit": "Dmnl", "origin": "scenarios/own.yaml:4",
    } in document["values"]  # fmt: skip


def test_show_a_model_as_it_is(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = call(capsys, "show", "scenario", "own.mdl").out
    assert text.startswith("own: own as it is\n")
    assert "runs the model as it is\n" in text


def test_list_scenarios(project: Path) -> None:
    (project / "scenarios" / "broken.yaml").write_text("titel: x\n")
    done = CliRunner().invoke(list_command, ["scenarios"], catch_exceptions=False)
    lines = {text.split()[0]: text for text in done.output.splitlines()}
    assert lines["own"].endswith("  x")
    assert lines["security_tariffs"].endswith("Security tariffs from 2025")
    assert "(not valid: scenarios/broken.yaml:1 | " in lines["broken"]


def test_list_scenarios_as_json(project: Path) -> None:
    done = CliRunner().invoke(list_command, ["scenarios", "--json"], catch_exceptions=False)
    row = next(r for r in json.loads(done.output) if r["name"] == "own")
    assert row == {"name": "own", "title": "x", "file": "scenarios/own.yaml"}


def test_list_models() -> None:
    done = CliRunner().invoke(list_command, ["models"], catch_exceptions=False)
    assert [text.split()[0] for text in done.output.splitlines()] == ["core", "district"]


def test_list_what_is_not_there() -> None:
    assert CliRunner().invoke(list_command, ["planets"]).exit_code == 2
