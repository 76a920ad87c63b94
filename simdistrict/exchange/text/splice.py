"""Edits in a text that keep every other byte."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement: text for the stretch from start to stop of the plain text."""

    start: int
    stop: int
    text: str


def spliced(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits, whose positions count in `plain(text)`; line ends stay the same."""
    crlf = [match.start() for match in re.finditer("\r\n", text)]
    # the n-th CRLF stands n characters earlier in the plain text
    shrunk = [at - n for n, at in enumerate(crlf)]
    newline = "\r\n" if crlf else ("\r" if "\r" in text else "\n")
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.stop)):
        # a position at a line end lies before its CR, so only the line ends before it count
        start = edit.start + bisect_left(shrunk, edit.start)
        stop = edit.stop + bisect_left(shrunk, edit.stop)
        parts += [text[at:start], edit.text.replace("\n", newline)]
        at = stop
    return "".join([*parts, text[at:]])
