"""`simdistrict convert`: models with scenarios, changes files, results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.exchange.mdl.reader import read_mdl
from simdistrict.exchange.models import write_model
from simdistrict.exchange.vensim.series import read_series
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.result.netcdf import read_netcdf
from simdistrict.run.simulate import simulate
from simdistrict.scenario import load_scenario
from tests.program import call
from tests.reading import read_model
from tests.small import mdl
from tests.xmile_text import aux, xmile

Capsys = pytest.CaptureFixture[str]

MODEL = """
pressure = 2 {a comment} ~ 1/Year [0,5] ~ A constant with a range. |
region : north, south ~ ~ |
start[region] = 10, 20 ~ su ~ A constant array. |
pull[region] = 1, 3 ~ 1/Year ~ Another. |
level[region] = INTEG(-pressure * level[region] / 10 + pull[region], start[region]) ~ su ~ S. |
total = SUM(level[region!]) ~ su ~ An auxiliary. |
"""
PUSH = """title: A push
model: ../tank.mdl
assume: {"start[south]": 25, "pull": 0.5}
policies:
  push: {start: 4, set: {pressure: 4}}
  pull: {start: 2, ramp: 3, end: 6, set: {"pull[north]": 9}}
  late push: {start: 5, ramp: 2, set: {pressure: 1}}
  short: {start: 8, end: 9, set: {pressure: 7}}
run: {final time: 12, time step: 0.25, save step: 0.5, integrator: rk4}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scenarios").mkdir()
    settings = "\\\\\\---/// Sketch\n*View 1\n///---\\\\\\\n:L\x7f<%^E!@\n15:0,0,0,0,0,0\n"
    text = mdl(MODEL, time_step=0.5, settings=settings)
    (tmp_path / "tank.mdl").write_bytes(text.replace("\n", "\r\n").encode())
    (tmp_path / "scenarios" / "push.yaml").write_text(PUSH)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_model_keeps_its_bytes(project: Path, capsys: Capsys) -> None:
    assert call(capsys, "convert", "tank.mdl", "copy.mdl").code == 0
    before = (project / "tank.mdl").read_bytes()
    assert (project / "copy.mdl").read_bytes() == before
    assert call(capsys, "convert", "tank.mdl", "set.mdl", "--set", "pressure=2.5").code == 0
    assert (project / "set.mdl").read_bytes() == before.replace(b"= 2 {", b"= 2.5 {")


def test_model_with_a_scenario_gives_the_results_of_the_scenario(
    project: Path, capsys: Capsys
) -> None:
    answer = call(capsys, "convert", "tank.mdl", "pushed.mdl", "--scenario", "push")
    assert answer.code == 0, answer
    written = read_mdl(project / "pushed.mdl")
    assert written.integrator == "rk4"
    assert b"\n" not in (project / "pushed.mdl").read_bytes().replace(b"\r\n", b"")
    assert 'policy "push", "late push", "short"' in written["pressure"].documentation
    expected = simulate(read_mdl(project / "tank.mdl"), load_scenario("push"))
    result = simulate(written)
    for name in ("time", "level", "total", "pressure", "pull"):
        assert np.allclose(result[name], expected[name], rtol=1e-13, atol=0), name


def test_model_to_xmile_and_back(project: Path, capsys: Capsys) -> None:
    pushed = ("--scenario", "push")
    assert call(capsys, "convert", "tank.mdl", "tank.xmile").code == 0
    assert call(capsys, "convert", "tank.xmile", "again.mdl").code == 0
    assert call(capsys, "convert", "tank.mdl", "pushed.stmx", *pushed).code == 0
    assert call(capsys, "convert", "tank.xmile", "pushed.mdl", *pushed).code == 0
    own = simulate(read_model("tank.mdl"))
    scenario = simulate(read_model("tank.mdl"), load_scenario("push"))
    for file, expected in (
        ("tank.xmile", own), ("again.mdl", own), ("pushed.stmx", scenario), ("pushed.mdl", scenario)
    ):  # fmt: skip
        run = simulate(read_model(file))
        for name in ("level", "total", "pressure"):
            np.testing.assert_allclose(run[name], expected[name], rtol=1e-12, err_msg=file)
    again = read_model("again.mdl")
    assert again["pressure"].range.high == 5
    assert again["pressure"].units == "1/Year"
    taken = call(capsys, "convert", "tank.mdl", "tank.xmile")
    assert taken.code != 0
    assert "tank.xmile" in taken.err


def test_converting_xmile_reports_flattened_modules(project: Path, capsys: Capsys) -> None:
    inner = '</model><model name="m"><variables><aux name="x"><eqn>3</eqn></aux></variables>'
    words = aux("y", "1", "<doc>either | or ~</doc>")
    text = xmile('<module name="m"/>\n' + words).replace("</model>", inner + "</model>")
    Path("modular.xmile").write_text(text)
    answer = call(capsys, "convert", "modular.xmile", "flat.mdl")
    assert answer.code == 0
    assert "note: modular.xmile:7 | the module m is flattened" in answer.err
    assert 'note: "y": / replaces | and - replaces ~' in answer.err
    assert '"m.x"=' in Path("flat.mdl").read_text()
    assert read_model("flat.mdl")["y"].documentation == "either / or -"


def test_model_read_from_xmile_is_written_as_mdl(project: Path) -> None:
    model = read_xmile_text(xmile(aux("x", "TIME * 2")), "m")
    write_model(model, "m.mdl", layout=False)
    assert simulate(read_model("m.mdl"))["x"].values.tolist() == [0, 2, 4, 6, 8]


def test_changes_to_scenario_and_back(project: Path, capsys: Capsys) -> None:
    (project / "plain.yaml").write_text(
        "title: Plain\nmodel: tank.mdl\nassume: {pressure: 3, 'start[north]': 7.5}\n"
        "run: {final time: 20}\n"
    )
    assert call(capsys, "convert", "plain.yaml", "plain.cin").code == 0
    text = (project / "plain.cin").read_text()
    assert text == ":C Plain\npressure = 3\nstart[north] = 7.5\nFINAL TIME = 20\n"
    (project / "plain.cin").write_text(text.replace("FINAL TIME = 20\n", ""))
    answer = call(capsys, "convert", "plain.cin", "back.yaml", "--model", "tank.mdl")
    assert answer.code == 0, answer
    assert '"start[north]": 7.5' in (project / "back.yaml").read_text()
    answer = call(capsys, "convert", "push", "push.cin")
    assert answer.code == 3
    assert "a .cin file has no dates" in answer.err


def test_results_become_tables_and_data_files(project: Path, capsys: Capsys) -> None:
    (project / "scenarios" / "also.yaml").write_text("title: The same\nbase: push\n")
    assert call(capsys, "run", "also", "push", "-o", "both.nc").code == 0
    assert call(capsys, "run", "push", "-o", "push.nc").code == 0
    answer = call(capsys, "convert", "both.nc", "push.tab")
    assert answer.code == 3
    assert "choose one with --scenario" in answer.err
    for name in ("push.tab", "push.csv", "push.dat"):
        assert call(capsys, "convert", "both.nc", name, "--scenario", "push").code == 0
        assert call(capsys, "compare", "push.nc", name, "--rtol", "0", "--atol", "0").code == 0
    assert read_series("push.dat").records["start[south]"].constant


def test_impossible_conversions_are_refused(project: Path, capsys: Capsys) -> None:
    assert call(capsys, "convert", "a.xlsx", "b.mdl").code == 2
    assert call(capsys, "convert", "tank.mdl", "tank.mdl").code == 3
    assert call(capsys, "convert", "a.cin", "b.yaml").code == 2
    (project / "cut.mdl").write_bytes((project / "tank.mdl").read_bytes()[:300])
    answer = call(capsys, "convert", "cut.mdl", "out.mdl")
    assert answer.code == 3
    assert "cut.mdl" in answer.err
    assert not (project / "out.mdl").exists()


def test_series_in_text_become_a_result_file(project: Path, capsys: Capsys) -> None:
    assert call(capsys, "run", "tank.mdl", "-o", "run.nc").code == 0
    before = read_netcdf("run.nc")
    for suffix in ("tab", "csv", "dat"):
        assert call(capsys, "convert", "run.nc", f"run.{suffix}").code == 0
        args = ("convert", f"run.{suffix}", f"of_{suffix}.nc", "--model", "tank.mdl")
        assert call(capsys, *args).code == 0
        after = read_netcdf(f"of_{suffix}.nc")
        for name, variable in before.variables.items():
            if "vensim_name" in variable.attrs:
                assert after.variables[name].dims == variable.dims, name
                assert after.variables[name].attrs == variable.attrs, name
                assert np.array_equal(after.variables[name].values, variable.values), name
        assert after.coords["region"].values.tolist() == ["north", "south"]
        assert "model_text" not in after.attrs
        assert call(capsys, "rerun", f"of_{suffix}.nc").code == 3
        bare = ("convert", f"run.{suffix}", f"bare_{suffix}.nc")
        assert call(capsys, *bare).code == 0
        assert read_netcdf(bare[2]).variables["level_north"].dims == ("time",)
        answer = call(capsys, "compare", "run.nc", bare[2], "--rtol", "0", "--atol", "0")
        assert "the same:" in answer.out


def test_times_and_names_that_differ_between_elements(project: Path, capsys: Capsys) -> None:
    text = "level[north]\n0\t1\n2\t3\nlevel north\n1\t5\n2\t6\npressure\n0\t7\nOther [x]\n1\t2\n"
    (project / "a.dat").write_text(text)
    assert call(capsys, "convert", "a.dat", "a.nc", "--model", "tank.mdl").code == 0
    found = read_netcdf("a.nc")
    assert found.coords["time"].values.tolist() == [0, 1, 2]
    level = found.variables["level"].values
    assert np.array_equal(level, [[1, np.nan], [np.nan] * 2, [3, np.nan]], equal_nan=True)
    assert np.array_equal(found.variables["level_north"].values, [np.nan, 5, 6], equal_nan=True)
    assert found.variables["pressure"].dims == ()
    assert found.variables["other_x"].attrs["vensim_name"] == "Other [x]"
    answer = call(capsys, "compare", "a.dat", "a.nc")
    assert "the same: 4 elements" in answer.out


def test_colon_in_a_name_is_not_a_run(tmp_path: Path, capsys: Capsys) -> None:
    (tmp_path / "jobs.mdl").write_text(mdl('"jobs: home" = Time\n"jobs: far" = 2 * Time\n'))
    out, table = tmp_path / "jobs.nc", tmp_path / "jobs.tab"
    assert call(capsys, "run", str(tmp_path / "jobs.mdl"), "-o", str(out)).code == 0
    assert call(capsys, "convert", str(out), str(table)).code == 0
    assert table.read_text().split("\n")[0].split("\t")[1:3] == ["jobs: home", "jobs: far"]
    assert {"jobs: home", "jobs: far"} <= set(read_series(table).records)


def test_runs_not_listed_are_counted(tmp_path: Path, capsys: Capsys) -> None:
    (tmp_path / "a.mdl").write_text(mdl("a = Time * b\nb = 2\n"))
    (tmp_path / "p.csv").write_text(
        "element,label,unit,value,low,high,distribution\nb,,,2,1,3,uniform\n"
    )
    command = ["ensemble", str(tmp_path / "a.mdl"), "--prior", str(tmp_path / "p.csv")]
    out = str(tmp_path / "e.nc")
    assert call(capsys, *command, "--members", "7", "--save", "a", "-o", out).code == 0
    said = call(capsys, "convert", out, str(tmp_path / "e.tab"))
    assert said.code == 3
    assert "member 4 and 2 more" in said.err
