"""Text files as bytes: size, encoding and line ends, so that a text can be given back exactly."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base.atomic import replacing
from simdistrict.base.errors import ExchangeError, Problem, SimdistrictError

MAX_BYTES = 1_000_000_000
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


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
    """The lines of a text file with any line ends: UTF-8, Windows-1252, or UTF-16 with its mark.

    Raises ExchangeError as `file_bytes` does, and for a binary file.
    """
    content = file_bytes(path, kind, most)
    if content.startswith(UTF_16):
        text = content.decode("utf-16", "replace")
    elif b"\0" in content:
        raise ExchangeError(Problem(str(path), f"this is a binary file, not {kind}"))
    else:
        text = decoded(content, undefined="replace")[0]
    # Ctrl-Z ends the text files of DOS
    return plain(text.partition("\x1a")[0]).split("\n")


def decoded(content: bytes, undefined: str = "surrogateescape") -> tuple[str, str]:
    """The text of a file's bytes, and its encoding: UTF-8 or Windows-1252.

    undefined: how to decode the five bytes that Windows-1252 does not define. By default they
    come back when the text is encoded again.
    """
    encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError:
        return content.decode("cp1252", undefined), "cp1252"


def plain(text: str) -> str:
    """The text with newlines for line ends of any kind."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_exact(path: Path) -> tuple[str, str]:
    """The text of a file with its own line ends, and its encoding."""
    return decoded(file_bytes(path, "a file"))


def write_exact(path: Path, text: str, encoding: str) -> None:
    """Write a text in the encoding from `read_exact`; the file appears when it is complete."""
    try:
        content = text.encode(encoding, "surrogateescape" if encoding == "cp1252" else "strict")
    except UnicodeEncodeError as error:
        what = f"{text[error.start]!r} cannot be written in the encoding of the file ({encoding})"
        raise ExchangeError(Problem(str(path), what, "save the file as UTF-8")) from None
    with replacing(path, force=True) as part:
        part.write_bytes(content)
