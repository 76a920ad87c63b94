"""Sensitivity: designs that do not fit, failed members, labels, tables, the command."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from scipy import stats

from simdistrict.base.errors import EngineError, ExchangeError, ScenarioError
from simdistrict.ensemble.blocks import Shape
from simdistrict.sensitivity.discovery import discover
from simdistrict.sensitivity.pawn import medians
from simdistrict.sensitivity.prim import Choices, binomial_tail, measured, prim
from simdistrict.sensitivity.salib import morris, pawn, sobol
from simdistrict.sensitivity.sample import Sample, read_sample
from tests.program import call
from tests.small import mdl

MODEL = """
    place: north, south far ~ ~ |
    stock[place] = INTEG(stock[place] * stock[place] * rate, level[place])
    rate = 0.05
    tax = 1
    level[place] = 1, 2
    double = SUM(stock[place!]) * tax
"""
PRIOR = """element,label,value,low,high,distribution
rate,,0.01,-0.1,0.03,uniform
tax,,1,0.5,1.5,uniform
level,south far,2,1,3,uniform
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model some of whose members diverge, as the current directory."""
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(MODEL, stop=40))
    Path("prior.csv").write_text(PRIOR)
    Path("other.yaml").write_text("title: Other\nmodel: small.mdl\nreport: [double, stock]\n")
    return tmp_path


def ensemble(capsys: pytest.CaptureFixture[str], *options: object, out: str = "out.nc") -> None:
    words = ["ensemble", "small.mdl", "--prior", "prior.csv", "--save", "double,stock"]
    answer = call(capsys, *words, *options, "-o", out)
    assert answer.code == 0, answer.err


def sample(values: np.ndarray, method: str, **more: object) -> Sample:
    draw = np.random.default_rng(1)
    return Sample("y", ("a", "b"), draw.random((len(values), 2)), values, method, **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- designs and failures


@pytest.mark.parametrize(
    ("analysis", "design", "needed"),
    [
        (sobol, "lhs", "saltelli"),
        (sobol, "sobol", "saltelli"),
        (morris, "saltelli", "morris"),
        (pawn, "morris", "lhs or sobol or random"),
        (discover, "saltelli", "lhs or sobol or random"),
    ],
)
def test_another_design_is_refused(analysis: object, design: str, needed: str) -> None:
    given = sample(np.arange(40.0), design)
    with pytest.raises(ScenarioError, match=f"is {design}, and the method .* needs {needed}"):
        analysis(given)  # type: ignore[operator]


@pytest.mark.parametrize(("method", "size"), [("saltelli", 4), ("morris", 3)])
def test_a_failed_member_takes_its_block_along(method: str, size: int) -> None:
    values = np.random.default_rng(3).random(40 * size)
    whole = sample(values, method)
    broken = values.copy()
    broken[[5 * size + 1, 7 * size, 7 * size + 2]] = [np.nan, np.inf, np.nan]
    outcomes = np.zeros(len(values))
    outcomes[5 * size + 1] = 1
    keep = np.repeat(~np.isin(np.arange(40), [5, 7]), size)
    analysis = sobol if method == "saltelli" else morris
    draws = whole.design
    if method == "morris":  # trajectories, which the analysis walks along
        draws = np.tile([[0, 0], [2 / 3, 0], [2 / 3, 2 / 3]], (40, 1))
    part = Sample("y", ("a", "b"), draws, broken, method, outcomes=outcomes)
    found = analysis(part)
    wanted = analysis(Sample("y", ("a", "b"), draws[keep], values[keep], method))
    for key, column in wanted.columns.items():
        np.testing.assert_array_equal(found.columns[key], column)
    assert (found.blocks, found.dropped) == (40, 2)
    assert dict(found.failed) == {"not finite": 2, "diverged": 1}


def test_nothing_left_or_nothing_to_explain_is_said() -> None:
    values = np.full(40, np.nan)
    values[0] = 1
    with pytest.raises(ScenarioError, match="1 of 40 members are complete"):
        pawn(sample(values, "lhs"))
    with pytest.raises(ScenarioError, match="nothing to explain"):
        sobol(sample(np.ones(40), "saltelli"))


def test_every_draw_has_a_seed() -> None:
    values = np.random.default_rng(3).random(160)
    for analysis, method in ((sobol, "saltelli"), (pawn, "lhs")):
        # whatever the state of numpy's own generator, which SALib falls back to
        found = []
        for state in (1, 2):
            np.random.seed(state)
            found.append(analysis(sample(values, method), seed=0))
        other = analysis(sample(values, method), seed=1)
        ends = [key for key in found[0].columns if key.endswith("_low")]
        for key in ends:
            np.testing.assert_array_equal(found[0].columns[key], found[1].columns[key])
            assert (found[0].columns[key] != other.columns[key]).any()


# ---------------------------------------------------------------------- PAWN, PRIM


@pytest.mark.parametrize("slides", [5, 10, 16])
def test_resampled_pawn_indices_are_salibs(slides: int) -> None:
    draw = np.random.default_rng(5)
    design = draw.random((700, 3))
    values = np.round(design[:, 0] + design[:, 1] ** 2, 1)  # with ties
    given = Sample("y", ("a", "b", "c"), design, values, "random")
    np.testing.assert_allclose(
        medians(design, values, slides),
        pawn(given, resamples=2, slides=slides).columns["median"],
        rtol=1e-12,
    )


def test_slides_that_cannot_be_cut_are_refused() -> None:
    values = np.random.default_rng(3).random(160)
    with pytest.raises(EngineError, match="SALib cannot cut 6 slides"):
        pawn(sample(values, "lhs"), slides=6)
    with pytest.raises(ScenarioError, match="too few for 50 slides"):
        pawn(sample(values, "lhs"), slides=50)


@pytest.mark.parametrize(("hits", "count", "share"), [(0, 5, 0.2), (67, 87, 0.35), (9, 9, 0.4)])
def test_quasi_p_is_the_tail_of_the_binomial(hits: int, count: int, share: float) -> None:
    wanted = stats.binom.sf(hits - 1, count, share)
    assert binomial_tail(hits, count, share) == pytest.approx(wanted, rel=1e-9)
    assert binomial_tail(3, 4, 1.0) == 1.0
    assert binomial_tail(3, 4, 0.0) == 0.0


def test_measures_are_what_bryant_and_lempert_define() -> None:
    design = np.arange(20.0).reshape(10, 2)  # the first number is even, 0 to 18
    cases = np.array([0, 0, 0, 1, 0, 1, 1, 0, 1, 0], bool)
    bounds = np.array([[5.0, -np.inf], [13.0, np.inf]])
    measures, (limit,) = measured(design, cases, bounds)
    assert (measures.coverage, measures.density, measures.mass) == (3 / 4, 3 / 4, 4 / 10)
    assert (limit.coverage, limit.density) == (1.0, 0.4)
    # 3 or 4 of 4, each of interest with probability 0.4
    assert limit.quasi_p == pytest.approx(4 * 0.4**3 * 0.6 + 0.4**4)


def test_peeling_takes_equals_together_and_keeps_the_least_mass() -> None:
    draw = np.random.default_rng(2)
    design = np.column_stack([draw.integers(0, 4, 400), draw.random(400)]).astype(float)
    cases = (design[:, 0] == 3) & (draw.random(400) < 0.9)
    (box,) = prim(design, cases, Choices(mass=0.1))
    limit = box.limits[0]
    assert (limit.place, limit.low, limit.high) == (0, 2.5, np.inf)
    assert all(step.mass >= 0.1 for step in box.trajectory)
    coverage = [step.coverage for step in box.trajectory]
    assert coverage == sorted(coverage, reverse=True)


def test_numbers_limited_by_chance_are_left_out() -> None:
    draw = np.random.default_rng(4)
    design = draw.random((300, 12))
    cases = (design[:, 0] < 0.3) & (draw.random(300) < 0.7)
    (wide,) = prim(design, cases, Choices(density=1.0))
    assert max(limit.quasi_p for limit in wide.limits) > 0.05
    (box,) = prim(design, cases, Choices(density=0.6, chance=0.05))
    assert {limit.place for limit in box.limits} == {0}
    assert box.measures.coverage > 0.9
    assert box.measures.density >= 0.6


def test_prim_without_cases_or_with_senseless_shares_is_refused() -> None:
    values = np.random.default_rng(3).random(100)
    given = sample(values, "lhs")
    with pytest.raises(ScenarioError, match="no member is of interest"):
        discover(given, above=2)
    with pytest.raises(ScenarioError, match="every member is of interest"):
        discover(given, below=2)
    with pytest.raises(ScenarioError, match="give --above X"):
        discover(given)
    with pytest.raises(ScenarioError, match=r"no share above 0 and up to 0\.5"):
        discover(given, above=0.5, choices=Choices(peel=0.7))


# ---------------------------------------------------------------------- reading ensembles


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("out", ["out.nc", "out.zarr"])
def test_a_sample_is_what_the_file_has(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    ensemble(capsys, "--members", 40, "--times", "0,10,40", out=out)
    found = read_sample(Path(out), "STOCK[South_Far]", at=10)
    assert found.indicator == "stock[south far]"
    assert found.names == ("rate", "tax", "level[south far]")
    ensemble(capsys, "--members", 40, "--times", "0,10,40", out="same.nc")
    with netCDF4.Dataset("same.nc") as file:
        np.testing.assert_array_equal(found.values, file["stock"][:, 1, 1])
        np.testing.assert_array_equal(found.design, file["design"][...])
    assert read_sample(Path(out), "double").time == 40
    for indicator, words in (
        ("stock", r"each place, and 0 labels(.|\n)*write stock\[north\]"),
        ("stock[east]", "no label"),
        ("dubble", 'did you mean "double"'),
        ("double[north]", "write double"),
    ):
        with pytest.raises(ScenarioError, match=words):
            read_sample(Path(out), indicator)
    with pytest.raises(ScenarioError, match="saved times: 0, 10, 40"):
        read_sample(Path(out), "double", at=11)
    with pytest.raises(ScenarioError, match='not "other"'):
        read_sample(Path(out), "double", scenario="other")


@pytest.mark.usefixtures("project")
def test_one_of_several_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ensemble", "small.mdl", "other.yaml", "--prior", "prior.csv", "--members", 30]
    assert call(capsys, *words, "--save", "double", "-o", "out.nc").code == 0
    with pytest.raises(ScenarioError, match="give --scenario small or other"):
        read_sample(Path("out.nc"), "double")
    assert read_sample(Path("out.nc"), "double", scenario="other").scenario == "other"


@pytest.mark.usefixtures("project")
def test_what_is_no_ensemble_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "run", "small.mdl", "-o", "run.nc").code == 4
    with pytest.raises(ScenarioError, match="this is no ensemble"):
        read_sample(Path("run.nc"), "double")
    Path("junk.zarr").mkdir()
    with pytest.raises(ExchangeError, match="no Zarr store of simdistrict"):
        read_sample(Path("junk.zarr"), "double")


# ---------------------------------------------------------------------- the command


@pytest.mark.usefixtures("project")
def test_the_command_counts_what_it_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    ensemble(capsys, "--blocks", 64, "--method", "saltelli", "--order", 2)
    words = ["sensitivity", "out.nc", "--method", "sobol", "--indicator", "double"]
    told = call(capsys, *words)
    assert told.code == 0
    assert "left out: " in told.out
    assert "diverged" in told.out
    document = json.loads(call(capsys, *words, "--json").out)
    assert document["blocks"] == 64
    assert 0 < document["blocks_dropped"] < 64
    assert document["members_analysed"] == (64 - document["blocks_dropped"]) * 8
    assert document["failed"]["diverged"] > 0
    assert (document["design"], document["order"], document["seed"]) == ("saltelli", 2, 0)
    assert {row["element"] for row in document["indices"]} == {"rate", "tax", "level[south far]"}
    assert len(document["pairs"]) == 3


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("method", "design", "options"),
    [
        ("sobol", ["--method", "saltelli", "--order", 2], []),
        ("morris", ["--method", "morris"], []),
        ("pawn", ["--method", "lhs"], []),
        ("prim", ["--method", "sobol"], ["--below", 1.5, "--boxes", 2]),
    ],
)
def test_tables_have_what_is_printed_and_always_the_same_bytes(
    method: str, design: list[object], options: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    ensemble(capsys, "--blocks", 128, *design)
    words = ["sensitivity", "out.nc", "--method", method, "--indicator", "double", *options]
    document = json.loads(call(capsys, *words, "--json").out)
    for name in ("one.csv", "two.csv", "one.nc", "two.nc", "two.nc", "two.csv"):
        assert call(capsys, *words, "-o", name).code == 0
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()
    assert Path("one.nc").read_bytes() == Path("two.nc").read_bytes()
    with Path("one.csv").open() as file:
        rows = list(csv.DictReader(file))
    with netCDF4.Dataset("one.nc") as file:
        assert file.indicator == "double"
        assert file.members_analysed == document["members_analysed"]
        if method == "prim":
            assert len(file.variables["coverage"]) == len(document["boxes"])
            first = document["boxes"][0]["limits"][0]
            assert rows[0]["element"] == first["element"]
            assert rows[0]["quasi_p"] == repr(first["quasi_p"])
        else:
            key = next(k for k in document["indices"][0] if k != "element")
            for row in rows[:3]:
                (same,) = (d for d in document["indices"] if d["element"] == row["element"])
                assert float(row[key]) == same[key]
            np.testing.assert_array_equal(
                file.variables[key][...], [float(row[key]) for row in rows[:3]]
            )
    Path("mine.csv").write_text("precious")
    assert call(capsys, *words, "-o", "mine.csv").code == 3
    assert Path("mine.csv").read_text() == "precious"
    assert call(capsys, *words, "-o", "table.txt").code == 3


@pytest.mark.usefixtures("project")
def test_without_salib_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ensemble(capsys, "--members", 200)
    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    words = ["sensitivity", "out.nc", "--indicator", "double", "--method"]
    answer = call(capsys, *words, "pawn")
    assert answer.code == 3
    assert "simdistrict[sensitivity]" in answer.err
    assert call(capsys, *words, "prim", "--above", 1.5).code == 0


@pytest.mark.usefixtures("project")
def test_members_or_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ensemble", "small.mdl", "--prior", "prior.csv", "-o", "out.nc"]
    assert call(capsys, *words).code == 2
    assert call(capsys, *words, "--members", 10, "--blocks", 2).code == 2
    answer = call(capsys, *words, "--members", 12, "--method", "saltelli")
    assert answer.code == 3
    assert "use 10 or 15, or give --blocks" in answer.err
    assert Shape().block("lhs", 3) == 1
