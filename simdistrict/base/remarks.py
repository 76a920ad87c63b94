"""Remarks about an input that was read otherwise than its author may think.

Each is a warning of one line, printed when the input is read. A cache keeps the remarks of what it
holds, so that they are printed each time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_NOTED: ContextVar[list[str] | None] = ContextVar("noted remarks", default=None)
log = logging.getLogger(__name__)


def remark(where: str, what: str) -> None:
    """Print a warning about an input; where: its file and line."""
    text = f"{where} | {what}"
    log.warning("%s", text)
    if (noted := _NOTED.get()) is not None:
        noted.append(text)


@contextmanager
def noting() -> Iterator[list[str]]:
    """Collect the remarks, for a cache."""
    noted: list[str] = []
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)


def repeat(noted: Iterable[str]) -> None:
    """Print remarks that `noting` collected."""
    for text in noted:
        log.warning("%s", text)
