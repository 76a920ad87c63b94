"""Progress of long calls: a bar or line in a notebook or terminal, or a function of the caller.

The only door to tqdm, which is imported when a bar appears: after a second.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from simdistrict.base.errors import EngineError, Problem

# what a caller gives: None for a bar, False for none, a function of (done, total)
Progress = Callable[[int, int], None] | Literal[False] | None
# called with what is done, and what there is to do
Tick = Callable[[int, int], None]

# what a caller gives for work in stages: None for a line, False for none, a function of a stage
Stages = Callable[[Any], None] | Literal[False] | None

DELAY = 1.0  # seconds before a bar appears
PAUSE = 0.2  # seconds between two states of a line


@contextmanager
def ticking(progress: Progress, unit: str) -> Iterator[Tick]:
    """The function to call as work proceeds; removes the bar at the end.

    progress: None shows a bar after a second where somebody can see it, a notebook or a terminal;
    False shows none; a function is called with each (done, total). unit: what is counted.
    """
    given: object = progress
    if not (given is None or given is False or callable(given)):
        what = f"{progress!r} is no function"
        hint = "give a function of (done, total), False for none, None for a bar"
        raise EngineError(Problem("progress", what, hint))
    if progress is not None:
        yield progress or _silent
        return
    if not is_watched():
        yield _silent
        return
    bar = Bar(unit)
    try:
        yield bar
    finally:
        bar.close()


def is_watched() -> bool:
    """Whether stderr is a terminal, or the process is the kernel of a notebook."""
    # a kernel has imported IPython; nothing is imported to find that out
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell" or sys.stderr.isatty()


@contextmanager
def a_line(stages: Stages, words: Callable[[Any], str]) -> Iterator[Callable[[Any], None]]:
    """The function to call with each stage of work whose end is not known beforehand.

    stages: None shows a line of text that is rewritten, where somebody can see it; False shows
    nothing; a function is called with each stage. words: the line of a stage.
    """
    given: object = stages
    if not (given is None or given is False or callable(given)):
        what = f"{stages!r} is no function"
        hint = "give a function of one stage, False for none, None for a line"
        raise EngineError(Problem("progress", what, hint))
    if stages is not None:
        yield stages or _unseen
        return
    if not is_watched():
        yield _unseen
        return
    line = Line(words)
    try:
        yield line
    finally:
        line.close()


class Line:
    """A line of text on stderr that is rewritten, a few times a second, after `DELAY` seconds."""

    def __init__(self, words: Callable[[Any], str]) -> None:
        self.words = words
        self.begin = self.last = time.perf_counter()
        self.shown = False

    def __call__(self, stage: Any) -> None:
        """Show a stage."""
        now = time.perf_counter()
        if now - self.begin < DELAY or now - self.last < PAUSE:
            return
        self.last, self.shown = now, True
        sys.stderr.write(f"\r\x1b[K{self.words(stage)}")
        sys.stderr.flush()

    def close(self) -> None:
        """Remove the line."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Bar:
    """A bar that appears after `DELAY` seconds.

    What the first call says is done was done before, and does not count for the speed.
    """

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.begin = time.perf_counter()
        self.first: int | None = None
        self.bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        """Show what is done; does not go back."""
        if self.first is None:
            self.first = done
        if self.bar is None:
            passed = time.perf_counter() - self.begin
            if passed < DELAY or done >= total:
                return
            self.bar = _bar(total, self.first, self.unit)
            self.bar.start_t -= passed
        if total != self.bar.total:
            self.bar.total = total
        self.bar.update(done - self.bar.n)
        self.bar.refresh()

    def close(self) -> None:
        """Remove the bar."""
        if self.bar is not None:
            self.bar.close()


def _unseen(stage: Any) -> None:
    """Shows nothing."""


def _silent(done: int, total: int) -> None:
    """Shows nothing."""


def _bar(total: int, first: int, unit: str) -> Any:
    with warnings.catch_warnings():
        # a notebook without ipywidgets gets a bar of text
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

    return tqdm(total=total, initial=first, unit=f" {unit}", leave=False, file=sys.stderr)
