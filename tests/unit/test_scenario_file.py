"""One scenario file: YAML that is safe to read, and a closed schema with errors in our words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.scenario import Scenario, load_scenario, scenario_from_text
from simdistrict.scenario.schema import json_schema, json_schema_text

ROOT = Path(__file__).resolve().parents[2]

COMPLETE = """\
# yaml-language-server: $schema=../docs/schema/scenario.json
title: Security tariffs from 2025
why: Tests whether a tariff keeps capacity above the threshold.
model: district
claims: {C39: "far share down 10 points"}
policies:
  security tariff:
    why: a reason
    start: 2025
    ramp: 1
    end: 2045
    set: {"tariff level[far]": 0.25}
assume: {"retaliation on exports": 1e-1}
run: {initial time: 1990, final time: 2060, time step: 0.25, save step: 1,
      integrator: adaptive, rtol: 1e-6, atol: 1.0e-8}
report: [home share, capacity]
"""


def complaints(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        scenario_from_text(text, "s.yaml")
    return str(caught.value)


def only(text: str) -> str:
    """The complaint, where there is exactly one."""
    with pytest.raises(ScenarioError) as caught:
        scenario_from_text(text, "s.yaml")
    assert len(caught.value.problems) == 1, caught.value
    return str(caught.value)


def read(text: str) -> Scenario:
    return scenario_from_text(text, "s.yaml")


def test_complete_file() -> None:
    scenario = read(COMPLETE)
    assert scenario.name == "s"
    assert scenario.title == "Security tariffs from 2025"
    assert scenario.model == "district"
    assert scenario.claims == (("C39", "far share down 10 points"),)
    (policy,) = scenario.policies
    assert (policy.name, policy.start, policy.ramp, policy.end) == (
        "security tariff", 2025.0, 1.0, 2045.0,
    )  # fmt: skip
    assert (policy.values[0].text, policy.values[0].value) == ("tariff level[far]", 0.25)
    assert policy.values[0].origin == "s.yaml:12"
    assert scenario.assume[0].value == 0.1
    assert scenario.assume[0].origin == "s.yaml:13"
    assert scenario.run.time_step == 0.25
    assert scenario.run.integrator == "adaptive"
    assert scenario.run.rtol == 1e-6
    assert scenario.origin("time_step") == "s.yaml:14"
    assert scenario.report == ("home share", "capacity")


def test_defaults() -> None:
    scenario = read("title: x\npolicies: {p: {start: 2025, set: {a: 1}}}\n")
    assert scenario.policies[0].ramp == 0.0
    assert scenario.policies[0].end is None
    assert scenario.run.integrator is None


@pytest.mark.parametrize("section", ["claims", "policies", "assume", "run", "report"])
def test_section_with_everything_commented_out(section: str) -> None:
    assert read(f"title: x\n{section}:\n  # nothing\n").title == "x"


# ---------------------------------------------------------------------- the closed schema


def test_unknown_key_names_line_and_nearest() -> None:
    text = only("title: x\nwhy: y\npolicys: {}\n")
    assert text.startswith("s.yaml:3 | ")
    assert '"policys"' in text
    assert 'did you mean "policies"?' in text


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("title: x\npolicies:\n  p:\n    begin: 3\n    start: 1\n    set: {a: 1}\n", "start"),
        ("title: x\npolicies:\n  p:\n    rampp: 3\n    start: 1\n    set: {a: 1}\n", '"ramp"?'),
        ("title: x\n\n\nrun: {timestep: 3}\n", '"time step"?'),
    ],
)
def test_unknown_key_inside(text: str, near: str) -> None:
    message = only(text)
    assert message.startswith("s.yaml:4 | there is no key")
    assert near in message


def test_missing_title() -> None:
    assert only("why: x\n") == "s.yaml:1 | the scenario has no `title:`"


def test_missing_start_names_the_policy() -> None:
    message = only("title: x\npolicies:\n  tax: {set: {a: 1}}\n")
    assert message == 's.yaml:3 | the policy "tax" has no `start:`'


def test_missing_set_names_the_policy() -> None:
    assert only("title: x\npolicies:\n  tax: {start: 1}\n").endswith("has no `set:`")


def test_empty_set() -> None:
    message = only("title: x\npolicies:\n  tax: {start: 1, set: {}}\n")
    assert message == 's.yaml:3 | the policy "tax" sets nothing'


@pytest.mark.parametrize("end", [2025, 2024.5])
def test_end_not_after_start(end: float) -> None:
    text = f"title: x\npolicies:\n  tax:\n    start: 2025\n    end: {end}\n    set: {{a: 1}}\n"
    assert only(text).startswith(
        f's.yaml:5 | the policy "tax" ends in {end:g}, not after its start'
    )


def test_negative_ramp() -> None:
    message = only("title: x\npolicies: {p: {start: 1, ramp: -1, set: {a: 1}}}\n")
    assert message == "s.yaml:2 | ramp: -1 is negative"


@pytest.mark.parametrize("key", ["time step", "save step", "rtol", "atol"])
def test_run_settings_are_positive(key: str) -> None:
    assert only(f"title: x\nrun: {{{key}: 0}}\n") == f"s.yaml:2 | {key}: 0 is not positive"


def test_unknown_integrator() -> None:
    message = only("title: x\nrun: {integrator: rk5}\n")
    assert 'there is no integrator "rk5"' in message
    assert "euler, rk4, adaptive" in message


@pytest.mark.parametrize(
    ("written", "what", "hint"),
    [
        ('"0.25"', '"0.25" is text, not a number', "write 0.25 without quotes"),
        ('"abc"', '"abc" is text, not a number', "write a number"),
        ("no", "no is text, not a number", "write 1 or 0"),
        ("off", "off is text, not a number", "write 1 or 0"),
        ("true", "true is not a number", "write 1 or 0"),
        ("25%", "25% is text, not a number", "0.25 for 25 %"),
        ("0,25", "0,25 is text, not a number", "write 0.25"),
        ("1_000", "1_000 is text, not a number", "write digits only"),
        ("0x10", "0x10 is text, not a number", "write a decimal number"),
        (".inf", "not a finite number", ""),
        (".nan", "not a finite number", ""),
        ("1e999", "not a finite number", ""),
        ("9" * 400, "not a finite number", ""),
        ("[1, 2]", "must be one number", "name[label]"),
        ("{a: 1}", "must be one number", "name[label]"),
        ("", "has no value", "write a number"),
    ],
)
def test_value_is_not_a_number(written: str, what: str, hint: str) -> None:
    message = only(f"title: x\nassume:\n  rate: {written}\n")
    assert message.startswith("s.yaml:3 | rate")
    assert what in message
    assert hint in message


def test_decimal_comma_between_braces() -> None:
    assert "decimals have a point" in only("title: x\nassume: {rate: 0,5}\n")


@pytest.mark.parametrize("written", ["25", ".5", "-1", "+3.", "1e-3", "2.5E+3"])
def test_numbers(written: str) -> None:
    assert read(f"title: x\nassume: {{a: {written}}}\n").assume[0].value == float(written)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: 2025\n", "title must be text"),
        ("title:\n", "title has no value"),
        ('title: ""\n', "title is empty"),
        ("title: x\nreport: capacity\n", "report must be a list"),
        ("title: x\nreport: [1]\n", "entry 1 of report must be text"),
        ("title: x\npolicies: [1]\n", "policies must be names with values"),
        ("title: x\nassume: 3\n", "assume must be names with values"),
        ("title: x\nrun: 3\n", "run must be names with values"),
        ("title: x\npolicies: {p: 3}\n", "p must be names with values"),
        ("title: x\nclaims: {C1: 3}\n", "C1 must be text"),
        ("title: x\nname: a/b\n", '"a/b" cannot be the name'),
    ],
)
def test_wrong_type(text: str, message: str) -> None:
    assert message in only(text)


@pytest.mark.parametrize(
    "text",
    [
        "title: x\nassume:\n  Tariff level: 1\n  tariff_level: 2\n",
        "title: x\nassume:\n  x[ a ]: 1\n  X[A]: 2\n",
        "title: x\npolicies:\n  P: {start: 1, set: {a: 1}}\n  p: {start: 2, set: {a: 1}}\n",
    ],
)
def test_one_name_in_two_spellings(text: str) -> None:
    message = only(text)
    assert message.startswith("s.yaml:4 | ")
    assert "are the same name" in message


def test_all_problems_of_a_file_in_order() -> None:
    text = "titel: x\nassume: {a: no}\nrun: {rtol: 0}\npolicies: {p: {start: 2, end: 1, set: {}}}\n"
    lines = [p.where for p in _problems(text)]
    assert lines == sorted(lines)
    assert len(lines) == 6  # titel, no title, a, rtol, the end, the empty set


def _problems(text: str) -> list[object]:
    with pytest.raises(ScenarioError) as caught:
        scenario_from_text(text, "s.yaml")
    return list(caught.value.problems)


# ---------------------------------------------------------------------- YAML itself


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "this is not a scenario"),
        ("just words", 1, "this is not a scenario"),
        ("- a\n- b\n", 1, "this is not a scenario"),
        ("title: x\ntitle: y\n", 2, "is given twice, first in line 1"),
        ("title: x\nassume:\n\ta: 1\n", 3, "indented with a tab"),
        ("title: &a x\nwhy: *a\n", 1, "anchors and aliases"),
        ("title: *a\n", 1, "anchors and aliases"),
        ("title: !!str x\n", 1, "tags"),
        ("title: x\n---\ntitle: y\n", 2, "second document"),
        ("title: x: y\n", 1, "an unexpected colon"),
        ('why: y\ntitle: "x\n\n', 2, "a quote is opened and never closed"),
        ('title: "\\q"\n', 1, "an unknown `\\`"),
        ("why: y\ntitle: [x\n\n", 2, "a `[` is opened"),
        ("why: y\ntitle: {x\n\n", 2, "a `{` is opened"),
        ("assume: {tariff level[far]: 1}\n", 1, "must be in quotes here"),
        ("title: @x\n", 1, "cannot begin with the character"),
        ("title: x\nassume\nrun: {}\n", 3, "a key without its colon"),
        ("a:\n  b: 1\n c: 1\n", 3, "the indentation changes"),
        ("title: x\n[a]: 1\n", 2, "a list or a mapping in place of a name"),
        ('title: x\nassume: {"": 1}\n', 2, "a key is empty"),
        ('title: x\nassume: {"a\\tb": 1}\n', 2, "a key is not printable"),
        (f'title: x\nassume: {{"{"a" * 401}": 1}}\n', 2, "a key is too long"),
        ("title: x\nwhy: a\x01b\n", 2, "control character (U+0001)"),
        ('title: "\\ud800"\n', 1, "lone surrogate"),
        ("a: [[[[[[[[[1]]]]]]]]]\n", 1, "nested deeper than 8 levels"),
        ("title: x\nwhy: " + "a" * 10_001 + "\n", 2, "at most 10000 are read"),
    ],
)
def test_what_is_not_read(text: str, line: int, message: str) -> None:
    complaint = only(text)
    assert complaint.startswith(f"s.yaml:{line} | ")
    assert message in complaint


def test_too_many_entries() -> None:
    text = "title: x\nreport:\n" + "- a\n" * 20_001
    assert "more than 20000 entries" in complaints(text)


@pytest.mark.parametrize(
    "junk",
    ["[" * 9_999, "[a, " * 2_400, "{a: " * 2_400, "!" * 9_999, "? " * 4_999, "- " * 4_999,
     "{" + "a, " * 3_000, '"' * 9_999, "&a " * 3_000, "%" * 9_999, ": " * 4_999, "*" * 9_999],
)  # fmt: skip
def test_junk_is_refused_in_one_sentence_and_soon(junk: str) -> None:
    begun = time.perf_counter()
    message = complaints("\n".join([junk] * 20))
    assert message.startswith("s.yaml:")
    for words in ("ruamel", "pydantic", "while scanning", "while parsing", "https://"):
        assert words not in message
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends(ends: str, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(f"title: x{ends}assume:{ends}  a: 1{ends}".encode())
    assert load_scenario(path).assume[0].origin.endswith("s.yaml:3")


# ---------------------------------------------------------------------- files


def refused(path: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert len(caught.value.problems) == 1
    return str(caught.value)


def test_huge_file_is_refused_at_once(tmp_path: Path) -> None:
    read(COMPLETE)  # the libraries are loaded by now
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.write(b"a" * 1_000)
        file.truncate(100_000_000)
    begun = time.perf_counter()
    message = refused(path)
    assert time.perf_counter() - begun < 0.1
    assert "100 MB is more than a scenario file can have (1 MB)" in message


def test_largest_file(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text("title: x\n" + "#" * 99 + "\n")
    assert load_scenario(path).title == "x"
    path.write_text("title: x\n" + ("#" * 99 + "\n") * 10_000)
    assert "1.0 MB is more than a scenario file can have (1 MB)" in refused(path)


def test_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"title: \0\n")
    assert "this is a binary file" in refused(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "cp1252"])
def test_other_encodings_than_utf_8(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes("title: città\n".encode(encoding))
    assert load_scenario(path).title == "città"


def test_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbftitle: x\n")
    assert load_scenario(path).title == "x"


def test_pipe_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    os.mkfifo(path)
    assert "no such file" in refused(path)


# ---------------------------------------------------------------------- the JSON schema


def test_committed_schema_is_current() -> None:
    committed = (ROOT / "docs" / "schema" / "scenario.json").read_text(encoding="utf-8")
    assert committed == json_schema_text()


def test_schema_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simdistrict.scenario.schema"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert json.loads(done.stdout) == json_schema()


def test_schema_is_closed_and_described() -> None:
    schema = json_schema()
    for part in (schema, *schema["$defs"].values()):
        assert part["additionalProperties"] is False
        assert part["description"]
        for name, field in part["properties"].items():
            assert field.get("description"), name
    assert set(schema["properties"]) >= {"title", "model", "base", "policies", "assume", "run"}
    assert schema["$defs"]["PolicyFile"]["properties"]["set"]["minProperties"] == 1


def test_values_cost_no_schema_library() -> None:
    code = (
        "import sys, simdistrict.scenario;"
        "heavy = {'pydantic', 'ruamel', 'numpy', 'xarray', 'pandas'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
