"""Text files with their line ends and encoding, so that a text can be given back exactly."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base.atomic import replacing
from simdistrict.base.encoding import decoded, encoded, shown
from simdistrict.base.errors import ExchangeError, Problem, SimdistrictError

MAX_BYTES = 1_000_000_000


def file_bytes(
    path: Path,
    kind: str,
    most: int = MAX_BYTES,
    too_large: type[SimdistrictError] = ExchangeError,
) -> bytes:
    """The content of a file of at most `most` bytes; kind: its noun in messages.

    Raises ExchangeError for a missing file, a folder, a pipe and the like, `too_large` for a larger
    file.
    """
    where = str(path)
    try:
        if path.is_dir():
            raise ExchangeError(Problem(where, "this is a folder", f"give {kind}"))
        size = path.stat().st_size
        if not path.is_file():  # reading a pipe or a device may never end
            raise ExchangeError(Problem(where, "this is not a regular file", f"give {kind}"))
        if size > most:
            what = f"{size / 1e6:.0f} MB is more than {kind} can have ({most // 1_000_000} MB)"
            raise too_large(Problem(where, what))
        return path.read_bytes()
    except OSError as error:
        raise ExchangeError(Problem(where, error.strerror or str(error))) from None


def text_lines(path: Path, kind: str = "a table", most: int = MAX_BYTES) -> list[str]:
    """The lines of a text file with any line ends.

    Raises ExchangeError as `file_bytes` does, and for a binary file.
    """
    content = file_bytes(path, kind, most)
    text = shown(decoded(content, str(path), kind)[0])
    # Ctrl-Z ends the text files of DOS
    return plain(text.partition("\x1a")[0]).split("\n")


def plain(text: str) -> str:
    """The text with newlines for line ends of any kind."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_exact(path: Path) -> tuple[str, str]:
    """The text of a file with its own line ends, and its encoding."""
    return exact(file_bytes(path, "a file"), str(path))


def exact(content: bytes, where: str, noun: str = "a text file") -> tuple[str, str]:
    """The text in the bytes of a file and its encoding, from which the same bytes come back.

    Raises ExchangeError where they would not: some encodings have two spellings of a sign.
    """
    text, encoding = decoded(content, where, noun)
    if encoded(text, encoding) != content:
        what = f"the file has letters that {encoding} spells in two ways, so that a copy of it"
        raise ExchangeError(Problem(where, f"{what} would have other bytes", "save it as UTF-8"))
    return text, encoding


def write_exact(path: Path, text: str, encoding: str) -> None:
    """Write a text in the encoding from `read_exact`; the file appears when it is complete."""
    try:
        content = encoded(text, encoding)
    except UnicodeEncodeError as error:
        what = f"{text[error.start]!r} cannot be written in the encoding of the file ({encoding})"
        raise ExchangeError(Problem(str(path), what, "save the file as UTF-8")) from None
    with replacing(path, force=True) as part:
        part.write_bytes(content)
