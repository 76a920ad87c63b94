"""Chunks of an ensemble, and other tasks, on a Dask cluster. The only door to distributed.

A chunk depends on the ensemble alone, so the numbers equal those of a local run. When a worker
dies, another one repeats its chunks.
"""

from __future__ import annotations

import logging
import pickle
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from threading import Lock, local
from typing import Any

from simdistrict.base.errors import EngineError, Problem, SimdistrictError, WorkerError
from simdistrict.base.identity import code_identity
from simdistrict.base.version import version
from simdistrict.engine.backends import IMPLICIT
from simdistrict.ensemble.members import Chunk, Ensemble

WAIT = 10.0  # timeout for a scheduler, in seconds
_PATIENCE = 5.0  # seconds without a finished chunk, after which workers are counted
_AHEAD = 2  # queued chunks per thread of the cluster, so that none is idle

log = logging.getLogger(__name__)
_own = local()
_one_at_a_time = Lock()


class ClusterRunner:
    """Runs chunks of one ensemble on the cluster of a scheduler."""

    def __init__(self, ensemble: Ensemble, address: str, client: Any) -> None:
        self.ensemble = ensemble
        self.address = address
        self.client = client

    def __call__(self, numbers: Sequence[int]) -> Iterable[tuple[int, Chunk]]:
        """Yields chunks as they finish, in any order.

        Raises WorkerError where the cluster fails, EngineError where it lacks simdistrict, and any
        error of a chunk.
        """
        try:
            with _explained(self.address, "chunk", "--chunk makes chunks smaller; then --resume"):
                yield from self._chunks(list(numbers))
        finally:
            # a scheduler that has gone would let it wait
            self.client.close(timeout=1)

    def _chunks(self, numbers: list[int]) -> Iterator[tuple[int, Chunk]]:
        name = f"simdistrict-{uuid.uuid4().hex[:12]}"
        # submitted as a task, not scattered, so that the scheduler can recreate it when its
        # worker dies
        given = self.client.submit(bytes, _packed(self.ensemble), key=f"{name}-ensemble")
        identity, code = self.ensemble.identity, code_identity()
        _warn_of_none(self.client, self.address, "yet")
        number_of: dict[str, int] = {}
        left = iter(numbers)

        def more() -> list[Any]:
            """Enough futures to keep every thread of the cluster busy."""
            threads = sum(self.client.nthreads().values())
            futures = []
            for number in islice(left, max(_AHEAD * max(threads, 1) - len(number_of), 0)):
                key = f"{name}-{number:06}"
                number_of[key] = number
                task = (run_chunk, given, identity, code, number)
                futures.append(self.client.submit(*task, key=key))
            return futures

        running = set(more())
        while running:
            for future in _next(self.client, self.address, running):
                chunk: Chunk = future.result()
                yield number_of.pop(future.key), chunk
                running.remove(future)
                future.release()
            running.update(more())


class ClusterTasks:
    """Runs tasks that share one large object, such as a model with its data, on a cluster.

    serial: tasks of one worker process run one at a time, as a GPU and the library for stiff
    models need.
    """

    def __init__(self, address: str, client: Any, shared: object, serial: bool) -> None:
        self.address = address
        self.client = client
        self.serial = serial
        self.name = f"simdistrict-{uuid.uuid4().hex[:12]}"
        self.count = 0
        # as for an ensemble, a task and not scattered
        self.given = client.submit(bytes, pickle.dumps(shared), key=f"{self.name}-shared")
        _warn_of_none(client, address, "yet")

    def __call__(self, task: Callable[[Any, Any], Any], items: Sequence[object]) -> list[Any]:
        """`task(shared, item)` of each item, in order.

        Raises WorkerError where the cluster fails, EngineError where it lacks simdistrict, and any
        error of a task.
        """
        code = code_identity()
        with _explained(self.address, "task", "then repeat the command with --resume"):
            futures = []
            for item in items:
                self.count += 1
                key = f"{self.name}-{self.count:06}"
                call = (
                    run_task,
                    self.given,
                    self.name,
                    code,
                    self.serial,
                    task,
                    pickle.dumps(item),
                )
                futures.append(self.client.submit(*call, key=key))
            running = set(futures)
            while running:
                running -= set(_next(self.client, self.address, running))
            found = [future.result() for future in futures]
            for future in futures:
                future.release()
        return found

    def close(self) -> None:
        """End the connection; a scheduler that has gone would let it wait."""
        self.client.close(timeout=1)


def _next(client: Any, address: str, running: set[Any]) -> Iterable[Any]:
    """Some futures that are done; warns where all workers have gone."""
    dask = _dask()
    warned = False
    while True:
        try:
            with client.as_current():
                done = dask.wait(running, _PATIENCE, return_when="FIRST_COMPLETED").done
            return tuple(done)
        except (TimeoutError, dask.TimeoutError):
            warned = warned or _warn_of_none(client, address, "any more")


def _warn_of_none(client: Any, address: str, since: str) -> bool:
    """Warn where the cluster has no workers; returns whether it has none."""
    if client.nthreads():
        return False
    log.warning("%s has no workers %s: waiting for some", address, since)
    return True


@contextmanager
def _explained(address: str, kind: str, smaller: str) -> Iterator[None]:
    """Turn errors of Dask into ours; kind: what a cluster runs, smaller: how to need less."""
    dask = _dask()
    where = f"scheduler {address}"
    lost = (dask.CancelledError, dask.comm.core.CommClosedError, OSError)
    try:
        yield
    except SimdistrictError:
        raise
    except dask.KilledWorker as error:
        what = f"one {kind} was lost with several workers ({_first_line(error)})"
        hint = f"do they run out of memory? {smaller}"
        raise WorkerError(Problem(where, what, hint)) from None
    except lost as error:
        what = f"the connection to the scheduler was lost ({_first_line(error)})"
        hint = f"finished {kind}s are saved: continue with --resume"
        raise WorkerError(Problem(where, what, hint)) from None
    except (ImportError, RuntimeError) as error:
        what = f"the cluster cannot run simdistrict ({error})"
        hint = f"install simdistrict {version()} where its scheduler and its workers run"
        raise EngineError(Problem(where, what, hint)) from None


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _dask() -> Any:
    """Dask's distributed, which has no type information."""
    import distributed

    return distributed


def runner_on(ensemble: Ensemble, address: str) -> ClusterRunner:
    """A runner on a cluster. Raises EngineError where no scheduler answers."""
    return ClusterRunner(ensemble, address, _client(address))


def tasks_on(address: str, shared: object, *, serial: bool = False) -> ClusterTasks:
    """Tasks on a cluster, see `ClusterTasks`. Raises as `runner_on`."""
    return ClusterTasks(address, _client(address), shared, serial)


def _client(address: str) -> Any:
    where = f"scheduler {address}"
    try:
        dask = _dask()
    except ImportError:
        hint = 'pip install "simdistrict[cluster]"'
        raise EngineError(Problem(where, "Dask is not installed", hint)) from None
    try:
        return dask.Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        what = f"no Dask scheduler answers ({error})"
        hint = "the address is what `dask scheduler` prints, such as tcp://192.168.0.7:8786"
        raise EngineError(Problem(where, what, hint)) from None


def _packed(ensemble: Ensemble) -> bytes:
    """The pickled ensemble without cached properties, from this process to its own workers.

    Pickles go between processes only, and never through a file.
    """
    return pickle.dumps(replace(ensemble, design=replace(ensemble.design)))


def run_chunk(packed: bytes, identity: str, code: str, number: int) -> Chunk:
    """Run a chunk in a worker thread. Raises EngineError where the worker has other code."""
    # one copy per thread: an ensemble holds the state of its Sobol sequence
    ensemble: Ensemble = _unpacked(packed, identity, code)
    # the library for stiff models is not thread-safe, and a GPU runs one chunk at a time
    alone = ensemble.backend == "cuda"
    alone |= any(plan.integrator in IMPLICIT for plan in ensemble.plans)
    with _one_at_a_time if alone else nullcontext():
        return ensemble.run_chunk(number, 1)


def run_task(
    packed: bytes,
    identity: str,
    code: str,
    serial: bool,
    task: Callable[[Any, Any], Any],
    item: bytes,
) -> Any:
    """Run a task in a worker thread. Raises EngineError where the worker has other code."""
    shared = _unpacked(packed, identity, code)
    with _one_at_a_time if serial else nullcontext():
        return task(shared, pickle.loads(item))


def _unpacked(packed: bytes, identity: str, code: str) -> Any:
    """What the tasks of a command share, one copy per thread."""
    if code != code_identity():
        what = f"it has other code ({code_identity()}) than this command ({code})"
        hint = "install the same simdistrict, numpy, scipy and llvmlite everywhere"
        raise EngineError(Problem("a worker of the cluster", what, hint))
    if getattr(_own, "identity", None) != identity:
        _own.shared = pickle.loads(packed)
        _own.identity = identity
    return _own.shared
