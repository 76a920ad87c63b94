"""Ensembles: paired draws, members as their own runs have them, interruptions, the file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from simdistrict.base.errors import EngineError, ExchangeError, ScenarioError
from simdistrict.base.library import find_model
from simdistrict.engine.outcome import Outcome
from simdistrict.ensemble.design import PLAIN
from simdistrict.ensemble.file import write_ensemble
from simdistrict.ensemble.members import Ensemble, ensemble_of
from simdistrict.ensemble.parts import Parts
from simdistrict.ensemble.prior import read_prior
from simdistrict.run.plan import plans_for
from simdistrict.run.simulate import simulate
from simdistrict.scenario import load_scenario
from tests.program import call
from tests.reading import read_model
from tests.small import mdl

EQUATIONS = """
    place: north, south ~ ~ |
    stock[place] = INTEG(stock[place] * rate * tax, level[place])
    rate = 0.1
    tax = 1
    level[place] = 1, 2
    path((0,1),(10,2))
    double = 2 * SUM(stock[place!]) * path(Time)
"""
PRIOR = """element,label,unit,value,low,high,distribution
rate,,1/Year,0.1,-0.1,0.3,triangular
tax,,1,1,0.5,1.5,uniform
level,south,1,2,1,3,lognormal
path,10,1,2,1,3,normal
"""
TAXED = """
title: A tax
model: small.mdl
assume: {rate: 0.2}
policies:
  taxed: {start: 3, set: {tax: -1}}
report: [double, stock]
"""
FREE = """
title: No tax
model: small.mdl
report: [double]
"""

# of 4 sampled numbers
BLOCKED = [("saltelli", 17 * 6), ("morris", 20 * 5)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, two scenarios and a prior, as the current directory."""
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(EQUATIONS))
    Path("prior.csv").write_text(PRIOR)
    Path("taxed.yaml").write_text(TAXED)
    Path("free.yaml").write_text(FREE)
    return tmp_path


def ensemble(members: int, *scenarios: str, **options: object) -> Ensemble:
    plans = plans_for(scenarios or ("taxed.yaml", "free.yaml"), backend="native")
    prepared = plans[0].prepared
    priors = read_prior(PRIOR, "prior.csv", prepared.model, prepared.program)
    return ensemble_of(plans, priors, PRIOR, members, **options)  # type: ignore[arg-type]


def opened(path: Path) -> xr.Dataset:
    with xr.open_dataset(path) as data:
        return data.load()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("method", PLAIN)
@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_a_member_is_the_run_with_its_constants(method: str, integrator: str) -> None:
    for name in ("taxed", "free"):
        text = Path(f"{name}.yaml").read_text() + f"run: {{integrator: {integrator}}}\n"
        Path(f"{name}.yaml").write_text(text)
    write_ensemble(ensemble(21, method=method, seed=4, times="all"), Path("out.nc"))
    data = opened(Path("out.nc"))
    assert data.attrs["method"] == method
    for member in (0, 7, 20):
        drawn = {
            str(n): float(x)
            for n, x in zip(data["sampled"].values, data["design"][member].values, strict=True)
        }
        equations = (
            EQUATIONS.replace("rate = 0.1", f"rate = {drawn['rate']!r}")
            .replace("tax = 1", f"tax = {drawn['tax']!r}")
            .replace("= 1, 2", f"= 1, {drawn['level[south]']!r}")
            .replace("(10,2)", f"(10,{drawn['path[10]']!r})")
        )
        Path("other.mdl").write_text(mdl(equations))
        for scenario in ("taxed", "free"):  # of which the first states its rate
            single = simulate(read_model("other.mdl"), load_scenario(f"{scenario}.yaml"))
            found = data.sel(member=member, scenario=scenario)
            for element in ("stock", "double"):
                np.testing.assert_array_equal(
                    found[element].transpose("time", ...), single[element].transpose("time", ...)
                )


@pytest.mark.usefixtures("project")
def test_scenarios_share_their_draws_and_what_one_states_is_not_drawn_in_it() -> None:
    both = ensemble(50, seed=9)
    alone = ensemble(50, "free.yaml", seed=9)
    np.testing.assert_array_equal(both.design.rows(0, 50), alone.design.rows(0, 50))
    (taxed, _), (free, _) = both._batches
    offset = both.program.layout.slots["rate"].offset
    assert offset in free.sampled
    assert offset not in taxed.sampled
    assert both.saved == tuple(n for n in both.program.order if n in ("stock", "double"))


@pytest.mark.usefixtures("project")
def test_what_is_set_is_not_drawn_and_not_ranked(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ensemble", "free.yaml", "--members", 64, "--prior", "prior.csv"]
    assert call(capsys, *words, "-o", "all.nc").code == 0
    answer = call(capsys, *words, "-o", "out.nc", "--set", "tax=1")
    assert answer.code == 0
    assert "64 members, 3 numbers drawn for each" in answer.out
    assert "set, and so not drawn: tax" in answer.out
    whole, data = opened(Path("all.nc")), opened(Path("out.nc"))
    left = ["rate", "level[south]", "path[10]"]
    assert list(data["sampled"].values) == left
    assert (whole.attrs["not_drawn"], data.attrs["not_drawn"]) == ("nothing", "tax")
    np.testing.assert_array_equal(data["design"], whole["design"].isel(sampled=[0, 2, 3]))
    ranked = call(capsys, "sensitivity", "out.nc", "--indicator", "double", "--method", "pawn")
    assert ranked.code == 0
    assert "rate" in ranked.out
    assert "tax" not in ranked.out
    assert call(capsys, "rerun", "out.nc").code == 0
    alone = ensemble(8, "taxed.yaml")
    assert alone.stated == ("rate",)
    assert [prior.name for prior in alone.design.priors] == ["tax", *left[1:]]


@pytest.mark.usefixtures("project")
def test_blocks_are_counted_for_what_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ensemble", "free.yaml", "--prior", "prior.csv", "-o", "out.nc"]
    words += ["--method", "saltelli", "--set", "tax=1", "--set", "rate=0.1", "--json"]
    told = json.loads(call(capsys, *words, "--blocks", 3).out)
    assert told["members"] == 3 * 4
    assert told["not_drawn"] == ["rate", "tax"]


@pytest.mark.usefixtures("project")
def test_nothing_left_to_draw_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("prior.csv").write_text("".join(PRIOR.splitlines(keepends=True)[:2]))
    words = ["ensemble", "taxed.yaml", "--prior", "prior.csv", "-o", "out.nc"]
    answer = call(capsys, *words, "--members", 4)
    assert answer.code == 3
    assert "nothing is left to draw" in answer.err


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", ["x.csv", "x", "runs/x.NC"])
def test_a_file_of_another_kind_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ensemble", "free.yaml", "--members", 4, "--prior", "prior.csv"]
    answer = call(capsys, *words, "-o", name)
    assert answer.code == 2
    assert "only .nc or .zarr can be written" in answer.err
    assert not Path(name).exists()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("method", "members"), [*((m, 100) for m in PLAIN), *BLOCKED])
def test_the_same_ensemble_writes_the_same_bytes_whatever_the_workers(
    method: str, members: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = None
    for most, workers in ((16, 1), (64, 2), (1 << 14, 3)):
        monkeypatch.setattr("simdistrict.ensemble.members._MOST", most)
        path = Path(f"out-{most}.nc")
        write_ensemble(ensemble(members, method=method), path, workers=workers)
        wanted = wanted or path.read_bytes()
        assert path.read_bytes() == wanted


@pytest.mark.usefixtures("project")
def test_a_diverged_member_is_data() -> None:
    Path("small.mdl").write_text(
        mdl(EQUATIONS.replace("stock[place] * rate", "stock[place] * stock[place] * rate"), stop=60)
    )
    written = write_ensemble(ensemble(200, "free.yaml", times="all"), Path("out.nc"))
    data = opened(Path("out.nc"))
    failed = data["outcome"].to_numpy() == Outcome.diverged
    assert 0 < failed.sum() < 200
    assert written.outcomes == (
        {Outcome.completed: int((~failed).sum()), Outcome.diverged: int(failed.sum())},
    )
    assert np.isfinite(data["double"].to_numpy()[~failed]).all()
    for member in np.flatnonzero(failed):
        last = float(data["outcome_time"][member])
        series = data["double"].isel(member=member)
        assert last < 60
        assert series.where(series["time"] > last, drop=True).isnull().all()
        assert series.sel(time=0).notnull()


# ---------------------------------------------------------------------- interruptions


@pytest.mark.usefixtures("project")
def test_what_is_resumed_repeats_no_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simdistrict.ensemble.members._MOST", 16)
    write_ensemble(ensemble(100), Path("whole.nc"))
    done: list[int] = []

    class StopError(Exception):
        pass

    def stop(count: int, members: int) -> None:
        if count >= 48:
            raise StopError

    with pytest.raises(StopError):
        write_ensemble(ensemble(100), Path("out.nc"), tick=stop)
    assert not Path("out.nc").exists()
    run_chunk = Ensemble.run_chunk

    def counted(self: Ensemble, chunk: int, workers: int | None = None) -> object:
        done.append(chunk)
        return run_chunk(self, chunk, workers)

    monkeypatch.setattr(Ensemble, "run_chunk", counted)
    written = write_ensemble(ensemble(100), Path("out.nc"), resume=True)
    assert done == [3, 4, 5, 6]
    assert written.resumed == 48
    assert sum(written.outcomes[0].values()) == 100
    assert Path("out.nc").read_bytes() == Path("whole.nc").read_bytes()
    assert not Path("out.nc.parts").exists()


@pytest.mark.usefixtures("project")
def test_an_ensemble_of_other_code_is_not_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        for module in ("members", "parts"):
            patch.setattr(f"simdistrict.ensemble.{module}.code_identity", lambda: "older code")
        before = ensemble(100)
        parts = Parts(Path("out.nc.parts"), before)
        with parts.open(resume=False):
            parts.store(0, before.run_chunk(0))
    with pytest.raises(ScenarioError, match="an ensemble of other code was interrupted here"):
        write_ensemble(ensemble(100), Path("out.nc"), resume=True)


@pytest.mark.usefixtures("project")
def test_another_ensemble_is_not_resumed() -> None:
    other = ensemble(100, seed=1)
    parts = Parts(Path("out.nc.parts"), other)
    with parts.open(resume=False):
        parts.store(0, other.run_chunk(0))
    with pytest.raises(ScenarioError, match="another ensemble was interrupted here"):
        write_ensemble(ensemble(100, seed=2), Path("out.nc"), resume=True)
    write_ensemble(ensemble(100, seed=2), Path("out.nc"))
    Path("out.nc.parts").mkdir()
    Path("out.nc.parts/mine.txt").write_text("precious")
    with pytest.raises(ScenarioError, match=r"delete it: rm -r out\.nc\.parts"):
        write_ensemble(ensemble(100), Path("out.nc"))
    assert os.listdir("out.nc.parts") == ["mine.txt"]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", ["out.nc", "out.zarr"])
def test_a_complete_file_is_neither_run_again_nor_replaced_by_another(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words: list[object] = ["ensemble", "taxed.yaml", "free.yaml", "--prior", "prior.csv"]
    words += ["-o", name, "--resume"]
    assert call(capsys, *words, "--members", 32).code == 0
    head = Path(name) if name.endswith(".nc") else Path(name) / ".zmetadata"
    before = head.read_bytes(), head.stat().st_mtime_ns
    monkeypatch.setattr(Ensemble, "run_chunk", None)
    answer = call(capsys, *words, "--members", 32)
    assert answer.code == 0
    assert f"{name} is complete" in answer.out
    assert "taxed: 32 completed" in answer.out
    Path("other.csv").write_text(PRIOR.replace("0.3", "0.4"))
    for options, said in (
        (["--members", 33], "members (32, not 33)"),
        (["--members", 32, "--seed", 7], "seed (0, not 7)"),
        (["--members", 32, "--method", "sobol"], "method (lhs, not sobol)"),
        (["--members", 32, "--prior", "other.csv"], "prior table"),
        (["--members", 32, "--save", "stock"], "saved elements"),
        (["--members", 32, "--times", "all"], "saved times"),
        (["--members", 32, "--set", "rate=0.2"], "scenarios, what is drawn"),
        (["--members", 32, "--fast"], "powers (--fast)"),
    ):
        answer = call(capsys, *words, *options)
        assert answer.code == 3
        assert said in answer.err
    assert (head.read_bytes(), head.stat().st_mtime_ns) == before
    assert not Path(f"{name}.parts").exists()


@pytest.mark.usefixtures("project")
def test_a_run_is_not_resumed_as_an_ensemble(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "run", "free.yaml", "-o", "out.nc").code == 0
    with pytest.raises(ScenarioError, match="it exists and is no ensemble"):
        write_ensemble(ensemble(10), Path("out.nc"), resume=True)


@pytest.mark.usefixtures("project")
def test_a_killed_process_loses_a_chunk_at_most() -> None:
    Path("small.mdl").write_text(mdl(EQUATIONS, time_step=1e-3))
    command = [sys.executable, "-m", "simdistrict", "ensemble", "free.yaml", "--members", "50000"]
    command += ["--prior", "prior.csv", "--workers", "1"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    parts = Path("out.nc.parts")
    process = subprocess.Popen([*command, "-o", "out.nc"], env=env)
    try:
        deadline = time.monotonic() + 120
        while not list(parts.glob("0*.npz")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not Path("out.nc").exists()
    again = [*command, "-o", "out.nc", "--resume", "--json"]
    answer = subprocess.run(again, env=env, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["resumed"] > 0
    subprocess.run([*command, "-o", "whole.nc"], env=env, check=True, capture_output=True)
    assert Path("out.nc").read_bytes() == Path("whole.nc").read_bytes()


@pytest.mark.usefixtures("project")
def test_a_foreign_file_is_not_replaced() -> None:
    Path("out.nc").write_text("mine")
    with pytest.raises(ExchangeError):
        write_ensemble(ensemble(10), Path("out.nc"))
    assert Path("out.nc").read_text() == "mine"


# ---------------------------------------------------------------------- choices and their errors


@pytest.mark.usefixtures("project")
def test_times_are_points_of_the_grid() -> None:
    assert ensemble(4).points == (10,)
    assert ensemble(4, times="all").points == tuple(range(11))
    assert ensemble(4, times="5, 2").points == (2, 5)
    for times, words in (("2.5", "no point"), ("11", "no point"), ("x", "no date")):
        with pytest.raises(ScenarioError, match=words):
            ensemble(4, times=times)


@pytest.mark.usefixtures("project")
def test_what_is_saved() -> None:
    assert ensemble(4, "small.mdl").saved == ("stock",)
    assert set(ensemble(4, save="rate,double").saved) == {"rate", "double"}
    with pytest.raises(ScenarioError, match="a lookup, which has no value over time"):
        ensemble(4, save="path")
    for options in ({"method": "halton"}, {}):
        with pytest.raises(EngineError):
            ensemble(4 if options else 0, **options)


@pytest.mark.usefixtures("project")
def test_scenarios_with_other_equations_are_refused() -> None:
    text = Path("small.mdl").read_text()
    Path("small.mdl").write_text(text.replace("FINAL TIME = 10", "end = 10 ~~|\nFINAL TIME = end"))
    Path("free.yaml").write_text(FREE + "run: {final time: 10}\n")
    with pytest.raises(ScenarioError, match="other equations"):
        ensemble(4)
    Path("taxed.yaml").write_text(TAXED + "run: {final time: 10}\n")
    assert ensemble(4).points == (10,)


# ---------------------------------------------------------------------- the command


@pytest.mark.usefixtures("project")
def test_a_band_beyond_the_range_of_the_model_is_reported_like_a_number_that_is_set(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    text = Path("small.mdl").read_text()
    Path("small.mdl").write_text(text.replace("tax = 1 ~ Dmnl", "tax = 1 ~ Dmnl [1, 2]"))
    words = ["ensemble", "free.yaml", "--members", 8, "--prior", "prior.csv", "-o", "out.nc"]
    assert call(capsys, *words).code == 0
    said = "prior.csv:3 | the prior of tax from 0.5 to 1.5 leaves the range [1, 2]"
    assert said in caplog.text
    answer = call(capsys, *words, "--strict")
    assert answer.code == 3
    assert said in answer.err


@pytest.mark.usefixtures("project")
def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ensemble", "taxed.yaml", "free.yaml", "--members", 32, "--prior", "prior.csv"]
    answer = call(capsys, *words, "-o", "out.nc", "--seed", 5, "--times", "0,10")
    assert answer.code == 0
    assert "32 members, 4 numbers drawn for each (lhs, seed 5), euler, native" in answer.out
    assert "taxed: 32 completed" in answer.out
    with netCDF4.Dataset("out.nc") as file:
        assert file.dimensions["member"].size == 32
        assert file.variables["double"].dimensions == ("scenario", "member", "time")
        assert file.variables["stock"].dimensions == ("scenario", "member", "time", "place")
        assert file.seed == 5
        assert file.members == 32
        assert file.backend == "auto"
        assert file.prior == PRIOR
    told = call(capsys, *words, "-o", "out.nc", "--json")
    document = json.loads(told.out)
    assert document["runs"][1] == {"scenario": "free", "outcomes": {"completed": 32}}


def from_zarr(store: Path, name: str) -> np.ndarray:
    """An array of a store, read by what the format says."""
    told = json.loads((store / ".zmetadata").read_text())["metadata"]
    about = told[f"{name}/.zarray"]
    assert about == json.loads((store / name / ".zarray").read_text())
    whole = np.full(about["shape"], -1, np.dtype(about["dtype"]))
    for file in sorted(f for f in (store / name).iterdir() if not f.name.startswith(".")):
        values = np.frombuffer(file.read_bytes(), about["dtype"]).reshape(about["chunks"])
        place = [
            int(n) * size for n, size in zip(file.name.split("."), about["chunks"], strict=True)
        ]
        part = whole[tuple(slice(p, p + n) for p, n in zip(place, about["chunks"], strict=True))]
        part[...] = values[tuple(slice(n) for n in part.shape)]
    return whole


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("scenarios", [["free.yaml"], ["taxed.yaml", "free.yaml"]])
def test_a_zarr_store_has_what_a_netcdf_file_has(
    scenarios: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simdistrict.ensemble.members._MOST", 16)
    words = ["ensemble", *scenarios, "--members", 40, "--prior", "prior.csv", "--times", "all"]
    for name in ("out.nc", "out.zarr", "out.zarr"):
        assert call(capsys, *words, "-o", name).code == 0
    data = opened(Path("out.nc"))
    store = Path("out.zarr")
    assert len(list((store / "double").glob("[0-9]*"))) == 3
    for name, variable in data.variables.items():
        found = from_zarr(store, str(name))
        np.testing.assert_array_equal(found.astype(variable.dtype), variable.to_numpy())
        attrs = json.loads((store / str(name) / ".zattrs").read_text())
        assert attrs["_ARRAY_DIMENSIONS"] == list(variable.dims)
        assert attrs["long_name"] == variable.attrs["long_name"]
    told = json.loads((store / ".zattrs").read_text())
    assert told["model_text"] == data.attrs["model_text"]
    Path("mine.zarr").mkdir()
    answer = call(capsys, *words, "-o", "mine.zarr")
    assert answer.code == 3
    assert "--force" in answer.err
    assert sorted(p.name for p in Path().glob(".*")) == []


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "options",
    [
        ["--members", 40],
        ["--members", 40, "--fast", "--method", "sobol", "--times", "all"],
        ["--blocks", 8, "--method", "saltelli", "--order", 2],
        ["--blocks", 8, "--method", "morris", "--levels", 6],
    ],
)
@pytest.mark.parametrize("scenarios", [["free.yaml"], ["taxed.yaml", "free.yaml"]])
def test_a_file_is_repeated_from_what_it_records(
    options: list[object], scenarios: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ensemble", *scenarios, "--prior", "prior.csv", "--seed", 3]
    assert call(capsys, *words, *options, "-o", "out.nc").code == 0
    answer = call(capsys, "rerun", "out.nc")
    assert answer.code == 0
    assert "the same numbers to the last bit" in answer.out
    with netCDF4.Dataset("out.nc", "a") as file:
        file.variables["double"][..., 7, :] = 1.0
    answer = call(capsys, "rerun", "out.nc")
    assert answer.code == 5
    assert "double" in answer.out


@pytest.mark.usefixtures("project")
def test_an_interruption_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simdistrict.ensemble.members._MOST", 16)
    run_chunk = Ensemble.run_chunk

    def interrupted(self: Ensemble, chunk: int, workers: int | None = None) -> object:
        if chunk == 2:
            raise KeyboardInterrupt
        return run_chunk(self, chunk, workers)

    words = ["ensemble", "free.yaml", "--members", 64, "--prior", "prior.csv", "-o", "out.nc"]
    with monkeypatch.context() as patch:
        patch.setattr(Ensemble, "run_chunk", interrupted)
        answer = call(capsys, *words)
    assert answer.code == 130
    assert "unexpected" not in answer.err
    assert "out.nc.parts for --resume" in answer.err
    assert "32 members from before" in call(capsys, *words, "--resume").out


@pytest.mark.usefixtures("project")
def test_a_model_without_priors_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    answer = call(capsys, "ensemble", "small.mdl", "--members", 4)
    assert answer.code == 3
    assert "--prior" in answer.err


def test_the_district_runs_with_its_own_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.nc"
    answer = call(capsys, "ensemble", "security_tariffs", "--members", 24, "-o", out)
    assert answer.code == 0
    data = opened(out)
    assert data["capacity"].dims == ("member", "time", "district", "stage", "location")
    spread = data["capacity"].std("member")
    assert (spread > 0).any()
    assert find_model("district").name in data.attrs["model_name"] + ".mdl"
