"""Vensim's sensitivity control files (.vsc) and save lists (.lst)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import ExchangeError, ScenarioError
from simdistrict.ensemble.design import Design
from simdistrict.ensemble.prior import read_prior
from simdistrict.exchange.vensim.lst import read_lst
from simdistrict.exchange.vensim.vsc import Control, Draw, prior_text, read_vsc
from simdistrict.result.netcdf import read_netcdf
from simdistrict.run.plan import lowered
from tests.program import call
from tests.small import mdl, small

Capsys = pytest.CaptureFixture[str]

TANK = """
place : inner, outer ~~ |
rate[place] = 0.2, 0.3
"size, all" = 2
stock[place] = INTEG(-rate[place] * stock[place], "size, all")
total = SUM(stock[place!])
"""
CONTROL = """200,L,99,,0

rate[inner] = RANDOM_NORMAL(0, 1, 0.5, .1)
RATE[Outer]=random triangular(0,1,0,.25,1)
"size, all" = RANDOM UNIFORM(1e0,+3)
"""


def read(text: str, folder: Path) -> Control:
    path = folder / "a.vsc"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    return read_vsc(path)


def test_control_states_runs_method_and_seed(tmp_path: Path) -> None:
    assert read(CONTROL, tmp_path) == Control(
        200,
        "lhs",
        99,
        (
            Draw("rate", "inner", "normal", 0.5, 0, 1, 0.1, 3),
            Draw("RATE", "Outer", "triangular", 0.25, 0, 1, None, 4),
            Draw("size, all", "", "uniform", 2, 1, 3, None, 5),
        ),
    )
    bare = read(",,,,\nx=RANDOM_UNIFORM(0,1)", tmp_path)
    assert (bare.members, bare.method, bare.seed) == (200, "random", 1234)
    assert read("5,m,-7\nx=RANDOM_UNIFORM(0,1)", tmp_path).seed == 7


def test_draws_become_rows_of_a_prior_table(tmp_path: Path) -> None:
    prepared = lowered(small(TANK))
    text = prior_text(read(CONTROL, tmp_path).draws)
    assert [k for k, line in enumerate(text.split("\n"), 1) if line] == [1, 3, 4, 5]
    priors = read_prior(text, "a.vsc", prepared.model, prepared.program)
    assert [p.name for p in priors] == ["rate[inner]", "rate[outer]", "size, all"]
    assert [p.spread for p in priors] == [0.1, None, None]


def test_normal_distribution_has_its_stated_width(tmp_path: Path) -> None:
    prepared = lowered(small(TANK))
    line = "rate[inner] = RANDOM NORMAL(0, 1, 0.5, {})"
    for spread in (0.01, 0.1, 50.0):
        text = prior_text(read("9,L\n" + line.format(spread), tmp_path).draws)
        priors = read_prior(text, "a.vsc", prepared.model, prepared.program)
        numbers = Design(priors, 20_000, seed=3).rows(0, 20_000)[:, 0]
        # a normal distribution hardly cut by its range, and one so wide that it is flat
        wanted = spread if spread < 1 else 12**-0.5
        assert np.std(numbers) == pytest.approx(wanted, rel=1e-3)
        assert np.mean(numbers) == pytest.approx(0.5, abs=1e-3)
        assert 0 <= numbers.min() <= numbers.max() <= 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a.vsc | the file is empty"),
        ("200,M", "the file draws no constant"),
        ("many,M\nx=RANDOM_UNIFORM(0,1)", 'a.vsc:1 | "many,M" is not the first line'),
        ("200,U\nx=RANDOM_UNIFORM(0,1)", 'the method "U" is not supported'),
        ("200,F,,,", "the method F names no file of draws"),
        ("200,M\nx=RANDOM_GAMMA(0,1,2,3,4)", 'a.vsc:2 | "x": there is no sampler for the'),
        ("200,M\nx=VECTOR(0,1,0.1)", "no sampler for the distribution VECTOR"),
        ("200,M\nx=RANDOM_UNIFORN(0,1)", 'did you mean "UNIFORM"?'),
        (
            "200,M\n\nx RANDOM_UNIFORM(0,1)",
            'a.vsc:3 | "x RANDOM_UNIFORM(0,1)" is not the distribution',
        ),
        ("200,M\nx=RANDOM_UNIFORM(0,1,2)", "RANDOM UNIFORM has 2 numbers, not 3"),
        ("200,M\nx=RANDOM_UNIFORM(0,1e)", '"1e" is not a number'),
        ("200,M\nx=RANDOM_UNIFORM(1,1)", "1 is not below 1"),
        ("200,M\nx=RANDOM_NORMAL(0,1,2,.1)", "2 is not between 0 and 1"),
        ("200,M\nx=RANDOM_NORMAL(0,1,.5,0)", "the standard deviation 0 is not positive"),
        ("200,M\nx=RANDOM_TRIANGULAR(0,1,-1,.5,2)", "a triangle from -1 to 2, cut off at 0 and 1"),
    ],
)
def test_invalid_controls_are_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(text, tmp_path)
    assert words in str(caught.value)


@pytest.mark.parametrize("spread", ["x", "-1", "0", "inf"])
def test_spread_must_be_positive_and_of_a_normal_distribution(spread: str) -> None:
    prepared = lowered(small(TANK))
    head = "element,label,value,low,high,distribution,spread\n"
    row = f"rate,inner,0.5,0,1,normal,{spread}\n"
    with pytest.raises(ScenarioError, match=rf'^p\.csv:2 \| spread is "{spread}"'):
        read_prior(head + row, "p.csv", prepared.model, prepared.program)
    row = "rate,inner,0.5,0,1,uniform,1\n"
    with pytest.raises(ScenarioError, match="a uniform distribution has no spread"):
        read_prior(head + row, "p.csv", prepared.model, prepared.program)


def test_ensemble_from_a_control_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.mdl").write_text(mdl(TANK))
    read(CONTROL.replace("200", "12"), tmp_path)
    (tmp_path / "s.lst").write_text("stock[inner]\n\nTotal\n")
    args = ("ensemble", "m.mdl", "--prior", "a.vsc")
    assert call(capsys, *args, "--save", "@s.lst", "-o", "a.nc").code == 0
    found = read_netcdf("a.nc")
    assert found.attrs["members"] == 12
    assert (found.attrs["method"], str(found.attrs["seed"])) == ("lhs", "99")
    assert {"stock", "total"} <= set(found.variables)
    assert call(capsys, "rerun", "a.nc").code == 0
    # options of the command line override the file
    assert call(capsys, *args, "--members", "3", "--seed", "5", "-o", "b.nc").code == 0
    found = read_netcdf("b.nc")
    assert (found.attrs["members"], str(found.attrs["seed"])) == (3, "5")
    assert call(capsys, "convert", "a.vsc", "p.csv").code == 0
    same = ("ensemble", "m.mdl", "--prior", "p.csv", "--members", "12", "--seed", "99")
    assert call(capsys, *same, "--save", "@s.lst", "-o", "c.nc").code == 0
    assert call(capsys, "compare", "a.nc", "c.nc").code == 0
    (tmp_path / "a.vsc").write_text("3,M\nrates[inner]=RANDOM_UNIFORM(0,1)\n")
    answer = call(capsys, *args)
    assert answer.code == 3
    assert 'a.vsc:2 | there is no constant called "rates' in answer.err


def test_save_list_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.mdl").write_text(mdl(TANK))
    (tmp_path / "s.lst").write_bytes(b"STOCK\r\n\r\nrate[inner]")
    assert call(capsys, "run", "m.mdl", "--save", "@s.lst", "-o", "r.nc").code == 0
    names = {str(v.attrs.get("vensim_name", "")) for v in read_netcdf("r.nc").variables.values()}
    assert names - {""} == {"stock", "rate"}
    (tmp_path / "s.lst").write_text("total\nstok\n")
    answer = call(capsys, "run", "m.mdl", "--save", "@s.lst")
    assert answer.code == 3
    assert 's.lst:2 | there is no element called "stok"' in answer.err
    assert 'did you mean "stock"' in answer.err
    (tmp_path / "s.lst").write_text('"size, all"')
    assert call(capsys, "run", "m.mdl", "--save", "@s.lst", "-o", "r.nc").code == 0
    assert "size_all" in read_netcdf("r.nc").variables
    (tmp_path / "s.lst").write_text("\n")
    with pytest.raises(ScenarioError, match="the list is empty"):
        read_lst(tmp_path / "s.lst", small(TANK))
    with pytest.raises(ExchangeError, match="there is no such file"):
        read_lst(tmp_path / "t.lst", small(TANK))
