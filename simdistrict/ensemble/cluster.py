"""Chunks of an ensemble on an existing Dask cluster. The only door to distributed.

A chunk depends on the ensemble alone, so the numbers equal those of a local run. When a worker
dies, another one repeats its chunks.
"""

from __future__ import annotations

import logging
import pickle
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
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
        dask = _dask()
        lost = (dask.CancelledError, dask.comm.core.CommClosedError, OSError)
        try:
            yield from self._chunks(list(numbers))
        except SimdistrictError:
            raise
        except dask.KilledWorker as error:
            what = f"one chunk was lost with several workers ({_first_line(error)})"
            hint = "do they run out of memory? --chunk makes chunks smaller; then --resume"
            raise WorkerError(Problem(self.where, what, hint)) from None
        except lost as error:
            what = f"the connection to the scheduler was lost ({_first_line(error)})"
            hint = "finished chunks are saved: continue with --resume"
            raise WorkerError(Problem(self.where, what, hint)) from None
        except (ImportError, RuntimeError) as error:
            what = f"the cluster cannot run simdistrict ({error})"
            hint = f"install simdistrict {version()} where its scheduler and its workers run"
            raise EngineError(Problem(self.where, what, hint)) from None
        finally:
            # a scheduler that has gone would let it wait
            self.client.close(timeout=1)

    @property
    def where(self) -> str:
        """The name of the cluster in messages."""
        return f"scheduler {self.address}"

    def _chunks(self, numbers: list[int]) -> Iterator[tuple[int, Chunk]]:
        name = f"simdistrict-{uuid.uuid4().hex[:12]}"
        # submitted as a task, not scattered, so that the scheduler can recreate it when its
        # worker dies
        given = self.client.submit(bytes, _packed(self.ensemble), key=f"{name}-ensemble")
        identity, code = self.ensemble.identity, code_identity()
        self._warn_of_none("yet")
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
            for future in self._next(running):
                chunk: Chunk = future.result()
                yield number_of.pop(future.key), chunk
                running.remove(future)
                future.release()
            running.update(more())

    def _next(self, running: set[Any]) -> Iterable[Any]:
        """Some futures that are done; warns where all workers have gone."""
        dask = _dask()
        warned = False
        while True:
            try:
                with self.client.as_current():
                    done = dask.wait(running, _PATIENCE, return_when="FIRST_COMPLETED").done
                return tuple(done)
            except (TimeoutError, dask.TimeoutError):
                warned = warned or self._warn_of_none("any more")

    def _warn_of_none(self, since: str) -> bool:
        """Warn where the cluster has no workers; returns whether it has none."""
        if self.client.nthreads():
            return False
        log.warning("%s has no workers %s: waiting for some", self.address, since)
        return True


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _dask() -> Any:
    """Dask's distributed, which has no type information."""
    import distributed

    return distributed


def runner_on(ensemble: Ensemble, address: str) -> ClusterRunner:
    """A runner on a cluster. Raises EngineError where no scheduler answers."""
    where = f"scheduler {address}"
    try:
        dask = _dask()
    except ImportError:
        hint = 'pip install "simdistrict[cluster]"'
        raise EngineError(Problem(where, "Dask is not installed", hint)) from None
    try:
        client = dask.Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        what = f"no Dask scheduler answers ({error})"
        hint = "the address is what `dask scheduler` prints, such as tcp://192.168.0.7:8786"
        raise EngineError(Problem(where, what, hint)) from None
    return ClusterRunner(ensemble, address, client)


def _packed(ensemble: Ensemble) -> bytes:
    """The pickled ensemble without cached properties, from this process to its own workers.

    Pickles go between processes only, and never through a file.
    """
    return pickle.dumps(replace(ensemble, design=replace(ensemble.design)))


def run_chunk(packed: bytes, identity: str, code: str, number: int) -> Chunk:
    """Run a chunk in a worker thread. Raises EngineError where the worker has other code."""
    if code != code_identity():
        what = f"it has other code ({code_identity()}) than this ensemble ({code})"
        hint = "install the same simdistrict, numpy, scipy and llvmlite everywhere"
        raise EngineError(Problem("a worker of the cluster", what, hint))
    if getattr(_own, "identity", None) != identity:
        # one copy per thread: an ensemble holds the state of its Sobol sequence
        _own.ensemble = pickle.loads(packed)
        _own.identity = identity
    ensemble: Ensemble = _own.ensemble
    # the library for stiff models is not thread-safe, and a GPU runs one chunk at a time
    alone = ensemble.backend == "cuda"
    alone |= any(plan.integrator in IMPLICIT for plan in ensemble.plans)
    with _one_at_a_time if alone else nullcontext():
        return ensemble.run_chunk(number, 1)
