"""Signals that end a program: Ctrl-C, and a request to terminate or a terminal that closes.

A program calls `leave.leave_at_once` as its first statement, because imports take a tenth of a
second, and `watch` before its work. From then on the first signal is a KeyboardInterrupt, so that
the work removes its temporary files. A thread watches: where the work has not ended after `GRACE`,
because a library computes without returning, or at a second signal, the thread removes those files
and ends the process. A library installs nothing: its caller gets the KeyboardInterrupt of CPython.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, RLock, Thread, current_thread, main_thread
from time import monotonic, sleep
from types import FrameType

from simdistrict.base.leave import SIGNALS, on_signals

GRACE = 0.7  # seconds


class _State:
    """The state of this process.

    number: of the first signal; busy: depth of `together`; said: whether a line was printed;
    heard: sentences of blocks that the interruption has left.
    """

    def __init__(self) -> None:
        self.number = 0
        self.busy = 0
        self.said = False
        self.heard: list[str] = []


_state = _State()
_leftovers: dict[object, Callable[[], object]] = {}
_sentences: list[Callable[[], str]] = []
_renaming = RLock()
_leaving = Lock()


@contextmanager
def leftover(remove: Callable[[], object]) -> Iterator[None]:
    """Within the block, a forced end of the program also removes something."""
    key = object()
    _leftovers[key] = remove
    try:
        yield
    finally:
        _leftovers.pop(key, None)


@contextmanager
def saying(sentence: Callable[[], str]) -> Iterator[None]:
    """Within the block, an interrupted program prints a sentence; an empty one is left out."""
    _sentences.append(sentence)
    try:
        yield
    except KeyboardInterrupt:
        _state.heard.append(sentence())
        raise
    finally:
        _sentences.remove(sentence)


@contextmanager
def together() -> Iterator[None]:
    """The block is a few renames that belong together: a signal waits until they are done."""
    here = current_thread() is main_thread()
    with _renaming:
        _state.busy += here
        try:
            yield
        finally:
            _state.busy -= here
    if here and _state.number and not _state.busy:
        raise KeyboardInterrupt


def exit_code() -> int:
    """The exit code of an interrupted program, as shells have it: 130 for Ctrl-C."""
    return 128 + (_state.number or int(signal.SIGINT))


def message() -> str:
    """What an interrupted program prints."""
    _state.said = True
    said = [*_state.heard, *(sentence() for sentence in _sentences)]
    return "\n".join(f"interrupted: {text}" for text in said if text) or "interrupted"


def is_interrupted() -> bool:
    """Whether a signal has come since `watch`."""
    return _state.number != 0


def watch() -> None:
    """From now on a signal is a KeyboardInterrupt, and a thread sees to it that the program ends.

    Call it in the main thread.
    """
    if os.name == "posix":
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        # the C library's handler writes there, whatever the main thread is doing
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        Thread(target=_watch, args=(reader,), daemon=True).start()
    on_signals(_raise)


def leave(number: int) -> None:
    """Remove what the work would leave, print a line, and end the process."""
    if not _leaving.acquire(blocking=False):
        sleep(2 * GRACE)  # another thread is ending the process
    # renames that take longer are completed by the next command, which needs the files
    if _renaming.acquire(timeout=0.3):
        for remove in list(_leftovers.values()):
            with suppress(Exception):
                remove()
    _state.number = _state.number or number
    with suppress(Exception):
        if not _state.said:
            os.write(2, f"{message()}\n".encode("utf-8", "backslashreplace"))
    os._exit(exit_code())


def end() -> None:
    """End an interrupted program that has removed its files; nothing waits for threads."""
    if not _leaving.acquire(blocking=False):
        sleep(2 * GRACE)
    with suppress(Exception):
        if not _state.said:
            os.write(2, f"{message()}\n".encode("utf-8", "backslashreplace"))
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    os._exit(exit_code())


def _raise(number: int, frame: FrameType | None) -> None:
    if _state.busy:
        _state.number = _state.number or number
        return
    if _state.number:
        leave(number)
    _state.number = number
    raise KeyboardInterrupt


def _watch(reader: int) -> None:
    """Wait for a signal, then for the end of the work or a second signal."""
    import select

    number, until = 0, 0.0
    while not number or monotonic() < until:
        wait = max(until - monotonic(), 0) if number else None
        if not select.select([reader], [], [], wait)[0]:
            break
        for found in os.read(reader, 64):
            if found in SIGNALS:
                if number:
                    leave(number)
                number, until = found, monotonic() + GRACE
    leave(number)
