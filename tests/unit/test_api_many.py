"""Many runs from Python: the same Datasets as the files of the commands, bit for bit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import simdistrict as sd
from simdistrict.api.wording import reworded
from simdistrict.base.errors import (
    EngineError,
    ExchangeError,
    ModelError,
    ScenarioError,
    SimdistrictError,
)
from simdistrict.result.opening import opened
from tests.program import call
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
PRIOR = """element,label,value,low,high,distribution
rate,,0.1,-0.1,0.3,triangular
tax,,1,0.5,1.5,uniform
level,south,2,1,3,lognormal
path,10,2,1,3,normal
"""
MAPPING = {
    "rate": {"distribution": "triangular", "value": 0.1, "low": -0.1, "high": 0.3},
    "tax": {"value": 1, "low": 0.5, "high": 1.5},
    "level[south]": {"distribution": "lognormal", "value": 2, "low": 1, "high": 3},
    "path[10]": {"distribution": "normal", "value": 2, "low": 1, "high": 3},
}
TAXED = """
title: A tax
model: small.mdl
assume: {rate: 0.2}
policies:
  taxed: {start: 3, set: {tax: -1}}
report: [double, stock]
"""
Capsys = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(EQUATIONS))
    Path("data").mkdir()
    Path("data/parameters.csv").write_text(PRIOR)
    Path("taxed.yaml").write_text(TAXED)
    Path("free.yaml").write_text("title: No tax\nmodel: small.mdl\nreport: [double]\n")


@pytest.fixture
def model() -> sd.LoadedModel:
    return sd.load("small.mdl")


def made(capsys: Capsys, *words: object) -> xr.Dataset:
    """What a command writes to out.nc."""
    assert call(capsys, *words, "-o", "out.nc").code == 0
    return sd.open("out.nc")


# ---------------------------------------------------------------------- ensembles


@pytest.mark.parametrize("scenarios", [["free.yaml"], ["taxed.yaml", "free.yaml"], ["small.mdl"]])
def test_an_ensemble_is_that_of_the_command(
    model: sd.LoadedModel, scenarios: list[str], capsys: Capsys
) -> None:
    own: object = None if scenarios == ["small.mdl"] else scenarios
    own = scenarios[0] if len(scenarios) == 1 and own else own
    words = ["--times", "all", "--save", "double,stock[north]", "--reduce", "max"]
    stored = made(capsys, "ensemble", *scenarios, "--members", 40, "--seed", 3, *words)
    save = ["double", "stock[north]"]
    found = model.ensemble(own, members=40, seed=3, times="all", save=save, reduce=["max"])
    xr.testing.assert_identical(found, stored)


def test_a_table_and_a_mapping_are_priors_as_a_file_is(model: sd.LoadedModel) -> None:
    whole = model.ensemble("free.yaml", members=20)
    frame = pd.read_csv("data/parameters.csv")
    for prior in ("data/parameters.csv", frame, frame.set_index("element"), MAPPING):
        found = model.ensemble("free.yaml", members=20, prior=prior)
        xr.testing.assert_equal(found, whole)
    pair = model.ensemble("free.yaml", members=20, prior={"tax": (0.5, 1.5)})
    assert pair["sampled"].values.tolist() == ["tax"]
    assert 0.5 <= pair["design"].min() < pair["design"].max() <= 1.5
    assert sd.rerun(pair).same


def test_what_is_set_is_not_drawn(model: sd.LoadedModel, capsys: Capsys) -> None:
    found = model.ensemble("free.yaml", members=8, params={"tax": 1.0}, integrator="rk4")
    words = ["--members", 8, "--set", "tax=1.0", "--integrator", "rk4"]
    stored = made(capsys, "ensemble", "free.yaml", *words)
    xr.testing.assert_identical(found, stored)
    assert found.attrs["not_drawn"] == "tax"


@pytest.mark.parametrize("name", ["out.nc", "out.zarr"])
def test_an_ensemble_goes_straight_to_a_file(model: sd.LoadedModel, name: str) -> None:
    told: list[tuple[int, int]] = []
    memory = model.ensemble("free.yaml", members=200, times="all")
    stored = model.ensemble(
        "free.yaml",
        members=200,
        times="all",
        chunk=40,
        to=name,
        progress=lambda done, total: told.append((done, total)),
    )
    xr.testing.assert_equal(stored, memory)
    assert told == [(k, 200) for k in range(0, 201, 40)]
    again = model.ensemble("free.yaml", members=200, times="all", chunk=40, to=name, resume=True)
    xr.testing.assert_equal(again, memory)
    # a large file is read as its numbers are used
    with opened(Path(name), 1000) as lazy:
        assert "double" in lazy
        assert not lazy["double"].variable._in_memory
        some = lazy["double"].isel(member=[3, 17, 139], time=slice(0, 5))
        np.testing.assert_array_equal(some, memory["double"].values[[3, 17, 139], :5])
        assert float(lazy["double"][12, 3]) == float(memory["double"][12, 3])
        xr.testing.assert_equal(lazy.load(), memory)


def test_a_design_in_every_form_gives_the_numbers_of_its_own(model: sd.LoadedModel) -> None:
    whole = model.ensemble("free.yaml", members=20)
    numbers, names = whole["design"].values, [str(n) for n in whole["sampled"].values]
    frame = pd.DataFrame(numbers, columns=names)
    frame.to_csv("design.csv", index=False)
    forms = {
        "file": "design.csv",
        "own": whole["design"],
        "transposed": whole["design"].T,
        "frame": frame,
        "arrays": dict(zip(names, numbers.T, strict=True)),
    }
    for form, design in forms.items():
        found = model.ensemble("free.yaml", design=design)
        assert found.attrs["method"] == "given", form
        np.testing.assert_array_equal(found["double"], whole["double"])
        np.testing.assert_array_equal(found["design"], whole["design"])
    stored = model.ensemble("free.yaml", design=frame, to="out.nc")
    xr.testing.assert_identical(stored, found)
    assert sd.rerun("out.nc").same


@pytest.mark.parametrize(
    ("design", "words"),
    [
        (np.zeros((3, 2)), "does not name the constants"),
        ({"tax": [1.0, 2.0], "rate": [1.0]}, "not lists of one length"),
        ({"tax": ["a", "b"]}, "what is no number"),
        (xr.DataArray(np.zeros((2, 2))), "has no labels"),
        (xr.DataArray(np.zeros(2)), "two are needed"),
        ("none.csv", "there is no such file"),
    ],
)
def test_a_faulty_design_is_refused(model: sd.LoadedModel, design: object, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        model.ensemble("free.yaml", design=design)


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        ({"tax": 3}, "is not \\(low, high\\)"),
        ({"tax": {"mean": 3}}, 'there is no key "mean"'),
        ({"taxx": (0, 1)}, 'did you mean "tax"'),
        ({"tax": (1, 0)}, "is not below"),
        (3, "it is a int"),
    ],
)
def test_a_faulty_prior_is_refused(model: sd.LoadedModel, prior: object, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        model.ensemble("free.yaml", prior=prior, members=4)


def test_settings_that_do_not_fit_together_are_refused(model: sd.LoadedModel) -> None:
    with pytest.raises(EngineError, match="one is needed"):
        model.ensemble(members=4, blocks=4)
    with pytest.raises(EngineError, match="members draws others"):
        model.ensemble(design={"tax": [1.0]}, members=4)
    with pytest.raises(ExchangeError, match=r"written as \.nc or \.zarr"):
        model.ensemble(members=4, to="out.csv")


# ---------------------------------------------------------------------- sensitivity

METHODS = {
    "sobol": (["--method", "saltelli", "--blocks", 16], {"blocks": 16}, []),
    "morris": (["--method", "morris", "--blocks", 6], {"blocks": 6}, []),
    "pawn": (["--members", 100], {"members": 100}, []),
    "prim": (["--members", 100], {"members": 100}, ["--above", 9.0]),
}


@pytest.mark.parametrize("method", METHODS)
def test_a_sensitivity_is_that_of_the_command(
    model: sd.LoadedModel, method: str, capsys: Capsys
) -> None:
    drawn, own, words = METHODS[method]
    more = {"above": 9.0} if words else {}
    call(capsys, "ensemble", "free.yaml", *drawn, "-o", "ensemble.nc", "--save", "double")
    asked = ["--method", method, "--indicator", "double", *words]
    stored = made(capsys, "sensitivity", "ensemble.nc", *asked)
    how = {"indicator": "double", "method": method, **more}
    for data in ("ensemble.nc", sd.open("ensemble.nc")):
        xr.testing.assert_identical(model.sensitivity(data, **how), stored)  # type: ignore[arg-type]
    found = model.sensitivity("free.yaml", **how, **own)  # type: ignore[arg-type]
    xr.testing.assert_identical(found, stored)


def test_an_indicator_has_labels_a_time_or_a_reduction(model: sd.LoadedModel) -> None:
    ens = model.ensemble(members=60, times="all", save="stock", reduce="max")
    how = {"method": "pawn", "slides": 4, "resamples": 5}
    labelled = model.sensitivity(ens, indicator="stock[south]", at=5, **how)  # type: ignore[arg-type]
    assert labelled.attrs["indicator"] == "stock[south]"
    assert labelled.attrs["time"] == 5
    over = model.sensitivity(ens, indicator="stock[south]", over="max", **how)  # type: ignore[arg-type]
    assert over.attrs["indicator"] == "max of stock[south]"
    run = model.sensitivity(members=60, indicator="stock[south]", at=5, **how)  # type: ignore[arg-type]
    xr.testing.assert_equal(run, labelled)
    run = model.sensitivity(members=60, indicator="stock[south]", over="max", **how)  # type: ignore[arg-type]
    xr.testing.assert_equal(run, over)
    with pytest.raises(ScenarioError, match="one number for each place"):
        model.sensitivity(ens, indicator="stock", **how)  # type: ignore[arg-type]
    with pytest.raises(EngineError, match='did you mean "sobol"'):
        model.sensitivity(ens, indicator="stock", method="sobel")  # type: ignore[arg-type]


CHANGES = {
    "cut": lambda e: e.isel(member=slice(0, 48)),
    "shuffled": lambda e: e.isel(member=np.random.default_rng(1).permutation(e.sizes["member"])),
    "reversed": lambda e: e.isel(member=slice(None, None, -1)),
    "renumbered": lambda e: e.isel(member=slice(None, None, -1)).assign_coords(member=e["member"]),
    "swapped": lambda e: e.isel(sampled=[1, 0, 2, 3]),
    "relabelled": lambda e: e.assign_coords(sampled=e["sampled"].values[[1, 0, 2, 3]]),
    "swapped, relabelled": lambda e: e.isel(sampled=[1, 0, 2, 3]).assign_coords(
        sampled=e["sampled"]
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("method", "design"), [("sobol", "saltelli"), ("morris", "morris")])
def test_an_ensemble_that_was_changed_is_refused(
    model: sd.LoadedModel, method: str, design: str, change: str
) -> None:
    ens = model.ensemble("free.yaml", method=design, blocks=20, order=2)  # type: ignore[arg-type]
    changed = CHANGES[change](ens)
    changed.to_netcdf("changed.nc")
    for data in (changed, "changed.nc", sd.open("changed.nc")):
        with pytest.raises(ScenarioError, match="as it was made"):
            model.sensitivity(data, indicator="double", method=method)  # type: ignore[arg-type]


def test_pawn_takes_some_members_and_columns_by_label(model: sd.LoadedModel) -> None:
    ens = model.ensemble("free.yaml", members=100)
    how = {"indicator": "double", "method": "pawn", "resamples": 3, "slides": 4}
    whole = model.sensitivity(ens, **how)  # type: ignore[arg-type]
    swapped = model.sensitivity(ens.isel(sampled=[2, 0]), **how)  # type: ignore[arg-type]
    np.testing.assert_array_equal(swapped["median"], whole["median"][[2, 0]])
    some = ens.isel(member=[7, *range(40, 90)])
    assert model.sensitivity(some, **how).sizes["sampled"] == 4  # type: ignore[arg-type]
    for changed in (
        CHANGES["relabelled"](ens),
        CHANGES["renumbered"](ens),
        ens.assign_coords(member=ens["member"] + 50),
    ):
        with pytest.raises(ScenarioError, match="as it was made"):
            model.sensitivity(changed, **how)  # type: ignore[arg-type]


def test_an_analysis_does_not_warn_of_the_prior_again(caplog: pytest.LogCaptureFixture) -> None:
    m = sd.load("core")
    ens = m.ensemble(members=60, prior={"cost ratio": (-1, 1.5)}, save="home experience")
    assert len(caplog.messages) == 1
    m.sensitivity(ens, indicator="home experience", method="pawn", resamples=2)
    assert len(caplog.messages) == 1


def test_an_ensemble_of_another_model_is_refused(model: sd.LoadedModel) -> None:
    ens = model.ensemble("free.yaml", members=60)
    with pytest.raises(ScenarioError, match="of the model small, not of core"):
        sd.load("core").sensitivity(ens, indicator="double", method="pawn")


# ---------------------------------------------------------------------- files


def test_a_comparison_says_what_the_command_says(model: sd.LoadedModel, capsys: Capsys) -> None:
    model.run("taxed.yaml").to_netcdf("a.nc")
    model.run("free.yaml").to_netcdf("b.nc")
    answer = call(capsys, "compare", "a.nc", "b.nc")
    found = sd.compare("a.nc", "b.nc")
    assert repr(found) + "\n" == answer.out
    assert not found.same
    assert found.first is not None
    assert (found.first.element, found.first.time) == ("rate", 0.0)
    document = json.loads(call(capsys, "compare", "a.nc", "b.nc", "--json").out)
    assert len(found.table) == len(document["differences"])
    worst = found.table.iloc[0]
    assert worst["relative"] == document["differences"][0]["relative"]
    assert list(found.table.index.names) == ["run", "element"]
    with pytest.raises(TypeError, match=r"ask `\.same`"):
        bool(found)


def test_equal_results_with_something_left_out_are_not_the_same(model: sd.LoadedModel) -> None:
    whole = model.run("free.yaml")
    same = sd.compare(whole, whole.copy())
    assert same.same
    assert repr(same).startswith("the same:")
    assert same.table.empty
    for less in (whole.drop_vars("double"), whole.isel(time=slice(0, 5))):
        found = sd.compare(whole, less)
        assert found.agrees
        assert not found.same
        assert "the same" not in repr(found)
        assert "only in A" in repr(found)


def test_runs_are_chosen_for_a_comparison(model: sd.LoadedModel) -> None:
    both = model.run(["taxed.yaml", "free.yaml"])
    found = sd.compare(both, both, scenario=("taxed", "free"))
    assert not found.agrees
    assert sd.compare(both, both, scenario="free").agrees
    ens = model.ensemble(members=3, times="all")
    assert not sd.compare(ens, ens, member=(0, 1)).agrees
    with pytest.raises(ExchangeError, match='no scenario "tax"'):
        sd.compare(both, both, scenario="tax")
    with pytest.raises(EngineError, match="rtol"):
        sd.compare(both, both, rtol=-1)


def test_rerun_repeats_files_and_datasets(model: sd.LoadedModel, capsys: Capsys) -> None:
    run = model.run("taxed.yaml")
    run.to_netcdf("run.nc")
    found = sd.rerun("run.nc")
    assert repr(found) + "\n" == call(capsys, "rerun", "run.nc").out
    assert found.same
    assert found.table.empty
    assert sd.rerun(run, backend="native").same
    run["double"][5] += 1e-9
    other = sd.rerun(run)
    assert not other.same
    assert other.table.index.tolist() == ["double"]
    assert sd.rerun(model.ensemble(["taxed.yaml", "free.yaml"], members=9)).same
    with pytest.raises(EngineError, match="no single runs"):
        sd.rerun(model.ensemble(members=3), backend="native")
    with pytest.raises(ExchangeError, match="does not record"):
        sd.rerun(run.drop_attrs())


def test_an_ensemble_is_repeated_from_a_store_with_progress(
    model: sd.LoadedModel, capsys: Capsys
) -> None:
    model.ensemble("free.yaml", members=100, to="out.zarr", chunk=40)
    told: list[tuple[int, int]] = []
    assert sd.rerun("out.zarr", progress=lambda *one: told.append(one)).same
    assert told[-1] == (100, 100)
    answer = call(capsys, "rerun", "out.zarr")
    assert answer.code == 0
    assert "out.zarr: the same numbers to the last bit" in answer.out


def test_files_of_series_are_opened(capsys: Capsys) -> None:
    Path("other.csv").write_text("Time,a,b[x]\n0,1,5\n1,2,\n2,3,6\n")
    found = sd.open("other.csv")
    assert found["a"].values.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(found["b[x]"].values, [5, np.nan, 6])
    assert found["time"].values.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.nc", None, "there is no such file"),
        ("junk.nc", b"junk", "this is not a NetCDF file"),
        ("run.vdf", b"junk", "a run or dataset of Vensim"),
        ("run.xyz", b"junk", "series are not read"),
        ("store.zarr", b"junk", "no Zarr store of simdistrict"),
    ],
)
def test_other_files_are_refused(name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    with pytest.raises(ExchangeError, match=words):
        sd.open(name)


def test_a_foreign_netcdf_file_is_refused() -> None:
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf("foreign.nc")
    with pytest.raises(ExchangeError, match="simdistrict did not write"):
        sd.open("foreign.nc")


def test_initial_values_and_built_scenarios_hold_for_every_member(model: sd.LoadedModel) -> None:
    built = model.scenario("free.yaml").policy("late", {"tax": 0.5}, start=5).named("late")
    start = {"stock": [3.0, 4.0]}
    ens = model.ensemble([built, "free.yaml"], members=5, initial=start, times="all", save="stock")
    assert ens["scenario"].values.tolist() == ["late", "free"]
    assert (ens["stock"].sel(place="south").isel(time=0) == 4.0).all()
    draw = dict(zip(ens["sampled"].values, ens["design"].values[3], strict=True))
    one = model.run(built.set({"rate": draw["rate"], "tax": draw["tax"]}), initial=start)
    np.testing.assert_array_equal(ens["stock"][0, 3], one["stock"])
    assert sd.rerun(ens).same


def test_a_damaged_store_is_refused_when_it_is_opened(model: sd.LoadedModel) -> None:
    model.ensemble("free.yaml", members=200, times="all", to="out.zarr")
    about = Path("out.zarr/double/.zarray")
    whole = about.read_text()
    for old, new in (("200,", "100,"), ('"<f8"', '"<f4"'), ("{", "")):
        about.write_text(whole.replace(old, new, 1))
        with pytest.raises(ExchangeError):
            opened(Path("out.zarr"), 1000).load()
    about.write_text(whole)
    assert opened(Path("out.zarr"), 1000).sizes["member"] == 200
    about.parent.joinpath("0.0").unlink()
    with pytest.raises(ExchangeError, match="missing"):
        opened(Path("out.zarr"), 1000)


def test_a_file_larger_than_the_memory_is_opened(
    model: sd.LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = model.ensemble("free.yaml", members=200, times="all", save="all", to="out.nc")
    monkeypatch.setattr("simdistrict.result.netcdf.memory_bytes", lambda: 100_000)
    with pytest.raises(ExchangeError, match="is not read"):
        sd.open("out.nc")
    with opened(Path("out.nc"), 1000) as lazy:
        assert float(lazy["double"][7, 3]) == float(whole["double"][7, 3])
    found = model.sensitivity("out.nc", indicator="double", method="pawn", resamples=3)
    assert found.sizes["sampled"] == 4


def test_errors_name_parameters_not_options(model: sd.LoadedModel) -> None:
    calls = {
        "save | ": lambda: model.ensemble(members=3, save="nothing"),
        "times | ": lambda: model.ensemble(members=3, times=[0.3]),
        "reduce | ": lambda: model.ensemble(members=3, reduce="maxi"),
        "give above X, below X or both": lambda: model.sensitivity(
            members=30, indicator="double", method="prim"
        ),
    }
    for words, faulty in calls.items():
        with pytest.raises(ScenarioError) as caught:
            faulty()
        assert words in str(caught.value)
        assert not re.search(r"(?<!small )--", str(caught.value))


def test_commands_in_messages_stay_as_they_are_typed() -> None:
    text = "see --save-step or (simdistrict show model m --constants lists them); `run --x`"
    said = "see save_step or (simdistrict show model m --constants lists them); `run --x`"
    assert reworded(text) == said
    both = "replace it with --force (force=True in Python), or see --save"
    assert reworded(both) == "replace it with force=True, or see save"


def test_senseless_arguments_are_refused_in_words(model: sd.LoadedModel, tmp_path: Path) -> None:
    run = model.run()
    nan = float("nan")
    calls = {
        "(nan, 1) are not two finite": lambda: model.ensemble(members=3, prior={"tax": (nan, 1)}),
        "low (1) is not below high (0)": lambda: model.ensemble(members=3, prior={"tax": (1, 0)}),
        "progress | 'yes' is no function": lambda: model.ensemble(members=3, progress="yes"),  # type: ignore[arg-type]
        "b | it is a DataArray": lambda: sd.compare(run, run["double"]),  # type: ignore[arg-type]
        "the result | it is a int": lambda: sd.rerun(3),  # type: ignore[arg-type]
        "this is a folder": lambda: sd.open(tmp_path),
    }
    for words, faulty in calls.items():
        with pytest.raises(SimdistrictError) as caught:
            faulty()
        assert words in str(caught.value)
        assert "prior:2" not in str(caught.value)


def test_an_existing_file_is_replaced_by_a_parameter(model: sd.LoadedModel) -> None:
    Path("own.yaml").write_text("mine")
    Path("own.mdl").write_text("mine")
    for write in (lambda: model.scenario().to_yaml("own.yaml"), lambda: model.to_mdl("own.mdl")):
        with pytest.raises(ExchangeError, match="replace it with force=True") as caught:
            write()
        assert "--" not in str(caught.value)
    Path("data.mdl").write_text(mdl("sold\nx = sold * 2"))
    with pytest.raises(ModelError, match="without numbers") as missing:
        sd.load("data.mdl").run()
    assert "--data" not in str(missing.value)


@pytest.mark.parametrize("name", ["workers", "chunk"])
def test_nothing_runs_on_no_core_and_in_no_chunk(name: str) -> None:
    with pytest.raises(sd.ScenarioError, match=f"0 {name} are too few"):
        sd.load("core").ensemble(members=4, prior={"tariff": (0, 1)}, **{name: 0})
