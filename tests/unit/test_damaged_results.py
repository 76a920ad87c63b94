"""Result files that are damaged, or made to harm: a message, never a traceback or other numbers."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from tests.damaged import VALUES, cut, damaged, damages
from tests.program import Answer, call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
MODEL = """
r: x, y ~~|
k = GET DIRECT CONSTANTS('k.csv', ',', 'B1')
c = 2
g[r] = 0.1, 0.2
level[r] = INTEG(g[r] * k * c, 1)
total = SUM(level[r!])
"""
COMMANDS = {
    "rerun": ("rerun", "bad.nc"),
    "compare": ("compare", "good.nc", "bad.nc"),
    "plot": ("plot", "bad.nc", "-o", "figures", "--force"),
    "detect": ("regimes", "detect", "bad.nc", "--rule", "high: total > 1"),
    "convert": ("convert", "bad.nc", "bad.csv", "--force"),
    "data": ("run", "d.mdl", "--data", "bad.nc", "-o", "o.nc", "--force"),
    "pawn": ("sensitivity", "bad.nc", "--method", "pawn", "--indicator", "total"),
}
# whatever a command does with a damaged file: nothing unexpected
CODES = (0, 2, 3, 4, 5)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and, for each kind, a sound result."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "k.csv").write_text("k,3\n")
    (folder / "m.mdl").write_text(mdl(MODEL))
    (folder / "d.mdl").write_text(mdl("total\nz = total * 2"))
    (folder / "c.cin").write_text("c = 2.5\n")
    head = "element,label,value,low,high,distribution\n"
    (folder / "p.csv").write_text(f"{head}c,,2,1,3,uniform\ng,x,0.1,0.05,0.2,triangular\n")
    return folder


@pytest.fixture(autouse=True)
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the current directory."""
    shutil.copytree(made, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def good(capsys: Capsys, kind: str) -> Path:
    command = {
        "run": ("run", "m.mdl", "--changes", "c.cin"),
        "ensemble": ("ensemble", "m.mdl", "--members", 16, "--prior", "p.csv", "--save", "total"),
        "study": ("regimes", "equilibria", "m.mdl"),
    }[kind]
    assert call(capsys, *command, "-o", "good.nc").code == 0
    return Path("good.nc")


def check(answer: Answer, what: str) -> None:
    assert answer.code in CODES, f"{what}: {answer.err}"
    assert "unexpected" not in answer.err, what
    assert "Traceback" not in answer.err, what


DAMAGED = [
    ("external_data", "junk"),
    ("external_data", "nested"),
    ("external_data", '{"sheets": [{"file": 1, "tab": ",", "cells": {}}]}'),
    ("external_data", '{"sheets": [{"file": "k.csv", "tab": ",", "cells": {"B1": Infinity}}]}'),
    ("external_data", '{"series": {"k": {"times": ["a"], "values": []}}}'),
    ("external_files", "nested object"),
    ("external_files", '{"k.csv": "no hash"}'),
    ("external_files", '["k.csv"]'),
    ("model_name", "numbers"),
    ("model_name", "empty"),
    ("model_text", "number"),
    ("scenario_yaml", "huge"),
    ("backend", "junk"),
    ("integrator", "junk"),
    ("time_step", "not a number"),
    ("time_step", "zero"),
    ("save_step", "junk"),
    ("seed", "negative"),
    ("saved", "numbers"),
    ("model_sha256", "junk"),
    ("simdistrict_version", "number"),
    ("regimes_request", "nested"),
    ("lookup_changes", "number"),
]


@pytest.mark.parametrize(("name", "value"), DAMAGED)
def test_a_damaged_attribute_is_named(name: str, value: str, capsys: Capsys) -> None:
    source = good(capsys, "run")
    assert damaged(source, Path("bad.nc"), lambda d: d.setncattr(name, VALUES.get(value, value)))
    for command in ("rerun", "compare"):
        answer = call(capsys, *COMMANDS[command])
        assert answer.code == 3
        assert f"bad.nc | the attribute {name} is damaged" in answer.err


MEMBERS = [
    ("members", "huge"),
    ("members", "zero"),
    ("members", 10**12),
    ("members", "junk"),
    ("method", "junk"),
    ("seed", "fraction"),
    ("prior", "empty"),
    ("saved_times", "numbers"),
    ("saved_times", "junk"),
    ("powers", "number"),
    ("order", "huge"),
    ("levels", "negative"),
]


@pytest.mark.parametrize(("name", "value"), MEMBERS)
def test_a_damaged_record_of_members_is_named(name: str, value: object, capsys: Capsys) -> None:
    source = good(capsys, "ensemble")
    what = VALUES.get(str(value), value)
    assert damaged(source, Path("bad.nc"), lambda d: d.setncattr(name, what))
    for command in ("rerun", "pawn"):
        answer = call(capsys, *COMMANDS[command])
        assert answer.code == 3
        assert f"bad.nc | the attribute {name} is damaged" in answer.err


def test_times_that_do_not_ascend_and_labels_twice_are_damage(capsys: Capsys) -> None:
    source = good(capsys, "run")
    with netCDF4.Dataset(source) as data:
        times = np.array(data["time"][...])
    for wrong in (times[::-1], np.full_like(times, np.nan), times * 0):
        assert damaged(source, Path("bad.nc"), lambda d, w=wrong: d["time"].__setitem__(..., w))
        answer = call(capsys, *COMMANDS["compare"])
        assert (answer.code, "the coordinate time does not ascend" in answer.err) == (3, True)

    def repeat(data: netCDF4.Dataset) -> None:
        data.set_auto_chartostring(False)
        data["r"][...] = b"x"

    assert damaged(source, Path("bad.nc"), repeat)
    answer = call(capsys, *COMMANDS["rerun"])
    assert (answer.code, "the coordinate r has a label twice" in answer.err) == (3, True)


@pytest.mark.parametrize("kind", ["run", "ensemble", "study"])
def test_some_damage_of_every_kind_is_survived(kind: str, capsys: Capsys) -> None:
    source = good(capsys, kind)
    every = list(damages(source))
    for what, damage in every[:: len(every) // 3 + 1]:
        if damaged(source, Path("bad.nc"), damage):
            for command in COMMANDS.values():
                check(call(capsys, *command), f"{' '.join(command)}, {what}")
    for part in (0.9,):
        cut(source, Path("bad.nc"), part)
        for command in COMMANDS.values():
            check(call(capsys, *command), f"{' '.join(command)}, cut at {part}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["run", "ensemble", "study"])
def test_every_damage_is_survived(kind: str, capsys: Capsys) -> None:
    source = good(capsys, kind)
    for what, damage in damages(source):
        if damaged(source, Path("bad.nc"), damage):
            for command in COMMANDS.values():
                check(call(capsys, *command), f"{' '.join(command)}, {what}")


def test_a_small_file_that_unpacks_to_many_numbers_is_refused(capsys: Capsys) -> None:
    with netCDF4.Dataset("bad.nc", "w") as data:
        data.createDimension("time", 20_000)
        data.createDimension("x", 100_000)
        data.createVariable("time", "f8", ("time",))[...] = np.arange(20_000)
        data.createVariable("a", "f8", ("time", "x"), zlib=True, chunksizes=(1, 100_000))
    begin = time.perf_counter()
    answer = call(capsys, "compare", "bad.nc", "bad.nc")
    assert time.perf_counter() - begin < 2
    assert answer.code == 3
    assert "that holds 16 GB of numbers is not read" in answer.err


def _store(capsys: Capsys) -> Path:
    command = ("ensemble", "m.mdl", "--members", 16, "--prior", "p.csv", "--save", "total")
    assert call(capsys, *command, "-o", "bad.zarr").code == 0
    return Path("bad.zarr")


ARRAYS = [
    {"shape": [10**12]},
    {"shape": [-1]},
    {"shape": "junk"},
    {"chunks": [0]},
    {"chunks": [10**12]},
    {"dtype": "|O"},
    {"dtype": "junk"},
    {"shape": []},
]


@pytest.mark.parametrize("change", ARRAYS, ids=str)
def test_a_damaged_store_is_refused(change: dict[str, object], capsys: Capsys) -> None:
    store = _store(capsys)
    described = store / "design" / ".zarray"
    described.write_text(json.dumps({**json.loads(described.read_text()), **change}))
    answer = call(capsys, "sensitivity", store, "--method", "pawn", "--indicator", "total")
    assert answer.code == 3
    assert "bad.zarr | " in answer.err


@pytest.mark.parametrize("name", [".zattrs", "design/.zattrs", "design/.zarray"])
@pytest.mark.parametrize("text", ["", "[" * 100_000, "[1]", "{}", "\0"])
def test_a_damaged_description_of_a_store_is_refused(name: str, text: str, capsys: Capsys) -> None:
    store = _store(capsys)
    (store / name).write_text(text)
    answer = call(capsys, "sensitivity", store, "--method", "pawn", "--indicator", "total")
    assert answer.code == 3
    assert "bad.zarr | " in answer.err
