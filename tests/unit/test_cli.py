"""The command line end to end: files, exit codes, messages, the same bytes twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]

MODEL = """
pressure = 2 ~ 1/Year [0,5] ~ A constant with a range. |
region : north, south ~ ~ |
start[region] = 10, 20 ~ su ~ A constant array. |
level[region] = INTEG(-pressure * level[region] / 10, start[region]) ~ su ~ A stock. |
total = SUM(level[region!]) ~ su ~ An auxiliary. |
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model and a chain of two scenarios, as the current directory."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "tank.mdl").write_text(mdl(MODEL, time_step=0.5))
    (tmp_path / "scenarios" / "plain.yaml").write_text("title: Plain\nmodel: ../tank.mdl\n")
    (tmp_path / "scenarios" / "push.yaml").write_text(
        "title: A push\nbase: plain\npolicies:\n  push: {start: 4, set: {pressure: 4}}\n"
        "report: [total]\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_run_writes_a_labelled_file_and_says_where(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "run", "push")
    assert answer.code == 0
    assert "wrote runs/push.nc" in answer.out
    assert "push from 4" in answer.out
    assert "total: 30 ->" in answer.out
    with xr.open_dataset("runs/push.nc") as data:
        assert data.level.dims == ("time", "region")
        assert data.level.sel(region="south")[0] == 20
        assert data.pressure.sel(time=[3, 4]).values.tolist() == [2, 4]
        assert data.attrs["integrator"] == "euler"


def test_several_scenarios_stand_along_one_dimension(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "run", "plain", "push", "-o", "both.nc")
    assert answer.code == 0
    with xr.open_dataset("both.nc") as data:
        assert data.scenario.values.tolist() == ["plain", "push"]
        plain, push = data.total.sel(scenario="plain"), data.total.sel(scenario="push")
        assert np.array_equal(plain[:5], push[:5])
        assert (plain[6:] > push[6:]).all()


def test_a_model_runs_as_it_is(project: Path, capsys: Capsys) -> None:
    assert call(capsys, "run", "tank.mdl", "-o", "a.nc").code == 0
    assert call(capsys, "run", "plain", "-o", "b.nc").code == 0
    with xr.open_dataset("a.nc") as a, xr.open_dataset("b.nc") as b:
        assert a.total.equals(b.total)


def test_the_same_command_writes_the_same_bytes(project: Path, capsys: Capsys) -> None:
    for _ in range(2):
        assert call(capsys, "run", "push", "-o", "one.nc").code == 0
    first = Path("one.nc").read_bytes()
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    subprocess.run(
        [sys.executable, "-m", "simdistrict", "-q", "run", "push", "-o", "two.nc"],
        check=True,
        env=environment,
    )
    assert Path("two.nc").read_bytes() == first


@pytest.mark.parametrize("integrator", ["euler", "rk4", "adaptive"])
def test_rerun_repeats_to_the_last_bit_from_the_file_alone(
    project: Path, capsys: Capsys, integrator: str
) -> None:
    options = ["--integrator", integrator, "--set", "start[north]=11", "--time-step", "0.25"]
    assert call(capsys, "run", "plain", "push", *options, "-o", "kept.nc").code == 0
    for file in ("tank.mdl", "scenarios/plain.yaml", "scenarios/push.yaml"):
        Path(file).unlink()
    answer = call(capsys, "rerun", "kept.nc")
    assert answer.code == 0
    assert "same numbers to the last bit" in answer.out


def test_rerun_finds_a_number_that_was_changed(project: Path, capsys: Capsys) -> None:
    call(capsys, "run", "push", "-o", "kept.nc")
    with xr.open_dataset("kept.nc") as data:
        changed = data.load()
    changed.total[5] *= 1 + 1e-15
    changed.to_netcdf("edited.nc")
    answer = call(capsys, "rerun", "edited.nc", "--json")
    assert answer.code == 5
    assert json.loads(answer.out)["differing"] == ["total"]


def test_rerun_refuses_a_file_that_is_not_ours(project: Path, capsys: Capsys) -> None:
    xr.Dataset({"x": ("time", [1.0])}).to_netcdf("foreign.nc")
    answer = call(capsys, "rerun", "foreign.nc")
    assert answer.code == 3
    assert "does not record model_text" in answer.err


def test_rerun_runs_pysd_only_on_request(project: Path, capsys: Capsys) -> None:
    """The record of a file from elsewhere must not choose a backend that executes its texts."""
    from netCDF4 import Dataset

    model = Path("tank.mdl")
    mark = '\\"""\\open("executed","w").close()\\"""\\'
    text = model.read_text()
    model.write_text(text.replace("A constant with a range.", mark))
    assert mark in model.read_text()
    assert call(capsys, "run", "push", "-o", "kept.nc").code == 0
    with Dataset("kept.nc", "a") as data:
        data.backend = "pysd"
    answer = call(capsys, "rerun", "kept.nc")
    assert answer.code == 3
    assert "PySD makes Python code of a model's texts" in answer.err
    assert call(capsys, "rerun", "kept.nc", "--backend", "interpreted").code == 0
    assert not Path("executed").exists()


def test_rerun_refuses_a_backend_where_members_have_their_own(
    project: Path, capsys: Capsys
) -> None:
    assert call(capsys, "run", "push", "-o", "kept.nc").code == 0
    with xr.open_dataset("kept.nc") as data:
        data.load().assign_attrs(members=3).to_netcdf("members.nc")
    answer = call(capsys, "rerun", "members.nc", "--backend", "native")
    assert answer.code == 3
    assert "holds no single runs" in answer.err


def test_save_keeps_the_requested_elements(project: Path, capsys: Capsys) -> None:
    expected = {
        "stocks": {"level"},
        "indicators": {"total"},
        "total, pressure": {"total", "pressure"},
    }
    for save, names in expected.items():
        assert call(capsys, "run", "push", "--save", save, "-o", "some.nc").code == 0
        with xr.open_dataset("some.nc") as data:
            assert set(data.data_vars) - {v for v in data.data_vars if "outcome" in v} == names
    answer = call(capsys, "run", "push", "--save", "totl", "-o", "some.nc")
    assert (answer.code, 'did you mean "total"' in answer.err) == (3, True)


def test_changes_files_set_constants_and_lookups_and_are_recorded(
    project: Path, capsys: Capsys
) -> None:
    Path("curve.mdl").write_text(
        mdl("curve((0,0),(10,10))\nr : a, b\nrate[r] = 1, 2\nx[r] = curve(Time) * rate[r]")
    )
    Path("one.cin").write_text("rate[a] = 3\ncurve((0,0),(10,20))\n")
    Path("two.cin").write_text("RATE[r] = 5, 6 :C later wins\n")
    changes = ["--changes", "one.cin", "--changes", "two.cin"]
    answer = call(capsys, "run", "curve.mdl", *changes, "--set", "rate[b]=7", "-o", "c.nc")
    assert answer.code == 0, answer.err
    with xr.open_dataset("c.nc") as data:
        assert data.rate.values.tolist() == [5, 7]
        assert data.x.sel(time=10).values.tolist() == [100, 140]
    for file in ("one.cin", "two.cin", "curve.mdl"):
        Path(file).unlink()
    assert call(capsys, "rerun", "c.nc").code == 0


def test_changes_files_that_do_not_fit_name_file_and_line(project: Path, capsys: Capsys) -> None:
    Path("bad.cin").write_text("pressure = 1\npresure = 2\nlevel = 3\nstart[west] = 1\n")
    answer = call(capsys, "run", "plain", "--changes", "bad.cin")
    assert answer.code == 3
    assert "bad.cin:2" in answer.err
    assert 'did you mean "pressure"' in answer.err
    assert "bad.cin:3" in answer.err
    assert "bad.cin:4" in answer.err
    Path("push.cin").write_text("pressure = 1\n")
    answer = call(capsys, "run", "push", "--changes", "push.cin")
    assert answer.code == 3
    assert 'changed by the policy "push"' in answer.err


# ---------------------------------------------------------------------- errors


def test_a_misspelt_constant_names_the_nearest(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "run", "push", "--set", "presure=3")
    assert answer.code == 3
    assert 'did you mean "pressure"?' in answer.err
    assert not Path("runs").exists()


def test_a_plain_set_never_hides_behind_a_policy(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "run", "push", "--set", "pressure=3")
    assert answer.code == 3
    assert "push: pressure=" in answer.err
    answer = call(capsys, "run", "push", "--set", "push: pressure=3", "-o", "three.nc")
    assert answer.code == 0
    with xr.open_dataset("three.nc") as data:
        assert data.pressure.values[-1] == 3


def test_a_value_outside_its_range_warns_and_strict_refuses(project: Path, capsys: Capsys) -> None:
    args = ("run", "plain", "--set", "pressure=6", "-o", "x.nc")
    assert call(capsys, *args).code == 0
    answer = call(capsys, *args, "--strict")
    assert answer.code == 3
    assert "[0, 5]" in answer.err


def test_a_save_step_that_is_no_whole_number_of_steps(
    project: Path, capsys: Capsys, caplog: pytest.LogCaptureFixture
) -> None:
    args = ("run", "plain", "--save-step", "0.75", "-o", "x.nc")
    assert call(capsys, *args).code == 0
    assert "SAVEPER 0.75 is not a whole number of time steps of 0.5" in caplog.text
    with xr.open_dataset("x.nc") as data:
        assert data.time.values[:5].tolist() == [0, 1, 1.5, 2.5, 3]
    strict = call(capsys, *args, "--strict", "--force")
    assert strict.code == 3
    assert "SAVEPER 0.75" in strict.err


def test_a_run_that_diverges_ends_with_4_and_keeps_what_was_computed(
    project: Path, capsys: Capsys
) -> None:
    Path("blow.mdl").write_text(mdl("level = INTEG(level * level * level, 3)"))
    answer = call(capsys, "run", "blow.mdl", "-o", "blow.nc")
    assert answer.code == 4
    assert 'the stock "level" became' in answer.err
    with xr.open_dataset("blow.nc") as data:
        assert data.outcome.attrs["flag_meanings"].split()[int(data.outcome)] == "diverged"
        assert data.level[0] == 3
        assert np.isnan(data.level[-1])
        last = float(data.time[np.isfinite(data.level.values)][-1])
    assert 0 < last < 10
    assert f"at {last:g}, where it ends" in answer.out
    told = json.loads(call(capsys, "run", "blow.mdl", "-o", "blow.nc", "--json").out)
    assert told["runs"][0]["indicators"][0]["last_time"] == last
    assert "where it ends" not in call(capsys, "run", "plain", "-o", "plain.nc").out


@pytest.mark.parametrize("name", ["x.csv", "x", "runs/x.zarr"])
def test_a_result_of_another_kind_is_refused(project: Path, capsys: Capsys, name: str) -> None:
    answer = call(capsys, "run", "plain", "-o", name)
    assert answer.code == 2
    assert "only .nc can be written" in answer.err
    assert not Path(name).exists()


def test_a_number_that_is_not_finite_is_refused_where_it_stands(
    project: Path, capsys: Capsys
) -> None:
    Path("big.mdl").write_text(mdl("good = 1\nbad = 1e400\nlevel = INTEG(bad, 3)"))
    answer = call(capsys, "run", "big.mdl", "-o", "big.nc")
    assert answer.code == 3
    assert "big.mdl:4 |" in answer.err
    assert "1e400 is not a finite number" in answer.err
    assert not Path("big.nc").exists()


def test_places_that_cannot_be_written(project: Path, capsys: Capsys) -> None:
    Path("file").write_text("no folder")
    answer = call(capsys, "run", "plain", "-o", "file/x.nc")
    assert answer.code == 3
    assert answer.err.startswith("error: file")
    Path("mine.nc").write_text("my own notes")
    answer = call(capsys, "run", "plain", "-o", "mine.nc")
    assert answer.code == 3
    assert "--force" in answer.err
    assert Path("mine.nc").read_text() == "my own notes"
    assert call(capsys, "run", "plain", "-o", "mine.nc", "--force").code == 0


def test_a_scenario_or_model_that_does_not_exist(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "run", "pusch")
    assert answer.code == 3
    assert "push" in answer.err
    assert call(capsys, "run", "nowhere.mdl").code == 3


def test_pysd_integrates_with_euler_only(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "run", "plain", "--backend", "pysd", "--integrator", "rk4")
    assert answer.code == 3
    assert "--integrator euler" in answer.err


def test_usage_errors_exit_with_2(project: Path, capsys: Capsys) -> None:
    assert call(capsys, "run").code == 2
    assert call(capsys, "run", "plain", "--integrator", "leapfrog").code == 2
    assert call(capsys, "nonsense").code == 2


def test_a_seed_is_a_whole_number_from_zero(project: Path, capsys: Capsys) -> None:
    arguments = ("ensemble", "plain", "--members", 4, "--method", "sobol", "--seed")
    answer = call(capsys, *arguments, "-1")
    assert answer.code == 2
    assert "Invalid value for '--seed'" in answer.err


def test_debug_shows_the_traceback(project: Path, capsys: Capsys) -> None:
    environment = {**os.environ}
    command = [sys.executable, "-m", "simdistrict", "--debug", "run", "pusch"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" in done.stderr


# ---------------------------------------------------------------------- reading models


def test_show_model(project: Path, capsys: Capsys) -> None:
    assert "stock     level[region]  (su)" in call(capsys, "show", "model", "tank.mdl").out
    constants = call(capsys, "show", "model", "tank.mdl", "--constants").out
    assert "pressure = 2  (1/Year) in [0, 5]" in constants
    equations = call(capsys, "show", "model", "tank.mdl", "--equations").out
    assert "total = SUM(level[region!])" in equations
    causes = call(capsys, "show", "model", "tank.mdl", "--causes", "total").out.splitlines()
    assert causes[1].startswith("  level")
    uses = call(capsys, "show", "model", "tank.mdl", "--uses", "pressure").out
    assert "level" in uses
    loops = call(capsys, "show", "model", "tank.mdl", "--loops").out
    assert "level -> level" in loops
    document = json.loads(call(capsys, "show", "model", "tank.mdl", "--json").out)
    assert document["elements"][0]["name"] == "pressure"
    assert call(capsys, "show", "model", "tank.mdl", "--causes", "totl").code == 3


def test_show_an_element(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "show", "model", "tank.mdl", "LEVEL[north]", "pressure")
    assert answer.out.splitlines() == [
        "level[region]  (stock, su)",
        "  level[region] = INTEG((-pressure) * level[region] / 10, start[region])",
        "  A stock.",
        "  causes: pressure, level, start",
        "  uses: level, total",
        "",
        "pressure  (constant, 1/Year in [0, 5])",
        "  pressure = 2",
        "  A constant with a range.",
        "  uses: level",
    ]
    document = json.loads(call(capsys, "show", "model", "tank.mdl", "total", "--json").out)
    (total,) = document["elements"]
    assert (total["causes"], total["equations"]) == (["level"], ["total = SUM(level[region!])"])
    answer = call(capsys, "show", "model", "tank.mdl", "totl", "presure")
    assert answer.code == 3
    assert 'did you mean "total"' in answer.err
    assert 'did you mean "pressure"' in answer.err


def test_show_a_constant_whose_name_holds_an_equals_sign(project: Path, capsys: Capsys) -> None:
    Path("odd.mdl").write_text(mdl('"a = b" = 3 ~ 1 ~ Odd. |\nlevel = INTEG("a = b", 3)'))
    lines = call(capsys, "show", "model", "odd.mdl", "--constants").out.splitlines()
    assert "a = b = 3" in [line.partition("  (")[0] for line in lines]


def test_scenarios_on_different_time_grids_are_refused(project: Path, capsys: Capsys) -> None:
    Path("scenarios", "late.yaml").write_text("title: Late\nbase: plain\nrun: {save step: 2}\n")
    answer = call(capsys, "run", "plain", "late")
    assert answer.code == 3
    assert "by 0.5, saved every 2) differs from that of plain (" in answer.err
    assert "by 0.5, saved every 1)" in answer.err


def test_check_prints_one_line_per_finding_and_exits_with_5(project: Path, capsys: Capsys) -> None:
    Path("bad.mdl").write_text(mdl("a = 3 ~ su ~ A. |\nb = a ~ EUR ~ B. |"))
    answer = call(capsys, "check", "bad.mdl")
    assert answer.code == 5
    assert '"b": the two sides of the equation differ: EUR against su' in answer.out
    assert "bad.mdl:4" in answer.out
    assert call(capsys, "check", "bad.mdl", "--only", "structure").code == 0
    assert call(capsys, "check", "tank.mdl").code == 0
    assert json.loads(call(capsys, "check", "bad.mdl", "--json").out)["errors"] == 1


def test_check_names_the_file_as_it_was_named_and_a_fault_once(
    project: Path, capsys: Capsys
) -> None:
    (project / "deep").mkdir()
    text = mdl("a = 1 ~ m ~ A. |\nb = (a + 7) * (a + 7) ~ m*m ~ B. |\nc = b ~ m*m ~ C. |")
    (project / "deep" / "small.mdl").write_text(text)
    answer = call(capsys, "check", "deep/small.mdl", "--only", "magic-numbers")
    line = text[: text.index("b =")].count("\n") + 1
    first, last = answer.out.splitlines()
    assert first.startswith(f'warning: deep/small.mdl:{line} | "b": holds the number 7')
    assert last.startswith("deep/small.mdl: 0 errors, 1 warning ")


def test_check_runs_the_model_and_reads_the_checks_file_beside_it(
    project: Path, capsys: Capsys
) -> None:
    answer = call(capsys, "check", "tank.mdl")
    assert answer.code == 0
    assert "run, mass, lookup-range, unit-of-account, halving)" in answer.out
    Path("tank.checks.yaml").write_text("bounds:\n  total: {high: 20}\n")
    answer = call(capsys, "check", "tank.mdl")
    assert answer.code == 5
    assert 'error: tank.mdl:10 | "total": leaves its bounds [?, 20] in 0: 30' in answer.out
    document = json.loads(call(capsys, "check", "tank.mdl", "--only", "bounds", "--json").out)
    assert document["checks"] == ["bounds"]
    assert [f["check"] for f in document["findings"]] == ["bounds"]
    assert call(capsys, "check", "tank.mdl", "--only", "units").code == 0
    Path("tank.checks.yaml").write_text("bounds:\n  totl: {high: 20}\n")
    answer = call(capsys, "check", "tank.mdl")
    assert answer.code == 3
    assert 'tank.checks.yaml:2 | there is no element called "totl"' in answer.err


def test_check_runs_corners_on_request(project: Path, capsys: Capsys) -> None:
    Path("wild.mdl").write_text(mdl(MODEL.replace("[0,5]", "[0,50]"), time_step=0.5))
    assert "corners" not in call(capsys, "check", "wild.mdl").out
    answer = call(capsys, "check", "wild.mdl", "--corners", "3", "--strict", "corners")
    assert answer.code == 5
    assert '--set "pressure=' in answer.out
    assert "corners)" in answer.out
    only = call(capsys, "check", "wild.mdl", "--only", "corners", "--seed", "7")
    assert "of seed 7" in only.out
    assert call(capsys, "check", "wild.mdl", "--corners", "-1").code == 2


def test_check_names_the_nearest_check_and_what_is_not_stated(
    project: Path, capsys: Capsys
) -> None:
    answer = call(capsys, "check", "tank.mdl", "--only", "corner")
    assert answer.code == 3
    assert 'did you mean "corners"' in answer.err
    answer = call(capsys, "check", "tank.mdl", "--strict", "conservation")
    assert answer.code == 5
    assert "nothing is stated about it (no checks file has" in answer.out


def test_check_of_a_model_that_cannot_be_put_in_order_runs_nothing(
    project: Path, capsys: Capsys
) -> None:
    Path("knot.mdl").write_text(mdl("a = b\nb = a"))
    answer = call(capsys, "check", "knot.mdl")
    assert answer.code == 5
    assert "[structure]" in answer.out
    assert "halving" not in answer.out
    assert call(capsys, "check", "knot.mdl", "--only", "halving").code == 3


@pytest.mark.parametrize("name", ["core", pytest.param("district", marks=pytest.mark.slow)])
def test_shipped_models_pass_every_check_strictly(name: str, capsys: Capsys) -> None:
    strict = [
        part
        for c in ("missing-units", "documentation", "unused", "range", "magic-numbers")
        for part in ("--strict", c)
    ]
    answer = call(capsys, "check", name, *strict)
    assert answer.code == 0, answer.out


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_title_that_the_terminal_has_no_letters_for_is_no_failure(
    tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "a.mdl").write_text(mdl("a = Time\n"))
    (tmp_path / "gr.yaml").write_text("title: Αθήνα\nmodel: a.mdl\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "simdistrict", "run", "gr.yaml", "-o", "gr.nc"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    # the program's help library writes UTF-8 to a terminal that claims to know ASCII only
    assert ("\\u0391" if encoding == "cp1252" else "Α").encode() in done.stdout
