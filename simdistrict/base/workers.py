"""Worker processes that end with the process that started them, however that one ends.

Each holds the end of a pipe whose other end only the parent has: it closes when the parent dies or
gives up the work. On Linux the system also kills a worker whose parent has died.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from threading import Thread
from typing import TypeVar

from simdistrict.base.errors import Problem, WorkerError

_In = TypeVar("_In")
_Out = TypeVar("_Out")

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def mapped(task: Callable[[_In], _Out], items: Sequence[_In], workers: int) -> Iterator[_Out]:
    """The results of the task for each item, in order, from one or more processes.

    Raises WorkerError where a worker dies. On any failure, or where the caller stops early, all
    workers end at once.
    """
    if workers == 1 or len(items) == 1:
        yield from map(task, items)
        return
    # spawn, because a fork would copy the threads of numerical libraries
    context = multiprocessing.get_context("spawn")
    leash, held = context.Pipe(duplex=False)
    count = min(workers, len(items))
    given = (leash, os.getpid())
    pool = ProcessPoolExecutor(count, context, initializer=_begin, initargs=given)
    try:
        with _held_back():
            futures = [pool.submit(task, item) for item in items]
        for future in futures:
            yield future.result()
        pool.shutdown()
    except BrokenProcessPool:
        what = "one of them died, and its work is lost"
        hint = "did the system kill it when memory ran out? use fewer --workers"
        raise WorkerError(Problem(f"{count} worker processes", what, hint)) from None
    finally:
        held.close()
        pool.shutdown(cancel_futures=True)
        leash.close()


def end_with_parent(parent: int) -> None:
    """Let the system kill this process when its parent dies; ends it where that has happened."""
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _begin(leash: Connection, parent: int) -> None:
    """Called in a new worker."""
    # a terminal sends Ctrl-C to all processes; the parent ends the workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent(parent)
    Thread(target=_wait, args=(leash,), daemon=True).start()


def _wait(leash: Connection) -> None:
    with suppress(EOFError, OSError):
        leash.recv_bytes()
    os._exit(1)


@contextmanager
def _held_back() -> Iterator[None]:
    """Within the block Ctrl-C waits; processes that are started never get it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
