"""The chunks of an ensemble on disk: two writers, and chunks that are not what they should be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simdistrict.base.errors import ExchangeError
from simdistrict.ensemble import parts as ensemble_parts
from simdistrict.ensemble.file import write_ensemble
from simdistrict.ensemble.members import Ensemble, ensemble_of
from simdistrict.ensemble.parts import Parts
from simdistrict.ensemble.prior import read_prior
from simdistrict.run.plan import plans_for
from tests.program import call
from tests.small import mdl

ROOT = Path(__file__).parents[2]
MODEL = mdl("stock = INTEG(stock * rate, 1)\nrate = 0.1")
PRIOR = "element,label,value,low,high,distribution\nrate,,0.1,-0.1,0.3,triangular\n"
PARTS = Path("out.nc.parts")
CHUNK = PARTS / "000002.npz"
# 5 chunks of 8 members
WORDS = ["ensemble", "small.mdl", "--members", 40, "--chunk", 8, "--prior", "prior.csv"]
WORDS += ["-o", "out.nc"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model and a prior, as the current directory."""
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(MODEL)
    Path("prior.csv").write_text(PRIOR)
    return tmp_path


def ensemble(seed: int = 0) -> Ensemble:
    plans = plans_for(["small.mdl"], backend="native")
    prepared = plans[0].prepared
    priors = read_prior(PRIOR, "prior.csv", prepared.model, prepared.program)
    return ensemble_of(plans, priors, PRIOR, 40, seed=seed, chunk=8)


def interrupted(seed: int = 0) -> None:
    """Leave all chunks but the last in PARTS."""
    made = ensemble(seed)
    parts = Parts(PARTS, made)
    with parts.open(resume=False):
        for chunk in range(4):
            parts.store(chunk, made.run_chunk(chunk))


# ---------------------------------------------------------------------- two writers


@pytest.mark.usefixtures("project")
def test_a_second_command_is_refused_and_leaves_the_first_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(capsys, *WORDS).code == 0
    whole = Path("out.nc").read_bytes()
    made = ensemble()
    parts = Parts(PARTS, made)
    with parts.open(resume=False):
        parts.store(0, made.run_chunk(0))
        before = sorted(os.listdir(PARTS))
        for options in ([], ["--seed", 1], ["--resume"]):
            answer = call(capsys, *WORDS, *options)
            assert answer.code == 3
            assert f"out.nc.parts | process {os.getpid()} is writing" in answer.err
            assert "wait until it has ended, or name another file with -o" in answer.err
            assert "started again" not in answer.err
        assert sorted(os.listdir(PARTS)) == before
    answer = call(capsys, *WORDS, "--resume")
    assert answer.code == 0
    assert "8 members from before" in answer.out
    assert Path("out.nc").read_bytes() == whole
    assert not PARTS.exists()


@pytest.mark.usefixtures("project")
@pytest.mark.slow
def test_two_processes_at_once_write_one_ensemble_as_a_whole() -> None:
    Path("small.mdl").write_text(mdl("stock = INTEG(stock * rate, 1)\nrate = 0.1", time_step=1e-3))
    words = [sys.executable, "-m", "simdistrict", "ensemble", "small.mdl", "--prior", "prior.csv"]
    words += ["--members", "20000", "--chunk", "1000", "--workers", "1"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([*words, "-o", "out.nc"], env=env) as first:
        try:
            deadline = time.monotonic() + 120
            while not list(PARTS.glob("0*.npz")):
                assert first.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            second = subprocess.run(
                [*words, "--seed", "1", "-o", "out.nc"], env=env, capture_output=True, text=True
            )
            assert first.wait(120) == 0
        finally:
            first.kill()
    assert second.returncode == 3
    assert f"process {first.pid} is writing" in second.stderr
    subprocess.run([*words, "-o", "alone.nc"], env=env, check=True, capture_output=True)
    assert Path("out.nc").read_bytes() == Path("alone.nc").read_bytes()


@pytest.mark.usefixtures("project")
def test_where_nothing_locks_two_ensembles_are_not_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simdistrict.base.lock._lock", lambda handle: True)
    one, other = ensemble(), ensemble(seed=1)
    parts = Parts(PARTS, one)

    def crossed(chunk: int, workers: int | None = None) -> object:
        if chunk == 3:  # the other one begins and finishes while this one runs
            write_ensemble(other, Path("out.nc"))
        return Ensemble.run_chunk(one, chunk, workers)

    object.__setattr__(one, "run_chunk", crossed)
    with pytest.raises(ExchangeError, match="taken over by another command"):
        write_ensemble(one, Path("out.nc"))
    with netCDF4.Dataset("out.nc") as file:
        assert file.seed == 1
        np.testing.assert_array_equal(file["design"][:], other.design.rows(0, 40))
    # and what another one has put among the chunks is found before the file is written
    interrupted(seed=1)
    stranger = CHUNK.read_bytes()
    interrupted()
    with parts.open(resume=True):
        parts.store(4, Ensemble.run_chunk(one, 4))
        CHUNK.write_bytes(stranger)
        with pytest.raises(ExchangeError, match="it belongs to another ensemble; nothing was"):
            list(parts.all([Counter()]))


# ---------------------------------------------------------------------- chunks that do not fit


def damage(how: str) -> None:
    content = CHUNK.read_bytes()
    if how == "empty":
        CHUNK.write_bytes(b"")
    elif how == "truncated":
        CHUNK.write_bytes(content[: len(content) // 2])
    elif how == "garbage":
        CHUNK.write_bytes(b"\x93NUMPY garbage" * 50)
    elif how == "one bit":
        at = content.index(b"v3.npy") + 200  # amid the numbers
        CHUNK.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    elif how == "method":  # the first array is said to be deflated, which begins otherwise
        at = content.index(b"PK\x01\x02") + 10
        content = content[:at] + b"\x08" + content[at + 1 :]
        CHUNK.write_bytes(content.replace(b"\x93NUMPY", b"\x07NUMPY", 1))
    elif how == "elsewhere":
        shutil.copy(PARTS / "000001.npz", CHUNK)
    elif how == "stranger":
        stranger = shutil.move(PARTS, "kept")
        interrupted(seed=1)
        shutil.move(CHUNK, "stranger.npz")
        shutil.rmtree(PARTS)
        shutil.move(stranger, PARTS)
        shutil.move("stranger.npz", CHUNK)
    elif how == "old":  # one that does not say whose it is
        with np.load(CHUNK) as file:
            np.savez(CHUNK, **{name: file[name] for name in file if name.startswith("v")})
    elif how == "gone":
        CHUNK.unlink()
        shutil.copy(PARTS / "000001.npz", PARTS / "2.npz")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("empty", "it is damaged"),
        ("truncated", "it is damaged"),
        ("garbage", "it is damaged"),
        ("one bit", "it is damaged"),
        ("method", "it is damaged"),
        ("old", "it is damaged"),
        ("elsewhere", "it holds the members 8 to 15, not 16 to 23"),
        ("stranger", "it belongs to another ensemble"),
        ("gone", ""),
    ],
)
def test_a_chunk_that_does_not_fit_is_named_and_run_again(
    how: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert call(capsys, *WORDS).code == 0
    whole = Path("out.nc").read_bytes()
    interrupted()
    damage(how)
    caplog.clear()
    answer = call(capsys, *WORDS, "--resume")
    assert answer.code == 0
    assert "24 members from before" in answer.out
    note = f"{CHUNK}: {said}; its members are run again"
    assert [r.getMessage() for r in caplog.records] == ([note] if said else [])
    assert Path("out.nc").read_bytes() == whole
    assert not PARTS.exists()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(at=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255), cut=st.booleans())
@pytest.mark.usefixtures("project")
def test_whatever_happens_to_a_chunk_it_has_its_numbers_or_is_run_again(
    at: float, bits: int, cut: bool
) -> None:
    made = ensemble()
    parts = Parts(PARTS, made)
    interrupted()
    content = bytearray(CHUNK.read_bytes())
    place = int(at * len(content))
    content[place] ^= bits
    CHUNK.write_bytes(content[:place] if cut else content)
    wanted = made.run_chunk(2)
    if 2 in parts.finished():
        found = parts._read(2)
        for name, values in zip(found, wanted.values(), strict=True):
            np.testing.assert_array_equal(found[name], values)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", ["out.nc", "out.zarr"])
def test_a_chunk_that_is_damaged_at_the_end_is_not_written(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*WORDS[:-1], name]
    chunk = Path(f"{name}.parts") / CHUNK.name
    store = Parts.store

    def damaging(self: Parts, number: int, values: dict[str, np.ndarray]) -> None:
        store(self, number, values)
        if number == 4:
            chunk.write_bytes(chunk.read_bytes()[:100])

    with monkeypatch.context() as patch:
        patch.setattr(Parts, "store", damaging)
        answer = call(capsys, *words)
    assert answer.code == 3
    assert f"{chunk} | it is damaged; nothing was written" in answer.err
    assert "--resume" in answer.err
    assert not Path(name).exists()
    answer = call(capsys, *words, "--resume")
    assert answer.code == 0
    assert "32 members from before" in answer.out


# ---------------------------------------------------------------------- the folder


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("left", [[], ["lock"], [".ensemble.json.0123abcd-99-0.part"]])
def test_a_folder_in_which_nothing_was_done_is_used(
    left: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    PARTS.mkdir()
    for name in left:
        (PARTS / name).write_text("")
    answer = call(capsys, *WORDS)
    assert answer.code == 0
    assert answer.err == ""
    assert not PARTS.exists()


@pytest.mark.usefixtures("project")
def test_a_folder_that_is_not_known_may_be_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    interrupted()
    (PARTS / "ensemble.json").write_text("")
    for options in ([], ["--resume"]):
        answer = call(capsys, *WORDS, *options)
        assert answer.code == 3
        assert "this is not what one leaves" in answer.err
        assert "if nothing in it is needed, delete it: rm -r out.nc.parts" in answer.err
    shutil.rmtree(PARTS)
    assert call(capsys, *WORDS).code == 0


@pytest.mark.usefixtures("project")
def test_starting_again_removes_chunks_and_nothing_else(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    interrupted(seed=1)
    (PARTS / "notes.txt").write_text("mine")
    answer = call(capsys, *WORDS)
    assert answer.code == 0
    assert "an interrupted ensemble is started again" in caplog.text
    assert os.listdir(PARTS) == ["notes.txt"]


@pytest.mark.usefixtures("project")
def test_a_folder_that_cannot_be_made_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(ensemble_parts, "locked", full)
    answer = call(capsys, *WORDS)
    assert answer.code == 3
    assert "out.nc.parts | the disk is full" in answer.err
