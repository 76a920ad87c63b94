"""Ensembles on a Dask cluster: a scheduler and workers as processes of their own, one killed."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import EngineError, Problem
from simdistrict.ensemble.cluster import tasks_on
from simdistrict.inference.sampling import Effort, sample
from simdistrict.inference.together import OnCluster
from tests.densities import gaussian
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
MODEL = """
    stock = INTEG(stock * rate, 1)
    rate = 0.1
"""
PRIOR = "element,label,value,low,high,distribution\nrate,,0.1,-0.1,0.3,uniform\n"
# in each worker: says which chunk begins and ends, and takes its time
PRELOAD = """
import os, time
from simdistrict.ensemble.members import Ensemble

def told(self, chunk, workers=None):
    with open(os.environ["CHUNKS"], "a") as file:
        file.write(f"begin {chunk} {os.getpid()}\\n")
    time.sleep(float(os.environ["SECONDS"]))
    found = Ensemble.plain(self, chunk, workers)
    with open(os.environ["CHUNKS"], "a") as file:
        file.write(f"end {chunk} {os.getpid()}\\n")
    return found

if not hasattr(Ensemble, "plain"):  # Dask loads this file twice
    Ensemble.plain = Ensemble.run_chunk
    Ensemble.run_chunk = told
"""


@dataclass
class Cluster:
    """A scheduler and its workers on this machine."""

    address: str
    start: Callable[[], subprocess.Popen[bytes]]
    log: Path
    scheduler: subprocess.Popen[bytes]

    def lines(self, word: str) -> list[tuple[int, int]]:
        """(chunk, process) of every line that begins with a word."""
        text = self.log.read_text() if self.log.exists() else ""
        rows = [line.split() for line in text.splitlines()]
        return [(int(row[1]), int(row[2])) for row in rows if row[0] == word]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A scheduler without workers, a model and a prior; the current directory."""
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(MODEL))
    Path("prior.csv").write_text(PRIOR)
    Path("preload.py").write_text(PRELOAD)
    log, told = tmp_path / "chunks.txt", tmp_path / "scheduler.json"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "CHUNKS": str(log), "SECONDS": "1"}
    with ExitStack() as stack:

        def start(module: str, *options: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", f"distributed.cli.{module}", *options]
            said = stack.enter_context((tmp_path / "dask.log").open("ab"))
            process = subprocess.Popen(command, env=env, stdout=said, stderr=said)

            def stop() -> None:
                process.kill()
                process.wait()

            stack.callback(stop)
            return process

        where = ["--scheduler-file", str(told), "--no-dashboard"]
        scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", *where)
        wait_for(told.exists)
        address = json.loads(told.read_text())["address"]
        options = ["--no-nanny", "--nthreads", "1", "--host", "127.0.0.1", "--preload"]

        def worker() -> subprocess.Popen[bytes]:
            return start("dask_worker", address, *options, "preload.py", "--no-dashboard")

        yield Cluster(address, worker, log, scheduler)


def wait_for(condition: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def content(store: Path) -> dict[str, bytes]:
    files = (path for path in store.rglob("*") if path.is_file())
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in files}


WORDS = ["ensemble", "small.mdl", "--prior", "prior.csv", "--members", "96", "--chunk", "8"]


@pytest.mark.slow
def test_a_killed_worker_costs_its_chunk_and_the_numbers_are_the_same(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-m", "simdistrict", *WORDS, "--scheduler", cluster.address]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    workers = {process.pid: process for process in (cluster.start(), cluster.start())}
    with subprocess.Popen([*command, "-o", "far.zarr", "--json"], env=env, stdout=-1) as process:
        try:
            wait_for(lambda: len(cluster.lines("end")) >= 3 or process.poll() is not None)
            count = len(cluster.lines("begin"))
            wait_for(lambda: len(cluster.lines("begin")) > count or process.poll() is not None)
            chunk, victim = cluster.lines("begin")[-1]
            # what it finished before has been fetched by then, what it does now has not
            time.sleep(0.4)
            workers[victim].kill()
            out, _ = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 0
    assert json.loads(out)["runs"][0]["outcomes"] == {"completed": 96}
    begun = Counter(number for number, _ in cluster.lines("begin"))
    assert begun == Counter({**dict.fromkeys(range(12), 1), chunk: 2})
    assert (chunk, victim) not in cluster.lines("end")
    assert len({pid for _, pid in cluster.lines("end")}) == 2
    assert call(capsys, *WORDS, "-o", "near.zarr").code == 0
    assert content(Path("far.zarr")) == content(Path("near.zarr"))


def test_a_command_that_was_killed_is_taken_up_without_the_cluster(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-m", "simdistrict", *WORDS, "--scheduler", cluster.address]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    cluster.start()
    with subprocess.Popen([*command, "-o", "far.zarr"], env=env, stdout=-1, stderr=-1) as process:
        try:
            wait_for(lambda: list(Path().glob("far.zarr.parts/*.npz")) or process.poll())
        finally:
            process.kill()
    assert not Path("far.zarr").exists()
    answer = call(capsys, *WORDS, "-o", "far.zarr", "--resume", "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["resumed"] > 0
    assert call(capsys, *WORDS, "-o", "near.zarr").code == 0
    assert content(Path("far.zarr")) == content(Path("near.zarr"))


def test_what_no_cluster_can_do_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(MODEL))
    Path("prior.csv").write_text(PRIOR)
    answer = call(capsys, *WORDS, "--scheduler", "tcp://127.0.0.1:9", "--workers", 2)
    assert answer.code == 2
    monkeypatch.setitem(sys.modules, "distributed", None)
    answer = call(capsys, *WORDS, "--scheduler", "tcp://127.0.0.1:9")
    assert answer.code == 3
    assert "simdistrict[cluster]" in answer.err


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path) -> None:
    (tmp_path / "small.mdl").write_text(mdl(MODEL))
    (tmp_path / "prior.csv").write_text(PRIOR)
    code = "import simdistrict.ensemble.cluster as c; c.WAIT = 1"
    code += "; from simdistrict.cli.main import main; main()"
    command = [sys.executable, "-c", code, *WORDS, "--scheduler", "tcp://127.0.0.1:9"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 3
    assert "scheduler tcp://127.0.0.1:9 | no Dask scheduler answers" in done.stderr


def test_a_worker_with_other_code_refuses() -> None:
    from simdistrict.ensemble.cluster import run_chunk

    with pytest.raises(EngineError, match=r"other code .* than this command \(simdistrict 00\)"):
        run_chunk(b"", "", "simdistrict 00", 0)


def test_an_error_comes_back_from_a_worker_as_it_was() -> None:
    error = EngineError([Problem("here", "this", "do that"), Problem("there", "that")])
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is EngineError
    assert again.problems == error.problems


@pytest.mark.slow
def test_a_scheduler_that_dies_is_a_message_and_finished_chunks_stay(cluster: Cluster) -> None:
    command = [sys.executable, "-m", "simdistrict", *WORDS, "--scheduler", cluster.address]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1"}
    cluster.start()
    given = {"env": env, "stdout": -1, "stderr": -1, "text": True}
    with subprocess.Popen([*command, "-o", "far.zarr"], **given) as process:  # type: ignore[call-overload]
        try:
            wait_for(lambda: list(Path().glob("far.zarr.parts/*.npz")) or process.poll())
            cluster.scheduler.kill()
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "| the connection to the scheduler was lost" in err
    assert "finished chunks are saved: continue with --resume" in err
    assert "Traceback" not in err
    assert list(Path().glob("far.zarr.parts/*.npz"))


@pytest.mark.slow
def test_populations_on_a_cluster_give_the_draws_of_this_process(cluster: Cluster) -> None:
    density = gaussian(np.array([0.1, 0.5, 2.0]))
    effort = Effort(ess=300, runs=40_000)
    cluster.start()
    tasks = tasks_on(cluster.address, density)
    try:
        far = sample(density, effort, runner=OnCluster(tasks))
    finally:
        tasks.close()
    near = sample(density, effort)
    assert pickle.dumps(far) == pickle.dumps(near)


INFER = ["infer", "small.mdl", "--data", "data.csv", "--prior", "prior.csv", "--ess", "200"]


@pytest.mark.slow
def test_a_posterior_on_a_cluster_has_the_same_bytes(cluster: Cluster, capsys: Capsys) -> None:
    rows = "".join(f"stock,stock,{t},{1.1**t + 0.02:.4f},0.1\n" for t in range(1, 9))
    Path("data.csv").write_text("series,element,year,value,scale\n" + rows)
    assert call(capsys, *INFER, "-o", "near").code == 0
    cluster.start()
    cluster.start()
    there = ("--scheduler", cluster.address)
    answer = call(capsys, *INFER, *there, "-o", "far")
    assert answer.code == 0, answer.err
    assert content(Path("far")) == content(Path("near"))
    # begun there, interrupted, and ended in this process
    command = [sys.executable, "-m", "simdistrict", *INFER, *there, "-o", "cut"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env, stdout=-1, stderr=-1, text=True) as process:
        try:
            wait_for(lambda: list(Path().glob("cut.parts/*.npz")) or process.poll() is not None)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert "finished steps wait in cut.parts for --resume" in err
    assert call(capsys, *INFER, "-o", "cut", "--resume").code == 0
    assert content(Path("cut")) == content(Path("near"))
