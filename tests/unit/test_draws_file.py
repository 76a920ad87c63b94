"""Draws from files: read, thinned, refused, and run with the bits of the draws by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from simdistrict.api import load
from simdistrict.base.errors import ExchangeError, ScenarioError, SimdistrictError
from simdistrict.ensemble.draws_file import Draws, read_draws, write_design, write_sample_tab
from simdistrict.ensemble.rerun import changed_files, repeat
from simdistrict.result.dataset import Result, Variable
from simdistrict.result.netcdf import groups_of, read_netcdf, write_netcdf_groups
from tests.program import Answer
from tests.program import call as answer
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
Call = Callable[..., Answer]
EQUATIONS = """
    place: north, south ~ ~ |
    stock[place] = INTEG(stock[place] * rate, level[place])
    rate = 0.1 ~ 1 [0, 1] ~ |
    level[place] = 1, 2
    other = 3
    path((0,1),(10,2))
    double = 2 * SUM(stock[place!]) * path(Time) + other
"""
PRIOR = """element,label,value,low,high,distribution
rate,,0.1,0,0.3,uniform
other,,3,2,4,uniform
"""
NAMES = ("rate", "level[south]", "path[10]")


@pytest.fixture
def call(capsys: Capsys) -> Call:
    """Run the program in this process."""
    return lambda *args: answer(capsys, *args)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(EQUATIONS))
    Path("prior.csv").write_text(PRIOR)
    Path("free.yaml").write_text("title: Free\nmodel: small.mdl\nreport: [double]\n")


def drawn(chains: int = 4, length: int = 10) -> Draws:
    rng = np.random.default_rng(3)
    numbers = rng.uniform(0.05, 0.3, (chains * length, 3))
    chain = np.repeat(np.arange(chains), length)
    attrs = {"converged": 1, "seed": 7}
    return Draws(NAMES, numbers, chain, attrs, dict.fromkeys(NAMES, 25.0))


def posterior(draws: Draws, **attrs: object) -> None:
    """Write a file as `infer` and ArviZ have it: groups, chain x draw, a nuisance among them."""
    model = load("small.mdl")._prepared.model
    chains = len(set(np.asarray(draws.chain).tolist()))
    keys = ("rate", "level_south", "path_10")
    variables = {
        key: Variable(
            ("chain", "draw"),
            values.reshape(chains, -1),
            {"long_name": name, "role": "constant", "ess_bulk": 25.0},
        )
        for key, name, values in zip(keys, draws.names, draws.numbers.T, strict=True)
    }
    scale = variables["rate"].values
    about = {"long_name": "scale of stock", "role": "nuisance"}
    variables["scale_of_stock"] = Variable(("chain", "draw"), scale, about)
    coords = {
        dim: Variable((dim,), np.arange(n))
        for dim, n in zip(("chain", "draw"), scale.shape, strict=True)
    }
    known = {"simdistrict_version": "1", "model_sha256": model.sha256, **draws.attrs, **attrs}
    groups = {"posterior": Result(coords, variables, {}), "sample_stats": Result({}, {}, {})}
    write_netcdf_groups(groups, known, "posterior.nc")


def read(name: str) -> Draws:
    return read_draws(Path(name), load("small.mdl")._prepared.model)


def test_every_kind_of_file_gives_back_the_draws() -> None:
    draws, model = drawn(), load("small.mdl")._prepared.model
    posterior(draws)
    assert groups_of("posterior.nc") == ("posterior", "sample_stats")
    write_design(Path("design.nc"), draws, model)
    write_sample_tab(Path("draws.tab"), draws.names, draws.numbers)
    head = ",".join(('"level[south]"' if "[" in n else n) for n in ("rate", "level[south]"))
    rows = "\n".join(",".join(map(repr, row[:2])) for row in draws.numbers.tolist())
    Path("draws.csv").write_text(f"{head}\n{rows}\n")
    for name in ("posterior.nc", "design.nc", "draws.tab"):
        found = read(name)
        assert found.names == NAMES
        assert found.numbers.tobytes() == draws.numbers.tobytes()
        if name != "draws.tab":
            assert np.array_equal(np.asarray(found.chain), np.asarray(draws.chain))
            assert found.ess == draws.ess
            assert found.is_posterior
            assert found.converged
    assert read("draws.csv").numbers.tobytes() == draws.numbers[:, :2].tobytes()
    assert not read("draws.csv").is_posterior


def test_the_design_file_is_flat_and_says_what_it_holds() -> None:
    write_design(Path("design.nc"), drawn(), load("small.mdl")._prepared.model)
    with xr.open_dataset("design.nc") as found:
        assert dict(found.sizes) == {"draw": 40}
        assert found["level_south"].attrs["long_name"] == "level[south]"
        assert found["rate"].attrs["units"] == "1"
        assert found.attrs["model_name"] == "small"


def test_fewer_digits_make_a_smaller_file_of_nearly_the_same_numbers() -> None:
    draws, model = drawn(length=2000), load("small.mdl")._prepared.model
    for name, digits in (("whole.nc", None), ("cut.nc", 5)):
        write_design(Path(name), draws, model, digits=digits)
    assert Path("cut.nc").stat().st_size < 0.5 * Path("whole.nc").stat().st_size
    assert np.allclose(read("cut.nc").numbers, draws.numbers, rtol=1e-5, atol=0)
    assert not np.allclose(read("cut.nc").numbers, draws.numbers, rtol=1e-8, atol=0)


def test_a_file_of_other_programs_names_variables_and_labels(
    caplog: pytest.LogCaptureFixture,
) -> None:
    values = np.arange(12.0).reshape(2, 3, 2) / 20
    data = xr.Dataset(
        {
            "level": (("chain", "draw", "place"), values),
            "rate": (("chain", "draw"), values[..., 0]),
            "sigma": (("chain", "draw"), values[..., 0]),
        },
        {"place": ["north", "south"]},
    )
    data.to_netcdf("theirs.nc", group="posterior")
    found = read("theirs.nc")
    assert found.names == ("level[north]", "level[south]", "rate")
    assert np.array_equal(found.numbers[:, 1], values[..., 1].ravel())
    assert np.asarray(found.chain).tolist() == [0, 0, 0, 1, 1, 1]
    assert "left out, as no constants of small: sigma" in caplog.text
    data[["sigma"]].to_netcdf("none.nc", group="posterior")
    with pytest.raises(ScenarioError, match="holds no draws of a constant"):
        read("none.nc")


def test_columns_that_number_the_draws_order_them() -> None:
    Path("r.csv").write_text(".chain,.iteration,.draw,rate\n2,1,3,0.3\n1,1,1,0.1\n1,2,2,0.2\n")
    found = read("r.csv")
    assert found.names == ("rate",)
    assert found.numbers[:, 0].tolist() == [0.1, 0.2, 0.3]
    assert np.asarray(found.chain).tolist() == [1, 1, 2]


def test_vensims_file_repeats_missing_numbers(caplog: pytest.LogCaptureFixture) -> None:
    Path("v.tab").write_bytes(b'rate\t"level"[south]\tNOISE SEED\r\n.1\t2\t5\r\n.2\t\t6\r\n.3\r\n')
    found = read("v.tab")
    assert found.numbers.tolist() == [[0.1, 2.0], [0.2, 2.0], [0.3, 2.0]]
    assert "a run has its own noise" in caplog.text
    Path("v.tab").write_text("rate\tother\n.1\t\n")
    with pytest.raises(ScenarioError, match="the first draw needs all of them"):
        read("v.tab")
    Path("v.tab").write_text("rate\tother\n.1\tx\n")
    with pytest.raises(ScenarioError, match=r'v\.tab:2.*other is "x", not a number'):
        read("v.tab")


def ran(call: Call, name: str, *options: str) -> xr.Dataset:
    parts = ("ensemble", "free.yaml", "--design", name, "-o", "out.nc", "--force", *options)
    assert call(*parts).code == 0
    with xr.open_dataset("out.nc", decode_times=False) as found:
        return found.load()


def test_members_have_the_bits_of_the_draws_run_by_hand(call: Call) -> None:
    draws = drawn()
    posterior(draws)
    said = call("ensemble", "free.yaml", "--design", "posterior.nc").out
    assert "40 members, 3 numbers for each (posterior.nc; what it lacks: values of the mod" in said
    found = ran(call, "posterior.nc")
    for k in (0, 17, 39):
        rate, level, point = draws.numbers[k].tolist()
        text = EQUATIONS.replace("0.1 ~", f"{rate!r} ~").replace("1, 2", f"1, {level!r}")
        Path("hand.mdl").write_text(mdl(text.replace("(10,2)", f"(10,{point!r})")))
        by_hand = load("hand.mdl").run(save=["double"])
        assert found["double"].values[k, -1] == by_hand["double"].values[-1]
    # the same from Vensim's file, and from Python
    write_sample_tab(Path("draws.tab"), draws.names, draws.numbers)
    Path("all.vsc").write_text("40,F,1234,draws.tab,0\n")
    assert call("ensemble", "free.yaml", "--prior", "all.vsc", "-o", "vsc.nc").code == 0
    with xr.open_dataset("vsc.nc", decode_times=False) as other:
        assert np.array_equal(other["double"].values, found["double"].values)
    python = load("small.mdl").ensemble("free.yaml", design="posterior.nc")
    assert np.array_equal(python["double"].values, found["double"].values)


def test_thinning_is_even_and_recorded(call: Call) -> None:
    draws = drawn()
    posterior(draws)
    found = ran(call, "posterior.nc", "--members", "8")
    assert np.array_equal(found["design"].values, draws.numbers[2::5])
    assert found["design_chain"].values.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert found.attrs["design_draws"] == 40
    assert found.attrs["design_file"] == "posterior.nc"
    assert found.attrs["design_ess"] == 25.0
    with pytest.raises(ScenarioError, match="it has 40 draws, and 41 members are more"):
        draws.thinned(41)


def test_the_rest_is_drawn_from_the_prior_where_that_is_wanted(call: Call) -> None:
    posterior(drawn())
    plain = ran(call, "posterior.nc")
    assert "other" not in plain["sampled"].values
    found = ran(call, "posterior.nc", "--rest", "prior", "--prior", "prior.csv", "--seed", "4")
    assert found["sampled"].values.tolist() == [*NAMES, "other"]
    others = found["design"].values[:, 3]
    assert len(set(others.tolist())) == 40
    assert 2 <= others.min() < others.max() <= 4
    assert np.array_equal(found["design"].values[:, :3], plain["design"].values)
    assert found.attrs["design_rest"] == "prior, 1 number, seed 4"
    again = ran(call, "posterior.nc", "--rest", "prior", "--prior", "prior.csv", "--seed", "5")
    assert not np.array_equal(again["design"].values, found["design"].values)


def test_a_posterior_that_has_not_converged_is_refused(call: Call) -> None:
    posterior(drawn(), converged=0, reasons="R-hat of rate is 1.4")
    refused = call("ensemble", "free.yaml", "--design", "posterior.nc", "-o", "out.nc")
    assert refused.code == 3
    assert "has not converged (R-hat of rate is 1.4)" in refused.err
    assert "--unconverged" in refused.err
    with pytest.raises(ScenarioError, match="has not converged"):
        load("small.mdl").ensemble("free.yaml", design="posterior.nc")
    found = ran(call, "posterior.nc", "--unconverged")
    assert found.attrs["design_converged"] == 0
    taken = call("ensemble", "free.yaml", "--design", "posterior.nc", "--unconverged")
    assert "NOT CONVERGED" in taken.out


def test_draws_outside_the_models_range_are_named(
    call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    draws = drawn()
    draws.numbers[3, 0] = -0.5
    posterior(draws)
    ran(call, "posterior.nc")
    assert "1 of 40 outside the range [0, 1]" in caplog.text
    assert call("ensemble", "free.yaml", "--design", "posterior.nc", "--strict").code == 3


def test_a_result_is_repeated_without_the_file_of_draws(call: Call) -> None:
    posterior(drawn())
    ran(call, "posterior.nc", "--members", "8")
    recorded = read_netcdf("out.nc")
    assert changed_files(recorded) == ()
    posterior(drawn(), seed=8)
    assert changed_files(recorded) == ("posterior.nc",)
    Path("posterior.nc").unlink()
    assert repeat(recorded, "out.nc").same
    # a result is itself a file of draws
    assert np.array_equal(read("out.nc").numbers, recorded.variables["design"].values)


def test_resume_continues_over_the_same_draws_wherever_they_lie(call: Call) -> None:
    posterior(drawn())
    ran(call, "posterior.nc")
    Path("sub").mkdir()
    Path("posterior.nc").rename("sub/posterior.nc")
    parts = ("ensemble", "free.yaml", "--design", "sub/posterior.nc", "-o", "out.nc", "--resume")
    assert call(*parts).code == 0
    assert call(*parts, "--members", "8").code == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--method", "lhs"], "--method would draw others"),
        (["--seed", "1"], "--seed would draw others"),
        (["--prior", "prior.csv"], "--prior would draw others"),
    ],
)
def test_options_that_draw_members_do_not_go_with_a_file(
    call: Call, options: list[str], words: str
) -> None:
    posterior(drawn())
    refused = call("ensemble", "free.yaml", "--design", "posterior.nc", *options)
    assert refused.code == 2
    assert words in refused.err


def test_options_of_a_file_need_a_file(call: Call) -> None:
    refused = call("ensemble", "free.yaml", "--members", "8", "--rest", "prior")
    assert refused.code == 2
    assert "--rest" in refused.err
    with pytest.raises(SimdistrictError, match="belongs to a file of draws"):
        load("small.mdl").ensemble(members=8, prior={"rate": (0, 1)}, unconverged=True)


def test_faulty_files_are_refused() -> None:
    with pytest.raises(ScenarioError, match="there is no such file"):
        read("gone.nc")
    Path("bad.nc").write_bytes(b"\x89HDF\r\n\x1a\nrest")
    with pytest.raises(ExchangeError, match="damaged"):
        read("bad.nc")
    posterior(drawn())
    Path("cut.nc").write_bytes(Path("posterior.nc").read_bytes()[:3000])
    with pytest.raises(ExchangeError, match="damaged"):
        read("cut.nc")


def test_convert_thins_a_posterior_to_a_design_and_to_vensims_file(call: Call) -> None:
    draws = drawn()
    posterior(draws)
    for name in ("design.nc", "draws.tab"):
        parts = ("convert", "posterior.nc", name, "--model", "small.mdl", "--draws", 8)
        assert call(*parts).code == 0
        assert read(name).numbers.tobytes() == draws.numbers[2::5].tobytes()
    assert read("design.nc").converged
    assert read("design.nc").ess == draws.ess
    assert call("convert", "posterior.nc", "x.nc", "--draws", 8).code == 2
    assert call("convert", "posterior.nc", "x.tab", "--digits", 8).code == 2


def test_odd_attributes_of_other_programs_are_left_out() -> None:
    posterior(drawn(), converged="perhaps")
    assert read("posterior.nc").converged
    values = np.linspace(0.1, 0.3, 6)
    rate = ("draw", values, {"ess_bulk": "many", "units": "1"})
    xr.Dataset({"rate": rate, "chain": ("draw", values)}).to_netcdf("odd.nc")
    found = read("odd.nc")
    assert found.ess == {}
    assert np.isnan(found.least_ess)
    short = ("x", np.arange(3), {"role": "chain"})
    xr.Dataset({"rate": rate, "which": short}).to_netcdf("short.nc")
    with pytest.raises(ExchangeError, match="its chains are numbers of 3 draws"):
        read("short.nc")


# ---------------------------------------------------------------------- regimes classes

SURVIVES = ("--survives", "double >= 6")


def classes(call: Call, *options: object) -> dict[str, Any]:
    Path("help.yaml").write_text(
        "title: Help\nmodel: small.mdl\npolicies: {p: {start: 0, set: {other: 4}}}\n"
    )
    parts = ("regimes", "classes", "free.yaml", "help.yaml", *SURVIVES, "--json", *options)
    found = call(*parts)
    assert found.code == 0, found.err
    return dict(json.loads(found.out))


def sticky() -> Draws:
    """Chains that hardly move: each stays on one side."""
    draws = drawn(length=100)
    draws.numbers[:] = draws.numbers[np.arange(400) // 20 * 20]
    return draws


def test_classes_over_a_posterior_count_effective_draws(call: Call) -> None:
    posterior(sticky())
    found = classes(call, "--design", "posterior.nc", "-o", "classes.nc")
    (row,) = found["labels"]
    own = row["classes"]["survives anyway"]
    assert 0.1 < own["share"] < 0.9
    # twenty different draws, not four hundred
    assert own["mcse"] > 2 * np.sqrt(own["share"] * (1 - own["share"]) / 400)
    low, high = own["interval_95"]
    assert high - low > 3 * own["mcse"]
    assert found["interval_covers"].startswith("Monte-Carlo error")
    assert found["interval_counts"] == "400 draws of Markov chains, by their effective number"
    assert found["design_file"] == "posterior.nc"
    said = call(
        "regimes", "classes", "free.yaml", "help.yaml", *SURVIVES, "--design", "posterior.nc"
    )
    assert "draws of posterior.nc" in said.out
    assert "NOT CONVERGED" not in said.out
    posterior(sticky(), converged=0)
    parts = ("regimes", "classes", "free.yaml", "help.yaml", *SURVIVES)
    taken = call(*parts, "--design", "posterior.nc", "--unconverged")
    assert "NOT CONVERGED" in taken.out
    assert "not the uncertainty about the world" in said.out
    with xr.open_dataset("classes.nc") as stored:
        assert "Monte-Carlo error" in stored["share_low"].attrs["long_name"]
        assert stored["share_mcse"].sizes == {"label": 1, "class": 3}
    Path("posterior.nc").unlink()
    assert call("rerun", "classes.nc").code == 0


def test_classes_over_a_file_are_those_of_its_members(call: Call) -> None:
    posterior(sticky())
    found = classes(call, "--design", "posterior.nc", "--members", 40, "-o", "classes.nc")
    assert found["draws"] == 40
    alone = ran(call, "posterior.nc", "--members", "40")
    share = float((alone["double"].values[:, -1] >= 6).mean())
    assert found["labels"][0]["classes"]["survives anyway"]["share"] == share
    python = load("small.mdl").classes(
        ["free.yaml", "help.yaml"], survives="double >= 6", design="posterior.nc", members=40
    )
    assert python["share"].values[0, 0] == share
    independent = classes(call, "--prior", "prior.csv", "--members", 40)
    assert independent["interval_counts"] == "40 independent draws"


def test_classes_need_draws(call: Call) -> None:
    parts = ("regimes", "classes", "free.yaml", "free.yaml", *SURVIVES)
    assert "give --members N, or --design FILE" in call(*parts, "--prior", "prior.csv").err
    assert call(*parts, "--prior", "prior.csv", "--rest", "prior", "--members", 4).code == 2


# ---------------------------------------------------------------------- sensitivity


def test_pawn_takes_draws_of_a_posterior_and_says_that_they_are_correlated(call: Call) -> None:
    pytest.importorskip("SALib")
    posterior(drawn(length=50))
    parts = ("sensitivity", "free.yaml", "--design", "posterior.nc", "--indicator", "double")
    found = call(*parts, "--method", "pawn", "-o", "pawn.nc")
    assert found.code == 0, found.err
    assert "the draws are correlated" in found.out
    assert "200 of 200 members" in found.out
    assert read_netcdf("pawn.nc").attrs["design_kind"] == "chains, correlated"
    document = json.loads(call(*parts, "--method", "pawn", "--members", 100, "--json").out)
    assert "correlated" in document["note"]
    ran(call, "posterior.nc")
    file = ("sensitivity", "out.nc", "--indicator", "double", "--method", "pawn", "--json")
    assert json.loads(call(*file).out)["note"] == document["note"]
    boxes = call(*parts, "--method", "prim", "--above", 8)
    assert boxes.code == 0, boxes.err
    for method in ("sobol", "morris"):
        refused = call(*parts, "--method", method)
        assert refused.code == 3
        assert "vary independently" in refused.err
