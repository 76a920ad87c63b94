"""What the fuzzers and the hostile files found, written anew: each is refused in words or read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simdistrict.base.errors import ExchangeError, ModelError, Problem, nearest
from simdistrict.calibration.evaluation import FreeConstant
from simdistrict.calibration.search import unit_of
from simdistrict.exchange.xmile.writer import xmile_text
from simdistrict.result.zarr_store import read_zarr
from simdistrict.tables.sources import code_sha256
from tests.faults.fuzz import seeds
from tests.program import call
from tests.small import mdl, small

Capsys = pytest.CaptureFixture[str]

PRIOR_HEAD = "element,label,value,low,high,distribution\n"


@pytest.fixture
def tank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tank.mdl").write_text(mdl(seeds.TANK))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content", "command", "code", "words"),
    [
        (
            "f.csv",
            PRIOR_HEAD + "rate,,1,0,2," + "u" * 200_000,
            "ensemble tank.mdl --members 2 --prior f.csv -o o.nc",
            3,
            "the line is not CSV",
        ),
        (
            "f.lst",
            "x" * 200_000,
            "run tank.mdl --save @f.lst -o o.nc",
            3,
            "there is no element called",
        ),
        (
            "f.yaml",
            f"title: A\nmodel: {'t' * 300}.mdl\n",
            "show scenario f.yaml",
            3,
            "there is no such file",
        ),
        ("f.dat", "x\n0\t1\n,\n", "convert f.dat o.csv", 0, ""),
        ("f.dat", "x\n0\t1\n\xa0,\n", "convert f.dat o.csv", 0, ""),
    ],
)
def test_a_damaged_file_is_refused_in_words(
    tank: Path, capsys: Capsys, name: str, content: str, command: str, code: int, words: str
) -> None:
    (tank / name).write_text(content)
    answer = call(capsys, *command.split())
    assert answer.code == code, answer.err
    assert words in answer.err
    assert len(answer.err) < 5000


def test_a_long_name_makes_no_long_message() -> None:
    assert len(str(Problem("f", "n" * 1_000_000))) < 2000
    assert nearest("n" * 1_000_000, ["n"]) == []


def test_a_list_of_many_unknown_names_is_refused_soon(tank: Path, capsys: Capsys) -> None:
    (tank / "f.lst").write_text("".join(f"name {k}\n" for k in range(20_000)))
    answer = call(capsys, "run", "tank.mdl", "--save", "@f.lst", "-o", "o.nc")
    assert answer.code == 3
    assert answer.err.count("error:") == 20


def test_a_record_of_a_sketch_may_be_long(tank: Path, capsys: Capsys) -> None:
    sketch = seeds.SKETCH.replace("10,7,drawn", "10,7," + "d" * 200_000)
    (tank / "drawn.mdl").write_text(mdl(seeds.TANK, settings=sketch))
    assert call(capsys, "convert", "drawn.mdl", "o.xmile").code == 0


@pytest.mark.parametrize(
    ("equations", "what"),
    [
        ("d : x, y ~~|\na[d] = Time\nb = VMIN(a[d!] * a[e!])", 'the range "e"'),
        ("a = GET SOMETHING('f.csv', 'A')\nb = 5", "GET SOMETHING"),
    ],
)
def test_a_model_with_an_unknown_name_is_not_written_as_xmile(equations: str, what: str) -> None:
    with pytest.raises(ModelError, match=what):
        xmile_text(small(equations), drawn=False)


def test_a_scale_between_bounds_without_a_ratio() -> None:
    assert 0 < unit_of(FreeConstant("x", "x", (0,), 4e-320, 4, 1), 1) < 1


def test_a_study_in_another_encoding_has_an_identity(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(b"why: caf\xe9\n")
    first = code_sha256(path)
    assert first == code_sha256(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"shape": [10**6, 10**6], "chunks": [1, 1]},
        {"shape": [10**9], "chunks": [1]},
        {"shape": [10**12], "chunks": [10**12]},
        {"shape": [4], "chunks": [0]},
        {"shape": [-1]},
        {"shape": 7},
        {"dtype": "|O"},
        # bytes that are no letters
        {"dtype": "<U2"},
    ],
)
def test_a_store_that_claims_more_than_it_has_is_refused(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    about = {"shape": [2], "chunks": [2], "dtype": "<f8", "zarr_format": 2}
    (tmp_path / "x").mkdir()
    (tmp_path / ".zattrs").write_text('{"simdistrict_version": "1"}')
    (tmp_path / "x" / ".zattrs").write_text('{"_ARRAY_DIMENSIONS": ["x"]}')
    (tmp_path / "x" / "0").write_bytes(b"\xff" * 16)
    described = tmp_path / "x" / ".zarray"
    described.write_text(json.dumps(about))
    assert len(read_zarr(tmp_path).coords["x"].values) == 2
    described.write_text(json.dumps({**about, **changed}))
    with pytest.raises(ExchangeError, match="damaged"):
        read_zarr(tmp_path)


@pytest.mark.parametrize("gone", ["time", "outcome", "sampled", "region"])
def test_an_ensemble_that_lacks_a_variable_is_refused(
    tank: Path, capsys: Capsys, gone: str
) -> None:
    import netCDF4

    (tank / "f.csv").write_text(PRIOR_HEAD + "rate,,1,0,2,uniform\n")
    words = ("--members", "8", "--prior", "f.csv", "-o", "e.nc", "--save", "level")
    assert call(capsys, "ensemble", "tank.mdl", *words).code == 0
    with netCDF4.Dataset("e.nc", "a") as file:
        file.renameVariable(gone, "other")
    words = ("--method", "pawn", "--indicator", "level[north]")
    answer = call(capsys, "sensitivity", "e.nc", *words)
    assert answer.code == 3
    assert "e.nc | " in answer.err


def test_a_damaged_study_of_regimes_has_no_figure(tank: Path, capsys: Capsys) -> None:
    import netCDF4

    (tank / "two.mdl").write_text(mdl("x = INTEG(a + x - x^3, -1)\na = 0 ~ Dmnl [-1,1] ~ |"))
    branch = ("--parameter", "a", "--from", "-1", "--to", "1", "-o", "b.nc")
    assert call(capsys, "regimes", "branch", "two.mdl", *branch).code == 0
    with netCDF4.Dataset("b.nc", "a") as file:
        file.renameVariable("special_kind", "other")
    answer = call(capsys, "plot", "b.nc")
    assert answer.code == 3
    assert "it lacks the variable special_kind" in answer.err
