"""Inputs tried in a child process that may crash, hang or eat memory without harm.

The child says which input it tries before it tries it; so the parent knows which one killed it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import resource
import select
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.errors import SimdistrictError

HANG = 20.0  # seconds in which it computes, or in which it waits for something
MEMORY = 2_000_000_000  # bytes, on top of what the program needs
LONGEST = 20_000  # letters of a message

Attempt = Callable[[bytes, Path], object]


@dataclass(frozen=True, slots=True)
class Tried:
    """One input that was tried.

    end: accepted, refused, crash or hang; what: the exception and where it was raised.
    """

    number: int
    end: str
    seconds: float
    what: str = ""
    trace: str = ""

    @property
    def found(self) -> bool:
        return self.end in ("crash", "hang")


def tried(
    attempt: Attempt, inputs: Callable[[int], bytes], numbers: Iterator[int], until: float
) -> Iterator[Tried]:
    """Try inputs by number until a time of `time.monotonic`; one result for each."""
    number = next(numbers, None)
    while number is not None and time.monotonic() < until:
        number = yield from _child(attempt, inputs, number, numbers, until)


def _child(
    attempt: Attempt,
    inputs: Callable[[int], bytes],
    number: int,
    numbers: Iterator[int],
    until: float,
) -> Iterator[Tried]:
    """Try inputs in one child until it dies; returns the next number."""
    down, up = os.pipe()
    ask, answer = os.pipe()
    gc.freeze()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    child = os.fork()
    if child == 0:
        os.close(down)
        os.close(answer)
        _serve(attempt, inputs, ask, up, folder)
    os.close(up)
    os.close(ask)
    try:
        with os.fdopen(down, "rb", buffering=0) as results:
            for _ in range(300):
                begin = time.monotonic()
                os.write(answer, f"{number}\n".encode())
                line = _line(results, child)
                seconds = time.monotonic() - begin
                if line is None:
                    yield Tried(
                        number, "hang", seconds, f"hang: more than {HANG:g} s", _stack(child)
                    )
                    return next(numbers, None)
                if not line:
                    _, status = os.waitpid(child, 0)
                    child = 0
                    what = f"the process died with status {os.waitstatus_to_exitcode(status)}"
                    yield Tried(number, "crash", seconds, what)
                    return next(numbers, None)
                yield Tried(number, seconds=seconds, **json.loads(line))
                following = next(numbers, None)
                if following is None or time.monotonic() > until:
                    return following
                number = following
            return number
    finally:
        os.close(answer)
        if child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        shutil.rmtree(folder, ignore_errors=True)


def _line(results: io.RawIOBase, child: int) -> bytes | None:
    """A line from the child; None where it hangs, empty where it is dead.

    On a busy machine a child may wait for the processor, which is no fault of its own.
    """
    text = b""
    most, waits = _state(child)[1] + HANG, 0.0
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([results], [], [], 0.5)
        if ready:
            piece = results.read(65536)
            if not piece:
                return b""
            text += piece
            continue
        running, used = _state(child)
        waits += 0.0 if running else 0.5
        if used > most or waits > HANG:
            return None
    return text


def _state(child: int) -> tuple[bool, float]:
    """Whether a process computes, and the seconds of the processor that it has used."""
    try:
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False, 0.0
    return fields[0] == "R", (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _stack(child: int) -> str:
    """What a hanging child does, as faulthandler prints it."""
    path = Path(tempfile.gettempdir()) / f"fuzz-stack-{child}"
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGUSR1)
    time.sleep(0.5)
    text = path.read_text() if path.exists() else ""
    path.unlink(missing_ok=True)
    return text


def _serve(
    attempt: Attempt, inputs: Callable[[int], bytes], ask: int, up: int, folder: Path
) -> None:
    """The child: tries inputs as they are asked for, and never returns."""
    import faulthandler
    import sys

    stack = (Path(tempfile.gettempdir()) / f"fuzz-stack-{os.getpid()}").open("w")
    faulthandler.register(signal.SIGUSR1, file=stack)
    faulthandler.disable()
    # the terminal belongs to the parent
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    os.chdir(folder)
    try:
        for line in os.fdopen(ask, "r"):
            end, what, trace = one(attempt, inputs(int(line)), folder)
            message = json.dumps({"end": end, "what": what, "trace": trace}) + "\n"
            view = memoryview(message.encode())
            while view:
                view = view[os.write(up, view) :]
    except BaseException:  # noqa: BLE001 - the parent reports it
        traceback.print_exc(file=sys.__stderr__)
    finally:
        Path(stack.name).unlink(missing_ok=True)
        os._exit(9)


def one(attempt: Attempt, content: bytes, folder: Path) -> tuple[str, str, str]:
    """How an attempt ends, in this process: the end, the exception with its place, the trace."""
    try:
        attempt(content, folder)
    except SimdistrictError as error:
        longest = max(len(str(problem)) for problem in error.problems)
        if longest > LONGEST or len(error.problems) > 1000:
            what = f"{len(error.problems)} problems of up to {longest} letters"
            return "crash", f"message too long: {error.problems[0].what[:80]}: {what}"[:300], ""
        return "refused", "", ""
    except BaseException as error:  # noqa: BLE001 - every other exception is a finding
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if "/simdistrict/" in f.filename] or list(frames)
        place = f"{own[-1].filename.rpartition('/simdistrict/')[2]}:{own[-1].lineno}"
        lines = traceback.format_exception(error)
        text = f"{type(error).__name__} at {place}: {str(error)[:200]}"
        return "crash", text, "".join(lines)[-3000:]
    return "accepted", "", ""


def smaller(attempt: Attempt, content: bytes, what: str, seconds: float) -> bytes:
    """A smaller input with the same end, found by leaving pieces out."""
    until = time.monotonic() + seconds
    place = what.partition(": ")[0]

    def same(candidate: bytes) -> bool:
        (found,) = list(tried(attempt, lambda _: candidate, iter([0]), until + HANG))
        return found.found and found.what.partition(": ")[0] == place

    size = max(1, len(content) // 2)
    while time.monotonic() < until:
        at, before = 0, len(content)
        while at < len(content) and time.monotonic() < until:
            candidate = content[:at] + content[at + size :]
            if same(candidate):
                content = candidate
            else:
                at += size
        if size == 1 and len(content) == before:
            break
        size = max(1, size // 2)
    return content
