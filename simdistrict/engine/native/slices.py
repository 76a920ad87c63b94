"""Compiled code in short calls, so that an interruption ends a run soon.

CPython handles signals between its own instructions. A call of compiled code therefore returns
about ten times a second, and the next call goes on with the same memory and the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event, local
from time import perf_counter
from typing import TypeVar

_T = TypeVar("_T")

SECONDS = 0.1  # length of a call, about
MOST = 2**40  # units of a call: far more than a second's worth, however soon calls end
_FASTER = 16  # by how much a call may be longer than the one before

_own = local()


class StoppedError(Exception):
    """Another thread of the same work has failed, or was interrupted."""


class CompiledFunction:
    """A function in machine code that works for a number of units and returns.

    units: steps, or evaluations, that one call may take; learned from the calls before.
    """

    def __init__(self, call: Callable[..., None]) -> None:
        self.call = call
        self.units = 1

    def __call__(self, *arguments: object) -> None:
        self.call(*arguments)

    def slices(self, total: int) -> Iterator[tuple[int, int]]:
        """The parts of `total` units, (first, one past the last), each for a call of its own."""
        at = 0
        while at < total:
            stop = min(at + self.units, total)
            with self.timed(stop - at):
                yield at, stop
            at = stop

    def timed(self, units: int) -> _Timed:
        """A context for a call of so many units; its time decides the length of the next one."""
        stop: Event | None = getattr(_own, "stop", None)
        if stop is not None and stop.is_set():
            raise StoppedError
        return _Timed(self, units)


class _Timed:
    def __init__(self, function: CompiledFunction, units: int) -> None:
        self.function = function
        self.units = units

    def __enter__(self) -> None:
        self.begin = perf_counter()

    def __exit__(self, *_: object) -> None:
        took = max(perf_counter() - self.begin, 1e-9)
        fitting = int(self.units * min(SECONDS / took, _FASTER))
        # a call shorter than allowed says little of longer ones
        if self.units >= self.function.units or fitting < self.function.units // 2:
            self.function.units = min(max(fitting, 1), MOST)


def on_threads(work: Callable[[_T], object], items: Iterable[_T], threads: int) -> None:
    """Do the work for every item; when one fails, or on an interruption, all threads end soon."""
    stop = Event()

    def do(item: _T) -> None:
        _own.stop = stop
        work(item)

    pool = ThreadPoolExecutor(threads)
    try:
        left = {pool.submit(do, item) for item in items}
        while left:
            # not without an end: on some systems no signal interrupts the wait for a lock
            done, left = wait(left, SECONDS, FIRST_EXCEPTION)
            for future in done:
                future.result()
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
