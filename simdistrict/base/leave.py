"""The end of a program by a signal before it has begun its work.

The first module that the program imports: it needs nothing that takes time to import.
"""

import _signal as signal  # type: ignore[import-not-found]
import os

# Ctrl-C, a request to terminate, a terminal that closes
NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SIGNALS: tuple[int, ...] = tuple(getattr(signal, n) for n in NAMES if hasattr(signal, n))


def leave_at_once() -> None:
    """From now on a signal ends the process, which has nothing to remove."""
    on_signals(_leave)


def on_signals(handler: object) -> None:
    """Set the handler of all signals that end a program."""
    for number in SIGNALS:
        # a shell starts jobs in the background, and nohup every job, with signals ignored
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _leave(number: int, frame: object) -> None:
    try:
        os.write(2, b"interrupted\n")
    finally:
        os._exit(128 + number)
