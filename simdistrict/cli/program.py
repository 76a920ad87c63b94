"""The program around a command: signals, and streams that are closed or full."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from simdistrict.base import interrupt
from simdistrict.base.leave import leave_at_once
from simdistrict.cli.main import PIPE_CLOSED, main


def program() -> None:
    """Run the command of the command line and end the process with its exit code."""
    _open_closed_streams()
    try:
        interrupt.watch()
        code = _code()
    except KeyboardInterrupt:
        interrupt.end()
    if interrupt.is_interrupted():
        interrupt.end()
    leave_at_once()
    sys.exit(code)


def _open_closed_streams() -> None:
    """Give the numbers of closed streams to nothing, else the next file opened gets them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _code() -> int:
    """The exit code of the command, with its output written."""
    try:
        main()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BrokenPipeError:
        code = PIPE_CLOSED
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            code = _unwritten(stream is sys.stdout, error, code)
    return code


def _unwritten(is_output: bool, error: OSError, code: int) -> int:
    """Give up a stream that takes nothing more; the exit code."""
    with suppress(OSError):
        # what is left in the buffer goes nowhere at the end of the process
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1 if is_output else 2)
    if isinstance(error, BrokenPipeError):
        return code or PIPE_CLOSED
    if is_output:
        with suppress(OSError):
            sys.stderr.write(f"error: the output | {error.strerror or error}\n")
    return code or 1
