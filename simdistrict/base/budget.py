"""What a run may cost: memory, disk and work, unless a user allows more (--allow-large)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

HINT = "add --allow-large to try it all the same"
_ALLOWED: ContextVar[bool] = ContextVar("large runs are allowed", default=False)
# of machines that do not say
_USUAL = 8 << 30
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@contextmanager
def large_allowed(allowed: bool = True) -> Iterator[None]:
    """Do what needs more memory, disk or work than is usual."""
    token = _ALLOWED.set(allowed)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def is_allowed() -> bool:
    """Whether the limits are lifted."""
    return _ALLOWED.get()


@cache
def memory_bytes() -> int:
    """The memory of this machine, or of the container that the process runs in."""
    found = _USUAL
    if hasattr(os, "sysconf"):
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in _LIMITS:
        try:
            found = min(found, int(Path(name).read_text("ascii")))
        except (OSError, ValueError):  # no such file, or `max`
            continue
    return found


def size_in_words(count: float) -> str:
    """A number of bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):
        if count < 1000 or unit == "PB":
            return f"{count:,.3g} {unit}" if count < 1000 else f"{count:,.0f} {unit}"
        count /= 1000
    raise AssertionError
