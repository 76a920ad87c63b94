"""Edits in the text of a model file that keep every other byte.

Knows bytes, encodings and line ends; what an edit means is not known here.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.atomic import replacing
from simdistrict.base.errors import ExchangeError, Problem


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of the text with plain line ends, and what stands there instead."""

    start: int
    stop: int
    text: str


def read_exact(path: Path) -> tuple[str, str]:
    """The text of a file with its own line ends, and the encoding that gives its bytes back."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ExchangeError(Problem(str(path), error.strerror or str(error))) from None
    return decoded(content)


def decoded(content: bytes) -> tuple[str, str]:
    """The text of a file's bytes, and the encoding that gives them back."""
    encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError:
        # Windows-1252 leaves five bytes without a meaning; they too must come back
        return content.decode("cp1252", "surrogateescape"), "cp1252"


def write_exact(path: Path, text: str, encoding: str) -> None:
    """Write what `read_exact` gave, changed or not; the file appears when it is complete."""
    try:
        content = text.encode(encoding, "surrogateescape" if encoding == "cp1252" else "strict")
    except UnicodeEncodeError as error:
        what = f"{text[error.start]!r} cannot be written in the encoding of the file ({encoding})"
        raise ExchangeError(Problem(str(path), what, "save the file as UTF-8")) from None
    with replacing(path, force=True) as part:
        part.write_bytes(content)


def plain(text: str) -> str:
    """The text with newlines for line ends of any kind."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def spliced(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits, whose places count in `plain(text)`; new lines end as old ones."""
    crlf = [match.start() for match in re.finditer("\r\n", text)]
    # the n-th CRLF lies n places earlier in the plain text
    shrunk = [at - n for n, at in enumerate(crlf)]
    newline = "\r\n" if crlf else ("\r" if "\r" in text else "\n")
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.stop)):
        # a place at a line end lies before its CR, so only the line ends passed count
        start = edit.start + bisect_left(shrunk, edit.start)
        stop = edit.stop + bisect_left(shrunk, edit.stop)
        parts += [text[at:start], edit.text.replace("\n", newline)]
        at = stop
    return "".join([*parts, text[at:]])
