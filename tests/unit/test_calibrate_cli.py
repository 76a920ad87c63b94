"""`simdistrict calibrate` end to end: files, messages, exit codes, the same bytes twice."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]

MODEL = """
region: north, south ~ ~ |
growth rate[region] = 0.1, 0.2 ~ 1/Year ~ A constant. |
level[region] = INTEG(growth rate[region] * level[region], 1) ~ su ~ A stock. |
"""
FREE = ("--free", "growth rate[north]=0.01:1", "--free", "Growth_Rate[South]=0.01:1")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with data that it can follow exactly, its settings, and a scenario."""
    (tmp_path / "m").mkdir()
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "m" / "farm.mdl").write_text(mdl(MODEL, time_step=0.5))
    rows = ["series,element,year,value,source"]
    for region, rate in (("north", 0.15), ("south", 0.25)):
        rows += [
            f'{region},level[{region}],{year},{(1 + rate / 2) ** (2 * year)!r},"A book, page 3"'
            for year in range(1, 10)
        ]
    (tmp_path / "m" / "d.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "m" / "calibration.yaml").write_text(
        "data: d.csv\nuntil: 6\nstarts: 2\nevaluations: 200\n"
        "free:\n  growth rate[north]: [0.01, 1]\n  growth rate[south]: [0.01, 1]\n"
    )
    (tmp_path / "scenarios" / "plain.yaml").write_text("title: Plain\nmodel: ../m/farm.mdl\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_fit_writes_tables_and_changes_that_repeat_it(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "calibrate", "m/farm.mdl", "--data", "m/d.csv", *FREE, "--until", "6")
    assert answer.code == 0
    assert "wrote 8 files into runs/farm-calibration" in answer.out
    assert answer.err == ""
    constants = table("runs/farm-calibration/constants.csv")
    assert [(c["constant"], c["units"]) for c in constants] == [
        ("growth rate[north]", "1/Year"),
        ("growth rate[south]", "1/Year"),
    ]
    assert [float(c["fitted"]) for c in constants] == pytest.approx([0.15, 0.25], rel=1e-6)
    points = table("runs/farm-calibration/points.csv")
    assert [p["period"] for p in points[:9]] == ["fit"] * 6 + ["prediction"] * 3
    assert points[0]["source"] == "A book, page 3"
    again = call(
        capsys, "calibrate", "m/farm.mdl", "--data", "m/d.csv", "--json",
        "--changes", "runs/farm-calibration/fitted.cin",
    )  # fmt: skip
    assert again.code == 0
    assert json.loads(again.out)["payoff"] < 1e-12
    for name in ("m/farm.mdl", "plain"):
        changes = ("--changes", "runs/farm-calibration/fitted.cin")
        assert call(capsys, "run", name, *changes, "-o", "a.nc", "--force").code == 0


@pytest.mark.parametrize("name", ["m/farm.mdl", "plain", "scenarios/plain.yaml"])
def test_the_fitted_scenario_stands_on_what_was_fitted(
    project: Path, capsys: Capsys, name: str
) -> None:
    for folder, option in (("runs/out", ()), ("deep/out", ("--allow-outside",))):
        assert call(capsys, "-q", "calibrate", name, "-o", folder).code == 0
        command = ("calibrate", f"{folder}/fitted.yaml", "--data", "m/d.csv", "--json")
        answer = call(capsys, *command, *option)
        assert answer.code == 0
        assert json.loads(answer.out)["payoff"] < 1e-12


def test_the_settings_beside_the_model_say_what_to_fit(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "calibrate", "m/farm.mdl", "--json", "-o", "out")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert found["after"]["until"] == 6
    assert len(found["starts"]) == 2
    assert [c["fitted"] for c in found["constants"]] == pytest.approx([0.15, 0.25], rel=1e-6)
    one = ("--free", "growth rate[south]=0.01:1", "--starts", 1, "--until", 4)
    found = json.loads(call(capsys, "calibrate", "m/farm.mdl", *one, "--json").out)
    assert [c["name"] for c in found["constants"]] == ["growth rate[south]"]
    assert len(found["starts"]) == 1
    assert found["after"]["until"] == 4


def test_without_free_constants_nothing_is_fitted(project: Path, capsys: Capsys) -> None:
    for options in (("--assess",), ("--data", "m/d.csv")):
        answer = call(capsys, "calibrate", "m/farm.mdl", *options)
        assert answer.code == 0
        assert "## Series" in answer.out
        assert "## Constants" not in answer.out
    assert not Path("runs").exists()
    answer = call(capsys, "calibrate", "m/farm.mdl", "--assess", "-o", "out")
    assert "wrote 4 files into out" in answer.out
    assert sorted(p.name for p in Path("out").iterdir()) == [
        "fit.csv", "fit.md", "groups.csv", "points.csv",
    ]  # fmt: skip


def test_the_same_command_writes_the_same_bytes(project: Path, capsys: Capsys) -> None:
    def content(folder: str, *options: str) -> dict[str, bytes]:
        assert call(capsys, "calibrate", "m/farm.mdl", "-o", folder, *options).code == 0
        return {p.name: p.read_bytes() for p in Path(folder).iterdir()}

    first = content("one")
    assert content("one") == first
    assert content("two", "--workers", "2") == first
    assert not any(str(project).encode() in text for text in first.values())


def test_a_foreign_file_is_kept(project: Path, capsys: Capsys) -> None:
    Path("out").mkdir()
    Path("out/fit.csv").write_text("mine\n")
    answer = call(capsys, "calibrate", "m/farm.mdl", "-o", "out")
    assert answer.code == 3
    assert "not written by simdistrict" in answer.err
    assert Path("out/fit.csv").read_text() == "mine\n"
    assert call(capsys, "calibrate", "m/farm.mdl", "-o", "out", "--force").code == 0


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--free", "growth rate[north]"), 2, "is not NAME=LOW:HIGH"),
        (("--free", "growth rate[north]=1"), 2, "is not NAME=LOW:HIGH"),
        (("--free", "growth rate[north]=1:inf"), 2, "is not NAME=LOW:HIGH"),
        (("--free", "x=0:1", "--free", "x=0:2"), 2, "given twice"),
        (("--free", "growth rat[north]=0:1"), 3, 'did you mean "growth rate"'),
        (("--free", "growth rate[north]=2:1"), 3, "LOW below HIGH"),
        (("--data", "none.csv"), 3, "there is no such file"),
        (("--evaluations", "3"), 3, "give 6 or more"),
    ],
)
def test_what_cannot_be_fitted(
    project: Path, capsys: Capsys, options: tuple[str, ...], code: int, said: str
) -> None:
    answer = call(capsys, "calibrate", "m/farm.mdl", *options)
    assert said in answer.err
    assert answer.code == code


def test_data_that_do_not_fit_the_model_are_named_by_line(project: Path, capsys: Capsys) -> None:
    Path("bad.csv").write_text("series,element,year,value\na,levl[north],1,2\nb,level[north],x,2\n")
    answer = call(capsys, "calibrate", "m/farm.mdl", "--data", "bad.csv")
    assert answer.code == 3
    assert "bad.csv:2 |" in answer.err
    assert 'did you mean "level"' in answer.err
    assert "bad.csv:3 |" in answer.err


def test_a_model_without_settings_needs_data(project: Path, capsys: Capsys) -> None:
    Path("m/calibration.yaml").unlink()
    answer = call(capsys, "calibrate", "m/farm.mdl")
    assert answer.code == 2
    assert "give --data FILE.csv" in answer.err


def test_a_run_that_does_not_complete_is_reported(project: Path, capsys: Capsys) -> None:
    Path("wild.mdl").write_text(mdl("power = 9\nlevel = INTEG(level ^ power, 2)"))
    Path("w.csv").write_text("series,element,year,value\ns,level,0,2\ns,level,8,3\n")
    answer = call(capsys, "calibrate", "wild.mdl", "--data", "w.csv")
    assert answer.code == 4
    assert "did not complete" in answer.out


def test_a_doubtful_fit_is_reported(project: Path, capsys: Capsys) -> None:
    nothing = call(capsys, "calibrate", "m/farm.mdl", "--assess", "--until", "-5")
    assert "no datum lies before -5" in nothing.err
    worse = call(capsys, "calibrate", "m/farm.mdl", "--free", "growth rate[north]=0.6:0.9")
    assert '"growth rate[north]" is 0.1 in the model, outside 0.6 to 0.9' in worse.err
    assert "the fit is worse than the model as it was" in worse.err
    both = call(capsys, "calibrate", "m/farm.mdl", "--assess", "--free", "growth rate[north]=0:1")
    assert both.code == 2
    assert "leave one out" in both.err


def test_every_backend_gives_the_same_fit(project: Path, capsys: Capsys) -> None:
    for backend in ("interpreted", "native"):
        words = ("calibrate", "m/farm.mdl", "--backend", backend, "-o", backend)
        assert call(capsys, *words).code == 0
    first, second = (table(f"{backend}/constants.csv") for backend in ("interpreted", "native"))
    assert [row["fitted"] for row in first] == [row["fitted"] for row in second]
