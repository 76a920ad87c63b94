"""`simdistrict infer` end to end: files, messages, exit codes, the same bytes after a kill."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.library import PACKAGE
from simdistrict.inference.target import Target
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]

# what is left of a stock that decays, plus something that does not
MODEL = mdl(
    """
    decay rate = 0.2 ~ 1/Year [0,2] ~ A constant. |
    initial level = 8 ~ su ~ A constant. |
    rest = 1 ~ su ~ A constant. |
    level = INTEG(-decay rate * level, initial level) ~ su ~ A stock. |
    seen = level + rest ~ su ~ What is observed. |
    idle = 5 ~ su ~ A constant that nothing uses. |
    """,
    stop=12,
    time_step=0.25,
)
PRIOR = """element,label,value,low,high,distribution
decay rate,,0.3,0.01,1.5,uniform
initial level,,8,1,20,uniform
rest,,1,0,4,uniform
"""
TIMES = range(1, 13)


def data(scale: str = "0.3", **more: str) -> str:
    """Data of the constants 0.25, 10 and 2, with errors of 0.3."""
    errors = np.random.default_rng(4).normal(0, 0.3, len(TIMES))
    heads = ["series", "element", "year", "value", "scale", *more]
    rows = [",".join(heads)]
    for t, error in zip(TIMES, errors, strict=True):
        value = 10 * (1 - 0.25 / 4) ** (4 * t) + 2 + error
        rows.append(",".join(["seen", "seen", str(t), f"{value:.4f}", scale, *more.values()]))
    return "\n".join(rows) + "\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "decay.mdl").write_text(MODEL)
    (tmp_path / "data.csv").write_text(data())
    (tmp_path / "prior.csv").write_text(PRIOR)
    monkeypatch.chdir(tmp_path)
    return tmp_path


WORDS = ("infer", "decay.mdl", "--data", "data.csv", "--prior", "prior.csv", "--ess", "200")


def table(path: str | Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def content(folder: str | Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())}


def test_a_posterior_is_a_folder_that_says_what_was_learned(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, *WORDS)
    assert answer.code == 0, answer.err
    assert answer.err == ""
    assert answer.out.startswith("May it be trusted?\n\nYes, as draws: ")
    assert "into runs/decay-posterior in " in answer.out
    folder = Path("runs/decay-posterior")
    assert set(content(folder)) >= {"posterior.nc", "design.nc", "posterior.csv", "infer.md"}
    assert not Path("runs/decay-posterior.parts").exists()
    rows = {row["constant"]: row for row in table(folder / "posterior.csv")}
    assert list(rows) == ["decay rate", "initial level", "rest"]
    for name, true in (("decay rate", 0.25), ("initial level", 10), ("rest", 2)):
        row = rows[name]
        assert float(row["5%"]) < true < float(row["95%"])
        assert float(row["contraction"]) > 0.5
        assert float(row["ess"]) >= 200
        assert float(row["rhat"]) < 1.02
    page = (folder / "infer.md").read_text(encoding="utf-8")
    assert page.startswith("# Posterior of decay given data.csv\n\n## May it be trusted?\n\nYes")
    with xr.open_datatree(folder / "posterior.nc") as tree:
        draws = tree["posterior"]["decay_rate"]
        assert draws.attrs["units"] == "year-1"
        assert float(draws.mean()) == pytest.approx(float(rows["decay rate"]["mean"]), rel=1e-5)
        assert tree.attrs["converged"] == 1


def test_the_draws_are_the_design_of_an_ensemble(project: Path, capsys: Capsys) -> None:
    assert call(capsys, *WORDS, "-o", "p").code == 0
    words = ("--save", "seen", "--times", "all", "--members", "50")
    for name in ("posterior.nc", "design.nc"):
        answer = call(capsys, "ensemble", "decay.mdl", "--design", f"p/{name}", *words, "-o", name)
        assert answer.code == 0, answer.err
    one, two = (xr.open_dataset(name, decode_times=False) for name in ("posterior.nc", "design.nc"))
    assert np.array_equal(one["seen"].values, two["seen"].values)
    rates = table("p/posterior.csv")[0]
    rate = one["design"].sel(sampled="decay rate")
    assert float(rate.mean()) == pytest.approx(float(rates["mean"]), abs=4 * float(rates["sd"]) / 7)


def test_the_same_command_writes_the_same_bytes_with_any_number_of_workers(
    project: Path, capsys: Capsys
) -> None:
    for workers in ("1", "2"):
        assert call(capsys, *WORDS, "--workers", workers, "-o", workers).code == 0
    assert content("1") == content("2")
    other = call(capsys, *WORDS, "--seed", "2", "-o", "3")
    assert other.code == 0
    assert content("3")["posterior.nc"] != content("1")["posterior.nc"]


# a command that gets a signal when it has stored so many parts
KILLED = """
import os, signal, sys
from simdistrict.cli.program import program
from simdistrict.inference.keeping import Keeper

most, number, store, done = int(sys.argv.pop(1)), int(sys.argv.pop(1)), Keeper.store, []

def stored(*given):
    store(*given)
    done.append(given)
    if len(done) == most:
        os.kill(os.getpid(), number)

Keeper.store = stored
program()
"""


def cut(parts: int, number: int) -> subprocess.CompletedProcess[str]:
    """The command, ended by a signal after so many parts."""
    script = (sys.executable, "-c", KILLED, str(parts), str(int(number)), *WORDS, "-o", "cut")
    env = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    return subprocess.run(script, env=env, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("parts", [3, 41])
def test_a_killed_command_resumes_to_the_same_bytes(
    project: Path, capsys: Capsys, parts: int
) -> None:
    assert call(capsys, *WORDS, "-o", "whole").code == 0
    assert cut(parts, signal.SIGKILL).returncode == -signal.SIGKILL
    assert not list(Path("cut").iterdir())
    assert len(list(Path("cut.parts").glob("*.npz"))) == parts
    answer = call(capsys, *WORDS, "-o", "cut", "--resume")
    assert answer.code == 0, answer.err
    assert content("cut") == content("whole")
    assert not Path("cut.parts").exists()


def test_an_interrupted_command_says_where_its_work_waits(project: Path, capsys: Capsys) -> None:
    stopped = cut(20, signal.SIGINT)
    assert stopped.returncode == 130
    assert "finished steps wait in cut.parts for --resume" in stopped.stderr
    assert call(capsys, *WORDS, "-o", "whole").code == 0
    assert call(capsys, *WORDS, "-o", "cut", "--resume").code == 0
    assert content("cut") == content("whole")


def test_another_question_does_not_resume(project: Path, capsys: Capsys) -> None:
    Path("p.parts").mkdir()
    Path("p.parts/posterior.json").write_text('{"identity": "another"}\n')
    answer = call(capsys, *WORDS, "-o", "p", "--resume")
    assert answer.code == 3
    assert "another posterior was interrupted here" in answer.err


def test_rerun_repeats_a_posterior_to_the_bit(project: Path, capsys: Capsys) -> None:
    assert call(capsys, *WORDS, "-o", "p").code == 0
    for name in ("decay.mdl", "data.csv", "prior.csv"):
        Path(name).unlink()
    for name in ("posterior.nc", "design.nc"):
        answer = call(capsys, "rerun", f"p/{name}")
        assert (answer.code, answer.err) == (0, ""), answer.out + answer.err
        assert "the same numbers to the last bit in" in answer.out
    answer = call(capsys, "rerun", "p/posterior.nc", "--backend", "interpreted")
    assert answer.code == 3
    assert "only those can have another backend" in answer.err


def test_a_posterior_that_has_not_converged_says_so_first(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, *WORDS, "--runs", "6000", "-o", "p")
    assert answer.code == 5
    assert answer.out.startswith("May it be trusted?\n\n**No. Do not use these draws")
    assert answer.err.startswith("warning: decay | the draws are not to be trusted: ")
    page = Path("p/infer.md").read_text(encoding="utf-8").split("\n")
    assert page[4].startswith("**No. Do not use these draws")
    with xr.open_datatree("p/posterior.nc") as tree:
        assert tree.attrs["converged"] == 0
        assert tree.attrs["reasons"] != "none"
    refused = call(capsys, "ensemble", "decay.mdl", "--design", "p/posterior.nc", "-o", "e.nc")
    assert refused.code == 3
    assert "converge" in refused.err


def test_json_holds_the_table_and_is_plain(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, *WORDS, "--json", "-o", "p")
    assert answer.code == 0, answer.err
    document = json.loads(answer.out)
    assert document["converged"] is True
    assert [row["name"] for row in document["constants"]] == [
        "decay rate", "initial level", "rest",
    ]  # fmt: skip
    assert document["files"][0] == str(Path("p/posterior.nc"))
    assert call(capsys, *WORDS, "--json", "-o", "p", "--workers", "2").out == answer.out
    quiet = call(capsys, *WORDS, "-q", "-o", "p")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_draws_go_to_vensim(project: Path, capsys: Capsys) -> None:
    assert call(capsys, *WORDS, "-o", "p", "--export", "draws.tab").code == 0
    lines = Path("draws.tab").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == ["decay rate", "initial level", "rest"]
    answer = call(
        capsys, "ensemble", "decay.mdl", "--design", "draws.tab", "--members", "5", "-o", "e.nc"
    )
    assert answer.code == 0, answer.err


def test_later_data_are_forecast_and_scored(project: Path, capsys: Capsys) -> None:
    assert call(capsys, *WORDS, "--until", "6", "-o", "p").code == 0
    rows = table("p/forecast.csv")
    assert [row["forecast"] for row in rows] == ["model", "no change", "linear trend"]
    assert {row["points"] for row in rows} == {"6"}
    assert float(rows[0]["crps"]) < float(rows[1]["crps"])


def test_a_series_that_is_left_out_is_predicted(project: Path, capsys: Capsys) -> None:
    more = "\n".join(f"stock,level,{t},{10 * 0.9375 ** (4 * t):.3f},?" for t in (2, 5)) + "\n"
    Path("data.csv").write_text(data() + more)
    assert call(capsys, *WORDS, "--leave-out", "stock", "-o", "p").code == 0
    rows = table("p/forecast.csv")
    assert [row["series"] for row in rows if row["forecast"] == "model"] == ["stock"]
    names = [row["constant"] for row in table("p/posterior.csv")]
    assert names == ["decay rate", "initial level", "rest"]
    answer = call(capsys, *WORDS, "--leave-out", "sock")
    assert answer.code == 3
    assert 'there is no series "sock"' in answer.err
    assert 'did you mean "stock"?' in answer.err


def test_only_named_constants_are_inferred(project: Path, capsys: Capsys) -> None:
    words = ("--free", "decay rate", "--free", "rest", "--set", "initial level=10")
    assert call(capsys, *WORDS, *words, "-o", "p").code == 0
    assert [row["constant"] for row in table("p/posterior.csv")] == ["decay rate", "rest"]
    answer = call(capsys, *WORDS, "--free", "decay rat")
    assert answer.code == 3
    assert 'did you mean "decay rate"?' in answer.err


def test_an_estimated_scale_is_part_of_the_posterior(project: Path, capsys: Capsys) -> None:
    Path("data.csv").write_text(data("?"))
    assert call(capsys, *WORDS, "-o", "p").code == 0
    (row,) = [r for r in table("p/posterior.csv") if r["constant"] == "scale of seen"]
    assert row["units"] == "su"
    assert float(row["5%"]) < 0.3 < float(row["95%"])


# ---------------------------------------------------------------------- warnings and errors


def test_fewer_data_than_constants_is_a_warning(project: Path, capsys: Capsys) -> None:
    Path("data.csv").write_text("\n".join(data().splitlines()[:3]) + "\n")
    answer = call(capsys, *WORDS, "-o", "p")
    assert answer.code in (0, 5), answer.err
    assert "warning: decay | 2 data for 3 unknowns: what the data do not say" in answer.err


def test_data_that_say_nothing_are_a_warning(project: Path, capsys: Capsys) -> None:
    Path("prior.csv").write_text(PRIOR.splitlines()[0] + "\nidle,,5,1,9,uniform\n")
    answer = call(capsys, *WORDS, "-o", "p")
    assert answer.code == 0, answer.err
    assert "the data say nothing of any of 1 constant: the posterior is the prior" in answer.err
    assert "The data say nothing of idle." in answer.out


def test_a_flat_direction_is_named(project: Path, capsys: Capsys) -> None:
    Path("decay.mdl").write_text(
        MODEL.replace("level + rest", "level + rest + other").replace(
            "idle =", "other = 1 ~ su ~ A constant. |\n\nidle =", 1
        )
    )
    Path("prior.csv").write_text(PRIOR + "other,,1,0,4,uniform\n")
    assert call(capsys, *WORDS, "-o", "p").code == 0
    pairs = [{row["one"], row["two"]} for row in table("p/ridges.csv")]
    assert {"rest", "other"} in pairs
    assert "Only together: " in Path("p/infer.md").read_text(encoding="utf-8")


def test_draws_that_all_fail_are_an_error_with_causes(project: Path, capsys: Capsys) -> None:
    Path("decay.mdl").write_text(MODEL.replace("-decay rate * level,", "1 / (rest - rest),"))
    answer = call(capsys, *WORDS, "-o", "p")
    assert answer.code == 3
    assert "1000 of 1000 draws have no likelihood: 1000 runs fail" in answer.err
    assert 'a run fails: the stock "level" became inf after time 0' in answer.err
    assert not Path("p").exists()
    assert not Path("p.parts").exists()


@pytest.mark.parametrize("stage", ["evaluate", "log_likelihood"])
def test_a_call_that_fails_leaves_nothing(
    project: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    before = sorted(project.rglob("*"))

    def fails(*_: object) -> None:
        raise ScenarioError(Problem("model", "it fails"))

    monkeypatch.setattr(Target, stage, fails)
    for words in ((), ("-o", "new/deep/p"), ("--export", "new/sample.tab"), ("--sbc", "20")):
        answer = call(capsys, *WORDS, *words)
        assert (answer.code, "it fails" in answer.err) == (3, True), answer.err
        assert sorted(project.rglob("*")) == before


def test_data_that_the_prior_excludes_are_an_error(project: Path, capsys: Capsys) -> None:
    Path("data.csv").write_text("series,element,year,value\na,seen,5,500..600\n")
    answer = call(capsys, *WORDS, "-o", "p")
    assert answer.code == 3
    assert "0 runs fail, and 1000 exclude the data" in answer.err
    assert 'a run excludes the data of "a"' in answer.err


def test_a_prior_outside_the_range_of_the_model_is_a_warning(
    project: Path, capsys: Capsys, caplog: pytest.LogCaptureFixture
) -> None:
    Path("prior.csv").write_text(PRIOR.replace("0.01,1.5", "-0.5,1.5"))
    answer = call(capsys, *WORDS, "-o", "p")
    assert answer.code == 0, answer.err
    assert "the prior of decay rate from -0.5 to 1.5 leaves the range [0, 2]" in caplog.text


def test_data_of_another_time_are_an_error(project: Path, capsys: Capsys) -> None:
    for year in ("2019", "3.1"):
        Path("data.csv").write_text(f"series,element,year,value,scale\na,seen,{year},2,1\n")
        answer = call(capsys, *WORDS, "-o", "p")
        assert answer.code == 3
        assert "data.csv:2" in answer.err


def test_a_constant_that_a_policy_moves_is_an_error(project: Path, capsys: Capsys) -> None:
    Path("moved.yaml").write_text(
        "title: Moved\nmodel: decay.mdl\npolicies:\n"
        "  cut:\n    why: A test.\n    start: 3\n    set:\n      decay rate: 0.1\n"
    )
    answer = call(capsys, "infer", "moved.yaml", *WORDS[2:], "-o", "p")
    assert answer.code == 3
    assert 'it is changed by the policy "cut"' in answer.err


def test_a_scale_that_is_not_stated_is_an_error(project: Path, capsys: Capsys) -> None:
    Path("data.csv").write_text("series,element,year,value\na,seen,5,3\n")
    answer = call(capsys, *WORDS, "-o", "p")
    assert answer.code == 3
    assert 'data.csv:2 | "a" states no scale for 5' in answer.err


def test_no_data_and_no_settings_are_a_wrong_usage(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "infer", "decay.mdl", "--prior", "prior.csv")
    assert answer.code == 2
    assert "give --data FILE.csv" in answer.err


def test_nothing_is_drawn_where_the_folder_is_taken(project: Path, capsys: Capsys) -> None:
    Path("p").mkdir()
    Path("p/infer.md").write_text("my notes\n")
    answer = call(capsys, *WORDS, "-o", "p")
    assert answer.code == 3
    assert "was not written by simdistrict" in answer.err
    assert not Path("p.parts").exists()
    assert call(capsys, *WORDS, "-o", "p", "--force").code == 0


def test_both_workers_and_a_scheduler_are_a_wrong_usage(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, *WORDS, "--workers", "2", "--scheduler", "tcp://x:1")
    assert answer.code == 2


# ---------------------------------------------------------------------- settings and statements


def test_what_the_model_states_holds_unless_the_call_says_otherwise(
    project: Path, capsys: Capsys
) -> None:
    Path("data").mkdir()
    Path("prior.csv").rename("data/parameters.csv")
    Path("calibration.yaml").write_text(
        "data: data.csv\ninfer:\n  free: [decay rate, rest]\n  ess: 150\n  seed: 5\n  until: 9\n"
    )
    answer = call(capsys, "infer", "decay.mdl", "-o", "own")
    assert answer.code == 0, answer.err
    assert [row["constant"] for row in table("own/posterior.csv")] == ["decay rate", "rest"]
    assert {row["points"] for row in table("own/fit.csv")} == {"9"}
    with xr.open_datatree("own/posterior.nc") as tree:
        asked = json.loads(tree.attrs["infer_request"])
    assert (asked["ess"], asked["seed"], asked["until"]) == (150, 5, 9)
    answer = call(capsys, "infer", "decay.mdl", "--free", "rest", "--until", "12", "-o", "other")
    assert answer.code == 0, answer.err
    assert [row["constant"] for row in table("other/posterior.csv")] == ["rest"]
    assert {row["points"] for row in table("other/fit.csv")} == {"12"}
    # other data have other settings
    Path("mine.csv").write_text(data())
    assert call(capsys, "infer", "decay.mdl", "--data", "mine.csv", "-o", "mine").code == 0
    assert len(table("mine/posterior.csv")) == 3


# ---------------------------------------------------------------------- gradients


def test_a_posterior_by_gradients(project: Path, capsys: Capsys) -> None:
    pytest.importorskip("mici", reason="mici is not installed: pip install simdistrict[nuts]")
    words = ("--method", "nuts", "--ess", "50", "-o", "p")
    answer = call(capsys, *WORDS, *words)
    assert answer.code == 0, answer.err
    page = Path("p/infer.md").read_text(encoding="utf-8")
    assert "- Sampler: tempered SMC, then NUTS (mici " in page
    for row, true in zip(table("p/posterior.csv"), (0.25, 10, 2), strict=True):
        assert float(row["5%"]) < true < float(row["95%"])
        assert float(row["ess"]) >= 50
    answer = call(capsys, "rerun", "p/posterior.nc")
    assert answer.code == 0, answer.err


def test_gradients_that_do_not_exist_are_named(project: Path, capsys: Capsys) -> None:
    pytest.importorskip("mici", reason="mici is not installed: pip install simdistrict[nuts]")
    Path("data.csv").write_text("series,element,year,value,scale\ntop,seen,3,1..20,\n")
    answer = call(capsys, *WORDS, "--method", "nuts", "-o", "p")
    assert answer.code == 3
    assert '"top" | its likelihood jumps at the ends of a range without a scale' in answer.err
    assert "use --method demc" in answer.err
    assert not Path("p.parts").exists()


def test_without_the_library_gradients_are_refused(
    project: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simdistrict.inference.hamiltonian.find_spec", lambda name: None)
    answer = call(capsys, *WORDS, "--method", "nuts", "-o", "p")
    assert answer.code != 0
    assert "needs the library mici, which is not installed" in answer.err
    assert "pip install 'simdistrict[nuts]', or use --method demc" in answer.err


# ---------------------------------------------------------------------- waves and calibration


def test_waves_say_what_is_left_and_a_posterior_follows(project: Path, capsys: Capsys) -> None:
    assert call(capsys, *WORDS, "--waves", "2", "-o", "p").code == 0
    rows = table("p/waves.csv")
    assert [row["wave"] for row in rows] == ["1", "2"]
    assert 0 < float(rows[1]["share_left"]) < 0.1
    means = {row["constant"]: float(row["mean"]) for row in table("p/posterior.csv")}
    assert means["decay rate"] == pytest.approx(0.26, abs=0.02)
    answer = call(capsys, "rerun", "p/posterior.nc")
    assert "the same numbers to the last bit" in answer.out


def test_waves_that_leave_nothing_are_a_warning(project: Path, capsys: Capsys) -> None:
    # no constants of this model give a level that grows
    rows = "".join(f"seen,seen,{t},{t},0.1\n" for t in (2, 6, 12))
    Path("data.csv").write_text("series,element,year,value,scale\n" + rows)
    answer = call(capsys, *WORDS, "--waves", "2", "-o", "p")
    assert "history matching finds no part of the prior that agrees with all data" in answer.err
    assert "look at the structure of the model" in Path("p/infer.md").read_text(encoding="utf-8")


@pytest.mark.slow  # twenty posteriors
def test_calibration_of_the_sampler_is_uniform_and_resumes(project: Path, capsys: Capsys) -> None:
    words = ("infer", "decay.mdl", "--data", "data.csv", "--prior", "prior.csv", "--sbc", "20")
    answer = call(capsys, *words, "-o", "s")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("20 posteriors of simulated data, 63 draws of each.\n")
    rows = table("s/sbc.csv")
    assert [row["quantity"] for row in rows] == [
        "decay rate", "initial level", "rest", "log likelihood",
    ]  # fmt: skip
    assert not Path("s.parts").exists()
    answer = call(capsys, *words, "--json", "--workers", "2", "-o", "t")
    assert answer.code == 0
    assert json.loads(answer.out)["calibrated"] is True
    assert content("s") == content("t")


def test_a_calibration_refuses_what_it_has_not(project: Path, capsys: Capsys) -> None:
    others = (("--export", "x.tab"), ("--waves", "2"), ("--scheduler", "tcp://x:1"))
    for words in (*others, ("--method", "nuts")):
        answer = call(capsys, *WORDS, "--sbc", "20", *words)
        assert answer.code == 2
        assert f"leave {words[0]} out" in answer.err
    answer = call(capsys, *WORDS, "--sbc", "20", "--likelihood", "payoff")
    assert answer.code == 3
    assert "no density of the data" in answer.err


def test_data_of_another_unit_are_an_error(project: Path, capsys: Capsys) -> None:
    Path("data.csv").write_text("series,element,year,value,scale,unit\na,seen,5,3,1,Year\n")
    answer = call(capsys, *WORDS, "-o", "p")
    assert answer.code == 3
    assert 'data.csv:2 | unit: the values are in "Year", and "seen" is in "su"' in answer.err
