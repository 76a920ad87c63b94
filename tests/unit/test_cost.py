"""Runs that cost more than a machine has: refused before they start, with their size."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from simdistrict.base import budget
from simdistrict.base.budget import size_in_words
from simdistrict.base.library import models
from simdistrict.engine.work import work_of
from simdistrict.ensemble import file as ensemble_file
from simdistrict.run import cost
from simdistrict.run.plan import prepare
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
SUM = "a: (a1-a{0}) ~~|\nb: (b1-b{0}) ~~|\nx[a] = Time\ny[b] = Time\ns = SUM(x[a!] * y[b!])"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(equations: str, **control: float) -> None:
    Path("m.mdl").write_text(mdl(equations, **control))  # type: ignore[arg-type]


def test_operations_are_counted_as_loops_repeat_them() -> None:
    for labels in (10, 20):
        write(SUM.format(labels))
        work = work_of(prepare(Path("m.mdl")).program)
        # the terms of the sum, and each element of the two arrays
        assert labels**2 + 2 * labels <= work.every <= labels**2 + 2 * labels + 20
        assert work.element == "s"
        assert work.most >= labels**2


def test_a_sum_of_very_many_terms_is_refused_at_once(capsys: Capsys) -> None:
    write(SUM.format(15_000))
    begin = time.perf_counter()
    answer = call(capsys, "run", "m.mdl", "-o", "out.nc")
    assert time.perf_counter() - begin < 20
    assert answer.code == 3
    assert "operations, 225,000," in answer.err
    assert 'of them for "s"; 200,000,000 is the maximum' in answer.err
    assert "--allow-large" in answer.err


def test_the_limits_are_lifted_on_request(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "MAX_EVALUATION", 100)
    write(SUM.format(20))
    assert call(capsys, "run", "m.mdl", "-o", "out.nc").code == 3
    assert call(capsys, "run", "m.mdl", "-o", "out.nc", "--allow-large").code == 0


def test_a_run_of_very_many_steps_is_refused(capsys: Capsys) -> None:
    write(SUM.format(2_000), stop=1e8, save_step=1e8)
    answer = call(capsys, "run", "m.mdl", "-o", "out.nc")
    assert answer.code == 3
    assert "operations in 100,000,000 steps" in answer.err


def test_a_run_that_does_not_fit_into_memory_is_refused(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "memory_bytes", lambda: 1_000_000)
    write("r: (r1-r100) ~~|\nlevel[r] = INTEG(1, 0)", stop=1000)
    answer = call(capsys, "run", "m.mdl", "-o", "out.nc")
    assert answer.code == 3
    assert "--save-step | the run keeps" in answer.err
    assert "MB of numbers at 1,002 times; half of the memory is 500 kB" in answer.err
    assert not Path("out.nc").exists()
    assert call(capsys, "run", "m.mdl", "-o", "out.nc", "--save-step", "10").code == 0


def test_an_ensemble_that_does_not_fit_on_the_disk_is_refused(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(free=10**9)
    monkeypatch.setattr(ensemble_file.shutil, "disk_usage", lambda _: free)
    write("k = 1\nlevel = INTEG(k, 0)")
    head = "element,label,value,low,high,distribution\n"
    Path("p.csv").write_text(f"{head}k,,1,0,2,uniform\n")
    command = ["ensemble", "m.mdl", "--prior", "p.csv", "--times", "all", "-o", "out.nc"]
    answer = call(capsys, *command, "--members", 10**9)
    assert answer.code == 3
    # 11 times and a draw of 8 bytes each, an outcome and its time
    assert "out.nc | the ensemble needs 210 GB (the file has 105 GB, and its chunks" in answer.err
    assert "1 GB are free" in answer.err
    assert not Path("out.nc.parts").exists()


@pytest.mark.parametrize("name", ["core", "district"])
def test_shipped_models_are_far_below_the_limits(name: str) -> None:
    work = work_of(prepare(models()[name]).program)
    assert max(work.start, work.every) < cost.MAX_EVALUATION / 100


def test_sizes_in_words() -> None:
    assert size_in_words(999) == "999 bytes"
    assert size_in_words(16e9) == "16 GB"
    assert size_in_words(1.5e6) == "1.5 MB"
    assert budget.memory_bytes() > 1e8
