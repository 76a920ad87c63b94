"""`m.infer`: what users give, and what they get."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simdistrict as sd
from simdistrict.api.inferring import Inferred
from tests.unit.test_infer_cli import MODEL, PRIOR, data

PRIORS = {"decay rate": (0.01, 1.5), "initial level": (1, 20), "rest": (0, 4)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("infer")
    (made / "decay.mdl").write_text(MODEL)
    (made / "data.csv").write_text(data())
    (made / "prior.csv").write_text(PRIOR)
    return made


@pytest.fixture(scope="module")
def model(folder: Path) -> sd.LoadedModel:
    return sd.load(folder / "decay.mdl")


@pytest.fixture(scope="module")
def found(folder: Path, model: sd.LoadedModel) -> Inferred:
    return model.infer(folder / "data.csv", folder / "prior.csv", ess=200, progress=False)


def test_the_table_and_the_diagnostics_are_frames(found: Inferred) -> None:
    table, quality = found.table, found.diagnostics
    assert table.index.tolist() == ["decay rate", "initial level", "rest"]
    assert table.loc["decay rate", "units"] == "1/Year"
    assert table.loc["decay rate", "low"] < 0.25 < table.loc["decay rate", "high"]
    assert (table["contraction"] > 0.5).all()
    assert (quality["ess"] >= 200).all()
    assert (quality["rhat"] < 1.01).all()
    assert found.converged
    assert found.reasons == ()


def test_draws_are_labelled_by_chain(found: Inferred) -> None:
    draws = found.draws
    assert draws["decay_rate"].dims == ("chain", "draw")
    assert draws["decay_rate"].attrs["long_name"] == "decay rate"
    design = found.design(10)
    assert design.columns.tolist() == ["decay rate", "initial level", "rest"]
    assert len(design) == 10
    assert set(design["rest"]) <= set(draws["rest"].values.ravel())
    with pytest.raises(sd.ScenarioError, match="are more"):
        found.design(10**9)


def test_predictions_are_runs_of_the_draws(found: Inferred, model: sd.LoadedModel) -> None:
    worlds = found.predict("seen", members=20)
    assert worlds["seen"].sizes == {"member": 20, "time": 13}
    first = dict(zip(worlds["sampled"].values, worlds["design"].values[0], strict=True))
    alone = model.run(params=first)["seen"].values
    assert np.allclose(worlds["seen"].values[0], alone, rtol=1e-12)
    points = found.points
    assert len(points) == 12
    assert ((points["data"] > points["low"]) & (points["data"] < points["high"])).mean() > 0.7


def test_what_python_writes_is_what_the_command_writes(
    found: Inferred,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tests.program import call

    monkeypatch.chdir(folder)
    written = found.write("python")
    words = ("--data", "data.csv", "--prior", "prior.csv", "--ess", "200", "-o", "command")
    assert call(capsys, "infer", "decay.mdl", *words).code == 0
    names = sorted(path.name for path in Path("command").iterdir())
    assert sorted(path.name for path in written) == names
    for name in names:
        assert Path("python", name).read_bytes() == Path("command", name).read_bytes(), name


def test_a_posterior_is_opened_and_repeated(found: Inferred, folder: Path) -> None:
    paths = found.write(folder / "open")
    draws = sd.open(paths[0])
    assert draws["rest"].equals(found.draws["rest"])
    assert sd.rerun(draws).same
    assert sd.rerun(paths[1]).same


def test_arviz_takes_it(found: Inferred) -> None:
    arviz = pytest.importorskip("arviz")
    summary = arviz.summary(found.to_arviz())
    assert summary.index.tolist() == ["decay_rate", "initial_level", "rest"]


def test_data_and_priors_may_be_values(
    model: sd.LoadedModel, folder: Path, found: Inferred
) -> None:
    frame = pd.read_csv(folder / "data.csv")
    given = model.infer(frame, PRIORS, ess=200, progress=False)
    assert given.table["mean"].tolist() == found.table["mean"].tolist()
    held = model.infer(frame, PRIORS, free=["rest"], params={"initial level": 10}, ess=100)
    assert held.table.index.tolist() == ["rest"]
    assert held.predict("seen", members=5)["seen"].sizes["member"] == 5


def test_progress_has_stages(model: sd.LoadedModel, folder: Path) -> None:
    heard = []
    model.infer(folder / "data.csv", PRIORS, ess=100, progress=heard.append)
    assert {now.stage for now in heard} == {"tempering", "burn-in", "sampling"}
    runs = [now.runs for now in heard]
    assert runs == sorted(runs)


def test_warnings_are_logged(
    model: sd.LoadedModel, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = model.infer(folder / "data.csv", PRIORS, runs=8000, progress=False)
    assert not found.converged
    assert caplog.messages[0].startswith("decay | the draws are not to be trusted: ")
    assert "**No. Do not use these draws" in repr(found)


def test_what_does_not_fit_is_refused(model: sd.LoadedModel, folder: Path) -> None:
    with pytest.raises(sd.ScenarioError, match="0 ess are too few"):
        model.infer(folder / "data.csv", PRIORS, ess=0)
    with pytest.raises(sd.ScenarioError, match='there is no likelihood "other"'):
        model.infer(folder / "data.csv", PRIORS, likelihood="other")  # type: ignore[arg-type]
    with pytest.raises(sd.EngineError, match='there is no method "hmc"'):
        model.infer(folder / "data.csv", PRIORS, method="hmc")  # type: ignore[arg-type]
    with pytest.raises(sd.SimdistrictError, match=r"there is no calibration\.yaml"):
        model.infer(prior=PRIORS)
    with pytest.raises(sd.EngineError, match="is no function"):
        model.infer(folder / "data.csv", PRIORS, progress="loud")  # type: ignore[arg-type]
